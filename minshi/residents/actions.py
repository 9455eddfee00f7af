"""Joining the register, and the word of the chief that somebody lives where they say."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import midnight, now, today
from minshi.deadlines.actions import meet, schedule
from minshi.lifecycle.action import action, in_turn
from minshi.masking import mask_text, one_line
from minshi.refusals import NotAllowed, Refused
from minshi.residents import notice
from minshi.residents.models import (
    ELECTION_LENGTH,
    ORGANISERS,
    STAFF_ROLES,
    Election,
    Person,
    Representation,
    Residence,
    ResidenceQuerySet,
    RoleGrant,
)
from minshi.residents.rules import adult_from, confirms_residents, home_of, may_appoint, role_in, why_not_there
from minshi.residents.signals import appointed, asked, judged, moved_out, of_age, representation_answered
from minshi.territory.models import Household, Territory

ADULTHOOD = "residents.adulthood"
"""The kind of deadline at which a minor becomes adult."""
TERM_OVER = "residents.term_over"
"""The kind of deadline at which a role that was given until a day ends."""


@action
def join(
    user: User, household: Household, *, name: str, is_adult: bool, born: date | None = None, by: User | None
) -> Residence:
    """Say where one lives; it counts once the chief or the clerk has confirmed it.

    Saying it anew before that ends the earlier claim. ``born``, of a minor: any day of the month of birth; from the
    first day of the month after the 18th birthday they are adult. Raises ``Refused``.
    """
    in_turn(user, "join")
    person = Person.objects.select_for_update().filter(user=user).first() or Person(user=user)
    before = Residence.objects.current().filter(person=person).first() if person.pk else None
    if before and before.confirmed_at:
        raise Refused(_("您的住户身份已经确认；搬家了请先在“我的信息”里登记搬走，再登记新的住处"))
    name = one_line(name)
    if not name:
        raise Refused(name=_("请写您的姓名"))
    _refuse_struck(household)
    earlier = (person.name, person.is_adult, person.born)
    person.name = name
    _set_age(person, is_adult=is_adult, born=born)
    if before and before.household_id == household.pk and earlier == (person.name, person.is_adult, person.born):
        return before  # said already
    person.consented_at, person.consented_to = now(), notice.VERSION
    person.save()
    _await_adulthood(person)
    if before:
        _end(before)
    claim = Residence.objects.create(person=person, household=household)
    user.__dict__.pop("_person", None)
    asked.send(Residence, residence=claim, before=before)
    return claim


@action
def consent(version: int, *, by: User) -> None:
    """Agree to the notice as it was read: where it has changed meanwhile it is to be read again."""
    person = Person.objects.select_for_update().filter(user=by).first()
    if person is None:
        raise Refused(_("您还没有登记住在哪里，登记时会请您看这份告知"))
    if version != notice.VERSION:
        raise Refused(_("告知刚有变化，请再看一遍"))
    if person.consented_at is None or person.consented_to != version:
        person.consented_at, person.consented_to = now(), version
        person.save(update_fields=["consented_at", "consented_to"])


def _refuse_struck(household: Household) -> None:
    """Shared until the transaction ends: whoever strikes the door off waits for us, and we for them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_active FROM territory_household WHERE id = %s FOR SHARE", [household.pk])
        (is_active,) = cursor.fetchone()
    if not is_active:
        raise Refused(_("这一户已经注销；还有人住的，请社区先恢复这一户"))


def _set_age(person: Person, *, is_adult: bool, born: date | None) -> None:
    month = born.replace(day=1) if born and not is_adult else None
    person.is_adult = is_adult or (month is not None and adult_from(month) <= today())
    person.born = None if person.is_adult else month


def _await_adulthood(person: Person) -> None:
    meet(person, ADULTHOOD)
    if person.born:
        schedule(person, ADULTHOOD, midnight(adult_from(person.born)))


@action
def come_of_age(person: Person, *, by: None = None) -> None:
    """Adult from today; the month of birth has served its purpose and is erased."""
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.born is None or adult_from(person.born) > today():
        return
    person.is_adult, person.born = True, None
    person.save(update_fields=["is_adult", "born"])
    of_age.send(Person, person=person)


def as_read(claim: Residence) -> str:
    """A short mark of what whoever confirms has before their eyes: name, age and door."""
    person = claim.person
    facts = (claim.pk, person.name, person.is_adult, claim.household.door) if person else (claim.pk,)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@action
