"""The public books after something was undone: net, readable by everybody, drawn alike on every page."""

from __future__ import annotations

import pytest

from deliberation.selectors import shares_of
from funding import actions as funding
from funding.selectors import Books, Line, books
from funding.showing import money
from minshi.clock import now
from minshi.faces.templatetags.faces import money_bar
from proposals.models import Card, PlaceTotal, Source
from proposals.selectors import plan_of_money
from tests.kept_pages import seen_at_once
from tests.way import Way


@pytest.mark.walked("raising")
def test_the_books_are_read_after_the_only_contribution_is_reversed(way: Way, client_of) -> None:
    proposal = way.raising()
    way.planned(proposal)
    given = way.given(proposal, way.households[0], 12_345, "收据1")
    funding.reverse_contribution(given, by=way.who("supervisor"), reason="支票退票")
    answer = client_of(None).get(f"/projects/{proposal.number}/books/")
    assert answer.status_code == 200


@pytest.mark.walked("raising")
def test_what_was_undone_stands_beside_it_and_the_sources_are_net(way: Way, client_of) -> None:
    proposal = way.raising()
    way.planned(proposal)
    first = way.given(proposal, way.households[0], 12_345, "收据1")
    way.given(proposal, way.households[1], 10_000, "收据2")
    funding.reverse_contribution(first, by=way.who("supervisor"), reason="支票退票")
    found = books(proposal)
    assert (found.income_fen, found.balance_fen, len(found.income)) == (10_000, 10_000, 3)
    assert found.by_source() == {Source.SELF_RAISED: 10_000}


@pytest.mark.walked("raising")
def test_whatever_comes_into_the_books_is_seen_at_once(way: Way, client_of) -> None:
    proposal, given, asked = way.raising(), [], []
    way.planned(proposal)
    reader = client_of(way.who("resident"))
    for change in (
        lambda: given.append(way.given(proposal, way.households[0], 12_345, "收据1")),
        lambda: given.append(way.given(proposal, way.households[1], 10_000, "收据2")),
        lambda: funding.reverse_contribution(given[0], by=way.who("supervisor"), reason="支票退票"),
        lambda: asked.append(way.asked(proposal)),
        lambda: funding.examine(asked[0], by=way.who("case_officer"), reason="预算合理"),
        lambda: funding.approve(asked[0], by=way.who("approver"), reason="同意"),
    ):
        assert seen_at_once(client_of(None), f"/projects/{proposal.number}/books/", change, by=reader)


@pytest.mark.parametrize("sources", [[("甲", 0)], [("甲", -100)], [("甲", 100), ("乙", -100)], [("甲", -5), ("乙", 3)]])
def test_a_bar_of_nothing_and_of_less_than_nothing_is_drawn(sources: list[tuple[str, int]]) -> None:
    drawn = money_bar(sources)
    assert [part["fen"] for part in drawn["parts"]] == [fen for _label, fen in sources if fen]
    assert all(0 <= float(part["width"].rstrip("%")) <= 100 for part in drawn["parts"])
    assert all(0 <= float(part["end"].rstrip("%")) <= 100 for part in drawn["parts"])


@pytest.mark.walked("covered")
def test_a_source_has_one_fill_on_every_page(way: Way) -> None:
    proposal = way.covered()
    funding.announce_funding(proposal, by=way.who("clerk"))
    proposal.refresh_from_db()
    drawn = {
        "the books, where more came from residents": Books(
            income=[line("self_raised", 9), line("subsidy", 1)]
        ).sources(),
        "the panel of the project": money(proposal)["sources"],  # type: ignore[index]
        "the plan that was agreed": shares_of(proposal.version),
        "the totals of the place": PlaceTotal(self_raised_fen=9, subsidy_fen=1).sources,
        "what a proposal means to raise": plan_of_money(Card(), proposal.version)["sources"],
    }
    fills = {
        where: {part["label"].partition("（")[0]: part["pattern"] for part in money_bar(sources)["parts"]}
        for where, sources in drawn.items()
    }
    for where, found in fills.items():
        for source in Source:
            if (label := str(source.label)) in found:
                assert found[label] == list(Source).index(source), (where, label)
    assert all(len(found) >= 2 for found in fills.values())


def line(source: str, fen: int) -> Line:
    return Line(now(), "", "", "", fen, "", source)
