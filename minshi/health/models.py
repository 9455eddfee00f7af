"""When each kind of process was last heard of."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now


class Heartbeat(models.Model):
    """One row per kind, not per process: the promise is kept while any one of a kind lives."""

    UNTRACKED = True

    class Kind(models.TextChoices):
        WORKER = "worker", _("任务进程")
        BEAT = "beat", _("定时器")
        SWEEPER = "sweeper", _("到期巡查")

    kind = models.CharField(_("进程"), max_length=16, choices=Kind, unique=True)
    at = models.DateTimeField(_("最近一次"))

    class Meta:
        verbose_name = _("心跳")
        verbose_name_plural = _("心跳")

    def __str__(self) -> str:
        return self.kind


class Process(models.Model):
    """A process of a kind on one machine; it takes its row away when it is told to stop, not when it is killed.

    Another beginning in its place, on the same machine, goes on in its row.
    """

    UNTRACKED = True

    kind = models.CharField(_("进程"), max_length=16, choices=Heartbeat.Kind)
    machine = models.CharField(_("机器"), max_length=80)
    at = models.DateTimeField(_("最近一次"))

    class Meta:
        verbose_name = _("进程")
        verbose_name_plural = _("进程")
        constraints = [models.UniqueConstraint(fields=["kind", "machine"], name="one_process_of_a_kind_on_a_machine")]

    def __str__(self) -> str:
        return f"{self.kind}@{self.machine}"


class Look(models.Model):
    """One time that everything which can be proven was proven, and what was found: names of things, never a value."""

    UNTRACKED = True

    began_at = models.DateTimeField(_("开始"))
    ended_at = models.DateTimeField(_("结束"), null=True)
    found = models.JSONField(_("发现"), default=list)
    more = models.PositiveIntegerField(_("未列出的"), default=0)

    class Meta:
        verbose_name = _("核验")
        verbose_name_plural = _("核验")
        indexes = [models.Index(fields=["-began_at"], name="look_newest")]

    def __str__(self) -> str:
        return str(self.began_at)


class AlarmTrial(models.Model):
    """One time that somebody tried whether alarms leave, and by which way: ``found`` says of each why it did not.

    ``to`` is a keyed digest of where they went: another address has not been tried yet.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("谁试的"), related_name="+")
    at = models.DateTimeField(_("时间"), db_default=Now())
    to = models.CharField(max_length=64)
    found = models.JSONField(_("结果"), default=list)

    class Meta:
        verbose_name = _("报警试发")
        verbose_name_plural = _("报警试发")
        indexes = [models.Index(fields=["-at"], name="trial_newest")]

    def __str__(self) -> str:
        return str(_("报警试发"))

    @property
    def left(self) -> bool:
        """Whether it left by every way there is."""
        return bool(self.found) and not any(each["why"] for each in self.found)
