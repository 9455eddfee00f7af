"""A source of money that is added is bounded alike in Python and in SQL, and shown wherever the others are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from funding.models import Plan, PlanLine
from minshi.faces.templatetags.faces import PATTERNS, money_bar
from proposals.forms import WordsForm
from proposals.models import CASH, PUBLIC, SOURCES, Card, PlaceTotal, Source, Tier
from tests.way import Way

ROOT = Path(__file__).parents[2]
KEPT = (Card, PlaceTotal)
THINGS_BESIDES = 1
"""A bar shows one thing more than the sources: what is promised, or what nobody has found yet."""


@pytest.mark.parametrize("source", Source)
def test_a_source_has_its_rule(source: Source) -> None:
    assert source in SOURCES
    assert source not in PUBLIC or source in CASH


@pytest.mark.parametrize("source", CASH)
def test_what_is_money_has_its_column_its_field_and_its_place_in_the_report(source: Source) -> None:
    for model in KEPT:
        assert f"{source}_fen" in {field.name for field in model._meta.get_fields()}, model
    assert source in WordsForm.base_fields
    report = (ROOT / "templates/evaluation/report_table.html").read_text()
    assert f"row.sums.{source}_fen" in report


def test_every_source_of_a_bar_has_a_fill_of_its_own() -> None:
    css = (ROOT / "static/css/minshi.css").read_text()
    for kind in "ps":
        assert {int(found) for found in re.findall(rf"\.{kind}([0-9]+) {{", css)} == set(range(PATTERNS))
    assert len(Source) + THINGS_BESIDES <= PATTERNS


def test_a_source_keeps_its_fill_where_another_gave_nothing() -> None:
    parts = money_bar([("甲", 0), ("乙", 100)])["parts"]
    assert [part["pattern"] for part in parts] == [1]


@pytest.mark.django_db
@pytest.mark.parametrize("tier", Tier)
def test_the_database_bounds_the_sources_of_a_tier_as_the_table_does(way: Way, tier: int) -> None:
    proposal = way.raising(tier=tier, shares={Source.SELF_RAISED: 2_000_000})
    plan = Plan.objects.create(
        proposal=proposal, version=proposal.version, number=1, cost_fen=2_000_000, drawn_by=way.who("clerk")
    )
    allowed = set()
    for source in Source:
        try:
            with transaction.atomic():
                PlanLine.objects.create(plan=plan, source=source, amount_fen=100)
        except IntegrityError:
            continue
        allowed.add(source)
    assert allowed == {source for source, rule in SOURCES.items() if rule.least_tier <= tier}


@pytest.mark.django_db
@pytest.mark.parametrize("source", PUBLIC)
def test_an_office_that_decides_can_be_asked(way: Way, source: Source) -> None:
    proposal = way.raising(tier=3, shares={source: 2_000_000})
    way.planned(proposal)
    assert way.asked(proposal, source).source == source


@pytest.mark.django_db
def test_totals_add_up_every_source() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'proposals_placetotal'"
            " AND column_name LIKE '%%\\_fen'"
        )
        kept = {name for (name,) in cursor.fetchall()}
    assert kept == {f"{source}_fen" for source in CASH} | {"spent_fen"}
