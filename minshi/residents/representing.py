"""Asking to speak for one's household: the present representative agrees, or the community decides."""

from __future__ import annotations

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions
from minshi.residents.models import Representation, Residence
from minshi.residents.rules import home_of
from minshi.residents.signals import representation_asked


def representative_of(home: Residence) -> Residence | None:
    """Who votes for this door, where that is one."""
    rows = Residence.objects.current().filter(household=home.household_id, is_representative=True)
    return rows.select_related("person__user").first()


def hears(present: Residence | None) -> bool:
    """Whether the representative has an account to be asked by: one without a phone is asked by the community."""
    person = present.person if present else None
    return person is not None and person.user is not None and person.user.is_active


def why_not_ask(home: Residence | None) -> list[str]:
    if home is None or home.person is None:
        return [_("您的住户身份还没有确认")]
    if not home.person.is_adult:
        return [_("满18岁才能当户代表")]
    if home.is_representative:
        return [_("您已经是户代表")]
    if representative_of(home) is None:
        return [_("您家还没有定户代表，哪一位成年人投票都算")]
    return []


@action
def ask(*, by: User) -> Representation:
    """Whoever is confirmed behind a door asks to speak for it; asking twice is asking once."""
    home = home_of(by)
    if reasons := why_not_ask(home):
        raise Refused(*reasons)
    assert home
    Residence.objects.select_for_update(of=("self",)).get(pk=home.pk)
    if running := Representation.objects.open().filter(home=home).first():
        return running
    request = Representation.objects.create(home=home)
    representation_asked.send(Representation, request=request)
    return request


@action
def agree(request: Representation, *, by: User) -> None:
    """The present representative lets another adult of the household speak for it from now on."""
    request = _answerable(request, by)
    actions.hand_over(request.home, by=by)


@action
def disagree(request: Representation, *, by: User) -> None:
    """The present one stays; the community may still decide, and is asked to."""
    request = _answerable(request, by)
    request.is_contested = True
    request.save(update_fields=["is_contested"])


@action
def keep(home: Residence, *, by: User) -> None:
    """The community leaves it as it is."""
    home = actions.judging(home, by)
    requests = Representation.objects.open().select_for_update(of=("self",)).filter(home=home)
    if not requests:
        raise Refused(_("没有人申请更换户代表"))
    for request in requests:
        actions.close_request(request, granted=False, by=by)


def _answerable(request: Representation, by: User) -> Representation:
    rows = Representation.objects.select_for_update(of=("self",)).select_related(
        "home__household", "home__person__user"
    )
    request = rows.get(pk=request.pk)
    mine = home_of(by)
    is_theirs = mine is not None and mine.is_representative and mine.household_id == request.home.household_id
    if not is_theirs:
        raise NotAllowed(_("只有您家现在的户代表可以答复"))
    if request.answered_at is not None or request.home.until is not None:
        raise Refused(_("这个申请已经办结"))
    return request


def asked_of(home: Residence) -> list[Representation]:
    """What waits for the representative behind this door."""
    rows = Representation.objects.open().filter(home__household=home.household_id, home__until=None)
    return list(rows.exclude(home=home).select_related("home__person").order_by("pk"))


def others_of(home: Residence | None) -> list[tuple[Residence, bool]]:
    """Who else is confirmed behind this door, and whether this one may say that they moved out."""
    if home is None or home.person is None or not home.person.is_adult:
        return []
    others = list(actions.household_of(home).exclude(pk=home.pk).select_related("person").order_by("since", "pk"))
    is_free = home.is_representative or not any(each.is_representative for each in others)
    return [(each, is_free and not each.is_representative) for each in others]


def is_waiting(home: Residence) -> bool:
    return Representation.objects.open().filter(home=home).exists()
