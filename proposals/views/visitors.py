"""Who asks for a page."""

from __future__ import annotations

from django.http import HttpRequest

from minshi.accounts.models import User


def user_of(request: HttpRequest) -> User:
    """The signed-in person; views that need one are behind ``login_required``."""
    assert isinstance(request.user, User)
    return request.user
