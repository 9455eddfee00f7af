"""The bench of a city looks at every address there is, or says why not."""

from __future__ import annotations

from bench import city
from tests.access.addresses import addresses
from tests.world import World


def test_every_address_is_looked_at_or_named(crowd: World) -> None:
    there = {name for name, _pattern in addresses() if name.rpartition(":")[2]}
    assert {name for name, _route in city.addresses(city.get_resolver()) if name.rpartition(":")[2]} == there
    lines, others = city.pages("wish")
    looked_at = {line.name.partition(" ")[0].partition("?")[0] for line in lines}
    wished = {name for name in there if "wish" in name}
    assert looked_at | others.keys() == wished
    assert {"wishes", "wish_page", "admin:proposals_wish_changelist"} & looked_at
    assert all(others.values())


def test_what_it_measures_is_what_was_asked(crowd: World) -> None:
    line = city.Line("板报", lambda: city.asked(city.browser(None), "/notices/"))
    cost = city.measure(line, 1)
    assert isinstance(cost, city.Cost)
    assert cost.statements > 0 and cost.buffers > 0 and cost.ms > 0
