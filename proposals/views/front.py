"""The front page of a place, and how things are done there; for everybody."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from minshi.accounts.requests import user_of
from minshi.disclosure.models import Notice
from minshi.faces import elder
from minshi.faces.kept import State, kept_as, kept_page, state_of_page
from minshi.policy import selectors as policy
from proposals import how as how_it_goes
from proposals import selectors
from proposals.models import PlaceTotal
from proposals.rules import is_near


def _state_of_home(request: HttpRequest, code: str = "") -> State:
    total = selectors.home_total(code or None)
    return State(selectors.state_of_home(total.place) if total else None, total)


@kept_as(_state_of_home)
@require_safe
def home(request: HttpRequest, code: str = "") -> HttpResponse:
    """A district (or any place): what runs, what was done, totals of money and people.

    It is read each time and drawn when something in it changed, or the hour did.
    """
    state = state_of_page(request)
    total: PlaceTotal | None = state.about
    if total is None:
        if code:
            raise Http404
        return render(request, "proposals/home.html", _home_parts({"place": None}))
    place, is_elder = total.place, elder.is_on(request)

    def draw() -> dict[str, str]:
        running, done = selectors.newest_in(place, done=0 if is_elder else 4)
        context = {
            "place": place,
            "total": total,
            "figures": selectors.figures_of(total),
            "money": sum(fen for _label, fen in total.sources),
            "running": running,
            "done": done,
            "notices": list(Notice.objects.in_place(place).newest().for_lists()[:4]),
            "wishes": [] if is_elder else selectors.wall(place),
            "elder": is_elder,
            "near": is_near(place),
        }
        return _home_parts(context)

    return kept_page(request, "proposals/home.html", draw, lambda: _mine(request))


def _mine(request: HttpRequest) -> dict[str, str]:
    """What waits for whoever is signed in."""
    if not request.user.is_authenticated:
        return {}
    return {"mine": render_to_string("proposals/home_mine.html", {"tasks": selectors.waits_for(user_of(request))})}


def _home_parts(context: dict[str, Any]) -> dict[str, str]:
    place = context["place"]
    context["around"] = selectors.places_around(place) if place and not context.get("elder") else None
    context["phone"] = selectors.phone_of(place) if context.get("elder") else None
    return {
        "place_name": place.name if place else "",
        "main": render_to_string("proposals/home_main.html", context),
        "aside": render_to_string("proposals/home_aside.html", context),
    }


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
