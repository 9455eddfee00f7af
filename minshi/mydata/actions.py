"""Putting one's own data right, moving out, another number, closing the account."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.audit.actions import erase
from minshi.clock import now
from minshi.deadlines.actions import look_again, meet, schedule
from minshi.deadlines.models import Deadline
from minshi.lifecycle.action import action
from minshi.masking import mask_text, one_line
from minshi.mydata import told
from minshi.mydata.models import ABOUT_LENGTH, Correction
from minshi.mydata.signals import closing, forgetting
from minshi.notifications.actions import tell, tell_role
from minshi.notifications.following import forget_followed
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused
from minshi.residents.actions import lasting_posts, leave
from minshi.residents.models import ORGANISERS, Person, Residence, Role
from minshi.residents.rules import confirms_residents, holds, nearest_role, person_of, roles_of
from minshi.signin.models import LostNumber
from minshi.territory.models import Territory

CORRECTION = "mydata.correction"
FORGET = "mydata.forget"
"""Kinds of deadlines: a correction is answered by, and clear values are erased at."""
GONE = "已注销"
"""What stands in place of a name that was erased."""


@action
def correct_name(name: str, *, by: User) -> Correction | None:
    """Another name for oneself: at once before anybody has confirmed it, else by whoever confirms residents."""
    person = _person(by)
    name = one_line(name)
    if not name:
        raise Refused(name=_("请写您的姓名"))
    if name == person.name:
        raise Refused(name=_("和现在登记的一样"))
    home = person.residence
    if home is None or home.confirmed_at is None:
        person.name = name
        person.save(update_fields=["name"])
        return None
    return _ask(home, name=name)


@action
def ask_right(kind: str, text: str, *, by: User) -> Correction:
    """Another right in one's own words (form 37): answered by the community by a day, else by the street."""
    home = _person(by).residence
    if home is None:
        raise Refused(_("您没有登记住在哪里，请到社区当面申请，或打页面下面的电话"))
    text = one_line(text)
    if len(text) < MOST_BARE:
        raise Refused(text=_("请写清楚要查看、更正或删除什么"))
    return _ask(home, about=f"{kind}：{text}"[:ABOUT_LENGTH])


MOST_BARE = 4
"""Letters that say nothing yet."""


def _ask(home: Residence, **said: str) -> Correction:
    place = home.household.place
    span = calendar.period(now(), working_days=int(str(policy.value("mydata.answer_days", place))))
    try:
        with transaction.atomic():
            asked = Correction.objects.create(home=home, due_at=span.end, **said)
    except IntegrityError:
        raise Refused(_("您上次的申请还没有答复，请等一等")) from None
    _await(asked, Role.CLERK, "community", basis=span.basis, provisional=span.provisional)
    if home.person and asked.name and (chief := nearest_role(place, ORGANISERS, without=home.person.user_id)):
        tell_role(chief, place, _title(asked), "", reverse("corrections"), event=told.TO_ANSWER.name)
    return asked


def _title(asked: Correction) -> str:
    return _("有住户申请更正登记的姓名") if asked.name else _("有住户对自己的信息提出申请")


def _await(asked: Correction, role: Role, level: str, *, basis: str = "", provisional: bool = False) -> None:
    place = asked.territory
    at: Territory = place.at_level(level) or place
    url = _page(asked)
    schedule(
        asked,
        CORRECTION,
        asked.due_at,
        role=role,
        place_path=at.path,
        title=str(_("答复住户的更正申请")),
        url=url,
        basis=basis,
        provisional=provisional,
    )
    tell_role(role, at, _title(asked), "", url, event=told.TO_ANSWER.name)


def _page(asked: Correction) -> str:
    return reverse("admin:mydata_correction_change", args=[asked.pk])


@action
def overdue(asked: Correction, late: Deadline, *, by: None = None) -> None:
    """Nobody answered by the day that was said, which stays: the street has it from now on, and is asked again."""
    asked = Correction.objects.select_for_update(of=("self",)).select_related("home__household__place").get(pk=asked.pk)
    if asked.answered_at is not None:
        return
    place = asked.territory
    at: Territory = place.at_level("street") or place
    again = calendar.period_end(now(), working_days=int(str(policy.value("supervision.days", place))))
    look_again(late, again, role=Role.CASE_OFFICER, place_path=at.path)
    url = _page(asked)
    title = _("逾期：%(title)s") % {"title": late.title}
    tell_role(Role.CASE_OFFICER, at, title, "", url, event=told.TO_ANSWER.name)


def answers(user: User, asked: Correction) -> bool:
    """Who confirms residents there, and the street; what was asked in words is no chief's; nobody for themselves."""
    home = asked.home
    if home.person and user.is_same(home.person.user_id):
        return False
    offices = (Role.CASE_OFFICER,) if asked.name else (Role.CLERK, Role.CASE_OFFICER)
    return (bool(asked.name) and confirms_residents(user, home)) or holds(user, asked.territory, *offices)


