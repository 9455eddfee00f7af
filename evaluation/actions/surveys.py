"""Opening a round, answering it on the phone, closing it to the instant, and what its result decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from evaluation import rules
from evaluation.actions import callbacks, holds
from evaluation.lifecycle import GATE
from evaluation.models import (
    ASPECTS,
    Answer,
    PaperAnswer,
    Rating,
    Ruling,
    Survey,
    SurveyStage,
    Verdict,
)
from evaluation.models.surveys import SATISFIED
from evaluation.selectors import answered, undone_callbacks
from funding.selectors import buys_nothing
from minshi.accounts.models import User
from minshi.arrivals import actions as arrivals
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.disclosure.actions import post
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice
from minshi.disclosure.selectors import reopening_share
from minshi.faces.words import cn_until
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, refuse_elsewhere, take, what_blocks_gate
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text
from minshi.paper.numbers import number_of
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.policy.actions import longer_window, would_last
from minshi.refusals import NotAllowed, Refused, refuse_if
from minshi.residents import speaking
from minshi.residents.models import Person, Role, StrikeOff
from minshi.residents.rules import person_of
from minshi.rolls import selectors as rolls
from minshi.rolls.actions import freeze_households
from minshi.rolls.models import Channel, Unit
from proposals.actions import advance, note_on_card, wait_until
from proposals.lifecycle import holder_place, period
from proposals.models import Proposal, Stage
from proposals.selectors import pinned_days

INSTANT = timedelta(microseconds=1)
PINNED = ("rating.", "callback.", "counting.days", "ballots.lists_every_hours", "ballots.smallest_group")


# --- Opening ------------------------------------------------------------------------------------


@action
def open_survey(proposal: Proposal, *, by: User | None, report: str = "") -> Survey:
    """Ask all who benefit, from now on; ``report`` says in public what was mended since the last round."""
    lock(proposal)
    verb = "ask_again" if proposal.stage == Stage.REWORK else "open_survey"
    refuse_elsewhere(proposal, verb)
    refuse_if(what_blocks_opening(proposal))
    terms = policy.terms(PINNED, proposal.place)
    if not proposal.beneficiaries_frozen_at:
        raise Refused(_("受益户名单还没有锁定，不能开始评议"))
    struck = _struck_off(proposal)
    roll = freeze_households(proposal.beneficiaries().filter(is_active=True), by=by)
    start = now()
    survey = Survey.objects.create(
        proposal=proposal,
        round=(proposal.surveys.aggregate(last=Max("round"))["last"] or 0) + 1,
        roll=roll,
        asked=roll.size,
        struck_off=struck,
        needed=rules.needed(roll.size, terms),
        terms=terms,
        opens_at=start,
        closes_at=calendar.period_end(start, calendar_days=int(terms["rating.days"])),
        opened_by=by,
    )
    begin(survey, "open", by=by)
    advance(
        proposal,
        verb,
        by=by,
        reason=mask_text(report.strip()),
        due=survey.closes_at,
        ends=survey.closes_at,
        evidence={"round": survey.round, "roll": roll.size, "needed": survey.needed},
    )
    doors = roll.units.filter(household__isnull=False).order_by().values("household")
    about = _("请给“%(title)s”打分") % {"title": proposal.title}
    arrivals.hurry(doors, ends_at=survey.closes_at, about=about, by=None)
    return survey


def _struck_off(proposal: Proposal) -> list[dict[str, Any]]:
    """The doors of the list that left the register before, by reason.

    All of them are shared: nobody strikes another off until the roll is frozen.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM territory_household WHERE id IN (SELECT benefiting_doors(%s)) ORDER BY id FOR SHARE",
            [proposal.pk],
        )
    gone = proposal.beneficiaries().filter(is_active=False)
    reasons = dict(StrikeOff.objects.standing().filter(household__in=gone).values_list("household", "reason"))
    counted = Counter(reasons.get(pk, _("没有登记理由")) for pk in gone.values_list("pk", flat=True))
    return [{"reason": str(reason), "doors": number} for reason, number in sorted(counted.items())]


