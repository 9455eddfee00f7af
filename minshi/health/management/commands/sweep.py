"""The sweeper: due deadlines take effect without the broker. Any number of these may run."""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection

from minshi.audit.actions import seal
from minshi.deadlines import actions
from minshi.health import hearts, pulse, signs
from minshi.health.alarms import Alarms
from minshi.health.models import Heartbeat
from minshi.notifications.actions import deliver
from minshi.notifications.following import tell_of_the_day

log = logging.getLogger(__name__)

SEALS_AFTER = 120.0
"""Seconds that the worker's sealing may be late before the sweeper seals."""


class Command(BaseCommand):
    help = "让到期事项生效，每 20 秒一轮，不依赖 Redis。时钟跳变后停止，核对时钟后用 --resume 恢复。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="只扫一轮")
        parser.add_argument("--every", type=float, default=20.0, help="两轮之间的秒数")
        parser.add_argument("--resume", action="store_true", help="确认时钟无误，恢复到期处理")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["resume"]:
            actions.resume()
        elif options["once"]:
            one_round()
        else:
            self.keep_sweeping(options["every"])

    def keep_sweeping(self, every: float) -> None:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        quiet, alarms = Quiet(), Alarms()
        while not stopped.is_set():
            try:
                one_round()
                quiet.look()
                alarms.look(signs.wrong(signs.all_of_them()))
            except DatabaseError as error:  # it comes back, and so do we
                log.warning("database is away: %s", type(error).__name__)
                hearts.drop_broken_connections()
                alarms.look(["database"])
            connection.close()
            pulse.touch()
            stopped.wait(every)
        with suppress(DatabaseError):
            hearts.leave(Heartbeat.Kind.SWEEPER)


def one_round() -> None:
    hearts.beat(Heartbeat.Kind.SWEEPER)
    hearts.here(Heartbeat.Kind.SWEEPER)
    hearts.forget_machines()
    skew = actions.look_at_clock()
    while skew is not None and actions.sweep(skew=skew):
        hearts.beat(Heartbeat.Kind.SWEEPER)
        pulse.touch()
    if signs.sealing_is()["seconds"] > SEALS_AFTER:
        seal()
    tell_of_the_day(by=None)
    deliver()


class Quiet:
    """Says once when a kind of process falls silent, and once when it is back."""

    def __init__(self) -> None:
        self.before: list[str] = []

    def look(self) -> None:
        now = hearts.silent(hearts.ages())
        for kind in now:
            if kind not in self.before:
                log.error("%s is silent; restart it if it runs (it may be connected and consume nothing)", kind)
        for kind in self.before:
            if kind not in now:
                log.warning("%s is back", kind)
        self.before = now
