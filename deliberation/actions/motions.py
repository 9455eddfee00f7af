"""Opening, closing, counting and publishing a motion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from deliberation import rules, selectors
from deliberation.lifecycle import AREAS, CLOSE
from deliberation.models import AreaCount, Ballot, Choice, Motion, MotionStage, Purpose
from minshi.accounts.models import User
from minshi.arrivals import actions as arrivals
from minshi.bylaws.selectors import binding_rule
from minshi.clock import now, today
from minshi.deadlines import actions as deadlines
from minshi.disclosure.actions import post
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice
from minshi.faces.words import cn_until
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, take
from minshi.masking import mask_text
from minshi.paper.models import Line
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.policy.actions import longer_window, would_last
from minshi.refusals import NotAllowed, Refused, refuse_if, refusing
from minshi.rolls import selectors as rolls
from minshi.rolls.actions import freeze_households
from minshi.rolls.models import Reach, Roll
from minshi.territory.models import Territory
from proposals.actions import Turnout, advance, note_on_card, note_turnouts, wait_until
from proposals.models import Proposal, Stage

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Rule:
    """Where the numbers of a vote stand in the policy (rows 4 and 8); ``by_area``: they hold for the area, too."""

    days: str
    quorum: str
    threshold: str
    by_area: bool = False


CANVASS = Rule("canvass.days", "canvass.quorum", "canvass.threshold")
RESIDENTS = Rule("formal_vote.days", "formal_vote.residents.quorum", "formal_vote.residents.threshold")
COMMON_PARTS = Rule("formal_vote.days", "formal_vote.owners.quorum", "formal_vote.owners.special_threshold")
OWNERS = replace(COMMON_PARTS, by_area=True)
BINDING = "formal_vote.owners.binding"
SECRECY = ("ballots.lists_every_hours", "ballots.smallest_group")
AROUND = ("counting.days", "paper.correction_calendar_days", "formal_vote.publish_calendar_days")


@action
def open_motion(
    proposal: Proposal,
    *,
    purpose: str = Purpose.CANVASS,
    question: str = "",
    detail: str = "",
    by: User | None,
) -> Motion:
    """Freeze the electorate and the rule, and let the households vote from now on.

    A canvass takes the proposal into its voting stage; a formal vote is held while it waits for its decision.
    """
    lock(proposal)
    rule = _rule_for(proposal, purpose)
    motion = ask(
        proposal.place,
        roll=freeze_households(proposal.dwellings(), by=by),
        rule=rule,
        question=question.strip() or _("%(title)s，您家同意吗？") % {"title": proposal.title},
        detail=detail.strip() or _in_short(proposal),
        purpose=purpose,
        proposal=proposal,
        by=by,
    )
    note_on_card(proposal, electorate=motion.electorate, turnout=0, turnout_due=motion.opens_at, agreed=None)
    return motion


@action
def ask(
    place: Territory,
    *,
    roll: Roll,
    rule: Rule,
    question: str,
    detail: str = "",
    purpose: str = Purpose.FORMAL,
    proposal: Proposal | None = None,
    by: User | None,
) -> Motion:
    """Put a question to a roll that was frozen a moment ago; ``proposal`` where it is a project's.

    The rule's numbers are the place's of today and stay with the motion. An owners' count decides where policy lets it
    and a rule of the place in force today says so, which it cites (domain.md 5); else it is an opinion poll.
    """
    terms = policy.terms([rule.days, rule.quorum, rule.threshold, BINDING, *AROUND, *SECRECY], place)
    is_of_owners = rule.quorum == COMMON_PARTS.quorum
    bylaw = binding_rule(place, today()) if is_of_owners and terms[BINDING] else None
    last = proposal.motions.aggregate(last=Max("ordinal"))["last"] if proposal else None
    periods = {"window": terms[rule.days], **{name: terms[name] for name in AROUND}}
    motion = Motion(
        place=place,
        proposal=proposal,
        version=proposal.version if proposal else None,
        roll=roll,
        electorate=roll.persons,
        ordinal=(last or 0) + 1,
        purpose=purpose,
        question=mask_text(question),
        detail=mask_text(detail),
        quorum=_exact(terms[rule.quorum]),
        threshold=_exact(terms[rule.threshold]),
        by_area=rule.by_area,
        is_poll=is_of_owners and bylaw is None,
        bylaw=bylaw,
        lists_every_hours=terms["ballots.lists_every_hours"],
        smallest_group=terms["ballots.smallest_group"],
        opened_by=by,
        periods=periods,
        **_times(now(), periods, calendar.current()),
    )
    if proposal and purpose == Purpose.CANVASS:
        advance(proposal, "open_vote", by=by, due=motion.closes_at, ends=motion.closes_at)
    motion.save(force_insert=True)
    begin(motion, "open", by=by)
    doors = roll.units.filter(household__isnull=False).order_by().values("household")
    arrivals.hurry(doors, ends_at=motion.closes_at, about=motion.question, by=None)
    return motion


def _rule_for(proposal: Proposal, purpose: str) -> Rule:
    if purpose == Purpose.CANVASS:
        return CANVASS
    if proposal.stage != Stage.DECIDING:
        raise Refused(_("正式表决在集体决议阶段进行，现在是“%(stage)s”") % {"stage": Stage(proposal.stage).label})
    if proposal.motions.exclude(stage=MotionStage.PUBLISHED).exists():
        raise Refused(_("这个项目还有一次表决没有公布结果"))
    return COMMON_PARTS if proposal.touches_common_parts else RESIDENTS


def _exact(share: object) -> str:
    wanted = Fraction(str(share))
    return f"{wanted.numerator}/{wanted.denominator}"


def _in_short(proposal: Proposal) -> str:
    version = proposal.version
    yuan = format_yuan(version.cost_fen).removesuffix(".00")
    money = _("预算 %(yuan)s 元，出不出钱自愿，以后另外问。") % {"yuan": yuan}
    plan = version.plan.strip().rstrip("。；;.")[: 290 - len(money)]
    return f"{plan}。{money}"


def _times(start: datetime, periods: dict[str, int], counted_by: calendar.Calendar) -> dict[str, datetime]:
    """The window, the counting after it, and the publication; each period begins where the one before ended."""

    def end(since: datetime, unit: str, name: str) -> datetime:
        return counted_by.end(since, calendar.Length(unit, int(periods[name])))

    closes = end(start, "cd", "window")
    counted = end(closes - INSTANT, "wd", "counting.days")
    corrected = end(closes - INSTANT, "cd", "paper.correction_calendar_days")
    until = max(counted, corrected)
    published = end(until - INSTANT, "cd", "formal_vote.publish_calendar_days")
    return {"opens_at": start, "closes_at": closes, "counting_until": until, "publish_by": published}


def lengthen(newest: calendar.Calendar, *, by: None = None) -> None:
    """A calendar was published while they run: windows that would end on a day off now end later, what follows them
    too, and so does every page, guard and deadline that reads their end. Nobody's ballot waits for any but its own."""
    at = now()
    running = Motion.objects.open().filter(closes_at__gt=at).exclude(periods={}).order_by("pk")
    for key, opens, closes, periods in list(running.values_list("pk", "opens_at", "closes_at", "periods")):
        length = calendar.Length("cd", int(periods["window"]))
        if would_last(closes, newest.end(opens, length), at):
            _lengthen(Motion.objects.select_related("proposal").get(pk=key), newest, by=by)


