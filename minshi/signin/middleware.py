"""Staff do nothing here before their second factor, and nothing with a password that somebody else knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import ResolverMatch, reverse

from minshi.accounts.models import User
from minshi.residents.rules import is_staff_of_somewhere
from minshi.signin import second_factor

ON_THE_WAY = {
    "staff_signin",
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "mfa_authenticate",
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
        if not second_factor.was_passed(request):
            return _to_the_factor(request, user)
        if user.owes_password and match.view_name != "account_change_password":
            return redirect("account_change_password")
        return None


def _is_concerned(user: User, match: ResolverMatch) -> bool:
    return user.is_staff or ("admin" in match.namespaces and is_staff_of_somewhere(user))


def _to_the_factor(request: HttpRequest, user: User) -> HttpResponse:
    """Right after the password: enrol. Any other session (by code, or from before the role) ends here."""
    back = urlencode({"next": request.get_full_path()})
    came_by = {record["method"] for record in get_authentication_records(request, user)}
    if "password" in came_by and not second_factor.has_one(user):
        return redirect(f"{reverse('mfa_activate_totp')}?{back}")
    logout(request)
    return redirect(f"{reverse('staff_signin')}?{back}")
