"""The guards of a database in use are loaded while everybody goes on writing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from minshi.accounts.models import User
from minshi.audit import tracking
from minshi.clock import as_owner
from minshi.guards import loading

pytestmark = pytest.mark.django_db(transaction=True)
Connection = psycopg.Connection[Any]


@pytest.fixture
def owner() -> Iterator[Connection]:
    """The owner role; what a test did to the guards is put right after it."""
    with as_owner() as raw:
        bring(raw)
        yield raw
        with raw.transaction(), raw.cursor() as cursor:
            loading.bring_up_to_date(cursor)  # type: ignore[arg-type]
            tracking.bring_up_to_date(cursor)  # type: ignore[arg-type]


def bring(owner: Connection) -> bool:
    with owner.transaction(), owner.cursor() as cursor:
        return loading.bring_what_changed(cursor)  # type: ignore[arg-type]


class Writer:
    """Somebody who writes all the while, and how long they waited at the worst."""

    worst = 0.0
    written = 0


@contextmanager
def writing(user: User) -> Iterator[Writer]:
    said, over = Writer(), Event()

    def write() -> None:
        with as_owner() as own:
            while not over.is_set():
                began = time.monotonic()
                own.execute("UPDATE accounts_user SET last_login = now() WHERE id = %s", [user.pk])
                said.worst = max(said.worst, time.monotonic() - began)
                said.written += 1

    thread = Thread(target=write)
    thread.start()
    try:
        time.sleep(0.1)
        yield said
    finally:
        over.set()
        thread.join(20)


def test_what_is_as_it_was_loaded_holds_nobody_out(owner: Connection, resident: User) -> None:
    with as_owner() as other, other.transaction():
        # Whoever loaded now would wait for this one; and everybody for them.
        other.execute("SELECT FROM accounts_user LIMIT 1")
        with writing(resident) as writer:
            began = time.monotonic()
            assert not bring(owner)
            took = time.monotonic() - began
    print(f"\nunchanged: looked at in {took:.3f} s, a writer waited {writer.worst:.3f} s at the worst")
    assert writer.worst < 0.5 and writer.written


@pytest.mark.parametrize(
    "by_hand",
    [
        "ALTER TABLE funding_payment DISABLE TRIGGER guard_payment",
        "CREATE OR REPLACE FUNCTION refuse_ballot() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "GRANT DELETE ON audit_event TO minshi_app",
        "GRANT UPDATE (amount_fen) ON funding_payment TO minshi_app",
        "DROP FUNCTION cast_ballot",
    ],
)
def test_whatever_is_not_as_it_was_loaded_is_loaded(owner: Connection, by_hand: str) -> None:
    assert not bring(owner)
    owner.execute(by_hand)  # type: ignore[arg-type]
    assert bring(owner)
    assert not bring(owner)


def test_a_changed_file_is_loaded(owner: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    more = tmp_path / "more.sql"
    more.write_text("CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    files = [*loading.files(), more]
    monkeypatch.setattr(loading, "files", lambda: files)
    assert bring(owner)
    assert not bring(owner)


def test_a_load_lets_go_while_somebody_holds_a_table(
    owner: Connection, resident: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long transaction elsewhere: whoever writes another table waits for moments, not for its end."""
    monkeypatch.setattr(loading, "PAUSE_SECONDS", 0.2)
    owner.execute("CREATE FUNCTION of_an_older_release() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    held, over = Event(), Event()

    def hold() -> None:
        with as_owner() as other, other.transaction():
            other.execute("LOCK TABLE territory_territory IN ROW EXCLUSIVE MODE")
            held.set()
            over.wait(4)

    holder = Thread(target=hold)
    holder.start()
    held.wait(10)
    with writing(resident) as writer:
        began = time.monotonic()
        loading.patiently(lambda: bring(owner))
        took = time.monotonic() - began
    holder.join(10)
    print(f"\na table held for 4 s: loaded after {took:.1f} s, a writer waited {writer.worst:.2f} s at the worst")
    assert took > 3.5 and writer.worst < 3
    assert not bring(owner)


def test_what_changed_is_loaded_within_moments(owner: Connection, resident: User) -> None:
    owner.execute("CREATE FUNCTION of_an_older_release() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    with writing(resident) as writer:
        began = time.monotonic()
        assert bring(owner)
        took = time.monotonic() - began
    print(f"\nchanged: loaded in {took:.2f} s, a writer waited {writer.worst:.2f} s at the worst")
    assert writer.worst < 3 and writer.written
