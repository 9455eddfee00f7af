"""The pictures of a project, and of a wish."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from proposals.models.proposals import Proposal
from proposals.models.wishes import Wish

MOST_WISH_PHOTOS = 3


WITHHELD_LENGTH = 120


class Withholdable(models.Model):
    """A picture in public that may be taken back: who can be known on it did not agree, or no longer does.

    The original stays locked and is shown to nobody; in its place stand its number, the day, why, and its ``digest``.
    """

    withheld_at = models.DateTimeField(_("收回时间"), null=True, blank=True)
    withheld_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    withheld_why = models.CharField(_("收回的理由"), max_length=WITHHELD_LENGTH, blank=True, db_default="")
    digest = models.CharField(_("原件的校验值"), max_length=64, blank=True, db_default="")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(withheld_at=None, withheld_by=None, withheld_why="", digest="")
                | Q(withheld_at__isnull=False, withheld_by__isnull=False) & ~Q(withheld_why="") & ~Q(digest=""),
                name="%(class)s_is_withheld_whole",
            )
        ]


class Photo(Withholdable):
    """A picture of the matter; stored re-encoded, shown through a view."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="photos")
    image = models.ImageField(_("照片"), upload_to="proposals/")
    small = models.ImageField(_("小图"), upload_to="proposals/", blank=True)
    caption = models.CharField(_("说明"), max_length=80, blank=True)
    moment = models.CharField(max_length=10, default="before")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta(Withholdable.Meta):
        verbose_name = _("照片")
        verbose_name_plural = _("照片")

    def __str__(self) -> str:
        return f"photo {self.pk}"


class WishPhoto(models.Model):
    """A picture of what is wished: in public once whoever answers the wish has seen that it gives nobody away.

    Before that, and where they say no, it is there for them and for whoever wished, who may also take it back.
    """

    wish = models.ForeignKey(Wish, models.PROTECT, related_name="photos")
    ordinal = models.PositiveSmallIntegerField()
    image = models.ImageField(_("照片"), upload_to="wishes/")
    small = models.ImageField(_("小图"), upload_to="wishes/")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    looked_at = models.DateTimeField(_("看过的时间"), null=True, blank=True)
    looked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    is_shown = models.BooleanField(_("公开"), default=False)
    taken_back_at = models.DateTimeField(_("许愿人撤下的时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("心愿的照片")
        verbose_name_plural = _("心愿的照片")
        constraints = [
            models.UniqueConstraint(fields=["wish", "ordinal"], name="wish_photo_once"),
            models.CheckConstraint(condition=Q(ordinal__range=(1, MOST_WISH_PHOTOS)), name="few_photos_of_a_wish"),
            models.CheckConstraint(
                condition=Q(looked_at=None, looked_by=None) | Q(looked_at__isnull=False, looked_by__isnull=False),
                name="wish_photo_is_looked_at_whole",
            ),
            models.CheckConstraint(
                condition=Q(is_shown=False) | Q(looked_at__isnull=False, taken_back_at=None),
                name="wish_photo_is_looked_at_before_it_is_shown",
            ),
        ]

    def __str__(self) -> str:
        return f"photo {self.pk}"
