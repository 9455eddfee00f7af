"""The demo's district: walked once through real actions, then looked at from all sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.test import Client, TransactionTestCase, override_settings
from django.urls import reverse

from deliberation.models import Ballot, Choice, Motion
from evaluation.models import Answer, Archive
from evaluation.replay import district, facts
from minshi import clock
from minshi.accounts.models import User
from minshi.audit.chain import Fault, faults
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.ledger.checks import Finding, findings
from minshi.ledger.models import Account, Entry, Posting
from minshi.rolls.models import Channel
from minshi.territory.models import Territory
from proposals.models import LIBRARY, Card, PlaceTotal, Proposal, Stage, Wish, WishStage
from tests.cast import mark_session

pytestmark = [pytest.mark.django_db, pytest.mark.drill(only=True)]
"""The walk takes a minute: `drill test_replay`, which CI runs beside the suite."""

SEVERAL = (
    # At least so many projects stand here, on whatever day it is replayed; around long holidays a window may be over.
    ((Stage.SUBMITTED,), 2),
    ((Stage.COSIGNING,), 2),
    ((Stage.VOTING,), 3),
    ((Stage.CONSULTING,), 2),
    ((Stage.ANNOUNCED,), 2),
    ((Stage.HANDLING,), 2),
    ((Stage.RAISING,), 2),
    ((Stage.DELIVERING,), 4),
    ((Stage.RATING, Stage.RATED), 2),
    ((Stage.ARCHIVED,), 4),
    ((Stage.DECLINED,), 2),
    ((Stage.LAPSED,), 2),
    ((Stage.RESERVED,), 2),
    ((Stage.NOT_PASSED,), 2),
)


@dataclass
class Replayed:
    said: str
    chain: list[Fault]
    books: list[Finding]
    ended: datetime
    """What was due by then took effect; here nobody sweeps what has become due since."""


@pytest.fixture(scope="module")
def replayed(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Replayed]:
    """Once, committed, for every test here; the chain is checked outside a transaction, as it must be."""
    media: Path = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=str(media)):
        try:
            said = StringIO()
            # What migrations wrote has lost its record where an earlier test emptied the database.
            known = list(faults())
            call_command("replay", stdout=said)
            ended = clock.now()
            while deadlines.sweep():
                pass
            chain = [fault for fault in faults() if fault not in known]
            yield Replayed(said.getvalue(), chain, list(findings()), ended)
        finally:
            clock.reset()
            TransactionTestCase._fixture_teardown(None)  # type: ignore[attr-defined, arg-type]


@pytest.fixture(autouse=True)
def _replayed(replayed: Replayed, db: None) -> None:
    """Every test here looks at the same district."""


def project(key: str) -> Proposal:
    story = next(story for story in facts.stories() if story["key"] == key)
    return Proposal.objects.get(title=story["title"])


def came_in(proposal: Proposal, kind: str) -> int:
    """Fen that came into the project's account from accounts of this kind, by the ledger alone."""
    accounts = Account.objects.filter(kind=kind, postings__entry__in=Entry.objects.of(proposal))
    moved = Posting.objects.filter(account__in=accounts, entry__in=Entry.objects.of(proposal))
    return -(moved.aggregate(fen=Sum("amount_fen"))["fen"] or 0)


# --- The two cases ---------------------------------------------------------------------------------


def test_of_193_households_163_agreed(replayed: Replayed) -> None:
    motion = Motion.objects.get(proposal=project("muling_post"))
    ballots = Ballot.objects.filter(motion=motion)
    assert motion.roll.units.count() == 193
    assert ballots.filter(choice=Choice.AGREE).count() == 163
    assert (motion.agree, motion.passed) == (163, True)
    assert ballots.filter(channel=Channel.PAPER).count() > ballots.filter(channel="online").count() > 0


