"""Doing the work: the site log, changes, and acceptance item by item."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from funding.models.suppliers import Contract
from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.residents.models import Person
from minshi.territory.models import Territory
from proposals.models import Proposal, Withholdable


class LogEntry(models.Model):
    """One line of the site log by somebody of the group, public and masked."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="log_entries", verbose_name=_("项目"))
    text = models.TextField(_("今天做了什么"), max_length=1000)
    problem = models.CharField(_("遇到的问题"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_public = models.CharField(_("记录人（公开）"), max_length=80)
    at = models.DateTimeField(_("时间"), db_default=Now())

    class Meta:
        verbose_name = _("进度日志")
        verbose_name_plural = _("进度日志")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["proposal", "-at"], name="log_of_project")]

    def __str__(self) -> str:
        return f"log {self.pk}"


class LogPhoto(Withholdable):
    """A picture of a log entry, drawn anew from its pixels."""

    entry = models.ForeignKey(LogEntry, models.PROTECT, related_name="photos")
    image = models.ImageField(_("照片"), upload_to="site/")

    class Meta(Withholdable.Meta):
        verbose_name = _("现场照片")
        verbose_name_plural = _("现场照片")

    def __str__(self) -> str:
        return f"photo {self.pk}"


class ChangeStage(models.TextChoices):
    ASKED = "asked", _("等待街道审批")
    APPROVED = "approved", _("已同意")
    REFUSED = "refused", _("未同意")


class Change(models.Model):
    """变更 within a tenth of the price signed: old, new, difference, reason, and who decided."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="changes", verbose_name=_("合同"))
    what = models.TextField(_("变更内容"), max_length=1000)
    reason = models.TextField(_("变更理由"), max_length=1000)
    old_price_fen = models.BigIntegerField(_("原价（分）"))
    new_price_fen = models.BigIntegerField(_("新价（分）"))
    new_days = models.PositiveSmallIntegerField(_("新工期（日）"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, related_name="+")
    stage = models.CharField(_("状态"), max_length=10, choices=ChangeStage)
    stage_since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("期限"), null=True)

    class Meta:
        verbose_name = _("变更")
        verbose_name_plural = _("变更")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract"], condition=Q(stage="asked"), name="one_change_at_a_time"),
            models.CheckConstraint(condition=Q(new_price_fen__gt=0, new_days__gt=0), name="change_is_whole"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="change_decided_by_another"
            ),
            models.CheckConstraint(
                condition=Q(stage="asked") | Q(decided_by__isnull=False), name="change_is_decided_by_somebody"
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def proposal(self) -> Proposal:
        return self.contract.proposal

    @property
    def territory(self) -> Territory:
        return self.contract.proposal.place


class PlanChangeQuerySet(models.QuerySet["PlanChange"]):
    def waiting(self) -> PlanChangeQuerySet:
        """Asked for, neither confirmed nor dropped."""
        return self.filter(confirmed_at=None, dropped_at=None)


class PlanChange(models.Model):
    """重新商议: beyond the policy's share of the price signed, or another content; the street confirms it.

    The contract ends with it, so it takes two people and a file. How far it goes is computed from the prices. Where
    nothing was bought there is no contract: ``new_price_fen`` is then what is to be given in kind, against the plan's.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="plan_changes", verbose_name=_("项目"))
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, blank=True, related_name="plan_changes", verbose_name=_("合同")
    )
    new_price_fen = models.BigIntegerField(_("估计的新价（分）"))
    changes_content = models.BooleanField(_("改内容"), default=False)
    reason = models.TextField(_("为什么要重新商议"), max_length=1000)
    file = models.ImageField(_("书面依据"), upload_to="changes/")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("申请时间"), db_default=Now())
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(_("确认时间"), null=True)
    dropped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField(_("作废时间"), null=True)

    objects = PlanChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("重新商议申请")
        verbose_name_plural = _("重新商议申请")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["proposal"],
                condition=Q(confirmed_at=None, dropped_at=None),
                name="one_plan_change_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(new_price_fen__gt=0) & ~Q(reason="") & ~Q(file=""), name="plan_change_is_whole"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, dropped_at=None)
                & ~Q(confirmed_by=F("asked_by")),
                name="plan_change_takes_two_people",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(what)s的变更") % {"what": self.contract or self.proposal}

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class Acceptance(models.Model):
    """验收: a panel of residents and supervisors looks at each item. Written once; a later round stands beside it.

    It is of a contract; without one only where nothing was bought (``funding.selectors.buys_nothing``).
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="acceptances", verbose_name=_("项目"))
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, related_name="acceptances")
    round = models.PositiveSmallIntegerField(_("第几次"))
    held_on = models.DateField(_("验收日期"))
    passed = models.BooleanField(_("合格"))
    opinion = models.TextField(_("结论"), max_length=1000)
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, related_name="+", verbose_name=_("验收公示"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    terms = models.JSONField(default=dict, editable=False)  # written by the database from what the stage pinned

    class Meta:
        verbose_name = _("验收")
        verbose_name_plural = _("验收")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "round"], name="one_acceptance_of_a_round"),
            models.UniqueConstraint(
                fields=["proposal", "round"], condition=Q(contract=None), name="one_unbought_acceptance_of_a_round"
            ),
            models.CheckConstraint(
                condition=Q(passed=False, notice=None) | Q(passed=True, notice__isnull=False),
                name="passed_acceptance_is_announced",
            ),
        ]

    def __str__(self) -> str:
        return f"acceptance {self.pk}"


class Side(models.TextChoices):
    RESIDENT = "resident", _("居民")
    SUPERVISOR = "supervisor", _("居务监督委员会")
    OTHER = "other", _("其他")


def seat(side: str, neighbour_of: str) -> str:
    """居民; of somebody who does not benefit also of where, and that they do not."""
    facts = {"side": str(Side(side).label), "place": neighbour_of}
    return gettext("%(side)s（%(place)s的住户，不受益）") % facts if neighbour_of else facts["side"]


class Panelist(models.Model):
    """Somebody on the panel; the name is masked when it is written here.

    ``neighbour_of``: the place whose resident this is, where the households that benefit all have a hand in it and
    somebody who does not benefit sits as a resident; else empty.
    """

    acceptance = models.ForeignKey(Acceptance, models.PROTECT, related_name="panel")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    name_public = models.CharField(_("姓名（公开）"), max_length=60)
    side = models.CharField(_("身份"), max_length=10, choices=Side)
    neighbour_of = models.CharField(_("哪里的居民（不受益）"), max_length=80, blank=True, db_default="", default="")

    class Meta:
        verbose_name = _("验收组成员")
        verbose_name_plural = _("验收组成员")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["acceptance", "person"], name="on_a_panel_once")]

    def __str__(self) -> str:
        return self.name_public

    @property
    def as_whom(self) -> str:
        """As whom they sat, for everybody to read."""
        return seat(self.side, self.neighbour_of)


class Item(models.Model):
    """One thing looked at, passed or not."""

    acceptance = models.ForeignKey(Acceptance, models.PROTECT, related_name="items")
    text = models.CharField(_("验收项"), max_length=120)
    passed = models.BooleanField(_("合格"))
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("验收项")
        verbose_name_plural = _("验收项")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text
