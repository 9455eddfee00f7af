"""Small and odd projects come to their end: two doors benefit and all of them are the group; few posts are filled."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from minshi.lifecycle.models import StepRecord
from minshi.residents.models import Role, RoleGrant
from proposals import actions as proposals
from proposals.models import Stage
from tests.small import Small, Vacant
from tests.way import a_picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(request: pytest.FixtureRequest) -> Small:
    return Small(request)


@pytest.mark.parametrize("tier", [1, 2])
def test_what_two_doors_alone_benefit_from_comes_to_the_archive(
    small: Small, settings: Any, tmp_path: Any, tier: int
) -> None:
    settings.MEDIA_ROOT = tmp_path
    proposal = small.archived(tier=tier)
    assert proposal.stage == Stage.ARCHIVED
    assert proposal.beneficiaries().count() == 2
    call_command("check_ledger")
    acceptance = proposal.acceptances.get()
    assert [member.neighbour_of for member in acceptance.panel.filter(side="resident")] == ["样板巷1号院"] * 3
    said = dict(acceptance.notice.table)
    assert said["验收组"].count("居民（样板巷1号院的住户，不受益）") == 3
    assert "由样板巷1号院不受益的住户补上" in said["居民从哪里来"]


# --- A place with a clerk, and nobody else of its own --------------------------------------------------


@pytest.fixture
def vacant(request: pytest.FixtureRequest) -> Vacant:
    return Vacant(request)


@pytest.mark.parametrize("tier", [1, 2])
def test_without_chief_party_branch_and_supervisors_it_comes_to_the_archive(
    vacant: Vacant, settings: Any, tmp_path: Any, tier: int
) -> None:
    settings.MEDIA_ROOT = tmp_path
    proposal = vacant.archived(tier=tier)
    assert proposal.stage == Stage.ARCHIVED
    call_command("check_ledger")
    filled = set(RoleGrant.objects.values_list("role", flat=True))
    assert not filled & {Role.CHIEF, Role.PARTY, Role.SUPERVISOR}
    stood_in = set(StepRecord.objects.filter(as_role__contains="（代").values_list("verb", flat=True))
    assert {"award", "decide", "pass_acceptance"} <= stood_in


def test_where_the_clerk_alone_takes_paper_in_the_street_reads_it_and_is_told(vacant: Vacant, client_of: Any) -> None:
    proposal = vacant.cosigning()
    signed = [(door, None) for door in vacant.households[:2]]
    sheet = proposals.cosign_on_paper(proposal, signed, photo=a_picture(), by=vacant.who("clerk"))
    photo = reverse("cosign_photo", args=[sheet.pk])
    officer: Client = client_of(vacant.who("case_officer"))
    assert "照片上哪些户签了名" in officer.get("/cosign/read/").content.decode()
    assert officer.get(photo).status_code == 200
    for other in ("clerk", "district_officer"):  # who registered it, and who is further away
        assert client_of(vacant.who(other)).get(photo).status_code == (200 if other == "clerk" else 403)
