"""Two accounts of one human become one: asked with a reason and a basis, confirmed by another human of the district.

What was done by the account that ends stays as it is, and stays theirs: whatever asks for two people knows both as
one human (``User.is_same``, guards/humans.sql). Its login ends, its posts go to the account that stays.
"""

from __future__ import annotations

import secrets

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.deadlines.actions import look_again, meet, schedule
from minshi.deadlines.models import Deadline
from minshi.lifecycle.action import action
from minshi.masking import mask_name, mask_phone, mask_text, one_line, seen
from minshi.notifications import told
from minshi.notifications.actions import send_text, tell, tell_all, tell_role
from minshi.notifications.selectors import holders
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, refusing
from minshi.residents import actions as residents
from minshi.residents.models import Person, Residence, Role, RoleGrant
from minshi.residents.rules import holds_itself, nearest_role
from minshi.signin import security, staff
from minshi.signin.models import Joining, LostNumber, Takeover
from minshi.signin.phones import plain_phone
from minshi.territory.models import Territory

WAITS = "signin.joining"
"""The kind of deadline: the second person's word."""
ASKERS = (Role.CLERK, Role.CASE_OFFICER, Role.APPROVER, Role.DISTRICT_OFFICER)
SECONDS = (Role.DISTRICT_OFFICER, Role.DISTRICT_FINANCE)


def account_named(text: str) -> User | None:
    """The account behind a number or a login name; None for whatever is neither."""
    phone, name = plain_phone(text), one_line(text).lower()
    rows = User.objects.filter(is_active=True, is_superuser=False)
    return rows.filter(phone=phone).first() if phone else rows.filter(username=name, is_staff=True).first()


def places_of(*accounts: User) -> list[Territory]:
    """Where these people live or work now."""
    lasting = Q(until=None) | Q(until__gt=today())
    grants = RoleGrant.objects.filter(lasting, user__in=accounts, revoked_at=None).select_related("place")
    homes = Residence.objects.current().filter(person__user__in=accounts).select_related("household__place")
    return [*(held.place for held in grants), *(home.household.place for home in homes)]


def common_place(*accounts: User) -> Territory | None:
    """The nearest place that holds all of them; None where there is none within one district."""
    places = places_of(*accounts)
    if not places:
        return None
    around = list(min(places, key=lambda place: len(place.path)).ancestors())
    shared = [place for place in around if all(each.path.startswith(place.path) for each in places)]
    return shared[-1] if any(place.level_id == "district" for place in shared) else None


def may_ask(by: User, place: Territory | None) -> bool:
    return place is not None and holds_itself(by, place, *ASKERS)


@action
def ask(one: User, other: User | None, *, reason: str, basis: str, by: User) -> Joining:
    """Two logins are the same human's. Both hear of it at once; the district's second person confirms it.

    Raises ``NotAllowed`` for whoever does not work where both are, with the same words as for nobody's account.
    """
    place = common_place(one, other) if other is not None else None
    if other is None or not may_ask(by, place):
        raise Refused(other=_("在您这里没有找到这个账号，请核对手机号或登录名"))
    assert place
    if by.is_any((one.pk, other.pk)):
        raise NotAllowed(_("自己的账号要由别人来申请合并"))
    wrong = {}
    if one.is_same(other.pk):
        wrong["other"] = _("这就是同一个账号")
    if not seen(reason):
        wrong["reason"] = _("请写明为什么说两个账号是同一个人的")
    if not seen(basis):
        wrong["basis"] = _("请写明依据：怎么核实是本人")
    if wrong:
        raise Refused(**wrong)
    stays, ends = which_stays(one, other)
    with refusing(one_joining_at_a_time=("other", _("已经申请过，正等另一位复核"))):
        asked = Joining.objects.create(
            stays=stays, ends=ends, place=place, asked_by=by,
            reason=mask_text(one_line(reason))[:300], basis=mask_text(one_line(basis))[:200],
        )  # fmt: skip
    _await(asked)
    warning = _("有人申请把您的两个账号合并成一个。不是您自己要求的，请马上打监督电话")
    for account in (stays, ends):
        security.note(security.Kind.JOIN_ASKED, user=account, by=by)
        _warn(account, warning)
    return asked


