"""A form that was sent and done: the same key from the same person is the same form."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now


class SentForm(models.Model):
    """Written in the transaction of what the form did. Without the key, which only the form holds, nothing can be read.

    ``key`` is a digest of the key, ``contents`` a digest of what was sent that nobody makes without it, ``answer`` what
    was answered, sealed with it: neither a dump nor the site's own secret tells what somebody chose.
    """

    UNTRACKED = True
    """It says of a change that it was made, not what; and it is gone again within days."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    contents = models.CharField(max_length=64)
    answer = models.TextField(blank=True, db_default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("交过的表单")
        verbose_name_plural = _("交过的表单")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="once_a_form")]
        indexes = [models.Index(fields=["at"], name="once_at")]

    def __str__(self) -> str:
        return self.key[:8]
