"""Whose rules these are, and where there are any."""

from __future__ import annotations

from minshi.accounts.models import User
from minshi.residents.models import Role
from minshi.residents.rules import holds
from minshi.territory.models import Territory

TOO_WIDE = ("city", "district", "street")
"""Residents rule for themselves in a community and beneath it; what an office rules is policy."""


def keeps_bylaws(user: User | None, place: Territory) -> bool:
    return holds(user, place, Role.CLERK)


def has_bylaws(place: Territory) -> bool:
    return place.level_id not in TOO_WIDE and place.merged_into_id is None
