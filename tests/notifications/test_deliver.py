"""What was committed is sent, at least once and later if not now; nothing else is sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from bench.plans import listening
from minshi.accounts.models import User
from minshi.clock import now
from minshi.notifications import actions
from minshi.notifications.actions import deliver, forget_sealed, send_text, tell
from minshi.notifications.channels import MemoryChannel, NotSent
from minshi.notifications.models import Outbox


@pytest.fixture(autouse=True)
def _by_day(db: None, clock: Any) -> None:
    """Texts of messages wait at night."""
    clock.set("2026-11-26 10:00")


@pytest.fixture(autouse=True)
def sent(settings: Any) -> Iterator[list[tuple[str, str]]]:
    settings.SMS_CHANNEL = "minshi.notifications.channels.MemoryChannel"
    MemoryChannel.sent.clear()
    yield MemoryChannel.sent
    MemoryChannel.sent.clear()


class Broken:
    """Refuses some texts; knows no others."""

    failures = 1
    error: Exception = NotSent("http-503")

    def send(self, phone: str, text: str) -> None:
        if type(self).failures:
            type(self).failures -= 1
            raise self.error
        MemoryChannel().send(phone, text)


@pytest.fixture
def broken(settings: Any) -> Iterator[type[Broken]]:
    settings.SMS_CHANNEL = f"{__name__}.Broken"
    Broken.failures, Broken.error = 1, NotSent("http-503")
    yield Broken


def said(sent: list[Any]) -> list[str]:
    """What stands before the address of the inbox."""
    return [text.split(" ")[0] for _, text in sent]


def state() -> tuple[str, int, str]:
    row = Outbox.objects.get()
    return row.state, row.attempts, row.error


def test_exactly_the_committed_texts_are_sent(transactional_db: None, resident: User, sent: list[Any]) -> None:
    for number in range(20):
        try:
            with transaction.atomic():
                tell(resident, f"第{number}条", sms=True)
                if number % 3 == 0:
                    raise RuntimeError
        except RuntimeError:
            pass
    assert deliver() == 13
    assert said(sent) == [f"【民生小实事】第{number}条" for number in range(20) if number % 3]
    assert deliver() == 0


def test_a_text_leads_to_the_inbox(resident: User, sent: list[Any], settings: Any) -> None:
    settings.SITE_URL = "https://minshi.example"
    tell(resident, "结果出来了", "一百六十三户同意。", "/projects/7/", sms=True)
    deliver()
    assert sent == [(resident.phone, "【民生小实事】结果出来了 https://minshi.example/messages/")]


def test_a_failure_is_tried_again_later_on_the_platforms_clock(
    resident: User, sent: list[Any], broken: type[Broken], clock: Any
) -> None:
    tell(resident, "请投票", sms=True)
    assert deliver() == 0
    assert state() == ("open", 1, "http-503")
    assert deliver() == 0, "not before its time"
    clock.move(seconds=31)
    assert deliver() == 1
    assert state() == ("sent", 2, "")
    assert len(sent) == 1


def test_the_pauses_grow_and_end(resident: User, broken: type[Broken], clock: Any) -> None:
    broken.failures = 100
    tell(resident, "请投票", sms=True)
    pauses = []
    for _ in range(actions.MOST_ATTEMPTS):
        deliver()
        pauses.append(round((Outbox.objects.get().next_at - now()).total_seconds()))
        clock.move(hours=1, seconds=1)
    assert pauses[:4] == [30, 60, 120, 240]
    assert state() == ("dropped", actions.MOST_ATTEMPTS, "http-503")


def test_a_channels_own_mistake_stops_nobody_else(
    resident: User, neighbour: User, sent: list[Any], broken: type[Broken]
) -> None:
    broken.error = ZeroDivisionError("13900000000")
    tell(resident, "请投票", sms=True)
    tell(neighbour, "请投票", sms=True)
    assert deliver() == 1
    assert set(Outbox.objects.values_list("state", "error")) == {("open", "ZeroDivisionError"), ("sent", "")}


def test_logs_carry_no_personal_data(resident: User, broken: type[Broken], caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    broken.error = RuntimeError(f"cannot reach {resident.phone}")
    tell(resident, "甲居民家的事", sms=True)
    deliver()
    assert "RuntimeError" in caplog.text
    assert str(resident.phone) not in caplog.text
    assert "甲居民" not in caplog.text


def test_who_has_no_phone_or_is_closed_gets_no_text(resident: User, neighbour: User, sent: list[Any]) -> None:
    resident.is_active = False
    resident.save()
    neighbour.phone = None
    neighbour.save()
    for user in (resident, neighbour):
        tell(user, "请投票", sms=True)
    deliver()
    assert sent == []
    assert set(Outbox.objects.values_list("state", "error")) == {("dropped", "no-phone")}


def test_what_is_urgent_goes_first_and_too_late_not_at_all(resident: User, sent: list[Any], clock: Any) -> None:
    tell(resident, "不急", sms=True)
    send_text("13700000001", "急", until=now() + timedelta(minutes=5))
    deliver()
    assert [phone for phone, _ in sent] == ["13700000001", resident.phone]
    send_text("13700000002", "过时", until=now() + timedelta(minutes=5))
    clock.move(minutes=6)
    deliver()
    assert len(sent) == 2
    assert Outbox.objects.get(phone="13700000002").error == "expired"


def test_a_text_to_a_phone_is_sealed_and_forgotten(db: None, sent: list[Any], clock: Any) -> None:
    send_text("13700000001", "验证码 123456", until=now() + timedelta(minutes=5))
    assert "123456" not in Outbox.objects.get().sealed
    deliver()
    assert sent[0][1].endswith("验证码 123456")
    assert forget_sealed() == 0
    clock.move(days=1, minutes=1)
    assert forget_sealed() == 1


def test_a_hanging_gateway_is_left_after_a_while(resident: User, sent: list[Any], settings: Any) -> None:
    settings.SMS_CHANNEL = f"{__name__}.Slow"
    for number in range(10):
        tell(resident, f"第{number}条", sms=True)
    assert deliver(seconds=0.6) == 2
    assert Outbox.objects.filter(state="open").count() == 8


class Slow:
    def send(self, phone: str, text: str) -> None:
        time.sleep(0.4)


def test_several_deliverers_send_each_text_once(transactional_db: None, resident: User, sent: list[Any]) -> None:
    for number in range(40):
        tell(resident, f"第{number}条", sms=True)
    start = Barrier(6)

    def work() -> None:
        start.wait()
        deliver()
        connection.close()

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said(sent)) == sorted(f"【民生小实事】第{number}条" for number in range(40))


def test_a_reader_without_the_row_lock_sends_twice(transactional_db: None, resident: User, sent: list[Any]) -> None:
    """The naive twin: look for open rows, send them, then mark them."""
    for number in range(40):
        tell(resident, f"第{number}条", sms=True)
    start = Barrier(6)

    def naive() -> None:
        start.wait()
        for row in Outbox.objects.filter(state="open").select_related("message__user"):
            MemoryChannel().send(row.message.user.phone, row.message.title)  # type: ignore[union-attr, arg-type]
            Outbox.objects.filter(pk=row.pk).update(state="sent", sent_at=now())
        connection.close()

    threads = [Thread(target=naive) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) > 40


def test_what_left_today_is_counted_once_a_round(resident: User, neighbour: User, sent: list[Any]) -> None:
    for person in (resident, neighbour):
        tell(person, "请投票", url="/projects/2026-00001/vote/", sms=True)
    Outbox.objects.update(next_at=now() - timedelta(minutes=1))
    with listening() as heard:
        assert deliver() == 2
    assert len([asked for asked in heard if "COUNT(" in asked.sql and "notifications_outbox" in asked.sql]) == 1