def what_blocks_opening(proposal: Proposal) -> list[str]:
    """After acceptance its notice must have passed; after mending every bad rating must have been dealt with."""
    if proposal.stage == Stage.ACCEPTED:
        return what_blocks_gate(proposal, "open_survey")
    if proposal.stage == Stage.REWORK:
        waiting = undone_callbacks(proposal)
        return [_("还有 %(count)d 条差评没有整改好，整改完再评") % {"count": waiting}] if waiting else []
    return []


# --- Answering ----------------------------------------------------------------------------------


@action
def rate(
    survey: Survey, *, level: int, by: User, aspects: Mapping[str, int | None] | None = None, advice: str = ""
) -> Answer:
    """The one answer of the signed-in person's household; it may be changed until the end."""
    refuse = rules.why_not_rate(by, survey)
    if refuse:
        raise NotAllowed(*refuse)
    unit = rolls.unit_of(by, survey.roll)
    assert unit
    share(survey)
    refuse_when_over(survey)
    said = reading(level, aspects, advice)
    if PaperAnswer.objects.valid().filter(unit=unit).exists():
        raise Refused(_("您家已经交了纸质测评表，以纸质表为准；要更改，请到社区或找楼栋长"))
    answer = _own_answer(unit)
    if answer is not None and answer.speaker is not None and answer.speaker.household != unit.household:
        raise Refused(_("这一户原来住的人已经打过分，由他们的评价为准"))
    person = person_of(by)
    if answer is None and person and has_rated_elsewhere(person, unit, survey):
        raise Refused(_("您在这轮评议里已经代表原来的家打过分，一个人只打一次；现在这一户请另一位成年人来打"))
    if answer is None:
        answer = _first_answer(survey, unit, by, said)
    elif answer.by_id != by.pk or any(getattr(answer, name) != value for name, value in said.items()):
        _change(answer, by=by, speaker=person_of(by), **said)
    return answer


def has_rated_elsewhere(person: Person, unit: Unit, survey: Survey) -> bool:
    """Whether this human has rated for another household, by whichever of the accounts that were joined."""
    voices = speaking.entries_of([person.pk])[person.pk]
    return survey.answers.filter(voice__in=voices).exclude(unit=unit).exists()


def share(survey: Survey) -> None:
    """Share the survey's row until the transaction ends and see it as it is under that lock.

    Whoever closes it waits for us, and we for them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM evaluation_survey WHERE id = %s FOR SHARE", [survey.pk])
    survey.refresh_from_db(fields=["stage", "opens_at", "closes_at"])


def refuse_when_over(survey: Survey) -> None:
    """Answers, and papers' stubs, come in before the end."""
    if survey.stage != SurveyStage.OPEN or now() >= survey.closes_at:
        raise Refused(_("评议已经在 %(end)s 截止") % {"end": cn_until(survey.closes_at)})


def _own_answer(unit: Unit) -> Answer | None:
    return Answer.objects.select_for_update(of=("self",)).filter(unit=unit).first()


def _first_answer(survey: Survey, unit: Unit, by: User, said: dict[str, Any]) -> Answer:
    try:
        with transaction.atomic():
            return Answer.objects.create(
                survey=survey,
                unit=unit,
                speaker=person_of(by),
                by=by,
                channel=Channel.ONLINE,
                slip_number=number_of(uuid4()),
                **said,
            )
    except IntegrityError:
        # The database keeps one per household; another member was quicker by an instant.
        raise Refused(_("您家刚刚已经有人提交了，请刷新看看，要改可以再改")) from None


def _change(answer: Answer, **said: Any) -> None:
    for name, value in said.items():
        setattr(answer, name, value)
    try:
        with transaction.atomic():
            answer.save()
    except IntegrityError:
        # The household's paper was registered an instant before.
        raise Refused(_("您家刚刚交了纸质测评表，请刷新看看")) from None


def reading(level: int | None, aspects: Mapping[str, int | None] | None = None, advice: str = "") -> dict[str, Any]:
    """What somebody says in a rating, by the names of an answer's fields; raises ``Refused`` beside the field."""
    return {"level": _level(level), "advice": _advice(advice), **_aspects(aspects)}


