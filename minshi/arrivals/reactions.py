"""What follows when somebody says where they live, or asks to speak for their household; and what time does to it."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.arrivals import actions, told
from minshi.deadlines.actions import meet, on
from minshi.deadlines.models import Deadline
from minshi.notifications.actions import tell, tell_all
from minshi.residents.models import Representation, Residence, RoleGrant, StrikeOff
from minshi.residents.signals import (
    asked,
    judged,
    representation_answered,
    representation_asked,
    strike_answered,
    strike_asked,
)
from minshi.residents.speaking import listeners
from minshi.residents.waiting import CLAIM, HURRIED, REPRESENT, STRIKE


@receiver(asked, sender=Residence)
def somebody_says_where_they_live(residence: Residence, before: Residence | None, **kwargs: Any) -> None:
    if before is not None:
        actions.answered(before, by=None)
    actions.wait_for_word(residence, by=None)


@receiver(judged, sender=Residence)
def a_word_was_given(residence: Residence, **kwargs: Any) -> None:
    actions.answered(residence, by=None)


@on(CLAIM)
@on(HURRIED)
def nobody_gave_a_word(deadline: Deadline) -> None:
    claim = _home(deadline)
    if claim is not None and claim.until is None and claim.confirmed_at is None:
        actions.climb(claim, deadline, by=None)


@receiver(representation_asked, sender=Representation)
def somebody_would_speak_for_their_door(request: Representation, **kwargs: Any) -> None:
    actions.wait_for_agreement(request.home, by=None)
    title = _("同户的人申请当户代表，请您答复")
    tell_all(listeners([request.home.household_id]), title, "", reverse("representing"), event=told.ASKED.name)


@receiver(representation_answered, sender=Representation)
def it_was_answered(request: Representation, **kwargs: Any) -> None:
    actions.answered(request.home, REPRESENT, by=None)
    person = request.home.person
    if person is None or person.user is None:
        return
    if request.is_granted:
        tell(person.user, _("现在由您代表您家投票"), "", reverse("mine"), event=told.ANSWERED.name)
    else:
        tell(person.user, _("户代表没有更换"), _("有疑问请联系社区"), reverse("representing"), event=told.ANSWERED.name)


@on(REPRESENT)
def nobody_decided(deadline: Deadline) -> None:
    home = _home(deadline)
    if home is not None and Representation.objects.open().filter(home=home).exists():
        actions.climb(home, deadline, by=None)


@receiver(strike_asked, sender=StrikeOff)
def a_door_is_to_leave_the_register(strike: StrikeOff, **kwargs: Any) -> None:
    actions.wait_for_second(strike, by=None)


@receiver(strike_answered, sender=StrikeOff)
def the_second_person_answered(strike: StrikeOff, **kwargs: Any) -> None:
    meet(strike, STRIKE)
    where = strike.household.label or strike.household.place.name
    title = (_("门牌已注销：%(where)s") if strike.is_granted else _("门牌没有注销：%(where)s")) % {"where": where}
    url = reverse("admin:territory_household_change", args=[strike.household_id])
    tell(strike.asked_by, title, strike.answer, url, event=told.STRIKE_ANSWERED.name)


@on(STRIKE)
def the_second_person_was_silent(deadline: Deadline) -> None:
    rows = StrikeOff.objects.open().select_related("household__place", "asked_by")
    if strike := rows.filter(pk=deadline.subject_id).first():
        actions.wait_for_second(strike, late=deadline, by=None)


@on(actions.TERM_ENDING)
def a_term_is_to_end(deadline: Deadline) -> None:
    actions.term_ends(RoleGrant.objects.select_related("place", "user__person").get(pk=deadline.subject_id), by=None)


def _home(deadline: Deadline) -> Residence | None:
    homes = Residence.objects.select_related("household__place", "person")
    return homes.filter(pk=deadline.subject_id).first()
