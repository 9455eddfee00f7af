"""附议: households carry a proposal on to the vote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import Any

import rules
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.words import cn_until
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.lifecycle.models import StepRecord
from minshi.notifications.actions import tell_doors
from minshi.paper import actions as paper
from minshi.paper.models import Line, Sheet
from minshi.refusals import NotAllowed, Refused
from minshi.residents import speaking
from minshi.residents.doors import Signed
from minshi.territory.models import Household
from proposals import told
from proposals.actions.stages import advance, note_on_card
from proposals.lifecycle import period
from proposals.models import (
    NOT_SIGNED,
    READING,
    SIGNED,
    Channel,
    Cosign,
    Proposal,
    Stage,
)
from proposals.rules import may_read_list
from proposals.selectors import hands_on


def cosigns_needed(proposal: Proposal) -> int:
    """How many households carry it on: ten, or a tenth of those who benefit, whichever is fewer; at least two (row 2).

    Those who benefit are counted, and pinned when co-signing begins: nobody types the number.
    """
    fixed = int(proposal.terms.get("cosign.households", 10))
    share = Fraction(str(proposal.terms.get("cosign.share", "1/10")))
    least = int(proposal.terms.get("cosign.least", 2))
    of = _benefiting(proposal)
    return max(min(least, of), min(fixed, ceil(share * of)), 1)


def _benefiting(proposal: Proposal) -> int:
    """As pinned; of a proposal that began before numbers were pinned, and of one that has not begun, as counted now."""
    if proposal.pinned_households is None:
        proposal.refresh_from_db(fields=["pinned_households"])
    pinned = proposal.pinned_households
    return proposal.beneficiaries().count() if pinned is None else pinned


@action
def cosign(proposal: Proposal, household: Household, *, by: User) -> Cosign:
    """A household supports putting it forward; once each, counted against those who benefit."""
    lock(proposal)
    _refuse_unless_open(proposal)
    speaker = speaking.speaker(by, household, act=_("附议"), any_adult=True)
    if not rules.has_perm("proposals.cosign", by, proposal):
        raise NotAllowed(_("只有受益的住户可以附议"))
    if not proposal.beneficiaries().filter(pk=household.pk).exists():
        raise Refused(_("这户不在受益户名单里，不能附议"))
    try:
        with transaction.atomic():
            signed = Cosign.objects.create(proposal=proposal, household=household, speaker=speaker, by=by)
    except IntegrityError:
        raise Refused(_("您家或您本人已经附议过了，一户只算一次，一人也只算一次")) from None
    gather_if_enough(proposal)
    return signed


def _refuse_unless_open(proposal: Proposal) -> None:
    if proposal.stage != Stage.COSIGNING:
        raise Refused(_("现在是“%(stage)s”，不能附议") % {"stage": Stage(proposal.stage).label})
    if proposal.due_at and now() >= proposal.due_at:
        raise Refused(_("附议已经在 %(end)s 截止") % {"end": cn_until(proposal.due_at)})


# --- On paper --------------------------------------------------------------------------------------


@action
def cosign_on_paper(proposal: Proposal, doors: Sequence[Signed], *, photo: UploadedFile | None, by: User) -> Sheet:
    """Register a signed list with the doors read on it: they are reserved, and count once another reads them alike.

    Doors that have signed already are left out. Raises ``Refused`` where none is left.
    """
    _refuse_stranger(by, proposal)
    stub = photo and paper.picture_of(photo)  # it may take seconds: nobody who signs on a phone waits for it
    lock(proposal)
    _refuse_unless_open(proposal)
    _refuse_stranger(by, proposal)
    if stub is None:
        raise Refused(photo=_("请拍下整张签名册，另一位要照着照片核对"))
    if not (new := _not_signed_yet(proposal, doors)):
        raise Refused(doors=_("请写下签了名、还没有附议的受益户"))
    sheet = paper.register(proposal.place, new, about=proposal.title, stub=stub, by=by)
    _reserve(proposal, sheet.lines.select_related("household"), by)
    return sheet


NOT_THEIRS = gettext_lazy("只有这里的楼栋长和社区工作人员可以登记、核对纸质附议")


def _refuse_stranger(by: User, proposal: Proposal) -> None:
    if not rules.has_perm("proposals.record_paper", by, proposal):
        raise NotAllowed(NOT_THEIRS)


def _not_signed_yet(proposal: Proposal, doors: Sequence[Signed]) -> list[Signed]:
    """Asked of these doors alone: a list with one more door costs the same, however many have signed."""
    if not doors:
        return []
    named, standing = [door.pk for door, _who in doors], proposal.cosigns.standing()
    benefits = set(proposal.beneficiaries().filter(pk__in=named).values_list("pk", flat=True))
    signed = set(standing.filter(household__in=named).values_list("household_id", flat=True))
    new = [(door, who) for door, who in doors if door.pk in benefits and door.pk not in signed]
    entries = speaking.entries_of(who.pk for _door, who in new if who)
    known = {entry for same in entries.values() for entry in same}
    spoken = set(standing.filter(speaker__in=known).values_list("speaker_id", flat=True)) if known else set()
    for door, who in new:
        if who and not spoken.isdisjoint(entries[who.pk]):
            told = _("%(door)s 签名的人已经代表另一户附议过，一人只算一次；请这一户另一位成年人签名")
            raise Refused(doors=told % {"door": door.door})
    return new


def _reserve(proposal: Proposal, lines: Iterable[Line], by: User) -> None:
    for line in lines:
        paper.read(line, SIGNED, by=by)
        Cosign.objects.create(
            proposal=proposal,
            household=line.household,  # type: ignore[misc]  # each line of a signed list names a door
            speaker_id=line.signer_id,
            by=by,
            line=line,
            channel=Channel.PAPER,
        )
    doors = [line.household_id for line in lines if line.household_id]
    tell_doors(
        doors,
        _("已登记您家在纸上的附议"),
        proposal.title,
        reverse("cosign", args=[proposal.number]),
        asked=False,
        event=told.PAPER_COSIGN.name,
        matter=f"cosign:{proposal.pk}",
    )


@action
def read_list(sheet: Sheet, doors: Sequence[Signed], *, by: User) -> Sheet:
    """The second reading of a whole list, by somebody who saw only its photo and typed the doors with a signature.

    Doors that both read are settled; those only the first read are doubted, and a third decides; those only this
    one reads become lines that wait for another reader.
    """
    proposal = _lock_read(sheet, by)
    waiting = to_type(sheet, by)
    if not waiting:
        raise Refused(_("这张签名册已经核对过，或者是您自己登记的，请另一位来看"))
    found = {door.pk for door, _who in doors}
    for line in waiting:
        paper.read_again(line, SIGNED if line.household_id in found else NOT_SIGNED, by=by)
    known = set(sheet.lines.values_list("household_id", flat=True))
    more = _not_signed_yet(proposal, [(door, who) for door, who in doors if door.pk not in known])
    if more:
        _reserve(proposal, paper.add_lines(sheet, more, by=by), by)
    _after_reading(proposal)
    return sheet


@action
def read_doors(sheet: Sheet, answers: Mapping[int, bool], *, by: User) -> Sheet:
    """Read single lines from the photo: whether the door signed, by the line's key. For what two saw differently."""
    proposal = _lock_read(sheet, by)
    waiting = to_ask(sheet, by)
    if not waiting or {line.pk for line in waiting} != set(answers):
        raise Refused(_("这几户刚刚由别人核对过，请重新打开"))
    for line in waiting:
        paper.read_again(line, SIGNED if answers[line.pk] else NOT_SIGNED, by=by)
    _after_reading(proposal)
    return sheet


