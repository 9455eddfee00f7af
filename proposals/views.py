"""The pages of wishes and proposals; each is a thin door to a selector or an action."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minshi.accounts.models import User
from minshi.clock import Now, now
from minshi.disclosure.models import Notice
from minshi.faces import elder
from minshi.faces.kept import digest, kept_page
from minshi.lifecycle.machine import why_not
from minshi.lifecycle.models import StepRecord
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, onto
from minshi.residents.models import ORGANISERS
from minshi.residents.rules import person_of, roles_of
from minshi.signin.freshness import needs_fresh_code
from minshi.territory.models import Territory
from proposals import actions, selectors
from proposals import how as how_it_goes
from proposals.forms import (
    SHOWN,
    CardFilter,
    ProposeForm,
    ReasonForm,
    ReviewForm,
    ReviseForm,
    SheetForm,
    WishForm,
)
from proposals.models import LIBRARY, Card, CardQuerySet, Photo, Proposal, Stage, Version, Wish, WishStage
from proposals.panels import Panel, Present, panels_of, present_of

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
    """A district (or any place): what runs, what was done, totals of money and people.

    It is read each time and drawn when something in it changed, or the hour did.
    """
    total = selectors.home_total(code or None)
    if total is None:
        if code:
            raise Http404
        return render(request, "proposals/home.html", _home_parts({"place": None}))
    place, is_elder = total.place, elder.is_on(request)
    running, done = selectors.newest_in(place, done=0 if is_elder else 4)
    notices = list(Notice.objects.in_place(place).newest().for_reading()[:4])
    wishes = [] if is_elder else selectors.wall(place)
    state = (
        total.computed_at,
        [(card.pk, card.version) for card in (*running, *done)],
        [(notice.pk, notice.withdrawn_by_id, notice.ends_at > notice.read_at) for notice in notices],  # type: ignore[attr-defined]
        [(wish.pk, wish.stage, wish.supporters) for wish in wishes],
    )
    context = {
        "place": place,
        "total": total,
        "figures": selectors.figures_of(total),
        "money": sum(fen for _label, fen in total.sources),
        "running": running,
        "done": done,
        "notices": notices,
        "wishes": wishes,
        "elder": is_elder,
    }
    stamp = f"home:{place.pk}:{localtime():%Y%m%d%H}:{digest(state)}"
    return kept_page(request, "proposals/home.html", stamp, lambda: _home_parts(context))


def _home_parts(context: dict[str, Any]) -> dict[str, str]:
    place = context["place"]
    context["phone"] = selectors.phone_of(place) if context.get("elder") else None
    return {
        "place_name": place.name if place else "",
        "main": render_to_string("proposals/home_main.html", context),
        "aside": render_to_string("proposals/home_aside.html", context),
    }


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """The library: filters, each state of them a link; pages by key.

    What it opens with is kept until one of its cards changes; a search is drawn each time.
    """
    place = selectors.home_place(request.GET.get("place") or None)
    cards = Card.objects.in_place(place) if place else Card.objects.none()
    asked = request.GET.get("shown", "")
    shown = asked if asked in LIBRARY else ""
    if shown:
        cards = cards.filter(stage__in=LIBRARY[shown])
    links = {"place": place.code if place else "", "shown": shown}
    query = urlencode({name: value for name, value in links.items() if name in request.GET})
    if place is None or request.META["QUERY_STRING"] != query:
        return render(request, "proposals/projects.html", _library(request, place, shown, cards))
    versions = list(cards[: PAGE + 1].values_list("pk", "version"))
    stamp = f"projects:{query}:{place.pk}:{localtime().year}:{digest(versions)}"
    return kept_page(
        request, "proposals/projects.html", stamp, lambda: _library(request, place, shown, cards), query=query
    )


def _library(request: HttpRequest, place: Territory | None, shown: str, cards: CardQuerySet) -> dict[str, str]:
    """One page of the cards and the filters above them, as ready strings."""
    chosen = CardFilter(request.GET, queryset=cards)
    rows = chosen.qs
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
        "searched": any(request.GET.get(name) for name in chosen.filters),
        "cards": page[:PAGE],
        "older": f"?{query.urlencode()}&before={_written_key(page[PAGE - 1])}" if len(page) > PAGE else "",
        "newer": f"?{query.urlencode()}" if "before" in request.GET else "",
    }
    return {
        "place_name": place.full_name if place else "",
        "main": render_to_string("proposals/projects_main.html", context),
    }


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
    """A project's whole way, kept until the card says that something changed, or the hour does."""
    found = Card.objects.filter(number=number).values_list("pk", "version", Now()).first()
    if found is None:
        raise Http404
    pk, version, moment = found
    stamp = f"project:{pk}:{version}:{moment:%Y%m%d%H}"
    return kept_page(
        request, "proposals/project.html", stamp, lambda: _project_parts(number, moment, is_elder=elder.is_on(request))
    )


