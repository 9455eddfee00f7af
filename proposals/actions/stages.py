"""Taking a step of the whole way, and what belongs to every step: card, list of beneficiaries, versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.disclosure.models import Notice
from minshi.disclosure.selectors import settled_by
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_door, mask_text
from minshi.policy import calendar
from minshi.refusals import Refused
from minshi.residents.naming import name_of, without_neighbours
from minshi.territory.models import Household, Territory
from proposals.lifecycle import BAD_END, PROPOSAL, TIERS, holder_place, set_stage_deadline, waits_for
from proposals.models import (
    ENDED,
    Card,
    CardPlace,
    Proposal,
    Stage,
    Version,
)
from proposals.selectors import was_accepted


@action
def advance(
    proposal: Proposal,
    verb: str,
    *,
    by: User | None,
    reason: str = "",
    evidence: dict[str, Any] | None = None,
    notice: Notice | None = None,
    due: datetime | calendar.Period | None = None,
    ends: datetime | None = None,
    role: str = "",
    place: Territory | None = None,
    tier: int | None = None,
    obstacles: Iterable[object] = (),
    **more: Any,
) -> StepRecord:
    """Take one step of the whole way (``lifecycle.STEPS``); higher apps call it for the stages they own.

    ``notice`` becomes the gate of the stage entered, and its end the stage's due date unless ``due`` says
    otherwise; a ``Period`` also says how it was counted. ``ends`` is when people can no longer take part in what is
    done here, if it is not the notice's end. ``role`` and ``place`` name another holder than the
    table's. The reason is public and is masked here. Raises what ``take`` raises.
    """
    setting = {
        "gate_notice": notice,
        "due": due or (notice and notice.ends_at),
        "role": role,
        "place": place,
        "tier": tier,
    }
    record = take(
        proposal,
        _without_a_dead_end(proposal, verb, setting),
        by=by,
        reason=in_public(reason, place=proposal.place, author=proposal.proposer),
        evidence=evidence,
        setting={**setting, **more},
        obstacles=obstacles,
    )
    facts = {"stage": proposal.stage, "tier": proposal.tier, "due_at": proposal.due_at, **_ended(proposal, record)}
    if record.source != record.target or ends or notice:
        facts["act_ends_at"] = ends or (notice.ends_at if notice else _own_end(proposal))
    note_on_card(proposal, **facts)
    return record


def in_public(
    text: str, *, place: Territory, author: User | None = None, name: str = "", door: Household | None = None
) -> str:
    """What somebody wrote, as everybody may read it: without numbers, and with whoever lives there masked.

    Of its ``author`` (``name``, where it came on paper) also a name of two characters, and their ``door``.
    """
    if door is not None:
        text = mask_door(text, door.address, by=str(_("（门牌已隐去）")))
    return without_neighbours(mask_text(text), place, known=[*name_of(author), name])


def _without_a_dead_end(proposal: Proposal, verb: str, setting: dict[str, Any]) -> str:
    """A step that would end a project which may have money takes it to its ending instead, with its tier's holder."""
    target = PROPOSAL.by_verb[verb].target
    if (verb not in BAD_END and target != Stage.ENDING) or not was_accepted(proposal):
        return verb
    role, level, _days = TIERS[proposal.tier or 1]
    setting.update(role=role, place=holder_place(proposal.place, level))
    return BAD_END.get(verb, verb)


def _own_end(proposal: Proposal) -> datetime | None:
    """Signatures are gathered until the stage itself is over; in other stages nothing ends but the holder's time."""
    return proposal.due_at if proposal.stage == Stage.COSIGNING else None


def _ended(proposal: Proposal, record: StepRecord) -> dict[str, datetime | None]:
    if record.source in ENDED and proposal.stage not in ENDED:
        return {"ended_at": None}
    return {"ended_at": record.at} if proposal.stage in ENDED else {}


def note_on_card(proposal: Proposal, **facts: Any) -> None:
    """Push facts (the card's fields) down into the project's card; also says that its page has changed.

    ``update`` on purpose: the card is a copy that anyone can recompute, it has no history of its own.
    """
    Card.objects.filter(pk=proposal.pk).update(version=F("version") + 1, **facts)


def note_new_holder(place: Territory) -> None:
    """A post was given or ended here: the page of whatever is held here, or further down, may name another."""
    held = Proposal.objects.filter(holder_place__path__startswith=place.path)
    Card.objects.filter(pk__in=held.values("pk")).update(version=F("version") + 1)


def note_new_phone(place: Territory) -> None:
    """Whom people can ring stands on the page of every project of the place."""
    here = CardPlace.objects.filter(place=place)
    Card.objects.filter(pk__in=here.values("card")).update(version=F("version") + 1)


def note_new_name(place: Territory) -> None:
    """Cards say where; what was posted, decided and archived says what it said."""
    whole = Proposal.objects.filter(pk=OuterRef("pk")).values("place__full_name")
    here = Card.objects.filter(proposal__in=Proposal.objects.filter(place__path__startswith=place.path))
    here.update(place_full_name=Subquery(whole), version=F("version") + 1)


