"""归档: one project, one complete file, sealed piece by piece."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.territory.models import Territory
from proposals.models import Proposal

SHA256 = r"^[0-9a-f]{64}$"


class Archive(models.Model):
    """Written once, when the file is complete. ``digest`` is the seal of its last file then."""

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="archive", verbose_name=_("项目"))
    files_count = models.PositiveSmallIntegerField(_("件数"))
    digest = models.CharField(_("封存校验值"), max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("归档人"))
    sealed_at = models.DateTimeField(_("封存时间"), db_default=Now())

    class Meta:
        verbose_name = _("项目档案")
        verbose_name_plural = _("项目档案")
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex=SHA256, files_count__gt=0), name="archive_is_sealed")
        ]

    def __str__(self) -> str:
        return f"{self.proposal}"

    def get_absolute_url(self) -> str:
        return reverse("archive", args=[self.proposal.number])

    @property
    def territory(self) -> Territory:
        return self.proposal.place


class ArchiveFile(models.Model):
    """One piece as canonical JSON. ``seal`` is sha256(seal of the one before + own sha256): order and all
    that came before are sealed with it. Pieces added after the archive are supplements.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="archive_files", verbose_name=_("项目"))
    ordinal = models.PositiveSmallIntegerField(_("序号"))
    kind = models.CharField(_("种类"), max_length=16)
    title = models.CharField(_("文件名"), max_length=160)
    content = models.TextField(_("内容（JSON）"))
    sha256 = models.CharField(_("校验值"), max_length=64)
    seal = models.CharField(_("封"), max_length=64)
    is_supplement = models.BooleanField(_("归档后补充"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("时间"), db_default=Now())

    class Meta:
        verbose_name = _("档案文件")
        verbose_name_plural = _("档案文件")
        ordering = ["ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "ordinal"], name="one_archive_file_of_an_ordinal"),
            models.CheckConstraint(
                condition=Q(sha256__regex=SHA256, seal__regex=SHA256), name="archive_file_is_sealed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal:02d} {self.title}"

    @property
    def file_name(self) -> str:
        return f"{self.ordinal:03d}-{self.kind}.json"
