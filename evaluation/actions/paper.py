"""Paper ratings: what a survey asks of a sheet, and what follows once it is read alike or put right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluation import rules, told
from evaluation.actions import surveys
from evaluation.models import Answer, PaperAnswer, Survey, SurveyStage
from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.words import cn_datetime, cn_until
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.notifications.actions import tell_doors
from minshi.paper import actions as paper
from minshi.paper.numbers import number_of
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, refuse_if, refusing
from minshi.residents.models import Person
from minshi.rolls.models import Channel, Unit

Aspects = Mapping[str, int | None] | None


@action
def register_paper(
    unit: Unit,
    *,
    receipt_id: UUID,
    signer: Person | None = None,
    stub: UploadedFile | None = None,
    by: User,
) -> PaperAnswer:
    """Register the stub of a household's sheet before the end: from then on it is reserved for the paper.

    ``signer`` is one of the door's people, ``None`` 未登记. Whoever takes it in at the door leaves the envelope closed
    and never reads it. The same ``receipt_id`` again returns the same stub.
    """
    survey = unit.roll.survey
    if not rules.collects_paper(by, survey):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以收测评信封"))
    surveys.share(survey)
    if earlier := unit.paper_answers.filter(line__slip_number=number_of(receipt_id)).first():
        return earlier
    surveys.refuse_when_over(survey)
    refuse_if(_why_not_register(unit, survey, signer))
    try:
        with transaction.atomic():
            sheet = paper.register(
                survey.territory,
                [(unit.household, signer)],
                about=survey.proposal.title,
                stub=stub,
                receipt_id=receipt_id,
                by=by,
            )
            registered = PaperAnswer.objects.create(unit=unit, line=sheet.lines.get())
    except IntegrityError:
        raise Refused(_("评议刚刚截止，或者这一户的测评表刚刚由别人登记了")) from None
    _tell_household(registered, _("已登记您家的测评表：%(title)s"), "")
    return registered


def _refuse_to_open(by: User, registered: PaperAnswer) -> None:
    """Who took a sheet in knows its door, whatever office they hold by now."""
    survey, line = registered.survey, registered.line
    handled = {each.sheet.registered_by_id for each in (line, line.second_sheet) if each}
    if by.is_any(handled):
        raise NotAllowed(_("这个信封是您收的，您知道是哪一户，请别人拆看"))
    if not rules.reads_ratings(by, survey):
        raise NotAllowed(
            _("测评信封只由居务监督委员会和%(office)s拆开、录入、核对")
            % {"office": rules.office_above(survey.proposal).label}
        )


def _why_not_register(unit: Unit, survey: Survey, signer: Person | None) -> list[str]:
    if standing := unit.paper_answers.valid().select_related("line__sheet").first():
        return [_("这一户的测评表已经在 %(at)s 登记过") % {"at": cn_datetime(standing.line.sheet.registered_at)}]
    if signer and surveys.has_rated_elsewhere(signer, unit, survey):
        return [_("签名的人在这轮评议里已经代表另一户打过分，一个人只打一次；请这一户另一位成年人签名")]
    return []


@action
def enter_paper(
    registered: PaperAnswer,
    *,
    level: int | None,
    aspects: Aspects = None,
    advice: str = "",
    photo: UploadedFile | None = None,
    by: User,
) -> PaperAnswer:
    """Read a registered sheet for the first time, from its photo; the household is told and may correct it.

    Where a second sheet came in, that one.
    """
    survey = registered.survey
    _refuse_to_open(by, registered)
    surveys.share(survey)
    _refuse_when_closed(survey)
    said = surveys.reading(level, aspects, advice)
    if second := registered.line.unread_second:
        paper.read(second, said, words=photo, needs_words=True, by=by)
        return registered
    days = int(str(policy.value("paper.correction_calendar_days", survey.territory)))
    paper.read(
        registered.line,
        said,
        words=photo,
        needs_words=True,
        correct_until=calendar.period_end(now(), calendar_days=days),
        by=by,
    )
    _tell_household(
        registered,
        _("已代录您家的测评表：%(title)s"),
        _("不对的话，%(until)s 以前、出结果以前可以更正") % {"until": cn_until(registered.line.correct_until)},
    )
    return registered


def _refuse_when_closed(survey: Survey) -> None:
    if survey.stage not in (SurveyStage.OPEN, SurveyStage.COUNTING):
        raise Refused(_("这一轮评议已经有结果，纸质测评表不能再动"))


def _tell_household(registered: PaperAnswer, title: str, text: str) -> None:
    """Neither level nor number here: they stand on the page, for the household alone (domain.md 5).

    A door without a phone comes onto the chief's list at the next of the hours at which lists change.
    """
    survey = registered.survey
    title %= {"title": survey.proposal.title}
    if registered.unit.household_id:
        every = int(str(policy.value("ballots.lists_every_hours", survey.territory)))
        tell_doors(
            [registered.unit.household_id],
            title,
            text,
            reverse("rating_correct", args=[registered.pk]),
            asked=False,
            since=calendar.next_fixed_hour(now(), every),
            then=registered.line.sheet.registered_at,
            event=told.PAPER_RATING.name,
        )


@action
def confirm_paper(registered: PaperAnswer, *, level: int | None, aspects: Aspects = None, by: User) -> PaperAnswer:
    """Read the sheet again without having seen the first reading: alike, it is an answer; else a third decides.

    Level and aspects are compared; advice is taken from the first reading. The last sheet read after the end lets
    the result be drawn.
    """
    survey = _held(registered, by)
    second = registered.line.unread_second
    line = second or registered.line
    said = surveys.reading(level, aspects, (line.first or {}).get("advice", ""))
    line = paper.read_again(line, said, by=by)
    if line.settled is not None:
        if second:
            registered.line = paper.correct_on_paper(registered.line, line, by=by)
        _count(registered, survey)
    return registered


def _held(registered: PaperAnswer, by: User) -> Survey:
    """The survey, locked after its project, since reading the last sheet closes it."""
    _refuse_to_open(by, registered)
    return _locked(registered.survey)


def _locked(survey: Survey) -> Survey:
    proposal = lock(survey.proposal)
    lock(survey)
    survey.proposal = proposal
    _refuse_when_closed(survey)
    return survey


def _count(registered: PaperAnswer, survey: Survey) -> None:
    """Make it the household's answer, in place of what it said online; then look whether all has been read."""
    line = registered.line
    said: dict[str, Any] = line.said or {}
    by = line.corrected_by_id or line.first_by_id
    assert by
    voice = _("签名的人在这轮评议里已经代表另一户打过分。请撤销这张登记，由另一位成年人签名，或登记为“未登记”")
    with refusing(one_voice_in_a_survey=("signer", voice), one_human_speaks_once=("signer", voice)):
        Answer.objects.update_or_create(
            unit=registered.unit,
            defaults={
                "survey": survey,
                "channel": Channel.PAPER,
                "slip_number": line.slip_number,
                "speaker_id": line.signer_id,
                "by_id": by,
                **said,
            },
        )
    surveys.close_when_read(survey)