def _level(level: int | None) -> int:
    if level is None or level not in Rating.values:
        raise Refused(level=_("请选择一个评价"))
    return level


def _aspects(aspects: Mapping[str, int | None] | None) -> dict[str, int | None]:
    given = {name: (aspects or {}).get(name) for name in ASPECTS}
    if any(level is not None and level not in Rating.values for level in given.values()):
        raise Refused(_("分项评价只能选五级里的一级"))
    return given


def _advice(advice: str) -> str:
    if len(advice) > 500:
        raise Refused(advice=_("建议请不超过 500 个字"))
    return mask_text(advice.strip())


# --- Closing ------------------------------------------------------------------------------------


@action
def end_window(survey: Survey, *, by: None = None) -> Survey:
    """The window is over: extend it once when too few have answered, else read what is unread, else the result."""
    lock(survey.proposal)
    lock(survey)
    if survey.stage != SurveyStage.OPEN or now() < survey.closes_at:
        return survey
    if answered(survey) < survey.needed and survey.extended_at is None:
        _extend(survey)
    elif unread := PaperAnswer.objects.of(survey).unsettled().count():
        take(survey, "count", by=None, evidence={"unread": unread})
        due = period(survey.proposal.place, "counting.days", now())
        advance(survey.proposal, "count_survey", by=None, due=due, evidence={"unread": unread})
    else:
        _close(survey)
    return survey


@action
def close_when_read(survey: Survey, *, by: None = None) -> None:
    """After the end the last sheet that is settled or taken back lets the result be drawn.

    Part of reading it: the project and the survey are locked.
    """
    if survey.stage == SurveyStage.COUNTING and not PaperAnswer.objects.of(survey).unsettled().exists():
        _close(survey)


def _extend(survey: Survey) -> None:
    count, moment = answered(survey), now()
    closes = calendar.period_end(moment, calendar_days=int(survey.terms["rating.days"]))
    facts = {"answers": count, "needed": survey.needed}
    take(survey, "extend", by=None, evidence=facts, setting={"closes_at": closes, "extended_at": moment})
    reason = _("到期共 %(count)d 户答卷，至少要 %(needed)d 户") % {"count": count, "needed": survey.needed}
    advance(survey.proposal, "extend_survey", by=None, reason=reason, due=closes, ends=closes, evidence=facts)


def lengthen(newest: calendar.Calendar, *, by: None = None) -> None:
    """A calendar was published while they run: a round that would end on a day off ends later, for everybody."""
    at = now()
    for survey in list(Survey.objects.open().filter(closes_at__gt=at).select_related("proposal").order_by("pk")):
        if would_last(survey.closes_at, newest.end(*_window(survey)), at):
            _lengthen(survey, newest, by=by)


@action
def _lengthen(survey: Survey, newest: calendar.Calendar, *, by: None) -> None:
    lock(survey.proposal)
    lock(survey)
    if survey.stage != SurveyStage.OPEN:
        return
    closes = longer_window(survey, survey.closes_at, *_window(survey), newest)
    if closes == survey.closes_at:
        return
    survey.closes_at = closes
    survey.save(update_fields=["closes_at"])
    wait_until(survey.proposal, closes, by=None)
    note_on_card(survey.proposal, act_ends_at=closes)


def _window(survey: Survey) -> tuple[datetime, calendar.Length]:
    """Since when it runs, or runs on, and how long."""
    return survey.extended_at or survey.opens_at, calendar.Length("cd", int(survey.terms["rating.days"]))


def _close(survey: Survey) -> None:
    """Under the survey's lock nobody answers any more: count, write it down once, and let it decide."""
    results = _results(survey)
    results["verdict"] = rules.verdict(survey, results["answers_count"], results["satisfied"])
    take(
        survey,
        "close",
        by=None,
        evidence={name: results[name] for name in ("answers_count", "satisfied", "verdict")},
        setting={**results, "closed_at": now()},
    )
    note_on_card(survey.proposal, rating_answers=survey.answers_count, rating_satisfied=survey.satisfied)
    callbacks.open_for(survey)
    _decide(survey)


