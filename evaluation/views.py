"""The pages of evaluation; each is a thin door to a selector or an action."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.serializers.json import DjangoJSONEncoder
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from evaluation import selectors
from evaluation.actions import callbacks, paper, surveys
from evaluation.catalogue import catalogue_of
from evaluation.forms import (
    CheckForm,
    ConfirmForm,
    CorrectionForm,
    DoorForm,
    OpenedForm,
    PaperForm,
    RatingForm,
    SecondSheetForm,
    VoidForm,
)
from evaluation.models import (
    ASPECTS,
    Aftercare,
    Answer,
    Archive,
    CallBack,
    CallBackStage,
    PaperAnswer,
    Rating,
    Survey,
    SurveyStage,
)
from evaluation.mydata import everything_of, readable_copy
from evaluation.report import Report, report_of, years_of
from evaluation.rules import NOT_ON_THE_ROLL, collects_paper, is_rater, mends, office_above, reads_ratings, why_not_rate
from minshi import paging
from minshi.accounts.models import User
from minshi.accounts.requests import user_of
from minshi.clock import Instant, now
from minshi.faces.pictures import answer_with
from minshi.paper.actions import why_not_theirs
from minshi.paper.numbers import shown
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, answering
from minshi.residents.rules import home_of
from minshi.residents.speaking import why_not_then
from minshi.rolls.models import Channel, Unit
from minshi.signin import security
from minshi.signin.freshness import needs_fresh_code
from minshi.territory.models import Territory
from proposals.models import Card, Proposal
from proposals.wording import worded


def _project(number: str) -> Proposal:
    return get_object_or_404(Proposal.objects.select_related("place"), number=number)


def _survey(proposal: Proposal) -> Survey:
    survey = selectors.latest(proposal)
    if survey is None:
        raise Http404
    return survey


# --- Rating -------------------------------------------------------------------------------------


@sensitive_post_parameters("level", *ASPECTS)
@login_required
def rate(request: HttpRequest, number: str) -> HttpResponse:
    """One question: how satisfied is your household? Afterwards its receipt, and until the end a way to change it."""
    proposal = _project(number)
    user, survey = user_of(request), selectors.latest(proposal)
    running = survey is not None and survey.stage == SurveyStage.OPEN and now() < survey.closes_at
    context: dict[str, Any] = {
        "proposal": proposal,
        "survey": survey,
        "running": running,
        "demo_data": proposal.is_demo,
    }
    if survey is None or not running:
        return render(request, "evaluation/rate.html", context)
    if reasons := why_not_rate(user, survey):
        context |= {"reasons": reasons, "is_beside": reasons == [str(NOT_ON_THE_ROLL)]}
        return render(request, "evaluation/rate.html", context, status=403)
    home = home_of(user)
    assert home
    unit = selectors.units_of(survey).filter(household=home.household).first()
    answer, registered = getattr(unit, "answer", None), getattr(unit, "paper", None)
    context["readers"] = office_above(proposal).label
    context["contact_days"] = worded("{callback.contact_days}", proposal)
    if answer is not None and why_not_then(user, home.household_id, answer.at):
        # Who moved in since reads nothing of what was said before.
        said = [_("这一户原来住的人已经打过分，由他们的评价为准")]
        return render(request, "evaluation/rate.html", {**context, "reasons": said}, status=403)
    form = RatingForm(request.POST or None, initial=_said_before(answer))
    if request.method == "POST" and form.is_valid():
        with answering(form):
            surveys.rate(survey, by=user, **form.said())
            messages.success(request, _("已收到您家的评价"))
            return redirect("rate", proposal.number)
    asks = form.is_bound or (registered is None and (answer is None or "change" in request.GET))
    context |= {"form": form if asks else None, "answer": answer, "paper": registered, "household": home.household}
    if answer is not None:
        context["receipt"] = shown(answer.slip_number)
        context["lines"] = [(_("哪件事"), proposal.title), (_("您家的评价"), answer.get_level_display())]
    return render(request, "evaluation/rate.html", context, status=422 if form.errors else 200)


def _said_before(answer: Answer | None) -> dict[str, object] | None:
    if answer is None:
        return None
    return {name: getattr(answer, name) for name in ("level", "advice", *ASPECTS)}


@require_safe
def ratings(request: HttpRequest, number: str) -> HttpResponse:
    """Every round and its result; while one runs, only how many had answered at the last fixed hour."""
    proposal = _project(number)
    rounds = selectors.rounds_of(proposal)
    newest = rounds[0].survey if rounds else None
    context = {
        "proposal": proposal,
        "rounds": rounds,
        "how": selectors.how_it_counts(proposal, newest),
        "running": newest if newest and newest.stage != SurveyStage.CLOSED else None,
        "answered": selectors.answered_as_told(newest) if newest and newest.stage != SurveyStage.CLOSED else 0,
        "sample_policy": policy.is_default(proposal.place, ["rating."]),
        "demo_data": proposal.is_demo,
    }
    return render(request, "evaluation/ratings.html", context)


# --- Paper --------------------------------------------------------------------------------------


def _taking_paper(request: HttpRequest, number: str) -> tuple[Proposal, Survey]:
    """The newest round of a project, for whoever takes its paper in."""
    proposal = _project(number)
    survey = _survey(proposal)
    if not collects_paper(user_of(request), survey):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以收测评信封；拆信封的人不看门牌"))
    return proposal, survey


def _reading(user: User, survey: Survey) -> None:
    if not reads_ratings(user, survey):
        office = office_above(survey.proposal).label
        raise NotAllowed(_("测评信封只由居务监督委员会和%(office)s拆开、录入、核对") % {"office": office})


def _unit(survey: Survey, ordinal: int) -> Unit:
    unit: Unit = get_object_or_404(selectors.units_of(survey), ordinal=ordinal)
    unit.roll = survey.roll
    unit.roll.survey = survey
    return unit


def _is_running(survey: Survey) -> bool:
    return survey.stage == SurveyStage.OPEN and now() < survey.closes_at


@never_cache
@needs_fresh_code
@require_safe
def rating_paper(request: HttpRequest, number: str) -> HttpResponse:
    """Type the door whose sheet came in; and the sheets that did."""
    proposal, survey = _taking_paper(request, number)
    asked = DoorForm(request.GET or None, doors=selectors.doors_of(survey))
    if asked.is_valid():
        unit = survey.roll.units.get(household=asked.cleaned_data["door"])
        return redirect("rating_paper_unit", number, unit.ordinal)
    sheets = selectors.papers_of(survey, request.GET.get("after", ""))
    context = {
        "proposal": proposal,
        "survey": survey,
        "form": asked,
        "papers": sheets.rows,
        "older": paging.link({}, after=sheets.next) if sheets.next else "",
        "newer": "" if sheets.is_first else paging.link({}),
        "running": _is_running(survey),
        "demo_data": proposal.is_demo,
    }
    return render(request, "evaluation/paper.html", context)


@sensitive_post_parameters()
@never_cache
@needs_fresh_code
def rating_paper_unit(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """One household's sheet: its stub is registered, its envelope stays closed."""
    proposal, survey = _taking_paper(request, number)
    unit = _unit(survey, ordinal)
    registered: int | None = unit.paper  # type: ignore[attr-defined]
    sheet = selectors.papers().get(pk=registered) if registered else None
    answer: Answer | None = getattr(unit, "answer", None)
    form = PaperForm(request.POST or None, request.FILES or None, door=unit.household)
    if request.method == "POST" and form.is_valid():
        with answering(form, stub="stubs"):
            sheet = _take_in(unit, form, user_of(request))
            words = {"door": unit.household.door if unit.household else "", "receipt": shown(sheet.slip_number)}
            messages.success(request, _("已登记：%(door)s，回执号 %(receipt)s") % words)
            return redirect("rating_paper", number)
    context = {
        "proposal": proposal,
        "survey": survey,
        "unit": unit,
        "paper": sheet,
        "code": shown(sheet.slip_number) if sheet else "",
        "form": form,
        "running": _is_running(survey),
        "answered_online": sheet is not None and answer is not None and answer.channel != Channel.PAPER,
        "demo_data": proposal.is_demo,
    }
    return render(request, "evaluation/paper_unit.html", context, status=422 if form.errors else 200)


