"""The staff's pages of the ground's things: people, roles, places, notices, objections, books, deadlines, policy."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.clock import today
from minshi.deadlines.models import Deadline
from minshi.desk.admin import ScopedAdmin, territories_of
from minshi.desk.steps import ReasonField, StepForm
from minshi.disclosure import actions as notices
from minshi.disclosure.models import Notice, Objection
from minshi.ledger.models import Account
from minshi.ledger.money import format_yuan
from minshi.policy import actions as policy
from minshi.policy.models import Parameter, Setting
from minshi.residents import actions as residents
from minshi.residents.masking import mask_name
from minshi.residents.models import Person, Role, RoleGrant
from minshi.territory.models import Household, Territory

# --- People and roles ---------------------------------------------------------------------------


class ConfirmResident(StepForm):
    name = "confirm"
    label = _("确认住在这里")
    permission = "residents.confirm"

    @classmethod
    def open_to(cls, subject: Person) -> bool:
        return subject.confirmed_at is None and subject.household_id is not None

    def run(self, subject: Person, by: User) -> object:
        return residents.confirm(subject, by=by)


class RefuseResident(ConfirmResident):
    name = "refuse"
    label = _("不住在这里")

    def run(self, subject: Person, by: User) -> None:
        residents.refuse(subject, by=by)


class Appoint(StepForm):
    name = "appoint"
    label = _("授予角色")
    help = _("上一级任命下一级；工作人员另要设密码和动态口令。")
    permission = "residents.appoint"
    role = forms.ChoiceField(label=_("角色"), choices=Role.choices)
    place = forms.ModelChoiceField(label=_("在哪里"), queryset=Territory.objects.none())
    since = forms.DateField(label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    basis = forms.CharField(label=_("依据（推选或任命记录）"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today
        if self.subject.household:
            field: Any = self.fields["place"]
            field.queryset = self.subject.household.place.ancestors()

    @classmethod
    def open_to(cls, subject: Person) -> bool:
        return subject.user_id is not None and subject.confirmed_at is not None

    def run(self, subject: Person, by: User) -> object:
        assert subject.user
        return residents.grant(subject.user, **self.cleaned_data, by=by)


@admin.register(Person)
class PersonAdmin(ScopedAdmin):
    """Names are masked in the list; whoever handles one entry sees it whole."""

    place_path = "household__place__path"
    step_forms = (ConfirmResident, RefuseResident, Appoint)
    list_display = ("public_name", "household", "is_representative", "is_adult", "confirmed_at")
    list_select_related = ("household__place",)
    fields = ("name", "household", "is_representative", "is_adult", "confirmed_at", "consented_at")

    @admin.display(description=_("姓名"))
    def public_name(self, person: Person) -> str:
        return mask_name(person.name)


class Revoke(StepForm):
    name = "revoke"
    label = _("撤销任职")
    help = _("马上生效，已经登录的也一样。")
    permission = "residents.revoke"

    @classmethod
    def open_to(cls, subject: RoleGrant) -> bool:
        return subject.revoked_at is None

    def run(self, subject: RoleGrant, by: User) -> None:
        residents.revoke(subject, by=by)


@admin.register(RoleGrant)
class RoleGrantAdmin(ScopedAdmin):
    step_forms = (Revoke,)
    list_display = ("role", "place", "holder", "since", "until", "revoked_at")
    list_select_related = ("place", "user__person")
    list_filter = ("role",)
    fields = ("role", "place", "since", "until", "revoked_at", "basis")

    @admin.display(description=_("姓名"))
    def holder(self, held: RoleGrant) -> str:
        person = getattr(held.user, "person", None)
        return mask_name(person.name) if person else ""


class SetParameter(StepForm):
    name = "set-parameter"
    label = _("定这里的规则参数")
    help = _("从写明的日期起用；已经开始的阶段还按原来的办。分数写成 2/3，几项写成 [30, 67, 3]。")
    permission = "policy.set"
    parameter = forms.ModelChoiceField(label=_("参数"), queryset=Parameter.objects.order_by("row", "name"))
    value = forms.CharField(label=_("新的值"), max_length=100)
    since = forms.DateField(label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(label=_("依据（文件名、文号）"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today

    def clean_value(self) -> Any:
        """A number or a list as typed, anything else as text; the action says whether the parameter takes it."""
        text: str = self.cleaned_data["value"].strip()
        try:
            return json.loads(text)
        except ValueError:
            return text

    def run(self, subject: Territory, by: User) -> object:
        data = self.cleaned_data
        return policy.set_value(
            data["parameter"], subject, data["value"], since=data["since"], source=data["source"], by=by
        )


@admin.register(Territory)
class TerritoryAdmin(ScopedAdmin):
    place_path = "path"
    step_forms = (SetParameter,)
    list_display = ("name", "level", "code", "full_name")
    list_select_related = ("level",)
    search_fields = ("name", "code")


@admin.register(Household)
class HouseholdAdmin(ScopedAdmin):
    list_display = ("address", "place", "is_active")
    list_select_related = ("place",)
    search_fields = ("address", "place__name")


# --- Notices ------------------------------------------------------------------------------------


class Correct(StepForm):
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
        return notices.correct(subject, reason=self.cleaned_data["reason"], body=self.cleaned_data["body"], by=by)


@admin.register(Notice)
class NoticeAdmin(ScopedAdmin):
    step_forms = (Correct,)
    list_display = ("number", "kind", "title", "place", "posted_at", "ends_at", "objections_open")
    list_select_related = ("place",)
    list_filter = ("kind", "is_gate")


class Answer(StepForm):
    name = "answer"
    label = _("答复异议")
    help = _("答复写在公示旁边，大家都看得到。")
    permission = "disclosure.answer"
    text = forms.CharField(label=_("答复"), widget=forms.Textarea(attrs={"rows": 5}), max_length=2000)
    outcome = forms.ChoiceField(label=_("结果"), choices=Objection.Outcome.choices, widget=forms.RadioSelect)

    @classmethod
    def open_to(cls, subject: Objection) -> bool:
        return subject.answered_at is None

    def run(self, subject: Objection, by: User) -> object:
        return notices.answer(subject, text=self.cleaned_data["text"], outcome=self.cleaned_data["outcome"], by=by)


class Climb(StepForm):
    name = "climb"
    label = _("提请上一级答复")
    permission = "disclosure.answer"
    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Objection) -> bool:
        return subject.answered_at is None

    def run(self, subject: Objection, by: User) -> object:
        return notices.climb(subject, reason=self.cleaned_data["reason"], by=by)


@admin.register(Objection)
class ObjectionAdmin(ScopedAdmin):
    place_path = "notice__place__path"
    step_forms = (Answer, Climb)
    list_display = ("notice", "level", "at", "answered_at", "outcome")
    list_select_related = ("notice",)
    list_filter = ("level", "outcome")


# --- Books, deadlines, policy -------------------------------------------------------------------


@admin.register(Account)
class AccountAdmin(ScopedAdmin):
    place_path = "place_path"
    list_display = ("title", "kind", "balance")
    list_filter = ("kind",)

    @admin.display(description=_("余额（元）"))
    def balance(self, account: Account) -> str:
        return format_yuan(account.balance_fen)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _by_path(Account.objects.all(), "place_path", request)


@admin.register(Deadline)
class DeadlineAdmin(ScopedAdmin):
    list_display = ("title", "role", "set_at", "due", "outcome", "handled_at")
    list_filter = ("outcome", "role")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _by_path(Deadline.objects.exclude(role=""), "place_path", request)


def _by_path(rows: QuerySet[Any], field: str, request: HttpRequest) -> QuerySet[Any]:
    """For rows that keep the path itself, not a place."""
    mine = Q(pk__in=[])
    for territory in territories_of(request.user):
        mine |= Q(**{f"{field}__startswith": territory})
    return rows.filter(mine)


@admin.register(Setting)
class SettingAdmin(ScopedAdmin):
    list_display = ("parameter", "value", "place", "since", "source")
    list_select_related = ("parameter", "place")
    search_fields = ("parameter__title", "parameter__name")