def _project_parts(number: str, moment: datetime, *, is_elder: bool) -> dict[str, str]:
    """The two columns of the page as ready strings, the same for everybody."""
    proposal = selectors.project(number)
    if proposal is None:
        raise Http404
    records = list(StepRecord.objects.of(proposal).order_by("id"))
    version = list(proposal.versions.all())[-1]
    panels = panels_of(proposal)
    context = {
        "proposal": proposal,
        "card": proposal.card,
        "version": version,
        "present": present_of(proposal) or _present(proposal, version, records),
        "holder": selectors.holder_of(proposal),
        "days_left": calendar.working_days_left(moment, proposal.due_at) if proposal.due_at else None,
        "way": selectors.way_of(proposal, records),
        "records": records,
        "people": selectors.people_of(proposal, records, version.keeper),
        "of_money": [(panel.template, told) for panel, told in panels if panel.draws_money],
        "panels": [(panel.template, told) for panel, told in panels if not panel.draws_money],
        "money": selectors.plan_of_money(proposal.card, version) if _draws_money(proposal, panels) else None,
        "photos": list(proposal.photos.all()),
        "notices": selectors.notices_of(proposal),
        "moment": moment,
        "phone": selectors.phone_of(proposal.place),
        "sample_policy": policy.is_default(proposal.place),
        "elder": is_elder,
    }
    return {
        "title": proposal.card.title,
        "place_name": proposal.card.place_full_name,
        "main": render_to_string("proposals/project_main.html", context),
        "aside": render_to_string("proposals/project_aside.html", context),
    }


def _draws_money(proposal: Proposal, panels: list[tuple[Panel, dict[str, Any]]]) -> bool:
    """Not beside a panel that does, and not of a matter that came to nothing."""
    ended_well = not proposal.is_ended or proposal.stage == Stage.ARCHIVED
    return ended_well and not any(panel.draws_money for panel, _context in panels)


def _present(proposal: Proposal, version: Version, records: list[StepRecord]) -> Present:
    """What to say of a stage that no higher app speaks for."""
    stage = Stage(proposal.stage)
    if proposal.is_ended and stage != Stage.ARCHIVED and records:
        return Present(f"“{records[-1].reason}”" if records[-1].reason else "")
    if stage == Stage.COSIGNING:
        needed = actions.cosigns_needed(proposal, version)
        told = _("受益的住户可以附议，一户算一次。已附议 %(n)d 户，需要 %(needed)d 户。")
        text = told % {"n": proposal.card.cosigns, "needed": needed}
        return Present(text, _("代表我家附议"), reverse("cosign", args=[proposal.number]))
    if stage == Stage.ANNOUNCED and proposal.gate_notice:
        text = _("公示期满、异议都答复以后，分级派单办理。有不同意见现在就提。")
        return Present(text, _("看公示、提意见"), proposal.gate_notice.get_absolute_url())
    said = {
        Stage.SUBMITTED: _("正在初审；没有按期答复，自动转上一级。"),
        Stage.RETURNED: _("提议人正在修改。"),
        Stage.HANDLING: _("承办人正在办理；逾期没有办，自动转上一级。"),
        Stage.ARCHIVED: _("这件事已经办完归档。"),
    }
    return Present(said.get(stage, ""))


@require_safe
def photo(request: HttpRequest, pk: int, *, small: bool = False) -> FileResponse:
    """Pictures of public projects are public; they hold pixels only."""
    picture = get_object_or_404(Photo, pk=pk)
    file, kind = (picture.small, "image/webp") if small and picture.small else (picture.image, "image/jpeg")
    try:
        response = FileResponse(file.open("rb"), content_type=kind)
    except FileNotFoundError:
        raise Http404 from None
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
def how(request: HttpRequest) -> HttpResponse:
    """How a matter gets done here, in plain words, with the numbers in force."""
    place = selectors.home_place()
    context = {
        "place": place,
        "steps": how_it_goes.explained(place),
        "sample_policy": policy.is_default(place, how_it_goes.TERMS),
    }
    return render(request, "proposals/how.html", context)


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
    here = f"?place={place.code}" if place else "?"
    older = f"{here}&before={page[PAGE - 1].pk}" if len(page) > PAGE else ""
    context = {"place": place, "wishes": page[:PAGE], "older": older, "newer": here if before else ""}
    return render(request, "proposals/wishes.html", context)


@require_safe
def wish(request: HttpRequest, pk: int) -> HttpResponse:
    """One wish: what became of it, and "I want it too"."""
    wished = get_object_or_404(Wish.objects.select_related("place", "proposal", "holder_place"), pk=pk)
    user = request.user if isinstance(request.user, User) else None
    open_ = wished.stage in (WishStage.NEW, WishStage.CLAIMED)
    context = {
        "wish": wished,
        "holder": selectors.holder_of(wished),
        "way": selectors.way_of_wish(wished),
        "mine": user is not None and wished.by_id == user.pk,
        "wanted": user is not None and wished.supports.filter(by=user).exists(),
        "may_promote": open_ and user is not None and rules.has_perm("proposals.promote_wish", user, wished),
    }
    return render(request, "proposals/wish.html", context)


