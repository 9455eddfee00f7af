"""Whether alarms leave is tried by a button on the desk, and what came of it stands there in words."""

from __future__ import annotations

import smtplib
import threading
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError, URLError

import pytest
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.health import actions, alarms
from minshi.health.models import AlarmTrial
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Territory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
ClientOf = Callable[[User | None], Client]

ROBOT = "https://robot.example.cn/send?key=secret"
MAIL = "smtps://u:p@mail.example.cn/?from=a@example.cn&to=b@example.cn"


class Robot:
    """What stands at the other end of the webhook: ``says`` is its answer, or what goes wrong."""

    def __init__(self) -> None:
        self.says: bytes | Exception = b'{"errcode": 0}'
        self.heard: list[bytes] = []

    def __call__(self, request: urllib.request.Request, timeout: float) -> Robot:
        if isinstance(self.says, Exception):
            raise self.says
        assert isinstance(request.data, bytes)
        self.heard.append(request.data)
        return self

    def __enter__(self) -> Robot:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def read(self, most: int) -> bytes:
        assert isinstance(self.says, bytes)
        return self.says[:most]


@pytest.fixture
def robot(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Robot:
    robot = Robot()
    monkeypatch.setattr(urllib.request, "urlopen", robot)
    settings.ALARM_WEBHOOK = ROBOT
    return robot


def page_of(district: Territory) -> str:
    return reverse("admin:territory_territory_do", args=[district.pk, "try-alarms"])


def desk(client: Client) -> str:
    return client.get(reverse("admin:index")).content.decode()


def test_the_districts_desk_says_in_red_that_nobody_tried(client_of: ClientOf, district_officer: User) -> None:
    page = desk(client_of(district_officer))
    assert '<ul class="desk-red"><li>还没有试过' in page and "试发报警" in page


def test_a_button_tries_it_and_says_that_it_left(
    robot: Robot, client_of: ClientOf, district_officer: User, district: Territory
) -> None:
    client = client_of(district_officer)
    assert "试发报警" in client.get(page_of(district)).content.decode()
    answer = client.post(page_of(district), follow=True)
    assert "网络机器人：已发出，请看是不是有人收到" in answer.content.decode()
    assert len(robot.heard) == 1 and AlarmTrial.objects.get().by == district_officer
    page = desk(client)
    assert "试过" in page and "desk-red" not in page
    assert "网络机器人：已发出" in client.get(reverse("admin:health_alarmtrial_changelist")).content.decode()


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (b'{"errcode": 93000, "errmsg": "invalid webhook url"}', "说不接受"),
        (URLError(TimeoutError()), "没有应答"),
        (URLError(ConnectionRefusedError()), "连不上"),
        (HTTPError(ROBOT, 404, "Not Found", None, None), "没有接受"),  # type: ignore[arg-type]
    ],
)
def test_each_way_says_why_it_failed_and_none_says_an_address_or_a_key(
    robot: Robot, settings: Any, monkeypatch: pytest.MonkeyPatch, district_officer: User, client_of: ClientOf,
    district: Territory, says: Any, words: str,
) -> None:  # fmt: skip
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise smtplib.SMTPAuthenticationError(535, b"no")

    robot.says, settings.ALARM_MAIL = says, MAIL
    monkeypatch.setattr(smtplib, "SMTP_SSL", refuse)
    client = client_of(district_officer)
    client.post(page_of(district))
    page = desk(client)
    assert words in page and "邮件：没有发出去，邮箱的登录名或密码没有被接受" in page and "desk-red" in page
    assert "secret" not in page and "example.cn" not in page


def test_another_address_has_not_been_tried(
    robot: Robot, settings: Any, client_of: ClientOf, district_officer: User
) -> None:
    actions.try_alarms(by=district_officer)
    settings.ALARM_WEBHOOK = ROBOT + "2"
    assert "改了以后还没有试过" in desk(client_of(district_officer))


def test_where_nothing_is_configured_that_is_what_it_says(client_of: ClientOf, district_officer: User) -> None:
    trial = actions.try_alarms(by=district_officer)
    assert not trial.left and "MINSHI_ALARM_WEBHOOK" in desk(client_of(district_officer))


@pytest.mark.parametrize("address", ["smtps://mail.example.cn/", "smtps://mail.example.cn:x/?from=a&to=b"])
def test_an_address_that_is_none_is_said_and_stops_nobody(settings: Any, district_officer: User, address: str) -> None:
    settings.ALARM_MAIL = address
    assert actions.try_alarms(by=district_officer).found == [{"way": "mail", "why": "设置里的地址写得不对"}]


def test_a_way_that_hangs_is_given_up_and_holds_up_no_other(
    robot: Robot, settings: Any, monkeypatch: pytest.MonkeyPatch, district_officer: User
) -> None:
    hangs = threading.Event()
    settings.ALARM_MAIL = MAIL
    monkeypatch.setattr(alarms, "ALTOGETHER", 0.2)

    def hang(*args: Any, **kwargs: Any) -> None:
        hangs.wait(3)
        raise ConnectionRefusedError

    monkeypatch.setattr(smtplib, "SMTP_SSL", hang)
    found = {each["way"]: each["why"] for each in actions.try_alarms(by=district_officer).found}
    hangs.set()
    assert found == {"webhook": "", "mail": "对方没有应答"}


def test_it_is_tried_once_a_minute_and_so_often_a_day(
    robot: Robot, district_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_TRIALS", 2)
    actions.try_alarms(by=district_officer)
    with pytest.raises(Refused, match="刚刚试过"):
        actions.try_alarms(by=district_officer)
    platform_clock.move(timedelta(minutes=2))
    actions.try_alarms(by=district_officer)
    platform_clock.move(timedelta(minutes=2))
    with pytest.raises(Refused, match="今天试的次数"):
        actions.try_alarms(by=district_officer)
    assert len(robot.heard) == 2


def test_nobody_else_tries_it_or_is_told_of_it(
    robot: Robot, client_of: ClientOf, clerk: User, approver: User, case_officer: User, district_officer: User,
    district: Territory,
) -> None:  # fmt: skip
    for user in (clerk, approver, case_officer):
        assert "试发报警" not in desk(client_of(user))
        assert client_of(user).post(page_of(district)).status_code in (403, 404)
        with pytest.raises(NotAllowed):
            actions.try_alarms(by=user)
    assert robot.heard == []
