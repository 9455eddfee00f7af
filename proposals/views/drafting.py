"""提议 in short steps: what is typed is kept on the server with each step, and put forward at the end, once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minshi import paging
from minshi.accounts.models import User
from minshi.accounts.requests import pressing, user_of
from minshi.faces.pictures import answer_with
from minshi.refusals import answering
from minshi.residents.rules import person_of
from minshi.territory.models import Territory
from proposals import actions, selectors
from proposals.forms import STEPS, ProposeForm
from proposals.models import Draft, DraftPhoto
from proposals.rules import NOT_OPEN, enters_paper
from proposals.views.proposing import SAID, wish_to_promote

ORDER = tuple(STEPS)


def _own(request: HttpRequest, pk: int) -> Draft:
    return get_object_or_404(Draft.objects.select_related("wish"), pk=pk, user__in=user_of(request).keys)


def _form(typed: dict[str, list[str]], user: User, files: Any = None) -> ProposeForm:
    """The whole form as it was filled so far."""
    data = QueryDict(mutable=True)
    for name, texts in typed.items():
        data.setlist(name, texts)
    return ProposeForm(data, files, by=user)


def _typed(request: HttpRequest, step: str) -> dict[str, list[str]]:
    """What this step's fields were given; what was unticked is there as nothing."""
    return {name: request.POST.getlist(name) for name in STEPS[step].names}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def drafts(request: HttpRequest) -> HttpResponse:
    """Where somebody begins: what they did not finish, and the first step of something new."""
    user, first = user_of(request), ORDER[0]
    wished = wish_to_promote(request)
    initial = {"need": wished.text} if wished else None
    was_sent = request.method == "POST" or bool(request.POST)
    typed = _typed(request, first) if was_sent else {}
    form = _form(typed, user) if was_sent else ProposeForm(by=user, initial=initial)
    form.keep_to(first)
    says_something = any(text.strip() for texts in typed.values() for text in texts)
    if was_sent and form.closed:
        form.add_error(None, NOT_OPEN)
    elif request.method == "POST" and form.has_places and says_something:
        with answering(form):
            of_wish = {"spot": [wished.spot], "category": [wished.category]} if wished else {}
            draft = actions.begin_draft({**of_wish, **typed}, wish=wished, by=user)
            return redirect("draft_step", draft.pk, first if form.errors else ORDER[1])
    context = {
        "form": form,
        "wish": wished,
        "drafts": selectors.drafts_of(user),
        "days": selectors.draft_days(),
        "person": person_of(user),
        "enters_paper": enters_paper(user),
        "step": STEPS[first],
        "count": len(ORDER),
    }
    return render(request, "proposals/drafts.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def draft_step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One step: kept as it was typed, also where something is still missing; then what is missing is said."""
    if step not in STEPS:
        raise Http404
    draft, user = _own(request, pk), user_of(request)
    was_sent = request.method == "POST" or bool(request.POST)
    typed = {**draft.typed, **_typed(request, step)} if was_sent else draft.typed
    was_there = was_sent or any(name in draft.typed for name in STEPS[step].names)
    form = _form(typed, user, request.FILES or None) if was_there else ProposeForm(by=user)
    if place := _place_of(form, typed):
        form.offer_parts([place])
    form.keep_to(step)
    later = "later" in request.POST and "photos" not in form.errors
    if request.method == "POST":
        with answering(form):
            actions.write_draft(draft, _typed(request, step), by=user)
            if step == "photos" and (later or not form.errors):
                dropped = [key for text in request.POST.getlist("dropped") if (key := paging.number(text))]
                actions.keep_draft_photos(draft, form.cleaned_data.get("photos") or (), dropped, by=user)
            if later:
                messages.success(request, _("已经存好，换一部手机登录也能接着写"))
                return redirect("drafts")
            if not form.errors:
                return _onward(draft, step)
    at = ORDER.index(step)
    context = {
        "form": form,
        "draft": draft,
        "step": STEPS[step],
        "slug": step,
        "at": at + 1,
        "count": len(ORDER),
        "steps": [(name, each.title, name == step) for name, each in STEPS.items()],
        "fields": [form[name] for name in STEPS[step].fields],
        "shares": form.share_fields(),
        "photos": list(draft.photos.order_by("pk")) if step == "photos" else [],
        "kept": request.method == "POST",
    }
    return render(request, "proposals/draft_step.html", context, status=422 if request.method == "POST" else 200)


def _place_of(form: ProposeForm, typed: dict[str, list[str]]) -> Territory | None:
    """The place that was chosen, if it is one of theirs."""
    key = paging.number(next(iter(typed.get("place", ())), ""))
    return form.place_field.queryset.filter(pk=key).first() if key else None


def _onward(draft: Draft, step: str) -> HttpResponseRedirect:
    at = ORDER.index(step) + 1
    return redirect("draft_step", draft.pk, ORDER[at]) if at < len(ORDER) else redirect("draft", draft.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """All of it before it is put forward: what is missing, and what is like it around here."""
    written, user = _own(request, pk), user_of(request)
    form = _form(written.typed, user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form):
            proposal = actions.submit_draft(
                written,
                **{name: data[name] for name in SAID},
                cost_fen=data["cost"],
                shares=form.shares(),
                parts=data["parts"],
                doors=data["doors"],
                by=user,
            )
            if written.wish and not proposal.wishes.exists():
                messages.info(request, _("原来的心愿已经有了别的结果，这一件单独提出来了"))
            return redirect("submitted", proposal.number)
        now_written = _own(request, pk)
        if now_written.typed != written.typed:  # on another phone, a moment ago
            written, form = now_written, _form(now_written.typed, user)
            form.add_error(None, actions.WRITTEN_MEANWHILE)
    place = None if "place" in form.errors else form.cleaned_data.get("place")
    context = {
        "form": form,
        "draft": written,
        "parts": form.parts_of_steps(),
        "missing": form.missing(),
        "general": form.non_field_errors(),
        "photos": list(written.photos.order_by("pk")),
        "similar": selectors.projects_like(written.title, place) if place else [],
        "until": selectors.draft_end(written),
    }
    return render(request, "proposals/draft.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_POST
@pressing(gettext_lazy("删掉这份没写完的"))
def drop_draft(request: HttpRequest, pk: int) -> HttpResponse:
    actions.drop_draft(_own(request, pk), by=user_of(request))
    messages.success(request, _("删掉了"))
    return redirect("drafts")


@login_required
@require_safe
def draft_photo(request: HttpRequest, pk: int) -> FileResponse:
    """Its author's alone."""
    photo = get_object_or_404(DraftPhoto, pk=pk, draft__user__in=user_of(request).keys)
    return answer_with(photo.image)
