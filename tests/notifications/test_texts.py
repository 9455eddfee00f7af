"""When a text leaves, how often, what it says: not at night, once a matter and day, within its share of the ceiling."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from minshi.accounts.models import User
from minshi.clock import CHINA, now, today
from minshi.notifications.actions import deliver, send_text, tell, tell_all
from minshi.notifications.channels import MemoryChannel
from minshi.notifications.models import Message, Outbox
from minshi.notifications.rules import end_of_quiet, without_numbers
from minshi.notifications.selectors import codes_a_day, messages_a_day
from minshi.paper.numbers import number_of, shown
from minshi.policy.models import Parameter, Setting
from minshi.refusals import Refused
from minshi.signin import actions as signin
from minshi.signin.models import Code
from minshi.territory.models import Territory


@pytest.fixture
def sent(settings: Any) -> list[tuple[str, str]]:
    settings.SMS_CHANNEL = "minshi.notifications.channels.MemoryChannel"
    MemoryChannel.sent = []
    return MemoryChannel.sent


def rule(name: str, value: int, place: Territory | None = None) -> None:
    """What holds from today on, in a place or everywhere."""
    parameter = Parameter.objects.get(name=name)
    Setting.objects.create(parameter=parameter, place=place, value=value, since=today(), source="区发〔2026〕1号")


# --- At night ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-26 20:59", None),
        ("2026-11-26 21:00", "2026-11-27 08:00"),
        ("2026-11-26 23:59", "2026-11-27 08:00"),
        ("2026-11-27 00:00", "2026-11-27 08:00"),
        ("2026-11-27 07:59", "2026-11-27 08:00"),
        ("2026-11-27 08:00", None),
    ],
)
def test_the_night_ends_at_its_hour(at: str, until: str | None) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA)

    assert end_of_quiet(moment(at), 21, 8) == (moment(until) if until else None)


def test_hours_within_one_day_and_none_at_all() -> None:
    noon = datetime(2026, 11, 26, 12, 30, tzinfo=CHINA)
    assert end_of_quiet(noon, 12, 14) == datetime(2026, 11, 26, 14, tzinfo=CHINA)
    assert end_of_quiet(noon, 8, 8) is None


def test_a_text_of_the_night_leaves_in_the_morning(resident: User, sent: list[Any], clock: Any) -> None:
    clock.set("2026-11-26 22:30")
    tell(resident, "请投票", sms=True)
    assert deliver() == 0
    assert sent == []
    row = Outbox.objects.get()
    assert (row.state, row.attempts) == ("open", 0), "waiting is no attempt"
    clock.set("2026-11-27 07:59")
    assert deliver() == 0
    clock.set("2026-11-27 08:00")
    assert deliver() == 1


def test_a_code_leaves_at_any_hour(db: None, sent: list[Any], clock: Any) -> None:
    clock.set("2026-11-26 23:30")
    signin.ask("13700000001", Code.Purpose.SIGN_IN, session_key="s", address="")
    deliver()
    assert len(sent) == 1


def test_the_night_is_the_one_of_the_place_where_somebody_lives(
    resident: User, stranger: User, street: Territory, sent: list[Any], clock: Any
) -> None:
    rule("text.quiet_from", 19, street)
    clock.set("2040-11-26 19:30")  # after they moved in, whenever this is run
    tell_all([resident, stranger], "请投票", sms=True)
    deliver()
    assert [phone for phone, _ in sent] == [stranger.phone]


# --- Once a matter and day ----------------------------------------------------------------------------


def test_one_text_a_matter_and_day_however_often_it_is_told(resident: User, sent: list[Any], clock: Any) -> None:
    clock.set("2026-11-26 10:00")
    for number in range(3):
        tell(resident, f"第{number}次说", url="/projects/7/", sms=True)
        deliver()
    tell(resident, "另一件事", url="/projects/8/", sms=True)
    deliver()
    assert [text.split(" ")[0] for _, text in sent] == ["【民生小实事】第0次说", "【民生小实事】另一件事"]
    assert Message.objects.of(resident).count() == 4, "all of it is in the inbox"
    assert Outbox.objects.count() == 2, "what would be dropped is not even written"
    clock.set("2026-11-27 10:00")
    tell(resident, "第二天再说", url="/projects/7/", sms=True)
    deliver()
    assert len(sent) == 3


def test_addresses_of_one_matter_are_one_matter_where_it_is_named(resident: User, sent: list[Any], clock: Any) -> None:
    clock.set("2026-11-26 10:00")
    tell(resident, "请投票", url="/projects/7/vote/", sms=True, matter="project:7")
    tell(resident, "结果出来了", url="/projects/7/", sms=True, matter="project:7")
    deliver()
    assert len(sent) == 1


def test_what_waited_over_night_and_what_came_in_the_morning_are_one_text(
    resident: User, sent: list[Any], clock: Any
) -> None:
    clock.set("2026-11-26 23:00")
    tell(resident, "昨晚说的", url="/projects/7/", sms=True)
    deliver()
    clock.set("2026-11-27 09:00")
    tell(resident, "今早说的", url="/projects/7/", sms=True)
    deliver()
    assert len(sent) == 1


def test_several_deliverers_at_once_send_one_text_of_a_matter(
    transactional_db: None, resident: User, sent: list[Any], clock: Any
) -> None:
    clock.set("2026-11-26 10:00")
    for _ in range(12):  # as if they had been written before there was a rule
        message = Message.objects.create(user=resident, title="请投票", matter="project:7")
        Outbox.objects.create(message=message)
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
    assert len(sent) == 1
    assert set(Outbox.objects.exclude(state="sent").values_list("state", "error")) == {("dropped", "one-a-day")}


# --- Shares of the ceiling ------------------------------------------------------------------------------


def test_messages_leave_the_codes_their_share(
    resident: User, neighbour: User, chief: User, sent: list[Any], clock: Any, caplog: Any
) -> None:
    clock.set("2026-11-26 10:00")
    rule("text.daily", 4)
    assert (messages_a_day(), codes_a_day()) == (2, 2)
    tell_all([resident, neighbour, chief], "请投票", sms=True)
    assert deliver() == 2
    assert "share of texts" in caplog.text
    for number in (1, 2):
        signin.ask(f"1370000000{number}", Code.Purpose.SIGN_IN, session_key="s", address="")
    assert deliver() == 2, "codes go on"
    with pytest.raises(Refused):
        signin.ask("13700000003", Code.Purpose.SIGN_IN, session_key="s", address="")
    clock.set("2026-11-27 07:30")
    assert deliver() == 0
    clock.set("2026-11-27 08:00")
    assert deliver() == 1, "the third of yesterday was not lost"


def test_codes_leave_the_messages_theirs(resident: User, sent: list[Any], clock: Any) -> None:
    clock.set("2026-11-26 10:00")
    rule("text.daily", 2)
    for _ in range(3):
        send_text("13700000001", "验证码 123456", until=now() + timedelta(days=1))
    tell(resident, "请投票", sms=True)
    deliver()
    assert [phone for phone, _ in sent].count(str(resident.phone)) == 1


# --- What it says -----------------------------------------------------------------------------------------


def test_no_text_carries_a_number_of_a_ballot(resident: User, sent: list[Any], clock: Any) -> None:
    clock.set("2026-11-26 10:00")
    number = number_of(uuid4())
    for index, written in enumerate((number, shown(number), shown(number).replace("-", " "), number.lower())):
        tell(resident, f"您家的票{written}", url=f"/receipts/{number}/", sms=True, matter=str(index))
    deliver()
    assert len(sent) == 4
    for _, text in sent:
        assert "…" in text
        assert number.lower() not in text.lower().replace("-", "").replace(" ", "")
    assert without_numbers("2026-00117 号项目，电话 12345") == "2026-00117 号项目，电话 12345"
