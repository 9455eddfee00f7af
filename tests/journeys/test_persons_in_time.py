"""One person, one door, one moment: each kind of act against everybody who is not, no more or not yet whom it asks for.

An objection is special: everybody is heard (domain.md 7), so there it is asked whose household it counts for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from deliberation import actions as deliberation
from deliberation.models import Ballot, Motion
from evaluation.actions import surveys
from evaluation.models import Answer
from funding import actions as funding
from funding.models import Pledge
from minshi.accounts.models import User
from minshi.clock import now
from minshi.disclosure.actions import object_to, post
from minshi.disclosure.models import Notice, Objection
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions as residents
from minshi.residents.models import Residence
from minshi.territory.models import Household
from proposals import actions as proposals
from proposals.models import Cosign, Proposal
from tests.cast import home_of, make_resident, struck_off
from tests.way import Way

pytestmark = pytest.mark.django_db

DOOR, OTHER = 6, 7
"""Two doors of the yard behind which nobody of the cast lives."""


@dataclass
class Act:
    """A matter to speak on, how one speaks, and who has spoken for a door so that it counts."""

    matter: Any
    speak: Callable[[Any, Household, User, int], object]
    spoken: Callable[[Any, Household], list[tuple[int | None, object]]]

    def by(self, user: User, door: Household, word: int = 0) -> None:
        """Speak as this person does on their phone; who may not is refused, or does not count."""
        with_fresh_eyes = User.objects.get(pk=user.pk)
        self.speak(self.matter, door, with_fresh_eyes, word)

    def says(self, door: Household) -> list[tuple[int | None, object]]:
        return self.spoken(self.matter, door)


def _ballot(way: Way) -> Act:
    motion = Motion.objects.get(proposal=way.voting())
    return Act(
        motion,
        lambda motion, door, by, word: deliberation.cast(motion, ("agree", "against")[word], receipt_id=uuid4(), by=by),
        lambda motion, door: list(
            Ballot.objects.filter(motion=motion, unit__household=door).order_by("pk").values_list("speaker", "choice")
        ),
    )


def _cosign(way: Way) -> Act:
    return Act(
        way.cosigning(),
        lambda proposal, door, by, word: proposals.cosign(proposal, door, by=by),
        lambda proposal, door: list(
            Cosign.objects.filter(proposal=proposal, household=door).order_by("pk").values_list("speaker", "is_void")
        ),
    )


def _pledge(way: Way) -> Act:
    proposal = way.raising()
    way.planned(proposal)
    return Act(
        proposal,
        lambda proposal, door, by, word: funding.pledge(proposal, door, amount_fen=(5000, 7000)[word], by=by),
        lambda proposal, door: list(
            Pledge.objects.standing()
            .filter(proposal=proposal, household=door)
            .order_by("pk")
            .values_list("speaker", "amount_fen")
        ),
    )


def _rating(way: Way) -> Act:
    survey = way.rating()
    settled = Residence.objects.filter(household__in=way.households[DOOR : OTHER + 1], until=None)
    settled.update(until=now(), is_representative=False)
    return Act(
        survey,
        lambda survey, door, by, word: surveys.rate(survey, level=(2, 4)[word], by=by),
        lambda survey, door: list(
            Answer.objects.filter(survey=survey, unit__household=door).order_by("pk").values_list("speaker", "level")
        ),
    )


def _objection(way: Way) -> Act:
    notice = post(
        kind="initiation",
        title="关于立项的公示",
        place=way.yard,
        body="拟建驿站一处。",
        households=12,
        by=way.who("clerk"),
    )
    return Act(
        notice,
        lambda notice, door, by, word: object_to(notice, facts=("挡住一楼的窗户。", "还是不同意。")[word], by=by),
        lambda notice, door: list(
            Objection.objects.filter(notice=notice, household=door).order_by("pk").values_list("speaker", "facts")
        ),
    )


ACTS = {"ballot": _ballot, "co-signature": _cosign, "pledge": _pledge, "rating": _rating, "objection": _objection}


@pytest.fixture(params=ACTS)
def act(request: pytest.FixtureRequest, way: Way) -> Act:
    return ACTS[request.param](way)


@pytest.fixture
def door(households: list[Household]) -> Household:
    return households[DOOR]


@pytest.fixture
def other(households: list[Household]) -> Household:
    return households[OTHER]


def moves(user: User, way: Way, to: Household | None = None) -> None:
    """Out, as the chief writes it down; and in at another door, where the chief confirms it."""
    residents.move_out(home_of(user), by=way.who("chief"))
    if to is not None:
        fresh = User.objects.get(pk=user.pk)
        claim = residents.join(fresh, to, name=fresh.person.name, is_adult=True, by=fresh)
        residents.confirm(claim, by=way.who("chief"))


def tries(act: Act, user: User, door: Household, word: int = 1) -> None:
    """Whatever the answer, it is a sentence and no fault."""
    try:
        act.by(user, door, word)
    except Refused as refusal:
        assert str(refusal)


def test_who_moved_out_keeps_what_they_said_and_says_nothing_for_either_door(
    act: Act, way: Way, door: Household, other: Household
) -> None:
    user = make_resident("申搬家", door, represents=True)
    act.by(user, door)
    said = act.says(door)
    assert [who for who, _word in said] == [user.person.pk]
    moves(user, way)
    tries(act, user, door)
    assert act.says(door) == said
    claim = residents.join(User.objects.get(pk=user.pk), other, name="申搬家", is_adult=True, by=user)
    residents.confirm(claim, by=way.who("chief"))
    for at in (door, other):
        tries(act, user, at)
    assert (act.says(door), act.says(other)) == (said, [])


def test_who_moved_in_changes_nothing_that_was_said_before(act: Act, way: Way, door: Household) -> None:
    before = make_resident("申前住户", door, represents=True)
    act.by(before, door)
    said = act.says(door)
    moves(before, way)
    after = make_resident("酉新住户", door, represents=True, since=now())
    tries(act, after, door)
    assert act.says(door)[:1] == said
    if act.matter.__class__ is not Notice:  # an objection of the new ones is one more of the same household
        assert act.says(door) == said


def test_a_minor_speaks_for_no_door(act: Act, way: Way, door: Household, other: Household) -> None:
    minor, alone = make_resident("戌少年", door, adult=False), make_resident("亥少年", other, adult=False)
    tries(act, alone, other)
    assert act.says(other) == []
    parent = make_resident("申家长", door, represents=True)
    act.by(parent, door)
    said = act.says(door)
    tries(act, minor, door)
    assert act.says(door) == said


def test_who_is_not_confirmed_speaks_for_no_door(act: Act, way: Way, door: Household) -> None:
    claimant = make_resident("午新来", door, confirmed=False)
    tries(act, claimant, door)
    assert act.says(door) == []


def test_nobody_speaks_for_a_door_that_was_struck_off(act: Act, way: Way, door: Household) -> None:
    """Nobody lives behind one; were somebody left there, they would not speak."""
    left = make_resident("未留下", door, represents=True)
    struck_off(door)
    tries(act, left, door)
    assert act.says(door) == []


def test_a_closed_account_speaks_no_more_and_what_it_said_stays(
    act: Act, way: Way, door: Household, other: Household
) -> None:
    user, spoke = make_resident("酉注销", door, represents=True), make_resident("戌注销", other, represents=True)
    act.by(spoke, other)
    said = act.says(other)
    User.objects.filter(pk__in=(user.pk, spoke.pk)).update(is_active=False)
    tries(act, user, door)
    tries(act, spoke, other)
    assert (act.says(door), act.says(other)) == ([], said)


# --- What was promised is the giver's -------------------------------------------------------------


def test_neither_a_minor_nor_a_newcomer_withdraws_a_pledge_or_puts_a_name_on_it(way: Way, door: Household) -> None:
    act = _pledge(way)
    parent, minor = make_resident("申家长", door, represents=True), make_resident("酉少年", door, adult=False)
    act.by(parent, door)
    promised = Pledge.objects.standing().get(household=door)
    moved_in = make_resident("戌新来", door, since=now())
    for user in (minor, way.who("neighbour")):
        with pytest.raises(NotAllowed):
            funding.withdraw_pledge(promised, by=user)
    for user in (minor, moved_in, way.who("neighbour")):
        with pytest.raises(NotAllowed):
            funding.publish_name(promised, True, by=user)
    moves(parent, way)
    with pytest.raises(NotAllowed):
        funding.withdraw_pledge(Pledge.objects.get(pk=promised.pk), by=moved_in)
    promised.refresh_from_db()
    assert (promised.withdrawn_at, promised.publishes_name) == (None, False)


@pytest.mark.parametrize("claims", ["unconfirmed", "minor", "nobody"])
def test_cash_from_a_door_without_an_adult_is_nobodys_by_name(way: Way, door: Household, claims: str) -> None:
    """An envelope with 301 on it is of door 301 and of no claimant."""
    _pledge(way)
    proposal = Proposal.objects.get()
    if claims != "nobody":
        make_resident("亥冒名", door, confirmed=claims == "minor", adult=claims == "unconfirmed")
    given = way.given(proposal, door, 10_000, "收0001")
    assert given.giver is not None and given.giver.person is None
    assert "亥" not in given.name_public
