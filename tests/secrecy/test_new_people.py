"""Who moves in hears nothing of what the door said and gave before; who moved out still does."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from deliberation import actions as deliberation
from deliberation.models import Motion
from funding import actions as funding
from minshi.accounts.models import User
from minshi.disclosure import actions as disclosure
from minshi.notifications import actions as notifications
from minshi.notifications.models import Message, ToTell
from minshi.residents.models import Residence
from minshi.territory.models import Household
from proposals import actions as proposals
from proposals import told
from tests.cast import make_resident
from tests.conftest import Clock
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db


class Door:
    """A door whose people change."""

    def __init__(self, door: Household, clock: Clock) -> None:
        self.door, self.clock = door, clock
        self.before = User.objects.get(person__residences__household=door, person__residences__until=None)
        self.after: User | None = None

    def changes_hands(self) -> None:
        self.clock.move(minutes=5)
        gone = Residence.objects.filter(household=self.door, until=None)
        gone.update(until=self.clock.now(), is_representative=False)
        self.clock.move(minutes=5)
        self.after = make_resident("亥新来", self.door, represents=True, since=self.clock.now())
        self.told = Message.objects.count()

    def heard(self) -> tuple[list[str], list[str]]:
        """Since then: what who moved out, and what who moved in was told."""
        since = Message.objects.order_by("pk")[self.told :]
        rows = list(Message.objects.filter(pk__in=[each.pk for each in since]).values_list("user", "title", "body"))
        mine, theirs = ([f"{title} {body}" for user, title, body in rows if user == who.pk] for who in self.both())
        return mine, theirs

    def both(self) -> tuple[User, User]:
        assert self.after
        return self.before, self.after


@pytest.fixture
def door(way: Way, clock: Clock) -> Door:
    way.who("resident")
    return Door(way.households[0], clock)


def gives_and_gets_back(way: Way, door: Door) -> None:
    proposal = way.raising()
    way.planned(proposal)
    funding.pledge(proposal, door.door, amount_fen=20_000, by=door.before)
    way.given(proposal, door.door, 20_000, "收据1")
    door.changes_hands()
    way.ending(proposal, "整院要拆迁")


def pledges_and_it_is_taken_back(way: Way, door: Door) -> None:
    proposal = way.raising()
    promised = funding.pledge(proposal, door.door, amount_fen=20_000, by=door.before)
    door.changes_hands()
    funding.withdraw_pledge(promised, by=way.who("clerk"))


def votes_on_paper_and_it_is_voided(way: Way, door: Door) -> None:
    motion = Motion.objects.get(proposal=way.voting())
    unit = motion.roll.units.get(household=door.door)
    sheet = deliberation.register_paper(
        unit, receipt_id=uuid4(), photo=a_picture(), choice="against", by=way.who("chief")
    )
    door.changes_hands()
    deliberation.void_paper(sheet, reason="登记错了门牌", by=way.who("clerk"))


def objects_on_paper_and_it_is_answered(way: Way, door: Door) -> None:
    notice = way.announced().gate_notice
    assert notice
    said = {"facts": "路灯会照到卧室里", "channel": "paper", "name": "甲居民", "photo": a_picture()}
    objection = disclosure.object_to(notice, household=door.door, by=way.who("clerk"), **said)
    disclosure.read_again(objection, door.door, by=way.who("party"))
    objection.refresh_from_db()
    door.changes_hands()
    disclosure.answer(objection, text="已调整灯的朝向", outcome="upheld", by=way.who("clerk"))


WAYS = [
    gives_and_gets_back,
    pledges_and_it_is_taken_back,
    votes_on_paper_and_it_is_voided,
    objects_on_paper_and_it_is_answered,
]


@pytest.mark.parametrize("what", WAYS, ids=lambda each: each.__name__)
def test_who_moved_out_hears_of_it_and_who_moved_in_does_not(way: Way, door: Door, what: Any) -> None:
    what(way, door)
    mine, theirs = door.heard()
    assert mine and theirs == []
    assert not ToTell.objects.filter(household=door.door).exists()


@pytest.mark.parametrize("what", WAYS[1:], ids=lambda each: each.__name__)
def test_a_door_that_is_told_whoever_lives_there_is_found(
    way: Way, door: Door, what: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "adults_then", lambda doors, at: notifications.adults_of(doors))
    what(way, door)
    assert door.heard()[1]


def test_who_signed_for_it_hears_of_its_end_and_who_moved_in_does_not(way: Way, door: Door) -> None:
    proposal = way.cosigning(by=way.who("neighbour"))
    proposals.cosign(proposal, door.door, by=door.before)
    door.changes_hands()
    heard = told.SUPPORTERS.of(proposal, None)  # type: ignore[arg-type]
    assert door.before in heard and door.after not in heard
