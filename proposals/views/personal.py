"""A person's own page: what waits for them, what they proposed and wished for."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from minshi.accounts.requests import user_of
from minshi.clock import now
from minshi.residents.models import ORGANISERS
from minshi.residents.rules import person_of, roles_of
from proposals import selectors


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for me, what I proposed, what I wished for."""
    user = user_of(request)
    person = person_of(user)
    home = person.residence if person else None
    mine_ = selectors.mine(user)
    context = {
        "home": home,
        "mine": mine_,
        "proposed": [(proposal, mine_.steps[proposal.number]) for proposal in mine_.proposals],
        "moment": now(),
        "phone": selectors.phone_of(home.household.place) if home else None,
        "confirms": any(held.role in ORGANISERS for held in roles_of(user)),
    }
    return render(request, "proposals/mine.html", context)
