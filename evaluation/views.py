"""The pages of evaluation; each is a thin door to a selector or an action."""

from __future__ import annotations

from typing import Any

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evaluation import selectors
from evaluation.actions import callbacks, surveys
from evaluation.catalogue import catalogue_of
from evaluation.forms import CheckForm, ConfirmForm, PaperForm, RatingForm
from evaluation.models import ASPECTS, Aftercare, Answer, Archive, CallBack, CallBackStage, Rating, Survey, SurveyStage
from evaluation.report import Report, report_of, years_of
from evaluation.rules import collects_paper, is_rater, why_not_rate
from minshi.accounts.requests import user_of
from minshi.clock import now
from minshi.paper.numbers import shown
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, answering
from minshi.residents.rules import home_of
from minshi.signin.freshness import needs_fresh_code
from minshi.territory.models import Territory
from proposals.models import Card, Proposal


def _project(number: str) -> Proposal:
    return get_object_or_404(Proposal.objects.select_related("place"), number=number)


def _survey(proposal: Proposal) -> Survey:
    survey = selectors.latest(proposal)
    if survey is None:
        raise Http404
    return survey


# --- Rating -------------------------------------------------------------------------------------


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
        return render(request, "evaluation/rate.html", {**context, "reasons": reasons}, status=403)
    home = home_of(user)
    assert home
    answer = selectors.answer_of(survey, home.household)
    form = RatingForm(request.POST or None, initial=_said_before(answer))
    if request.method == "POST" and form.is_valid():
        with answering(form):
            surveys.rate(survey, by=user, **form.said())
            messages.success(request, _("已收到您家的评价"))
            return redirect("rate", proposal.number)
    asks = answer is None or form.is_bound or "change" in request.GET
    context |= {"form": form if asks else None, "answer": answer, "household": home.household}
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
    """Every round and its result; while one runs, only how many have answered."""
    proposal = _project(number)
    rounds = selectors.rounds_of(proposal)
    newest = rounds[0].survey if rounds else None
    context = {
        "proposal": proposal,
        "rounds": rounds,
        "how": selectors.how_it_counts(proposal, newest),
        "running": newest if newest and newest.stage != SurveyStage.CLOSED else None,
        "answered": newest.answers.count() if newest and newest.stage != SurveyStage.CLOSED else 0,
        "sample_policy": policy.is_default(proposal.place, ["rating."]),
        "demo_data": proposal.is_demo,
    }
    return render(request, "evaluation/ratings.html", context)


# --- Paper --------------------------------------------------------------------------------------


@needs_fresh_code
def rating_paper(request: HttpRequest, number: str) -> HttpResponse:
    """Type in one signed sheet; another person reads it again."""
    proposal = _project(number)
    user, survey = user_of(request), _survey(proposal)
    if not collects_paper(user, survey):
        raise NotAllowed(_("只有楼栋长和社区工作人员可以代录纸质测评表"))
    doors = selectors.doors_without_paper(survey, user)
    form = PaperForm(request.POST or None, request.FILES or None, doors=doors)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form):
            answer = surveys.enter_paper(survey, data["household"], sheet=data["sheet"], by=user, **form.said())
            messages.success(
                request, _("已录入，回执号 %(receipt)s。请另一个人核对") % {"receipt": shown(answer.slip_number)}
            )
            return redirect("rating_paper", proposal.number)
    running = (survey.stage == SurveyStage.OPEN and now() < survey.closes_at) or survey.stage == SurveyStage.COUNTING
    context = {"proposal": proposal, "survey": survey, "form": form, "running": running, "demo_data": proposal.is_demo}
    return render(request, "evaluation/paper.html", context, status=422 if form.errors else 200)


@needs_fresh_code
@require_safe
def rating_checks(request: HttpRequest, number: str) -> HttpResponse:
    """The next sheet that waits for a second reader."""
    proposal = _project(number)
    user, survey = user_of(request), _survey(proposal)
    if not collects_paper(user, survey):
        raise NotAllowed(_("只有楼栋长和社区工作人员可以核对纸质测评表"))
    waiting = selectors.waiting_sheets(survey, user)
    if waiting:
        return redirect("rating_check", waiting[0].pk)
    return render(request, "evaluation/checks_done.html", {"proposal": proposal, "survey": survey})


