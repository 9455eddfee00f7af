"""What somebody asks to have put right about themselves, and its one answer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.residents.models import Residence
from minshi.territory.models import Territory

ABOUT_LENGTH = 240


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def open(self) -> CorrectionQuerySet:
        return self.filter(answered_at=None)


class Correction(models.Model):
    """A confirmed resident's name is wrong: whoever confirmed them looks again. ``due_at`` is exclusive.

    Or another right is asked for in words (``about``, form 37): to read, correct or delete what no page of one's own
    does; the community answers what was done, or why not.
    """

    PERSONAL = ("name", "about", "answer")

    home = models.ForeignKey(Residence, models.PROTECT, related_name="corrections", verbose_name=_("住户"))
    name = models.CharField(_("应该是"), max_length=40, blank=True)
    about = models.CharField(_("申请什么"), max_length=ABOUT_LENGTH, blank=True, default="", db_default="")
    asked_at = models.DateTimeField(_("申请时间"), db_default=Now())
    due_at = models.DateTimeField(_("答复期限"))
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    is_granted = models.BooleanField(_("已更正"), null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=200, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("信息更正申请")
        verbose_name_plural = _("信息更正申请")
        constraints = [
            models.UniqueConstraint(
                fields=["home"], condition=Q(answered_at=None), name="one_open_correction_of_a_home"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, is_granted=None, answered_by=None, answer="")
                | Q(answered_at__isnull=False, is_granted__isnull=False, answered_by__isnull=False),
                name="correction_is_answered_whole",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & Q(about="") | Q(name="") & ~Q(about=""), name="asked_for_a_name_or_in_words"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(about="") | ~Q(answer=""),
                name="asked_in_words_is_answered_in_words",
            ),
            models.CheckConstraint(condition=~Q(is_granted=False) | ~Q(answer=""), name="refused_correction_says_why"),
        ]

    def __str__(self) -> str:
        return str(_("更正申请 %(pk)s") % {"pk": self.pk})

    @property
    def territory(self) -> Territory:
        return self.home.household.place