def to_answer(user: User) -> QuerySet[Correction]:
    """Open ones that this person answers: of my places, never one's own, the longest waiting first."""
    mine = Q(pk__in=[])
    for held in roles_of(user):
        here = Q(home__household__place__path__startswith=held.path)
        if held.role in (Role.CLERK, Role.CASE_OFFICER):
            mine |= here
        elif held.role in ORGANISERS:
            mine |= here & Q(about="")
    rows = Correction.objects.open().filter(mine).exclude(home__person__user__in=user.keys)
    return rows.select_related("home__person", "home__household__place__parent").order_by("due_at", "pk")


@action
def answer_correction(asked: Correction, *, granted: bool, answer: str = "", by: User) -> Correction:
    """Put the name right, or say why not; whoever asked is told."""
    rows = Correction.objects.select_for_update(of=("self",))
    asked = rows.select_related("home__person__user", "home__household__place").get(pk=asked.pk)
    if not answers(by, asked):
        raise NotAllowed(_("只有这里的楼栋长、社区工作人员和街道经办可以答复更正申请，自己的要由别人答复"))
    if asked.answered_at is not None:
        raise Refused(_("已经答复过了"))
    answer = mask_text(answer.strip())[:200]
    if not granted and len(answer) < 2:
        raise Refused(answer=_("请写明为什么不更正") if asked.name else _("请写明为什么不办"))
    if asked.about and len(answer) < 2:
        raise Refused(answer=_("请写明办了什么"))
    person = asked.home.person
    assert person
    asked.answered_at, asked.answered_by, asked.is_granted, asked.answer = now(), by, granted, answer
    asked.save(update_fields=["answered_at", "answered_by", "is_granted", "answer"])
    meet(asked, CORRECTION)
    if granted and asked.name:
        person.name = asked.name
        person.save(update_fields=["name"])
    if person.user is not None:
        done, refused = (
            (_("您的姓名已更正"), _("您的更正申请没有通过"))
            if asked.name
            else (_("您对自己信息的申请办好了"), _("您对自己信息的申请没有同意"))
        )
        title = done if granted else refused
        tell(person.user, title, answer, reverse("my_data"), event=told.ANSWERED.name)
    return asked


@action
def move_out(*, by: User) -> None:
    """One does not live there any more, from now on; what was said and given before stays."""
    home = _person(by).residence
    if home is None:
        raise Refused(_("您没有登记住在哪里"))
    leave(home, by=by)


@action
def change_number(phone: str, *, by: User) -> None:
    """The number that was proven just now takes the place of the one before."""
    user = User.objects.select_for_update().get(pk=by.pk)
    if user.phone == phone:
        raise Refused(phone=_("这就是您现在的手机号"))
    try:
        with transaction.atomic():
            user.phone, user.phone_verified = phone, True
            user.save(update_fields=["phone", "phone_verified"])
    except IntegrityError:
        raise Refused(phone=_("这个手机号已经有账号，不能换成它；两个账号都是您的，请到社区办理")) from None
    title, words = _("您的手机号已更换"), _("以后用新号码登录")
    tell(user, title, words, reverse("my_data"), event=told.PHONE_CHANGED.name)


@action
def close(*, by: User) -> None:
    """The account ends now, and the number is free; the name is erased when its days are over.

    What counts stays: ballots, signatures and money are records of a door and a day. Whoever holds a role gives it
    up first, so that nothing waits for somebody who is gone.
    """
    user = User.objects.select_for_update().get(pk=by.pk)
    if user.is_staff or lasting_posts(user):
        raise Refused(_("您还有任职，请先请上一级撤销，再注销账号"))
    person = Person.objects.filter(user=user).first()
    home = Residence.objects.current().filter(person=person).first() if person else None
    if home is not None:
        leave(home, by=by)
    forget_followed(user)
    closing.send(User, user=user)
    user.is_active, user.phone, user.phone_verified = False, None, False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "phone", "phone_verified", "password"])
    days = int(str(policy.value("mydata.erase_days", home.household.place if home else None)))
    schedule(user, FORGET, calendar.period_end(now(), calendar_days=days))


@action
def forget(user: User, *, by: None = None) -> bool:
    """Erase the clear values of whoever closed their account; false where a name is needed a while longer.

    Also of the accounts that were joined to it: they were the same human's.
    """
    if user.is_active:
        return True
    people = list(Person.objects.filter(user__in=user.keys).order_by("pk"))
    if any(needed for person in people for _receiver, needed in forgetting.send(Person, person=person)):
        return False
    for person in people:
        person.name, person.born = GONE, None
        person.save(update_fields=["name", "born"])
        for asked in Correction.objects.filter(home__person=person):
            asked.name, asked.about, asked.answer = (said and GONE for said in (asked.name, asked.about, asked.answer))
            asked.save(update_fields=["name", "about", "answer"])
            erase(Correction, [asked.pk], by=None)
        erase(Person, [person.pk], by=None)
    for lost in LostNumber.objects.filter(user__in=user.keys).exclude(confirmed_at=None, dropped_at=None):
        lost.phone = ""
        lost.save(update_fields=["phone"])
        erase(LostNumber, [lost.pk], by=None)
    erase(User, sorted(user.keys), by=None)
    return True


def _person(user: User) -> Person:
    person = person_of(user)
    if person is None:
        raise Refused(_("您还没有登记，没有可以更正的"))
    return person
