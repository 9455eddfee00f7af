"""What a person would ask: can people sign in, can it write, is it sealed, is everybody there; and who is told."""

from __future__ import annotations

import json
import smtplib
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from minshi.accounts.models import User
from minshi.audit.actions import seal
from minshi.clock import Now
from minshi.health import alarms, hearts, signs
from minshi.health.management.commands import sweep
from minshi.health.models import Heartbeat, Process
from minshi.notifications.models import Outbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def well(settings: Any, tmp_path: Path) -> None:
    settings.ENV = "production"
    settings.MEDIA_ROOT = tmp_path / "media"
    for kind in Heartbeat.Kind:
        hearts.beat(kind)
    seal()


def wrong(client: Client) -> list[str]:
    answer = client.get("/healthz")
    found: list[str] = answer.json()["wrong"]
    assert answer.status_code == (503 if found else 200)
    return found


def test_all_is_well(client: Client) -> None:
    assert wrong(client) == []


def a_text(**facts: Any) -> Outbox:
    return Outbox.objects.create(phone="13800000001", sealed="x", expires_at=Now() + timedelta(minutes=4), **facts)


def test_a_gateway_that_takes_no_code_is_seen(client: Client) -> None:
    a_text(attempts=1, error="gateway-away", next_at=Now() + timedelta(seconds=30))
    assert wrong(client) == ["texts failing"]


def test_a_code_that_nobody_sends_is_seen(client: Client) -> None:
    a_text(next_at=Now() - timedelta(seconds=61))
    assert wrong(client) == ["texts late"]


def test_a_code_that_was_just_asked_for_is_no_fault(client: Client) -> None:
    a_text(next_at=Now())
    assert wrong(client) == []


