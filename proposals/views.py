"""The pages of wishes and proposals; each is a thin door to a selector or an action."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from minshi.accounts.models import User
from minshi.clock import Now, now
from minshi.disclosure.models import Notice
from minshi.faces import elder
from minshi.lifecycle.machine import why_not
from minshi.lifecycle.models import StepRecord
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, onto
from minshi.residents.rules import person_of
from minshi.signin.freshness import needs_fresh_code
from proposals import actions, selectors
from proposals.forms import SHOWN, CardFilter, ProposeForm, ReasonForm, ReviseForm, WishForm
from proposals.models import LIBRARY, Card, Photo, Proposal, Stage, Wish
from proposals.panels import Present, panels_of, present_of

PAGE = 20
SAID = (
    "place",
    "title",
    "kind",
    "category",
    "need",
    "plan",
    "spot",
    "keeper",
    "households",
    "people",
    "touches_common_parts",
)
"""What a proposal takes from its form as it is."""


def _user(request: HttpRequest) -> User:
    """The signed-in person; views that need one are behind ``login_required``."""
    assert isinstance(request.user, User)
    return request.user


# --- For everybody ------------------------------------------------------------------------------


@require_safe
def home(request: HttpRequest, code: str = "") -> HttpResponse:
    """A district (or any place): what runs, what was done, totals of money and people."""
    place = selectors.home_place(code or None)
    if place is None:
        if code:
            raise Http404
        return render(request, "proposals/home.html", {"place": None})
    total = selectors.total_of(place)
    context = {
        "place": place,
        "total": total,
        "figures": selectors.figures_of(total),
        "running": selectors.running_in(place),
        "done": selectors.done_in(place),
        "notices": Notice.objects.in_place(place).newest().select_related("place")[:4],
        "wishes": selectors.wall(place),
    }
    return render(request, "proposals/home.html", context)


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """The library: filters, each state of them a link; pages by key."""
    place = selectors.home_place(request.GET.get("place") or None)
    cards = Card.objects.in_place(place) if place else Card.objects.none()
    shown = request.GET.get("shown", "")
    if shown in LIBRARY:
        cards = cards.filter(stage__in=LIBRARY[shown])
    chosen = CardFilter(request.GET, queryset=cards)
    rows = chosen.qs.annotate(read_at=Now())
    if before := _key(request.GET.get("before", "")):
        rows = rows.filter(places__place=place, places__submitted_at__lte=before[0]).exclude(
            places__submitted_at=before[0], proposal_id__gte=before[1]
        )
    page = list(rows[: PAGE + 1])
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "place": place,
        "filter": chosen,
        "shown": shown,
        "shown_choices": SHOWN,
        "cards": page[:PAGE],
        "older": f"?{query.urlencode()}&before={_written_key(page[PAGE - 1])}" if len(page) > PAGE else "",
        "newer": f"?{query.urlencode()}" if "before" in request.GET else "",
    }
    return render(request, "proposals/projects.html", context)


def _written_key(card: Card) -> str:
    return f"{card.submitted_at.timestamp():.6f}_{card.pk}"


def _key(text: str) -> tuple[datetime, int] | None:
    """The place in the list a page begins after; anything else than our own writing begins at the top."""
    moment, _bar, pk = text.partition("_")
    try:
        return datetime.fromtimestamp(float(moment), tz=now().tzinfo), int(pk)
    except (ValueError, OverflowError, OSError):
        return None


@require_safe
def project(request: HttpRequest, number: str) -> HttpResponse:
    """A project's whole way. Its body is kept until the card says that something changed, or the day does."""
    cards = Card.objects.annotate(read_at=Now()).only("version", "title", "place_full_name")
    card = get_object_or_404(cards, number=number)
    read_at: datetime = card.read_at  # type: ignore[attr-defined]
    key = f"project:{card.pk}:{card.version}:{read_at:%Y%m%d%H}:{elder.is_on(request):d}"
    body = cache.get(key)
    if body is None:
        body = _project_body(number, read_at, request)
        cache.set(key, body, 3600)
    return render(request, "proposals/project.html", {"card": card, "body": body})


def _project_body(number: str, moment: datetime, request: HttpRequest) -> str:
    proposal = selectors.project(number)
    if proposal is None:
        raise Http404
    records = list(StepRecord.objects.of(proposal).order_by("id"))
    version = list(proposal.versions.all())[-1]
    context = {
        "proposal": proposal,
        "card": proposal.card,
        "version": version,
        "versions": len(proposal.versions.all()),
        "present": present_of(proposal) or Present(_present_text(proposal)),
        "holder": selectors.holder_of(proposal),
        "days_left": calendar.working_days_left(moment, proposal.due_at) if proposal.due_at else None,
        "way": selectors.way_of(proposal, records),
        "records": records,
        "panels": panels_of(proposal),
        "notices": selectors.notices_of(proposal),
        "sample_policy": policy.is_default(proposal.place),
        "elder": elder.is_on(request),
    }
    return render_to_string("proposals/project_body.html", context)


