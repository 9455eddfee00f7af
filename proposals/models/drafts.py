"""What somebody is writing and has not put forward yet."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from proposals.models.wishes import Wish

MOST_DRAFTS = 5
"""Of one person: a page shows them all."""
MOST_DRAFT_PHOTOS = 6


class Draft(models.Model):
    """Its author's alone, found again on any phone; gone when it is put forward, or some days after it was last kept.

    ``typed`` is what every field was given, by the names of the form, whether or not it is right yet.
    """

    UNTRACKED = True
    """Nothing is decided by it; what is put forward is a proposal, and that is tracked."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    wish = models.ForeignKey(Wish, models.CASCADE, null=True, related_name="+")
    typed = models.JSONField(default=dict)
    at = models.DateTimeField(_("最后存的时间"), db_default=Now())

    class Meta:
        verbose_name = _("没写完的提议")
        verbose_name_plural = _("没写完的提议")
        indexes = [models.Index(fields=["user", "-at"], name="draft_of"), models.Index(fields=["at"], name="draft_at")]

    def __str__(self) -> str:
        return f"draft {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("draft", args=[self.pk])

    @property
    def title(self) -> str:
        """What it is called so far."""
        return next((text for text in self.typed.get("title", ()) if text.strip()), "") or str(_("还没起名字"))


class DraftPhoto(models.Model):
    """A picture of a draft, drawn anew like every other; shown to its author only."""

    UNTRACKED = True

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="photos")
    image = models.ImageField(upload_to="drafts/")
    name = models.CharField(max_length=120)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("没写完的提议的照片")
        verbose_name_plural = _("没写完的提议的照片")

    def __str__(self) -> str:
        return self.name