@needs_fresh_code
def rating_check(request: HttpRequest, pk: int) -> HttpResponse:
    """One photo, one question: which level is ticked?"""
    answer = _sheet_of(request, pk)
    form = CheckForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            surveys.confirm_paper(answer, level=form.cleaned_data["level"], by=user_of(request))
            messages.success(request, _("两次录入一致，已计入"))
            return redirect("rating_checks", answer.survey.proposal.number)
    context = {"answer": answer, "proposal": answer.survey.proposal, "form": form, "receipt": shown(answer.slip_number)}
    return render(request, "evaluation/check.html", context, status=422 if form.errors else 200)


def _sheet_of(request: HttpRequest, pk: int) -> Answer:
    answer = get_object_or_404(
        Answer.objects.select_related("survey__proposal__place", "unit__household__place"), pk=pk, channel="paper"
    )
    if not collects_paper(user_of(request), answer.survey):
        raise NotAllowed(_("只有楼栋长和社区工作人员可以核对纸质测评表"))
    return answer


@login_required
@require_safe
def rating_sheet(request: HttpRequest, pk: int) -> FileResponse:
    """The photo of a signed sheet: for those who read them only."""
    answer = _sheet_of(request, pk)
    response = FileResponse(answer.sheet.open("rb"), content_type="image/jpeg")
    response["Cache-Control"] = "private, no-store"
    return response


# --- Call-backs ---------------------------------------------------------------------------------


@login_required
def callback(request: HttpRequest, pk: int) -> HttpResponse:
    """What was done about a bad rating; the rater says whether that settles it."""
    called = get_object_or_404(
        CallBack.objects.select_related("survey__proposal__place", "answer__unit__household__place"), pk=pk
    )
    user = user_of(request)
    if not (
        is_rater(user, called) or collects_paper(user, called) or rules.has_perm("evaluation.call_back", user, called)
    ):
        raise NotAllowed(_("只有打分的住户和经办人看得到这条回访"))
    may_confirm = called.stage == CallBackStage.MENDED and rules.has_perm("evaluation.confirm_callback", user, called)
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            if form.cleaned_data["verdict"] == "yes":
                callbacks.confirm(called, by=user)
            else:
                callbacks.contest(called, reason=form.cleaned_data["reason"], by=user)
            messages.success(request, _("已记下"))
            return redirect("callback", called.pk)
    context = {
        "callback": called,
        "proposal": called.survey.proposal,
        "level": Rating(called.level).label,
        "form": form if may_confirm else None,
        "is_rater": is_rater(user, called),
        "may_mend": rules.has_perm("evaluation.call_back", user, called),
        "demo_data": called.survey.proposal.is_demo,
    }
    return render(request, "evaluation/callback.html", context, status=422 if form.errors else 200)


# --- The archive ---------------------------------------------------------------------------------


@require_safe
def archive(request: HttpRequest, number: str) -> HttpResponse:
    """The catalogue of the file: what is in it, each with its checksum; before it is closed, what is missing."""
    proposal = get_object_or_404(
        Proposal.objects.select_related("place", "card", "archive", "aftercare"), number=number
    )
    sealed: Archive | None = getattr(proposal, "archive", None)
    context: dict[str, Any] = {"proposal": proposal, "sealed": sealed, "demo_data": proposal.is_demo}
    if sealed is None:
        key = f"archive:{proposal.pk}:{proposal.card.version}"
        context["entries"] = cache.get_or_set(key, lambda: catalogue_of(proposal), 600)
    else:
        context["files"] = proposal.archive_files.defer("content").order_by("ordinal")
    agreed: Aftercare | None = getattr(proposal, "aftercare", None)
    context["aftercare"] = agreed
    context["checks"] = agreed.checks.all() if agreed else ()
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