def _lock_read(sheet: Sheet, by: User) -> Proposal:
    proposal = proposal_of(sheet)
    lock(proposal)
    if not may_read_list(by, proposal, hands_on(sheet, by)):
        raise NotAllowed(NOT_THEIRS)
    if proposal.stage not in READING:
        raise Refused(_("现在是“%(stage)s”，不用再核对附议了") % {"stage": Stage(proposal.stage).label})
    return proposal


def proposal_of(sheet: Sheet) -> Proposal:
    """Whose signatures stand on a list: of the one it was merged into, where it was."""
    rows = Proposal.objects.filter(cosigns__line__sheet=sheet, cosigns__carried_from=None)
    found = rows.order_by(F("merged_into").desc(nulls_first=True), "-pk").select_related("place")[:1].get()
    while found.merged_into is not None:
        found = found.merged_into
    return found


def to_type(sheet: Sheet, by: User) -> list[Line]:
    """Lines that this person reads by typing what stands on the photo: read once, by whoever registered the sheet."""
    return list(_waiting(sheet, by).filter(second__isnull=True, first_by=sheet.registered_by_id))


def to_ask(sheet: Sheet, by: User) -> list[Line]:
    """Lines that this person is asked about one by one: seen differently by two, or found by a later reader."""
    asked = _waiting(sheet, by).exclude(second__isnull=True, first_by=sheet.registered_by_id)
    return list(asked.select_related("household__place"))


def _waiting(sheet: Sheet, by: User) -> QuerySet[Line]:
    return Line.objects.waiting_for(by).filter(sheet=sheet)


def _after_reading(proposal: Proposal) -> None:
    gather_if_enough(proposal)
    fall_back_if_short(proposal)
    lapse_if_short(proposal)


