"""Questions in public: the list of a place's policy, those of a project, one by itself, asking and answering."""

from __future__ import annotations

from typing import Any

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minshi import paging, searching
from minshi.accounts.requests import somebody_of, user_of
from minshi.clock import Instant
from minshi.lifecycle.machine import why_not
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, answering
from minshi.residents.rules import home_of
from proposals import actions, selectors
from proposals.forms import AnswerForm, AskForm
from proposals.models import Proposal, Question, QuestionStage


@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    """政策问答 of a place and everything beneath it, the newest first; what was answered is found by its words."""
    place = selectors.home_place(request.GET.get("place") or None)
    rows = selectors.policy_questions(place) if place else Question.objects.none()
    words = paging.words_of(request.GET.get("q", ""))
    for word in words:
        rows = rows.exclude(stage=QuestionStage.HIDDEN).filter(_has(word))
    chosen = {"place": place.code} if place else {}
    if words:
        chosen["q"] = " ".join(words)
    context = {"place": place, "title": _("政策问答"), "asked": " ".join(words)}
    return _listed(request, rows, chosen, context)


def _has(word: str) -> Q:
    return searching.found(Question, "text", word) | searching.found(Question, "answer", word)


def _listed(request: HttpRequest, rows: Any, chosen: dict[str, str], context: dict[str, Any]) -> HttpResponse:
    page = paging.page_of(rows, paging.NUMBER, request.GET.get("before", ""))
    more = {
        "questions": page.rows,
        "older": paging.link(chosen, before=page.next) if page.next else "",
        "newer": "" if page.is_first else paging.link(chosen),
    }
    return render(request, "proposals/questions.html", {**context, **more})


@require_safe
def project_questions(request: HttpRequest, number: str) -> HttpResponse:
    """All that was asked under a project."""
    proposal = get_object_or_404(Proposal.objects.select_related("place"), number=number)
    context = {
        "proposal": proposal,
        "place": proposal.place,
        "title": _("邻居们问"),
        "may_be_asked": actions.is_open_to_questions(proposal),
    }
    return _listed(request, selectors.questions_of(proposal), {}, context)


@require_safe
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """One question: who answers until when, what was answered, or why it was hidden."""
    rows = Question.objects.select_related("place", "proposal__place", "holder_place").annotate(read_at=Instant())
    asked = get_object_or_404(rows, pk=pk)
    user = somebody_of(request)
    waits = asked.stage == QuestionStage.WAITING
    context = {
        "question": asked,
        "holder": selectors.holder_of(asked),
        "way": selectors.way_of_question(asked),
        "moment": asked.read_at,  # type: ignore[attr-defined]
        "mine": user is not None and user.is_same(asked.by_id) and not asked.is_hidden,
        "may_answer": waits and user is not None and rules.has_perm("proposals.answer_question", user, asked),
    }
    return render(request, "proposals/question.html", context)


@login_required
def ask(request: HttpRequest, number: str = "") -> HttpResponse:
    """Under a project, or of the policy of one's own community."""
    rows = Proposal.objects.select_related("place")
    proposal = get_object_or_404(rows, number=number) if number else None
    user = user_of(request)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            asked = actions.ask(form.cleaned_data["text"], proposal=proposal, by=user)
            messages.success(request, _("已提问，答复了会告诉您"))
            return redirect("question", asked.pk)
    home = home_of(user)
    place = proposal.place if proposal else home.household.place if home else None
    terms = policy.terms(["question.most", "question.most_days"], place)
    context = {
        "form": form,
        "proposal": proposal,
        "home": home,
        "most": terms["question.most"],
        "days": terms["question.most_days"],
    }
    return render(request, "proposals/ask.html", context, status=422 if form.errors else 200)


@login_required
def answer_question(request: HttpRequest, pk: int) -> HttpResponse:
    """By whoever holds the matter, on a phone; staff also have it at their desk."""
    asked = get_object_or_404(Question.objects.select_related("place", "proposal__place", "holder_place"), pk=pk)
    user = user_of(request)
    if reasons := why_not(asked, "answer", user):
        raise NotAllowed(*reasons)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.answer_question(asked, form.cleaned_data["text"], by=user)
            messages.success(request, _("已公开答复"))
            return redirect("question", asked.pk)
    context = {"form": form, "question": asked}
    return render(request, "proposals/answer_question.html", context, status=422 if form.errors else 200)
