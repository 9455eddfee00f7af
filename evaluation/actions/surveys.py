"""Opening a round, answering it on the phone or on paper, closing it to the instant, and what its result decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.db.models import Avg, Max
from django.utils.translation import gettext as _

from evaluation import rules
from evaluation.actions import callbacks, holds
from evaluation.lifecycle import GATE
from evaluation.models import (
    ASPECTS,
    Answer,
    Rating,
    Ruling,
    Survey,
    SurveyStage,
    Verdict,
)
from evaluation.models.surveys import SATISFIED
from evaluation.selectors import undone_callbacks
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.disclosure.actions import post
from minshi.disclosure.models import Kind as NoticeKind
from minshi.disclosure.models import Notice
from minshi.disclosure.selectors import reopening_share
from minshi.faces.pictures import reencoded
from minshi.faces.words import cn_until
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import begin, lock, take, what_blocks_gate
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text
from minshi.notifications.actions import tell_all, tell_role
from minshi.paper.numbers import number_of
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, refuse_if
from minshi.residents.models import Role
from minshi.residents.rules import person_of
from minshi.residents.speaking import adults_of, listeners
from minshi.rolls import selectors as rolls
from minshi.rolls.actions import freeze_households
from minshi.rolls.models import Channel, Unit
from minshi.territory.models import Household
from proposals.actions import advance, note_on_card
from proposals.lifecycle import holder_place, period
from proposals.models import Proposal, Stage

INSTANT = timedelta(microseconds=1)
PINNED = ("rating.", "callback.", "counting.days")


# --- Opening ------------------------------------------------------------------------------------


@action
def open_survey(proposal: Proposal, *, by: User | None, report: str = "") -> Survey:
    """Ask all who benefit, from now on; ``report`` says in public what was mended since the last round."""
    lock(proposal)
    verb = "ask_again" if proposal.stage == Stage.REWORK else "open_survey"
    refuse_if(what_blocks_opening(proposal))
    terms = policy.terms(PINNED, proposal.place)
    if not proposal.beneficiaries_frozen_at:
        raise Refused(_("受益户名单还没有锁定，不能开始评议"))
    roll = freeze_households(proposal.beneficiaries(), by=by)
    start = now()
    survey = Survey.objects.create(
        proposal=proposal,
        round=(proposal.surveys.aggregate(last=Max("round"))["last"] or 0) + 1,
        roll=roll,
        asked=roll.size,
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
        evidence={"round": survey.round, "roll": roll.size, "needed": survey.needed},
    )
    _ask(survey, _("请给“%(title)s”打分"))
    return survey


def what_blocks_opening(proposal: Proposal) -> list[str]:
    """After acceptance its notice must have passed; after mending every bad rating must have been dealt with."""
    if proposal.stage == Stage.ACCEPTED:
        return what_blocks_gate(proposal, "open_survey")
    if proposal.stage == Stage.REWORK:
        waiting = undone_callbacks(proposal)
        return [_("还有 %(count)d 条差评没有整改好，整改完再评") % {"count": waiting}] if waiting else []
    return []


def _ask(survey: Survey, title: str, *, only_silent: bool = False) -> None:
    """Ask whoever may speak for a household on the roll: its representative, else its adults."""
    proposal, units = survey.proposal, survey.roll.units
    doors = units.filter(answer=None) if only_silent else units
    users = listeners(doors.values_list("household", flat=True))
    end = cn_until(survey.closes_at)
    tell_all(
        users.only("id"),
        title % {"title": proposal.title},
        _("到 %(end)s 截止，每户一份") % {"end": end},
        f"/projects/{proposal.number}/rate/",
    )


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
    _share(survey)
    _refuse_when_over(survey)
    said = {"level": _level(level), "advice": _advice(advice), **_aspects(aspects)}
    answer = _own_answer(unit)
    if answer is not None and answer.channel == Channel.PAPER:
        raise Refused(_("您家已经交了纸质测评表，以纸质表为准；要更改，请到社区或找楼栋长"))
    if answer is None:
        answer = _first_answer(survey, unit, by, said)
    else:
        _change(answer, by=by, speaker=person_of(by), **said)
    callbacks.follow(answer)
    return answer


@action
def enter_paper(
    survey: Survey,
    household: Household,
    *,
    level: int,
    sheet: UploadedFile,
    by: User,
    aspects: Mapping[str, int | None] | None = None,
    advice: str = "",
) -> Answer:
    """Type in a signed sheet from its photo; it counts once another person has read it alike.

    It replaces what the household said on the phone. While unconfirmed it may be typed in anew.
    """
    if not rules.collects_paper(by, survey):
        raise NotAllowed(_("只有楼栋长和社区工作人员可以代录纸质测评表"))
    _share(survey)
    unit = survey.roll.units.filter(household=household).first()
    if unit is None:
        raise Refused(household=_("这户不在受益户名单里"))
    answer = _own_answer(unit)
    rereads = answer is not None and answer.channel == Channel.PAPER and answer.confirmed_at is None
    if not (rereads and survey.stage == SurveyStage.COUNTING):
        _refuse_when_over(survey)
    picture = reencoded(sheet)
    said = {"level": _level(level), "advice": _advice(advice), **_aspects(aspects)}
    if answer is None:
        answer = Answer(survey=survey, unit=unit, by=by, channel=Channel.PAPER, slip_number=number_of(uuid4()), **said)
        answer.sheet.save(picture.name or "sheet.jpg", picture, save=False)
        answer.save(force_insert=True)
    else:
        answer.sheet.save(picture.name or "sheet.jpg", picture, save=False)
        _change(answer, by=by, speaker=None, channel=Channel.PAPER, confirmed_by=None, confirmed_at=None, **said)
    tell_all(
        adults_of([household.pk]),
        _("已代录您家的测评表：%(title)s") % {"title": survey.proposal.title},
        _("总体评价：%(level)s。不对的话，请在截止前到社区更正") % {"level": Rating(answer.level).label},
        survey.get_absolute_url(),
    )
    return answer


@action
def confirm_paper(answer: Answer, *, level: int, by: User) -> Answer:
    """A second person reads the sheet without seeing the first reading; both must agree.

    The last one confirmed after the end lets the result be drawn.
    """
    if not rules.collects_paper(by, answer.survey):
        raise NotAllowed(_("只有楼栋长和社区工作人员可以核对纸质测评表"))
    lock(answer.survey.proposal)
    survey = lock(answer.survey)
    lock(answer)
    answer.survey = survey
    if answer.channel != Channel.PAPER or answer.confirmed_at is not None:
        raise Refused(_("这份测评表已经核对过了"))
    if answer.by_id == by.pk:
        raise NotAllowed(_("代录和核对要两个人：自己录的要别人核对"))
    if _level(level) != answer.level:
        raise Refused(level=_("和第一次录入的不一样。请两个人一起看照片，重新录入后再核对"))
    answer.confirmed_by, answer.confirmed_at = by, now()
    answer.save(update_fields=["confirmed_by", "confirmed_at"])
    callbacks.follow(answer)
    if survey.stage == SurveyStage.COUNTING and not survey.answers.unconfirmed().exists():
        _close(survey)
    return answer


def _share(survey: Survey) -> None:
    """Share the survey's row until the transaction ends and see it as it is under that lock: whoever closes it
    waits for us, and we for them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM evaluation_survey WHERE id = %s FOR SHARE", [survey.pk])
    survey.refresh_from_db(fields=["stage", "opens_at", "closes_at"])


