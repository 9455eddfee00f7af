"""What a view behind ``login_required`` is given."""

from __future__ import annotations

from django.http import HttpRequest

from minshi.accounts.models import User


class SignedIn(HttpRequest):
    """A request whose user is somebody; for annotations alone."""

    user: User


def user_of(request: HttpRequest) -> User:
    """The signed-in person; views that need one are behind ``login_required``."""
    assert isinstance(request.user, User)
    return request.user
