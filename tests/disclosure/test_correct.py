"""Correcting: a new number, a new period, the old text still there."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from minshi.accounts.models import User
from minshi.disclosure import signals
from minshi.disclosure.actions import answer, correct
from minshi.disclosure.models import Notice, Objection
from minshi.refusals import NotAllowed, Refused
from tests.conftest import Clock


def test_the_corrected_text_runs_anew_under_its_own_number(notice: Notice, clerk: User, clock: Clock) -> None:
    clock.set("2026-11-05 10:00")
    new = correct(notice, reason="预算写错", body="预算应为 36,900.00 元。", by=clerk)
    notice.refresh_from_db()
    assert notice.withdrawn_by == new
    assert new.replaces == notice
    assert new.number == "686175779-202611-000002"
    assert (new.title, new.table, new.households) == (notice.title, notice.table, notice.households)
    assert new.body == "预算应为 36,900.00 元。"
    assert notice.number in new.course
    assert "预算写错" in new.course
    assert new.last_day.isoformat() == "2026-11-12"
    assert notice.body == "经院里居民表决，拟建睦邻驿站一处。"


def test_whoever_holds_the_old_one_hears_of_it(notice: Notice, clerk: User) -> None:
    heard: list[tuple[Notice, Notice]] = []

    def hear(sender: object, old: Notice, new: Notice, **kwargs: object) -> None:
        heard.append((old, new))

    signals.corrected.connect(hear)
    try:
        new = correct(notice, reason="预算写错", by=clerk)
    finally:
        signals.corrected.disconnect(hear)
    assert heard == [(notice, new)]


def test_calendar_days_stay_calendar_days(notice: Notice, clerk: User) -> None:
    second = correct(notice, reason="占用共有部分", calendar_days=15, by=clerk)
    third = correct(second, reason="再更正", by=clerk)
    assert (third.calendar_days, third.working_days) == (15, 0)


def test_a_notice_is_corrected_once(notice: Notice, clerk: User) -> None:
    correct(notice, reason="预算写错", by=clerk)
    with pytest.raises(Refused, match="更正过"):
        correct(notice, reason="又写错", by=clerk)


def test_open_objections_are_answered_first(notice: Notice, objection: Objection, clerk: User) -> None:
    with pytest.raises(Refused, match="1 条异议没有答复"):
        correct(notice, reason="预算写错", by=clerk)
    answer(objection, text="采纳，见更正公示。", outcome="upheld", by=clerk)
    assert correct(notice, reason="预算写错", by=clerk).objections_total == 0


def test_a_reason_is_needed(notice: Notice, clerk: User) -> None:
    with pytest.raises(Refused) as refused:
        correct(notice, reason=" ", by=clerk)
    assert "reason" in refused.value.fields


def test_a_stranger_cannot_correct(notice: Notice, stranger_clerk: User) -> None:
    with pytest.raises(NotAllowed):
        correct(notice, reason="预算写错", by=stranger_clerk)


def test_the_database_keeps_a_withdrawal(notice: Notice, clerk: User) -> None:
    correct(notice, reason="预算写错", by=clerk)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE disclosure_notice SET withdrawn_by_id = NULL WHERE id = %s", [notice.pk])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE disclosure_notice SET withdrawn_by_id = id WHERE withdrawn_by_id IS NULL")