def which_stays(one: User, other: User) -> tuple[User, User]:
    """(the account that stays, the one that ends): where the human lives, whose number is verified, else the newer.

    Raises ``Refused`` where both live somewhere, or neither has a verified number.
    """
    homes = set(
        Residence.objects.current().filter(person__user__in=(one, other)).values_list("person__user", flat=True)
    )
    if len(homes) == 2:
        raise Refused(other=_("两个账号都登记了住处，请先给其中一个登记搬走，再合并"))
    if any(each.joined_to_id or each.is_superuser or not each.is_active for each in (one, other)):
        raise Refused(other=_("其中一个账号已经停用或者合并过"))
    if not any(account.phone and account.phone_verified for account in (one, other)):
        raise Refused(other=_("两个账号都没有验证过的手机号，请先给其中一个登记本人的手机号"))

    def weight(account: User) -> tuple[bool, bool, bool, int]:
        return account.pk in homes, account.phone_verified, account.is_staff, account.pk

    ends, stays = sorted((one, other), key=weight)
    return stays, ends


def _await(asked: Joining) -> None:
    district = asked.place.at_level("district") or asked.place
    role = nearest_role(district, SECONDS, without=asked.asked_by_id) or Role.DISTRICT_OFFICER
    span = calendar.period(now(), working_days=int(policy.value("account.second_days", asked.place)))
    title, url = _("请复核：合并同一个人的两个账号"), page_of(asked)
    schedule(
        asked, WAITS, span.end, role=role, place_path=district.path, title=title, url=url,
        basis=span.basis, provisional=span.provisional,
    )  # fmt: skip
    tell_role(role, district, title, asked.reason, url, event=told.ACCOUNT_TO_CONFIRM.name)


def page_of(asked: Joining | LostNumber) -> str:
    return reverse(f"admin:signin_{asked._meta.model_name}_change", args=[asked.pk])


def _warn(account: User, words: str) -> None:
    tell(account, words, event=told.ACCOUNT_CHANGED.name)
    if account.phone:
        send_text(account.phone, f"{words}。", until=now() + staff.NOTICE_KEPT)


def why_not_confirm(by: User, asked: Joining) -> str:
    """The district's other officer, else its finance; neither who asked nor who it is about."""
    if by.is_any((asked.asked_by_id, asked.stays_id, asked.ends_id)):
        return _("申请的人和本人不能复核，要由另一个人来办")
    if not holds_itself(by, asked.place, *SECONDS):
        return _("合并账号由区里的另一位工作人员复核")
    return ""


@action
def confirm(asked: Joining, *, by: User) -> User:
    """The second person: the login of one ends, its posts and its number go to the account that stays; returns that."""
    asked = Joining.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if reason := why_not_confirm(by, asked):
        raise NotAllowed(reason)
    if not asked.is_open:
        raise Refused(_("已经办过"))
    both = User.objects.select_for_update().in_bulk(sorted((asked.stays_id, asked.ends_id)))
    stays, ends = which_stays(both[asked.stays_id], both[asked.ends_id])
    if stays.pk != asked.stays_id:
        raise Refused(_("申请以后其中一个账号变了，请作废，重新申请"))
    if by.is_any((stays.pk, *stays.also, ends.pk, *ends.also)):
        raise NotAllowed(_("申请的人和本人不能复核，要由另一个人来办"))
    return _join(asked, stays, ends, by=by)


@action
def confirm_by_operator(asked: Joining, *, by: None = None) -> User:
    """Where the district has no second person: recorded as the operator's, and told to all its staff."""
    asked = Joining.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if not asked.is_open:
        raise Refused(_("已经办过"))
    about = {asked.asked_by_id, asked.stays_id, asked.ends_id}
    others = [user for role in SECONDS for user in holders(role, asked.place)]
    if any(not user.is_any(about) for user in others):
        raise Refused(_("区里还有别人可以复核，请由那一位在工作台复核"))
    both = User.objects.select_for_update().in_bulk(sorted((asked.stays_id, asked.ends_id)))
    stays, ends = which_stays(both[asked.stays_id], both[asked.ends_id])
    if stays.pk != asked.stays_id:
        raise Refused(_("申请以后其中一个账号变了，请作废，重新申请"))
    asked.by_operator = True
    stayed = _join(asked, stays, ends, by=None)
    if district := asked.place.at_level("district"):
        staff_here = User.objects.filter(
            is_staff=True, is_active=True, grants__place__path__startswith=district.path, grants__revoked_at=None
        )
        title = _("运维命令合并了两个账号")
        tell_all(list(staff_here.distinct()), title, asked.reason, event=told.RESET_BY_OPERATOR.name)
    return stayed


