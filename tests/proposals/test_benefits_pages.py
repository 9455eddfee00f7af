"""Saying who benefits on a phone: ticked places, typed doors; the chief reviews it; everybody reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household, Territory
from proposals import actions
from proposals.models import Proposal
from tests.cast import struck_off
from tests.proposals.hostile import NUL, SCRIPT, WORDS
from tests.way import Way, a_picture, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
URL = "/projects/propose/"


@pytest.fixture
def second_building(yard: Territory) -> Territory:
    return add_place(parent=yard, code="990101001001-1-2", name="2栋", level="building", by=None)


@pytest.fixture
def far_doors(second_building: Territory) -> list[Household]:
    return add_households(place=second_building, addresses=["1单元101", "1单元201", "1单元301"], by=None)


@pytest.fixture
def typed(way: Way, far_doors: list[Household]) -> dict[str, Any]:
    return {**WORDS, "place": way.yard.pk}


@pytest.fixture
def phone(client_of: ClientOf, resident: User) -> Client:
    return client_of(resident)


def test_saying_nothing_is_the_whole_place(phone: Client, typed: dict[str, Any], yard: Territory) -> None:
    phone.post(URL, typed)
    version = Proposal.objects.get().version
    assert (version.places, version.doors, version.households) == ([yard.pk], [], 15)


def test_buildings_are_ticked_and_doors_are_typed(
    phone: Client, typed: dict[str, Any], building: Territory, far_doors: list[Household]
) -> None:
    assert "1栋（样板巷1号院）" in phone.get(URL).content.decode()
    phone.post(URL, {**typed, "parts": [building.pk], "doors": "2栋 1-101、二栋1单元201\n"})
    version = Proposal.objects.get().version
    assert (version.places, version.doors) == ([building.pk], [door.pk for door in far_doors[:2]])
    assert version.households == 14


@pytest.mark.parametrize("said", ["2栋", "二栋", "2号楼", "样板巷1号院2栋", "２栋"])
def test_a_building_is_typed_too(phone: Client, typed: dict[str, Any], said: str, second_building: Territory) -> None:
    phone.post(URL, {**typed, "doors": said})
    assert Proposal.objects.get().version.places == [second_building.pk]


def test_each_wrong_door_is_named_and_what_was_typed_stays(
    phone: Client, typed: dict[str, Any], households: list[Household]
) -> None:
    answer = phone.post(URL, {**typed, "doors": "1栋101\n1-999\n9栋"})
    page = answer.content.decode()
    assert answer.status_code == 422 and not Proposal.objects.exists()
    assert "“1-999”：样板巷1号院里没有找到" in page and "“9栋”：样板巷1号院里没有找到" in page
    assert "“1栋101”" not in page and "1栋101\n1-999\n9栋" in page and "<details open>" in page


def test_a_door_that_could_be_several_is_asked_for_its_building(
    phone: Client, typed: dict[str, Any], far_doors: list[Household]
) -> None:
    answer = phone.post(URL, {**typed, "doors": "101"})
    assert answer.status_code == 422 and "有 2 处都叫这个" in answer.content.decode()


def test_what_is_not_in_the_chosen_place_is_refused_beside_its_field(
    phone: Client, typed: dict[str, Any], building: Territory, second_building: Territory, other_yard: Territory
) -> None:
    answer = phone.post(URL, {**typed, "place": building.pk, "parts": [second_building.pk]})
    assert answer.status_code == 422 and "2栋不在“1栋”里面" in answer.content.decode()
    assert phone.post(URL, {**typed, "parts": [other_yard.pk]}).status_code == 422
    assert phone.post(URL, {**typed, "place": building.pk, "doors": "2栋"}).status_code == 422
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("typed_doors", [NUL, SCRIPT, "1-301 " * 300, "1栋101\n" * 400])
def test_hostile_doors_are_refused_or_read_and_never_break_the_page(
    phone: Client, typed: dict[str, Any], typed_doors: str
) -> None:
    answer = phone.post(URL, {**typed, "doors": typed_doors, "parts": ["x", "-1", "9" * 30]})
    assert answer.status_code == 422


def test_a_long_estate_is_not_a_list_of_boxes(phone: Client, typed: dict[str, Any], yard: Territory) -> None:
    for number in range(3, 45):
        add_place(parent=yard, code=f"990101001001-1-{number}", name=f"{number}栋", level="building", by=None)
    assert "44栋" not in phone.get(URL).content.decode()
    phone.post(URL, {**typed, "doors": "44栋、1栋"})
    assert Proposal.objects.get().version.households == 12


def test_a_struck_off_door_is_nobodys_to_list(phone: Client, typed: dict[str, Any], far_doors: list[Household]) -> None:
    struck_off(far_doors[0])
    assert phone.post(URL, {**typed, "doors": "2栋1单元101"}).status_code == 422


def test_the_clerk_enters_it_from_paper(
    households: list[Household], far_doors: list[Household], clerk: User, chief: User, client_of: ClientOf
) -> None:
    facts = {**WORDS, "door": "1栋302", "name": "申老伯", "scope": "yard"}
    client = client_of(clerk)
    answer = client.post("/projects/paper/", {**facts, "sheet": a_picture(), "doors": "3栋"})
    assert answer.status_code == 422 and "“3栋”" in answer.content.decode()
    client.post("/projects/paper/", {**facts, "sheet": a_picture(), "doors": "2栋\n1栋101"})
    version = Proposal.objects.get().version
    assert (version.places, version.doors) == ([far_doors[0].place_id], [households[0].pk])


def test_a_revision_begins_with_who_was_listed_and_may_change_it(
    way: Way, phone: Client, chief: User, building: Territory, far_doors: list[Household], yard: Territory
) -> None:
    proposal = way.submitted(parts=[building], doors=far_doors[:1])
    actions.return_for_revision(proposal, by=chief, reason="二栋都用得上")
    page = phone.get(f"/projects/{proposal.number}/revise/").content.decode()
    assert f'value="{building.pk}"' in page and "checked" in page and far_doors[0].door in page
    words = {key: word for key, word in WORDS.items() if key not in ("kind", "liable", "private")}
    phone.post(f"/projects/{proposal.number}/revise/", {**words, "why": "改成整个院", "doors": ""})
    assert proposal.version.places == [yard.pk]


def test_the_chief_sees_the_list_and_changes_it_with_a_reason(
    way: Way, client_of: ClientOf, chief: User, building: Territory, far_doors: list[Household]
) -> None:
    proposal = way.submitted(doors=far_doors[:2])
    client = client_of(chief)
    page = client.get(f"/review/{proposal.number}/").content.decode()
    assert "受益：单独列出的 2 户，共 2 户" in page and far_doors[1].door in page
    url = reverse("review_benefits", args=[proposal.number])
    assert url in page
    shown = client.get(url).content.decode()
    assert f"{far_doors[0].door}\n{far_doors[1].door}" in shown
    refused = client.post(url, {"parts": [building.pk], "doors": "2栋", "reason": ""})
    assert refused.status_code == 422 and "请写明为什么改" in refused.content.decode()
    answer = client.post(url, {"parts": [building.pk], "doors": "2栋1单元101", "reason": "一栋也用得上"}, follow=True)
    assert "受益范围已改，共 13 户" in answer.content.decode()
    assert proposal.version.why == "一栋也用得上"


def test_once_it_climbed_the_clerk_changes_it_at_the_desk(
    way: Way, client_of: ClientOf, clerk: User, far_doors: list[Household]
) -> None:
    proposal = way.submitted()
    wait_until_over(proposal)
    client, url = client_of(clerk), f"/admin/proposals/proposal/{proposal.pk}/do/change-benefits/"
    assert client.post(url, {"doors": "7栋", "reason": "只有二栋"}).status_code in (200, 422)
    assert proposal.versions.count() == 1
    client.post(url, {"doors": "2栋", "reason": "只有二栋"})
    assert proposal.version.households == 3


def test_everybody_reads_who_benefits_and_what_was_changed_but_no_single_door(
    way: Way, client: Client, chief: User, building: Territory, far_doors: list[Household]
) -> None:
    proposal = way.submitted()
    actions.change_beneficiaries(proposal, [building], far_doors[:2], reason="灯照不到三楼", by=chief)
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert "1栋和单独列出的 2 户，共 14 户" in page
    assert "第 2 版改了受益范围：从“整个样板巷1号院”改为“1栋和单独列出的 2 户”" in page and "灯照不到三楼" in page
    assert "1单元101" not in page and "1单元201" not in page


def test_who_does_not_benefit_is_told_so_and_is_not_asked_to_sign(
    way: Way, phone: Client, resident: User, far_doors: list[Household]
) -> None:
    proposal = way.cosigning(parts=[far_doors[0].place])
    page = phone.get(f"/projects/{proposal.number}/cosign/").content.decode()
    assert "受益户是2栋" in page and "代表我家附议" not in page
    assert "等您家附议" not in phone.get("/mine/").content.decode()