def test_the_neighbours_gave_a_little_over_ten_thousand_and_it_took_twenty_days() -> None:
    proposal = project("muling_post")
    given = came_in(proposal, Account.Kind.HOUSEHOLD)
    assert 1_000_000 < given < 1_100_000
    assert given == proposal.card.self_raised_fen
    contract = proposal.contracts.get()
    assert (contract.finished_at.date() - contract.started_at.date()).days == 20


def test_the_toilet_cost_what_neighbours_and_units_gave() -> None:
    proposal = project("toilet_revolution")
    assert proposal.beneficiaries().count() == 120
    assert came_in(proposal, Account.Kind.HOUSEHOLD) == 860_000
    assert came_in(proposal, Account.Kind.SPONSOR) == 1_000_000
    assert came_in(proposal, Account.Kind.PAYEE) == -1_860_000
    assert proposal.purse.account.balance_fen == 0


@pytest.mark.parametrize("key", ["muling_post", "toilet_revolution"])
def test_it_is_archived_with_everything_in_it(key: str) -> None:
    proposal = project(key)
    assert proposal.stage == Stage.ARCHIVED
    assert Archive.objects.get(proposal=proposal).files_count == proposal.archive_files.count() > 20


def test_the_other_cases_stand_where_they_should() -> None:
    assert project("old_friends").stage == Stage.DELIVERING
    assert project("old_friends").log_entries.count() >= 3
    road = project("duomude_road")
    assert (road.stage, road.version.people, road.beneficiaries().count()) == (Stage.VOTING, 294, 82)
    assert 20 < road.card.turnout < 70
    canteen = project("three_yuan_canteen")
    assert (canteen.stage, canteen.tier) == (Stage.HANDLING, 3)
    assert canteen.supervised_at is not None


def test_what_the_documents_state_is_not_changed() -> None:
    for case in facts.cases()["projects"]:
        proposal = project(case["key"])
        assert proposal.title == case["title"]
        assert proposal.get_category_display() == case["category"]
        assert proposal.place.full_name.endswith(case["place"].get("yard", case["place"].get("community", "")))


# --- Everything ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stages", "least"), SEVERAL)
def test_several_stand_at_each_stage(stages: tuple[Stage, ...], least: int) -> None:
    assert Proposal.objects.filter(stage__in=stages).count() >= least


def test_nobody_is_late_but_the_canteen(replayed: Replayed) -> None:
    late = Card.objects.filter(due_at__lte=replayed.ended)
    assert {card.proposal.supervised_at is not None for card in late} <= {True}


def test_open_deadlines_lie_ahead_and_none_failed(replayed: Replayed) -> None:
    waiting = Deadline.objects.open()
    assert waiting.count() > 50
    assert not Deadline.objects.due(replayed.ended).exists()
    assert not Deadline.objects.filter(failures__gt=0).exists()


def test_votes_notices_and_ratings_still_run(replayed: Replayed) -> None:
    now = replayed.ended
    assert Motion.objects.filter(stage="open", closes_at__gt=now).count() >= 3
    assert Notice.objects.filter(ends_at__gt=now, is_gate=True).count() >= 2
    assert Notice.objects.filter(objections_total__gt=0, objections_open=0).exists()


def test_all_of_it_is_marked_as_a_demo() -> None:
    assert not Proposal.objects.filter(is_demo=False).exists()
    assert not Wish.objects.filter(is_demo=False).exists()


def test_wishes_of_every_outcome_hang_on_the_wall() -> None:
    assert set(Wish.objects.values_list("stage", flat=True)) == set(WishStage.values)
    tree = Wish.objects.get(text=facts.cases()["wishes"][4]["text"])
    assert tree.stage == WishStage.FULFILLED
    assert (tree.stage_since - tree.at).total_seconds() < 24 * 3600


def test_the_chain_holds(replayed: Replayed) -> None:
    assert replayed.chain == []


def test_the_books_are_right(replayed: Replayed) -> None:
    assert replayed.books == []


# --- Totals ----------------------------------------------------------------------------------------