# --- For residents --------------------------------------------------------------------------------


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for me, what I proposed, what I wished for."""
    user = _user(request)
    person = person_of(user)
    context = {
        "person": person,
        "mine": selectors.mine(user),
        "phone": selectors.phone_of(person.household.place) if person and person.household else None,
        "confirms": any(held.role in ORGANISERS for held in roles_of(user)),
    }
    return render(request, "proposals/mine.html", context)


@login_required
def propose(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    wished = _wish_to_promote(request)
    initial = {"need": wished.text, "spot": wished.spot, "category": wished.category} if wished else None
    form = ProposeForm(request.POST or None, request.FILES or None, by=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if again := selectors.just_proposed(user, data["place"], data["title"]):
            return redirect("submitted", again.number)
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
    wished = Wish.objects.select_related("place").filter(pk=int(pk)).first()
    return wished if wished and rules.has_perm("proposals.promote_wish", request.user, wished) else None


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
@require_http_methods(["GET", "HEAD", "POST"])
def cosign(request: HttpRequest, number: str) -> HttpResponse:
    """One question: does your household support putting it forward?"""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "card"), number=number)
    user = _user(request)
    person = person_of(user)
    household = person.household if person else None
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
    version = proposal.version
    context = {
        "proposal": proposal,
        "version": version,
        "person": person,
        "household": household,
        "signed": household is not None and proposal.cosigns.filter(household=household).exists(),
        "benefits": rules.has_perm("proposals.cosign", user, proposal),
        "enters_paper": rules.has_perm("proposals.record_paper", user, proposal),
        "needed": actions.cosigns_needed(proposal, version),
        "reasons": reasons,
    }
    return render(request, "proposals/cosign.html", context, status=422 if reasons else 200)


@login_required
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def cosign_on_paper(request: HttpRequest, number: str) -> HttpResponse:
    """The chief or the clerk ticks the doors that signed a sheet."""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "card"), number=number)
    user = _user(request)
    if not rules.has_perm("proposals.record_paper", user, proposal):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以登记纸质附议"))
    form = SheetForm(request.POST or None, waiting=selectors.not_yet_cosigned(proposal))
    if request.method == "POST" and form.is_valid():
        try:
            new = actions.cosign_on_paper(proposal, form.cleaned_data["households"], by=user)
        except Refused as refusal:
            onto(form, refusal)
        else:
            messages.success(request, _("已登记 %(n)d 户") % {"n": new})
            return redirect("cosign", proposal.number)
    context = {"form": form, "proposal": proposal, "needed": actions.cosigns_needed(proposal)}
    return render(request, "proposals/cosign_on_paper.html", context, status=422 if form.errors else 200)


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


@login_required
@needs_fresh_code
@require_safe
def review_queue(request: HttpRequest) -> HttpResponse:
    """One item per screen: the one due first."""
    waiting = selectors.to_review(_user(request))
    if not waiting:
        return render(request, "proposals/review_done.html", {})
    return redirect("review", waiting[0].number)


GIVE = {
    "pass_review": actions.pass_review,
    "return_for_revision": actions.return_for_revision,
    "decline": actions.decline,
}


@login_required
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, number: str) -> HttpResponse:
    """One verdict on one matter; tapping a ready sentence only puts it into the reason."""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "holder_place"), number=number)
    user = _user(request)
    if reasons := _why_not_review(proposal, user):
        raise NotAllowed(*reasons)
    filled = request.POST.get("fill")
    form = ReviewForm(request.POST or None, similar=selectors.similar_to(proposal), fill=filled)
    if request.method == "POST" and filled is None and form.is_valid():
        try:
            _give_verdict(proposal, user, form.cleaned_data)
        except NotAllowed:
            raise
        except Refused as refusal:
            onto(form, refusal)
        else:
            messages.success(request, _("已办理：%(title)s") % {"title": proposal.title})
            return redirect("review_queue")
    wrong = filled is None and form.is_bound and bool(form.errors)
    context = {
        "form": form,
        "proposal": proposal,
        "version": proposal.version,
        "photos": list(proposal.photos.all()),
        "waiting": len(selectors.to_review(user)),
        "days_left": calendar.working_days_left(now(), proposal.due_at) if proposal.due_at else None,
    }
    return render(request, "proposals/review.html", context, status=422 if wrong else 200)


def _why_not_review(proposal: Proposal, user: User) -> list[str]:
    if proposal.proposer_id == user.pk:
        return [_("自己提的事要别人来审")]
    if proposal.stage != Stage.SUBMITTED:
        return [_("现在是“%(stage)s”，不用再审了") % {"stage": proposal.get_stage_display()}]
    if not rules.has_perm("proposals.review", user, proposal):
        return [_("这件事不归您初审")]
    return []


def _give_verdict(proposal: Proposal, user: User, data: dict[str, Any]) -> None:
    if data["verdict"] == "merge":
        into = Proposal.objects.select_related("place").get(number=data["into"])
        actions.merge(proposal, into, by=user, reason=data["reason"])
    else:
        GIVE[data["verdict"]](proposal, by=user, reason=data["reason"])
