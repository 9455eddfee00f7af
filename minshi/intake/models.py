"""A register that came as a file: what each row would do, did, and may be taken back again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.territory.models import Household, Territory


class State(models.TextChoices):
    READ = "read", _("已读，等您看过再导入")
    QUEUED = "queued", _("正在导入")
    DONE = "done", _("已导入")
    UNDOING = "undoing", _("正在撤销")
    UNDONE = "undone", _("已撤销")


class Outcome(models.TextChoices):
    """What a row comes to."""

    ADD = "add", _("新增")
    CHANGE = "change", _("更改")
    LEAVE = "leave", _("不变")
    REFUSE = "refuse", _("不能导入")


class Intake(models.Model):
    """One file of one community. ``trouble``: why the last try came to nothing, in a sentence.

    ``made`` holds the keys of what was made beside doors (places, people, ownerships, grants), to be taken back.
    """

    place = models.ForeignKey(Territory, models.PROTECT, related_name="intakes", verbose_name=_("社区"))
    name = models.CharField(_("文件名"), max_length=120)
    digest = models.CharField(_("文件指纹"), max_length=64)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.READ)
    unused = models.JSONField(_("没有用到的列"), default=list)
    rows_added = models.PositiveIntegerField(_("新增"), default=0)
    rows_changed = models.PositiveIntegerField(_("更改"), default=0)
    rows_left = models.PositiveIntegerField(_("不变"), default=0)
    rows_refused = models.PositiveIntegerField(_("不能导入"), default=0)
    made = models.JSONField(default=dict)
    trouble = models.CharField(_("没有办成"), max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("经办人"))
    at = models.DateTimeField(_("读表时间"), db_default=Now())
    done_at = models.DateTimeField(_("导入时间"), null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("户册导入")
        verbose_name_plural = _("户册导入")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["state"], name="intake_waiting", condition=Q(state__in=["queued", "undoing"])),
            models.Index(fields=["at"], name="intake_only_read", condition=Q(state="read")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["done", "undoing", "undone"]) | Q(done_at__isnull=False, done_by__isnull=False),
                name="intake_is_done_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="undone") | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="intake_is_undone_by_somebody",
            ),
            models.CheckConstraint(condition=Q(state="read") | Q(rows_refused=0), name="intake_is_all_or_nothing"),
        ]

    def __str__(self) -> str:
        return f"{self.place.name}《{self.name.rpartition('.')[0] or self.name}》"

    @property
    def total(self) -> int:
        return self.rows_added + self.rows_changed + self.rows_left + self.rows_refused


class IntakeRow(models.Model):
    """One row of the file: what it says, what comes of it and why, and the door it made or changed.

    ``was`` is what a changed door said before.
    """

    UNTRACKED = True
    """What is done by it is recorded where it is done; the row itself is purged after policy's days."""

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="rows")
    sheet = models.CharField(max_length=40, blank=True)
    number = models.PositiveIntegerField()
    line = models.JSONField()
    is_passed_over = models.BooleanField(default=False)
    outcome = models.CharField(max_length=6, choices=Outcome)
    said = models.CharField(max_length=600, blank=True)
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="+")
    was = models.JSONField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("导入的一行")
        verbose_name_plural = _("导入的各行")
        indexes = [
            models.Index(fields=["intake", "outcome", "id"], name="intake_row_by_outcome"),
            models.Index(fields=["at"], name="intake_row_at"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(outcome="refuse") | ~Q(said=""), name="a_row_is_refused_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet}{self.number}"
