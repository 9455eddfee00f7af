"""The yearly report: each project once, whatever level is asked; money in the year in which it moved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from evaluation.actions import accounts
from evaluation.report import MONEY, Report, report_of, years_of
from funding import actions as funding
from funding.models import Claim, Contribution, Refund
from funding.selectors import books, card_facts
from minshi import clock as platform_clock
from minshi.territory.models import Territory
from proposals.actions import refresh_totals
from proposals.models import Card, Category, PlaceTotal, Proposal
from tests.cast import member
from tests.conftest import Clock
from tests.way import Way

pytestmark = pytest.mark.django_db


@member
def in_spring(clock: Clock) -> None:
    """A year whose calendar is known, with all of it still to come."""
    clock.set("2026-03-02 09:00")


@pytest.fixture
def spring(in_spring: None, way: Way) -> Way:
    return way


def levels(place: Territory) -> list[Territory]:
    return [*place.ancestors()]


def figures(report: Report) -> tuple[object, ...]:
    return (report.whole, report.by_category, report.by_tier, report.streets, report.sponsors, report.percent)


def some_projects(way: Way) -> Proposal:
    """One paid in part, one that is only promised, one that is looked at."""
    proposal = way.delivering()
    way.paid(proposal, "start")
    way.submitted(title="种几棵树", category=Category.ENVIRONMENT)
    way.handling(title="修一段路", tier=3)
    return proposal


@pytest.mark.walked("delivering", "in_spring")
def test_a_year_in_which_everything_happened_is_the_total_at_each_level(spring: Way) -> None:
    proposal = some_projects(spring)
    for place in levels(proposal.place):
        assert years_of(place) == [2026]
        whole, year = report_of(place), report_of(place, 2026)
        assert figures(year) == figures(whole), place
        # Each project once: two are declared, the third is still before its decision.
        assert (whole.whole.declared, year.whole.declared) == (2, 2)
        assert sum(row.declared for row in year.by_category) == sum(row.declared for row in year.by_tier) == 2
        assert year.line.removeprefix("2026年，") == whole.line


@pytest.mark.walked("delivering", "in_spring")
def test_the_report_says_what_cards_books_and_home_page_say(spring: Way) -> None:
    proposal = some_projects(spring)
    refresh_totals()
    for place in levels(proposal.place):
        sums, total = report_of(place).whole.sums, PlaceTotal.objects.get(place=place)
        for name in (*MONEY, "spent_fen"):
            assert sums[name] == card_facts(proposal)[name] == getattr(total, name), name
        assert sums["spent_fen"] > 0 and sums["subsidy_fen"] > 0 and sums["self_raised_fen"] > 0
        assert sums["households"] == total.households


def everywhere(proposal: Proposal) -> dict[str, int]:
    """Each figure of money as the report has it; card, totals and the books' balance say the same."""
    refresh_totals()
    card = Card.objects.get(pk=proposal.pk)
    for place in levels(proposal.place):
        sums, total = report_of(place).whole.sums, PlaceTotal.objects.get(place=place)
        for name in (*MONEY, "spent_fen"):
            assert sums[name] == getattr(card, name) == getattr(total, name), name
    stayed = sum(sums[name] for name in MONEY)
    reserved = sum(grant.amount_fen for grant in proposal.grants.filter(stage="approved"))
    assert books(proposal).balance_fen == stayed - reserved - sums["spent_fen"]
    return {name: sums[name] for name in MONEY}


@pytest.mark.walked("accepted", "in_spring")
def test_report_and_cards_agree_while_money_goes_back(spring: Way) -> None:
    proposal = spring.accepted()
    spring.paid(proposal, "start", "1")
    spring.released(proposal)
    spring.paid(proposal, "acceptance", "2")
    spring.paid(proposal, "retention", "3")
    assert everywhere(proposal)["self_raised_fen"] == 800_000
    ordered = accounts.return_surplus(proposal, by=spring.who("clerk"))
    back = [refund for refund in ordered if refund.returned_at is None]
    # Ordered: the pot has its share in the books at once, the households' is still in the purse.
    assert everywhere(proposal) == {
        "subsidy_fen": 1_110_000, "district_fen": 0, "self_raised_fen": 800_000, "sponsor_fen": 0}  # fmt: skip
    for number, refund in enumerate(back):
        funding.pay_refund(refund, voucher=f"退{number}", by=spring.who("cashier"))
    assert everywhere(proposal)["self_raised_fen"] == 800_000
    for refund in back:
        funding.confirm_refund(refund, by=spring.who("clerk"))
    assert everywhere(proposal)["self_raised_fen"] == 740_000
    funding.reverse_refund(back[0], reason="户名不符", by=spring.who("clerk"))
    assert everywhere(proposal)["self_raised_fen"] == 740_000 + back[0].amount_fen


