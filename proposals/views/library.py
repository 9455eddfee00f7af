"""The library, and a project's page with its pictures; for everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minshi import paging
from minshi.accounts.requests import somebody_of
from minshi.clock import CHINA, now
from minshi.faces import elder
from minshi.faces.kept import State, kept_as, kept_page, state_of_page
from minshi.faces.words import said_late
from minshi.lifecycle.models import StepRecord
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.territory.models import Territory
from proposals import selectors
from proposals.actions import is_open_to_questions, may_withhold
from proposals.filters import SHOWN, CardFilter
from proposals.models import LIBRARY, CardQuerySet, Photo, Proposal, ProposalQuerySet, Stage
from proposals.panels import Panel, drawing, panels_of
from proposals.showing import present_at
from proposals.views.withholding import in_place_of
from proposals.wording import changes_of_benefits, differences, who_benefits

MOST_QUESTIONS = 3
"""On a project's page; all of them have a page of their own."""
MOST_BEHIND = 50
"""Projects on one page behind a figure."""


def _state_of_library(request: HttpRequest) -> State:
    place = selectors.home_place(request.GET.get("place") or None)
    links = {"place": place.code if place else "", "shown": _shown(request)}
    query = urlencode({name: value for name, value in links.items() if name in request.GET})
    if place is None or request.META["QUERY_STRING"] != query:
        return State(None, place)
    return State(selectors.state_of_library(place, _shown(request)), place, query)


def _shown(request: HttpRequest) -> str:
    asked = request.GET.get("shown", "")
    return asked if asked in LIBRARY else ""


def _behind(cards: CardQuerySet, key: tuple[datetime, int]) -> CardQuerySet:
    at, pk = key
    # The first condition alone bounds the index.
    return cards.filter(Q(here_submitted_at__lte=at), Q(here_submitted_at__lt=at) | Q(here_card__lt=pk))


SUBMITTED = paging.Key(lambda card: paging.written_moment(card.submitted_at, card.pk), paging.moment, _behind)
"""The order of the cards of a place (``in_place``)."""


def _after(cards: CardQuerySet, key: tuple[datetime, int]) -> CardQuerySet:
    at, pk = key
    return cards.filter(Q(here_submitted_at__gte=at), Q(here_submitted_at__gt=at) | Q(here_card__gt=pk))


def _cheaper(cards: CardQuerySet, key: tuple[int, int]) -> CardQuerySet:
    fen, pk = key
    return cards.filter(Q(here_budget_fen__lte=fen), Q(here_budget_fen__lt=fen) | Q(here_card__lt=pk))


ORDERS = {
    "": SUBMITTED,
    "oldest": paging.Key(SUBMITTED.of, paging.moment, _after),
    "money": paging.Key(lambda card: f"{card.budget_fen}-{card.pk}", paging.pair, _cheaper),
}
"""By ``sort`` of the filter: how a page knows where the one before it ended."""


@kept_as(_state_of_library)
@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """The library: filters, each state of them a link; pages by key.

    What it opens with is kept until one of its cards changes or another day is said of it; a search is drawn each
    time.
    """
    place = state_of_page(request).about
    return kept_page(request, "proposals/projects.html", lambda: _library(request, place, _shown(request)))


def chosen_cards(request: HttpRequest, place: Territory | None) -> CardFilter:
    """The cards that an address of the library asks for."""
    return CardFilter(request.GET, queryset=selectors.shelved(place, _shown(request)))


def _library(request: HttpRequest, place: Territory | None, shown: str) -> dict[str, str]:
    """One page of the cards and the filters above them, as ready strings."""
    chosen = chosen_cards(request, place)
    cards = chosen.qs
    order = ORDERS[chosen.form.cleaned_data.get("sort") or ""]
    page = paging.page_of(cards, order, request.GET.get("before", ""))
    context = {
        "place": place,
        "filter": chosen,
        "shown": shown,
        "shown_choices": SHOWN,
        "searched": any(request.GET.get(name) for name in chosen.filters),
        "cards": page.rows,
        "files": [(form.upper(), form, paging.link(request.GET)) for form in ("csv", "xlsx", "json")],
        "older": paging.link(request.GET, before=page.next) if page.next else "",
        "newer": "" if page.is_first else paging.link(request.GET),
    }
    return {
        "place_name": place.full_name if place else "",
        "main": render_to_string("proposals/projects_main.html", context),
    }


