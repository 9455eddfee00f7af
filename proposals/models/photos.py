"""The pictures of a project."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from proposals.models.proposals import Proposal


class Photo(models.Model):
    """A picture of the matter; stored re-encoded, shown through a view."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="photos")
    image = models.ImageField(_("照片"), upload_to="proposals/")
    small = models.ImageField(_("小图"), upload_to="proposals/", blank=True)
    caption = models.CharField(_("说明"), max_length=80, blank=True)
    moment = models.CharField(max_length=10, default="before")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("照片")
        verbose_name_plural = _("照片")

    def __str__(self) -> str:
        return f"photo {self.pk}"
