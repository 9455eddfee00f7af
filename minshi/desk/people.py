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
from minshi.deadlines.models import Deadline
from minshi.desk.admin import ScopedAdmin, name_of
from minshi.desk.deskwork import DeskForm
from minshi.desk.views import done_by_another
from minshi.masking import mask_address, mask_name, mask_phone
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions, doors, representing
from minshi.residents.models import (
    ELECTION_LENGTH,
    OFFICES,
    ORGANISERS,
    STAFF_ROLES,
    Election,
    Residence,
    Role,
    RoleGrant,
)
from minshi.residents.rules import APPOINTS, confirms_residents, given_by, may_appoint, register_of, roles_of, title_in
from minshi.residents.waiting import CLAIM, HURRIED, REPRESENT
from minshi.signin import staff
from minshi.signin.phones import PhoneField
from minshi.territory.models import Territory

for kind in (CLAIM, HURRIED, REPRESENT):
    done_by_another(kind, Residence, "person__user", roles=(*ORGANISERS, Role.CLERK, Role.CASE_OFFICER))


MOST_VOTES = 100_000
"""Households of one post: more is a slip of the finger."""


class PlaceField(forms.ModelChoiceField):
    """A place by its whole name: many communities are called alike."""

    def label_from_instance(self, place: Territory) -> str:
        return place.full_name


class UntilField(forms.DateField):
    """The day from which a term is over; open where nobody says one."""

    def __init__(self) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        text = _("写届满以后的第一天；没有任期的不填。届满前会提醒任命的人")
        super().__init__(label=_("任期到哪天为止（不含）"), required=False, widget=widget, help_text=text)


class OfHome(DeskForm):
    permission = "residents.confirm"

    def facts(self) -> list[tuple[Any, Any]]:
        home: Residence = self.subject
        return [(_("姓名"), home.person.name if home.person else "—"), (_("门牌"), home.household.door)]

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        return subject.confirmed_at is None and subject.person_id is not None


class Confirm(OfHome):
    name = "confirm"
    label = _("确认住在这里")
    read = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["read"].initial = actions.as_read(self.subject)

    def run(self, subject: Residence, by: User) -> object:
        # Should it be refused, the page is drawn again with what is true now, and so is its mark.
        self.data = {**dict(self.data.items()), "read": actions.as_read(subject)}
        return actions.confirm(subject, read=self.cleaned_data["read"] or None, by=by)


class Refuse(OfHome):
    name = "refuse"
    label = _("不住在这里")
    help = _("账号还在，可以重新登记。")

    def run(self, subject: Residence, by: User) -> None:
        actions.refuse(subject, by=by)


class Represent(OfHome):
    name = "represent"
    label = _("登记为户代表")
    help = _("以后由这个人代表这户投票；原来的户代表同时取消。")

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        is_adult = subject.person is not None and subject.person.is_adult
        return is_adult and subject.confirmed_at is not None and not subject.is_representative

    def run(self, subject: Residence, by: User) -> object:
        return actions.name_representative(subject, by=by)


class KeepRepresentative(OfHome):
    name = "keep-representative"
    label = _("不换户代表")
    help = _("有人申请当户代表、核实后不该更换时用；申请人会收到消息。")

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        return subject.confirmed_at is not None and representing.is_waiting(subject)

    def run(self, subject: Residence, by: User) -> None:
        representing.keep(subject, by=by)