def confirm(claim: Residence, *, read: str | None = None, by: User) -> Residence:
    """The chief or the clerk of the place confirms that this person lives there; nobody confirms themselves.

    A claim is of one door: whoever has named another one meanwhile is not confirmed unseen. ``read`` is the mark
    (``as_read``) of what was on the page: if name, age or door have changed since, it has to be read again.
    """
    claim = _judged(claim, by)
    if read is not None and read != as_read(claim):
        raise Refused(_("这个人刚改了登记的姓名、年龄或门牌，请再看一眼"))
    _refuse_struck(claim.household)
    if claim.confirmed_at is None:
        claim.confirmed_at, claim.confirmed_by = now(), by
        claim.save(update_fields=["confirmed_at", "confirmed_by"])
        judged.send(Residence, residence=claim, lives_there=True)
    return claim


@action
def refuse(claim: Residence, *, by: User) -> None:
    """Not of this door: the claim is taken back, the account stays."""
    claim = _judged(claim, by)
    if claim.confirmed_at:
        raise Refused(_("已经确认过的住户，请在工作台登记搬走"))
    turn_away(claim)


def turn_away(claim: Residence) -> None:
    """End a claim and tell whoever made it. Part of refusing it or of striking its door off."""
    _end(claim)
    judged.send(Residence, residence=claim, lives_there=False)


@action
def move_out(home: Residence, *, by: User) -> None:
    """A confirmed person no longer lives there; where they live now they say again."""
    home = _judged(home, by)
    if not home.confirmed_at:
        raise Refused(_("还没有确认过，请直接确认或不确认"))
    _end(home)
    moved_out.send(Residence, residence=home, said_by=role_in(by, home.household.place))


@action
def gone(home: Residence, *, by: User) -> None:
    """Another of the household no longer lives there: said by whoever represents it, or where nobody does by any adult.

    The representative is not moved out by the others: who speaks for the door changes by their own word, or by the
    chief's or the community's.
    """
    list(Residence.objects.select_for_update(of=("self",)).current().filter(household=home.household_id).order_by("pk"))
    rows = Residence.objects.select_related("household__place", "person__user")
    home = rows.get(pk=home.pk)
    if reasons := why_not_gone(home, by):
        raise NotAllowed(*reasons)
    if home.until is not None:
        raise Refused(_("已经登记搬走了"))
    _end(home)
    moved_out.send(Residence, residence=home, said_by=_("同户的人"))


def why_not_gone(home: Residence, by: User) -> list[str]:
    """What keeps this person from saying that somebody of their household moved out."""
    mine = home_of(by)
    if home.person is None or by.is_same(home.person.user_id):
        return [_("自己搬走请在“我的信息”里登记")]
    if mine is None or mine.household_id != home.household_id or not (mine.person and mine.person.is_adult):
        return [_("只有同一户里已经确认的成年人可以登记")]
    if home.confirmed_at is None:
        return [_("还没有确认过，住不住这里由楼栋长或社区来定")]
    if home.is_representative:
        return [_("户代表搬走了，请本人登记，或请楼栋长、社区登记")]
    if not mine.is_representative and household_of(home).filter(is_representative=True).exists():
        return [_("您家定了户代表，请户代表来登记")]
    return []


def household_of(home: Residence) -> ResidenceQuerySet:
    """Whoever is confirmed behind the same door now."""
    return Residence.objects.current().confirmed().filter(household=home.household_id, person__isnull=False)


@action
def leave(home: Residence, *, by: User) -> None:
    """One says oneself that one does not live there any more, or never did."""
    home = Residence.objects.select_for_update(of=("self",)).select_related("person").get(pk=home.pk)
    if home.person is None or not by.is_same(home.person.user_id):
        raise NotAllowed(_("只能登记自己搬走"))
    if home.until is not None:
        raise Refused(_("已经登记搬走了"))
    _end(home)
    meet(home)  # nobody is waited for to confirm them any more
    by.__dict__.pop("_person", None)


@action
def name_representative(home: Residence, *, by: User) -> None:
    """Who votes for the household from now on, in place of whoever did."""
    home = _judged(home, by)
    if not (home.confirmed_at and home.person and home.person.is_adult):
        raise Refused(_("户代表要是已经确认的住户，并且满 18 岁"))
    hand_over(home, by=by)


@action
def hand_over(home: Residence, *, by: User) -> None:
    """From whoever spoke for the household to this one; whoever may say so was asked before."""
    # One by one and not by update(): each change is somebody's.
    theirs = Residence.objects.select_for_update().current().filter(household=home.household, is_representative=True)
    for former in theirs.exclude(pk=home.pk):
        former.is_representative = False
        former.save(update_fields=["is_representative"])
    if not home.is_representative:
        home.is_representative = True
        home.save(update_fields=["is_representative"])
    waiting = Representation.objects.open().select_for_update(of=("self",)).filter(home__household=home.household)
    for request in waiting.select_related("home__person__user"):
        close_request(request, granted=request.home_id == home.pk, by=by)