def _overdue_since(rows: ProposalQuerySet, key: tuple[datetime, int]) -> ProposalQuerySet:
    at, pk = key
    return rows.filter(Q(due_at__gte=at), Q(due_at__gt=at) | Q(pk__gt=pk))


OVERDUE = paging.Key(lambda row: paging.written_moment(row.due_at, row.pk), paging.moment, _overdue_since)


@require_safe
def supervision(request: HttpRequest) -> HttpResponse:
    """督办: what ran over at the district, which office leads, and how many days late, until it moves."""
    place = selectors.home_place(request.GET.get("place") or None)
    rows = selectors.supervised_in(place) if place else Proposal.objects.none()
    page = paging.page_of(rows, OVERDUE, request.GET.get("before", ""))
    moment = now()
    offices = selectors.offices_of(page.rows, moment.astimezone(CHINA).date())
    watched = [(row, office, said_late(row.due_at, moment)) for row, office in zip(page.rows, offices, strict=True)]
    here = {"place": place.code} if place else {}
    context = {
        "place": place,
        "watched": watched,
        "older": paging.link(here, before=page.next) if page.next else "",
        "newer": "" if page.is_first else paging.link(here),
    }
    return render(request, "proposals/supervision.html", context)


@require_safe
def figures(request: HttpRequest, code: str) -> HttpResponse:
    """What stands behind a figure of the home page: its projects, each with its part of it."""
    place = get_object_or_404(Territory, code=code)
    asked = request.GET.get("of", "")
    figure = asked if asked in selectors.FIGURES else "declared"
    cards = selectors.behind(figure, place)
    page = paging.page_of(cards, SUBMITTED, request.GET.get("before", ""), MOST_BEHIND)
    context = {
        "place": place,
        "figure": figure,
        "choices": [(name, title) for name, (title, _which) in selectors.FIGURES.items()],
        "title": selectors.FIGURES[figure][0],
        "sums": selectors.sums_of(figure, place),
        "cards": page.rows,
        "older": paging.link({"of": figure}, before=page.next) if page.next else "",
        "newer": "" if page.is_first else paging.link({"of": figure}),
    }
    return render(request, "proposals/figures.html", context)


def _state_of_project(request: HttpRequest, number: str) -> State:
    found = selectors.version_of(number)
    if found is None:
        return State(None)
    pk, version, moment, _proposer = found
    return State(f"project:{pk}:{version}:{moment:%Y%m%d%H}", found)


@kept_as(_state_of_project)
@require_safe
def project(request: HttpRequest, number: str) -> HttpResponse:
    """A project's whole way, kept until the card says that something changed, or the hour does."""
    state = state_of_page(request)
    if state.about is None:
        raise Http404
    pk, _version, moment, proposer = state.about

    def draw() -> dict[str, str]:
        return _project_parts(number, moment, is_elder=elder.is_on(request))

    return kept_page(request, "proposals/project.html", draw, lambda: _own_steps(request, pk, proposer))


def _own_steps(request: HttpRequest, pk: int, proposer: int) -> dict[str, str]:
    """What whoever proposed it may do with it."""
    user = somebody_of(request)
    if user is None or not (user.is_staff or user.is_same(proposer)):
        return {}
    found = Proposal.objects.select_related("place").get(pk=pk)
    steps = [
        (_("收回照片 %(n)d") % {"n": photo.pk}, reverse("withhold_photo", args=[photo.pk]))
        for photo in found.photos.filter(withheld_at=None).order_by("pk")
        if may_withhold(user, found, photo.by_id)
    ]
    if not user.is_same(proposer):
        return (
            {"steps": render_to_string("proposals/project_steps.html", {"steps": steps, "staff": True})}
            if steps
            else {}
        )
    steps = [*selectors.own_steps(user, found), *steps]
    # A page that is kept bears no form: the one press is where this leads.
    steps.append((_("我的姓名公开不公开"), f"{reverse('my_names')}#{Proposal._meta.label_lower}-{pk}"))
    return {"steps": render_to_string("proposals/project_steps.html", {"steps": steps})}