class MoveOut(OfHome):
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
    help = _("上一级任命下一级。工作人员要填登录名，启用码发到他验证过的手机，密码和动态口令由本人设。")
    permission = "residents.appoint"
    role = forms.ChoiceField(label=_("角色"))
    place = PlaceField(label=_("在哪里"), queryset=Territory.objects.none())
    username = forms.CharField(
        label=_("登录名（工作人员才填）"), max_length=32, required=False, help_text=_("小写字母和数字，例如 wangli")
    )
    since = forms.DateField(label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = UntilField()
    basis = forms.CharField(label=_("依据（推选或任命记录）"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today
        if self.subject.person.user.is_staff:
            del self.fields["username"]
        given = {place.pk: given_by(self.by, place) for place in self.subject.household.place.ancestors()}
        field: Any = self.fields["place"]
        field.queryset = Territory.objects.filter(pk__in=[pk for pk, roles in given.items() if roles]).order_by("path")
        role: Any = self.fields["role"]
        role.choices = [(each.value, each.label) for each in Role if any(each in roles for roles in given.values())]

    def clean(self) -> dict[str, Any]:
        sent, role = self.data.get("role", ""), self.fields["role"]
        if sent in Role.values and sent not in dict(role.choices):  # type: ignore[attr-defined]
            raise NotAllowed(gettext("这个角色要由上一级任命，您这里没有这个选项"))
        typed = _given_there(self)
        if typed.get("role") in STAFF_ROLES and "username" in self.fields and not typed.get("username"):
            self.add_error("username", gettext("工作人员要有登录名，启用码发到他验证过的手机"))
        return typed

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        has_account = subject.person is not None and subject.person.user_id is not None
        return has_account and subject.confirmed_at is not None

    @classmethod
    def offered(cls, subject: Any, user: User) -> bool:
        return not user.is_same(subject.person.user_id) and super().offered(subject, user) if subject.person else False

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        return gettext("自己不能任命自己，请上一级办理。")

    def run(self, subject: Residence, by: User) -> object:
        assert subject.person and subject.person.user
        data = dict(self.cleaned_data)
        username = data.pop("username", "")
        if data["role"] in STAFF_ROLES and not subject.person.user.is_staff:
            held, _code = staff.appoint(subject.person.user, username=username, **data, by=by)
            return held
        return actions.grant(subject.person.user, **data, by=by)


@admin.register(Residence)
class ResidenceAdmin(ScopedAdmin):
    """Who lives where now. Names and doors in full only for whoever confirms residents there, one at a time."""

    place_path = "household__place__path"
    desk_forms = (Confirm, Refuse, Represent, KeepRepresentative, MoveOut, Appoint)
    list_display = ("public_name", "building", "is_representative", "is_adult", "confirmed_at")
    list_select_related = ("person__user", "household__place__parent")
    list_filter = (("confirmed_at", admin.EmptyFieldListFilter), "is_representative")
    search_help_text = _("姓名、门牌，或者手机号最后四位以上")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """A box for whoever may read names and doors here; what they find is decided below."""
        return ("person__name",) if register_of(request.user) else ()  # type: ignore[arg-type]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """By name, door or last digits, and only where this person confirms residents: a search tells what it finds."""
        text, paths = doors.typed(search_term), register_of(request.user)  # type: ignore[arg-type]
        if not text or not paths:
            return queryset, False
        return queryset.filter(doors.sought(text, paths)), False

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


def _offer_offices(form: Any) -> None:
    """The offices that this person fills, in the places where they do."""
    filling = {held.path: APPOINTS.get(Role(held.role), ()) for held in roles_of(form.by)}
    given = {role for roles in filling.values() for role in roles}
    form.fields["role"].choices = [(each.value, each.label) for each in STAFF_ROLES if each in given]
    mine = Q(pk__in=[])
    for path, roles in filling.items():
        mine |= Q(path__startswith=path) if set(roles) & set(STAFF_ROLES) else Q(pk__in=[])
    form.fields["place"].queryset = Territory.objects.filter(mine, level_id__in=OFFICES).order_by("path")


def _given_there(form: Any) -> dict[str, Any]:
    """What was typed, with a word beside the role where this person does not give it in the place chosen."""
    typed: dict[str, Any] = forms.Form.clean(form) or {}
    role, place = typed.get("role"), typed.get("place")
    if role and place and not may_appoint(form.by, role, place):
        words = {"role": Role(role).label, "place": place.name}
        form.add_error("role", gettext("%(place)s的%(role)s不由您任命，请换一个角色或地方") % words)
    return typed


class OpenAccount(DeskForm):
    label = _("给工作人员开户")
    help = _(
        "启用码发到本人的手机，密码由本人自己定，开户的人不知道。一个人只有一个账号："
        "这个号码是居民的，他的账号就成为工作人员账号，以后用登录名登录。"
    )
    permission = "residents.open_account"
    renamed = {"name": "person"}
    person = forms.CharField(label=_("姓名"), max_length=40)
    username = forms.CharField(label=_("登录名"), max_length=32, help_text=_("小写字母和数字，例如 wangli"))
    phone = PhoneField(label=_("本人手机号"), help_text=_("启用码发到这个号码"))
    role = forms.ChoiceField(label=_("角色"))
    place = PlaceField(label=_("在哪里"), queryset=Territory.objects.none())
    since = forms.DateField(label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = UntilField()
    basis = forms.CharField(label=_("依据（任命记录）"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today
        _offer_offices(self)

    def clean(self) -> dict[str, Any]:
        return _given_there(self)

    def clean_username(self) -> str:
        """One human has one account: who has one gets the second role on it."""
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username=username).exists():
            raise forms.ValidationError(
                gettext("这个登录名已经有人用了。是同一个人的，请在“任职”里打开他的任职，再给一个角色")
            )
        return username

    def run(self, subject: None, by: User) -> RoleGrant:
        data = self.cleaned_data
        held, _code = staff.open_account(
            username=data["username"],
            name=data["person"],
            phone=data["phone"],
            role=data["role"],
            place=data["place"],
            since=data["since"],
            until=data["until"],
            basis=data["basis"],
            by=by,
        )
        return held

    def said(self) -> str:
        words = gettext("已开户，启用码发到了 %(phone)s，%(days)d 天内有效。登录名是 %(username)s，请告诉本人。")
        return words % {
            "days": staff.activation_days(),
            "phone": mask_phone(self.cleaned_data["phone"]),
            "username": self.cleaned_data["username"],
        }


class SecondRole(DeskForm):
    name = "second-role"
    label = _("再给一个角色")
    help = _("用现在的登录名，不另开户；下一次打开页面就生效。")
    done = _("已授予")
    permission = "residents.second_role"
    role = forms.ChoiceField(label=_("角色"))
    place = PlaceField(label=_("在哪里"), queryset=Territory.objects.none())
    since = forms.DateField(label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = UntilField()
    basis = forms.CharField(label=_("依据（任命记录）"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today
        _offer_offices(self)

    def clean(self) -> dict[str, Any]:
        return _given_there(self)

    def facts(self) -> list[tuple[Any, Any]]:
        person = getattr(self.subject.user, "person", None)
        now_held = "、".join(held.label for held in roles_of(self.subject.user))
        return [(_("姓名"), mask_name(person.name) if person else "—"), (_("现在担任"), now_held or "—")]

    @classmethod
    def open_to(cls, subject: RoleGrant) -> bool:
        return subject.user.is_staff and subject.user.is_active

    @classmethod
    def offered(cls, subject: Any, user: User) -> bool:
        return not user.is_same(subject.user_id) and super().offered(subject, user)

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        return gettext("自己不能任命自己，请上一级办理。")

    def run(self, subject: RoleGrant, by: User) -> RoleGrant:
        return actions.grant(subject.user, **self.cleaned_data, by=by)


class ResetAccess(DeskForm):
    name = "reset-access"
    label = _("申请重设密码和动态口令")
    help = _(
        "本人忘了密码或换了手机时用，请先核实是本人。本人马上会收到短信；另一位复核以后，启用码发到本人手机，"
        "已经登录的马上退出，下一个工作日结束以前这个账号不能办钱的事。"
    )
    permission = "residents.revoke"
    done = _("已申请，等另一位复核；本人已收到通知")

    reason = forms.CharField(label=_("怎么核实是本人、为什么重设"), max_length=300)
    phone = PhoneField(
        label=_("本人手机号"), required=False, help_text=_("账号已经有手机号的不用填，启用码只发到那个号码")
    )

    @classmethod
    def open_to(cls, subject: RoleGrant) -> bool:
        return subject.revoked_at is None and subject.user.is_staff and staff.waiting_reset(subject.user) is None

    def run(self, subject: RoleGrant, by: User) -> object:
        return staff.ask_reset(subject.user, **self.cleaned_data, by=by)


class ConfirmReset(DeskForm):
    name = "confirm-reset"
    label = _("复核重设登录")
    help = _("请另外核实是本人要求的。启用码发到本人手机，您看不到。")
    permission = "residents.confirm_reset"
    done = _("已重设，启用码发到了本人手机")

    @classmethod
    def open_to(cls, subject: RoleGrant) -> bool:
        return subject.revoked_at is None and staff.waiting_reset(subject.user) is not None

    def facts(self) -> list[tuple[Any, Any]]:
        asked = staff.waiting_reset(self.subject.user)
        if asked is None:
            return []
        number = asked.user.phone or asked.phone
        return [
            (_("理由"), asked.reason),
            (_("申请人"), name_of(asked.asked_by_id)),
            (_("启用码发到"), mask_phone(number)),
        ]

    def run(self, subject: RoleGrant, by: User) -> object:
        asked = staff.waiting_reset(subject.user)
        if asked is None:
            raise Refused(_("这次重设已经办过"))
        return staff.confirm_reset(asked, by=by)


class DropReset(ConfirmReset):
    name = "drop-reset"
    label = _("不同意重设")
    help = _("不是本人要求的，或者不用重设了。")
    done = _("已作废")

    def run(self, subject: RoleGrant, by: User) -> object:
        asked = staff.waiting_reset(subject.user)
        if asked is None:
            raise Refused(_("这次重设已经办过"))
        return staff.drop_reset(asked, by=by)


class RecordElection(DeskForm):
    name = "record-election"
    label = _("登记推选结果")
    help = _("照推选登记表填；谁投了什么不登记，签名的表留在社区。登记以后不能改。")
    permission = "residents.revoke"
    after = ("user_id",)
    done = _("已登记，推选登记表可以打印")

    asked = forms.IntegerField(label=_("应到户数"), min_value=1, max_value=MOST_VOTES)
    came = forms.IntegerField(label=_("实到户数"), min_value=1, max_value=MOST_VOTES)
    agreed = forms.IntegerField(label=_("同意票"), min_value=1, max_value=MOST_VOTES)
    against = forms.IntegerField(label=_("不同意票"), min_value=0, max_value=MOST_VOTES, initial=0)
    abstained = forms.IntegerField(label=_("弃权票"), min_value=0, max_value=MOST_VOTES, initial=0)
    course = forms.CharField(
        label=_("推选经过（时间、地点）"), max_length=ELECTION_LENGTH, help_text=_("不写人名，主持人、计票人签在纸上")
    )

    @classmethod
    def open_to(cls, subject: RoleGrant) -> bool:
        is_post = subject.role in ORGANISERS and subject.revoked_at is None
        return is_post and not Election.objects.filter(grant=subject).exists()

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        return gettext("自己的推选结果由别人登记。")

    def run(self, subject: RoleGrant, by: User) -> object:
        return actions.record_election(subject, **self.cleaned_data, by=by)


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


class HandOver(DeskForm):
    name = "hand-over"
    label = _("离任交接")
    done = _("已交接：等这些岗位办的事，从现在起在接手人的工作台上")
    help = _("这位工作人员由您任命的岗位，一次全部交给另一位；等着办的事跟着岗位走，一件不落。")
    permission = "residents.revoke"
    after = ("user_id",)
    username = forms.CharField(label=_("接手人的登录名"), max_length=32, help_text=_("还没有的，先给他开户"))
    basis = forms.CharField(label=_("依据（任免、交接记录）"), max_length=200)

    @classmethod
    def open_to(cls, subject: RoleGrant) -> bool:
        return subject.revoked_at is None and subject.user.is_staff

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        return gettext("自己的岗位不能自己交接，由任命的上一级办。")

    def facts(self) -> list[tuple[Any, Any]]:
        posts = [
            held for held in actions.lasting_posts(self.subject.user) if may_appoint(self.by, held.role, held.place)
        ]
        waiting = Deadline.objects.waiting_for((held.role, held.place.path) for held in posts)
        said = "、".join(title_in(held.place.name, held.role) for held in posts)
        return [(_("要交接的岗位"), said), (_("等着办的"), gettext("%(n)d 件") % {"n": waiting.count()})]

    def clean_username(self) -> User:
        found = User.objects.filter(username=self.cleaned_data["username"], is_staff=True, is_active=True).first()
        if found is None:
            raise forms.ValidationError(gettext("没有这个登录名的工作人员，请核对，或者先给他开户"))
        return found

    def run(self, subject: RoleGrant, by: User) -> object:
        data = self.cleaned_data
        return actions.pass_on(subject.user, data["username"], basis=data["basis"], by=by)


@admin.register(RoleGrant)
class RoleGrantAdmin(ScopedAdmin):
    desk_forms = (RecordElection, SecondRole, HandOver, Revoke, ResetAccess, ConfirmReset, DropReset)
    add_form = OpenAccount
    list_display = ("role", "place", "holder", "since", "until", "revoked_at")
    list_select_related = ("place", "user__person")
    list_filter = ("role",)
    search_fields = ("place__full_name",)
    search_help_text = _("地方、角色；由您任命的，也可以写姓名或登录名")
    fields = ("role", "place", "holder", "name", "login", "since", "until", "revoked_at", "basis", "elected", "reset")

    def named(self, word: str, request: HttpRequest) -> Q:
        """By whose it is only where this person fills the post: a search tells what it finds."""
        mine = Q(pk__in=[])
        for held in roles_of(request.user):  # type: ignore[arg-type]
            given = APPOINTS.get(Role(held.role), ())
            mine |= Q(place__path__startswith=held.path, role__in=given)
        whose = Q(user__person__name__contains=word) | Q(user__username__icontains=word, user__is_staff=True)
        posts = Q(role__in=[role for role in Role if word in str(role.label)])
        return super().named(word, request) | posts | (mine & whose)

    def get_fields(self, request: HttpRequest, obj: RoleGrant | None = None) -> tuple[str, ...]:
        """In full only to whoever fills the post."""
        appoints = obj is not None and may_appoint(request.user, obj.role, obj.place)  # type: ignore[arg-type]
        left_out = ("holder",) if appoints else ("name", "login", "reset")
        return tuple(name for name in self.fields if name not in left_out)

    @admin.display(description=_("推选结果"))
    def elected(self, held: RoleGrant) -> str:
        found = Election.objects.filter(grant=held).first()
        return f"{found}；{found.course}" if found else "—"

    @admin.display(description=_("重设登录"))
    def reset(self, held: RoleGrant) -> str:
        waits = held.revoked_at is None and staff.waiting_reset(held.user) is not None
        return str(_("已申请，等街道或区里的另一位复核")) if waits else "—"

    @admin.display(description=_("姓名"))
    def name(self, held: RoleGrant) -> str:
        person = getattr(held.user, "person", None)
        return person.name if person else "—"

    @admin.display(description=_("登录名"))
    def login(self, held: RoleGrant) -> str:
        return held.user.username if held.user.is_staff else str(_("用手机号登录"))

    @admin.display(description=_("姓名"))
    def holder(self, held: RoleGrant) -> str:
        person = getattr(held.user, "person", None)
        return mask_name(person.name) if person else "—"
