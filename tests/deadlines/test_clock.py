"""When the clock is believed: never after a jump, whatever was restarted; always after an outage, however long."""

from __future__ import annotations

import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from minshi.clock import Now
from minshi.deadlines import actions, checks, tasks, watch
from minshi.deadlines.models import ClockSeen, Deadline, SweeperState
from minshi.health.management.commands import sweep
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
DAY = 86400.0


class Machine:
    """Both clocks of a machine: the wall may be stepped, time may pass, it may be booted anew."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stepped = self.passed = 0.0
        self.booted_after: float | None = None
        self.boot = "first boot"
        real, boot = watch.raw_clock, watch.since_boot
        monkeypatch.setattr(watch, "raw_clock", lambda: real() + self.stepped + self.passed)
        monkeypatch.setattr(watch, "since_boot", lambda: boot() + self.passed - (self.booted_after or 0))
        monkeypatch.setattr(watch, "this_boot", lambda: self.boot)

    def pass_(self, seconds: float) -> None:
        self.passed += seconds

    def boots(self) -> None:
        self.boot += " and another"
        self.booted_after = self.passed + 1000


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
def fired(monkeypatch: pytest.MonkeyPatch) -> list[Deadline]:
    seen: list[Deadline] = []
    monkeypatch.setitem(actions._handlers, "k", seen.append)
    return seen


@pytest.fixture
def production(settings: Any) -> Iterator[Any]:
    """Where nobody moves the clock."""
    settings.CLOCK_MOVABLE = False
    yield settings
    settings.CLOCK_MOVABLE = True


def a_due_one(number: int = 1) -> Deadline:
    return Deadline.objects.create(subject_type="x.x", subject_id=number, kind="k", due=Now() - timedelta(days=9))


def is_stopped_by(reason: str) -> bool:
    return SweeperState.objects.filter(stopped_at__isnull=False, reason=reason).exists()


DOORS: tuple[Callable[[], Any], ...] = (sweep.one_round, tasks.sweep_due, lambda: call_command("sweep", "--once"))


@pytest.mark.parametrize("door", DOORS, ids=["sweeper", "worker", "by hand"])
def test_started_after_a_jump_nothing_fires_early(
    door: Callable[[], Any], machine: Machine, fired: list[Deadline], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing but the database remembers what the clock said before."""
    sweep.one_round()
    machine.stepped = 10 * DAY
    a_due_one()  # by the clock that jumped
    with caplog.at_level(logging.CRITICAL):
        door()
        door()
    assert fired == [] and is_stopped_by(actions.JUMPED)
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    call_command("sweep", "--resume")
    door()
    assert len(fired) == 1


def test_small_steps_are_summed(machine: Machine, fired: list[Deadline]) -> None:
    for _step in range(10):
        machine.stepped += 4.9 * 60
        machine.pass_(20)
        sweep.one_round()
    a_due_one()
    sweep.one_round()
    assert fired == [] and is_stopped_by(actions.JUMPED)


def test_a_step_forth_and_back_is_none(machine: Machine, fired: list[Deadline]) -> None:
    for _step in range(10):
        machine.stepped = 240 - machine.stepped
        sweep.one_round()
    a_due_one()
    sweep.one_round()
    assert len(fired) == 1


def test_a_jump_back_stops_them_too(machine: Machine) -> None:
    sweep.one_round()
    machine.stepped = -3600
    sweep.one_round()
    assert is_stopped_by(actions.JUMPED)


def test_a_clock_that_is_only_steered_never_stops_them(machine: Machine) -> None:
    for _month in range(24):
        machine.pass_(30 * DAY)
        machine.stepped += 30 * DAY * watch.SLOWEST * 0.9
        sweep.one_round()
    assert not actions.is_stopped()