TURNOUTS = """
UPDATE proposals_card AS card
SET turnout = told.turnout, turnout_due = told.due, version = card.version + (card.turnout <> told.turnout)::int
FROM (
    SELECT said.* FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[], %s::timestamptz[])
        AS said (id, was_due, turnout, due)
    JOIN proposals_card AS free ON free.proposal_id = said.id AND free.turnout_due = said.was_due
    ORDER BY free.proposal_id FOR NO KEY UPDATE OF free SKIP LOCKED
) AS told
WHERE card.proposal_id = told.id
"""


@dataclass(frozen=True)
class Turnout:
    """How many took part in the vote of a project, as counted because it ``was_due``; ``due`` is when it is next."""

    proposal: int
    was_due: datetime
    number: int
    due: datetime | None


def note_turnouts(counted: Iterable[Turnout]) -> int:
    """Push what was counted down into the cards, in one statement; only where it changed is a page drawn anew.

    A card that somebody is just writing, or that was counted or closed meanwhile, is left as it is; returns how many
    were not.
    """
    rows = [(each.proposal, each.was_due, each.number, each.due) for each in counted]
    with connection.cursor() as cursor:
        cursor.execute(TURNOUTS, [list(column) for column in zip(*rows, strict=True)])
        return int(cursor.rowcount)


FREEZE = """
INSERT INTO proposals_beneficiary (proposal_id, household_id)
SELECT %s, door FROM benefiting_doors(%s) AS door ORDER BY door
"""


@action
def freeze_beneficiaries(proposal: Proposal, *, by: User | None) -> int:
    """Fix the list of households that benefit, at the decision, in one statement; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(FREEZE, [proposal.pk, proposal.pk])
        households = int(cursor.rowcount)
    if not households:
        raise Refused(_("受益范围里没有在册的户，不能锁定名单"))
    proposal.beneficiaries_frozen_at = now()
    proposal.save(update_fields=["beneficiaries_frozen_at"])
    note_on_card(proposal, households=households)
    return households


KEPT = ("need", "plan", "spot", "people", "cost_fen", "lines", "help_wanted", "shares", "keeper", "places", "doors")
"""What a version keeps of the one before."""


@action
def new_version(proposal: Proposal, *, by: User | None, why: str, minutes_url: str = "", **words: Any) -> Version:
    """Write the next version: the last one's words with ``words`` (fields of Version) in place of theirs.

    Who benefits is listed in it as before; the database counts them. Lines that no longer add up to what it costs
    stay with the version they were written in.
    """
    last = proposal.version
    kept = {name: getattr(last, name) for name in KEPT}
    if "lines" not in words and words.get("cost_fen", last.cost_fen) != last.cost_fen:
        kept["lines"] = []
    version = Version.objects.create(
        proposal=proposal,
        number=last.number + 1,
        why=why,
        minutes_url=minutes_url,
        by=by,
        **{**kept, **words},
    )
    version.refresh_from_db(fields=["households"])
    note_on_card(proposal, budget_fen=version.budget_fen, households=version.households)
    return version


@action
def overdue(proposal: Proposal, *, by: User | None = None) -> StepRecord:
    """A stage ran over that has no consequence of its own: its superiors are told, in public, again and again.

    It stays due since it was; whoever calls looks again.
    """
    record = take(proposal, "overdue", by=by)
    note_on_card(proposal)
    return record


@action
def wait_until(proposal: Proposal, due: datetime, *, by: User | None = None) -> None:
    """What the stage waits for next has a day of its own, as the result of a vote after its window."""
    lock(proposal)
    proposal.due_at = due
    proposal.save(update_fields=["due_at"])
    set_stage_deadline(proposal)
    note_on_card(proposal, due_at=due)


@action
def wait_for_gate(proposal: Proposal, *, wakes_at: datetime | None = None, by: User | None = None) -> None:
    """Its gate is not open yet: it is due when the notice is over and what was objected is to be answered.

    Nobody is late before that, and nobody gets more time after it. ``wakes_at`` is when to look again.
    """
    lock(proposal)
    assert proposal.due_at
    due = max(proposal.due_at, settled_by(proposal.gate_notice)) if proposal.gate_notice else proposal.due_at
    if due != proposal.due_at:
        proposal.due_at = due
        proposal.save(update_fields=["due_at"])
    set_stage_deadline(proposal, wakes_at)
    note_on_card(proposal, due_at=due)


@action
def follow_gate(proposal: Proposal, corrected: Notice, *, by: User | None = None) -> None:
    """The notice it waits for was corrected by a new one with a new period: gate and due date are that one's now."""
    lock(proposal)
    proposal.gate_notice = corrected
    proposal.save(update_fields=["gate_notice"])
    follow_notice(proposal, corrected, by=by)


@action
def follow_calendar(pk: int, due: datetime, *, by: User | None = None) -> None:
    """A calendar was published since, by which it is due later. No step: nobody decided anything."""
    Proposal.objects.filter(pk=pk).update(due_at=due)
    note_on_card(Proposal(pk=pk), due_at=due)
    Card.objects.filter(pk=pk, stage=Stage.COSIGNING).update(act_ends_at=due)


@action
def follow_notice(proposal: Proposal, notice: Notice, *, by: User | None = None) -> None:
    """The notice it waits for ends later by a calendar: so does what people read, and nobody is late before."""
    if waits_for(proposal, notice.kind):
        note_on_card(proposal, act_ends_at=notice.ends_at)
        wait_for_gate(proposal, by=by)
