"""Who changed what: events, the erasable clear values beside them, the chain over them, its daily roots.

The database writes every row here itself (functions in ``guards/``); the application only reads.
"""

from __future__ import annotations

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now


class EventQuerySet(models.QuerySet["Event"]):
    def shown(self) -> EventQuerySet:
        """Without the tables in which who wrote, and when, would tell whose secret it is (``SHOWN_TO_NOBODY``)."""
        secret = [model._meta.db_table for model in apps.get_models() if getattr(model, "SHOWN_TO_NOBODY", False)]
        return self.exclude(table_name__in=secret)

    def of(self, row: models.Model) -> EventQuerySet:
        """What happened to this row, oldest first."""
        return self.filter(table_name=row._meta.db_table, row_pk=str(row.pk)).order_by("id")


class Event(models.Model):
    """One change of one row. An update keeps the changed columns, the rest keep the whole row.

    Personal values stand here as salted digests; ``ClearValue`` knows them until they are erased.
    """

    class Op(models.TextChoices):
        INSERT = "I", _("新增")
        UPDATE = "U", _("修改")
        DELETE = "D", _("删除")
        BASELINE = "B", _("开始记录时已存在")
        ERASE = "E", _("清除个人信息原文")

    at = models.DateTimeField(_("时间"), db_default=Now())
    xid = models.BigIntegerField(_("事务"))
    actor = models.BigIntegerField(_("操作人"), null=True)
    origin = models.TextField(_("来自"), blank=True)
    db_user = models.TextField(_("数据库角色"))
    op = models.CharField(_("动作"), max_length=1, choices=Op)
    table_name = models.TextField(_("表"))
    row_pk = models.TextField(_("行"))
    before = models.JSONField(_("之前"), null=True)
    after = models.JSONField(_("之后"), null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("变更记录")
        verbose_name_plural = _("变更记录")
        indexes = [
            models.Index(fields=["xid", "id"], name="audit_event_sealing"),
            models.Index(fields=["table_name", "row_pk", "id"], name="audit_event_of_row"),
        ]
        # No CHECK on op: only the functions of the audit write here, and it took a fifth of their time.

    def __str__(self) -> str:
        return str(self.get_op_display())


class ClearValue(models.Model):
    """A personal value of an event with the salt of its digest; without the salt the digest tells nothing."""

    pk = models.CompositePrimaryKey("event_id", "field")
    event_id = models.BigIntegerField()
    field = models.TextField()
    salt = models.TextField()
    old = models.TextField(null=True)
    new = models.TextField(null=True)

    class Meta:
        db_table = "audit_clear"
        verbose_name = _("个人信息原文")
        verbose_name_plural = _("个人信息原文")

    def __str__(self) -> str:
        return f"{self.event_id} {self.field}"


class Link(models.Model):
    """The chain: each hash covers the one before it, this link's own values and its event.

    ``event_id`` is no foreign key: its check would write to every event once more, and whoever could
    remove an event could remove that too. ``check_chain`` notices.
    ``horizon`` and ``cluster`` tell the next sealing where to go on (see ``guards/sealing.sql``).
    """

    seq = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    sealed_at = models.DateTimeField()
    horizon = models.BigIntegerField()
    cluster = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        verbose_name = _("链")
        verbose_name_plural = _("链")

    def __str__(self) -> str:
        return f"{self.seq}: {bytes(self.hash).hex()}"


class DayRoot(models.Model):
    """The last link of a day in China, public once the day is over: it stands for everything before it."""

    day = models.DateField(_("日期"), primary_key=True)
    seq = models.BigIntegerField(_("链上序号"))
    hash = models.BinaryField(_("当日根"))

    class Meta:
        verbose_name = _("每日根")
        verbose_name_plural = _("每日根")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}: {self.hex}"

    @property
    def hex(self) -> str:
        return bytes(self.hash).hex()

    @property
    def grouped(self) -> str:
        """For eyes that compare a sheet with the page, and for lines that must break."""
        return " ".join(self.hex[at : at + 8] for at in range(0, 64, 8))


class Deployment(models.Model):
    """What a migration wrote as the owner: from which event to which, for which release.

    Events by another role than the application's that stand in none of these were written behind everybody's back.
    """

    at = models.DateTimeField(_("时间"), db_default=Now())
    release = models.CharField(_("版本"), max_length=64)
    after_event = models.BigIntegerField()
    last_event = models.BigIntegerField()
    written = models.PositiveBigIntegerField(_("写入的记录数"))

    class Meta:
        verbose_name = _("部署")
        verbose_name_plural = _("部署")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_event__gte=models.F("after_event")), name="deployment_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return self.release
