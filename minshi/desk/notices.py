"""The staff's pages of notices and of the objections they have to answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.desk.admin import ScopedAdmin, until
from minshi.desk.deskwork import DeskForm, ReasonField
from minshi.desk.views import done_by_another, done_on_own_page
from minshi.disclosure import actions
from minshi.disclosure.actions import ANSWER, SECOND_READING, SECOND_REMARK
from minshi.disclosure.models import Above, Notice, Objection, Remark
from minshi.disclosure.rules import ANSWERS, CALLERS, READERS, has_part, may_read_original, why_no_remark

done_on_own_page(SECOND_READING)
done_by_another(SECOND_READING, Objection, "line__first_by", "line__second_by", "by", "speaker__user", roles=READERS)
done_by_another(ANSWER, Objection, "by", "speaker__user")
done_by_another(
    SECOND_REMARK,
    Objection,
    *("remarks__by", "notice__posted_by", "by", "speaker__user", "entered_by"),
    roles=CALLERS[Above.ABOVE],
    where=Q(remarks__dropped_at=None, remarks__second=None),
)


class Correct(DeskForm):
    name = "correct"
    label = _("更正公示")
    help = _("原公示不能改：会发布一份新的，期限重新计算。")
    permission = "disclosure.correct"
    body = forms.CharField(label=_("更正后的正文"), widget=forms.Textarea(attrs={"rows": 8}), max_length=5000)
    reason = ReasonField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].initial = self.subject.body

    @classmethod
    def open_to(cls, subject: Notice) -> bool:
        return subject.withdrawn_by_id is None

    def run(self, subject: Notice, by: User) -> object:
        return actions.correct(subject, reason=self.cleaned_data["reason"], body=self.cleaned_data["body"], by=by)


@admin.register(Notice)
class NoticeAdmin(ScopedAdmin):
    desk_forms = (Correct,)
    list_display = ("number", "kind", "title", "place", "posted_at", until("ends_at", _("截止")), "objections_open")
    list_select_related = ("place",)
    list_filter = ("kind", "is_gate")
    search_fields = ("number", "title")
    search_help_text = _("公示编号或标题")

    def named(self, word: str, request: HttpRequest) -> Q:
        return Q(pk__in=Notice.objects.named(word).values("pk"))

    fields = (
        "number", "kind", "is_gate", "title", "place", "issuer", "basis", "course", "body", "posted_at",
        until("ends_at", _("截止")), "provisional", "objections_total", "objections_open", "objections_remarked",
        "objections_unread", "objecting_households", "reopened_at", "withdrawn_by",
    )  # fmt: skip


class OfObjection(DeskForm):
    """Whoever answers reads what was said in full, and how to reach who said it."""

    permission = "disclosure.answer"

    def facts(self) -> list[tuple[Any, Any]]:
        objection: Objection = self.subject
        said = objection.original if may_read_original(self.by, objection) else objection
        who = " ".join(part for part in (said.name, getattr(said, "phone", "")) if part)
        return [
            (_("公示"), objection.notice.title),
            (_("异议人"), who or "—"),
            (_("事实和理由"), said.facts),
            (_("诉求"), said.request or "—"),
        ]

    @classmethod
    def open_to(cls, subject: Objection) -> bool:
        return subject.answered_at is None


class Answer(OfObjection):
    name = "answer"
    label = _("答复异议")
    help = _("答复写在公示旁边，大家都看得到。")
    text = forms.CharField(label=_("答复"), widget=forms.Textarea(attrs={"rows": 5}), max_length=2000)
    outcome = forms.ChoiceField(
        label=_("结果"), choices=[(each, each.label) for each in ANSWERS], widget=forms.RadioSelect
    )

    @classmethod
    def hands_before(cls, subject: Objection) -> list[int | None]:
        return [subject.by_id, subject.speaker.user_id if subject.speaker else None]

    def run(self, subject: Objection, by: User) -> object:
        return actions.answer(subject, text=self.cleaned_data["text"], outcome=self.cleaned_data["outcome"], by=by)


class Climb(OfObjection):
    name = "climb"
    label = _("提请上一级答复")
    reason = ReasonField()

    def run(self, subject: Objection, by: User) -> object:
        return actions.climb(subject, reason=self.cleaned_data["reason"], by=by)


class OfRemark(OfObjection):
    """For whoever stands above the poster of the notice, and has no part in it."""

    permission = "disclosure.remark"

    @classmethod
    def offered(cls, subject: Any, user: User) -> bool:
        return super().offered(subject, user) and not has_part(user, subject)

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        return _("“%(step)s”要由另一个人办理：公示是您发布的，或者这条异议是您提出、登记的。") % {"step": cls.label}


class CallRemark(OfRemark):
    name = "remark"
    label = _("记为意见建议，不挡下一步")
    help = _(
        "提出的人当时不是这里登记的住户，才可以这样记。理由写在公示旁边，大家看得到；照样要答复。"
        "区里发布的公示，由区里两位工作人员认定：另一位确认以后才算。"
    )
    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Objection) -> bool:
        is_held = super().open_to(subject) and subject.notice.is_gate and subject.remark is None
        return is_held and not why_no_remark(subject)

    @classmethod
    def _moved_on(cls, subject: Any) -> str:
        return why_no_remark(subject) or super()._moved_on(subject)

    def run(self, subject: Objection, by: User) -> object:
        return actions.call_remark(subject, reason=self.cleaned_data["reason"], by=by)


class SecondRemark(OfRemark):
    name = "second-remark"
    label = _("确认另一位提出的意见建议")
    help = _("区里发布的公示，由区里两位工作人员认定：您确认以后，这条才不挡下一步。")
    agrees = forms.ChoiceField(
        label=_("您的意见"), choices=[("yes", _("同意")), ("no", _("不同意，照旧等答复"))], widget=forms.RadioSelect
    )

    def facts(self) -> list[tuple[Any, Any]]:
        remark = self.subject.remark
        return [*([(remark.as_role, remark.reason)] if remark else []), *super().facts()]

    @classmethod
    def open_to(cls, subject: Objection) -> bool:
        return super().open_to(subject) and subject.remark is not None and not subject.remark.is_in_force

    @classmethod
    def offered(cls, subject: Any, user: User) -> bool:
        return super().offered(subject, user) and not user.is_same(subject.remark.by_id)

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        if user.is_same(subject.remark.by_id):
            return _("“%(step)s”要由另一个人办理：前一步是您办的。") % {"step": cls.label}
        return super().not_by_them(subject, user)

    def run(self, subject: Objection, by: User) -> object:
        remark: Remark | None = subject.remark
        assert remark is not None
        return actions.second_remark(remark, agrees=self.cleaned_data["agrees"] == "yes", by=by)


@admin.register(Objection)
class ObjectionAdmin(ScopedAdmin):
    """Masked as in public; the clear words stand beside the answer's form, for whoever answers."""

    place_path = "notice__place__path"
    desk_forms = (Answer, Climb, CallRemark, SecondRemark)
    list_display = ("about", "level", "at", until("due_at", _("答复期限")), "answered_at", "outcome")
    list_select_related = ("notice",)
    list_filter = ("level", "outcome")
    search_fields = ("notice__number", "notice__title")
    search_help_text = _("公示编号或标题")
    fields = (
        "about", "ordinal", "channel", "name", "facts", "request", "at", "level", until("due_at", _("答复期限")),
        "climb_reason", "called", "answer", "outcome", "answered_at", "answered_as",
    )  # fmt: skip

    @admin.display(description=_("意见建议"))
    def called(self, objection: Objection) -> str:
        remark = objection.remark
        return f"{remark.who} {remark.reason}" if remark else "—"

    @admin.display(description=_("公示"))
    def about(self, objection: Objection) -> str:
        return f"{objection.notice.number} {objection.notice.title}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Objections made at the desk are entered on the notice's own page."""
        return False