@action
def _lengthen(motion: Motion, newest: calendar.Calendar, *, by: None) -> None:
    if motion.proposal:
        lock(motion.proposal)
    lock(motion)
    if motion.stage != MotionStage.OPEN:
        return
    length = calendar.Length("cd", int(motion.periods["window"]))
    closes = longer_window(motion, motion.closes_at, motion.opens_at, length, newest)
    if closes == motion.closes_at:
        return
    times = _times(motion.opens_at, motion.periods, newest)
    motion.closes_at = closes
    motion.counting_until = max(motion.counting_until, times["counting_until"])
    motion.publish_by = max(motion.publish_by, times["publish_by"])
    motion.save(update_fields=["closes_at", "counting_until", "publish_by"])
    deadlines.schedule(motion, CLOSE, closes, title=motion.question)
    days = calendar.Length("cd", int(motion.periods["paper.correction_calendar_days"]))
    Line.objects.valid().filter(paper_ballot__unit__roll=motion.roll_id, correct_until__isnull=False).update(
        correct_until=newest.end(closes - INSTANT, days)
    )
    if motion.proposal and motion.purpose == Purpose.CANVASS:
        wait_until(motion.proposal, closes, by=None)
        note_on_card(motion.proposal, act_ends_at=closes)


@action
def close(motion: Motion, *, by: User | None = None) -> None:
    """End the voting, exactly at its time: whoever votes holds a share of this row, so all of them are in."""
    lock(motion)
    if motion.stage == MotionStage.OPEN and now() < motion.closes_at:
        raise Refused(_("投票还没有到截止时间"))
    take(motion, "close", by=by)


