"""A fresh proof of who holds the phone: asked of chiefs before they review or enter paper.

The moment is kept in the session, with whose it is. Staff prove with their second factor instead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from minshi.accounts.models import User
from minshi.clock import now

FRESH = timedelta(hours=12)
TO_FILL_IN = timedelta(hours=1)
KEY = "fresh_code"


def fresh_code(request: HttpRequest, user: User) -> None:
    """Remember that this person proved themselves just now."""
    request.session[KEY] = {"user": user.pk, "at": now().isoformat()}


def is_fresh(request: HttpRequest, within: timedelta = FRESH) -> bool:
    mark = request.session.get(KEY)
    if not mark or mark["user"] != request.user.pk:
        return False
    return now() - datetime.fromisoformat(mark["at"]) < within


def needs_fresh_code(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views: whoever is signed in confirms first when the last proof is older than twelve hours.

    A form is shown only while an hour is left to fill it in, so that nothing typed is lost.
    """

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        left = FRESH if request.method == "POST" else FRESH - TO_FILL_IN
        if is_fresh(request, left):
            return view(request, *args, **kwargs)
        # A refused POST goes back to the page of its form: its address is the same.
        return redirect(f"{reverse('fresh_code')}?{urlencode({'next': request.get_full_path()})}")

    return guarded
