"""When a step that waits for a notice may go on: the period over, every objection answered, nothing reopened."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from minshi.accounts.models import User
from minshi.disclosure.actions import answer, correct, object_to
from minshi.disclosure.models import Notice, Objection
from tests.conftest import Clock
from tests.disclosure.conftest import FACTS


def _passed(pk: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT notice_passed(%s)", [pk])
        return bool(cursor.fetchone()[0])


def test_a_running_notice_has_not_passed(notice: Notice, clock: Clock) -> None:
    assert not notice.is_passed
    assert notice.what_blocks() == ["公示期到 11月9日 24:00 才结束"]


def test_it_passes_at_midnight_and_not_a_second_earlier(notice: Notice, clock: Clock) -> None:
    clock.set("2026-11-09 23:59:50")
    assert not notice.is_passed
    clock.set("2026-11-10 00:00")
    assert notice.is_passed
    assert notice.what_blocks() == []


def test_an_open_objection_blocks_until_it_is_answered(
    notice: Notice, objection: Objection, clerk: User, clock: Clock
) -> None:
    clock.set("2026-11-10 00:00")
    notice.refresh_from_db()
    assert not notice.is_passed
    assert notice.what_blocks() == ["还有 1 条异议没有答复"]
    answer(objection, text="已现场核实并调整位置。", outcome="upheld", by=clerk)
    notice.refresh_from_db()
    assert notice.is_passed
    assert notice.what_blocks() == []


def test_a_corrected_notice_never_passes(notice: Notice, clerk: User, clock: Clock) -> None:
    new = correct(notice, reason="预算写错", by=clerk)
    clock.set("2026-11-10 00:00")
    notice.refresh_from_db()
    assert not notice.is_passed
    assert "已更正" in notice.what_blocks()[0]
    assert new.is_passed


def test_a_reopened_notice_never_passes(
    post_notice: Callable[..., Notice], resident: User, clerk: User, clock: Clock
) -> None:
    notice = post_notice(households=3)
    objection = object_to(notice, facts=FACTS, by=resident)
    answer(objection, text="已向居民解释清楚。", outcome="explained", by=clerk)
    clock.set("2026-11-10 00:00")
    notice.refresh_from_db()
    assert not notice.is_passed
    assert "重新商议" in notice.what_blocks()[0]


def test_an_unknown_notice_has_not_passed(db: None) -> None:
    assert not _passed(123456)


@pytest.mark.django_db(transaction=True)
def test_a_gate_waits_for_an_objection_being_written(notice: Notice, resident: User, clock: Clock) -> None:
    """Read before it is committed, the objection would be missed: 10.4 forbids that."""
    clock.set("2026-11-09 23:59:58")
    written, asked = Event(), Event()

    def object_slowly() -> None:
        with transaction.atomic():
            object_to(notice, facts=FACTS, by=resident)
            clock.set("2026-11-10 00:00")
            written.set()
            asked.wait(5)
        connection.close()

    def naive() -> bool:
        """What the row says to somebody who takes no lock."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objections_open = 0 AND ends_at <= minshi_now() FROM disclosure_notice WHERE id = %s",
                [notice.pk],
            )
            return bool(cursor.fetchone()[0])

    def ask() -> bool:
        said = _passed(notice.pk)
        connection.close()
        return said

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(object_slowly)
        assert written.wait(5)
        assert naive()
        gate = pool.submit(ask)
        with pytest.raises(TimeoutError):
            gate.result(timeout=0.3)
        asked.set()
        slow.result()
        assert not gate.result()