@action
def count(motion: Motion, *, by: User | None = None) -> None:
    """From now on sheets are read again and entries corrected; the project waits for its result."""
    take(motion, "count", by=by)
    ask_counter(motion, by=None)
    if motion.proposal and motion.purpose == Purpose.CANVASS:
        wait_until(motion.proposal, motion.publish_by, by=by)


@action
def ask_counter(motion: Motion, *, by: None = None) -> None:
    """Where areas weigh, whoever is next to add them up has it on the desk, due with the result; else nobody waits."""
    deadlines.meet(motion, AREAS)
    if not selectors.area_counts_missing(motion):
        return
    holder = selectors.next_counter(motion)
    deadlines.schedule(
        motion,
        AREAS,
        motion.publish_by,
        role=holder.role,
        place_path=holder.place.path,
        title=_("复核面积：%(question)s") % {"question": motion.question},
        url=reverse("admin:deliberation_motion_change", args=[motion.pk]),
        provisional=calendar.is_provisional(motion.publish_by),
    )


@action
def count_areas(motion: Motion, *, agree_m2: Decimal, against_m2: Decimal, abstain_m2: Decimal, by: User) -> AreaCount:
    """Somebody who stands apart added up the areas by hand; what is not what the ballots say is refused.

    Two do so, each by themselves, once the ballots can no longer change; the result waits for both. Where it is
    overdue by then, it is published at once.
    """
    lock(motion)
    if not motion.by_area or motion.stage not in (MotionStage.COUNTING, MotionStage.PUBLISHED):
        raise Refused(_("这次表决不按面积计，或者还没有计票"))
    if not rules.counts_areas(by, motion):
        raise NotAllowed(_("面积由街道在这里没有任职、也不住在这里的工作人员复核"))
    if motion.stage == MotionStage.COUNTING:
        refuse_if(why_ballots_may_change(motion))
    added = {"agree": agree_m2, "against": against_m2, "abstain": abstain_m2}
    counted = rolls.tally(motion.roll, Ballot, "choice")
    wrong = [choice for choice, m2 in added.items() if counted.of(choice).area_m2 != m2]
    if wrong:
        again = _("加出来和选票不一样，请再加一遍；还是不一样，请告诉社区，先不要公布")
        raise Refused(**{f"{choice}_m2": again for choice in wrong})
    with refusing(one_count_of_a_counter=("agree_m2", _("您已经复核过，另一位由别人来"))):
        made = AreaCount.objects.create(motion=motion, by=by, **{f"{name}_m2": m2 for name, m2 in added.items()})
    if motion.stage == MotionStage.COUNTING:
        ask_counter(motion, by=None)
        if now() >= motion.publish_by and not why_not_publish(motion):
            publish(motion, by=None)
    return made


