"""The staff's pages of people and the roles they hold."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.clock import today
from minshi.desk.admin import ScopedAdmin, territories_of
from minshi.desk.deskwork import DeskForm
from minshi.masking import mask_address, mask_name
from minshi.residents import actions, representing
from minshi.residents.models import OFFICES, STAFF_ROLES, Residence, Role, RoleGrant
from minshi.residents.rules import APPOINTS, confirms_residents, roles_of
from minshi.signin import staff
from minshi.territory.models import Territory


class PlaceField(forms.ModelChoiceField):
    """A place by its whole name: many communities are called alike."""

    def label_from_instance(self, place: Territory) -> str:
        return place.full_name


class Confirm(DeskForm):
    name = "confirm"
    label = _("确认住在这里")
    permission = "residents.confirm"

    def facts(self) -> list[tuple[Any, Any]]:
        home: Residence = self.subject
        return [(_("姓名"), home.person.name if home.person else "—"), (_("门牌"), home.household.door)]

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        return subject.confirmed_at is None and subject.person_id is not None

    def run(self, subject: Residence, by: User) -> object:
        return actions.confirm(subject, by=by)


class Refuse(Confirm):
    name = "refuse"
    label = _("不住在这里")
    help = _("账号还在，可以重新登记。")

    def run(self, subject: Residence, by: User) -> None:
        actions.refuse(subject, by=by)


class Represent(Confirm):
    name = "represent"
    label = _("登记为户代表")
    help = _("以后由这个人代表这户投票；原来的户代表同时取消。")

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        is_adult = subject.person is not None and subject.person.is_adult
        return is_adult and subject.confirmed_at is not None and not subject.is_representative

    def run(self, subject: Residence, by: User) -> object:
        return actions.name_representative(subject, by=by)


class KeepRepresentative(Confirm):
    name = "keep-representative"
    label = _("不换户代表")
    help = _("有人申请当户代表、核实后不该更换时用；申请人会收到消息。")

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        return subject.confirmed_at is not None and representing.is_waiting(subject)

    def run(self, subject: Residence, by: User) -> None:
        representing.keep(subject, by=by)


class MoveOut(Confirm):
    name = "move-out"
    label = _("已经搬走")
    help = _("不再算这里的住户；到新住处重新登记。")

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        return subject.confirmed_at is not None and subject.until is None

    def run(self, subject: Residence, by: User) -> None:
        actions.move_out(subject, by=by)


class Appoint(DeskForm):
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
        field: Any = self.fields["place"]
        field.queryset = self.subject.household.place.ancestors()

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        has_account = subject.person is not None and subject.person.user_id is not None
        return has_account and subject.confirmed_at is not None

    def run(self, subject: Residence, by: User) -> object:
        assert subject.person and subject.person.user
        return actions.grant(subject.person.user, **self.cleaned_data, by=by)


@admin.register(Residence)
class ResidenceAdmin(ScopedAdmin):
    """Who lives where now. Names and doors in full only for whoever confirms residents there, one at a time."""

    place_path = "household__place__path"
    desk_forms = (Confirm, Refuse, Represent, KeepRepresentative, MoveOut, Appoint)
    list_display = ("public_name", "building", "is_representative", "is_adult", "confirmed_at")
    list_select_related = ("person__user", "household__place__parent")
    list_filter = (("confirmed_at", admin.EmptyFieldListFilter), "is_representative")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(until=None, person__isnull=False)

    @admin.display(description=_("姓名"))
    def public_name(self, home: Residence) -> str:
        return mask_name(home.person.name) if home.person else "—"

    @admin.display(description=_("姓名"))
    def name(self, home: Residence) -> str:
        return home.person.name if home.person else "—"

    @admin.display(description=_("门牌"))
    def door(self, home: Residence) -> str:
        return home.household.door

    @admin.display(description=_("楼栋"))
    def building(self, home: Residence) -> str:
        return mask_address(home.household.door)

    @admin.display(description=_("已满18岁"), boolean=True)
    def is_adult(self, home: Residence) -> bool:
        return home.person is not None and home.person.is_adult

    def get_fields(self, request: HttpRequest, obj: Residence | None = None) -> tuple[str, ...]:
        clear = obj is not None and confirms_residents(request.user, obj)  # type: ignore[arg-type]
        who = ("name", "door") if clear else ("public_name", "building")
        return (*who, "is_representative", "is_adult", "since", "confirmed_at")


class OpenAccount(DeskForm):
    label = _("给工作人员开户")
    help = _("开户后把登录名和初始密码当面告诉本人；本人第一次登录时绑定动态口令、换掉密码。")
    permission = "residents.open_account"
    renamed = {"name": "person"}
    person = forms.CharField(label=_("姓名"), max_length=40)
    username = forms.CharField(label=_("登录名"), max_length=32, help_text=_("小写字母和数字，例如 wangli"))
    role = forms.ChoiceField(label=_("角色"))
    place = PlaceField(label=_("在哪里"), queryset=Territory.objects.none())
    since = forms.DateField(label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    basis = forms.CharField(label=_("依据（任命记录）"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today
        given = {role for held in roles_of(self.by) for role in APPOINTS.get(Role(held.role), ())}
        role: Any = self.fields["role"]
        role.choices = [(each.value, each.label) for each in STAFF_ROLES if each in given]
        mine = Q(pk__in=[])
        for path in territories_of(self.by):
            mine |= Q(path__startswith=path)
        place: Any = self.fields["place"]
        place.queryset = Territory.objects.filter(mine, level_id__in=OFFICES).order_by("path")

    def run(self, subject: None, by: User) -> RoleGrant:
        data = self.cleaned_data
        held, self.password = staff.open_account(
            username=data["username"],
            name=data["person"],
            role=data["role"],
            place=data["place"],
            since=data["since"],
            basis=data["basis"],
            by=by,
        )
        return held

    def said(self) -> str:
        return told(self.cleaned_data["username"], self.password)


def told(username: str, password: str) -> str:
    return gettext("登录名 %(username)s，初始密码 %(password)s。只显示这一次，请当面告诉本人。") % {
        "username": username,
        "password": password,
    }


class ResetAccess(DeskForm):
    name = "reset-access"
    label = _("重设密码和动态口令")
    help = _("本人忘了密码或换了手机时用。已经登录的马上退出，第一次登录时重新绑定动态口令。请先核实是本人。")
    permission = "residents.revoke"

    @classmethod
    def open_to(cls, subject: RoleGrant) -> bool:
        return subject.revoked_at is None and subject.user.is_staff

    def run(self, subject: RoleGrant, by: User) -> None:
        self.username, self.password = subject.user.username, staff.reset_access(subject.user, by=by)

    def said(self) -> str:
        return told(self.username, self.password)


class Revoke(DeskForm):
    name = "revoke"
    label = _("撤销任职")
    help = _("马上生效，已经登录的也一样。")
    permission = "residents.revoke"

    @classmethod
    def open_to(cls, subject: RoleGrant) -> bool:
        return subject.revoked_at is None

    def run(self, subject: RoleGrant, by: User) -> None:
        actions.revoke(subject, by=by)


@admin.register(RoleGrant)
class RoleGrantAdmin(ScopedAdmin):
    desk_forms = (Revoke, ResetAccess)
    add_form = OpenAccount
    list_display = ("role", "place", "holder", "since", "until", "revoked_at")
    list_select_related = ("place", "user__person")
    list_filter = ("role",)
    fields = ("role", "place", "holder", "since", "until", "revoked_at", "basis")

    @admin.display(description=_("姓名"))
    def holder(self, held: RoleGrant) -> str:
        person = getattr(held.user, "person", None)
        return mask_name(person.name) if person else "—"
