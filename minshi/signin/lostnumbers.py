"""Who has not their old number any more and cannot prove it: the clerk asks, a second person looks, both numbers hear.

Whoever still has the old number changes it alone (minshi/mydata). Staff have their access made anew instead.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines.actions import look_again, meet, schedule
from minshi.deadlines.models import Deadline
from minshi.lifecycle.action import action
from minshi.masking import mask_phone, mask_text, one_line, seen
from minshi.notifications import told
from minshi.notifications.actions import send_text, tell, tell_role
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, refusing
from minshi.residents.models import Residence, Role
from minshi.residents.rules import holds, home_of, nearest_role
from minshi.signin import security, staff
from minshi.signin.joining import page_of
from minshi.signin.models import LostNumber
from minshi.signin.phones import plain_phone

WAITS = "signin.lost_number"
"""The kind of deadline: the second person's word."""
FIRST = (Role.CLERK,)
SECONDS = (Role.CLERK, Role.PARTY, Role.SUPERVISOR)
ABOVE = (Role.CASE_OFFICER, Role.DISTRICT_OFFICER)
"""Where nobody of the community is a second person, or none of them did it in time."""


def may_ask(by: User, home: Residence) -> bool:
    """The clerk of the place, or whoever stands in; never for themselves or their own household."""
    return holds(by, home.household.place, *FIRST) and not _is_theirs(by, home)


def _is_theirs(by: User, home: Residence) -> bool:
    mine = home_of(by)
    is_own_door = mine is not None and mine.household_id == home.household_id
    return is_own_door or (home.person is not None and by.is_same(home.person.user_id))


@action
def ask(home: Residence, *, phone: str, reason: str, basis: str, by: User) -> LostNumber:
    """Another number for a confirmed resident. Both numbers hear of it; nothing changes until it is confirmed."""
    home = Residence.objects.select_related("household__place", "person__user").get(pk=home.pk)
    if not may_ask(by, home):
        raise NotAllowed(_("由这里的社区工作人员申请；自己家的要由别人来办"))
    user = home.person.user if home.person else None
    if user is None or home.until is not None or home.confirmed_at is None:
        raise Refused(_("只给已经确认、有账号的住户换手机号"))
    number = plain_phone(phone)
    wrong = {}
    if user.is_staff:
        raise Refused(_("工作人员请到“任职”里申请重设登录"))
    if not number:
        wrong["phone"] = _("请填中国大陆的11位手机号")
    elif number == user.phone:
        wrong["phone"] = _("这就是现在登记的手机号")
    elif User.objects.filter(phone=number).exists():
        wrong["phone"] = _("这个号码已经有账号。两个账号都是本人的，请申请合并账号")
    if not seen(reason):
        wrong["reason"] = _("请写明旧号码为什么用不了")
    if not seen(basis):
        wrong["basis"] = _("请写明依据：怎么核实是本人")
    if wrong:
        raise Refused(**wrong)
    with refusing(one_lost_number_at_a_time=("phone", _("已经申请过，正等另一位复核"))):
        asked = LostNumber.objects.create(
            user=user, phone=number, place=home.household.place, asked_by=by,
            reason=mask_text(one_line(reason))[:300], basis=mask_text(one_line(basis))[:200],
        )  # fmt: skip
    _await(asked)
    security.note(security.Kind.NUMBER_ASKED, user=user, by=by)
    words = _("社区正在为您的账号登记新手机号 %(new)s。不是您自己要求的，请马上打社区电话")
    _say(user, number, words % {"new": mask_phone(number)})
    return asked