def _project_parts(number: str, moment: datetime, *, is_elder: bool) -> dict[str, str]:
    """The two columns of the page as ready strings, the same for everybody."""
    proposal = selectors.project(number)
    if proposal is None:
        raise Http404
    with drawing(proposal):
        context = _project_context(proposal, moment, is_elder=is_elder)
    return {
        "title": proposal.card.title,
        "place_name": proposal.card.place_full_name,
        "main": render_to_string("proposals/project_main.html", context),
        "aside": render_to_string("proposals/project_aside.html", context),
    }


def _project_context(proposal: Proposal, moment: datetime, *, is_elder: bool) -> dict[str, Any]:
    records = list(StepRecord.objects.of(proposal).order_by("id"))
    versions = list(proposal.versions.all())
    version = versions[-1]
    panels = panels_of(proposal)
    act_end = proposal.card.act_ends_at
    is_act = act_end is not None and moment < act_end
    end = act_end if is_act else proposal.due_at
    holder = selectors.holder_of(proposal, moment.astimezone(CHINA).date())
    return {
        "proposal": proposal,
        "card": proposal.card,
        "version": version,
        "who_benefits": who_benefits(version, proposal.place),
        "benefits_changed": changes_of_benefits(versions, proposal.place),
        "differences": differences(versions, proposal.place),
        "look": selectors.look_of(proposal.sheet_id),
        "present": present_at(moment, proposal, version, records),
        "holder": holder,
        "end": end,
        "is_act": is_act,
        "days_left": calendar.working_days_left(moment, end) if end else None,
        "way": selectors.way_of(proposal, records),
        "records": records,
        "people": selectors.people_of(proposal, records, version.keeper, holder),
        "of_money": [(panel.template, told) for panel, told in panels if panel.draws_money],
        "panels": [(panel.template, told) for panel, told in panels if not panel.draws_money],
        "money": selectors.plan_of_money(proposal.card, version) if _draws_money(proposal, panels) else None,
        "photos": list(proposal.photos.all()),
        "dispatches": selectors.dispatches_of(proposal, moment.astimezone(CHINA).date()) if proposal.tier else [],
        "questions": list(selectors.questions_of(proposal)[:MOST_QUESTIONS]),
        "may_be_asked": is_open_to_questions(proposal),
        "merged": selectors.merged_into(proposal) if any(each.verb == "take_in" for each in records) else [],
        "notices": selectors.notices_of(proposal),
        "moment": moment,
        "phone": selectors.phone_of(proposal.place),
        "sample_policy": policy.is_default(proposal.place),
        "elder": is_elder,
    }


def _draws_money(proposal: Proposal, panels: list[tuple[Panel, dict[str, Any]]]) -> bool:
    """Not beside a panel that does, and not of a matter that came to nothing."""
    ended_well = not proposal.is_ended or proposal.stage == Stage.ARCHIVED
    return ended_well and not any(panel.draws_money for panel, _context in panels)


PHOTO_KEPT_SECONDS = 600
"""By a browser, and whatever stands between: no longer, for a picture may be taken back."""


@require_safe
def photo(request: HttpRequest, pk: int, *, small: bool = False) -> FileResponse | HttpResponse:
    """Pictures of public projects are public; they hold pixels only."""
    picture = get_object_or_404(Photo.objects.select_related("proposal__place"), pk=pk)
    if picture.withheld_at is not None:
        return in_place_of(picture, picture.proposal, request)
    file, kind = (picture.small, "image/webp") if small and picture.small else (picture.image, "image/jpeg")
    try:
        response = FileResponse(file.open("rb"), content_type=kind)
    except FileNotFoundError:
        raise Http404 from None
    response["Cache-Control"] = f"public, max-age={PHOTO_KEPT_SECONDS}"
    return response