def test_a_database_that_cannot_be_written_takes_the_site_out_of_the_balancer(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    assert wrong(client) == ["writes"]
    assert client.get("/healthz?only=web").status_code == 503


def test_media_that_cannot_be_written_are_seen(client: Client, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file"
    assert wrong(client) == ["media"]


def test_events_that_nobody_seals_are_seen(client: Client, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "UNSEALED", "SELECT 7, 181.0::float WHERE %s::text IS NOT NULL")
    assert wrong(client) == ["sealing"]
    assert client.get("/healthz").json()["sealing"] == "late", "how many and since when would tell who voted when"


@pytest.mark.django_db(transaction=True)
def test_what_is_not_sealed_is_counted_until_it_is(resident: User) -> None:
    seal()
    assert signs.sealing_is()["unsealed"] == 0
    resident.username = "another"
    resident.save()
    assert signs.sealing_is()["unsealed"] > 0
    seal()
    assert signs.sealing_is()["unsealed"] == 0


@pytest.mark.parametrize(("late", "seals"), [(119.0, False), (121.0, True)])
def test_the_sweeper_seals_when_sealing_is_two_minutes_late(
    late: float, seals: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed: list[bool] = []
    monkeypatch.setattr(signs, "UNSEALED", f"SELECT 1, {late}::float WHERE %s::text IS NOT NULL")
    monkeypatch.setattr(sweep, "seal", lambda: sealed.append(True))
    sweep.one_round()
    assert bool(sealed) is seals


def test_a_second_worker_that_died_is_missing_though_the_first_lives(client: Client) -> None:
    hearts.here(Heartbeat.Kind.WORKER)
    Process.objects.create(kind="worker", machine="other", at=hearts.MachineTime() - timedelta(seconds=121))
    assert wrong(client) == ["missing worker@other"]
    Process.objects.filter(machine="other").update(at=hearts.MachineTime() - timedelta(days=2))
    assert wrong(client) == []  # that machine is gone for good
    sweep.one_round()
    assert not Process.objects.filter(machine="other").exists()


def test_who_is_told_to_stop_is_not_missed() -> None:
    hearts.here(Heartbeat.Kind.SWEEPER)
    hearts.leave(Heartbeat.Kind.SWEEPER)
    assert not Process.objects.exists()


# --- Who is told -------------------------------------------------------------------------------------


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[str]:
    """What a robot was sent."""
    seen: list[str] = []

    class Answer:
        def __enter__(self) -> Answer:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def read(self, most: int) -> bytes:
            return b'{"errcode": 0, "errmsg": "ok"}'

    def urlopen(request: urllib.request.Request, timeout: float) -> Answer:
        assert isinstance(request.data, bytes)
        seen.append(json.loads(request.data)["text"]["content"])
        return Answer()

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    settings.ALARM_WEBHOOK = "https://robot.example.cn/send"
    return seen


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "LASTS", 0.0)


def test_what_becomes_wrong_is_told_once_and_again_when_it_is_well(posted: list[str], at_once: None) -> None:
    watch = alarms.Alarms()
    for here in ([], ["sealing"], ["sealing"], ["sealing", "media"], ["media"], []):
        watch.look(here)
    assert [text.split("\n", 1)[1] for text in posted] == [
        "不正常：sealing", "不正常：media", "已恢复：sealing", "已恢复：media",
    ]  # fmt: skip


def test_a_restart_is_no_alarm(posted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    watch, now = alarms.Alarms(), [10**6]
    monkeypatch.setattr(alarms.time, "monotonic", lambda: now[0])
    for here in (["database"], ["database"], []):
        watch.look(here)
        now[0] += 20
    assert posted == []
    for _round in range(5):
        watch.look(["database"])
        now[0] += 20
    assert len(posted) == 1


def test_what_stays_wrong_is_told_again_after_hours(posted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    watch, now = alarms.Alarms(), [10**6]
    monkeypatch.setattr(alarms.time, "monotonic", lambda: now[0])
    for _round in range(4):
        watch.look(["sealing"])
        now[0] += int(alarms.AGAIN_AFTER / 2) + 1
    assert len(posted) == 1 + 1


def test_an_alarm_that_did_not_leave_is_tried_again(
    settings: Any, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    settings.ALARM_WEBHOOK = "https://robot.example.cn/send"
    tries: list[int] = []

    def away(*args: Any, **kwargs: Any) -> None:
        tries.append(1)
        raise OSError

    monkeypatch.setattr(urllib.request, "urlopen", away)
    watch = alarms.Alarms()
    watch.look(["sealing"])
    watch.look(["sealing"])
    assert len(tries) == 2


def test_mail_leaves_over_tls(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []

    class Line:
        def __init__(self, host: str, port: int, **kwargs: Any) -> None:
            said.append((host, port))

        def __enter__(self) -> Line:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def starttls(self, **kwargs: Any) -> None:
            said.append("tls")

        def login(self, *who: str) -> None:
            said.append(who)

        def send_message(self, letter: Any) -> None:
            said.append((letter["From"], letter["To"], letter.get_content()))

    monkeypatch.setattr(smtplib, "SMTP", Line)
    settings.ALARM_MAIL = "smtp://u:p%40ss@mail.example.cn/?from=a@example.cn&to=b@example.cn&to=c@example.cn"
    alarms.send(["不正常：media"])
    assert said[:3] == [("mail.example.cn", 587), "tls", ("u", "p@ss")]
    assert said[3][:2] == ("a@example.cn", "b@example.cn, c@example.cn") and "不正常：media" in said[3][2]


def test_the_way_can_be_tried_and_says_why_it_failed(posted: list[str], settings: Any) -> None:
    call_command("alarm")
    assert "试发" in posted[0]
    settings.ALARM_WEBHOOK = "http://robot.example.cn/send"
    with pytest.raises(CommandError, match="webhook: ValueError"):
        call_command("alarm")
    settings.ALARM_WEBHOOK = ""
    with pytest.raises(CommandError, match="MINSHI_ALARM_MAIL"):
        call_command("alarm")
