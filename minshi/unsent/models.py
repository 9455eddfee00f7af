"""A file that came with a form which was shown again: its author's alone, by the address of the form."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now


class UnsentFile(models.Model):
    """Kept as it came, shown to its author only, gone with the form or after policy's days.

    Without ``user``: of somebody whose session had ended; ``author`` is the mark of whoever the browser was last signed
    in as, and nobody is shown it before that person signs in there again.
    """

    UNTRACKED = True
    """Nothing is decided by it, and it is gone again within days."""

    token = models.UUIDField(unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    author = models.CharField(max_length=64, blank=True, db_default="")
    path = models.CharField(max_length=300)
    field = models.CharField(max_length=80)
    name = models.CharField(_("文件名"), max_length=120)
    file = models.FileField(upload_to="unsent/")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("没有提交成的附件")
        verbose_name_plural = _("没有提交成的附件")
        indexes = [
            models.Index(fields=["user", "path"], name="unsent_of_form"),
            models.Index(fields=["at"], name="unsent_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, author="") | Q(user=None) & ~Q(author=""), name="unsent_is_somebodys"
            ),
        ]

    def __str__(self) -> str:
        return str(UUID(str(self.token)))
