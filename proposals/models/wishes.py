"""微心愿: the small wants of residents, and who else wants them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.paper.models import Sheet
from minshi.searching import Bigrams
from minshi.territory.models import Territory
from proposals.models.choices import Category, Channel
from proposals.models.proposals import SPOT_LENGTH, Proposal

WISH_LENGTH = 200
UNIT_LENGTH = 60


class WishStage(models.TextChoices):
    NEW = "new", _("等待回应")
    CLAIMED = "claimed", _("已认领")
    HANDED = "handed", _("已转责任单位")
    ONSITE = "onsite", _("已到场处理")
    SAID = "said", _("已办好，等许愿人看")
    JOINED = "joined", _("和同样的心愿一起办")
    PROMOTED = "promoted", _("已转为项目")
    FULFILLED = "fulfilled", _("已实现")
    DECLINED = "declined", _("未采纳")


WISH_WAITS = (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED, WishStage.ONSITE)
"""Whoever holds it has to do something next; once they said it is done, the wisher has."""
WISH_ENDED = (WishStage.PROMOTED, WishStage.FULFILLED, WishStage.DECLINED)
WISH_RESTS = (*WISH_ENDED, WishStage.JOINED)
"""Nobody holds it: it has ended, or the one it was joined to is answered for both."""


class Wish(models.Model):
    """微心愿: one resident's small want. Who wished is shown to nobody but those who handle it."""

    PERSONAL = ("wisher_name",)

    place = models.ForeignKey(Territory, models.PROTECT, related_name="wishes", verbose_name=_("地方"))
    text = models.CharField(_("心愿"), max_length=WISH_LENGTH)
    spot = models.CharField(_("具体位置"), max_length=SPOT_LENGTH, blank=True)
    category = models.CharField(_("类别"), max_length=12, choices=Category, default=Category.OTHER)
    channel = models.CharField(_("来源"), max_length=12, choices=Channel, default=Channel.ONLINE)
    urgent = models.BooleanField(_("急事"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="wishes")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("代录人")
    )
    sheet = models.ForeignKey(Sheet, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("心愿本"))
    slip_number = models.CharField(_("回执号"), max_length=12, unique=True, null=True, blank=True)
    wisher_name = models.CharField(_("许愿人（仅办理人可见）"), max_length=40, blank=True)
    at = models.DateTimeField(_("时间"), db_default=Now())
    supporters = models.PositiveIntegerField(_("也想要的人"), default=0)
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, blank=True, related_name="wishes")
    joined_to = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="joined", verbose_name=_("并到的心愿")
    )
    handed_to = models.CharField(_("转给哪个单位"), max_length=UNIT_LENGTH, blank=True)
    answer = models.TextField(_("答复"), blank=True)
    done_at = models.DateTimeField(_("说办好的时间"), null=True, editable=False)
    """Written by the database (``guards/said.sql``); contested, it is said anew."""
    is_demo = models.BooleanField(_("演示数据"), default=False)
    stage = models.CharField(_("进展"), max_length=12, choices=WishStage)
    stage_since = models.DateTimeField(null=True, blank=True)
    holder_role = models.CharField(max_length=20, blank=True)
    holder_place = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    due_basis = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("微心愿")
        verbose_name_plural = _("微心愿")
        indexes = [
            models.Index(F("place_id"), F("at").desc(), F("id").desc(), name="wish_of_place_newest"),
            models.Index(F("at").desc(), F("id").desc(), name="wish_newest"),
            # How long wishes took is read from here alone.
            models.Index(
                F("place_id"),
                F("stage_since"),
                F("at"),
                F("done_at"),
                F("urgent"),
                name="wish_done",
                condition=Q(stage=WishStage.FULFILLED),
            ),
            GinIndex(Bigrams("text"), name="wish_text_bigrams"),
            GinIndex(Bigrams("spot"), name="wish_spot_bigrams"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__in=WISH_RESTS)
                | ~Q(holder_role="") & Q(holder_place__isnull=False) & Q(due_at__isnull=False),
                name="open_wish_has_holder_and_deadline",
            ),
            models.CheckConstraint(
                condition=Q(stage=WishStage.JOINED, joined_to__isnull=False)
                | ~Q(stage=WishStage.JOINED) & Q(joined_to__isnull=True),
                name="joined_wish_names_the_other",
            ),
            models.CheckConstraint(condition=~Q(joined_to=F("id")), name="wish_joined_to_another"),
        ]

    def __str__(self) -> str:
        return self.text

    def get_absolute_url(self) -> str:
        return reverse("wish", args=[self.pk])

    @property
    def territory(self) -> Territory:
        return self.place

    @property
    def was_told(self) -> bool:
        """Somebody wrote it down for whoever wished: nobody but them can ask how it was."""
        return bool(self.wisher_name)

    @property
    def is_for_another(self) -> bool:
        """``by`` wrote it down for somebody who has no account here."""
        return self.was_told and self.entered_by_id is None


class WishSupport(models.Model):
    """Somebody else wants it too."""

    wish = models.ForeignKey(Wish, models.PROTECT, related_name="supports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("也想要")
        verbose_name_plural = _("也想要")
        constraints = [models.UniqueConstraint(fields=["wish", "by"], name="wants_it_once")]

    def __str__(self) -> str:
        return f"{self.wish_id}: {self.by_id}"