def _results(survey: Survey) -> dict[str, Any]:
    counted = rolls.tally(survey.roll, Answer, "level")
    least = int(survey.terms.get("ballots.smallest_group", 1))
    answered = list(survey.answers.values_list(*ASPECTS))
    said = {name: [row[place] for row in answered if row[place]] for place, name in enumerate(ASPECTS)}
    return {
        "answers_count": counted.all.units,
        "satisfied": sum(counted.of(level).units for level in SATISFIED),
        "levels": [counted.of(level).units for level in Rating.values],
        "aspects": {name: round(fmean(levels), 2) for name, levels in said.items() if _tells_on_nobody(levels, least)},
        "on_paper": counted.on_paper,
    }


def _tells_on_nobody(levels: list[int], least: int) -> bool:
    """Whether their mean may be told: of few, of all alike, or all but one, it says what each of them said."""
    return len(levels) >= max(least, 1) and max(Counter(levels).values()) < len(levels) - 1


def _decide(survey: Survey) -> None:
    """80 % passes; 60 % is mended and asked again; less is refused; else, or after the last round, the street."""
    proposal, facts = survey.proposal, _facts(survey)
    is_last = survey.round >= int(survey.terms["rating.rounds"])
    if survey.verdict == Verdict.PASSED:
        _announce(survey, "pass_survey", by=None, reason="")
        return
    _tell_everybody(survey)
    if survey.verdict == Verdict.TOO_FEW or is_last:
        street = holder_place(proposal.place, "street")
        due = period(proposal.place, "street_approval.days", now())
        advance(
            proposal,
            "ask_street",
            by=None,
            role=Role.APPROVER,
            place=street,
            due=due,
            reason=facts,
            evidence=_evidence(survey),
        )
    elif survey.verdict == Verdict.MEND:
        holds.keep(proposal, facts)
        advance(proposal, "mend", by=None, reason=facts, evidence=_evidence(survey))
    else:
        holds.refuse(proposal, facts)
        advance(proposal, "refuse_work", by=None, reason=facts, evidence=_evidence(survey))


def _evidence(survey: Survey) -> dict[str, Any]:
    return {"round": survey.round, "answers": survey.answers_count, "satisfied": survey.satisfied}


def _facts(survey: Survey) -> str:
    return _("第 %(round)d 轮：%(roll)d 户里 %(answers)d 户答卷，%(satisfied)d 户满意，满意率 %(percent)d%%") % {
        "round": survey.round,
        "roll": survey.asked,
        "answers": survey.answers_count,
        "satisfied": survey.satisfied,
        "percent": rules.percent(survey),
    }


# --- Announcing ---------------------------------------------------------------------------------


def _table(survey: Survey) -> list[tuple[str, object]]:
    levels = [
        (str(Rating(level).label), count) for level, count in zip(Rating.values, survey.levels or [], strict=False)
    ]
    counts = {"answers": survey.answers_count, "needed": survey.needed, "on_paper": survey.on_paper}
    rows: list[tuple[str, object]] = [
        (_("受益户"), _("%(n)d 户") % {"n": survey.asked}),
        *([(_("评议前已注销、不在名册"), survey.struck_said)] if survey.struck_off else []),
        (_("答卷"), _("%(answers)d 户（至少 %(needed)d 户，其中纸质 %(on_paper)d 户）") % counts),
        *((label, _("%(n)d 户") % {"n": count}) for label, count in levels),
        (_("满意率"), f"{rules.percent(survey)}%"),
        (_("结论"), survey.verdict_said),
    ]
    return rows


def _announce(survey: Survey, verb: str, *, by: User | None, reason: str, more: str = "") -> StepRecord:
    """Post the result as the gate before the retained part, and go on to the accounts' days after its end."""
    proposal = survey.proposal
    table = [*_table(survey), *([(_("街道决定"), survey.ruling_said)] if survey.ruling else [])]
    notice: Notice = post(
        kind=NoticeKind.SATISFACTION,
        title=_("关于“%(title)s”满意度评议结果的公示") % {"title": proposal.title},
        place=proposal.place,
        basis=_("受益户第 %(round)d 轮满意度评议") % {"round": survey.round},
        body=f"{_facts(survey)}。{more}".strip(),
        table=table,
        doors=proposal.beneficiary_keys(),
        days=pinned_days(proposal, NoticeKind.SATISFACTION),
        link=proposal.get_absolute_url(),
        by=by,
    )
    survey.notice = notice
    survey.save(update_fields=["notice"])
    days = int(str(policy.value("accounts.days", proposal.place)))
    due = calendar.period(notice.ends_at - INSTANT, working_days=days)
    record = advance(proposal, verb, by=by, reason=reason, notice=notice, due=due, evidence=_evidence(survey))
    deadlines.schedule(survey, GATE, notice.ends_at, title=notice.title)
    return record


