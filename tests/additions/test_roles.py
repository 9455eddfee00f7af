"""A role that is added is somebody's to give, has its level and its superior, and is cast in the demo."""

from __future__ import annotations

from collections import Counter

import pytest

from evaluation.replay.people import OFFICES as CAST
from evaluation.replay.people import USERNAMES
from minshi.residents.models import OFFICES, ORGANISERS, STAFF_ROLES, Role
from minshi.residents.rules import APPOINTS
from proposals.lifecycle import GROUP, HOLDER_LABELS, LEVELS, PROPOSER, STAGES, superior_of

BY_COMMAND = {Role.DISTRICT_OFFICER}
"""Nobody above gives it: the first one of a district is opened by add_staff."""


@pytest.mark.parametrize("role", Role)
def test_a_role_is_an_organisers_or_an_offices(role: Role) -> None:
    assert Counter((*ORGANISERS, *STAFF_ROLES))[role] == 1


@pytest.mark.parametrize("role", sorted(set(Role) - BY_COMMAND))
def test_somebody_on_the_same_level_or_above_gives_it(role: Role) -> None:
    ranks = ["", *OFFICES]
    givers = [own for own, given in APPOINTS.items() if role in given]
    assert givers
    assert all(ranks.index(LEVELS[own]) >= ranks.index(LEVELS[role]) for own in givers)


@pytest.mark.parametrize("holder", [*Role, PROPOSER, GROUP])
def test_somebody_hears_that_it_is_late(holder: str) -> None:
    role, level = superior_of(holder)
    assert role == OFFICES[level][0]
    assert role != holder or level == "district"


def test_nobody_hears_for_a_holder_that_nobody_knows() -> None:
    with pytest.raises(KeyError):
        superior_of("mayor")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_held_by_a_holder_with_a_name_on_its_own_level(stage: str) -> None:
    rule = STAGES[stage]
    assert rule.role in HOLDER_LABELS or rule.role in Role.values
    assert LEVELS[rule.role] == rule.level


@pytest.mark.parametrize("level", OFFICES)
def test_the_demo_casts_every_office_and_says_how_it_signs_in(level: str) -> None:
    assert tuple(role for role, _name in CAST[level]) == OFFICES[level]
    assert all(role in USERNAMES for role in OFFICES[level])
