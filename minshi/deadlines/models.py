"""A deadline is a row: what is due, by when, who holds it. Its effect happens once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.prefix import Address
from minshi.searching import Bigrams, Holds

REMINDER = "reminder:"
"""Kinds that begin so only remind whoever holds the task; their handler is the one of ``REMINDER``."""


TASK = Q(handled_at=None) & ~Q(role="") & ~Q(kind__startswith=REMINDER)
"""What waits for somebody (``DeadlineQuerySet.tasks``)."""

BENEATH = OpClass(F("place_path"), "varchar_pattern_ops")
"""A place and what lies beneath it is one range only of this: C.UTF-8 sorts by other rules than a prefix."""

WAKES = Coalesce("wakes_at", "due")
"""When the handler runs next."""


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def open(self) -> DeadlineQuerySet:
        return self.filter(handled_at=None)

    def of(self, subject: models.Model) -> DeadlineQuerySet:
        return self.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)

    def due(self, at: datetime | Combinable) -> DeadlineQuerySet:
        """Those whose handler is to run: at their end, and while they are late each time they are looked at again."""
        return self.open().annotate(wakes=WAKES).filter(wakes__lte=at)

    def overdue(self, at: datetime | Combinable) -> DeadlineQuerySet:
        """Those that are late, since ``due``, until somebody has done it."""
        return self.open().filter(due__lte=at)

    def tasks(self) -> DeadlineQuerySet:
        """What waits for somebody, as against the platform's own reminders and closings."""
        return self.open().exclude(role="").exclude(kind__startswith=REMINDER)

    def waiting_for(self, held: Iterable[tuple[str, str]]) -> DeadlineQuerySet:
        """Tasks of whoever holds these (role, place path) pairs; nothing for whoever holds none."""
        mine = Q(pk__in=[])
        for role, path in held:
            mine |= Q(role=role, place_path__startswith=path)
        return self.tasks().filter(mine)


class Deadline(models.Model):
    """``due`` is exclusive: at that instant it is too late and the handler of ``kind`` runs.

    It never moves by being late (domain.md 4), nor does ``set_at``: what is only looked at again wakes its handler
    at ``wakes_at`` and stays due since it was.
    """

    class Outcome(models.TextChoices):
        OPEN = "", _("未到期")
        FIRED = "fired", _("已到期处理")
        MET = "met", _("按时完成")

    subject_type = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    kind = models.CharField(_("事项"), max_length=64)
    due = models.DateTimeField(_("截止"))
    wakes_at = models.DateTimeField(_("下次提醒"), null=True, blank=True)
    set_at = models.DateTimeField(_("开始"), db_default=Now())
    title = models.CharField(_("标题"), max_length=200, blank=True)
    url = Address(max_length=300, blank=True)
    role = models.CharField(_("承办角色"), max_length=32, blank=True)
    place_path = models.CharField(max_length=200, blank=True)
    basis = models.CharField(_("规则版本"), max_length=200, blank=True)
    provisional = models.BooleanField(_("节假日表尚未公布，暂定"), default=False)
    handled_at = models.DateTimeField(_("处理时间"), null=True, blank=True)
    outcome = models.CharField(_("结果"), max_length=8, choices=Outcome, blank=True, default="")
    failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("期限")
        verbose_name_plural = _("期限")
        indexes = [
            # The sweeper's question among millions of rows: only what is still open is in the index.
            models.Index(WAKES, name="deadline_wakes", condition=Q(handled_at=None)),
            # The desk's: what waits for a post, and in a place for whomever. None by the day alone: it would be taken
            # for lists of few, and walked to the end of the city.
            models.Index(F("role"), BENEATH, F("due"), F("id"), name="deadline_of_role", condition=TASK),
            models.Index(BENEATH, F("due"), F("id"), name="deadline_beneath", condition=TASK),
            models.Index(BENEATH, F("id"), name="deadline_of_place"),
            GinIndex(Bigrams("title"), name="deadline_title_bigrams", condition=Q(handled_at=None)),
            models.Index(fields=["subject_type", "subject_id"], name="deadline_subject"),
            models.Index(fields=["handled_at"], name="deadline_met", condition=Q(outcome="met")),
            models.Index(fields=["failures"], name="deadline_failing", condition=Q(handled_at=None, failures__gt=0)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "kind"],
                condition=Q(handled_at=None),
                name="one_open_deadline_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(handled_at=None, outcome="") | Q(handled_at__isnull=False) & ~Q(outcome=""),
                name="handled_has_outcome",
            ),
        ]

    @staticmethod
    def named(word: str) -> Q:
        """Open ones with the word in their title."""
        return Q(Holds(Deadline, "title", word, within="handled_at IS NULL"))

    def __str__(self) -> str:
        return self.title or f"{self.kind} {self.subject_type} {self.subject_id}"


class Effect(models.Model):
    """That a deadline fired, written in the transaction of what it did: at most one row each."""

    deadline = models.OneToOneField(Deadline, on_delete=models.PROTECT, related_name="effect", primary_key=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("到期处理")
        verbose_name_plural = _("到期处理")

    def __str__(self) -> str:
        return f"effect of {self.deadline_id}"


class ClockSeen(models.Model):
    """The clock as it was last seen in one boot of one machine, and how far it was stepped since it was believed there.

    In seconds of the database server's own clock, which the platform's shift does not move.
    """

    UNTRACKED = True

    boot = models.CharField(max_length=64, primary_key=True)
    wall = models.FloatField()
    skew = models.FloatField()
    stepped = models.FloatField(default=0.0)

    class Meta:
        verbose_name = _("见过的时钟")
        verbose_name_plural = _("见过的时钟")

    def __str__(self) -> str:
        return self.boot


class SweeperState(models.Model):
    """One row: whether sweeping is stopped, since when and why."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stopped_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("清扫状态")
        verbose_name_plural = _("清扫状态")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_sweeper_state")]

    def __str__(self) -> str:
        return self.reason or "running"