def _await(asked: LostNumber) -> None:
    """The first of the line that somebody else holds has it on the desk."""
    community = asked.place.at_level("community") or asked.place
    role = next(
        (each for each in SECONDS if nearest_role(community, (each,), without=asked.asked_by_id)), Role.CASE_OFFICER
    )
    at = asked.place.at_level("street") or community if role == Role.CASE_OFFICER else community
    span = calendar.period(now(), working_days=int(policy.value("account.second_days", asked.place)))
    title, url = _("请复核：住户换手机号（旧号码用不了）"), page_of(asked)
    schedule(
        asked, WAITS, span.end, role=role, place_path=at.path, title=title, url=url,
        basis=span.basis, provisional=span.provisional,
    )  # fmt: skip
    tell_role(role, at, title, asked.reason, url, event=told.ACCOUNT_TO_CONFIRM.name)


def _say(user: User, number: str, words: str) -> None:
    """To whoever holds the old number and whoever holds the new one, at any hour."""
    tell(user, words, event=told.ACCOUNT_CHANGED.name)
    for phone in filter(None, (user.phone, number)):
        send_text(phone, f"{words}。", until=now() + staff.NOTICE_KEPT)


def why_not_confirm(by: User, asked: LostNumber) -> str:
    """Another clerk, else Party branch or supervisor, else the street; nobody of the household."""
    home = Residence.objects.current().select_related("household__place", "person").filter(person__user=asked.user_id)
    door = home.first()
    if by.is_any((asked.asked_by_id, asked.user_id)) or (door is not None and _is_theirs(by, door)):
        return _("申请的人和这一户的人不能复核，要由另一个人来办")
    if not holds(by, asked.place, *SECONDS, *ABOVE):
        return _("由社区的另一位工作人员、社区党组织、居务监督委员会复核，都没有的由街道复核")
    return ""


@action
def confirm(asked: LostNumber, *, by: User) -> None:
    """The second person: whoever is signed in is out, the account signs in by the new number from now on."""
    asked = LostNumber.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if reason := why_not_confirm(by, asked):
        raise NotAllowed(reason)
    user = User.objects.select_for_update().get(pk=asked.user_id)
    if not asked.is_open:
        raise Refused(_("已经办过"))
    if user.is_staff or not user.is_active:
        raise Refused(_("这个账号已经停用，或者成了工作人员账号，请作废"))
    if User.objects.filter(phone=asked.phone).exists():
        raise Refused(_("这个号码现在有别的账号，请作废，重新核对"))
    asked.confirmed_by, asked.confirmed_at = by, now()
    asked.save(update_fields=["confirmed_by", "confirmed_at"])
    meet(asked, WAITS)
    _say(user, asked.phone, _("您账号的手机号已换成 %(new)s，以后用它登录") % {"new": mask_phone(asked.phone)})
    user.phone, user.phone_verified = asked.phone, False  # verified by the code of the first sign-in
    user.money_from = calendar.period(now(), working_days=1).end
    user.set_unusable_password()
    user.save(update_fields=["phone", "phone_verified", "money_from", "password"])


@action
def drop(asked: LostNumber, *, by: User) -> None:
    """Not confirmed: by the second person, by who asked, or by the holder, who still has the old number."""
    asked = LostNumber.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if not by.is_any((asked.asked_by_id, asked.user_id)) and (reason := why_not_confirm(by, asked)):
        raise NotAllowed(reason)
    if not asked.is_open:
        raise Refused(_("已经办过"))
    asked.dropped_by, asked.dropped_at = by, now()
    asked.save(update_fields=["dropped_by", "dropped_at"])
    meet(asked, WAITS)


@action
def remind(asked: LostNumber, late: Deadline, *, by: None = None) -> None:
    """Nobody of the community looked: the street has it, since it was due."""
    asked = LostNumber.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if not asked.is_open:
        return
    street = asked.place.at_level("street") or asked.place
    again = calendar.period_end(now(), working_days=1)
    look_again(late, again, role=Role.CASE_OFFICER, place_path=street.path)
    title = _("逾期：%(title)s") % {"title": late.title}
    tell_role(Role.CASE_OFFICER, street, title, asked.reason, late.url, event=told.ACCOUNT_TO_CONFIRM.name)
