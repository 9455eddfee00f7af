"""Who benefits: listed on the proposal's version as places and doors, reviewed by the chief, pinned, then frozen."""

from __future__ import annotations

import pytest
from django.db import Error, IntegrityError, transaction

from minshi.accounts.models import User
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household, Territory
from proposals import actions
from proposals.models import Beneficiary, Proposal, Version
from proposals.wording import who_benefits
from tests.cast import make_resident
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def second_building(yard: Territory) -> Territory:
    return add_place(parent=yard, code="990101001001-1-2", name="2栋", level="building", by=None)


@pytest.fixture
def far_doors(second_building: Territory) -> list[Household]:
    """Twenty doors of the building beside the cast's."""
    return add_households(place=second_building, addresses=[f"1单元{door}01" for door in range(1, 21)], by=None)


def keys_of(proposal: Proposal) -> set[int]:
    return set(proposal.beneficiaries().values_list("pk", flat=True))


# --- Listed -----------------------------------------------------------------------------------------


def test_by_default_all_of_its_place_benefits(way: Way, yard: Territory, far_doors: list[Household]) -> None:
    proposal = way.submitted()
    assert (proposal.version.places, proposal.version.doors) == ([yard.pk], [])
    assert keys_of(proposal) == {door.pk for door in [*way.households, *far_doors]}
    assert proposal.version.households == proposal.card.households == 32


def test_who_proposes_says_which_buildings_and_doors_benefit(
    way: Way, building: Territory, far_doors: list[Household]
) -> None:
    proposal = way.submitted(parts=[building], doors=far_doors[:2])
    assert keys_of(proposal) == {door.pk for door in [*way.households, *far_doors[:2]]}
    assert proposal.version.households == proposal.card.households == 14


def test_what_lies_in_a_listed_place_is_named_once(way: Way, yard: Territory, building: Territory) -> None:
    proposal = way.submitted(parts=[building, yard], doors=way.households[:3])
    assert (proposal.version.places, proposal.version.doors) == ([yard.pk], [])


def test_who_benefits_lies_in_its_place(
    way: Way, building: Territory, other_yard: Territory, far_doors: list[Household]
) -> None:
    with pytest.raises(Refused, match="要在“样板巷1号院”里面"):
        way.submitted(parts=[other_yard])
    with pytest.raises(Refused, match="要在“1栋”里面"):
        way.submitted(place=building, doors=far_doors[:1])
    assert not Proposal.objects.exists()


def test_the_number_is_counted_and_typed_nowhere(way: Way, building: Territory, far_doors: list[Household]) -> None:
    proposal = way.submitted(parts=[building])
    version = actions.new_version(proposal, by=None, why="照样", households=7)
    assert version.households == 12


# --- Guarded ----------------------------------------------------------------------------------------


def write(proposal: Proposal, **who: list[int]) -> Version:
    last = proposal.version
    facts = {"need": "x", "plan": "x", "spot": "x", "cost_fen": 0, "keeper": "x", "number": last.number + 1}
    return Version.objects.create(proposal=proposal, **facts, **who)  # type: ignore[arg-type]


def test_the_database_refuses_a_list_of_nobody_and_one_from_elsewhere(
    way: Way, other_yard: Territory, building: Territory, far_doors: list[Household]
) -> None:
    proposal = way.submitted(place=building)
    for who in ({}, {"places": [other_yard.pk]}, {"doors": [far_doors[0].pk]}, {"places": [0]}, {"doors": [0]}):
        with pytest.raises(IntegrityError), transaction.atomic():
            write(proposal, **who)


def test_the_list_stays_while_signatures_are_counted_against_it(
    way: Way, building: Territory, far_doors: list[Household]
) -> None:
    proposal = way.cosigning(parts=[building])
    with pytest.raises(IntegrityError, match="its list of beneficiaries stays"), transaction.atomic():
        write(proposal, places=[building.pk], doors=[far_doors[0].pk])


def test_the_list_stays_once_the_decision_froze_it(way: Way, building: Territory, second_building: Territory) -> None:
    far_doors = add_households(place=second_building, addresses=["101"], by=None)
    proposal = way.announced(parts=[building])
    assert keys_of(proposal) == {door.pk for door in way.households}
    with pytest.raises(IntegrityError, match="its list of beneficiaries stays"), transaction.atomic():
        write(proposal, places=[building.pk], doors=[far_doors[0].pk])
    with pytest.raises(IntegrityError, match="is frozen"), transaction.atomic():
        Beneficiary.objects.create(proposal=proposal, household=far_doors[0])
    with pytest.raises(Error), transaction.atomic():
        Beneficiary.objects.filter(proposal=proposal).delete()
    with pytest.raises(IntegrityError, match="what is frozen"), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(beneficiaries_frozen_at=None)
    add_households(place=building, addresses=["501"], by=None)
    assert keys_of(proposal) == {door.pk for door in way.households}, "a door built later is not on the list"


def test_the_decision_freezes_whoever_was_listed_and_nobody_else(
    way: Way, building: Territory, far_doors: list[Household]
) -> None:
    proposal = way.submitted(parts=[building])
    Beneficiary.objects.create(proposal=proposal, household=far_doors[0])
    with pytest.raises(IntegrityError, match="what is frozen"), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(beneficiaries_frozen_at=proposal.submitted_at)


