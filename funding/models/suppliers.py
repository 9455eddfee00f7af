"""The residents' project group, the suppliers it compares, its choice and the contract."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.ledger.models import Account
from minshi.policy.selectors import lengthening_said
from minshi.residents.models import Person
from minshi.searching import Bigrams
from minshi.territory.models import Territory
from proposals.models import Proposal


class Group(models.Model):
    """项目小组: an odd number of residents. One stands at a time; a new one ends the one before."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="project_groups", verbose_name=_("项目"))
    how = models.CharField(_("怎么产生的"), max_length=200)
    formed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    formed_at = models.DateTimeField(_("成立时间"), db_default=Now())
    ended_at = models.DateTimeField(null=True)
    terms = models.JSONField(default=dict, editable=False)  # written by the database from what the stage pinned

    class Meta:
        verbose_name = _("项目小组")
        verbose_name_plural = _("项目小组")
        constraints = [
            models.UniqueConstraint(fields=["proposal"], condition=Q(ended_at=None), name="one_standing_project_group")
        ]

    def __str__(self) -> str:
        return f"group {self.pk}"


class GroupMember(models.Model):
    """Somebody of the group, with or without a phone; the name is masked when it is written here, unless they agree to
    have it shown."""

    PERSONAL = ("name_public",)

    group = models.ForeignKey(Group, models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="project_memberships")
    name_public = models.CharField(_("姓名（公开）"), max_length=60)
    is_lead = models.BooleanField(_("组长"), default=False)

    class Meta:
        verbose_name = _("小组成员")
        verbose_name_plural = _("小组成员")
        ordering = ["-is_lead", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["group", "person"], name="in_a_project_group_once"),
            models.UniqueConstraint(fields=["group"], condition=Q(is_lead=True), name="one_lead_per_project_group"),
        ]

    def __str__(self) -> str:
        return self.name_public


class Supplier(models.Model):
    """A firm or workshop; its name is public, who answers its telephone is not."""

    PERSONAL = ("contact",)

    name = models.CharField(_("名称"), max_length=80, unique=True)
    code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    contact = models.CharField(_("联系方式（不公开）"), max_length=120, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("承接方")
        verbose_name_plural = _("承接方")
        indexes = [GinIndex(Bigrams("name"), name="supplier_bigrams")]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="one_supplier_per_code"),
        ]

    def __str__(self) -> str:
        return self.name


