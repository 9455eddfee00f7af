"""Putting one's own data right, moving out, another number, closing the account."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
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
from minshi.mydata.models import ABOUT_LENGTH, Consent, ConsentQuerySet, Correction
from minshi.mydata.signals import Act, Opened, closing, forgetting, named_acts, naming
from minshi.notifications.actions import tell, tell_doors, tell_role
from minshi.notifications.following import forget_followed
from minshi.paper import actions as paper
from minshi.paper.models import Sheet
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused
from minshi.residents import notice
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


def acts_of(person: Person) -> list[Act]:
    """What of theirs stands in public and could carry their name, the newest first of each kind."""
    said: list[tuple[Any, Any]] = named_acts.send(Person, person=person)
    return [act for _receiver, acts in said for act in acts]


def takes_back(user: User, agreed: Consent) -> bool:
    """For whoever asks on paper: the community where it stands, or the street; one's own one takes back oneself."""
    own = user.is_same(agreed.person.user_id)
    return not own and holds(user, agreed.place, Role.CLERK, Role.CASE_OFFICER)


@action
def take_back_on_paper(agreed: Consent, *, photo: UploadedFile | None, by: User) -> Consent:
    """Somebody asked for it on a sheet: masked at once by one hand, for it takes no right from anybody.

    Its person hears of it and may agree again. Raises ``NotAllowed``, ``Refused``.
    """
    if not takes_back(by, agreed):
        raise NotAllowed(_("只有这里的社区工作人员和街道经办可以代收回，自己的由本人收回"))
    if agreed.withdrawn_at is not None:
        raise Refused(_("已经收回过了"))
    if photo is None:
        raise Refused(photo=_("请拍下本人签字的申请"))
    opened = _opened(agreed.act, agreed.subject, agreed.person)
    agreed.refresh_from_db(fields=["withdrawn_at"])  # the other of two at once was first
    if agreed.withdrawn_at is not None:
        raise Refused(_("已经收回过了"))
    opened.write(False)
    sheet = paper.register(agreed.place, [], about=str(agreed), stub=photo, by=by)
    take_back(agreed.person, agreed.act, agreed.subject, sheet=sheet, by=by)
    agreed.refresh_from_db()
    title, words = _("已按您的纸质申请收回公开"), _("“%(title)s”里不再公开您的姓名或者照片。") % {"title": agreed.title}
    _tell_person(agreed.person, title, words)
    return agreed


def _tell_person(person: Person, title: str, words: str) -> None:
    """By their account, or where they have no phone by the chief's list."""
    if person.user is not None and person.user.phone:
        tell(person.user, title, words, reverse("my_names"), event=told.TAKEN_BACK.name)
    elif (home := person.residence) is not None:
        tell_doors(
            [home.household_id], title, words, event=told.TAKEN_BACK.name, slip=_("社区有您的一件事，请问楼栋长")
        )


def standing(person: Person) -> QuerySet[Consent]:
    """What they agreed to and have not taken back."""
    return _theirs(person).standing().order_by("-pk")


def taken_back(person: Person) -> QuerySet[Consent]:
    return _theirs(person).exclude(withdrawn_at=None).order_by("-withdrawn_at", "-pk")


def _theirs(person: Person) -> ConsentQuerySet:
    return Consent.objects.filter(Q(person=person) | Q(person__user__in=person.user.keys if person.user else ()))


@action
def publish_name(act: str, subject: int, publishes: bool, *, by: User) -> None:
    """Let one's whole name stand beside one act, or take that back: it is masked at once, under the same number.

    Raises ``NotAllowed`` for what is somebody else's, ``Refused`` for what is over.
    """
    person = _person(by)
    opened = _opened(act, subject, person)
    if not publishes:
        opened.write(False)
        take_back(person, act, subject, by=by)
        return
    if opened.why_not:
        raise Refused(opened.why_not)
    agreed = agree(person, act, subject, title=opened.title, url=opened.url, place=opened.place, by=by)
    agreed.shown = opened.write(True)[:120]
    agreed.save(update_fields=["shown"])


def _opened(act: str, subject: int, person: Person) -> Opened:
    said: list[tuple[Any, Any]] = naming.send(Person, act=act, subject=subject, person=person)
    for _receiver, opened in said:
        if isinstance(opened, Opened):
            return opened
    raise Refused(_("没有找到这件事"))


def agree(
    person: Person,
    act: str,
    subject: int,
    *,
    title: str,
    url: str,
    place: Territory,
    by: User,
    what: str = Consent.What.NAME,
) -> Consent:
    """The consent, before anything is shown by it; one that stands is the same. In the caller's transaction."""
    standing = Consent.objects.of(person, act, subject).standing().filter(what=what).first()
    if standing is not None:
        return standing
    words = {"title": title[:120], "url": url, "place": place, "version": notice.VERSION, "given_by": by}
    return Consent.objects.create(person=person, act=act, subject=subject, what=what, **words)


def take_back(person: Person, act: str, subject: int, *, by: User, sheet: Sheet | None = None) -> None:
    """The consent ends, once nothing is shown by it any more. In the caller's transaction."""
    for agreed in Consent.objects.of(person, act, subject).standing().select_for_update(of=("self",)):
        agreed.withdrawn_at, agreed.withdrawn_by, agreed.sheet = now(), by, sheet
        agreed.save(update_fields=["withdrawn_at", "withdrawn_by", "sheet"])


def names_shown(person: Person, act: str, subject: int) -> bool:
    return Consent.objects.of(person, act, subject).standing().filter(what=Consent.What.NAME).exists()


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
    for agreed in Consent.objects.standing().filter(person__user__in=user.keys).order_by("pk"):
        _opened(agreed.act, agreed.subject, agreed.person).write(False)
        take_back(agreed.person, agreed.act, agreed.subject, by=user)
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
        for agreed in Consent.objects.filter(person=person).exclude(shown=""):
            agreed.shown = ""
            agreed.save(update_fields=["shown"])
            erase(Consent, [agreed.pk], by=None)
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
