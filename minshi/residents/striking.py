"""A door off the register takes two people: one asks with a reason, another confirms; one puts it back."""

from __future__ import annotations

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.deadlines.models import Deadline
from minshi.lifecycle.action import action
from minshi.masking import mask_text, one_line, seen
from minshi.refusals import NotAllowed, Refused
from minshi.residents.actions import turn_away
from minshi.residents.models import (
    OFFICES,
    ORGANISERS,
    STRIKE_REASON_LENGTH,
    Residence,
    Role,
    RoleGrant,
    StrikeOff,
)
from minshi.residents.rules import holds, holds_itself, role_in, roles_of
from minshi.residents.signals import strike_answered, strike_asked
from minshi.residents.waiting import STRIKE
from minshi.territory.models import Household, Territory

LADDER: tuple[tuple[Role, ...], ...] = (
    (Role.CLERK,),
    (Role.PARTY, Role.SUPERVISOR),
    ORGANISERS,
    OFFICES["street"],
    OFFICES["district"],
)
"""Who the second person is: another clerk, else Party branch or supervisor, else an organiser of another building, else
the street, else the district (domain.md 6). Where the street asked it begins with another officer there."""

OF_THE_STREET = 3
KEEPERS = (Role.CLERK, Role.CASE_OFFICER, Role.DISTRICT_OFFICER)


@action
def ask_to_strike(door: Household, *, reason: str, by: User) -> StrikeOff:
    """Off the register: entered by mistake, or no longer a dwelling. Nothing changes before another confirms."""
    _demand(by, door)
    door = _locked(door)
    _refuse_unless_empty(door)
    if not seen(reason):
        raise Refused(reason=_("请写明为什么注销，评议时会公布"))
    if door.strikes.open().exists():
        raise Refused(_("这一户已经申请注销，正在等另一位确认"))
    said = mask_text(one_line(reason))[:STRIKE_REASON_LENGTH]
    strike = StrikeOff.objects.create(household=door, reason=said, asked_by=by, asked_as=role_in(by, door.place))
    strike_asked.send(StrikeOff, strike=strike)
    return strike


@action
def confirm_strike(strike: StrikeOff, *, by: User) -> Household:
    """The second person: from now on it is off the register. Rolls and lists that were frozen before keep it."""
    strike = _to_answer(strike, by)
    door = _locked(strike.household)
    _refuse_unless_empty(door)
    _answer(strike, by, granted=True)
    door.is_active = False
    door.save(update_fields=["is_active"])
    for claim in Residence.objects.claims().filter(household=door).select_related("person__user"):
        turn_away(claim)
    return door


@action
def refuse_strike(strike: StrikeOff, *, reason: str, by: User) -> StrikeOff:
    """The second person finds it right to stay; whoever asked reads why."""
    strike = _to_answer(strike, by)
    if not seen(reason):
        raise Refused(reason=_("请写明为什么不同意注销"))
    strike.answer = mask_text(one_line(reason))[:STRIKE_REASON_LENGTH]
    _answer(strike, by, granted=False)
    return strike


@action
def restore_door(door: Household, *, by: User) -> Household:
    """Back on the register as it was: struck off by mistake, or lived in again. Frozen rolls stay as they are."""
    _demand(by, door)
    door = _locked(door)
    if door.is_active:
        raise Refused(_("这一户没有注销，不用恢复"))
    for strike in door.strikes.standing():
        strike.restored_by, strike.restored_at = by, now()
        strike.save(update_fields=["restored_by", "restored_at"])
    door.is_active = True
    door.save(update_fields=["is_active"])
    return door


def next_second(strike: StrikeOff, after: str = "") -> tuple[str, str] | None:
    """Role and place's path of who confirms it."""
    return second_after(strike.household.place, strike.asked_by, after)


def second_after(place: Territory, first_hand: User, after: str = "") -> tuple[str, str] | None:
    """Role and place's path of the second person: the first there is, beyond the rung of the role ``after``."""
    first = OF_THE_STREET if not holds_itself(first_hand, place, Role.CLERK) else 0
    if after:
        first = next(number for number, roles in enumerate(LADDER) if after in roles) + 1
    for roles in LADDER[first:]:
        grants = RoleGrant.objects.active(today()).filter(role__in=roles, user__is_active=True)
        grants = grants.exclude(user__in=first_hand.keys)
        if roles == ORGANISERS:
            community = place.at_level("community") or place
            grants = grants.filter(place__path__startswith=community.path)
            grants = grants.exclude(place__path__in=place.ancestor_paths())
        else:
            grants = grants.filter(place__path__in=place.ancestor_paths())
        found = dict(grants.order_by("place__path").values_list("role", "place__path"))  # the nearest of each
        if role := next((str(role) for role in roles if role in found), ""):
            return role, found[role]
    return None


def why_not_answer(user: User, strike: StrikeOff) -> str:
    """Why this person is not the second one; empty when they are."""
    if strike.answered_at is not None:
        return _("这一户的注销申请已经有人答复")
    if user.is_same(strike.asked_by_id):
        return _("申请的人不能自己确认，要由另一个人来办")
    waits = Deadline.objects.tasks().of(strike).filter(kind=STRIKE).first()
    if waits is None or not any(
        held.role == waits.role and waits.place_path.startswith(held.path) for held in roles_of(user)
    ):
        return _("这一户的注销申请不由您确认")
    return ""


def to_answer(user: User) -> list[StrikeOff]:
    """What waits for this person as the second one, the oldest first."""
    held = [(each.role, each.path) for each in roles_of(user)]
    keys = Deadline.objects.waiting_for(held).filter(kind=STRIKE).values_list("subject_id", flat=True)
    rows = StrikeOff.objects.open().filter(pk__in=list(keys)).exclude(asked_by__in=user.keys)
    return list(rows.select_related("household__place__parent", "asked_by").order_by("asked_at")[:MOST])


MOST = 50


def _demand(by: User, door: Household) -> None:
    if not holds(by, door.place, *KEEPERS):
        raise NotAllowed(_("只有这里的社区工作人员、街道经办和区牵头部门可以注销、恢复门牌"))


def _locked(door: Household) -> Household:
    return Household.objects.select_for_update(of=("self",)).select_related("place").get(pk=door.pk)


def _refuse_unless_empty(door: Household) -> None:
    if not door.is_active:
        raise Refused(_("这一户已经注销"))
    if door.residences.current().confirmed().exists():
        raise Refused(_("还有已确认的住户住在这里，请先登记他们搬走"))


def _to_answer(strike: StrikeOff, by: User) -> StrikeOff:
    rows = StrikeOff.objects.select_for_update(of=("self",)).select_related("household__place", "asked_by")
    strike = rows.get(pk=strike.pk)
    if why := why_not_answer(by, strike):
        raise NotAllowed(why)
    return strike


def _answer(strike: StrikeOff, by: User, *, granted: bool) -> None:
    waits = Deadline.objects.tasks().of(strike).get(kind=STRIKE)
    strike.answered_by, strike.answered_at, strike.is_granted = by, now(), granted
    strike.answered_as = role_in(by, Territory(path=waits.place_path))
    strike.save(update_fields=["answered_by", "answered_as", "answered_at", "is_granted", "answer"])
    strike_answered.send(StrikeOff, strike=strike)