def _take_in(unit: Unit, form: PaperForm, by: User) -> PaperAnswer:
    data = form.cleaned_data
    return paper.register_paper(unit, receipt_id=data["receipt"], signer=data["signer"], stub=form.stub, by=by)


@never_cache
@needs_fresh_code
def rating_paper_void(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    proposal, survey = _taking_paper(request, number)
    unit = _unit(survey, ordinal)
    sheet = get_object_or_404(selectors.papers(), unit=unit, is_void=False)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            paper.void_paper(sheet, reason=form.cleaned_data["reason"], by=user_of(request))
            messages.success(request, _("已撤销登记"))
            return redirect("rating_paper", number)
    context = {"proposal": proposal, "survey": survey, "unit": unit, "form": form}
    return render(request, "evaluation/paper_void.html", context, status=422 if form.errors else 200)


@never_cache
@needs_fresh_code
def rating_paper_second(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """A household without a phone brings a second sheet in its envelope, with the slip of the first."""
    proposal, survey = _taking_paper(request, number)
    unit = _unit(survey, ordinal)
    sheet = get_object_or_404(selectors.papers(), unit=unit, is_void=False)
    form = SecondSheetForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        with answering(form, stub="stubs"):
            paper.bring_correction(sheet, stub=form.stub, by=user_of(request))
            messages.success(request, _("已登记更正，等两个人读"))
            return redirect("rating_paper", number)
    context = {
        "proposal": proposal,
        "survey": survey,
        "unit": unit,
        "form": form,
        "code": shown(sheet.slip_number),
        "reasons": paper.why_not_bring(sheet),
    }
    return render(request, "evaluation/paper_second.html", context, status=422 if form.errors else 200)


@never_cache
@needs_fresh_code
@require_safe
def rating_checks(request: HttpRequest, number: str) -> HttpResponse:
    """What waits for this reader: envelopes by their slip number, second readings, call-backs."""
    proposal = _project(number)
    survey, user = _survey(proposal), user_of(request)
    _reading(user, survey)
    found = selectors.to_read(survey, user)
    context = {"proposal": proposal, "survey": survey, "found": found, "demo_data": proposal.is_demo}
    return render(request, "evaluation/checks.html", context)


@never_cache
@needs_fresh_code
def rating_check(request: HttpRequest, pk: int) -> HttpResponse:
    """One sheet without its door: opened and read from paper, or from its photo without the first reading."""
    sheet, user = _sheet_of(request, pk), user_of(request)
    line, proposal = sheet.line.unread_second or sheet.line, sheet.survey.proposal
    if line.is_read:
        form: RatingForm = CheckForm(request.POST or None)
    else:
        form = OpenedForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with answering(form, photo="photos", stub="stubs"):
            if isinstance(form, OpenedForm):
                paper.enter_paper(sheet, photo=form.photo, by=user, **form.said())
                told = _("已录入，等另一位核对")
            else:
                paper.confirm_paper(sheet, by=user, **form.said())
                told = _("两次一致，已计入") if line.is_settled else _("和第一次录入不一样，已转第三位来看")
            messages.success(request, told)
            return redirect("rating_checks", proposal.number)
    context = {"paper": sheet, "proposal": proposal, "form": form, "line": line, "code": shown(line.slip_number)}
    return render(request, "evaluation/check.html", context, status=422 if form.errors else 200)


def _sheet_of(request: HttpRequest, pk: int) -> PaperAnswer:
    sheet = get_object_or_404(selectors.papers(), pk=pk, is_void=False)
    _reading(user_of(request), sheet.survey)
    return sheet


@never_cache
@login_required
@require_safe
def rating_sheet(request: HttpRequest, pk: int) -> FileResponse:
    """The half without the door: for those who read sheets only."""
    sheet = _sheet_of(request, pk)
    line = sheet.line.unread_second or sheet.line
    if not line.words:
        raise Http404
    response = answer_with(line.words)
    response["Cache-Control"] = "private, no-store"
    return response


@sensitive_post_parameters("level", *ASPECTS)
@never_cache
@login_required
def rating_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """What was entered for a household, for its adults; and their own word on it."""
    sheet, user = get_object_or_404(selectors.papers(), pk=pk), user_of(request)
    if why_not_theirs(sheet.line, user):
        raise NotAllowed(_("只有这一户的人可以更正"))
    held = sheet.line.said or sheet.line.first
    form = CorrectionForm(request.POST or None, initial=held)
    if request.method == "POST" and form.is_valid():
        with answering(form, choice="level"):
            paper.correct_paper(sheet, reason=form.cleaned_data["reason"], by=user, **form.said())
            messages.success(request, _("已按您说的更正"))
            return redirect("rating_correct", sheet.pk)
    context = {
        "paper": sheet,
        "line": sheet.line,
        "proposal": sheet.survey.proposal,
        "survey": sheet.survey,
        "level": Rating(held["level"]).label if held else "",
        "code": shown(sheet.slip_number),
        "form": form,
        "reasons": paper.why_not_correct(sheet),
    }
    return render(request, "evaluation/correct.html", context, status=422 if form.errors else 200)


# --- Call-backs ---------------------------------------------------------------------------------


@login_required
def callback(request: HttpRequest, token: UUID) -> HttpResponse:
    """What was done about a bad rating; the rater says whether that settles it.

    Who calls back reads the answer and its door; who mends reads what is to be mended, and no more.
    """
    rows = CallBack.objects.annotate(read_at=Instant()).select_related(
        "survey__proposal__place", "answer__unit__household__place__parent", "answer__survey"
    )
    called, user = get_object_or_404(rows, token=token), user_of(request)
    theirs, calls, has_to_mend = is_rater(user, called), reads_ratings(user, called), mends(user, called)
    if not (theirs or calls or has_to_mend):
        raise NotAllowed(_("只有打分的住户、回访的人和整改的人看得到这条回访"))
    may_confirm = called.stage == CallBackStage.MENDED and rules.has_perm("evaluation.confirm_callback", user, called)
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            if form.cleaned_data["verdict"] == "yes":
                callbacks.confirm(called, by=user)
            else:
                callbacks.contest(called, reason=form.cleaned_data["reason"], by=user)
            messages.success(request, _("已记下"))
            return redirect("callback", called.token)
    knows = theirs or calls
    door = called.answer.unit.household
    context = {
        "callback": called,
        "moment": called.read_at,  # type: ignore[attr-defined]
        "proposal": called.survey.proposal,
        "level": Rating(called.level).label if knows else "",
        "words": called.answer.advice if knows or called.shares_words else "",
        "door": door.door if calls and door else "",
        "findings": called.findings if knows else "",
        "form": form if may_confirm else None,
        "is_rater": theirs,
        "acts": {CallBackStage.OPEN: calls, CallBackStage.CONTACTED: has_to_mend}.get(CallBackStage(called.stage)),
        "demo_data": called.survey.proposal.is_demo,
    }
    return render(request, "evaluation/callback.html", context, status=422 if form.errors else 200)


# --- The archive ---------------------------------------------------------------------------------


@require_safe
def archive(request: HttpRequest, number: str) -> HttpResponse:
    """The catalogue of the file: what is in it, each with its checksum; before it is closed, what is missing."""
    proposal = get_object_or_404(
        Proposal.objects.select_related("place", "card", "archive", "aftercare").annotate(read_at=Instant()),
        number=number,
    )
    sealed: Archive | None = getattr(proposal, "archive", None)
    context: dict[str, Any] = {"proposal": proposal, "sealed": sealed, "demo_data": proposal.is_demo}
    if sealed is None:
        key = f"archive:{proposal.pk}:{proposal.card.version}"
        context["entries"] = cache.get_or_set(key, lambda: catalogue_of(proposal), 600)
    else:
        context["files"] = files = list(proposal.archive_files.order_by("ordinal"))
        context["spoiled"] = [each for each in selectors.sealed_pictures(files) if each.state != "intact"]
    agreed: Aftercare | None = getattr(proposal, "aftercare", None)
    context["aftercare"] = agreed
    context["checks"] = agreed.checks.all() if agreed else ()
    context["moment"] = proposal.read_at  # type: ignore[attr-defined]
    return render(request, "evaluation/archive.html", context)


def _sealed(number: str) -> tuple[Proposal, Archive]:
    proposal = get_object_or_404(Proposal.objects.select_related("place", "archive"), number=number)
    if (sealed := getattr(proposal, "archive", None)) is None:
        raise Http404
    return proposal, sealed


@require_safe
def archive_file(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """One sealed piece, byte by byte as it was hashed."""
    proposal, _sealed_row = _sealed(number)
    file = get_object_or_404(proposal.archive_files, ordinal=ordinal)
    response = HttpResponse(file.content, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{proposal.number}-{file.file_name}"'
    return response


@require_safe
def archive_zip(request: HttpRequest, number: str) -> HttpResponse:
    """The whole file to take away, with its checksums."""
    proposal, sealed = _sealed(number)
    response = HttpResponse(selectors.as_zip(proposal, sealed), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{proposal.number}.zip"'
    return response


# --- The yearly report -----------------------------------------------------------------------------


@require_safe
def report(request: HttpRequest, code: str) -> HttpResponse:
    """What a place adds up to, in one year or in all, with its tables; kept for ten minutes."""
    place = get_object_or_404(Territory, code=code)
    years = years_of(place)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else None
    if year is not None and year not in years:
        raise Http404
    made: Report | None = cache.get_or_set(f"report:{place.pk}:{year}", lambda: report_of(place, year), 600)
    context = {
        "place": place,
        "report": made,
        "years": years,
        "demo_data": Card.objects.filter(places__place=place, is_demo=True).exists(),
    }
    return render(request, "evaluation/report.html", context)


# --- My data ---------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def my_copy(request: HttpRequest) -> HttpResponse:
    """The same as ``my_export``, to be read and printed."""
    security.note_taken_out("my_copy", by=user_of(request))
    return render(request, "evaluation/my_copy.html", {"parts": readable_copy(everything_of(user_of(request)))})


@never_cache
@login_required
@require_safe
def my_export(request: HttpRequest) -> HttpResponse:
    """All that is kept of the signed-in person, to take along."""
    security.note_taken_out("my_export", by=user_of(request))
    written = json.dumps(everything_of(user_of(request)), ensure_ascii=False, indent=1, cls=DjangoJSONEncoder)
    response = HttpResponse(written, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    response["Cache-Control"] = "private, no-store"
    return response
