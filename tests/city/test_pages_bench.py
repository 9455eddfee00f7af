"""The bench of pages measures every page there is, by the resolver's own list, and says what each lacks."""

from __future__ import annotations

from bench import city, pages
from tests.access.addresses import addresses
from tests.world import World


def people() -> dict[str, object]:
    who = city.people()
    return {name: city.browser(who.get(name)) for name in (pages.VISITOR, pages.RESIDENT, pages.STAFF)}


def test_every_address_is_measured_or_named_with_why_not(crowd: World) -> None:
    there = {name for name, _pattern in addresses() if name.rpartition(":")[2] and "notice" in name}
    measured, others = pages.listed(people(), "notice")  # type: ignore[arg-type]
    assert {page.name.partition("?")[0] for page in measured} | others.keys() == there
    assert {"notices", "notice", "notices?q=电梯"} <= {page.name for page in measured}
    assert others["notice_pdf"] == "是文件，不是网页"
    assert all(others.values())


def test_every_goal_is_of_a_page() -> None:
    there = {name for name, _pattern in addresses()}
    assert {name.partition("?")[0] for name in pages.GOALS} <= there


def test_a_page_is_looked_at_in_each_state_it_has(crowd: World) -> None:
    clients = people()
    board = pages.Page("home", pages.VISITOR, "/")
    pages.look(board, clients, 1)  # type: ignore[arg-type]
    assert set(board.costs) == {pages.FIRST, pages.KEPT, pages.UNCHANGED, pages.OWN}
    assert board.costs[pages.KEPT].statements <= board.costs[pages.FIRST].statements
    assert board.size >= board.sent > 0


def test_it_says_where_a_goal_is_missed_or_not_measured() -> None:
    page = pages.Page("home", pages.VISITOR, "/", ratios={pages.FIRST: [0.1, 0.4, 0.5], pages.KEPT: [0.2, 0.4, 2.0]})
    short = {state for state, _have, _goal in pages.missed(page)}
    assert short == {pages.KEPT, pages.UNCHANGED, pages.OWN}
