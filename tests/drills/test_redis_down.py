"""Redis is killed while people vote: votes go on, and what was to be sent is sent when it is back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from deliberation.models import Ballot, Motion
from minshi.accounts.models import User
from minshi.notifications.models import Outbox
from tests import cast
from tests.drills.processes import place_for_servers, platform, post, redis_at
from tests.drills.test_ballots_race import in_parallel, neighbours
from tests.way import Way

pytestmark = [pytest.mark.drill(only=True), pytest.mark.django_db(transaction=True)]

BIG = bool(os.environ.get("MINSHI_DRILL"))
VOTERS = 600 if BIG else 60
ASKING = 5
"""Who ask for a code to sign in while Redis is away."""
PATIENCE_SECONDS = 90

ClientOf = Callable[[User | None], Client]


def sessions_of(way: Way, client_of: ClientOf) -> list[str]:
    users = [homes[0] for _door, homes in neighbours(way, VOTERS)]
    return [client_of(user).cookies[settings.SESSION_COOKIE_NAME].value for user in users]


def vote(port: int, motion: Motion, session: str) -> int:
    path = f"/projects/{motion.proposal.number}/vote/"
    return post(port, path, {"choice": "agree", "receipt": str(uuid4()), "motion": str(motion.pk)}, session)


def all_vote(port: int, motion: Motion, sessions: list[str]) -> list[int]:
    """The status each of them got, several at a time."""
    statuses: list[int] = []
    assert in_parallel(sessions, lambda session: statuses.append(vote(port, motion, session)), threads=6) == []
    return statuses


def test_votes_go_on_without_it_and_texts_are_sent_when_it_is_back(way: Way, client_of: Any) -> None:
    sessions = sessions_of(way, client_of)
    motion = Motion.objects.select_related("proposal").get(proposal=way.voting())
    asking = [cast.make_resident("某住户", None).phone for _each in range(ASKING)]
    Outbox.objects.all().delete()
    before, during, after = (sessions[start::3] for start in range(3))
    with place_for_servers() as place:
        redis = redis_at(place)
        redis.start()
        with platform(place, "worker", "beat", REDIS_URL=redis.url) as port:
            assert set(all_vote(port, motion, before)) == {302}

            assert redis.child.process
            redis.child.process.send_signal(signal.SIGKILL)
            redis.child.process.wait()
            assert set(all_vote(port, motion, during)) == {302}
            assert [post(port, "/signin/", {"phone": str(phone)}) for phone in asking] == [302] * ASKING
            assert Ballot.objects.filter(motion=motion).count() == len(before) + len(during)
            assert waiting() == ASKING

            redis.start()
            assert set(all_vote(port, motion, after)) == {302}
            back, patience = time.monotonic(), time.monotonic() + PATIENCE_SECONDS
            while waiting():
                assert time.monotonic() < patience, f"{waiting()} texts still wait"
                time.sleep(0.5)
            took = time.monotonic() - back
        redis.child.stop()
    assert Ballot.objects.filter(motion=motion).count() == VOTERS
    assert Outbox.objects.filter(state=Outbox.State.SENT).count() == ASKING
    print(f"{VOTERS} votes, {len(during)} of them without Redis; {ASKING} texts sent {took:.0f} s after it was back")


def waiting() -> int:
    return Outbox.objects.filter(state=Outbox.State.OPEN).count()


def test_its_naive_twin_answers_500(way: Way, client_of: Any) -> None:
    session = sessions_of(way, client_of)[0]
    motion = Motion.objects.select_related("proposal").get(proposal=way.voting())
    with place_for_servers() as place:
        redis = redis_at(place)
        redis.start()
        with platform(place, REDIS_URL=redis.url, DJANGO_SETTINGS_MODULE="tests.drills.naive_cache") as port:
            redis.child.stop()
            assert vote(port, motion, session) == 500
    assert not Ballot.objects.filter(motion=motion).exists()
