"""One human speaks once on one matter, by whichever of the accounts that were joined: on a screen and on paper."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from deliberation import actions as deliberation
from deliberation.models import PaperBallot
from evaluation.actions import paper as ratings
from evaluation.models import PaperAnswer
from funding import actions as funding
from funding.models import Pledge
from minshi.accounts.models import User
from minshi.disclosure.actions import answer, object_to, read_again
from minshi.disclosure.models import Objection
from minshi.refusals import Refused
from minshi.residents import actions as residents
from minshi.residents import speaking
from minshi.residents.models import Ownership, Person
from minshi.rolls.actions import freeze_owners
from minshi.signin import joining
from minshi.territory.models import Household
from proposals import actions as proposals
from proposals.models import Cosign
from tests.cast import home_of, make_resident
from tests.journeys.test_persons_in_time import ACTS, DOOR, OTHER, Act, tries
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db

Sheet = Any


class OnPaper:
    """How a sheet of each kind is taken in for a door with its signer, and read until it would count."""

    def __init__(self, way: Way, kind: str, matter: Any) -> None:
        self.way, self.kind, self.matter = way, kind, matter

    def take_in(self, door: Household, signer: Person) -> Sheet:
        return getattr(self, f"_take_{self.kind.replace('-', '_')}")(door, signer)

    def read(self, sheet: Sheet) -> None:
        getattr(self, f"_read_{self.kind.replace('-', '_')}")(sheet)

    def _unit(self, door: Household) -> Any:
        return self.matter.roll.units.get(household=door)

    def _take_ballot(self, door: Household, signer: Person) -> PaperBallot:
        return deliberation.register_paper(
            self._unit(door), receipt_id=uuid4(), signer=signer, photo=a_picture(), choice="agree",
            by=self.way.who("chief"),
        )  # fmt: skip

    def _read_ballot(self, sheet: PaperBallot) -> None:
        self.way.to_counting(self.matter)
        deliberation.confirm_paper(PaperBallot.objects.get(pk=sheet.pk), "agree", by=self.way.who("clerk"))

    def _take_co_signature(self, door: Household, signer: Person) -> Sheet:
        return proposals.cosign_on_paper(self.matter, [(door, signer)], photo=a_picture(), by=self.way.who("chief"))

    def _read_co_signature(self, sheet: Sheet) -> None:
        lines = [(line.household, line.signer) for line in sheet.lines.all()]
        proposals.read_list(sheet, lines, by=self.way.who("clerk"))

    def _take_pledge(self, door: Household, signer: Person) -> Pledge:
        return funding.pledge_on_paper(
            self.matter, door, signer=signer, amount_fen=3000, photo=a_picture(), by=self.way.who("clerk")
        )

    def _read_pledge(self, sheet: Pledge) -> None:
        fresh = Pledge.objects.get(pk=sheet.pk)
        funding.read_pledge(fresh, amount_fen=3000, publishes_name=False, by=self.way.who("supervisor"))

    def _take_rating(self, door: Household, signer: Person) -> PaperAnswer:
        return ratings.register_paper(self._unit(door), receipt_id=uuid4(), signer=signer, by=self.way.who("chief"))

    def _read_rating(self, sheet: PaperAnswer) -> None:
        first = ratings.enter_paper(
            PaperAnswer.objects.get(pk=sheet.pk), level=3, photo=a_picture(), by=self.way.who("supervisor")
        )
        ratings.confirm_paper(first, level=3, by=self.way.who("district_officer"))

    def _take_objection(self, door: Household, signer: Person) -> Objection:
        return object_to(
            self.matter, facts="灯会照到卧室里。", channel="paper", name=signer.name, household=door, signer=signer,
            photo=a_picture(), by=self.way.who("clerk"),
        )  # fmt: skip

    def _read_objection(self, sheet: Objection) -> None:
        objection = Objection.objects.get(pk=sheet.pk)
        read_again(objection, objection.line.household, by=self.way.who("supervisor"))  # type: ignore[union-attr]


@pytest.fixture(params=ACTS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def act(kind: str, way: Way) -> Act:
    for name in ("supervisor", "case_officer", "district_officer"):
        way.who(name)
    return ACTS[kind](way)


@pytest.fixture
def on_paper(kind: str, act: Act, way: Way) -> OnPaper:
    return OnPaper(way, kind, act.matter)


@pytest.fixture
def before(households: list[Household]) -> User:
    """Lives behind the first door by an account of an earlier number."""
    return make_resident("申一人", households[DOOR], represents=True)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def moved(before: User, way: Way) -> User:
    """The same human at the next door, by another account that nobody has joined yet."""
    residents.move_out(home_of(before), by=way.who("chief"))
    return make_resident("申一人", way.households[OTHER], represents=True)


def joined(before: User, after: User, way: Way) -> User:
    asked = joining.ask(
        fresh(after), fresh(before), reason="同一个人换过号码", basis="当面核对", by=way.who("case_officer")
    )
    stays = joining.confirm(asked, by=way.who("district_officer"))
    assert stays.pk == after.pk
    return stays


def said(act: Act, way: Way) -> list[list[tuple[int | None, object]]]:
    return [act.says(way.households[each]) for each in (DOOR, OTHER)]


def settled(act: Act, way: Way) -> None:
    """An objection is answered before the next of the same human is heard: here it is asked which of them count."""
    for objection in Objection.objects.filter(answered_at=None):
        answer(objection, text="已经向您说明清楚。", outcome=Objection.Outcome.EXPLAINED, by=way.who("clerk"))


def tries_on_paper(on_paper: OnPaper, door: Household, signer: Person) -> None:
    try:
        on_paper.read(on_paper.take_in(door, signer))
    except Refused as refusal:
        assert "另一户" in str(refusal) or "另一个账号" in str(refusal)


def test_who_spoke_by_one_account_does_not_by_the_other_on_a_screen(act: Act, way: Way, before: User) -> None:
    act.by(before, way.households[DOOR])
    after = joined(before, moved(before, way), way)
    stood = said(act, way)
    assert len(stood[0]) == 1 and not stood[1]
    settled(act, way)
    tries(act, after, way.households[OTHER])
    assert said(act, way) == stood


def test_nor_on_paper(act: Act, on_paper: OnPaper, way: Way, before: User) -> None:
    act.by(before, way.households[DOOR])
    after = joined(before, moved(before, way), way)
    stood = said(act, way)
    settled(act, way)
    tries_on_paper(on_paper, way.households[OTHER], after.person)
    assert said(act, way) == stood


def test_nor_where_the_database_alone_knows_it(
    act: Act, on_paper: OnPaper, way: Way, before: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the actions forget to ask."""
    act.by(before, way.households[DOOR])
    after = joined(before, moved(before, way), way)
    stood = said(act, way)
    settled(act, way)
    monkeypatch.setattr(speaking, "entries_of", lambda people: {each: {each} for each in people if each})
    try:
        with transaction.atomic():
            on_paper.read(on_paper.take_in(way.households[OTHER], after.person))
    except (Refused, IntegrityError) as refused:
        assert "另一" in str(refused) or "same human" in str(refused)
    assert said(act, way) == stood


