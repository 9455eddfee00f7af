"""Who looks after the site as a whole."""

from __future__ import annotations

from minshi.accounts.models import User
from minshi.residents.models import Role
from minshi.residents.rules import roles_of


def tries_alarms(user: User | None) -> bool:
    """The district's lead office, which sets the rules for everybody below it."""
    return any(held.role == Role.DISTRICT_OFFICER for held in roles_of(user))
