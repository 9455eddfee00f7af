"""能人库 and 资源库: offered, confirmed, taken off, asked for and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import TWICE, action, in_turn
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.refusals import Refused, refusing
from minshi.residents.rules import home_of
from minshi.territory.models import Territory
from proposals.actions.stages import in_public
from proposals.lifecycle import answerer_of, holder_place, street_or_district
from proposals.models import (
    OFFERER,
    REQUEST_LENGTH,
    RESOURCE_ABOUT,
    RESOURCE_TIMES,
    RESOURCE_TITLE,
    Proposal,
    RequestStage,
    Resource,
    ResourceKind,
    ResourceRequest,
    ResourceStage,
)


@action
def offer(
    *,
    place: Territory,
    kind: str,
    title: str,
    times: str,
    by: User,
    about: str = "",
    category: str = "other",
    unit: str = "",
    offerer_name: str = "",
    contact: str = "",
    is_demo: bool = False,
) -> Resource:
    """Say what one can give; the community confirms it before anybody else reads it.

    ``offerer_name`` and ``contact`` are of whoever wrote it on paper (form 34), for those who handle it. Raises
    ``Refused``; the same words again, moments later, are the first offer.
    """
    if kind == ResourceKind.FACILITY and not unit:
        raise Refused(unit=_("请写是哪个单位开放的"))
    if offerer_name and not contact:
        raise Refused(contact=_("请写怎么联系他，有人要找时由社区去问"))
    in_turn(by, "offer")
    words = {
        "kind": kind,
        "unit": _public(unit, place, by, offerer_name)[:60],
        "title": _public(title, place, by, offerer_name)[:RESOURCE_TITLE],
        "about": _public(about, place, by, offerer_name)[:RESOURCE_ABOUT],
        "times": _public(times, place, by, offerer_name)[:RESOURCE_TIMES],
    }
    before = Resource.objects.filter(place=place, by=by, offerer_name=offerer_name, at__gt=now() - TWICE, **words)
    if again := before.order_by("-id").first():
        return again
    offered = Resource(
        place=place,
        category=category,
        by=by,
        offerer_name=offerer_name,
        contact=contact,
        is_demo=is_demo,
        stage=ResourceStage.OFFERED,
        holder_place=holder_place(place, "community"),
        holder_role="clerk",
        due_at=now(),
        **words,
    )
    with refusing(resources_of_one_person=("title", "")):
        offered.save(force_insert=True)
    begin(offered, "offer", by=by)
    return offered


def _public(text: str, place: Territory, by: User, name: str) -> str:
    """Without who offers it: their door too, since neighbours come to it through the platform alone."""
    home = None if name else home_of(by)
    return in_public(text, place=place, author=by, name=name, door=home.household if home else None)


@action
def confirm_resource(resource: Resource, *, by: User, answer: str = "") -> StepRecord:
    """Into the library: everybody may read it and ask for it. Never by whoever offered it or wrote it down."""
    answer = in_public(answer, place=resource.place, author=resource.by, name=resource.offerer_name)
    record = take(resource, "confirm", by=by, reason=answer, setting={"by": by})
    return _said(resource, answer, record)


@action
def decline_resource(resource: Resource, *, by: User, reason: str) -> StepRecord:
    return _end(resource, "decline", by, reason)


@action
def take_off(resource: Resource, *, by: User, reason: str) -> StepRecord:
    """It is no more, or not what it says: the community takes it off, and whoever offered it hears why."""
    return _end(resource, "take_off", by, reason)


@action
def withdraw_resource(resource: Resource, *, by: User) -> StepRecord:
    """Whoever offered it takes it back; who still waits for an answer hears it."""
    return _end(resource, "withdraw", by)


def _end(resource: Resource, verb: str, by: User | None, reason: str = "") -> StepRecord:
    reason = in_public(reason, place=resource.place, author=resource.by, name=resource.offerer_name)
    record = _said(resource, reason, take(resource, verb, by=by, reason=reason))
    for request in ResourceRequest.objects.filter(resource=resource, stage=RequestStage.ASKED).order_by("pk"):
        take(request, "fall_away", by=None)
    return record


def _said(resource: Resource, answer: str, record: StepRecord) -> StepRecord:
    if answer:
        resource.answer = answer
        resource.save(update_fields=["answer"])
    return record


@action
def ask_resource(resource: Resource, *, text: str, by: User, proposal: Proposal | None = None) -> ResourceRequest:
    """Ask for it: the word reaches whoever offers it, who answers in so many days. Nobody's number is told.

    Raises ``Refused`` where it is not in the library, is one's own, or was asked for already.
    """
    lock(resource)
    if not resource.is_listed:
        raise Refused(_("这一项已经不在库里了，请找别的"))
    if by.is_same(resource.by_id) and not resource.is_for_another:
        raise Refused(_("这是您自己提供的"))
    asked = ResourceRequest(
        resource=resource,
        by=by,
        text=in_public(text, place=resource.place)[:REQUEST_LENGTH],
        proposal=proposal,
        stage=RequestStage.ASKED,
        holder_role=OFFERER,
        holder_place=holder_place(resource.place, "community"),
        due_at=now(),
    )
    twice = _("您已经找过他，正在等答复")
    with refusing(one_open_request_each=("text", twice), requests_of_one_person=("text", "")):
        asked.save(force_insert=True)
    begin(asked, "ask", by=by)
    return asked


@action
def answer_request(request: ResourceRequest, *, agrees: bool, answer: str, by: User) -> StepRecord:
    """Whoever offers it says when and where, or why not; for whoever has no phone here the community does."""
    answer = in_public(answer, place=request.territory)
    record = take(request, "agree" if agrees else "refuse", by=by, reason=answer)
    request.answer = answer
    request.save(update_fields=["answer"])
    if agrees:
        Resource.objects.filter(pk=request.resource_id).update(helped=F("helped") + 1)
    return record


@action
def cancel_request(request: ResourceRequest, *, by: User) -> StepRecord:
    return take(request, "cancel", by=by)


# --- Nobody did anything ---------------------------------------------------------------------------


@action
def climb_resource(resource: Resource, *, by: None = None) -> StepRecord:
    """The community did not look at it in time: the street does."""
    role, place = street_or_district(resource.place)
    return take(resource, "climb", by=by, setting={"role": role, "place": place})


@action
def climb_request(request: ResourceRequest, *, by: None = None) -> StepRecord:
    """Nobody answered: the community asks them, and after it the street."""
    lock(request)
    community = answerer_of(request.territory)
    role, place = community if request.holder_role == OFFERER else street_or_district(request.territory)
    return take(request, "climb", by=by, setting={"role": role, "place": place})


@action
def remind_of_resource(thing: Resource | ResourceRequest, *, by: None = None) -> StepRecord:
    """The street too let its days pass: it stays due there, and is asked again."""
    return take(thing, "overdue", by=by)


@action
def follow_calendar_of_resource(thing: type[Any], pk: int, due: datetime, *, by: None = None) -> None:
    """As ``follow_calendar``, for an offer or a request."""
    thing.objects.filter(pk=pk).update(due_at=due)


@action
def forget_offerer(user: User, *, by: None = None) -> None:
    """What somebody offers goes with their account; what they wrote down for another stays that one's."""
    for resource in Resource.objects.filter(by__in=user.keys, offerer_name="").order_by("pk"):
        if resource.stage in (ResourceStage.OFFERED, ResourceStage.LISTED):
            _end(resource, "gone", None)
    for request in ResourceRequest.objects.filter(by__in=user.keys, stage=RequestStage.ASKED).order_by("pk"):
        take(request, "fall_away", by=by)