def test_a_sheet_that_was_taken_in_before_they_were_joined_does_not_count_after(
    act: Act, on_paper: OnPaper, way: Way, before: User
) -> None:
    if on_paper.kind == "co-signature":
        pytest.skip("a list reserves its doors from the day it was taken in: it spoke before anybody knew")
    act.by(before, way.households[DOOR])
    after = moved(before, way)
    sheet = on_paper.take_in(way.households[OTHER], after.person)
    joined(before, after, way)
    first = act.says(way.households[DOOR])
    try:
        on_paper.read(sheet)
    except Refused as refusal:
        assert "另一户" in str(refusal)
    assert said(act, way) == [first, []]


def test_whichever_came_first_one_of_them_counts(act: Act, on_paper: OnPaper, way: Way, before: User) -> None:
    """On paper at the first door, on a screen at the next."""
    sheet = on_paper.take_in(way.households[DOOR], before.person)
    if on_paper.kind != "ballot":  # read after the end
        on_paper.read(sheet)
    after = joined(before, moved(before, way), way)
    settled(act, way)
    tries(act, after, way.households[OTHER])
    if on_paper.kind == "ballot":
        with pytest.raises(Refused, match="另一户"):
            on_paper.read(sheet)
    assert sorted(len(each) for each in said(act, way)) == [0, 1]


def test_a_word_for_ones_own_door_takes_the_place_of_the_earlier_one(
    act: Act, on_paper: OnPaper, way: Way, before: User
) -> None:
    """A sheet of the same door stands in place of what the other account said for it."""
    door = way.households[DOOR]
    act.by(before, door)
    residents.move_out(home_of(before), by=way.who("chief"))
    after = joined(before, make_resident("申一人", door, represents=True), way)
    settled(act, way)
    if on_paper.kind == "co-signature":
        with pytest.raises(Refused):
            on_paper.take_in(door, after.person)  # it has signed
        return
    on_paper.read(on_paper.take_in(door, after.person))
    spoke = [who for who, _word in act.says(door)]
    assert spoke == ([before.person.pk, after.person.pk] if on_paper.kind == "objection" else [after.person.pk])


# --- Where one matter becomes another's ------------------------------------------------------------


def test_merging_carries_one_human_once(way: Way, before: User) -> None:
    way.who("case_officer"), way.who("district_officer")
    one, into = (way.cosigning(title=title, households=40) for title in ("院里装一盏灯", "院里多装几盏灯"))
    proposals.cosign(one, way.households[DOOR], by=before)
    after = moved(before, way)
    proposals.cosign(into, way.households[OTHER], by=after)
    proposals.cosign(one, way.households[1], by=way.who("neighbour"))
    joined(before, after, way)
    proposals.merge(one, into, by=way.who("clerk"), reason="说的是同一件事")
    signed = Cosign.objects.filter(proposal=into).values_list("speaker", flat=True)
    assert set(signed) == {after.person.pk, way.who("neighbour").person.pk}


def test_two_doors_of_one_human_are_one_unit_of_an_owners_roll(way: Way, before: User) -> None:
    """民法典 278: several units of one owner are one person, whichever account each was registered with."""
    way.who("case_officer"), way.who("district_officer")
    after = moved(before, way)
    doors = [way.households[each] for each in (DOOR, OTHER)]
    for door, user in zip(doors, (before, after), strict=True):
        Household.objects.filter(pk=door.pk).update(area_m2=80)
        Ownership.objects.create(household=door, person=user.person)
    chosen = Household.objects.filter(pk__in=[door.pk for door in doors])
    assert freeze_owners(chosen, by=way.who("clerk")).size == 2
    joined(before, after, way)
    roll = freeze_owners(chosen, by=way.who("clerk"))
    assert (roll.size, roll.area_m2) == (1, 160)