def why_not_publish(motion: Motion) -> list[str]:
    """What the result still waits for: ballots that may change, and areas that two have not added up."""
    reasons = why_ballots_may_change(motion)
    if missing := selectors.area_counts_missing(motion):
        facts = {"n": missing, "who": selectors.counters_said(motion)}
        reasons.append(_("面积还要 %(n)d 位计票人各自加一遍：%(who)s") % facts)
    return reasons


def why_ballots_may_change(motion: Motion) -> list[str]:
    """What the count of ballots still waits for."""
    lines = Line.objects.valid().filter(paper_ballot__unit__roll=motion.roll_id)
    reasons = []
    if unread := lines.unsettled().count():
        reasons.append(_("还有 %(count)d 张登记过的纸票没有核对；没有收回的请写明原因撤销登记") % {"count": unread})
    if seconds := lines.with_unread_second().count():
        reasons.append(_("还有 %(count)d 张更正用的第二张纸没有核对") % {"count": seconds})
    last = lines.filter(corrected_at=None).aggregate(last=Max("correct_until"))["last"]
    if last is not None and now() < last:
        reasons.append(_("代录的票可以更正到 %(end)s") % {"end": cn_until(last)})
    return reasons


@action
def publish(motion: Motion, *, by: User | None = None) -> Motion:
    """Count, seal and publish; a canvass's result carries the proposal on or ends its way."""
    lock(motion)
    if motion.stage == MotionStage.COUNTING and (reasons := why_not_publish(motion)):
        raise Refused(*reasons)
    counted = _counted(motion)
    results = {**counted, "digest": selectors.digest_of(motion), "published_at": now()}
    facts = {name: counted[name] for name in (*Choice.values, "on_paper", "unreachable", "passed")}
    evidence = {"motion": motion.pk, "electorate": motion.electorate, **facts}
    notice = None
    if motion.stage == MotionStage.COUNTING:
        notice = _announce(motion, facts, by)
    take(motion, "publish", by=by, evidence=evidence, setting={**results, "notice": notice})
    if motion.proposal:
        passed = bool(motion.passed)
        said = {"electorate": motion.electorate, "turnout": motion.turnout, "agreed": motion.agree}
        note_on_card(motion.proposal, **said, turnout_due=None)
        if motion.purpose == Purpose.CANVASS:
            advance(motion.proposal, "pass_vote" if passed else "fail_vote", by=by, evidence=evidence)
    return motion


COUNTED = """
SELECT told.*, motion_passes((jsonb_populate_record(motion, to_jsonb(told)))) AS passed
FROM deliberation_motion AS motion, motion_tally(motion.roll_id) AS told WHERE motion.id = %s
"""