def test_a_jump_in_the_middle_of_a_round_stops_it(
    machine: Machine, fired: list[Deadline], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        a_due_one(number)
    seen = watch.since_boot

    def then_it_jumps(deadline: Deadline) -> None:
        fired.append(deadline)
        monkeypatch.setattr(watch, "since_boot", lambda: seen() - 10 * DAY)

    monkeypatch.setitem(actions._handlers, "k", then_it_jumps)
    sweep.one_round()
    assert len(fired) == 1 and is_stopped_by(actions.JUMPED)


def test_an_outage_of_ten_days_is_no_jump(machine: Machine, fired: list[Deadline], production: Any) -> None:
    sweep.one_round()
    machine.pass_(10 * DAY)
    a_due_one()
    sweep.one_round()
    assert len(fired) == 1


# --- After a new boot ------------------------------------------------------------------------------


def test_the_first_clock_of_all_is_believed(machine: Machine, fired: list[Deadline], production: Any) -> None:
    a_due_one()
    sweep.one_round()
    assert len(fired) == 1


def test_a_movable_clock_is_believed_after_a_boot(machine: Machine, fired: list[Deadline]) -> None:
    sweep.one_round()
    machine.boots()
    machine.stepped = 10 * DAY
    a_due_one()
    sweep.one_round()
    assert len(fired) == 1


def test_after_a_boot_in_production_without_a_source_they_stop_and_say_so(
    machine: Machine,
    fired: list[Deadline],
    production: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(watch, "is_synchronised", lambda: False)
    sweep.one_round()
    machine.boots()
    a_due_one()
    with caplog.at_level(logging.CRITICAL):
        sweep.one_round()
        sweep.one_round()
    assert fired == [] and is_stopped_by(actions.UNPROVEN)
    assert len(caplog.records) == 1 and "MINSHI_TIME_SOURCE" in caplog.text

    monkeypatch.setattr(watch, "is_synchronised", lambda: True)  # it has found its server meanwhile
    sweep.one_round()
    assert len(fired) == 1 and not actions.is_stopped()


@pytest.mark.parametrize(("ahead", "believed"), [(0.0, True), (4 * 60, True), (-4 * 60, True), (10 * DAY, False)])
def test_time_synchronisation_is_believed_where_it_agrees(
    ahead: float, believed: bool, machine: Machine, fired: list[Deadline], production: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(watch, "is_synchronised", lambda: True)
    sweep.one_round()
    machine.boots()
    machine.stepped = ahead
    a_due_one()
    sweep.one_round()
    assert bool(fired) is believed


@pytest.mark.parametrize(("says", "believed"), [(0.0, True), (240.0, True), (10 * DAY, False), (None, False)])
def test_the_configured_source_is_asked_and_nobody_else(
    says: float | None, believed: bool, machine: Machine, fired: list[Deadline], production: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(watch, "is_synchronised", lambda: True)
    production.TIME_SOURCE = "ntp://127.0.0.1"
    sweep.one_round()
    machine.boots()
    monkeypatch.setattr(watch, "_asked", lambda source: None if says is None else watch.raw_clock() + says)
    a_due_one()
    sweep.one_round()
    assert bool(fired) is believed


def test_a_jump_is_not_forgiven_because_a_source_agrees(machine: Machine, production: Any, monkeypatch: Any) -> None:
    """It jumped in this boot: what fired by the wrong time before cannot be told from here; somebody looks."""
    monkeypatch.setattr(watch, "proof", lambda wall: "adjtimex")
    sweep.one_round()
    machine.stepped = 10 * DAY
    sweep.one_round()
    machine.boots()
    sweep.one_round()
    assert is_stopped_by(actions.JUMPED)


def test_a_look_that_took_too_long_says_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process was stopped between asking one clock and the other."""
    sweep.one_round()
    real = watch.raw_clock

    def slowly() -> float:
        wall = real()
        machine.pass_(3600)
        return wall

    monkeypatch.setattr(watch, "raw_clock", slowly)
    sweep.one_round()
    assert not actions.is_stopped()


# --- Asking a source ---------------------------------------------------------------------------------


@pytest.fixture
def ntp() -> Iterator[Callable[[bytes], str]]:
    """A server on this machine; the test says how it answers the 48 bytes that it is asked with."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))

    def serve(answer: Callable[[bytes], bytes]) -> str:
        def once() -> None:
            asked, sender = line.recvfrom(512)
            line.sendto(answer(asked), sender)

        threading.Thread(target=once, daemon=True).start()
        return f"ntp://127.0.0.1:{line.getsockname()[1]}"

    yield serve  # type: ignore[misc]
    line.close()


def good(asked: bytes, at: int = 1_800_000_000) -> bytes:
    return b"\x24\x02" + bytes(22) + asked[40:48] + bytes(8) + struct.pack("!I", at + watch.SINCE_1900) + bytes(4)


def test_an_ntp_server_is_understood(ntp: Any) -> None:
    assert watch._asked(ntp(good)) == 1_800_000_000


@pytest.mark.parametrize(
    "answer",
    [
        lambda asked: good(bytes(48)),  # to somebody else's question
        lambda asked: b"\x24\x00" + good(asked)[2:],  # "go away"
        lambda asked: b"\x23" + good(asked)[1:],  # a client
        lambda asked: b"short",
    ],
)
def test_what_is_no_answer_to_this_question_is_none(answer: Any, ntp: Any) -> None:
    assert watch._asked(ntp(answer)) is None


def test_a_source_that_is_away_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "ANSWERS_WITHIN", 0.2)
    assert watch._asked("ntp://127.0.0.1:9") is None
    assert watch._asked("https://127.0.0.1:9/") is None


def test_the_kernel_is_asked_without_setting_anything() -> None:
    assert watch.is_synchronised() in (True, False)


@pytest.mark.parametrize(
    ("source", "is_good"),
    [
        ("", True),
        ("ntp://ntp.aliyun.com", True),
        ("https://example.cn", True),
        ("http://example.cn", False),
        ("x", False),
    ],
)
def test_a_source_that_cannot_be_asked_is_an_error(source: str, is_good: bool, settings: Any) -> None:
    settings.TIME_SOURCE = source
    assert (checks.source_of_time_can_be_asked() == []) is is_good


def test_what_is_known_of_old_boots_does_not_pile_up(machine: Machine, clock: Clock) -> None:
    sweep.one_round()
    machine.pass_(500 * DAY)
    machine.boots()
    sweep.one_round()
    assert list(ClockSeen.objects.values_list("boot", flat=True)) == [machine.boot]
