"""Changing the tree of places."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import chain, repeat
from typing import NamedTuple

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.masking import mask_address
from minshi.territory import reading
from minshi.territory.models import ADDRESS_LENGTH, LEVELS, Household, Level, Territory


class Facts(NamedTuple):
    """What is known of a door: its area in m² with two places, and its floor."""

    area_m2: Decimal | None = None
    floor: int | None = None


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
def mark_open(place: Territory, *, by: User | None) -> Territory:
    """A community's residents may wish and propose from now on. Whether all they need is there, the desk asks."""
    place = Territory.objects.select_for_update(of=("self",)).get(pk=place.pk)
    if place.opened_at is None:
        place.opened_at = now()
        place.save(update_fields=["opened_at"])
    return place


@action
def add_households(
    *, place: Territory, addresses: list[str], facts: Iterable[Facts] = (), by: User | None
) -> list[Household]:
    """Add the doors of a building or yard; ``facts`` in the same order. Raises ``reading.NoDoor`` for what is none."""
    where = below_community(place)
    within = names_within(place)
    return Household.objects.bulk_create(
        Household(
            place=place,
            address=address,
            key=reading.read(address, within=within).key,
            label=mask_address(where + address)[:ADDRESS_LENGTH],
            area_m2=fact.area_m2,
            floor=fact.floor,
        )
        for address, fact in zip(addresses, chain(facts, repeat(Facts())), strict=False)
    )


def below_community(place: Territory) -> str:
    """Its name from the yard on: 东风巷14号院2栋."""
    community = place.at_level("community")
    return place.full_name.removeprefix(community.full_name if community else "")


def names_within(place: Territory) -> tuple[str, ...]:
    """What a door of this place may repeat: its names below the community, down to itself; the whole one first."""
    community = place.at_level("community")
    above = place.ancestors().filter(path__startswith=community.path)[1:] if community else [place]
    return tuple(each.name for each in above)
