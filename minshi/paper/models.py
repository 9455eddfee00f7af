"""A sheet with its lines. It knows no vote: the higher app's row holds the key to a line, and says what counts.

What must never happen (one person reading twice, a reading rewritten, a settled line changed) is refused by the
database: guards/paper.sql.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.residents.models import Person
from minshi.territory.models import Household, Territory


class Sheet(models.Model):
    """One piece of paper as it came in. ``stub`` shows doors and signatures: of a ballot its stub, of a list all."""

    place = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name=_("地方"))
    about = models.CharField(_("事由"), max_length=120)
    stub = models.ImageField(_("存根或整张的照片"), upload_to="paper/stubs/", blank=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(_("登记时间"), db_default=Now())

    SHOWN_TO_NOBODY = True

    class Meta:
        verbose_name = _("纸质表")
        verbose_name_plural = _("纸质表")

    def __str__(self) -> str:
        return f"sheet {self.pk}"

    @property
    def territory(self) -> Territory:
        return self.place


class LineQuerySet(models.QuerySet["Line"]):
    def valid(self) -> LineQuerySet:
        return self.filter(voided_at=None)

    def unsettled(self) -> LineQuerySet:
        """Registered, and not yet read alike by two or put right by the household."""
        return self.valid().filter(settled_at=None, corrected_at=None)

    def settled(self) -> LineQuerySet:
        return self.valid().filter(Q(settled_at__isnull=False) | Q(corrected_at__isnull=False))

    def with_unread_second(self) -> LineQuerySet:
        """Whose second sheet came in and is not read alike by two; what the household says itself overtakes it."""
        second = Line.objects.unsettled().filter(correcting=OuterRef("pk"))
        return self.valid().filter(Exists(second), corrected_at=None)

    def waiting_for(self, reader: Any) -> LineQuerySet:
        """Read once (or twice and differently) by others, so that this person may read it now."""
        return (
            self.unsettled()
            .filter(first__isnull=False)
            .exclude(first_by__in=reader.keys)
            .exclude(second_by__in=reader.keys)
        )


def _reader() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")


def _reading(label: Any) -> models.JSONField:
    return models.JSONField(label, null=True, blank=True, encoder=DjangoJSONEncoder)


class Line(models.Model):
    """What one door says on a sheet. Two people read it without seeing each other's reading; a third decides.

    ``signer`` is one of the door's people, or empty: 未登记. ``words`` is the photo of the half without the door.
    ``settled`` is what two readings agree on, ``corrected`` what the household itself says instead, once.
    ``slip_number`` is known to whoever handled the sheet and is left with the household.
    """

    PERSONAL = ("correction",)
    SHOWN_TO_NOBODY = True

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="lines", verbose_name=_("纸质表"))
    ordinal = models.PositiveSmallIntegerField(_("行"), default=1)
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="+", verbose_name=_("户"))
    signer = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("签名人"))
    slip_number = models.CharField(_("回执号"), max_length=12, unique=True)
    words = models.ImageField(_("内容半张的照片"), upload_to="paper/words/", blank=True)
    first, first_by = _reading(_("第一次录入")), _reader()
    first_at = models.DateTimeField(null=True)
    second, second_by = _reading(_("第二次录入")), _reader()
    third, third_by = _reading(_("第三次录入")), _reader()
    settled = _reading(_("核定内容"))
    settled_at = models.DateTimeField(_("核对时间"), null=True)
    correct_until = models.DateTimeField(_("更正至（不含）"), null=True)
    corrected, corrected_by = _reading(_("更正内容")), _reader()
    corrected_at = models.DateTimeField(null=True)
    correction = models.CharField(_("更正说明"), max_length=200, blank=True)
    correcting = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="second_sheets", verbose_name=_("更正哪一张")
    )
    voided_by = _reader()
    voided_at = models.DateTimeField(_("撤销时间"), null=True)
    void_reason = models.CharField(_("撤销原因"), max_length=200, blank=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = _("纸质表的一行")
        verbose_name_plural = _("纸质表的行")
        ordering = ["sheet", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "ordinal"], name="one_line_of_an_ordinal"),
            models.UniqueConstraint(fields=["correcting"], condition=Q(voided_at=None), name="one_second_sheet"),
            models.UniqueConstraint(
                fields=["sheet", "household"], condition=Q(voided_at=None), name="one_line_per_door_of_a_sheet"
            ),
            models.CheckConstraint(
                condition=Q(first=None, first_by=None, first_at=None)
                | Q(first__isnull=False, first_by__isnull=False, first_at__isnull=False),
                name="first_reading_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(second=None, second_by=None)
                | Q(second__isnull=False, second_by__isnull=False, first__isnull=False) & ~Q(second_by=F("first_by")),
                name="second_reading_is_by_another",
            ),
            models.CheckConstraint(
                condition=Q(third=None, third_by=None)
                | Q(third__isnull=False, third_by__isnull=False, second__isnull=False)
                & ~Q(third_by=F("first_by"))
                & ~Q(third_by=F("second_by"))
                & ~Q(first=F("second")),
                name="third_reading_is_by_a_third",
            ),
            models.CheckConstraint(
                condition=Q(settled=None, settled_at=None)
                | Q(settled__isnull=False, settled_at__isnull=False)
                & (
                    Q(second__isnull=False) & Q(settled=F("first")) & Q(first=F("second"))
                    | Q(third__isnull=False) & Q(settled=F("third")) & (Q(third=F("first")) | Q(third=F("second")))
                ),
                name="settled_is_what_two_read",
            ),
            models.CheckConstraint(
                condition=Q(corrected=None, corrected_by=None, corrected_at=None, correction="")
                | Q(
                    corrected__isnull=False, corrected_by__isnull=False, corrected_at__isnull=False, first__isnull=False
                )
                & ~Q(correction=""),
                name="correction_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(voided_by=None, voided_at=None, void_reason="")
                | Q(voided_by__isnull=False, voided_at__isnull=False, corrected_at=None) & ~Q(void_reason=""),
                name="void_line_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.sheet_id}/{self.ordinal}"

    @property
    def is_read(self) -> bool:
        return self.first is not None

    @property
    def is_settled(self) -> bool:
        """Read alike by two people, or put right by the household itself."""
        return self.settled_at is not None or self.corrected_at is not None

    @property
    def is_doubted(self) -> bool:
        """Two readings differ: a third person decides."""
        return self.second is not None and not self.is_settled

    @property
    def second_sheet(self) -> Line | None:
        """Brought by a household without a phone to put this one right."""
        return self.second_sheets.valid().first()

    @property
    def unread_second(self) -> Line | None:
        """The second sheet while it waits for its readers."""
        second = self.second_sheet
        return second if second and not second.is_settled and self.corrected_at is None else None

    @property
    def said(self) -> dict[str, Any] | None:
        """What holds: the household's own word, else what two read."""
        found: dict[str, Any] | None = self.corrected if self.corrected_at else self.settled
        return found