def _present_text(proposal: Proposal) -> str:
    """What to say of a stage that no app speaks for."""
    said = {
        Stage.SUBMITTED: _("楼栋长正在看这件事。"),
        Stage.RETURNED: _("提议人正在修改。"),
        Stage.COSIGNING: _("受益的住户可以附议，一户算一次。"),
        Stage.ANNOUNCED: _("公示期满、异议都答复以后，分级派单办理。"),
        Stage.HANDLING: _("承办人正在办理。"),
        Stage.ARCHIVED: _("这件事已经办完归档。"),
    }
    return said.get(Stage(proposal.stage), "")


@require_safe
def photo(request: HttpRequest, pk: int) -> FileResponse:
    """Pictures of public projects are public; they hold pixels only."""
    picture = get_object_or_404(Photo, pk=pk)
    response = FileResponse(picture.image.open("rb"), content_type="image/jpeg")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
def how(request: HttpRequest) -> HttpResponse:
    """How a matter gets done here, in plain words, with the numbers in force."""
    place = selectors.home_place()
    # Dots cannot be asked for in a template.
    terms = {name.replace(".", "_"): value for name, value in policy.terms(("review.", "cosign."), place).items()}
    return render(
        request,
        "proposals/how.html",
        {"place": place, "terms": terms, "sample_policy": policy.is_default(place)},
    )


@require_safe
def wishes(request: HttpRequest) -> HttpResponse:
    """心愿墙: newest first, page by key."""
    place = selectors.home_place(request.GET.get("place") or None)
    rows = Wish.objects.select_related("place").order_by("-id")
    rows = rows.filter(place__path__startswith=place.path) if place else rows.none()
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(id__lt=int(before))
    page = list(rows[: PAGE + 1])
    older = f"?before={page[PAGE - 1].pk}" if len(page) > PAGE else ""
    context = {"place": place, "wishes": page[:PAGE], "older": older, "newer": "?" if before else ""}
    return render(request, "proposals/wishes.html", context)


@require_safe
def wish(request: HttpRequest, pk: int) -> HttpResponse:
    wished = get_object_or_404(Wish.objects.select_related("place", "proposal", "holder_place"), pk=pk)
    records = StepRecord.objects.of(wished).order_by("id")
    return render(request, "proposals/wish.html", {"wish": wished, "records": records})


# --- For residents --------------------------------------------------------------------------------


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for me, what I proposed, what I wished for."""
    user = _user(request)
    return render(request, "proposals/mine.html", {"person": person_of(user), "mine": selectors.mine(user)})


@login_required
def propose(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    wished = _wish_to_promote(request)
    initial = {"need": wished.text, "spot": wished.spot, "category": wished.category} if wished else None
    form = ProposeForm(request.POST or None, request.FILES or None, by=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            proposal = actions.submit(
                **{name: data[name] for name in SAID},
                cost_fen=data["cost"],
                shares=form.shares(),
                photos=data["photos"],
                wish=wished,
                by=user,
            )
        except NotAllowed:
            raise
        except Refused as refusal:
            onto(form, refusal)
        else:
            return redirect("submitted", proposal.number)
    context = {"form": form, "wish": wished, "person": person_of(user)}
    return render(request, "proposals/propose.html", context, status=422 if form.errors else 200)


def _wish_to_promote(request: HttpRequest) -> Wish | None:
    pk = request.GET.get("wish", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return Wish.objects.filter(pk=int(pk)).first()


@login_required
@require_safe
def submitted(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt of a proposal, with its number for life."""
    proposal = get_object_or_404(Proposal.objects.select_related("place"), number=number, proposer=request.user)
    return render(request, "proposals/submitted.html", {"proposal": proposal})


@login_required
def revise(request: HttpRequest, number: str) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.select_related("place"), number=number)
    if reasons := why_not(proposal, "resubmit", _user(request)):
        raise NotAllowed(*reasons)
    version = proposal.version
    form = ReviseForm(request.POST or None, initial=_typed_before(version))
    if request.method == "POST" and form.is_valid():
        words = {name: form.cleaned_data[name] for name in ("need", "plan", "spot", "keeper", "people")}
        words["households"] = form.cleaned_data["households"] or version.households
        try:
            actions.resubmit(
                proposal,
                by=_user(request),
                why=form.cleaned_data["why"],
                cost_fen=form.cleaned_data["cost"],
                shares=form.shares(),
                **words,
            )
        except Refused as refusal:
            onto(form, refusal)
        else:
            return redirect("project", proposal.number)
    asked = StepRecord.objects.of(proposal).filter(verb="return_for_revision").order_by("-id").first()
    context = {"form": form, "proposal": proposal, "asked": asked}
    return render(request, "proposals/revise.html", context, status=422 if form.errors else 200)


def _typed_before(version: Any) -> dict[str, Any]:
    names = ("need", "plan", "spot", "households", "people", "keeper")
    amounts = {name: version.share_fen(name) or None for name in ("subsidy", "district", "self_raised", "sponsor")}
    return {**{name: getattr(version, name) for name in names}, "cost": version.cost_fen, **amounts}


