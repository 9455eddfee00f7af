"""What a view behind ``login_required`` is given."""

from __future__ import annotations

from django.http import HttpRequest

from minshi.accounts.models import User


class SignedIn(HttpRequest):
    """A request whose user is somebody; for annotations alone."""

    user: User
