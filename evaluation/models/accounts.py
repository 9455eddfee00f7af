"""结算: what the plan said and what the books say, made by one person and confirmed by another."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.disclosure.models import Notice
from minshi.territory.models import Territory
from proposals.models import Proposal


class FinalAccounts(models.Model):
    """A statement as it was when made; when the books move after it, another one is made.

    ``figures`` holds fen by source and by line, as ``selectors.figures_of`` reads them from the books.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="final_accounts", verbose_name=_("项目"))
    ordinal = models.PositiveSmallIntegerField(_("第几次"))
    figures = models.JSONField(_("各项数字"))
    raised_fen = models.BigIntegerField(_("收入合计"))
    spent_fen = models.BigIntegerField(_("支出合计"))
    returned_fen = models.BigIntegerField(_("结余退回"))
    remark = models.TextField(_("说明"), max_length=500, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("编制人"))
    made_at = models.DateTimeField(_("编制时间"), db_default=Now())
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("复核人")
    )
    confirmed_at = models.DateTimeField(_("复核时间"), null=True, blank=True)
    notice = models.OneToOneField(Notice, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("结算")
        verbose_name_plural = _("结算")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "ordinal"], name="one_accounts_of_an_ordinal"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False) & ~Q(confirmed_by=F("made_by")),
                name="accounts_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(notice=None) | Q(confirmed_by__isnull=False), name="published_accounts_are_confirmed"
            ),
            models.CheckConstraint(
                condition=Q(raised_fen__gte=0, spent_fen__gte=0, returned_fen__gte=0),
                name="accounts_are_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(proposal)s 第 %(n)d 次结算") % {"proposal": self.proposal, "n": self.ordinal}

    @property
    def territory(self) -> Territory:
        return self.proposal.place