def close_request(request: Representation, *, granted: bool, by: User) -> None:
    """One answer to who asked to speak for the household; in the caller's transaction."""
    request.answered_at, request.answered_by, request.is_granted = now(), by, granted
    request.save(update_fields=["answered_at", "answered_by", "is_granted"])
    representation_answered.send(Representation, request=request)


def judging(home: Residence, by: User) -> Residence:
    """For what else is decided of who lives there: the row locked, by whoever may say so."""
    return _judged(home, by)


def _judged(home: Residence, by: User) -> Residence:
    """The row as it is now, locked, once it is clear that ``by`` may say who lives there."""
    rows = Residence.objects.select_for_update(of=("self",)).select_related("household__place", "person__user")
    home = rows.get(pk=home.pk)
    if home.person is None or home.until is not None:
        raise Refused(_("这个人刚改了登记的门牌，请再看一眼"))
    if by.is_same(home.person.user_id):
        raise NotAllowed(_("自己的住户身份要由别人确认"))
    if not confirms_residents(by, home):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以确认住户"))
    return home


def _end(home: Residence) -> None:
    home.until, home.is_representative = now(), False
    home.save(update_fields=["until", "is_representative"])
    meet(home)  # nobody has to answer any more for who is gone


@action
def stand_for(door: Household, name: str, *, by: User) -> User:
    """The account in whose name something on paper is entered: of whoever of the door bears this name.

    Who has no phone gets an account nobody can sign in to; who is not in the register one without a door. So
    what is entered for a person is that person's, and never of whoever typed it.
    """
    name = one_line(name)
    if not name:
        raise Refused(name=_("请写提出人的姓名"))
    homes = Residence.objects.current().confirmed().filter(household=door, person__name=name)
    people = Person.objects.select_for_update(of=("self",)).filter(pk__in=homes.values("person"))
    person = people.first() or Person(name=name)
    if person.user_id is None:
        person.user = User.objects.create_user(f"p{secrets.token_hex(8)}")
        person.save()
    assert person.user
    if by.is_same(person.user_id):
        raise Refused(name=_("自己的请自己在网上提，不要代录"))
    return person.user


@action
def grant(
    user: User, role: str, place: Territory, *, since: date, basis: str, by: User | None, until: date | None = None
) -> RoleGrant:
    """Give a role in a place from a day on, with the record of the election or appointment it rests on.

    An office goes to whoever is staff already, with a number and an activation of their own (``signin.staff``).
    """
    if by is not None and (by.is_same(user.pk) or not may_appoint(by, role, place)):
        raise NotAllowed(_("这个角色要由上一级任命，自己不能任命自己"))
    if until is not None and until <= since:
        raise Refused(until=_("结束的日子要在开始之后"))
    if role in STAFF_ROLES and not user.is_staff:
        raise Refused(role=_("工作人员要先有自己的登录：填登录名，启用码发到他验证过的手机，再授予角色"))
    if reason := why_not_there(role, place):
        raise Refused(place=reason)
    if not User.objects.select_for_update().get(pk=user.pk).phone:
        raise Refused(role=_without_number(user))
    try:
        with transaction.atomic():
            held = RoleGrant.objects.create(
                user=user, role=role, place=place, since=since, until=until, basis=basis, granted_by=by
            )
    except IntegrityError:
        raise Refused(_("这个人在这里已经担任这个角色")) from None
    if until is not None:
        schedule(held, TERM_OVER, midnight(until))
    appointed.send(RoleGrant, held=held, ended=False)
    return held


@action
def record_election(
    held: RoleGrant, *, asked: int, came: int, agreed: int, against: int, abstained: int, course: str, by: User
) -> Election:
    """Write down once by what votes of the households somebody came to a post (form 33); names stay on the sheet."""
    held = RoleGrant.objects.select_for_update(of=("self",)).select_related("place").get(pk=held.pk)
    if by.is_same(held.user_id) or not may_appoint(by, held.role, held.place):
        raise NotAllowed(_("推选结果由任命的上一级登记，自己的由别人登记"))
    if held.role not in ORGANISERS or held.revoked_at is not None:
        raise Refused(_("这个任职不登记推选结果"))
    if Election.objects.filter(grant=held).exists():
        raise Refused(_("已经登记过推选结果"))
    if came > asked:
        raise Refused(came=_("实到的比应到的多，请核对"))
    if agreed + against + abstained > came:
        raise Refused(agreed=_("三种票加起来比实到的多，请核对"))
    if agreed <= against:
        raise Refused(agreed=_("同意的不比不同意的多，不算推选上"))
    said = mask_text(one_line(course))[:ELECTION_LENGTH]
    if not said:
        raise Refused(course=_("请写推选的时间和地点"))
    votes = {"asked": asked, "came": came, "agreed": agreed, "against": against, "abstained": abstained}
    return Election.objects.create(grant=held, course=said, recorded_by=by, **votes)