@pytest.mark.parametrize("how", ["returned", "written_off"])
@pytest.mark.parametrize(
    "spent",
    [
        pytest.param(True, marks=pytest.mark.walked("accepted", "in_spring")),
        pytest.param(False, marks=pytest.mark.walked("covered", "in_spring")),
    ],
)
def test_report_and_cards_agree_while_a_giver_owes(spring: Way, how: str, spent: bool) -> None:
    """Reversed after it was spent, or after it went back; then claimed, and returned or written off."""
    proposal = spring.accepted() if spent else spring.covered()
    given = proposal.contributions.order_by("pk").first()
    assert given
    if spent:
        spring.paid(proposal, "start", "1")
        spring.released(proposal)
        spring.paid(proposal, "acceptance", "2")
        spring.paid(proposal, "retention", "3")
    else:
        spring.ending(proposal)
        for number, refund in enumerate(Refund.objects.unpaid().filter(proposal=proposal)):
            funding.pay_refund(refund, voucher=f"退{number}", by=spring.who("cashier"))
            funding.confirm_refund(refund, by=spring.who("clerk"))
    everywhere(proposal)
    funding.reverse_contribution(given, by=spring.who("supervisor"), reason="支票退票")
    owed = everywhere(proposal)
    claim = Claim.objects.get()
    assert claim.short_fen
    funding.settle_claim(claim, how=how, voucher="文1", reason="联系不上", by=spring.who("clerk"))
    funding.confirm_claim(claim, by=spring.who("supervisor"))
    settled = everywhere(proposal)
    more = claim.amount_fen - claim.short_fen if how == "returned" else 0
    assert settled["self_raised_fen"] == owed["self_raised_fen"] + more


@pytest.mark.walked("delivering", "in_spring")
def test_money_counts_in_the_year_it_moved(spring: Way, clock: Clock) -> None:
    proposal = spring.delivering()
    before = report_of(proposal.place).whole.sums
    clock.set("2027-01-11 10:00")
    payment = spring.paid(proposal, "start")
    late = spring.given(proposal, spring.households[7], 12_300, "收据2027")
    for place in levels(proposal.place):
        assert years_of(place) == [2027, 2026]
        old, new, whole = report_of(place, 2026).whole, report_of(place, 2027).whole, report_of(place).whole
        assert {name: old.sums[name] for name in MONEY} == {name: before[name] for name in MONEY}
        assert (old.sums["spent_fen"], new.sums["spent_fen"]) == (0, payment.amount_fen)
        assert new.sums["self_raised_fen"] == late.amount_fen
        assert (old.declared, new.declared) == (1, 0)
        for name in (*MONEY, "spent_fen"):
            assert whole.sums[name] == old.sums[name] + new.sums[name]


@pytest.mark.walked("raising", "in_spring")
def test_what_is_reversed_in_another_year_is_booked_there(spring: Way, clock: Clock) -> None:
    proposal = spring.raising()
    spring.planned(proposal)
    given = spring.given(proposal, spring.households[7], 12_300, "收据甲")
    clock.set("2027-01-11 10:00")
    funding.reverse_contribution(Contribution.objects.get(pk=given.pk), reason="凭证重复", by=spring.who("supervisor"))
    sums = [report_of(proposal.place, year).whole.sums["self_raised_fen"] for year in (2026, 2027, None)]
    assert sums == [12_300, -12_300, 0]


@pytest.mark.walked("delivering", "in_spring")
def test_the_page_offers_the_year_in_which_only_money_moved(spring: Way, clock: Clock, client: Client) -> None:
    proposal = spring.delivering()
    clock.set("2027-01-11 10:00")
    spring.paid(proposal, "start")
    cache.clear()
    place = levels(proposal.place)[0]
    page = client.get(f"/report/{place.code}/?year=2027").content.decode()
    assert "2027年" in page and "共申报 0 项" in page
    assert platform_clock.now() - timedelta(days=1) > proposal.submitted_at