@action
def void_cosign(proposal: Proposal, household: Household, *, reason: str, by: User) -> Cosign:
    """Take back a door's signature on paper: the wrong door, signed twice, or a person who says they never signed.

    Never by whoever registered its sheet. The door may sign again, and hears of it; the rest is counted anew.
    """
    lock(proposal)
    _refuse_stranger(by, proposal)
    if proposal.stage not in READING:
        raise Refused(_("现在是“%(stage)s”，附议不能再撤销") % {"stage": Stage(proposal.stage).label})
    on_paper = proposal.cosigns.standing().filter(household=household, line__isnull=False)
    given = on_paper.select_related("line__sheet").first()
    if given is None or given.line is None:
        raise Refused(household=_("这一户没有登记过纸质附议"))
    if by.is_same(given.line.sheet.registered_by_id):
        raise Refused(household=_("这张签名册是您登记的，撤销要由另一位来办"))
    if has_been_voted_on(proposal):
        raise Refused(_("这件事已经表决过，附议不能再撤销；有不同意见请在商议和公示时提"))
    line = paper.void(given.line, reason=reason, when_settled=True, by=by)
    given.refresh_from_db(fields=["is_void"])
    tell_doors(
        [household.pk],
        _("您家在纸上的附议已撤销：%(title)s") % {"title": proposal.title},
        line.void_reason,
        reverse("cosign", args=[proposal.number]),
        asked=False,
        then=given.at,
        event=told.COSIGN_VOIDED.name,
        matter=f"cosign:{proposal.pk}",
    )
    _after_reading(proposal)
    return given


@action
def lapse_if_short(proposal: Proposal, *, by: User | None = None) -> bool:
    """After its end, and once nothing on paper waits for a reader, it lapses with its reason, in public."""
    lock(proposal)
    is_over = proposal.stage == Stage.COSIGNING and proposal.due_at and now() >= proposal.due_at
    if not is_over or proposal.cosigns.unread().exists():
        return False
    count, needed = count_cosigns(proposal), cosigns_needed(proposal)
    advance(
        proposal,
        "lapse",
        by=by,
        reason=_("到期共 %(count)s 户附议，需要 %(needed)s 户") % {"count": count, "needed": needed},
        evidence={"cosigns": count, "needed": needed},
    )
    return True


# --- Enough ----------------------------------------------------------------------------------------


def gather_if_enough(proposal: Proposal) -> None:
    """Count the signatures under the proposal's lock; once there are enough, it goes on to the vote.

    Until when they were gathered, and by which rule, goes along: what is taken back may bring it here again.
    """
    count = count_cosigns(proposal)
    if proposal.stage != Stage.COSIGNING or count < cosigns_needed(proposal):
        return
    assert proposal.due_at
    evidence = {"cosigns": count, "until": proposal.due_at.isoformat()}
    advance(proposal, "gather", by=None, evidence=evidence, carried=_cosign_terms(proposal))


def _cosign_terms(proposal: Proposal) -> dict[str, Any]:
    return {name: value for name, value in proposal.terms.items() if name.startswith("cosign.")}


def fall_back_if_short(proposal: Proposal) -> None:
    """What was taken back while it waits for its vote leaves too few: they are gathered on, until the end first set.

    Nobody's time begins anew: where that end has passed, it lapses by the same rule as ever. Once a vote was opened
    on it the signatures have had their effect.
    """
    if proposal.stage != Stage.COSIGNED or has_been_voted_on(proposal):
        return
    count, needed = count_cosigns(proposal), cosigns_needed(proposal)
    if count >= needed:
        return
    until = _gathered_until(proposal)
    facts = {"count": count, "needed": needed, "end": cn_until(until)}
    advance(
        proposal,
        "fall_short",
        by=None,
        reason=_("撤销以后还有 %(count)d 户附议，需要 %(needed)d 户，征集到 %(end)s") % facts,
        evidence={"cosigns": count, "needed": needed},
        due=until,
        carried=_cosign_terms(proposal),
    )


def has_been_voted_on(proposal: Proposal) -> bool:
    return StepRecord.objects.of(proposal).filter(verb="open_vote").exists()


def _gathered_until(proposal: Proposal) -> datetime:
    """The end that was set when co-signing began; of one gathered before that was kept, by the rule of today."""
    gathered = StepRecord.objects.of(proposal).filter(verb="gather").latest("pk")
    if said := gathered.evidence.get("until"):
        return datetime.fromisoformat(said)
    begun = StepRecord.objects.of(proposal).filter(target=Stage.COSIGNING).exclude(source=Stage.COSIGNING).latest("pk")
    return period(proposal.place, "cosign.calendar_days", begun.at, unit="calendar_days").end


def count_cosigns(proposal: Proposal) -> int:
    """Counted once per signature, and kept on the card."""
    count = proposal.cosigns.counted().count()
    note_on_card(proposal, cosigns=count)
    return count
