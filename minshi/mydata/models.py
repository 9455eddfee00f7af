"""What somebody asks to have put right about themselves, and its one answer; what they let be shown of themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.paper.models import Sheet
from minshi.prefix import Address
from minshi.refusals import guarded
from minshi.residents.models import Person, Residence
from minshi.territory.models import Territory

guarded(
    named_by_consent=_("这里写着本人没有同意公开的姓名，请隐去再办"),
    masked_before_taken_back=_("公开的页面上还写着姓名，先隐去才能撤回同意"),
)
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


class ConsentQuerySet(models.QuerySet["Consent"]):
    def standing(self) -> ConsentQuerySet:
        return self.filter(withdrawn_at=None)

    def of(self, person: Person, act: str, subject: int) -> ConsentQuerySet:
        """For this act, also where another account of the same human said it."""
        people = Q(person=person) | Q(person__user__in=person.user.keys if person.user else ())
        return self.filter(people, act=act, subject=subject)


class Consent(models.Model):
    """单独同意公开 (form 36): beside one act of a person their whole name stands, or photos with people in them, until
    they take it back; another consent is another row.

    ``act`` names the table of what was said or done, ``subject`` its key. ``shown`` is what stood there: once it was
    taken back it is locked, read by nobody, and the record has its digest.
    """

    class What(models.TextChoices):
        NAME = "name", _("姓名")
        PHOTO = "photo", _("认得出人的照片")

    PERSONAL = ("shown",)

    person = models.ForeignKey(Person, models.PROTECT, related_name="consents", verbose_name=_("同意的人"))
    act = models.CharField(_("哪一种"), max_length=40)
    subject = models.BigIntegerField(_("哪一件"))
    what = models.CharField(_("公开什么"), max_length=8, choices=What, default=What.NAME)
    place = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name=_("地方"))
    title = models.CharField(_("事情"), max_length=120)
    url = Address(_("页面"), max_length=200)
    shown = models.CharField(_("公开过的原样（锁定）"), max_length=120, blank=True)
    version = models.PositiveSmallIntegerField(_("按第几版告知"))
    given_at = models.DateTimeField(_("同意时间"), db_default=Now())
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    withdrawn_at = models.DateTimeField(_("收回时间"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("办理收回的人"),
    )
    sheet = models.ForeignKey(
        Sheet, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("收回的纸质申请")
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("公开的同意")
        verbose_name_plural = _("公开的同意")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "act", "subject", "what"], condition=Q(withdrawn_at=None), name="one_standing_consent"
            ),
            models.CheckConstraint(
                condition=Q(sheet=None) | Q(withdrawn_at__isnull=False), name="consent_is_taken_back_on_a_sheet"
            ),
        ]
        indexes = [
            models.Index(fields=["act", "subject"], name="consent_of_act"),
            models.Index(F("place_id"), F("id").desc(), name="consent_of_place"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.get_what_display()}"

    @property
    def territory(self) -> Territory:
        return self.place
