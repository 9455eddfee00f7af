"""A connection that died is nobody's error: the pool hands out none, and a page whose line breaks is made once more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from deliberation import views
from deliberation.models import Ballot, Motion
from minshi.engine import base
from minshi.health import middleware
from minshi.health.middleware import OnceMore, is_dead_line
from proposals.models import Proposal
from tests.proposals.hostile import WORDS
from tests.way import Way, a_picture


def drop_every_connection() -> int:
    """As a restart of the server does; the test's own session stays."""
    with psycopg.connect(**_way_in(), autocommit=True) as another:
        rows = another.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
            " WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return len(rows)


# --- Before it is handed out --------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_pool_hands_out_no_connection_whose_server_is_gone() -> None:
    def ask() -> None:
        try:
            with connections["default"].cursor() as cursor:
                ready.wait(10)
                cursor.execute("SELECT 1")
        except Exception as error:
            errors.append(error)
        finally:
            connections["default"].close()

    def six_at_once() -> None:
        threads = [threading.Thread(target=ask) for _each in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    connection.close()
    errors: list[Exception] = []
    ready = threading.Barrier(6)
    six_at_once()  # six connections lie in the pool
    assert drop_every_connection() >= 6
    six_at_once()
    assert errors == []


@pytest.mark.django_db(transaction=True)
def test_a_notice_on_an_idle_connection_is_no_farewell() -> None:
    with psycopg.connect(**_way_in(), autocommit=True) as idle:
        idle.execute("LISTEN something")
        assert base.answers(idle)
        with psycopg.connect(**_way_in(), autocommit=True) as other:
            other.execute("NOTIFY something")
        assert base.answers(idle)
        idle.execute("SELECT 1")
        idle.close()
        assert not base.answers(idle)


def _way_in() -> dict[str, Any]:
    use = connection.settings_dict
    return {
        "host": use["HOST"],
        "port": use["PORT"],
        "user": use["USER"],
        "password": use["PASSWORD"],
        "dbname": use["NAME"],
    }


# --- While a page is made -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", [1, 2])
def test_a_page_whose_line_breaks_is_made_once_more_and_no_more(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks_in_views(monkeypatch, "home", times)
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == (200 if times == 1 else 503)
    if times == 2:
        assert answer["Retry-After"] and "请等一会儿" in answer.content.decode()


def breaks_in_views(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> list[str]:
    """The server drops the connection in the middle of the first ``times`` answers of this view."""
    broken: list[str] = []

    class Breaks:
        def __init__(self, get_response: Any) -> None:
            self.get_response = get_response

        def __call__(self, request: HttpRequest) -> HttpResponse:
            return self.get_response(request)

        def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
            if request.resolver_match and request.resolver_match.view_name == name and len(broken) < times:
                broken.append(request.method or "")
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                drop_every_connection()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")

    monkeypatch.setattr("tests.health.test_once_more.Breaks", Breaks, raising=False)
    monkeypatch.setattr(settings, "MIDDLEWARE", [*settings.MIDDLEWARE, "tests.health.test_once_more.Breaks"])
    return broken


@pytest.mark.django_db(transaction=True)
def test_a_vote_whose_line_breaks_is_cast_once_more_and_counts_once(
    way: Way, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = way.voting()
    broken = breaks_in_views(monkeypatch, "vote", 1)
    number = uuid4()
    answer = send(client_of(way.who("resident")), proposal, "vote", receipt=str(number))
    assert answer.status_code == 302 and broken == ["POST"]
    assert Ballot.objects.filter(motion__proposal=proposal).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_vote_stored_before_the_line_broke_gets_the_same_receipt(
    way: Way, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was lost, not the ballot."""
    proposal = way.voting()
    cast, given = views.actions.cast, []

    def cast_and_break(*args: Any, **kwargs: Any) -> Any:
        given.append(cast(*args, **kwargs))
        if len(given) == 1:
            drop_every_connection()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        return given[-1]

    monkeypatch.setattr(views.actions, "cast", cast_and_break)
    answer = send(client_of(way.who("resident")), proposal, "vote", receipt=str(uuid4()))
    assert answer.status_code == 302
    assert given[0].number == given[1].number
    assert Ballot.objects.filter(motion__proposal=proposal).count() == 1


@pytest.mark.django_db(transaction=True)
def test_any_other_form_is_not_sent_twice_and_says_to_look_first(
    way: Way, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(way.who("resident"))
    client.raise_request_exception = False
    broken = breaks_in_views(monkeypatch, "make_wish", 2)
    answer = client.post(reverse("make_wish"), {"text": "想要一盏灯"})
    assert answer.status_code == 503 and broken == ["POST"]
    assert "先回去看一看办成没有" in answer.content.decode()


@pytest.mark.django_db
def test_a_database_that_is_only_read_is_said_and_what_was_written_is_shown(
    way: Way, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(way.who("resident"))
    client.raise_request_exception = False
    only_read(monkeypatch)
    wished = {"text": "想要一盏灯", "place": way.yard.pk, "category": "services"}
    answer = client.post(reverse("make_wish"), wished)
    said = answer.content.decode()
    assert answer.status_code == 503 and "现在只能看，暂时办不了" in said and "想要一盏灯" in said
    assert client.get("/").status_code == 200, "what needs no writing goes on"


def only_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def begins(*args: Any, **kwargs: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute("DELETE FROM once_sentform")

    monkeypatch.setattr("proposals.views.wishing.actions.wish_once", begins)


@pytest.mark.django_db
def test_a_disk_that_takes_no_picture_is_said_and_what_was_written_is_shown(
    way: Way, client_of: Any, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.write_text("no directory")
    client = client_of(way.who("resident"))
    client.raise_request_exception = False
    answer = client.post(reverse("propose"), {**WORDS, "place": way.yard.pk, "photos": [a_picture()]})
    said = answer.content.decode()
    assert answer.status_code == 503 and "照片和附件暂时存不下" in said and WORDS["need"] in said
    assert not Proposal.objects.exists()


def send(client: Client, proposal: Proposal, page: str, **fields: str) -> Any:
    client.raise_request_exception = False
    motion = Motion.objects.get(proposal=proposal)
    return client.post(reverse(page, args=[proposal.number]), {"motion": str(motion.pk), "choice": "agree", **fields})


# --- What is no dead line --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "is_dead"),
    [
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.CrashShutdown(), True),
        (psycopg.errors.CannotConnectNow(), True),
        (psycopg.errors.ConnectionFailure(), True),
        (psycopg.errors.IdleInTransactionSessionTimeout(), True),
        (psycopg.OperationalError("server closed the connection unexpectedly"), True),
        (psycopg.errors.QueryCanceled(), False),
        (psycopg.errors.LockNotAvailable(), False),
        (psycopg.errors.DeadlockDetected(), False),
        (psycopg.errors.DiskFull(), False),
    ],
)
def test_what_the_database_refused_for_another_reason_is_not_asked_again(cause: Exception, is_dead: bool) -> None:
    error = OperationalError()
    error.__cause__ = cause
    assert is_dead_line(error) is is_dead


def test_a_mistake_of_ours_is_not_repeated(rf: RequestFactory) -> None:
    asked: list[HttpRequest] = []

    def breaks(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        return HttpResponse(status=500)

    assert OnceMore(breaks)(rf.get("/")).status_code == 500
    assert len(asked) == 1


def test_only_the_vote_among_forms_may_come_again() -> None:
    """Each other form that may, would have to carry a number of its own."""
    marked = {each.name for each in patterns(get_resolver()) if getattr(each.callback, "may_come_again", False)}
    assert marked == {"vote"}
    assert middleware.SAFE == ("GET", "HEAD", "OPTIONS")


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry
