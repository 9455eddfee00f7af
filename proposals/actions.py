"""Everything that changes a wish or a proposal; each function is one verb with its actor as ``by``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import Any

import rules
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from minshi.accounts.models import User
from minshi.clock import now
from minshi.disclosure.models import Notice
from minshi.faces.pictures import reencoded
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.notifications.actions import tell, tell_role
from minshi.policy import calendar
from minshi.refusals import NotAllowed, Refused
from minshi.residents.masking import mask_name, mask_text
from minshi.residents.models import Role
from minshi.residents.rules import person_of
from minshi.territory.models import Household, Territory
from proposals.lifecycle import REVIEW_LADDER, TIERS, holder_place, period
from proposals.models import (
    ENDED,
    LIBRARY,
    Beneficiary,
    Card,
    CardPlace,
    Channel,
    Cosign,
    Handling,
    Photo,
    Proposal,
    Stage,
    Version,
    Wish,
    WishStage,
    WishSupport,
)


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
    role: str = "",
    place: Territory | None = None,
    tier: int | None = None,
    obstacles: Iterable[object] = (),
    **more: Any,
) -> StepRecord:
    """Take one step of the whole way (``lifecycle.STEPS``); higher apps call it for the stages they own.

    ``notice`` becomes the gate of the stage entered, and its end the stage's due date unless ``due`` says
    otherwise; a ``Period`` also says how it was counted. ``role`` and ``place`` name another holder than the
    table's. Raises what ``take`` raises.
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
        verb,
        by=by,
        reason=reason,
        evidence=evidence,
        setting={**setting, **more},
        obstacles=obstacles,
    )
    note_on_card(proposal, stage=proposal.stage, tier=proposal.tier, due_at=proposal.due_at, **_ended(proposal, record))
    return record


def _ended(proposal: Proposal, record: StepRecord) -> dict[str, datetime]:
    return {"ended_at": record.at} if proposal.stage in ENDED else {}


def note_on_card(proposal: Proposal, **facts: Any) -> None:
    """Push facts (the card's fields) down into the project's card; also says that its page has changed.

    ``update`` on purpose: the card is a copy that anyone can recompute, it has no history of its own.
    """
    Card.objects.filter(pk=proposal.pk).update(version=F("version") + 1, **facts)


# --- Proposing ---------------------------------------------------------------------------------


@action
def submit(
    *,
    place: Territory,
    title: str,
    kind: str,
    category: str,
    need: str,
    plan: str,
    spot: str,
    cost_fen: int,
    shares: dict[str, int],
    keeper: str,
    by: User,
    households: int | None = None,
    people: int | None = None,
    touches_common_parts: bool = False,
    channel: str = Channel.ONLINE,
    wish: Wish | None = None,
    photos: Iterable[UploadedFile] = (),
    is_demo: bool = False,
) -> Proposal:
    """Put a proposal forward for ``place``; ``shares`` says who would pay what, in fen by ``Source``.

    Its number is for life. Raises ``NotAllowed`` for whoever neither lives nor works there.
    """
    if sum(shares.values()) > cost_fen:
        raise Refused(shares=f"各方出资合计超过了预计费用 {format_yuan(cost_fen)} 元")
    proposal = Proposal(
        number=_next_number(),
        place=place,
        proposer=by,
        proposer_public=_public_name(by),
        title=title,
        kind=kind,
        category=category,
        touches_common_parts=touches_common_parts,
        channel=channel,
        stage=Stage.SUBMITTED,
        is_demo=is_demo,
    )
    _hold_for_review(proposal)
    proposal.save(force_insert=True)
    version = Version.objects.create(
        proposal=proposal,
        number=1,
        need=mask_text(need),
        plan=mask_text(plan),
        spot=mask_text(spot),
        households=households or proposal.beneficiaries().count(),
        people=people,
        cost_fen=cost_fen,
        shares=shares,
        keeper=mask_text(keeper),
        by=by,
    )
    begin(proposal, "submit", by=by)
    _make_card(proposal, version)
    for photo in photos:
        add_photo(proposal, photo, by=by)
    if wish is not None:
        promote(wish, proposal, by=by)
    _tell_reviewers(proposal)
    tell(
        by,
        f"已收到：{proposal.title}",
        f"编号 {proposal.number}，凭编号随时可查",
        proposal.get_absolute_url(),
    )
    return proposal


def _next_number() -> str:
    """``2026-00117``: the year and a running number; the counter's row lock hands them out one by one."""
    year = now().year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO proposals_numbercounter (year, last) VALUES (%s, 1) "
            "ON CONFLICT (year) DO UPDATE SET last = proposals_numbercounter.last + 1 RETURNING last",
            [year],
        )
        return f"{year}-{cursor.fetchone()[0]:05d}"


def _public_name(user: User) -> str:
    person = person_of(user)
    return mask_name(person.name) if person else "居民"


def _hold_for_review(proposal: Proposal) -> None:
    """A new row must have a holder from its first instant; ``begin`` then sets the exact ones."""
    proposal.holder_role = Role.CHIEF
    proposal.holder_place = proposal.place
    proposal.due_at = period(proposal.place, "review.days", now()).end


def _make_card(proposal: Proposal, version: Version) -> Card:
    card = Card.objects.create(
        proposal=proposal,
        number=proposal.number,
        title=proposal.title,
        place_name=proposal.place.name,
        place_full_name=proposal.place.full_name,
        kind=proposal.kind,
        category=proposal.category,
        stage=proposal.stage,
        submitted_at=proposal.submitted_at,
        due_at=proposal.due_at,
        households=version.households,
        people=version.people,
        budget_fen=version.cost_fen,
        is_demo=proposal.is_demo,
    )
    CardPlace.objects.bulk_create(
        CardPlace(card=card, place=above, submitted_at=proposal.submitted_at) for above in proposal.place.ancestors()
    )
    return card


def _tell_reviewers(proposal: Proposal) -> None:
    assert proposal.holder_place
    tell_role(
        proposal.holder_role,
        proposal.holder_place,
        f"请初审：{proposal.title}",
        f"{proposal.place.name}，请在 {proposal.due_at:%m月%d日} 前办理",
        f"/review/{proposal.number}/",
    )


@action
def add_photo(
    proposal: Proposal, upload: UploadedFile, *, by: User, caption: str = "", moment: str = "before"
) -> Photo:
    """Keep a picture; it is decoded and drawn anew, so nothing that was hidden in the file survives."""
    photo = Photo(proposal=proposal, caption=mask_text(caption), moment=moment, by=by)
    picture = reencoded(upload)
    photo.image.save(picture.name or "photo.jpg", picture, save=False)
    photo.save()
    note_on_card(proposal)
    return photo


# --- Review ------------------------------------------------------------------------------------


@action
def pass_review(proposal: Proposal, *, by: User, reason: str = "") -> StepRecord:
    """The chief lets it go on to co-signing."""
    record = advance(proposal, "pass_review", by=by, reason=reason)
    tell(proposal.proposer, f"初审通过：{proposal.title}", "现在请邻居们附议", proposal.get_absolute_url())
    return record


@action
def return_for_revision(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    record = advance(proposal, "return_for_revision", by=by, reason=reason)
    tell(proposal.proposer, f"请修改：{proposal.title}", reason, f"/projects/{proposal.number}/revise/")
    return record


@action
def decline(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    record = advance(proposal, "decline", by=by, reason=reason)
    tell(proposal.proposer, f"初审没有通过：{proposal.title}", reason, proposal.get_absolute_url())
    return record


@action
def merge(proposal: Proposal, into: Proposal, *, by: User, reason: str) -> StepRecord:
    """Join a proposal to another of the same community; its supporters come along, each household once."""
    if into.pk == proposal.pk:
        raise Refused(into="不能并入自己")
    lock(into)
    if into.stage not in (Stage.SUBMITTED, Stage.COSIGNING):
        raise Refused(into=f"“{into.title}”已经是“{Stage(into.stage).label}”，不能再并入")
    record = advance(proposal, "merge", by=by, reason=reason, evidence={"into": into.number}, merged_into=into)
    moved = [
        Cosign(proposal=into, household_id=cosign.household_id, by_id=cosign.by_id, channel=cosign.channel)
        for cosign in proposal.cosigns.all()
    ]
    Cosign.objects.bulk_create(moved, ignore_conflicts=True)
    _count_cosigns(into)
    tell(proposal.proposer, f"已并入“{into.title}”", reason, into.get_absolute_url())
    return record


@action
def resubmit(proposal: Proposal, *, by: User, why: str, **words: Any) -> StepRecord:
    """The proposer sends the mended words (fields of Version) back to review."""
    if not why.strip():
        raise Refused(why="请写明改了什么")
    masked = {name: mask_text(word) if isinstance(word, str) else word for name, word in words.items()}
    record = advance(proposal, "resubmit", by=by, reason=why)
    new_version(proposal, by=by, why=why, **masked)
    _tell_reviewers(proposal)
    return record


@action
def withdraw(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    return advance(proposal, "withdraw", by=by, reason=reason)


@action
def climb(proposal: Proposal, *, by: User | None = None) -> StepRecord:
    """Nobody reviewed in time: the next on the ladder holds it now. At its end the street keeps it."""
    rungs = [role for role, _level in REVIEW_LADDER]
    here = rungs.index(Role(proposal.holder_role)) if proposal.holder_role in rungs else 0
    role, level = REVIEW_LADDER[min(here + 1, len(rungs) - 1)]
    place = holder_place(proposal.place, level)
    due = period(proposal.place, "review.climb_days", now())
    record = advance(proposal, "climb", by=by, role=role, place=place, due=due, evidence={"from": proposal.holder_role})
    _tell_reviewers(proposal)
    return record


# --- Co-signing --------------------------------------------------------------------------------


def cosigns_needed(proposal: Proposal) -> int:
    """How many households carry it on: ten, or a tenth of those who benefit, whichever is fewer (row 2)."""
    fixed = int(proposal.terms.get("cosign.households", 10))
    share = Fraction(str(proposal.terms.get("cosign.share", "1/10")))
    return max(1, min(fixed, ceil(share * proposal.version.households)))


@action
def cosign(proposal: Proposal, household: Household, *, by: User, channel: str = Channel.ONLINE) -> Cosign:
    """A household supports putting it forward; once each, counted against those who benefit."""
    lock(proposal)
    if proposal.stage != Stage.COSIGNING:
        raise Refused(f"现在是“{Stage(proposal.stage).label}”，不能附议")
    _may_speak_for(by, household, proposal, channel)
    if not proposal.beneficiaries().filter(pk=household.pk).exists():
        raise Refused("这户不在受益户名单里，不能附议")
    try:
        with transaction.atomic():
            signed = Cosign.objects.create(proposal=proposal, household=household, by=by, channel=channel)
    except IntegrityError:
        raise Refused("您家已经附议过了，一户只算一次") from None
    if _count_cosigns(proposal) >= cosigns_needed(proposal):
        advance(proposal, "gather", by=None, evidence={"cosigns": proposal.cosigns.count()})
        tell(
            proposal.proposer,
            f"附议够了：{proposal.title}",
            "接下来由社区组织表决",
            proposal.get_absolute_url(),
        )
    return signed


def _may_speak_for(user: User, household: Household, proposal: Proposal, channel: str) -> None:
    person = person_of(user)
    if channel == Channel.ONLINE:
        if not (person and person.household_id == household.pk and person.confirmed_at):
            raise NotAllowed("只能代表自己家附议；还没登记住户的，请先联系楼栋长登记")
        if not rules.has_perm("proposals.cosign", user, proposal):
            raise NotAllowed("只有受益的住户可以附议")
    elif not rules.has_perm("proposals.record_paper", user, proposal):
        raise NotAllowed("只有楼栋长和社区工作人员可以代录纸质附议")


def _count_cosigns(proposal: Proposal) -> int:
    """Counted under the proposal's lock, once per signature, and kept on the card."""
    count = proposal.cosigns.count()
    note_on_card(proposal, cosigns=count)
    return count


# --- Tiered handling (domain.md 4.7) -----------------------------------------------------------


@action
def open_handling(proposal: Proposal, *, by: User | None) -> StepRecord:
    """The notice has passed: hand the matter to the holder of its tier."""
    tier = proposal.tier or 1
    role, level, days = TIERS[tier]
    place, due = holder_place(proposal.place, level), period(proposal.place, days, now())
    record = advance(
        proposal, "open_handling", by=by, role=role, place=place, due=due, obstacles=_gate_obstacles(proposal)
    )
    _dispatch(proposal, tier)
    return record


def _gate_obstacles(proposal: Proposal) -> list[str]:
    return proposal.gate_notice.what_blocks() if proposal.gate_notice else ["还没有发布公示"]


def _dispatch(proposal: Proposal, tier: int, *, handed_back_to: bool = False) -> Handling:
    """Write the dispatch card of whoever holds the matter now, and tell them."""
    assert proposal.holder_place and proposal.due_at
    card = Handling.objects.create(
        proposal=proposal,
        tier=tier,
        role=proposal.holder_role,
        place=proposal.holder_place,
        due_at=proposal.due_at,
        handed_back_to=handed_back_to,
    )
    tell_role(
        card.role,
        card.place,
        f"派单：{proposal.title}",
        f"{tier}级办理，{card.due_at:%m月%d日}截止",
        proposal.get_absolute_url(),
    )
    return card


def _end_dispatch(proposal: Proposal, outcome: str, reason: str) -> Handling:
    card: Handling = proposal.handlings.get(ended_at=None)
    card.ended_at, card.outcome, card.reason = now(), outcome, reason
    card.save(update_fields=["ended_at", "outcome", "reason"])
    return card


@action
def accept_handling(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """The holder takes it on with a plan, said in ``reason``; money comes next."""
    record = advance(proposal, "accept", by=by, reason=reason, evidence={"tier": proposal.tier})
    _end_dispatch(proposal, "accepted", reason)
    return record


@action
def escalate(proposal: Proposal, *, by: User | None, reason: str = "") -> StepRecord:
    """To the next tier, by its holder with a reason or (``by=None``) by silence."""
    lock(proposal)
    tier = proposal.tier or 1
    if tier >= 3:
        raise Refused("已经是三级，没有更高一级；逾期会列入督办")
    role, level, days = TIERS[tier + 1]
    record = advance(
        proposal,
        "climb_tier" if by is None else "escalate",
        by=by,
        reason=reason,
        tier=tier + 1,
        role=role,
        place=holder_place(proposal.place, level),
        due=period(proposal.place, days, now()),
        evidence={"from_tier": tier, "to_tier": tier + 1},
    )
    _end_dispatch(proposal, "climbed" if by is None else "escalated", reason)
    _dispatch(proposal, tier + 1)
    return record


@action
def hand_back(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """退单: once, to the holder before; who then escalates or declines."""
    lock(proposal)
    tier = proposal.tier or 1
    allowed = int(proposal.terms.get("handback.times", 1))
    if proposal.handlings.filter(outcome="handed_back").count() >= allowed:
        raise Refused(f"只能退单 {allowed} 次，请接单办理或提请上一级")
    if tier == 1:
        raise Refused("社区是第一承办人，没有上一个承办人可退")
    role, level, days = TIERS[tier - 1]
    record = advance(
        proposal,
        "hand_back",
        by=by,
        reason=reason,
        tier=tier - 1,
        role=role,
        place=holder_place(proposal.place, level),
        due=period(proposal.place, days, now()),
        evidence={"from_tier": tier, "to_tier": tier - 1},
    )
    _end_dispatch(proposal, "handed_back", reason)
    _dispatch(proposal, tier - 1, handed_back_to=True)
    return record


@action
def decline_handling(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """It cannot be done, said by a holder to whom it was handed back, or by the district at tier 3."""
    lock(proposal)
    card = proposal.handlings.filter(ended_at=None).first()
    obstacles = (
        [] if card and (card.handed_back_to or card.tier == 3) else ["首接负责：请先接单办理，或说明理由提请上一级"]
    )
    record = advance(proposal, "decline_handling", by=by, reason=reason, obstacles=obstacles)
    _end_dispatch(proposal, "declined", reason)
    return record


@action
def supervise(proposal: Proposal, *, by: User | None = None) -> StepRecord:
    """Tier 3 has run over: 督办, with a reminder to the lead office every working day until it moves."""
    due = period(proposal.place, "supervision.remind_days", now())
    assert proposal.holder_place
    record = advance(
        proposal,
        "supervise",
        by=by,
        role=proposal.holder_role,
        place=proposal.holder_place,
        due=due,
        supervised_at=proposal.supervised_at or now(),
    )
    tell_role(
        proposal.holder_role,
        proposal.holder_place,
        f"督办：{proposal.title}",
        "三级办理已逾期",
        proposal.get_absolute_url(),
    )
    return record


@action
def freeze_beneficiaries(proposal: Proposal, *, by: User | None) -> int:
    """Fix the list of households that benefit, at the decision; returns how many."""
    rows = [Beneficiary(proposal=proposal, household=household) for household in proposal.beneficiaries()]
    Beneficiary.objects.bulk_create(rows)
    proposal.beneficiaries_frozen_at = now()
    proposal.save(update_fields=["beneficiaries_frozen_at"])
    note_on_card(proposal, households=len(rows))
    return len(rows)


@action
def new_version(proposal: Proposal, *, by: User | None, why: str, minutes_url: str = "", **words: Any) -> Version:
    """Write the next version: the last one's words with ``words`` (fields of Version) in place of theirs."""
    last = proposal.version
    kept = {
        name: getattr(last, name)
        for name in ("need", "plan", "spot", "households", "people", "cost_fen", "shares", "keeper")
    }
    version = Version.objects.create(
        proposal=proposal,
        number=last.number + 1,
        why=why,
        minutes_url=minutes_url,
        by=by,
        **{**kept, **words},
    )
    note_on_card(proposal, budget_fen=version.cost_fen)
    return version


# --- Wishes ------------------------------------------------------------------------------------


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
        text=mask_text(text),
        spot=mask_text(spot),
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
    tell_role(Role.CLERK, wished.holder_place, f"新心愿：{wished.text}", url=wished.get_absolute_url())
    return wished


@action
def support(wished: Wish, *, by: User) -> None:
    """Somebody else wants it too; each person once."""
    lock(wished)
    if wished.by_id == by.pk:
        raise Refused("这是您自己的心愿")
    _support, created = WishSupport.objects.get_or_create(wish=wished, by=by)
    if not created:
        raise Refused("您已经点过“我也想要”")
    # Under the row lock; the count is kept so that the wall needs no counting.
    Wish.objects.filter(pk=wished.pk).update(supporters=F("supporters") + 1)


@action
def answer_wish(wished: Wish, verb: str, *, by: User, reason: str = "") -> StepRecord:
    """Claim, hand over, fulfil or decline a wish; whoever wished is told."""
    record = take(wished, verb, by=by, reason=reason)
    if reason:
        wished.answer = mask_text(reason)
        wished.save(update_fields=["answer"])
    tell(wished.by, f"您的心愿：{record.label}", reason or wished.text, wished.get_absolute_url())
    return record


@action
def promote(wished: Wish, proposal: Proposal, *, by: User) -> StepRecord:
    """The wish goes on as a proposal."""
    wished.proposal = proposal
    wished.save(update_fields=["proposal"])
    record = take(wished, "promote", by=by, evidence={"proposal": proposal.number})
    tell(wished.by, "您的心愿已转为项目", proposal.title, proposal.get_absolute_url())
    return record


@action
def climb_wish(wished: Wish, *, by: User | None = None) -> StepRecord:
    """Nobody answered in time: the street holds it now."""
    street = holder_place(wished.place, "street")
    record = take(wished, "climb", by=by, setting={"role": Role.CASE_OFFICER, "place": street})
    tell_role(Role.CASE_OFFICER, street, f"社区逾期未回应的心愿：{wished.text}", url=wished.get_absolute_url())
    return record


# --- Overdue, and totals -----------------------------------------------------------------------


@action
def overdue(proposal: Proposal, *, by: User | None = None) -> StepRecord:
    """A stage ran over that has no consequence of its own: its superiors are told, in public, again and again."""
    assert proposal.holder_place
    record = advance(
        proposal,
        "overdue",
        by=by,
        role=proposal.holder_role,
        place=proposal.holder_place,
        due=period(proposal.place, "supervision.days", now()),
        gate_notice=proposal.gate_notice,
    )
    role, level = (
        (Role.CASE_OFFICER, "street")
        if proposal.holder_role != Role.CASE_OFFICER
        else (Role.DISTRICT_OFFICER, "district")
    )
    tell_role(
        role,
        holder_place(proposal.place, level),
        f"逾期：{proposal.title}",
        Stage(proposal.stage).label,
        proposal.get_absolute_url(),
    )
    return record


@action
def wait_until(proposal: Proposal, due: datetime, *, by: User | None = None) -> None:
    """A gate is still closed at its end (an objection is open): look again at ``due``."""
    lock(proposal)
    proposal.due_at = due
    proposal.save(update_fields=["due_at"])
    note_on_card(proposal, due_at=due)


TOTALS = """
INSERT INTO proposals_placetotal AS total (
    place_id, declared, reserve, running, done, households, subsidy_fen, district_fen, self_raised_fen,
    sponsor_fen, spent_fen, rating_answers, rating_satisfied, streets, computed_at)
SELECT p.place_id,
    count(*) FILTER (WHERE c.stage = ANY(%(running)s) OR c.stage = 'archived'),
    count(*) FILTER (WHERE c.stage = 'reserved'),
    count(*) FILTER (WHERE c.stage = ANY(%(running)s)),
    count(*) FILTER (WHERE c.stage = 'archived'),
    coalesce(sum(c.households) FILTER (WHERE c.stage = ANY(%(running)s) OR c.stage = 'archived'), 0),
    coalesce(sum(c.subsidy_fen), 0), coalesce(sum(c.district_fen), 0), coalesce(sum(c.self_raised_fen), 0),
    coalesce(sum(c.sponsor_fen), 0), coalesce(sum(c.spent_fen), 0),
    coalesce(sum(c.rating_answers), 0), coalesce(sum(c.rating_satisfied), 0),
    count(DISTINCT s.place_id), minshi_now()
FROM proposals_cardplace p
JOIN proposals_card c ON c.proposal_id = p.card_id
LEFT JOIN (proposals_cardplace s JOIN territory_territory t ON t.id = s.place_id AND t.level_id = 'street')
    ON s.card_id = p.card_id
GROUP BY p.place_id
ON CONFLICT (place_id) DO UPDATE SET (
    declared, reserve, running, done, households, subsidy_fen, district_fen, self_raised_fen, sponsor_fen,
    spent_fen, rating_answers, rating_satisfied, streets, computed_at)
 = (excluded.declared, excluded.reserve, excluded.running, excluded.done, excluded.households, excluded.subsidy_fen,
    excluded.district_fen, excluded.self_raised_fen, excluded.sponsor_fen, excluded.spent_fen,
    excluded.rating_answers, excluded.rating_satisfied, excluded.streets, excluded.computed_at)
"""


def refresh_totals() -> None:
    """Compute every place's totals from the cards, in one statement; pages read only the result."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TOTALS, {"running": [str(stage) for stage in LIBRARY["running"]]})
