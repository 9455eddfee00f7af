"""第二眼: what was typed from a sheet of paper, looked at again by another beside the sheet's photo."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.paper.models import Sheet
from minshi.territory.models import Territory
from proposals.models.proposals import SPOT_LENGTH, WHY_LENGTH
from proposals.models.wishes import WISH_LENGTH, Wish

DIFFERENCE_LENGTH = 300


class LookState(models.TextChoices):
    WAITING = "waiting", _("等另一位对照原件")
    DIFFERS = "differs", _("和原件不一样，等更正")
    ALIKE = "alike", _("另一位已对照原件，一致")
    NOTED = "noted", _("和原件不一样，已说明")


LOOKED = (LookState.ALIKE, LookState.NOTED)


class Look(models.Model):
    """Wishes and proposals from paper run at once; another looks at the sheet within its days (domain.md 8).

    ``typed_by`` is whoever typed what stands now: after a correction another than they looks again. ``NOTED`` is a
    difference that is only found when nothing may be changed any more; it stands beside what was typed.
    """

    PERSONAL = ("difference",)

    sheet = models.OneToOneField(Sheet, models.PROTECT, related_name="look", verbose_name=_("纸质表"))
    typed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("录入人"))
    state = models.CharField(_("进展"), max_length=8, choices=LookState, default=LookState.WAITING)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("对照的人")
    )
    looked_at = models.DateTimeField(_("对照时间"), null=True)
    difference = models.CharField(_("哪里不一样"), max_length=DIFFERENCE_LENGTH, blank=True)

    class Meta:
        verbose_name = _("对照原件")
        verbose_name_plural = _("对照原件")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=LookState.WAITING, looked_by=None, looked_at=None)
                | ~Q(state=LookState.WAITING) & Q(looked_by__isnull=False, looked_at__isnull=False),
                name="look_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(looked_by=None) | ~Q(looked_by=F("typed_by")), name="nobody_looks_at_their_own_typing"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(LookState.DIFFERS, LookState.NOTED)) | ~Q(difference=""),
                name="difference_is_named",
            ),
        ]

    def __str__(self) -> str:
        return f"look at sheet {self.sheet_id}"

    @property
    def territory(self) -> Territory:
        return self.sheet.place

    @property
    def is_over(self) -> bool:
        return self.state in LOOKED


class WishChange(models.Model):
    """What a wish said before it was put right from its sheet."""

    wish = models.ForeignKey(Wish, models.PROTECT, related_name="changes", verbose_name=_("微心愿"))
    text = models.CharField(_("原来的心愿"), max_length=WISH_LENGTH)
    spot = models.CharField(_("原来的位置"), max_length=SPOT_LENGTH, blank=True)
    why = models.CharField(_("改了什么"), max_length=WHY_LENGTH)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("更正人"))
    at = models.DateTimeField(_("时间"), db_default=Now())

    class Meta:
        verbose_name = _("心愿更正")
        verbose_name_plural = _("心愿更正")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.wish_id}: {self.why}"