@action
def follow_correction(survey: Survey, corrected: Notice, *, by: User | None = None) -> None:
    """The result is announced by the correction from now on; the retained part waits for its end."""
    survey.notice = corrected
    survey.save(update_fields=["notice"])
    if survey.hold_settled_at is None:
        deadlines.schedule(survey, GATE, corrected.ends_at, title=corrected.title)


def _tell_everybody(survey: Survey) -> None:
    """A result that is no gate hangs on the board too."""
    proposal = survey.proposal
    post(
        kind=NoticeKind.OTHER,
        title=_("“%(title)s”第 %(round)d 轮满意度评议结果") % {"title": proposal.title, "round": survey.round},
        place=proposal.place,
        body=f"{_facts(survey)}。{survey.verdict_said}。",
        table=_table(survey),
        doors=proposal.beneficiary_keys(),
        link=proposal.get_absolute_url(),
        by=None,
    )


@action
def rule(survey: Survey, *, ruling: str, reason: str, by: User) -> StepRecord:
    """The street decides, by notice, whether the retained part is paid after rounds that did not pass."""
    lock(survey.proposal)
    lock(survey)
    if not waits_for_ruling(survey):
        raise Refused(_("这一轮评议没有报街道决定"))
    if ruling not in Ruling.values:
        raise Refused(ruling=_("请选择一种决定"))
    if not reason.strip():
        raise Refused(reason=_("请写明理由，大家都看得到"))
    words = mask_text(reason.strip())
    survey.ruling, survey.ruling_reason, survey.ruled_by = ruling, words, by
    survey.save(update_fields=["ruling", "ruling_reason", "ruled_by"])
    return _announce(survey, "rule_on_rating", by=by, reason=words, more=_("街道决定：%(why)s") % {"why": words})


def waits_for_ruling(survey: Survey) -> bool:
    return (
        survey.stage == SurveyStage.CLOSED
        and not survey.ruling
        and survey.proposal.stage == Stage.RATING
        and survey.proposal.holder_role == Role.APPROVER
    )


# --- After the notice ---------------------------------------------------------------------------


@action
def settle_hold(survey: Survey, *, by: None = None) -> None:
    """The notice has passed with every objection answered: the retained part is released, or refused for good."""
    proposal = lock(survey.proposal)
    lock(survey)
    survey.proposal = proposal
    if survey.hold_settled_at is not None or proposal.stage != Stage.RATED or survey.notice is None:
        return
    evidence = {"notice": survey.notice.number}
    if buys_nothing(proposal):
        advance(proposal, "result_stands", by=None, evidence=evidence)
    else:
        outcome = _("尾款可以支付") if survey.decides_release else _("尾款不予支付")
        advance(proposal, "settle_hold", by=None, reason=outcome, evidence=evidence)
    survey.hold_settled_at = now()
    survey.save(update_fields=["hold_settled_at"])
    if survey.decides_release:
        holds.release(proposal)
    else:
        holds.refuse(proposal, survey.ruling_reason)


@action
def rate_again(survey: Survey, *, by: None = None) -> None:
    """One third of the households objected to the result while its notice ran: mend and ask again."""
    proposal = lock(survey.proposal)
    lock(survey)
    if survey.hold_settled_at is not None or proposal.stage != Stage.RATED:
        return
    deadlines.meet(survey, GATE)
    assert survey.notice
    reason = _("公示期内%s受益户提出异议") % reopening_share(survey.notice)
    advance(proposal, "rate_again", by=None, reason=reason)
