"""Only what has a rule grows: every table says why its rows stay or when they go, and they do go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.audit.chain import wrong_rows
from minshi.audit.models import ClearValue, Event
from minshi.audit.tracking import tracked
from minshi.celery import app
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.health import actions
from minshi.health.models import AlarmTrial, Look
from minshi.intake.models import Intake, IntakeRow
from minshi.notifications.models import Message, Outbox, TextTrial
from minshi.once.models import SentForm
from minshi.policy import selectors as policy
from minshi.policy.models import Parameter
from minshi.territory.models import Territory
from proposals import actions as proposals
from proposals.models import Handling
from tests.way import Way

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def ruled() -> list[str]:
    kept = actions.kept()
    return [
        *kept["purged"],
        *kept["purged_by"],
        *kept["bounded"],
        *(table for tables in kept["law"].values() for table in tables.split()),
    ]


def test_every_table_has_its_rule_and_only_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted(table for (table,) in cursor.fetchall())
    assert sorted(ruled()) == tables


def test_what_goes_goes_by_policy_by_an_index_and_every_day() -> None:
    known = set(Parameter.objects.values_list("name", flat=True))
    timed = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}
    assert timed["minshi.health.tasks.forget"] <= 24 * 3600
    for table, rule in actions.kept()["purged_by"].items():
        assert timed[rule["task"]] <= 24 * 3600 and rule["why"], table
    for rule in actions.purged():
        assert rule.days in known
        assert rule.index in plan_of(rule), rule.table


def plan_of(rule: actions.Purged) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + actions.GONE.format(table=rule.table, at=rule.at, where=rule.where) % (30, 500))
        return "\n".join(line for (line,) in cursor.fetchall())


def test_names_that_nobody_needs_any_more_go_after_their_days_and_the_rest_stays(
    way: Way, clerk: User, case_officer: User, community: Territory
) -> None:
    handled = way.handling()
    words = {"place": community, "kind": "tool", "title": "借梯子", "times": "周末", "offerer_name": "黄梯子"}
    offered = proposals.offer(**words, contact="13812345678", by=clerk)
    proposals.decline_resource(offered, reason="梯子坏了", by=case_officer)
    standing = proposals.offer(**words | {"title": "借推车"}, contact="13812345679", by=clerk)
    proposals.take_lead(handled, office="分管主任", name="蓝领导", reason="这周办", by=way.who("case_officer"))
    Handling.objects.filter(proposal=handled).update(ended_at=now(), outcome="accepted")
    days = int(policy.value("contacts.keep_days", None))
    platform_clock.move(timedelta(days=days - 1))
    assert set(actions.clear().values()) == {0}
    platform_clock.move(timedelta(days=2))
    assert actions.clear() == {"proposals_resource": 1, "proposals_handling": 1}
    assert set(actions.clear().values()) == {0}
    for row in (offered, standing):
        row.refresh_from_db()
    assert (offered.offerer_name, offered.contact, offered.title) == (actions.BLANK, actions.BLANK, "借梯子")
    assert (standing.offerer_name, standing.contact) == ("黄梯子", "13812345679")
    card = Handling.objects.get(proposal=handled)
    assert (card.lead_name, card.lead_office) == (actions.BLANK, "分管主任")
    for value in ("13812345678", "蓝领导"):
        assert not ClearValue.objects.filter(new=value).exists()
    assert not list(wrong_rows(next(each for each in tracked() if each.table == "proposals_resource")))
    for rule in actions.cleared():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN " + rule.statement % (30, 500))
            assert rule.index in "\n".join(line for (line,) in cursor.fetchall())


def left() -> dict[str, int]:
    return {rule.table: count(rule.table) for rule in actions.purged()}


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def one_of_each(user: User) -> None:
    """One row of each kind that is over, and of each one that is not."""
    read = Message.objects.create(user=user, title="已读", read_at=now())
    Message.objects.create(user=user, title="未读")
    Outbox.objects.create(message=read, state=Outbox.State.SENT, sent_at=now())
    Outbox.objects.create(phone="13800000000", sealed="x")
    Look.objects.create(began_at=now(), ended_at=now())
    Look.objects.create(began_at=now())
    AlarmTrial.objects.create(by=user)
    SentForm.objects.create(user=user, key="k", contents="c")
    place = Territory.objects.filter(level="community").earliest("pk")
    intake = Intake.objects.create(place=place, name="户册", digest="d", by=user)
    IntakeRow.objects.create(intake=intake, number=2, line={}, outcome="leave")
    TextTrial.objects.create(place=place, by=user, text=1, code="0000")
    TextTrial.objects.create(place=place, by=user, text=1, code="0000", arrived_at=now())
    for kind in ("a", "b"):
        deadlines.schedule(user, kind, now() + timedelta(days=3000))
    deadlines.meet(user, "a")


def test_what_is_over_goes_after_its_days_and_nothing_else(resident: User, settings: Any) -> None:
    before = left()
    one_of_each(resident)
    most = max(int(policy.value(rule.days, None)) for rule in actions.purged())
    platform_clock.move(timedelta(days=min(int(policy.value(rule.days, None)) for rule in actions.purged()) - 1))
    assert set(actions.forget().values()) == {0}
    platform_clock.move(timedelta(days=most + 1))
    assert actions.forget() == {rule.table: 1 for rule in actions.purged()}
    assert set(actions.forget().values()) == {0}
    stay = {
        "notifications_outbox",
        "notifications_message",
        "deadlines_deadline",
        "health_look",
        "notifications_texttrial",
    }
    assert {table for table, number in left().items() if number == before[table] + 1} == stay
    assert Message.objects.filter(user=resident, title="未读").exists()
    assert Deadline.objects.filter(kind="b", handled_at=None).exists()


def test_it_goes_in_small_batches_and_the_chain_knows(resident: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "AT_A_TIME", 3)
    rows = Message.objects.bulk_create(Message(user=resident, title=f"{n}", read_at=now()) for n in range(8))
    platform_clock.move(timedelta(days=366))
    assert actions.forget()["notifications_message"] == 8
    gone = Event.objects.filter(table_name="notifications_message", op="D", row_pk__in=[str(row.pk) for row in rows])
    assert gone.count() == 8
