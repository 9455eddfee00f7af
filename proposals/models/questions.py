"""提问与政策问答: what residents ask in public, under a project or of the policy of their place, and the answer."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.searching import Bigrams
from minshi.territory.models import Household, Territory
from proposals.models.proposals import Proposal

QUESTION_LENGTH = 200
ANSWER_LENGTH = 500


class QuestionStage(models.TextChoices):
    WAITING = "waiting", _("等待答复")
    ANSWERED = "answered", _("已答复")
    HIDDEN = "hidden", _("已隐藏")


class Question(models.Model):
    """One question, one answer, both public; without a ``proposal`` it is about the policy of its place.

    ``household`` is whose turn it is, ``asker_public`` the asker's name, masked unless
    they agree to have it shown. What was hidden stays here with its
    reason and is shown to nobody.
    """

    PERSONAL = ("asker_public",)

    place = models.ForeignKey(Territory, models.PROTECT, related_name="questions", verbose_name=_("地方"))
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, null=True, blank=True, related_name="questions", verbose_name=_("项目")
    )
    text = models.CharField(_("问题"), max_length=QUESTION_LENGTH)
    answer = models.CharField(_("答复"), max_length=ANSWER_LENGTH, blank=True)
    hidden_why = models.CharField(_("隐藏的理由"), max_length=ANSWER_LENGTH, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提问人"))
    asker_public = models.CharField(_("提问人（公开）"), max_length=60)
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name=_("户"))
    at = models.DateTimeField(_("时间"), db_default=Now())
    is_demo = models.BooleanField(_("演示数据"), default=False)
    stage = models.CharField(_("进展"), max_length=12, choices=QuestionStage)
    stage_since = models.DateTimeField(null=True, blank=True)
    holder_role = models.CharField(max_length=20, blank=True)
    holder_place = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(_("期限"), null=True, blank=True)
    due_basis = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("提问")
        verbose_name_plural = _("提问")
        indexes = [
            models.Index(F("proposal"), F("id").desc(), name="question_of_proposal"),
            models.Index(F("id").desc(), name="question_of_policy", condition=Q(proposal=None)),
            models.Index(F("household"), F("at").desc(), name="question_of_household"),
            models.Index(
                F("holder_role"), F("proposal"), name="question_waiting", condition=Q(stage=QuestionStage.WAITING)
            ),
            GinIndex(Bigrams("text"), name="question_text_bigrams"),
            GinIndex(Bigrams("answer"), name="question_answer_bigrams"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(stage=QuestionStage.WAITING)
                | ~Q(holder_role="") & Q(holder_place__isnull=False) & Q(due_at__isnull=False),
                name="open_question_has_holder_and_deadline",
            ),
            models.CheckConstraint(
                condition=~Q(stage=QuestionStage.ANSWERED) | ~Q(answer=""), name="answered_question_has_its_answer"
            ),
            models.CheckConstraint(
                condition=~Q(stage=QuestionStage.HIDDEN) | ~Q(hidden_why=""), name="hidden_question_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.text if self.stage != QuestionStage.HIDDEN else str(QuestionStage.HIDDEN.label)

    def get_absolute_url(self) -> str:
        return reverse("question", args=[self.pk])

    @property
    def territory(self) -> Territory:
        return self.place

    @property
    def is_hidden(self) -> bool:
        return self.stage == QuestionStage.HIDDEN
