"""What is done about somebody's account at the desk, always by two: one human's two accounts, a number that is lost."""

from __future__ import annotations

from typing import Any

import rules
from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.desk.admin import ScopedAdmin, name_of
from minshi.desk.deskwork import DeskForm
from minshi.desk.people import ResidenceAdmin, RoleGrantAdmin
from minshi.desk.views import done_by_another
from minshi.lifecycle import permits
from minshi.masking import mask_phone
from minshi.residents.models import Residence, RoleGrant
from minshi.residents.rules import holds_itself
from minshi.signin import joining, lostnumbers
from minshi.signin.models import Joining, LostNumber
from minshi.signin.phones import PhoneField

done_by_another(joining.WAITS, Joining, "asked_by", "stays", "ends", roles=joining.SECONDS)
done_by_another(lostnumbers.WAITS, LostNumber, "asked_by", "user", roles=(*lostnumbers.SECONDS, *lostnumbers.ABOVE))


def account_of(subject: Any) -> User | None:
    """Whose account a row of the register, or a post, is about."""
    if isinstance(subject, RoleGrant):
        return subject.user
    return subject.person.user if isinstance(subject, Residence) and subject.person else None


@rules.predicate
def asks_to_join(user: User, subject: Any) -> bool:
    place = subject.place if isinstance(subject, RoleGrant) else subject.household.place
    return holds_itself(user, place, *joining.ASKERS)


@rules.predicate
def confirms_joining(user: User, asked: Joining) -> bool:
    return not joining.why_not_confirm(user, asked)


@rules.predicate
def drops_joining(user: User, asked: Joining) -> bool:
    return user.is_same(asked.asked_by_id) or bool(confirms_joining(user, asked))


@rules.predicate
def asks_for_number(user: User, home: Residence) -> bool:
    return lostnumbers.may_ask(user, home)


@rules.predicate
def confirms_number(user: User, asked: LostNumber) -> bool:
    return not lostnumbers.why_not_confirm(user, asked)


@rules.predicate
def drops_number(user: User, asked: LostNumber) -> bool:
    return user.is_same(asked.asked_by_id) or bool(confirms_number(user, asked))


rules.add_perm("signin.ask_joining", asks_to_join)
rules.add_perm("signin.confirm_joining", confirms_joining)
rules.add_perm("signin.drop_joining", drops_joining)
rules.add_perm("signin.ask_number", asks_for_number)
rules.add_perm("signin.confirm_number", confirms_number)
rules.add_perm("signin.drop_number", drops_number)
permits.held_by(
    {
        "signin.ask_joining": _("两个账号所在地方的社区、街道或区牵头部门"),
        "signin.confirm_joining": _("区里的另一位工作人员（不是申请的人和本人）"),
        "signin.drop_joining": _("申请的人，或区里的另一位工作人员"),
        "signin.ask_number": _("这里的社区工作人员（不能是自己家的）"),
        "signin.confirm_number": _("社区另一位、党组织、居务监督，或街道经办（不是申请的人）"),
        "signin.drop_number": _("申请的人，或复核的人"),
    }
)


