"""Joining the register, and the word of the chief that somebody lives where they say."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import ORGANISERS, STAFF_ROLES, Person, Role, RoleGrant
from minshi.residents.rules import holds, may_appoint, person_of
from minshi.territory.models import Household, Territory


@action
def join(user: User, household: Household, *, name: str, is_adult: bool, by: User | None) -> Person:
    """Say where one lives; it counts once the chief or the clerk has confirmed it."""
    person = person_of(user)
    if person and person.confirmed_at:
        raise Refused("您的住户身份已经确认；搬家了请联系楼栋长或社区更改")
    person = person or Person(user=user)
    person.household, person.name, person.is_adult = household, name.strip(), is_adult
    person.consented_at = now()
    person.save()
    user._person = person  # type: ignore[attr-defined]
    return person


@action
def confirm(person: Person, *, by: User) -> Person:
    """The chief or the clerk of the place confirms that this person lives there; nobody confirms themselves."""
    person = Person.objects.select_for_update(of=("self",)).select_related("household__place").get(pk=person.pk)
    if person.household is None:
        raise Refused("还没有登记门牌")
    if person.user_id == by.pk:
        raise NotAllowed("自己的住户身份要由别人确认")
    if not holds(by, person.household.place, Role.CLERK, *ORGANISERS):
        raise NotAllowed("只有这里的楼栋长和社区工作人员可以确认住户")
    person.confirmed_at = person.confirmed_at or now()
    person.save(update_fields=["confirmed_at"])
    return person


@action
def refuse(person: Person, *, by: User) -> None:
    """Not of this door: the claim is taken back, the account stays."""
    if person.household is None or not holds(by, person.household.place, Role.CLERK, *ORGANISERS):
        raise NotAllowed("只有这里的楼栋长和社区工作人员可以确认住户")
    if person.confirmed_at:
        raise Refused("已经确认过的住户，请到社区更改")
    person.household = None
    person.save(update_fields=["household"])


@action
def grant(
    user: User, role: str, place: Territory, *, since: date, basis: str, by: User | None, until: date | None = None
) -> RoleGrant:
    """Give a role in a place from a day on, with the record of the election or appointment it rests on.

    Whoever works in an office signs in as staff from now on, with a password and a second factor.
    """
    if by is not None and (by.pk == user.pk or not may_appoint(by, role, place)):
        raise NotAllowed("这个角色要由上一级任命，自己不能任命自己")
    if role in STAFF_ROLES and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    try:
        with transaction.atomic():
            return RoleGrant.objects.create(
                user=user, role=role, place=place, since=since, until=until, basis=basis, granted_by=by
            )
    except IntegrityError:
        raise Refused("这个人在这里已经担任这个角色") from None


@action
def revoke(held: RoleGrant, *, by: User | None) -> None:
    """End a role at once; open sessions lose it with their next page."""
    if by is not None and not may_appoint(by, held.role, held.place):
        raise NotAllowed("这个角色要由上一级撤销")
    held.revoked_at = now()
    held.save(update_fields=["revoked_at"])
