"""The server drops every connection while people read and vote: no page is an error, no vote is lost."""

from __future__ import annotations

import http.client
import os
import threading
import time
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from deliberation.models import Ballot, Motion
from tests.drills.processes import place_for_servers, platform, post, redis_at
from tests.drills.test_ballots_race import in_parallel, neighbours
from tests.health.test_once_more import drop_every_connection
from tests.way import Way

pytestmark = [pytest.mark.drill(only=True), pytest.mark.django_db(transaction=True)]

BIG = bool(os.environ.get("MINSHI_DRILL"))
VOTERS = 600 if BIG else 60
DROPS = 30 if BIG else 4
READERS = 6
PAGES = ("/", "/projects/", "/notices/", "/wishes/", "/how/")


def read(port: int, path: str) -> int:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        link.request("GET", path)
        return link.getresponse().status
    finally:
        link.close()


def statuses_while_dropped(way: Way, client_of: Any, **env: str) -> tuple[list[int], list[int], list[str]]:
    """Of pages and of votes, and the numbers that were acknowledged."""
    users = [homes[0] for _door, homes in neighbours(way, VOTERS)]
    sessions = [client_of(user).cookies[settings.SESSION_COOKIE_NAME].value for user in users]
    motion = Motion.objects.select_related("proposal").get(proposal=way.voting())
    pages: list[int] = []
    votes: list[int] = []
    over = threading.Event()

    def reads(number: int) -> None:
        while not over.is_set():
            pages.append(read(port, PAGES[number % len(PAGES)]))

    def vote(session: str) -> None:
        fields = {"choice": "agree", "receipt": str(uuid4()), "motion": str(motion.pk)}
        votes.append(post(port, f"/projects/{motion.proposal.number}/vote/", fields, session))
        time.sleep(0.05)

    with place_for_servers() as place:
        redis = redis_at(place)
        redis.start()
        with platform(place, REDIS_URL=redis.url, **env) as port:
            readers = [threading.Thread(target=reads, args=[number]) for number in range(READERS)]
            voters = threading.Thread(target=in_parallel, args=[sessions, vote, 4])
            for each in (*readers, voters):
                each.start()
            for _drop in range(DROPS):
                time.sleep(0.5)
                drop_every_connection()
            voters.join()
            over.set()
            for each in readers:
                each.join()
        redis.child.stop()
    connection.close()  # this test's own was dropped with the others
    return pages, votes, sessions


def test_no_page_and_no_vote_is_an_error(way: Way, client_of: Any) -> None:
    pages, votes, sessions = statuses_while_dropped(way, client_of)
    print(f"{DROPS} × every connection dropped: {len(pages)} pages, {len(votes)} votes")
    assert set(pages) <= {200, 304}, {status: pages.count(status) for status in set(pages)}
    assert set(votes) == {302}
    assert Ballot.objects.count() == len(sessions)


def test_its_naive_twin_answers_500(way: Way, client_of: Any) -> None:
    pages, votes, _sessions = statuses_while_dropped(way, client_of, DJANGO_SETTINGS_MODULE="tests.drills.naive_pool")
    print(f"{(pages + votes).count(500)} errors in {len(pages) + len(votes)} answers")
    assert 500 in pages + votes
