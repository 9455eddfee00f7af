"""What a view behind ``login_required`` is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest

from minshi.accounts.models import User


class SignedIn(HttpRequest):
    """A request whose user is somebody; for annotations alone."""

    user: User


def user_of(request: HttpRequest) -> User:
    """The signed-in person; views that need one are behind ``login_required``."""
    assert isinstance(request.user, User)
    return request.user


V = TypeVar("V", bound=Callable[..., Any])


def pressing(words: object, *, again: bool = False) -> Callable[[V], V]:
    """For a view that is a button and no page: what the button says, for whoever must sign in between.

    Where that depends on what was sent, ``words`` is a function of it. ``again``: however often it is pressed, it comes
    to the same, as opening a message does, and nobody is told that it was done already.
    """

    def mark(view: V) -> V:
        view.pressed = words  # type: ignore[attr-defined]
        view.comes_to_the_same = again  # type: ignore[attr-defined]
        return view

    return mark


def somebody_of(request: HttpRequest) -> User | None:
    """Whoever is signed in; on a page for everybody a session may be nobody's, or no longer anybody's."""
    return request.user if isinstance(request.user, User) else None