def _join(asked: Joining, stays: User, ends: User, *, by: User | None) -> User:
    asked.confirmed_by, asked.confirmed_at = by, now()
    asked.save(update_fields=["confirmed_by", "confirmed_at", "by_operator"])
    meet(asked, WAITS)
    becomes_staff = ends.is_staff and not stays.is_staff
    phone, login = ends.phone if ends.phone_verified else None, ends.username
    posts = residents.lay_down(ends, by=by)  # first: whoever holds a post keeps a number
    _close(ends, stays)
    _let_stay(stays, phone, login if becomes_staff else "")
    for held in posts:  # every one the other holds from now on; whoever gave it is named still
        residents.hand_on(held, stays)
    for account in (stays, ends):
        security.note(security.Kind.JOINED, user=account, by=by)
    _warn(stays, _("您的两个账号已合并成一个，以后用这个手机号的账号"))
    if becomes_staff:
        staff.start_anew(stays)
    return User.objects.get(pk=stays.pk)


def _close(ends: User, stays: User) -> None:
    """Its login is over, whatever it was; who was joined to it before is joined to the one that stays."""
    ends.access_resets.filter(confirmed_at=None, dropped_at=None).update(dropped_at=now())
    ends.username, ends.joined_to = f"j{secrets.token_hex(8)}", stays
    ends.is_active, ends.is_staff, ends.phone, ends.phone_verified = False, False, None, False
    ends.set_unusable_password()
    ends.save(update_fields=["username", "joined_to", "is_active", "is_staff", "phone", "phone_verified", "password"])
    User.objects.filter(joined_to=ends).update(joined_to=stays)
    Takeover.objects.filter(newcomer=ends, settled_at=None).update(settled_at=now())


def _let_stay(stays: User, phone: str | None, login: str) -> None:
    if not (stays.phone and stays.phone_verified):
        stays.phone, stays.phone_verified = phone, True
    if login:
        stays.username, stays.is_staff = login, True
        stays.set_unusable_password()
    # As whenever somebody else changes an access: no step with money for a working day.
    stays.money_from = calendar.period(now(), working_days=1).end
    stays.save(update_fields=["phone", "phone_verified", "username", "is_staff", "password", "money_from"])


@action
def drop(asked: Joining, *, by: User) -> None:
    """They are two humans, or nobody needs it any more: by the second person, or who asked."""
    asked = Joining.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if not by.is_same(asked.asked_by_id) and (reason := why_not_confirm(by, asked)):
        raise NotAllowed(reason)
    if not asked.is_open:
        raise Refused(_("已经办过"))
    asked.dropped_by, asked.dropped_at = by, now()
    asked.save(update_fields=["dropped_by", "dropped_at"])
    meet(asked, WAITS)


@action
def remind(asked: Joining, late: Deadline, *, by: None = None) -> None:
    """Nobody of the district looked: it stays due since it was, and is asked for again."""
    asked = Joining.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if not asked.is_open:
        return
    look_again(late, calendar.period_end(now(), working_days=1))
    district = asked.place.at_level("district") or asked.place
    title = _("逾期：%(title)s") % {"title": late.title}
    for role in SECONDS:
        tell_role(role, district, title, asked.reason, late.url, event=told.ACCOUNT_TO_CONFIRM.name)


def said_of(account: User) -> str:
    """Who it is, as masked as everywhere: name, number, whether staff."""
    person = Person.objects.filter(user=account).first()
    name = mask_name(person.name) if person else _("没有登记姓名")
    kind = _("工作人员") if account.is_staff else _("居民")
    return f"{name} {mask_phone(account.phone or '') or _('没有手机号')}（{kind}）"
