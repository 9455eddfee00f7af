"""Staff do nothing here before their second factor, and nothing with a password that somebody else knows.

What anybody sent before they were asked who they are is shown to them again, filled, once that is known.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import ResolverMatch, reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.residents.rules import is_staff_of_somewhere
from minshi.signin import browsers, drafts, passkeys, second_factor, security
from minshi.signin.addresses import address_of

ON_THE_WAY = {
    "staff_signin",
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_activate_totp",
    "elder",
    "demo_codes",
}
"""Pages that whoever has not passed the factor may see, else nobody could ever pass it."""


class StaffNeedSecondFactor:
    """Without the factor a staff session reaches no page but those on the way to it.

    The flag on the user is asked on every page, the roles (a query) in the admin alone. Visitors
    without a session cookie cost nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        match = request.resolver_match
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or match is None or match.view_name in ON_THE_WAY:
            return None
        user = request.user
        if not isinstance(user, User) or not _is_concerned(user, match):
            return None
        if passkeys.METHOD in _came_by(request, user) and not passkeys.may_use(user):
            return _out(request)
        if not second_factor.was_passed(request):
            return _to_the_factor(request, user)
        if user.owes_password and match.view_name != "account_change_password":
            return redirect("account_change_password")
        return None


def _is_concerned(user: User, match: ResolverMatch) -> bool:
    return user.is_staff or ("admin" in match.namespaces and is_staff_of_somewhere(user))


def _came_by(request: HttpRequest, user: User) -> set[str]:
    return {record["method"] for record in get_authentication_records(request, user)}


def _to_the_factor(request: HttpRequest, user: User) -> HttpResponse:
    """Right after password or passkey: enrol. Any other session (by code, or from before the role) ends here."""
    if {"password", passkeys.METHOD} & _came_by(request, user) and not second_factor.has_one(user):
        return redirect(f"{reverse('mfa_activate_totp')}?{urlencode({'next': request.get_full_path()})}")
    return _out(request)


def _out(request: HttpRequest) -> HttpResponse:
    back = urlencode({"next": request.get_full_path()})
    logout(request)
    return redirect(f"{reverse('staff_signin')}?{back}")


class SentBeforeSigningIn(MiddlewareMixin):
    """After the way in: the form as it was filled, or of a page that is a button alone, the button."""

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *args: Any) -> None:
        """A page that draws a form from ``request.POST`` draws it filled; only a real POST does anything."""
        if request.method != "GET" or drafts.HINT not in request.COOKIES or not isinstance(request.user, User):
            return
        sent = drafts.draft_of(request, request.user)
        if sent is not None:
            request.draft = sent  # type: ignore[attr-defined]
            if not _is_a_button(view):
                request.FILES  # noqa: B018  (read first: reading them later would empty what is put in place here)
                request.POST = sent  # type: ignore[assignment]
                messages.info(request, _("您刚才填的还在，请看一遍再提交。"))
                if drafts.had_files(request):
                    messages.info(request, _("照片没有留下，请重新选一次。"))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if drafts.was_turned_back(request, response):
            if drafts.keep(request):
                response.set_cookie(
                    drafts.HINT,
                    "1",
                    path=settings.SESSION_COOKIE_PATH,
                    httponly=True,
                    samesite="Lax",
                    secure=request.is_secure(),
                )
            return response
        if request.method == "GET" and response.status_code == 405:
            response = _button(request)
        user = getattr(request, "_cached_user", None)
        if not isinstance(user, User):
            return response
        if request.method == "POST" and drafts.HINT in request.COOKIES and drafts.is_of(request):
            drafts.forget(request)
            response.delete_cookie(drafts.HINT, path=settings.SESSION_COOKIE_PATH)
        if getattr(request, "draft", None) is not None and response.status_code == 422:
            response.status_code = 200  # nothing was sent now: the form is only shown
        return _signed(request, response, user)


def _is_a_button(view: Callable[..., Any]) -> bool:
    return hasattr(view, "pressed")


def _button(request: HttpRequest) -> HttpResponse:
    """Instead of an empty "not allowed": the one button of this address, or where to go from here."""
    draft = getattr(request, "draft", None)
    match = request.resolver_match
    pressed = getattr(match.func, "pressed", None) if match else None
    if draft is None or pressed is None:
        response = render(request, "405.html", status=405)
        response["Allow"] = "POST"
        return response
    sent = [(name, text) for name, texts in draft.lists() for text in texts]
    words = pressed(draft) if callable(pressed) else pressed
    return render(request, "signin/again.html", {"pressed": words, "sent": sent})


def _signed(request: HttpRequest, response: HttpResponseBase, user: User) -> HttpResponseBase:
    """Leave word whose browser this is, for drafts alone: a keyed digest that nobody else can read."""
    mark = drafts.author_mark(user)
    if drafts.author_of(request) != mark:
        response.set_signed_cookie(
            drafts.AUTHOR,
            mark,
            salt=drafts.AUTHOR,
            max_age=drafts.AUTHOR_KEPT,
            path=settings.SESSION_COOKIE_PATH,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response


WRITTEN_ON = {"propose", "revise", "make_wish", "object", "withdraw", "add_log", "review"}
"""Forms in which somebody writes at length, and which show nothing of theirs but that: the way back keeps the text."""


class KeptByNobody(MiddlewareMixin):
    """What was drawn for somebody signed in is not kept in the browser: who holds the phone after them, signed out or
    not, finds nothing of it behind the back button.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not isinstance(getattr(request, "_cached_user", None), User):
            return response
        kept, match = response.get("Cache-Control", ""), request.resolver_match
        if "no-store" not in kept and "public" not in kept and not (match and match.view_name in WRITTEN_ON):
            response["Cache-Control"] = "private, no-store"
        if request.method == "POST" and match and match.view_name == "account_logout":
            response["Clear-Site-Data"] = '"cache"'  # also what was typed and not sent
        return response


class RemembersBrowsers(MiddlewareMixin):
    """Whoever has just come in, came in from this browser: limits keep room for it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        user = getattr(request, "came_in", None)
        if user is not None:
            browsers.remember(request, response, user, secrets.token_hex(16))
        return response


class NoteRefusals:
    """Knows where a request comes from for whatever is noted of it, and notes what somebody was refused.

    By the name of the page, never its address: that holds numbers which are nobody's business.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = security.address.set(address_of(request))
        try:
            response = self.get_response(request)
            if response.status_code == FORBIDDEN and settings.SESSION_COOKIE_NAME in request.COOKIES:
                _note_refusal(request)
            return response
        finally:
            security.address.reset(token)


FORBIDDEN = 403


def _note_refusal(request: HttpRequest) -> None:
    user, match = request.user, request.resolver_match
    if isinstance(user, User) and match is not None:
        security.note(security.Kind.REFUSED, user=user, about=f"{request.method} {match.view_name}")
