"""微心愿: wished, wanted by others, answered, promoted."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text
from minshi.refusals import Refused
from minshi.residents.models import Role
from minshi.territory.models import Territory
from proposals.lifecycle import holder_place, street_or_district
from proposals.models import (
    SPOT_LENGTH,
    WISH_LENGTH,
    Channel,
    Proposal,
    Wish,
    WishStage,
    WishSupport,
)


@action
def wish(
    *,
    place: Territory,
    text: str,
    by: User,
    spot: str = "",
    category: str = "other",
    channel: str = Channel.ONLINE,
    urgent: bool = False,
    wisher_name: str = "",
    is_demo: bool = False,
) -> Wish:
    """Put a wish on the wall; ``wisher_name`` is for those who handle it, when it came on paper."""
    wished = Wish(
        place=place,
        text=mask_text(text)[:WISH_LENGTH],
        spot=mask_text(spot)[:SPOT_LENGTH],
        category=category,
        channel=channel,
        urgent=urgent,
        by=by,
        wisher_name=wisher_name,
        is_demo=is_demo,
        stage=WishStage.NEW,
        holder_role=Role.CLERK,
        holder_place=holder_place(place, "community"),
        due_at=now(),
    )
    wished.save(force_insert=True)
    begin(wished, "wish", by=by)
    assert wished.holder_place
    return wished


@action
def support(wished: Wish, *, by: User) -> None:
    """Somebody else wants it too; each person once."""
    lock(wished)
    if wished.by_id == by.pk:
        raise Refused(_("这是您自己的心愿"))
    _support, created = WishSupport.objects.get_or_create(wish=wished, by=by)
    if not created:
        raise Refused(_("您已经点过“我也想要”"))
    # Under the row lock; the count is kept so that the wall needs no counting.
    Wish.objects.filter(pk=wished.pk).update(supporters=F("supporters") + 1)


@action
def answer_wish(wished: Wish, verb: str, *, by: User, reason: str = "") -> StepRecord:
    """Claim, hand over, fulfil or decline a wish; whoever wished is told."""
    reason = mask_text(reason)
    record = take(wished, verb, by=by, reason=reason)
    if reason:
        wished.answer = reason
        wished.save(update_fields=["answer"])
    return record


@action
def promote(wished: Wish, proposal: Proposal, *, by: User) -> StepRecord:
    """The wish goes on as a proposal."""
    wished.proposal = proposal
    wished.save(update_fields=["proposal"])
    return take(wished, "promote", by=by, evidence={"proposal": proposal.number})


@action
def follow_calendar_of_wish(pk: int, due: datetime, *, by: User | None = None) -> None:
    """As ``follow_calendar``, for a wish."""
    Wish.objects.filter(pk=pk).update(due_at=due)


@action
def remind_of_wish(wished: Wish, *, by: User | None = None) -> StepRecord:
    """The street too let its days pass: it stays due there, and is asked again."""
    return take(wished, "overdue", by=by)


@action
def climb_wish(wished: Wish, *, by: User | None = None) -> StepRecord:
    """Nobody answered in time: the street holds it now."""
    role, place = street_or_district(wished.place)
    return take(wished, "climb", by=by, setting={"role": role, "place": place})
