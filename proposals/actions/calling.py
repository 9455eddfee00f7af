"""Calling for proposals on a theme, taking part with one's own, naming what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action, in_turn, just_said
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text, one_line
from minshi.refusals import NotAllowed, Refused, refusing
from minshi.residents.models import Person, Role
from minshi.residents.naming import without_neighbours
from minshi.territory.models import Territory
from proposals.actions.stages import in_public
from proposals.models import CALL_TEXT_LENGTH, ENDED, PRIZE_LENGTH, THEME_LENGTH, Call, CallEntry, CallStage, Proposal


@action
def open_call(
    place: Territory, *, theme: str, text: str, criteria: str, prizes: str, closes_at: datetime, by: User
) -> Call:
    """Call for proposals until ``closes_at``, the exclusive end; the same moments later is the first one's."""
    in_turn(by, "call")
    said = {
        "theme": in_public(one_line(theme), place=place)[:THEME_LENGTH],
        "text": in_public(text, place=place)[:CALL_TEXT_LENGTH],
        "criteria": in_public(criteria, place=place)[:CALL_TEXT_LENGTH],
        "prizes": in_public(prizes, place=place)[:CALL_TEXT_LENGTH],
    }
    if again := just_said(Call.objects.filter(place=place, by=by), closes_at=closes_at, **said):
        return again
    if just_said(Call.objects.filter(place=place, by=by), theme=said["theme"]):
        raise Refused(theme=_("这个主题的征集您刚才已经发起了；是另一场的，请换一个主题"))
    if closes_at <= now():
        raise Refused(last_day=_("截止那天已经过了"))
    call = Call(
        place=place,
        closes_at=closes_at,
        by=by,
        stage=CallStage.OPEN,
        holder_role=Role.CLERK,
        holder_place=place,
        due_at=closes_at,
        **said,
    )
    call.save(force_insert=True)
    begin(call, "open_call", by=by)
    return call


@action
def enter_call(call: Call, proposal: Proposal, *, by: User) -> CallEntry:
    """Whoever proposed it lets it take part; nothing else about it changes."""
    if not by.is_same(proposal.proposer_id):
        raise NotAllowed(_("只能拿自己提的来参加"))
    lock(proposal)
    if entered := CallEntry.objects.filter(proposal=proposal).first():
        if entered.call_id == call.pk:
            return entered
        raise Refused(proposal=_("这一件已经参加了另一场"))
    if proposal.stage in ENDED:
        raise Refused(proposal=_("这一件已经结束，不能参加"))
    with refusing(entry_in_the_window_of_its_call=("proposal", "")):
        return CallEntry.objects.create(call=call, proposal=proposal, by=by)


@action
def close_call(call: Call, *, by: None = None) -> StepRecord:
    return take(call, "close_call", by=by)


@action
def record_results(call: Call, prizes: Mapping[int, str], *, reason: str, by: User) -> StepRecord:
    """Name what each entry (by its key) was given, and why; in public, once, and without the names of who won."""
    lock(call)
    named = {key: one_line(prize)[:PRIZE_LENGTH] for key, prize in prizes.items() if one_line(prize)}
    for entry in call.entries.filter(pk__in=named) if call.stage == CallStage.JUDGING else ():
        entry.prize = _public(named[entry.pk], call)[:PRIZE_LENGTH]
        entry.save(update_fields=["prize"])
    public: Any = _public(reason, call)[:CALL_TEXT_LENGTH]
    return take(call, "record_results", by=by, reason=public, setting={"result": public})


def _public(text: str, call: Call) -> str:
    """Also without the names of who takes part, of whatever length: these are who is spoken of."""
    entrants = Person.objects.filter(user__in=call.entries.values("proposal__proposer"))
    return without_neighbours(mask_text(text), call.place, known=entrants.values_list("name", flat=True))


@action
def climb_call(call: Call, *, role: str, place: Territory, by: None = None) -> StepRecord:
    """Whoever called did not judge in time: the office above names the result, with days of its own."""
    return take(call, "climb", by=by, setting={"role": role, "place": place})


@action
def overdue_call(call: Call, *, by: None = None) -> StepRecord:
    return take(call, "overdue", by=by)