def test_the_totals_are_those_of_ledger_and_answers() -> None:
    """Summed here from postings and answers, without the cards that the totals are computed from."""
    here = Territory.objects.get(code="530103")
    total = PlaceTotal.objects.get(place=here)
    projects = Proposal.objects.filter(place__path__startswith=here.path)
    assert total.self_raised_fen == sum(came_in(each, Account.Kind.HOUSEHOLD) for each in projects)
    assert total.sponsor_fen == sum(came_in(each, Account.Kind.SPONSOR) for each in projects)
    assert total.spent_fen == sum(-came_in(each, Account.Kind.PAYEE) for each in projects)
    assert total.public_fen == sum(came_in(each, Account.Kind.POT) for each in projects)
    closed = Answer.objects.filter(survey__proposal__in=projects, survey__stage="closed")
    assert (total.rating_answers, total.rating_satisfied) == (closed.count(), closed.filter(level__lte=3).count())
    running = projects.filter(stage__in=LIBRARY["running"]).count()
    assert total.done == projects.filter(stage=Stage.ARCHIVED).count() >= 4
    assert (total.running, total.declared) == (running, running + total.done)


def test_every_vote_on_a_card_is_a_ballot() -> None:
    """Of the last vote; while one runs, nobody is told how many agreed."""
    for card in Card.objects.filter(electorate__gt=0):
        motion = card.proposal.motions.latest("ordinal")
        ballots = Ballot.objects.filter(motion=motion)
        if motion.stage != "published":
            assert card.agreed is None
            continue
        assert (card.turnout, card.agreed) == (ballots.count(), ballots.filter(choice=Choice.AGREE).count())


# --- Pages -----------------------------------------------------------------------------------------


PUBLIC = ("home", "projects", "notices", "wishes", "how", "chain", "find_receipt")


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_page_has_something_to_show(client: Client, name: str) -> None:
    page = client.get(reverse(name))
    assert page.status_code == 200
    assert "还没有" not in page.content.decode()


@pytest.mark.parametrize("stage", Stage.values)
def test_every_project_has_its_page(client: Client, stage: str) -> None:
    for proposal in Proposal.objects.filter(stage=stage):
        page = client.get(proposal.get_absolute_url())
        assert page.status_code == 200
        assert "演示数据，非原始记载" in page.content.decode()


PAGES = ("motion", "decision", "books", "suppliers", "log", "acceptance", "ratings", "archive")


@pytest.mark.parametrize("name", PAGES)
def test_an_archived_project_shows_all_of_it(client: Client, name: str) -> None:
    assert client.get(reverse(name, args=[project("muling_post").number])).status_code == 200


@pytest.mark.parametrize("username", ["clerk", "party", "case", "approver", "cashier", "district"])
def test_somebody_of_the_staff_finds_a_desk(client: Client, username: str) -> None:
    user = User.objects.get(username=username)
    client.force_login(user, backend="minshi.accounts.backends.AccountBackend")
    mark_session(client, user)
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_neighbour_finds_something_to_vote_on(client: Client) -> None:
    user = User.objects.get(phone="13900000001")
    client.force_login(user, backend="minshi.accounts.backends.AccountBackend")
    mark_session(client, user)
    assert "楼道灯换成声控灯" in client.get(reverse("mine")).content.decode()


# --- Again -----------------------------------------------------------------------------------------


def test_a_second_replay_does_nothing(replayed: Replayed) -> None:
    before = (Proposal.objects.count(), Entry.objects.count(), Deadline.objects.count())
    said = StringIO()
    call_command("replay", stdout=said)
    assert "已经载入过" in said.getvalue()
    assert (Proposal.objects.count(), Entry.objects.count(), Deadline.objects.count()) == before
    assert district.is_there()


def test_it_says_how_far_it_is(replayed: Replayed) -> None:
    last = replayed.said.split("\r")[-2]
    done, altogether = (int(part) for part in last.split() if part.isdigit())
    assert done == altogether > 300
