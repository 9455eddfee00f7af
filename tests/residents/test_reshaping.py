"""Yards, buildings and groups are renamed, divided and merged; what is under way keeps what it began with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from deliberation.models import Motion
from minshi.accounts.models import User
from minshi.refusals import NotAllowed, Refused
from minshi.residents import register, reshaping
from minshi.residents.models import Role
from minshi.residents.rules import home_of
from minshi.territory.models import Household, PlaceChange, Territory
from proposals import actions as proposals
from proposals import selectors
from proposals.actions.stages import new_version
from proposals.forms import ProposeForm
from proposals.models import Card
from tests.cast import grant
from tests.way import Way

pytestmark = pytest.mark.django_db
WHY = "社区居委会会议"


@pytest.fixture
def second(yard: Territory, clerk: User) -> Territory:
    """Another building beside the first, with doors called alike and one that is not."""
    place = register.add_place(yard, name="2栋", level="building", by=clerk)
    register.add_doors(place, ["101", "901"], by=clerk)
    return place


def doors_of(place: Territory) -> list[str]:
    return list(Household.objects.filter(place=place).order_by("pk").values_list("address", flat=True))


def test_a_yard_is_renamed_with_all_that_lies_in_it(
    yard: Territory, building: Territory, households: list[Household], clerk: User
) -> None:
    reshaping.rename(yard, name="样板巷一号大院", reason=WHY, by=clerk)
    building.refresh_from_db()
    households[0].refresh_from_db()
    assert building.full_name.endswith("一社区样板巷一号大院1栋")
    assert households[0].label.startswith("样板巷一号大院1栋")
    change = PlaceChange.objects.get()
    assert (change.kind, change.before, change.after) == ("renamed", "样板巷1号院", "样板巷一号大院")


def test_its_projects_are_shown_under_the_new_name_and_the_roll_keeps_the_old(yard: Territory, way: Way) -> None:
    proposal = way.voting()
    units = Motion.objects.get(proposal=proposal).roll.units.order_by("pk").values_list("household", flat=True)
    roll = list(units)
    reshaping.rename(yard, name="样板新院", reason=WHY, by=way.who("clerk"))
    assert "样板新院" in Card.objects.get(pk=proposal.pk).place_full_name
    assert (
        list(Motion.objects.get(proposal=proposal).roll.units.order_by("pk").values_list("household", flat=True))
        == roll
    )


@pytest.mark.parametrize(
    "name,field",
    [("", "name"), ("\u200b", "name"), ("1栋", "name"), ("二栋", "name"), ("2号楼", "name")],
)
def test_a_name_that_is_none_the_same_or_taken_is_refused(
    building: Territory, second: Territory, clerk: User, name: str, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        reshaping.rename(building, name=name, reason=WHY, by=clerk)
    assert set(refusal.value.fields) == {field}


def test_doors_are_divided_off_and_those_behind_them_live_on_there(
    building: Territory, households: list[Household], resident: User, clerk: User
) -> None:
    new = reshaping.split(building, name="1栋东", doors=households[:2], reason=WHY, by=clerk)
    assert (new.parent, new.level_id) == (building.parent, "building")
    assert doors_of(new) == ["101", "102"] and len(doors_of(building)) == len(households) - 2
    home = home_of(resident)
    assert home is not None and home.household.place == new and home.household.label.startswith("样板巷1号院1栋")


def test_not_all_doors_not_none_and_none_of_another_place(
    building: Territory, second: Territory, households: list[Household], clerk: User
) -> None:
    for doors in ([], households, [Household.objects.filter(place=second).first()]):
        with pytest.raises(Refused) as refusal:
            reshaping.split(building, name="1栋东", doors=doors, reason=WHY, by=clerk)  # type: ignore[arg-type]
        assert set(refusal.value.fields) == {"doors"}


def test_two_buildings_become_one_and_doors_called_alike_keep_their_old_name(
    yard: Territory, building: Territory, second: Territory, households: list[Household], clerk: User
) -> None:
    reshaping.merge(second, into=building, reason=WHY, by=clerk)
    assert doors_of(second) == [] and {"2栋101", "2栋901"} < set(doors_of(building))
    second.refresh_from_db()
    assert second.merged_into == building and not register.has_doors(second)
    with pytest.raises(Refused, match="已经并入1栋"):
        register.add_doors(second, ["301"], by=clerk)


def test_a_place_with_a_post_or_places_beneath_is_not_merged(
    yard: Territory, building: Territory, second: Territory, neighbour: User, clerk: User, community: Territory
) -> None:
    other = register.add_place(community, name="样板巷9号院", level="yard", by=clerk)
    with pytest.raises(Refused) as refusal:
        reshaping.merge(yard, into=other, reason=WHY, by=clerk)
    assert "1栋" in refusal.value.fields["into"]
    grant(neighbour, Role.CHIEF, second)
    with pytest.raises(Refused) as refusal:
        reshaping.merge(second, into=building, reason=WHY, by=clerk)
    assert "楼栋长" in refusal.value.fields["into"]


def test_two_merges_that_cross_leave_one_of_the_two(
    building: Territory, second: Territory, households: list[Household], clerk: User
) -> None:
    with pytest.raises(Refused):
        reshaping.merge(building, into=building, reason=WHY, by=clerk)
    reshaping.merge(building, into=second, reason=WHY, by=clerk)
    with pytest.raises(Refused):
        reshaping.merge(second, into=building, reason=WHY, by=clerk)
    assert len(doors_of(second)) == len(households) + 2


def test_a_building_that_a_project_under_way_lists_stays_whole(
    way: Way, building: Territory, second: Territory, clerk: User
) -> None:
    """Whoever benefits is counted by the list; it says the place, until the decision freezes its doors."""
    proposal = way.cosigning(parts=[building])
    for reshape in (
        lambda: reshaping.split(building, name="1栋东", doors=way.households[:1], reason=WHY, by=clerk),
        lambda: reshaping.merge(building, into=second, reason=WHY, by=clerk),
    ):
        with pytest.raises(Refused, match=proposal.number):
            reshape()
    assert not PlaceChange.objects.exists()


def test_where_the_whole_yard_is_listed_its_buildings_may_be_divided(
    way: Way, building: Territory, community: Territory, clerk: User
) -> None:
    way.cosigning()
    reshaping.split(building, name="1栋东", doors=way.households[:1], reason=WHY, by=clerk)
    other = register.add_place(community, name="样板巷9号院", level="yard", by=clerk)
    with pytest.raises(IntegrityError, match="lists the place"), transaction.atomic():
        Household.objects.filter(pk=way.households[0].pk).update(place=other)


def test_once_the_decision_froze_its_doors_a_building_may_be_divided(
    way: Way, building: Territory, clerk: User
) -> None:
    proposal = way.announced(parts=[building])
    before = proposal.frozen_beneficiaries.count()
    reshaping.split(building, name="1栋东", doors=way.households[:1], reason=WHY, by=clerk)
    assert proposal.frozen_beneficiaries.count() == before > 0


def test_the_database_keeps_doors_in_their_community_and_out_of_what_was_merged(
    building: Territory, second: Territory, households: list[Household], street: Territory, clerk: User
) -> None:
    elsewhere = Territory.objects.create(
        code="9-9", name="别处", level_id="community", parent=street, path=f"{street.path}9-9/", full_name="别处"
    )
    with pytest.raises(IntegrityError, match="stays in its community"), transaction.atomic():
        Household.objects.filter(place=second).update(place=elsewhere)
    with pytest.raises(IntegrityError, match="not empty"), transaction.atomic():
        Territory.objects.filter(pk=second.pk).update(merged_into=building)
    reshaping.merge(second, into=building, reason=WHY, by=clerk)
    with pytest.raises(IntegrityError, match="merged"), transaction.atomic():
        Household.objects.create(place=second, address="801", key="//801")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        PlaceChange.objects.update(reason="别的")


@pytest.mark.parametrize("who", ["resident", "chief", "stranger_clerk", "approver", "cashier"])
def test_others_change_nothing(building: Territory, second: Territory, who: str, request: Any) -> None:
    by = request.getfixturevalue(who)
    door = Household.objects.filter(place=second)[:1]
    for act in (
        lambda: reshaping.rename(building, name="3栋", reason=WHY, by=by),
        lambda: reshaping.split(second, name="3栋", doors=list(door), reason=WHY, by=by),
        lambda: reshaping.merge(second, into=building, reason=WHY, by=by),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_the_desk_divides_a_building_and_keeps_what_was_typed(
    building: Territory, households: list[Household], clerk: User, client_of: Callable[[User | None], Client]
) -> None:
    desk = client_of(clerk)
    url = reverse("admin:territory_territory_do", args=[building.pk, "split"])
    answer = desk.post(url, {"title": "1栋东", "doors": "101\n909", "reason": WHY})
    assert "第 2 行" in answer.text and "101\n909" in answer.text
    desk.post(url, {"title": "1栋东", "doors": "101\n102", "reason": WHY})
    assert Territory.objects.get(name="1栋东").households.count() == 2
    page = desk.get(reverse("admin:territory_territory_change", args=[building.pk]))
    assert "“1栋”分出“1栋东”，2 户（社区居委会会议）" in page.text


def test_the_building_a_project_is_of_stays_whole_whatever_its_list_says(
    way: Way, building: Territory, second: Territory, clerk: User
) -> None:
    """Its doors vote and choose the group; a change of the plan brings it back to them after the decision, too."""
    for lead in (way.cosigning, way.announced):
        proposal = lead(place=building, doors=way.households, title=lead.__name__)
        with pytest.raises(Refused, match=proposal.number):
            reshaping.split(building, name="1栋东", doors=way.households[:1], reason=WHY, by=clerk)
        proposals.withdraw(proposal, by=way.who("resident"), reason="不办了") if lead == way.cosigning else None


def test_doors_listed_one_by_one_go_on_benefiting_where_they_stand_now(
    way: Way, building: Territory, clerk: User
) -> None:
    """The list stays as it was, in each version that follows an appeal."""
    proposal = way.submitted(place=building, doors=way.households[:3])
    proposals.decline(proposal, by=way.who("chief"), reason="重复")
    reshaping.split(building, name="1栋东", doors=way.households[:1], reason=WHY, by=clerk)
    proposals.appeal(proposal, by=way.who("resident"), reason="不重复")
    version = new_version(proposal, by=clerk, why="改了", plan="换一盏亮的")
    assert (version.number, version.doors) == (2, [door.pk for door in way.households[:3]])
    assert version.households == 3


def test_nobody_proposes_for_what_was_merged_a_moment_ago(
    way: Way, building: Territory, second: Territory, clerk: User
) -> None:
    reshaping.merge(second, into=building, reason=WHY, by=clerk)
    with pytest.raises(Refused, match="刚并入了别处"):
        way.submitted(place=second)


def test_what_was_merged_is_offered_for_nothing_new(
    way: Way, yard: Territory, building: Territory, second: Territory, resident: User, clerk: User
) -> None:
    assert second.pk in ProposeForm(by=resident).offered
    reshaping.merge(second, into=building, reason=WHY, by=clerk)
    form = ProposeForm(by=resident)
    assert building.pk in form.offered and second.pk not in form.offered


def test_a_yard_that_was_merged_is_no_place_to_go_on_to(community: Territory, yard: Territory, clerk: User) -> None:
    other = register.add_place(community, name="样板巷9号院", level="yard", by=clerk)
    reshaping.merge(other, into=yard, reason=WHY, by=clerk)
    assert [name for _code, name in selectors.places_around(community)["below"]] == [yard.name]


def test_a_door_whose_name_would_be_cut_off_is_not_moved(
    building: Territory, second: Territory, households: list[Household], clerk: User
) -> None:
    reshaping.rename(second, name="长" * 78, reason=WHY, by=clerk)
    second.refresh_from_db()
    with pytest.raises(Refused, match="太长"):
        reshaping.merge(second, into=building, reason=WHY, by=clerk)
    assert doors_of(second) == ["101", "901"]


def test_nothing_is_entered_beneath_what_was_merged_a_moment_ago(
    yard: Territory, building: Territory, second: Territory, clerk: User
) -> None:
    """Whoever had its page open: the row is read again under its lock."""
    reshaping.merge(Territory.objects.get(pk=second.pk), into=building, reason=WHY, by=clerk)
    assert second.merged_into is None
    with pytest.raises(Refused):
        register.add_place(second, name="十户一组", level="group", by=clerk)
    with pytest.raises(Refused, match="已经并入"):
        register.add_doors(second, ["301"], by=clerk)
