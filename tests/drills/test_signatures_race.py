"""Co-signatures and pledges from phone and paper at once: one of each per door and per person, none lost.

The naive twin looks whether the door has signed and then writes, with nothing unique in the database.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.db import connection, transaction

from funding import actions as funding
from funding.models import Pledge
from minshi.accounts.models import User
from minshi.clock import as_owner
from minshi.paper.models import Sheet
from minshi.policy import actions as policy
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Household
from proposals.actions import cosigning
from proposals.models import Channel, Cosign, Proposal
from tests.drills.test_ballots_race import in_parallel, neighbours
from tests.way import Way, a_picture

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]

BIG = bool(os.environ.get("MINSHI_DRILL"))
DOORS, TRIES = (200, 10) if BIG else (12, 6)

Home = tuple[Household, list[User]]


def storm(homes: list[Home], act: Callable[[Home, bool], object]) -> list[Household]:
    """Every door several times, by phone and on paper, the tries of one door side by side; which were acknowledged."""
    acknowledged: list[Household] = []

    def one(job: tuple[Home, bool]) -> None:
        home, on_paper = job
        try:
            act(home, on_paper)
        except (Refused, NotAllowed):
            return
        acknowledged.append(home[0])

    jobs = [(home, bool(number % 2)) for home in homes for number in range(TRIES)]
    assert in_parallel(jobs, one) == []
    return acknowledged


@pytest.fixture
def homes(way: Way) -> list[Home]:
    return neighbours(way, DOORS)


@pytest.fixture
def many_homes(way: Way) -> list[Home]:
    return neighbours(way, ALL)


@pytest.fixture
def gathering(way: Way, request: pytest.FixtureRequest) -> Proposal:
    """Where nearly every door must sign, so that gathering does not end under their hands: the doors are counted
    when it begins, so they are there before it."""
    request.getfixturevalue("many_homes" if "many_homes" in request.fixturenames else "homes")
    for name, value in (("cosign.households", 100_000), ("cosign.share", "99/100")):
        policy.set_value(name, way.yard, value, since=date(2020, 1, 1), source="演练", by=None)
    return way.cosigning()


def test_a_door_signs_once_by_phone_or_on_paper(way: Way, homes: list[Home], gathering: Proposal) -> None:
    proposal, clerk = gathering, way.who("clerk")

    def sign(home: Home, on_paper: bool) -> object:
        door, users = home
        fresh = Proposal.objects.get(pk=proposal.pk)
        if on_paper:
            signer = random.choice([None, users[0].person])
            return cosigning.cosign_on_paper(fresh, [(door, signer)], photo=a_picture(), by=clerk)
        return cosigning.cosign(fresh, door, by=random.choice(users))

    acknowledged = storm(homes, sign)
    signed = Cosign.objects.filter(proposal=proposal, household__in=[door for door, _users in homes])
    assert sorted(signed.values_list("household_id", flat=True)) == sorted(door.pk for door in acknowledged)
    assert len(acknowledged) == len({door.pk for door in acknowledged}) == len(homes)
    voices = [voice for voice in signed.values_list("speaker_id", flat=True) if voice]
    assert len(voices) == len(set(voices))


ALL, EACH_WAY = (700, 500) if BIG else (14, 10)
"""Households, and how many of them sign by phone, and how many on paper: some do both."""


def test_many_sign_by_phone_and_on_paper_and_each_counts_once_with_its_channel(
    way: Way, second_clerk: User, many_homes: list[Home], gathering: Proposal
) -> None:
    acknowledged: list[tuple[int, str]] = []
    sheets: list[tuple[Sheet, Household]] = []

    def sign(job: tuple[Home, str]) -> None:
        (door, users), channel = job
        fresh = Proposal.objects.get(pk=gathering.pk)
        try:
            if channel == Channel.PAPER:
                sheet = cosigning.cosign_on_paper(fresh, [(door, None)], photo=a_picture(), by=way.who("clerk"))
                sheets.append((sheet, door))
            else:
                cosigning.cosign(fresh, door, by=random.choice(users))
        except (Refused, NotAllowed):
            return
        acknowledged.append((door.pk, channel))

    jobs = [(home, Channel.ONLINE.value) for home in many_homes[:EACH_WAY]]
    jobs += [(home, Channel.PAPER.value) for home in many_homes[-EACH_WAY:]]
    random.shuffle(jobs)
    assert in_parallel(jobs, sign) == []
    signed = Cosign.objects.standing().filter(proposal=gathering).values_list("household_id", "channel")
    assert sorted(signed) == sorted(acknowledged)
    assert len({door for door, _channel in acknowledged}) == len(acknowledged) == ALL
    for sheet, door in sheets:
        cosigning.read_list(sheet, [(door, None)], by=second_clerk)
    assert cosigning.count_cosigns(Proposal.objects.get(pk=gathering.pk)) == ALL


def test_two_readers_at_once_settle_a_list_once(
    way: Way, homes: list[Home], gathering: Proposal, second_clerk: User
) -> None:
    proposal = gathering
    doors = [(door, None) for door, _users in homes]
    sheet = cosigning.cosign_on_paper(proposal, doors, photo=a_picture(), by=way.who("clerk"))
    settled: list[int] = []

    def read(reader: User) -> None:
        try:
            cosigning.read_list(sheet, doors, by=reader)
        except Refused:
            return
        settled.append(reader.pk)

    assert in_parallel([second_clerk, way.who("chief")] * TRIES, read) == []
    assert len(settled) == 1
    assert all(line.second_by_id == settled[0] for line in sheet.lines.all())


def test_a_door_promises_once_by_phone_or_on_paper(way: Way) -> None:
    proposal = way.raising()
    people = way.neighbours(len(way.households) - 3)
    homes: list[Home] = [(door, [person.user]) for door, person in zip(way.households[3:], people, strict=True)]
    clerk = way.who("clerk")

    def promise(home: Home, on_paper: bool) -> object:
        door, users = home
        fresh = Proposal.objects.get(pk=proposal.pk)
        if on_paper:
            given = funding.pledge_on_paper(fresh, door, amount_fen=5_000, photo=a_picture(), by=clerk)
            return funding.read_pledge(given, amount_fen=5_000, publishes_name=False, by=way.who("supervisor"))
        return funding.pledge(fresh, door, amount_fen=7_000, by=random.choice(users))

    storm(homes, promise)
    standing = Pledge.objects.filter(proposal=proposal, withdrawn_at=None, is_waiting=False)
    assert sorted(standing.values_list("household_id", flat=True)) == sorted(door.pk for door, _users in homes)


@pytest.fixture
def naive_signatures(db: None) -> Iterator[None]:
    with as_owner() as owner:
        owner.execute("CREATE TABLE naive_signature (household int NOT NULL, channel text NOT NULL)")
        owner.execute("GRANT ALL ON naive_signature TO PUBLIC")
    yield
    with as_owner() as owner:
        owner.execute("DROP TABLE naive_signature")


def test_its_naive_twin_lets_a_door_sign_twice(naive_signatures: None) -> None:
    acknowledged: list[int] = []

    def sign(job: tuple[int, str]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM naive_signature WHERE household = %s", [job[0]])
            if cursor.fetchone():
                return
            cursor.execute("SELECT pg_sleep(0.01)")
            cursor.execute("INSERT INTO naive_signature VALUES (%s, %s)", job)
        acknowledged.append(job[0])

    channels = (Channel.ONLINE.value, Channel.PAPER.value)
    assert in_parallel([(door, channels[number % 2]) for door in range(DOORS) for number in range(TRIES)], sign) == []
    assert len(acknowledged) > len(set(acknowledged))