def _without_number(user: User) -> str:
    """What has to be done first, where the account of before has no number (domain.md 6)."""
    if user.is_staff:
        return _("这个账号还没有手机号，先在“任职”里申请重设登录并填本人的手机号，再授予角色")
    return _("这个账号没有手机号，先请本人用手机号登录、登记住在哪里，再授予角色")


def lasting_posts(user: User) -> list[RoleGrant]:
    """What this account holds from today, or from a later day on."""
    lasting = Q(until=None) | Q(until__gt=today())
    rows = RoleGrant.objects.filter(lasting, user=user, revoked_at=None)
    return list(rows.select_related("place", "granted_by"))


@action
def lay_down(user: User, *, by: User | None = None) -> list[RoleGrant]:
    """Every post of an account that ends: another of the same human takes them up (``hand_on``)."""
    posts = lasting_posts(user)
    for held in posts:
        held.revoked_at = now()
        held.save(update_fields=["revoked_at"])
        meet(held, TERM_OVER)
    return posts


@action
def hand_on(held: RoleGrant, user: User, *, by: User | None = None) -> None:
    """A post that was laid down goes to the account that stays: as given, by whom it was given, for as long."""
    since = max(held.since, today())
    same = RoleGrant.objects.filter(user=user, role=held.role, place=held.place, revoked_at=None)
    if same.filter(Q(until=None) | Q(until__gt=since)).exists():
        return
    theirs = RoleGrant.objects.create(
        user=user, role=held.role, place=held.place, since=since, until=held.until,
        basis=held.basis, granted_by=held.granted_by,
    )  # fmt: skip
    if theirs.until is not None:
        schedule(theirs, TERM_OVER, midnight(theirs.until))


@action
def revoke(held: RoleGrant, *, by: User | None) -> None:
    """End a role at once; open sessions lose it with their next page."""
    if by is not None and not may_appoint(by, held.role, held.place):
        raise NotAllowed(_("这个角色要由上一级撤销"))
    held.revoked_at = now()
    held.save(update_fields=["revoked_at"])
    meet(held, TERM_OVER)
    appointed.send(RoleGrant, held=held, ended=True)
    give_back_the_phone(held.user)


@action
def pass_on(leaver: User, successor: User, *, basis: str, by: User) -> list[RoleGrant]:
    """Every post of whoever leaves that this person fills goes to one other human at once, for as long as it was given.

    What waits waits for a post and is on the successor's desk with their next page; what the leaver did stays theirs.
    Posts that another office fills stay until that one hands them over. Raises ``Refused``, ``NotAllowed``.
    """
    if by.is_same(leaver.pk) or by.is_same(successor.pk):
        raise NotAllowed(_("自己的岗位不能自己交接，由任命的上一级办"))
    if leaver.is_same(successor.pk):
        raise Refused(username=_("接手的要是另一个人"))
    list(User.objects.select_for_update().filter(pk__in=(leaver.pk, successor.pk)).order_by("pk"))
    posts = [held for held in lasting_posts(leaver) if may_appoint(by, held.role, held.place)]
    if not posts:
        raise Refused(_("没有由您任命、可以交接的岗位；已经交接过的不用再交"))
    given = []
    for held in posts:
        revoke(held, by=by)
        day = max(held.since, today())
        has = RoleGrant.objects.filter(user=successor, role=held.role, place=held.place, revoked_at=None)
        if not has.filter(Q(until=None) | Q(until__gt=day)).exists():
            given.append(grant(successor, held.role, held.place, since=day, until=held.until, basis=basis, by=by))
    return given


def give_back_the_phone(user: User) -> None:
    """Whoever works in no office any more, now or from a later day on, signs in as a resident again.

    The password that opened the desk opens nothing more. Part of ending a role, in its transaction.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    lasting = Q(until=None) | Q(until__gt=today())
    held = RoleGrant.objects.filter(lasting, user=user, role__in=STAFF_ROLES, revoked_at=None)
    if not user.is_staff or user.is_superuser or user.phone is None or held.exists():
        return
    user.is_staff, user.owes_password = False, False
    user.set_unusable_password()
    user.save(update_fields=["is_staff", "owes_password", "password"])
