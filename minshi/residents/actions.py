"""Joining the register, and the word of the chief that somebody lives where they say."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.masking import one_line
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import STAFF_ROLES, Person, RoleGrant
from minshi.residents.rules import confirms_residents, may_appoint
from minshi.residents.signals import judged
from minshi.territory.models import Household, Territory


@action
def join(user: User, household: Household, *, name: str, is_adult: bool, by: User | None) -> Person:
    """Say where one lives; it counts once the chief or the clerk has confirmed it."""
    person = Person.objects.select_for_update().filter(user=user).first() or Person(user=user)
    if person.confirmed_at and person.household_id:
        raise Refused(_("您的住户身份已经确认；搬家了请联系楼栋长或社区更改"))
    name = one_line(name)
    if not name:
        raise Refused(name=_("请写您的姓名"))
    person.household, person.name, person.is_adult = household, name, is_adult
    person.confirmed_at, person.consented_at = None, now()
    person.save()
    user._person = person  # type: ignore[attr-defined]
    return person


@action
def confirm(person: Person, *, by: User, door: int | None = None) -> Person:
    """The chief or the clerk of the place confirms that this person lives there; nobody confirms themselves.

    ``door`` is the household that was on the page: what the person has changed meanwhile is not confirmed unseen.
    """
    person = _judged(person, by)
    if door is not None and door != person.household_id:
        raise Refused(_("这个人刚改了登记的门牌，请再看一眼"))
    if person.confirmed_at is None:
        person.confirmed_at = now()
        person.save(update_fields=["confirmed_at"])
        judged.send(Person, person=person, lives_there=True)
    return person


@action
def refuse(person: Person, *, by: User) -> None:
    """Not of this door: the claim is taken back, the account stays."""
    person = _judged(person, by)
    if person.confirmed_at:
        raise Refused(_("已经确认过的住户，请在工作台登记搬走"))
    _leave(person)
    judged.send(Person, person=person, lives_there=False)


@action
def move_out(person: Person, *, by: User) -> None:
    """A confirmed person no longer lives there; where they live now they say again."""
    person = _judged(person, by)
    if not person.confirmed_at:
        raise Refused(_("还没有确认过，请直接确认或不确认"))
    _leave(person)


@action
def name_representative(person: Person, *, by: User) -> None:
    """Who votes for the household from now on, in place of whoever did."""
    person = _judged(person, by)
    if not (person.confirmed_at and person.is_adult):
        raise Refused(_("户代表要是已经确认的住户，并且满 18 岁"))
    # One by one and not by update(): each change is somebody's.
    for former in Person.objects.select_for_update().filter(household=person.household, is_representative=True):
        former.is_representative = False
        former.save(update_fields=["is_representative"])
    person.is_representative = True
    person.save(update_fields=["is_representative"])


def _judged(person: Person, by: User) -> Person:
    """The row as it is now, locked, once it is clear that ``by`` may say who lives there."""
    person = Person.objects.select_for_update(of=("self",)).select_related("household__place").get(pk=person.pk)
    if person.household is None:
        raise Refused(_("还没有登记门牌"))
    if person.user_id == by.pk:
        raise NotAllowed(_("自己的住户身份要由别人确认"))
    if not confirms_residents(by, person):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以确认住户"))
    return person


def _leave(person: Person) -> None:
    person.household, person.confirmed_at, person.is_representative = None, None, False
    person.save(update_fields=["household", "confirmed_at", "is_representative"])


@action
def grant(
    user: User, role: str, place: Territory, *, since: date, basis: str, by: User | None, until: date | None = None
) -> RoleGrant:
    """Give a role in a place from a day on, with the record of the election or appointment it rests on.

    Whoever works in an office signs in as staff from now on, with a password and a second factor.
    """
    if by is not None and (by.pk == user.pk or not may_appoint(by, role, place)):
        raise NotAllowed(_("这个角色要由上一级任命，自己不能任命自己"))
    if until is not None and until <= since:
        raise Refused(until=_("结束的日子要在开始之后"))
    if role in STAFF_ROLES and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    try:
        with transaction.atomic():
            return RoleGrant.objects.create(
                user=user, role=role, place=place, since=since, until=until, basis=basis, granted_by=by
            )
    except IntegrityError:
        raise Refused(_("这个人在这里已经担任这个角色")) from None


@action
def revoke(held: RoleGrant, *, by: User | None) -> None:
    """End a role at once; open sessions lose it with their next page."""
    if by is not None and not may_appoint(by, held.role, held.place):
        raise NotAllowed(_("这个角色要由上一级撤销"))
    held.revoked_at = now()
    held.save(update_fields=["revoked_at"])