# --- Co-signing -------------------------------------------------------------------------------------


def test_signatures_are_counted_against_those_who_benefit(
    way: Way, building: Territory, far_doors: list[Household], resident: User
) -> None:
    proposal = way.cosigning(doors=[way.households[0], *far_doors[:2]])
    assert (proposal.pinned_households, actions.cosigns_needed(proposal)) == (3, 2)
    assert way.cosigning(parts=[building], title="又一件").pinned_households == 12


def test_who_does_not_benefit_signs_nothing(
    way: Way, far_doors: list[Household], resident: User, clerk: User, chief: User
) -> None:
    far = make_resident("二栋人", far_doors[0], represents=True)
    proposal = way.cosigning(parts=[far_doors[0].place])
    with pytest.raises(NotAllowed, match="只有受益的住户可以附议"):
        actions.cosign(proposal, way.households[0], by=resident)
    with pytest.raises(Refused):
        actions.cosign_on_paper(proposal, [(way.households[0], None)], photo=a_picture(), by=chief)
    actions.cosign(proposal, far_doors[0], by=far)
    assert proposal.cosigns.count() == 1


def test_the_database_takes_no_signature_of_a_door_that_does_not_benefit(
    way: Way, far_doors: list[Household], resident: User
) -> None:
    proposal = way.cosigning(parts=[far_doors[0].place])
    with pytest.raises(IntegrityError, match="does not benefit"), transaction.atomic():
        proposal.cosigns.create(household=way.households[0], speaker=resident.person, by=resident)


def test_the_whole_place_votes_also_where_few_benefit(way: Way, far_doors: list[Household]) -> None:
    proposal = way.voting(parts=[far_doors[0].place], doors=way.households)
    narrow = way.voting(doors=way.households[:6], title="又一件")
    assert [each.motions.get().electorate for each in (proposal, narrow)] == [32, 32]


# --- Reviewed ---------------------------------------------------------------------------------------


def test_the_chief_changes_who_benefits_with_a_reason(
    way: Way, chief: User, building: Territory, resident: User, far_doors: list[Household]
) -> None:
    proposal = way.submitted()
    version = actions.change_beneficiaries(proposal, [building], far_doors[:1], reason="灯只照到一栋", by=chief)
    assert (version.number, version.households, version.why) == (2, 13, "灯只照到一栋")
    assert Message.objects.filter(user=resident, title__startswith="受益范围改了").exists()
    actions.pass_review(proposal, by=chief)
    proposal.refresh_from_db()
    assert (proposal.pinned_households, proposal.card.households) == (13, 13)


def test_changing_who_benefits_needs_a_reason_and_a_change(
    way: Way, chief: User, building: Territory, yard: Territory
) -> None:
    proposal = way.submitted()
    with pytest.raises(Refused) as refused:
        actions.change_beneficiaries(proposal, [building], [], reason="  ", by=chief)
    assert "reason" in refused.value.fields
    with pytest.raises(Refused, match="没有改动"):
        actions.change_beneficiaries(proposal, [yard], [], reason="照样", by=chief)


@pytest.mark.parametrize("who", ["resident", "neighbour", "stranger_chief"])
def test_others_change_nobodys_list(way: Way, who: str, building: Territory) -> None:
    proposal = way.submitted()
    with pytest.raises(NotAllowed):
        actions.change_beneficiaries(proposal, [building], [], reason="只有一栋", by=way.who(who))


def test_who_proposed_does_not_review_their_own_list(way: Way, chief: User, building: Territory) -> None:
    proposal = way.submitted(by=chief)
    with pytest.raises(NotAllowed):
        actions.change_beneficiaries(proposal, [building], [], reason="只有一栋", by=chief)


def test_after_the_review_nobody_changes_the_list(way: Way, chief: User, building: Territory) -> None:
    proposal = way.cosigning()
    with pytest.raises(Refused, match="不能再改"):
        actions.change_beneficiaries(proposal, [building], [], reason="只有一栋", by=chief)


# --- Merged, and said -------------------------------------------------------------------------------


def test_who_benefits_from_the_other_one_alone_is_not_carried(
    way: Way, chief: User, clerk: User, building: Territory, far_doors: list[Household]
) -> None:
    narrow = way.cosigning(parts=[building])
    way.sign_on_paper(wide := way.cosigning(title="又一件", parts=[far_doors[0].place]), far_doors[:1])
    record = actions.merge(wide, narrow, by=clerk, reason="同一回事")
    assert (record.evidence["carried"], record.evidence["left"]) == (0, 1)
    assert "1 户附议没有并过去" in record.reason
    assert narrow.version.number == 1, "merging widens nobody's list by itself"


def test_a_list_is_said_by_its_places_and_single_doors_as_a_number(
    way: Way, yard: Territory, building: Territory, far_doors: list[Household]
) -> None:
    whole = way.submitted()
    some = way.submitted(title="又一件", parts=[building], doors=far_doors[:2])
    few = way.submitted(title="第三件", doors=far_doors[:2])
    said = [who_benefits(each.version, yard) for each in (whole, some, few)]
    assert said == ["整个样板巷1号院", "1栋和单独列出的 2 户", "单独列出的 2 户"]
