"""Who comes in which way."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from minshi.accounts.models import User
from minshi.residents.rules import is_staff_of_somewhere


def is_staff(user: User | AnonymousUser) -> bool:
    """Works in the admin: by the flag, or by a role held in any place. Such a person never signs in by code."""
    return isinstance(user, User) and user.is_active and (user.is_staff or is_staff_of_somewhere(user))


def may_use_codes(user: User) -> bool:
    """Staff have their own way in; an account that was closed does not come back by itself."""
    return user.is_active and not is_staff(user)