def _counted(motion: Motion) -> dict[str, Any]:
    """What the ballots add up to and whether that carries it: the database counts and decides."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [motion.pk])
        names = [column.name for column in cursor.description]
        counted = dict(zip(names, cursor.fetchone(), strict=True))
    missing = motion.roll.units.filter(reach=Reach.UNREACHABLE, ballot=None).count()
    return {**counted, "unreachable": missing}


def _announce(motion: Motion, tally: dict[str, Any], by: User | None) -> Notice:
    turnout = sum(tally[choice] for choice in Choice.values)
    outcome = _("通过") if tally["passed"] else _("未通过")
    unit = rules.counted_in(motion)
    words = {
        "question": motion.question,
        "turnout": turnout,
        "roll": motion.electorate,
        "outcome": outcome,
        "unit": unit,
    }

    def number(count: int) -> str:
        return f"{count} {unit}"

    return post(
        kind=NoticeKind.VOTE_RESULT,
        title=_("关于“%(title)s”表决结果的公告") % {"title": motion.title},
        place=motion.place,
        basis=rules.as_sentence(motion) + rules.standing_of(motion),
        body=_("本次表决的问题是“%(question)s”。名册 %(roll)d %(unit)s，参加 %(turnout)d %(unit)s，结果为%(outcome)s。")
        % words
        + (selectors.area_sums(motion) if motion.by_area else ""),
        table=[
            (_("名册"), number(motion.electorate)),
            (_("参加"), number(turnout)),
            (_("同意"), number(tally["agree"])),
            (_("不同意"), number(tally["against"])),
            (_("弃权"), number(tally["abstain"])),
            (_("其中纸质票"), number(tally["on_paper"])),
            (_("联系不上（计入名册）"), number(tally["unreachable"])),
            (_("结果"), outcome),
        ],
        link=motion.proposal.get_absolute_url() if motion.proposal else "",
        by=by,
    )


# One pass over the ballots of what is due. Asked apart for each motion it walked them anew for each, and where a ballot
# was given by the hour that is told its earlier ones are not looked for. What is told of an hour stays: it is counted
# when that hour comes, and once more when whoever was just writing then has finished; while votes are being counted,
# each minute.
TURNOUTS = """
WITH due AS MATERIALIZED (
    SELECT proposal_id, turnout, turnout_due FROM proposals_card WHERE turnout_due <= (SELECT minshi_now())
    ORDER BY turnout_due LIMIT %(most)s
), running AS MATERIALIZED (
    SELECT motion.id, motion.roll_id, motion.proposal_id, motion.closes_at, motion.lists_every_hours,
        lists_as_of(motion) AS moment
    FROM due JOIN deliberation_motion AS motion USING (proposal_id) WHERE motion.stage <> 'published'
), spoken AS MATERIALIZED (
    SELECT running.id, ballot.unit_id
    FROM running JOIN deliberation_ballot AS ballot ON ballot.motion_id = running.id
    WHERE ballot.cast_at <= running.moment OR had_spoken(ballot, running.moment)
), told AS (
    SELECT id, unit_id FROM spoken
    UNION
    SELECT running.id, paper.unit_id
    FROM running JOIN rolls_unit AS unit ON unit.roll_id = running.roll_id
    JOIN deliberation_paperballot AS paper ON paper.unit_id = unit.id
    JOIN paper_line AS line ON line.id = paper.line_id
    JOIN paper_sheet AS sheet ON sheet.id = line.sheet_id AND sheet.registered_at <= running.moment
    WHERE NOT paper.is_void OR line.voided_at > running.moment
), counted AS (
    SELECT id, count(*) AS number FROM told GROUP BY id
), clock AS MATERIALIZED (
    SELECT minshi_now() AS moment
)
SELECT due.proposal_id, due.turnout, due.turnout_due,
    CASE WHEN running.id IS NULL THEN due.turnout ELSE coalesce(counted.number, 0) END,
    CASE
        WHEN running.moment = 'infinity' THEN clock.moment + interval '1 minute'
        WHEN clock.moment < running.moment + %(late)s * interval '1 second'
            THEN running.moment + %(late)s * interval '1 second'
        ELSE least(
            running.closes_at,
            running.moment + make_interval(hours => coalesce(running.lists_every_hours, 24)),
            date_trunc('day', clock.moment, 'Asia/Shanghai') + interval '1 day'
        )
    END
FROM due CROSS JOIN clock LEFT JOIN running USING (proposal_id) LEFT JOIN counted USING (id)
"""
LATE = 120
"""Seconds after an hour until everybody who was writing then has finished."""
AT_ONCE = 2000


def refresh_turnouts() -> int:
    """Count how many had voted at the last fixed hour onto the cards; returns how many changed.

    No ballot writes a counter, and no counter tells a minute (domain.md 5). Only what is due is looked at.
    """
    changed, found = 0, AT_ONCE
    while found == AT_ONCE:
        with connection.cursor() as cursor:
            cursor.execute(TURNOUTS, {"most": AT_ONCE, "late": LATE})
            rows = cursor.fetchall()
        found = len(rows)
        changed += sum(was != number for _key, was, _was_due, number, _due in rows)
        told = [Turnout(key, was_due, number, due) for key, _was, was_due, number, due in rows]
        if not told or not note_turnouts(told):
            break
    return changed