@login_required
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.select_related("place"), number=number)
    if reasons := why_not(proposal, "withdraw", _user(request)):
        raise NotAllowed(*reasons)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.withdraw(proposal, by=_user(request), reason=form.cleaned_data["reason"])
        except Refused as refusal:
            onto(form, refusal)
        else:
            return redirect("project", proposal.number)
    context = {"form": form, "proposal": proposal}
    return render(request, "proposals/withdraw.html", context, status=422 if form.errors else 200)


@login_required
def cosign(request: HttpRequest, number: str) -> HttpResponse:
    """One question: does your household support putting it forward?"""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "card"), number=number)
    user = _user(request)
    person = person_of(user)
    household = person.household if person else None
    form = ReasonForm(request.POST or None)
    reasons: list[str] = []
    if request.method == "POST":
        try:
            if household is None:
                raise NotAllowed(_("还没登记住在哪一户，请先登记"))
            actions.cosign(proposal, household, by=user)
        except NotAllowed:
            raise
        except Refused as refusal:
            reasons = refusal.reasons
        else:
            messages.success(request, _("已代表您家附议"))
            return redirect("project", proposal.number)
    signed = bool(household) and proposal.cosigns.filter(household=household).exists()
    context = {
        "proposal": proposal,
        "version": proposal.version,
        "household": household,
        "signed": signed,
        "needed": actions.cosigns_needed(proposal),
        "reasons": reasons,
        "form": form,
    }
    return render(request, "proposals/cosign.html", context, status=422 if reasons else 200)


@login_required
def make_wish(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    form = WishForm(request.POST or None, by=user)
    if request.method == "POST" and form.is_valid():
        wished = actions.wish(**form.cleaned_data, by=user)
        messages.success(request, _("心愿已上墙，社区会答复您"))
        return redirect("wish", wished.pk)
    context = {"form": form, "person": person_of(user)}
    return render(request, "proposals/make_wish.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def support_wish(request: HttpRequest, pk: int) -> HttpResponse:
    wished = get_object_or_404(Wish, pk=pk)
    try:
        actions.support(wished, by=_user(request))
    except Refused as refusal:
        messages.warning(request, str(refusal))
    return redirect("wish", pk)


# --- For the chief on a phone ---------------------------------------------------------------------

VERDICTS = {
    # verb → (label, ready sentences to tap and change)
    "pass_review": (_("通过"), (_("情况属实，大家都受益"), _("院里确实需要"))),
    "return_for_revision": (_("退回修改"), (_("请写清楚装在哪里"), _("请说明大约要多少钱"))),
    "decline": (_("不通过"), (_("这件事该物业负责，已帮您转告"), _("和已经在办的项目重复"))),
    "merge": (_("转并"), (_("和另一件说的是同一回事"),)),
}


@login_required
@needs_fresh_code
@require_safe
def review_queue(request: HttpRequest) -> HttpResponse:
    """One item per screen: the one due first."""
    waiting = selectors.to_review(_user(request))
    if not waiting:
        return render(request, "proposals/review_done.html", {})
    return redirect("review", waiting[0].number)


@login_required
@needs_fresh_code
def review(request: HttpRequest, number: str) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.select_related("place", "holder_place"), number=number)
    user = _user(request)
    if not rules.has_perm("proposals.review", user, proposal):
        raise NotAllowed(_("自己提的事要别人来审") if proposal.proposer_id == user.pk else _("这件事不归您初审"))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _give_verdict(request, proposal, user, form.cleaned_data["reason"])
        except NotAllowed:
            raise
        except Refused as refusal:
            onto(form, refusal)
        else:
            messages.success(request, _("已办理：%(title)s") % {"title": proposal.title})
            return redirect("review_queue")
    context = {
        "form": form,
        "proposal": proposal,
        "version": proposal.version,
        "photos": proposal.photos.all(),
        "verdicts": [{"verb": verb, "label": label, "ready": ready} for verb, (label, ready) in VERDICTS.items()],
        "similar": selectors.similar_to(proposal),
        "chosen": request.POST.get("verdict", ""),
    }
    return render(request, "proposals/review.html", context, status=422 if form.errors else 200)


def _give_verdict(request: HttpRequest, proposal: Proposal, user: User, reason: str) -> None:
    verdict = request.POST.get("verdict", "")
    if verdict == "pass_review":
        actions.pass_review(proposal, by=user, reason=reason)
    elif verdict == "return_for_revision":
        actions.return_for_revision(proposal, by=user, reason=reason)
    elif verdict == "decline":
        actions.decline(proposal, by=user, reason=reason)
    elif verdict == "merge":
        into = Proposal.objects.filter(number=request.POST.get("into", "")).first()
        if into is None:
            raise Refused(_("请选择并到哪一件"))
        actions.merge(proposal, into, by=user, reason=reason)
    else:
        raise Refused(_("请选择通过、退回修改、不通过或转并"))