def _refuse_when_over(survey: Survey) -> None:
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
    answer.save()


def _level(level: int) -> int:
    if level not in Rating.values:
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
    if survey.answers.count() < survey.needed and survey.extended_at is None:
        _extend(survey)
    elif unread := survey.answers.unconfirmed().count():
        take(survey, "count", by=None, evidence={"unread": unread})
        due = period(survey.proposal.place, "counting.days", now())
        advance(survey.proposal, "count_survey", by=None, due=due, evidence={"unread": unread})
    else:
        _close(survey)
    return survey


def _extend(survey: Survey) -> None:
    count, moment = survey.answers.count(), now()
    closes = calendar.period_end(moment, calendar_days=int(survey.terms["rating.days"]))
    facts = {"answers": count, "needed": survey.needed}
    take(survey, "extend", by=None, evidence=facts, setting={"closes_at": closes, "extended_at": moment})
    reason = _("到期共 %(count)d 户答卷，至少要 %(needed)d 户") % {"count": count, "needed": survey.needed}
    advance(survey.proposal, "extend_survey", by=None, reason=reason, due=closes, evidence=facts)
    _ask(survey, _("还差您家的评价：%(title)s"), only_silent=True)


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
    _decide(survey)


def _results(survey: Survey) -> dict[str, Any]:
    counted = rolls.tally(survey.roll, Answer, "level")
    means = survey.answers.aggregate(**{name: Avg(name) for name in ASPECTS})
    return {
        "answers_count": counted.all.units,
        "satisfied": sum(counted.of(level).units for level in SATISFIED),
        "levels": [counted.of(level).units for level in Rating.values],
        "aspects": {name: round(float(means[name]), 2) for name in ASPECTS if means[name] is not None},
        "on_paper": counted.on_paper,
    }


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
        title = _("请决定：%(title)s的满意度评议") % {"title": proposal.title}
        tell_role(Role.APPROVER, street, title, facts, survey.get_absolute_url())
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
        (_("答卷"), _("%(answers)d 户（至少 %(needed)d 户，其中纸质 %(on_paper)d 户）") % counts),
        *((label, _("%(n)d 户") % {"n": count}) for label, count in levels),
        (_("满意率"), f"{rules.percent(survey)}%"),
        (_("结论"), survey.verdict_said),
    ]
    return rows


def _announce(survey: Survey, verb: str, *, by: User | None, reason: str, more: str = "") -> StepRecord:
    """Post the result as the gate before the retained part, and go on to the accounts' days after its end."""
    proposal = survey.proposal
    table = [*_table(survey), *([(_("街道决定"), survey.get_ruling_display())] if survey.ruling else [])]
    notice: Notice = post(
        kind=NoticeKind.SATISFACTION,
        title=_("关于“%(title)s”满意度评议结果的公示") % {"title": proposal.title},
        place=proposal.place,
        basis=_("受益户第 %(round)d 轮满意度评议") % {"round": survey.round},
        body=f"{_facts(survey)}。{more}".strip(),
        table=table,
        households=survey.asked,
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
        households=survey.asked,
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
        raise Refused(ruling=_("请选择支付或不支付尾款"))
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
    outcome = _("尾款可以支付") if survey.decides_release else _("尾款不予支付")
    advance(proposal, "settle_hold", by=None, reason=outcome, evidence={"notice": survey.notice.number})
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