class Enquiry(models.Model):
    """询价: what is wanted, and until when quotes come in. One stands at a time."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="enquiries", verbose_name=_("项目"))
    needs = models.TextField(_("需求"), max_length=2000)
    closes_at = models.DateTimeField(_("报价截止（不含）"))
    counted = models.CharField(max_length=60, blank=True, default="", editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("询价")
        verbose_name_plural = _("询价")
        constraints = [
            models.UniqueConstraint(fields=["proposal"], condition=Q(ended_at=None), name="one_standing_enquiry")
        ]

    def __str__(self) -> str:
        return f"enquiry {self.pk}"

    @property
    def later(self) -> str:
        """Why it ends later than it was announced, if it does. One query."""
        return lengthening_said(self)


class Quote(models.Model):
    """What one supplier offers; written once."""

    enquiry = models.ForeignKey(Enquiry, models.PROTECT, related_name="quotes")
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="quotes", verbose_name=_("承接方"))
    price_fen = models.BigIntegerField(_("报价（分）"))
    days = models.PositiveSmallIntegerField(_("工期（日）"))
    warranty_months = models.PositiveSmallIntegerField(_("质保（月）"), default=0)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    file = models.ImageField(_("报价单"), upload_to="quotes/", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("收到时间"), db_default=Now())

    class Meta:
        verbose_name = _("报价")
        verbose_name_plural = _("报价")
        ordering = ["price_fen", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["enquiry", "supplier"], name="one_quote_per_supplier"),
            models.CheckConstraint(condition=Q(price_fen__gt=0, days__gt=0), name="quote_is_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier} {self.price_fen}"

    @property
    def proposal(self) -> Proposal:
        return self.enquiry.proposal

    @property
    def territory(self) -> Territory:
        return self.enquiry.proposal.place


class Recusal(models.Model):
    """回避: a member who stands near a supplier takes no part in the choice."""

    enquiry = models.ForeignKey(Enquiry, models.PROTECT, related_name="recusals")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    name_public = models.CharField(_("姓名（公开）"), max_length=60)
    reason = models.CharField(_("回避原因"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("回避")
        verbose_name_plural = _("回避")
        constraints = [models.UniqueConstraint(fields=["enquiry", "person"], name="recused_once")]

    def __str__(self) -> str:
        return self.name_public


class Award(models.Model):
    """The choice, with its reason; ``few_reason`` says why there were fewer quotes than the rule wants."""

    enquiry = models.ForeignKey(Enquiry, models.PROTECT, related_name="awards")
    quote = models.ForeignKey(Quote, models.PROTECT, related_name="+")
    reason = models.TextField(_("选定理由"), max_length=1000)
    few_reason = models.CharField(_("不足三家的理由"), max_length=300, blank=True)
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("选定时间"), db_default=Now())
    annulled_at = models.DateTimeField(_("重新评选"), null=True)
    terms = models.JSONField(default=dict, editable=False)  # as of a group

    class Meta:
        verbose_name = _("选定")
        verbose_name_plural = _("选定")
        constraints = [
            models.UniqueConstraint(fields=["enquiry"], condition=Q(annulled_at=None), name="one_standing_award"),
            models.CheckConstraint(condition=~Q(reason=""), name="award_says_why"),
        ]

    def __str__(self) -> str:
        return f"award {self.pk}"


class Judge(models.Model):
    """A member who took part in the choice."""

    award = models.ForeignKey(Award, models.PROTECT, related_name="judges")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    name_public = models.CharField(_("姓名（公开）"), max_length=60)

    class Meta:
        verbose_name = _("评审人")
        verbose_name_plural = _("评审人")
        constraints = [models.UniqueConstraint(fields=["award", "person"], name="judges_once")]

    def __str__(self) -> str:
        return self.name_public


class Contract(models.Model):
    """Price, days, warranty, integrity clause. ``price_fen`` changes only by an approved change."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="contracts", verbose_name=_("项目"))
    award = models.OneToOneField(Award, models.PROTECT, related_name="contract")
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="contracts", verbose_name=_("承接方"))
    account = models.OneToOneField(Account, models.PROTECT, related_name="+")
    first_price_fen = models.BigIntegerField(_("签约价（分）"))
    price_fen = models.BigIntegerField(_("合同价（分）"))
    days = models.PositiveSmallIntegerField(_("工期（日）"))
    warranty_months = models.PositiveSmallIntegerField(_("质保（月）"), default=0)
    integrity = models.BooleanField(_("含廉洁条款"))
    file = models.ImageField(_("合同照片"), upload_to="contracts/", blank=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(_("签订时间"), db_default=Now())
    started_at = models.DateTimeField(_("开工时间"), null=True)
    finished_at = models.DateTimeField(_("完工时间"), null=True)
    ended_at = models.DateTimeField(_("中止时间"), null=True)

    class Meta:
        verbose_name = _("合同")
        verbose_name_plural = _("合同")
        constraints = [
            models.UniqueConstraint(fields=["proposal"], condition=Q(ended_at=None), name="one_running_contract"),
            models.CheckConstraint(
                condition=Q(first_price_fen__gt=0, price_fen__gt=0, days__gt=0), name="contract_is_whole"
            ),
            models.CheckConstraint(condition=Q(integrity=True), name="contract_has_the_integrity_clause"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier} {self.proposal.number}"

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class MilestoneKind(models.TextChoices):
    START = "start", _("首款")
    ACCEPTANCE = "acceptance", _("验收款")
    RETENTION = "retention", _("质保尾款")
    ENDING = "ending", _("了结款")


SIGNED_PARTS = (MilestoneKind.START, MilestoneKind.ACCEPTANCE, MilestoneKind.RETENTION)
"""What a contract is signed with, in the order of the policy's shares; a project's ending may owe one more."""


class Milestone(models.Model):
    """A part of the price and what it is paid for; together they make the price."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="milestones")
    kind = models.CharField(_("款项"), max_length=10, choices=MilestoneKind)
    percent = models.PositiveSmallIntegerField(_("比例（%）"))
    amount_fen = models.BigIntegerField(_("金额（分）"))

    is_given_up: bool
    """Two have written down that it will not be paid; of a part that came with ``selectors.last_contract``."""

    class Meta:
        verbose_name = _("付款节点")
        verbose_name_plural = _("付款节点")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "kind"], name="one_milestone_of_a_kind"),
            models.CheckConstraint(condition=Q(amount_fen__gte=0), name="milestone_is_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