@action
def correct_paper(
    registered: PaperAnswer, *, level: int | None, aspects: Aspects = None, advice: str = "", reason: str, by: User
) -> PaperAnswer:
    """The household says that what was entered for it is not what it meant: once, in its days, before the result."""
    if why := paper.why_not_theirs(registered.line, by):
        raise NotAllowed(*why)
    survey = _locked(registered.survey)
    paper.correct(registered.line, surveys.reading(level, aspects, advice), reason=reason, by=by)
    _count(registered, survey)
    return registered


@action
def bring_correction(registered: PaperAnswer, *, stub: UploadedFile | None = None, by: User) -> PaperAnswer:
    """A household without a phone brings a second sheet in its envelope, with the slip of the first; two read it."""
    if not rules.collects_paper(by, registered.survey):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以收测评信封"))
    survey = _locked(registered.survey)
    lock(registered.line)
    refuse_if(why_not_bring(registered))
    paper.register(
        survey.territory,
        [(registered.unit.household, registered.line.signer)],
        about=survey.proposal.title,
        stub=stub,
        correcting=registered.line,
        by=by,
    )
    _tell_household(registered, _("已收到您家更正的测评表：%(title)s"), "")
    return registered


def why_not_bring(registered: PaperAnswer) -> list[str]:
    if registered.line.second_sheet:
        return [_("更正的第二张纸已经登记过，等两个人读")]
    return why_not_correct(registered)


def why_not_correct(registered: PaperAnswer) -> list[str]:
    """What stands between a household and correcting what was entered for it."""
    if registered.survey.stage == SurveyStage.CLOSED:
        return [_("这一轮评议已经有结果；有不同意见可以对结果公示提出")]
    return paper.why_not_correct(registered.line)


@action
def void_paper(registered: PaperAnswer, *, reason: str, by: User) -> PaperAnswer:
    """Take back a stub that was registered for the wrong household, or whose sheet never came in.

    After the end, only somebody else than who registered it. What the household said online stands again. Where a
    second sheet waits for its readers, that one.
    """
    if not rules.collects_paper(by, registered.survey):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以撤销登记"))
    survey = _locked(registered.survey)
    line = registered.line.unread_second or registered.line
    line = paper.void(line, reason=reason, by_another=survey.stage == SurveyStage.COUNTING, by=by)
    registered.refresh_from_db(fields=["is_void"])
    _tell_household(registered, _("您家的测评表登记已撤销：%(title)s"), line.void_reason)
    surveys.close_when_read(survey)
    return registered
