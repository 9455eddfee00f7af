"""Changing the tree of places."""

from __future__ import annotations

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.masking import mask_address
from minshi.territory.models import ADDRESS_LENGTH, LEVELS, Household, Level, Territory


@action
def add_levels(*, by: User | None) -> None:
    """The levels every site begins with; those that are there stay as they are."""
    for code, name, rank in LEVELS:
        Level.objects.get_or_create(code=code, defaults={"name": str(name), "rank": rank})


@action
def add_place(*, parent: Territory | None, code: str, name: str, level: str, by: User | None, **more: str) -> Territory:
    """Add a place under ``parent``; its code joins the parent's path."""
    above, before = (parent.path, parent.full_name) if parent else ("", "")
    return Territory.objects.create(
        code=code,
        name=name,
        level=Level.objects.get(code=level),
        parent=parent,
        path=f"{above}{code}/",
        full_name=f"{before}{name}",
        **more,
    )


@action
def add_households(*, place: Territory, addresses: list[str], by: User | None) -> list[Household]:
    """Add the doors of a building or yard."""
    community = place.at_level("community")
    where = place.full_name.removeprefix(community.full_name if community else "")
    return Household.objects.bulk_create(
        Household(place=place, address=address, label=mask_address(where + address)[:ADDRESS_LENGTH])
        for address in addresses
    )
