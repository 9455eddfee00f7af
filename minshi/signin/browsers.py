"""Browsers in which somebody has come in before: what a stranger tries does not use up their room.

A signed cookie names the browser and, by digests that nobody else can make, who came in there: by account, by number
and by login name.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from minshi.accounts.models import User
from minshi.signin.models import keyed

SALT = "browser"
KEPT = 400 * 24 * 60 * 60
"""Seconds for which a browser is remembered after somebody came in."""
MOST = 15
"""Marks kept in one browser: of the last few people."""
LETTERS = 24


def _mark(kind: str, value: str) -> str:
    return keyed("known", kind, value)[:LETTERS]


def _marks_of(user: User) -> list[str]:
    found = [_mark("user", str(user.pk)), _mark("login", user.username.lower())]
    return [*found, _mark("phone", user.phone)] if user.phone else found


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    value = request.get_signed_cookie(settings.BROWSER_COOKIE_NAME, "", salt=SALT, max_age=KEPT)
    name, *marks = str(value).split(":")
    return name, marks


def known_as(request: HttpRequest, **who: object) -> str:
    """What limits count this browser by where ``user``, ``phone`` or ``login`` has come in here; "" for a stranger."""
    [(kind, value)] = who.items()
    name, marks = _read(request)
    return keyed("browser", name) if name and _mark(kind, str(value)) in marks else ""


def remember(request: HttpRequest, response: HttpResponseBase, user: User, fresh_name: str) -> None:
    """Leave word that this person came in here; a browser without a name gets ``fresh_name``."""
    name, marks = _read(request)
    theirs = _marks_of(user)
    kept = [*theirs, *(mark for mark in marks if mark not in theirs)][:MOST]
    response.set_signed_cookie(
        settings.BROWSER_COOKIE_NAME,
        ":".join([name or fresh_name, *kept]),
        salt=SALT,
        max_age=KEPT,
        path=settings.SESSION_COOKIE_PATH,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
    )
