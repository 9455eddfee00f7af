"""Accounts, entries and their postings. The database keeps the balances; nobody else may."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.clock import Now

MEMO_LENGTH = 300
VOUCHER_LENGTH = 200


class Transaction(Func):
    """The number of the transaction now running."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class Account(models.Model):
    """A place where money is. What comes from outside the platform leaves an account that may be negative."""

    class Kind(models.TextChoices):
        POT = "pot", _("资金池")
        GRANT = "grant", _("补助")
        PROJECT = "project", _("项目")
        HOUSEHOLD = "household", _("居民户")
        SPONSOR = "sponsor", _("赞助方")
        PAYEE = "payee", _("收款方")
        RETENTION = "retention", _("尾款")
        UPKEEP = "upkeep", _("管护金")
        OUTSIDE = "outside", _("平台之外")

    key = models.CharField(max_length=100, unique=True)
    kind = models.CharField(_("类别"), max_length=16, choices=Kind)
    title = models.CharField(_("名称（公开）"), max_length=200)
    place_path = models.CharField(max_length=200, blank=True, default="")
    may_be_negative = models.BooleanField(_("可为负数"), default=False)
    balance_fen = models.BigIntegerField(_("余额（分）"), default=0, editable=False)

    class Meta:
        verbose_name = _("账户")
        verbose_name_plural = _("账户")
        indexes = [models.Index(OpClass(F("place_path"), "varchar_pattern_ops"), F("id"), name="account_of_place")]
        constraints = [
            models.CheckConstraint(
                condition=Q(balance_fen__gte=0) | Q(may_be_negative=True), name="account_is_not_overdrawn"
            ),
            models.CheckConstraint(condition=~Q(key=""), name="account_has_a_key"),
        ]

    def __str__(self) -> str:
        return self.title


class EntryQuerySet(models.QuerySet["Entry"]):
    def of(self, subject: models.Model) -> EntryQuerySet:
        return self.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)

    def in_order(self) -> EntryQuerySet:
        return self.order_by("at", "pk")

    def with_postings(self) -> EntryQuerySet:
        """Everything a page of books shows, in two queries whatever its length."""
        postings = Posting.objects.select_related("account").order_by("pk")
        return self.select_related("reverses", "reversed_by").prefetch_related(
            models.Prefetch("postings", queryset=postings)
        )


class Entry(models.Model):
    """One movement of money. It is never edited: an error is reversed by another entry.

    ``key`` makes a repeat harmless; ``digest`` tells a repeat from something else under the same key.
    The database sets ``at`` and ``xid`` itself: postings can join an entry only in its own transaction.
    """

    key = models.CharField(max_length=150)
    digest = models.CharField(max_length=64, editable=False)
    kind = models.CharField(_("事由"), max_length=32)
    memo = models.CharField(_("摘要（公开）"), max_length=MEMO_LENGTH)
    voucher = models.CharField(_("凭证"), max_length=VOUCHER_LENGTH, blank=True, default="")
    subject_type = models.CharField(max_length=64, blank=True, default="")
    subject_id = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField(_("时间"), db_default=Now())
    xid = models.BigIntegerField(db_default=Transaction(), editable=False)
    by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("经办人"),
    )
    confirmed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("复核人"),
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("冲正")
    )

    objects: ClassVar[models.Manager[Entry]] = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("分录")
        verbose_name_plural = _("分录")
        indexes = [models.Index(fields=["subject_type", "subject_id", "at", "id"], name="entry_of_subject")]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="one_entry_per_key"),
            models.CheckConstraint(condition=~Q(key=""), name="entry_has_a_key"),
            models.CheckConstraint(
                condition=Q(by=None) | Q(confirmed_by=None) | ~Q(by=F("confirmed_by")),
                name="entry_has_two_people",
            ),
            models.CheckConstraint(
                condition=Q(subject_type="", subject_id=None) | ~Q(subject_type="") & Q(subject_id__isnull=False),
                name="entry_subject_is_whole",
            ),
            models.CheckConstraint(condition=Q(reverses=None) | ~Q(reverses=F("pk")), name="entry_reverses_another"),
        ]

    def __str__(self) -> str:
        return self.memo or self.key


class Posting(models.Model):
    """What an entry does to one account: positive comes in, negative goes out."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings", db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, related_name="postings", db_index=False)
    amount_fen = models.BigIntegerField(_("金额（分）"))

    class Meta:
        verbose_name = _("记账")
        verbose_name_plural = _("记账")
        indexes = [models.Index(fields=["account", "id"], name="posting_of_account")]
        constraints = [
            models.UniqueConstraint(fields=["entry", "account"], name="one_posting_per_account"),
            models.CheckConstraint(condition=~Q(amount_fen=0), name="posting_moves_something"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.account_id} {self.amount_fen}"
