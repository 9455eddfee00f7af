"""The record of every step: who decided what, when, as whom, and why. Written once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now


class CurrentTransaction(models.Func):
    """The number of the running transaction, which ties a record to the change it stands for."""

    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()


class StepRecordQuerySet(models.QuerySet["StepRecord"]):
    def of(self, subject: models.Model) -> StepRecordQuerySet:
        return self.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)


class StepRecord(models.Model):
    """Role and place are kept as they were at the time; the record knows no apps above it."""

    subject_type = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    verb = models.CharField(max_length=40)
    source = models.CharField(max_length=24, blank=True)
    target = models.CharField(max_length=24)
    label = models.CharField(_("步骤"), max_length=80)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    as_role = models.CharField(_("身份"), max_length=80, blank=True)
    reason = models.TextField(_("理由"), blank=True)
    evidence = models.JSONField(_("依据"), default=dict, blank=True)
    at = models.DateTimeField(_("时间"), db_default=Now())
    xid = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    objects = StepRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("办理记录")
        verbose_name_plural = _("办理记录")
        indexes = [models.Index(fields=["subject_type", "subject_id", "id"], name="step_of_subject")]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id}: {self.verb}"


class Edge(models.Model):
    """The tables of steps as the database knows them; a step that is not here cannot be recorded.

    Written by the owner after each migration, from the machines in code.
    """

    UNTRACKED = True

    subject_type = models.CharField(max_length=64)
    verb = models.CharField(max_length=40)
    source = models.CharField(max_length=24, blank=True)
    target = models.CharField(max_length=24)
    gate = models.CharField(max_length=24, blank=True)

    class Meta:
        verbose_name = _("步骤表")
        verbose_name_plural = _("步骤表")
        constraints = [models.UniqueConstraint(fields=["subject_type", "verb", "source", "target"], name="one_edge")]

    def __str__(self) -> str:
        return f"{self.subject_type}: {self.source} → {self.target}"
