"""A gate that is added is waited for, has its own days, and leads back when a third of the households object."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from minshi.accounts.models import User
from minshi.disclosure.actions import correct
from minshi.disclosure.models import GATES, Concerned, Kind, Notice
from minshi.disclosure.rules import PERIODS
from minshi.disclosure.signals import reopened
from minshi.policy.defaults import parameters
from proposals.lifecycle import STAGES, STEPS
from proposals.models import Beneficiary, Proposal, Stage
from tests.way import Way

ANNOUNCED: dict[str, tuple[str, Callable[[Way], Proposal]]] = {
    Kind.INITIATION: (Stage.ANNOUNCED, Way.announced),
    Kind.FUNDING: (Stage.FUNDED, Way.funded),
    Kind.AWARD: (Stage.AWARDED, Way.awarded),
    Kind.ACCEPTANCE: (Stage.ACCEPTED, Way.accepted),
    Kind.SATISFACTION: (Stage.RATED, Way.rated),
    Kind.ACCOUNTS: (Stage.SETTLING, Way.settling),
}
"""Where a project waits for each gate, and the way there."""

STANDING = [pytest.param(kind, marks=pytest.mark.walked(reach.__name__)) for kind, (_stage, reach) in ANNOUNCED.items()]
WAITED_FOR_BY_A_PAYMENT = {Kind.ACCEPTANCE}


def test_every_gate_is_here() -> None:
    assert set(ANNOUNCED) == set(GATES)


@pytest.mark.parametrize("kind", GATES)
def test_a_gate_has_days_of_its_own(kind: str) -> None:
    assert list(PERIODS.values()).count(PERIODS[kind]) == 1
    assert PERIODS[kind] in parameters()


@pytest.mark.parametrize("kind", GATES)
def test_a_gate_is_waited_for_where_it_was_announced(kind: str) -> None:
    waiting = {source for step in STEPS if step.gate == kind for source in step.sources}
    assert waiting <= {ANNOUNCED[kind][0]}
    assert waiting or kind in WAITED_FOR_BY_A_PAYMENT
    assert ANNOUNCED[kind][0] in STAGES


def test_what_steps_wait_for_is_a_gate() -> None:
    assert {step.gate for step in STEPS if step.gate} <= set(GATES)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STANDING)
def test_what_is_reopened_goes_back(way: Way, kind: str) -> None:
    stage, reach = ANNOUNCED[kind]
    proposal = reach(way)
    notice = proposal.gate_notice
    assert (proposal.stage, notice and notice.kind) == (stage, kind)
    reopened.send(sender=Notice, notice=notice)
    proposal.refresh_from_db()
    assert proposal.stage != stage


@pytest.mark.django_db
@pytest.mark.parametrize("kind", STANDING)
def test_a_gate_is_of_those_the_decision_froze(way: Way, kind: str) -> None:
    """Also where the register has changed since: a third of that list reopens it."""
    _stage, reach = ANNOUNCED[kind]
    proposal = reach(way)
    notice = proposal.gate_notice
    frozen = sorted(Beneficiary.objects.filter(proposal=proposal).values_list("household", flat=True))
    assert notice and frozen
    assert Concerned.objects.get(notice=notice).doors == frozen
    assert (notice.households, notice.reopen_households) == (len(frozen), -(-len(frozen) // 3))


@pytest.mark.django_db
@pytest.mark.parametrize("listed", [None, [], "half"])
def test_the_database_lets_no_gate_be_of_others(way: Way, monkeypatch: pytest.MonkeyPatch, listed: object) -> None:
    proposal = way.deciding()
    way.study(proposal)
    keys = proposal.beneficiary_keys()
    monkeypatch.setattr(Proposal, "beneficiary_keys", lambda self: keys[::2] if listed == "half" else listed)
    with pytest.raises(IntegrityError, match="not of all who benefit"), transaction.atomic():
        way.decide(proposal)


@pytest.mark.django_db
def test_a_correction_is_of_the_same_households(way: Way, clerk: User) -> None:
    notice = way.announced().gate_notice
    assert notice
    new = correct(notice, reason="预算写错了", households=1, by=clerk)
    assert Concerned.objects.get(notice=new).doors == Concerned.objects.get(notice=notice).doors
    assert new.reopen_households == notice.reopen_households