class AskToJoin(DeskForm):
    name = "ask-joining"
    label = _("和另一个账号合并（同一个人）")
    help = _(
        "一个人只有一个账号。请先核实两个账号是同一个人的：本人两个号码都会收到短信，区里另一位复核以后才合并。"
        "留下登记了住处的那个；另一个停用，它办过的事不变，任职转到留下的账号。"
    )
    permission = "signin.ask_joining"
    done = _("已申请，等区里另一位复核；两个账号都收到了通知")

    other = forms.CharField(label=_("另一个账号的手机号或登录名"), max_length=40)
    reason = forms.CharField(label=_("为什么说是同一个人"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    basis = forms.CharField(
        label=_("依据（怎么核实的）"), max_length=200, help_text=_("例如：当面核对证件；不写证件号码")
    )

    @classmethod
    def open_to(cls, subject: Any) -> bool:
        account = account_of(subject)
        is_now = subject.revoked_at is None if isinstance(subject, RoleGrant) else subject.until is None
        return account is not None and account.is_active and is_now

    @classmethod
    def offered(cls, subject: Any, user: User) -> bool:
        account = account_of(subject)
        return account is not None and not user.is_same(account.pk) and super().offered(subject, user)

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        return str(_("自己的账号要由别人来申请合并。"))

    def run(self, subject: Any, by: User) -> object:
        account = account_of(subject)
        assert account
        data = self.cleaned_data
        other = joining.account_named(data["other"])
        joining.ask(account, other, reason=data["reason"], basis=data["basis"], by=by)
        return subject


class OfJoining(DeskForm):
    @classmethod
    def open_to(cls, subject: Joining) -> bool:
        return subject.is_open

    def facts(self) -> list[tuple[Any, Any]]:
        asked: Joining = self.subject
        return [
            (_("留下的账号"), joining.said_of(asked.stays)),
            (_("并入、停用的账号"), joining.said_of(asked.ends)),
            (_("理由"), asked.reason),
            (_("依据"), asked.basis),
            (_("申请人"), name_of(asked.asked_by_id)),
        ]


class ConfirmJoining(OfJoining):
    name = "confirm"
    label = _("复核：合并")
    help = _("请另外核实是同一个人。合并以后不能撤回；留下的账号下一个工作日结束以前不能办钱的事。")
    permission = "signin.confirm_joining"
    done = _("已合并，本人收到了通知")

    def run(self, subject: Joining, by: User) -> object:
        return joining.confirm(subject, by=by)


class DropJoining(OfJoining):
    name = "drop"
    label = _("不合并")
    help = _("不是同一个人，或者不用合并了。")
    permission = "signin.drop_joining"
    done = _("已作废")

    def run(self, subject: Joining, by: User) -> object:
        return joining.drop(subject, by=by)


class LostTheNumber(DeskForm):
    name = "lost-number"
    label = _("旧手机号用不了，换新号")
    help = _(
        "本人旧号码还能收短信的，自己在“我的信息”里换。旧号码用不了的，请核实是本人再申请："
        "新旧号码都会收到短信，另一位复核以后才换，已经登录的马上退出。"
    )
    permission = "signin.ask_number"
    done = _("已申请，等另一位复核；新旧号码都收到了通知")

    phone = PhoneField(label=_("本人新手机号"))
    reason = forms.CharField(label=_("旧号码为什么用不了"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    basis = forms.CharField(label=_("依据（怎么核实是本人）"), max_length=200, help_text=_("不写证件号码"))

    @classmethod
    def open_to(cls, subject: Residence) -> bool:
        account = account_of(subject)
        is_at_home = subject.until is None and subject.confirmed_at is not None
        return is_at_home and account is not None and account.is_active and not account.is_staff

    def facts(self) -> list[tuple[Any, Any]]:
        account = account_of(self.subject)
        old = mask_phone(account.phone or "") if account else ""
        return [(_("现在登记的手机号"), old or _("没有"))]

    def run(self, subject: Residence, by: User) -> object:
        return lostnumbers.ask(subject, **self.cleaned_data, by=by)


class OfNumber(DeskForm):
    @classmethod
    def open_to(cls, subject: LostNumber) -> bool:
        return subject.is_open

    def facts(self) -> list[tuple[Any, Any]]:
        asked: LostNumber = self.subject
        return [
            (_("谁的账号"), joining.said_of(asked.user)),
            (_("新手机号"), mask_phone(asked.phone)),
            (_("理由"), asked.reason),
            (_("依据"), asked.basis),
            (_("申请人"), name_of(asked.asked_by_id)),
        ]


class ConfirmNumber(OfNumber):
    name = "confirm"
    label = _("复核：换成新号码")
    help = _("请另外核实是本人。换好以后旧号码不能登录，本人用新号码收验证码登录。")
    permission = "signin.confirm_number"
    done = _("已换成新号码，新旧号码都收到了通知")

    def run(self, subject: LostNumber, by: User) -> object:
        return lostnumbers.confirm(subject, by=by)


class DropNumber(OfNumber):
    name = "drop"
    label = _("不换")
    help = _("不是本人，或者不用换了。")
    permission = "signin.drop_number"
    done = _("已作废")

    def run(self, subject: LostNumber, by: User) -> object:
        return lostnumbers.drop(subject, by=by)


ResidenceAdmin.offer(LostTheNumber, AskToJoin)
RoleGrantAdmin.offer(AskToJoin)


class _OfTwoAdmin(ScopedAdmin):
    list_select_related = ("place",)
    list_display = ("where", "asked_at", "confirmed_at", "dropped_at")

    @admin.display(description=_("在哪里"))
    def where(self, asked: Any) -> str:
        return str(asked.place.name)

    @admin.display(description=_("申请人"))
    def asker(self, asked: Any) -> str:
        return name_of(asked.asked_by_id)


@admin.register(Joining)
class JoiningAdmin(_OfTwoAdmin):
    desk_forms = (ConfirmJoining, DropJoining)
    fields = ("where", "who_stays", "who_ends", "reason", "basis", "asker", "asked_at", "confirmed_at", "dropped_at")

    @admin.display(description=_("留下的账号"))
    def who_stays(self, asked: Joining) -> str:
        return joining.said_of(asked.stays)

    @admin.display(description=_("并入的账号"))
    def who_ends(self, asked: Joining) -> str:
        return joining.said_of(asked.ends)


@admin.register(LostNumber)
class LostNumberAdmin(_OfTwoAdmin):
    desk_forms = (ConfirmNumber, DropNumber)
    fields = ("where", "whose", "new_number", "reason", "basis", "asker", "asked_at", "confirmed_at", "dropped_at")

    @admin.display(description=_("谁的账号"))
    def whose(self, asked: LostNumber) -> str:
        return joining.said_of(asked.user)

    @admin.display(description=_("新手机号"))
    def new_number(self, asked: LostNumber) -> str:
        return mask_phone(asked.phone)
