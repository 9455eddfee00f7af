"""Keys are given in a row: whoever reads one before and one after an act must not find how many came between."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from deliberation import actions as deliberation
from deliberation.models import Motion
from evaluation.actions import paper, surveys
from minshi.accounts.models import User
from minshi.audit.models import Event
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]

HIDDEN = {
    "message_open", "rating_check", "rating_sheet", "rating_correct", "paper_photo", "cosign_photo",
}  # fmt: skip
"""Addresses of rows that voting and rating write, or that share their numbers with them."""

NUMBERED = {
    "audit_event", "deliberation_ballotchange", "deliberation_paperballot", "evaluation_answer",
    "evaluation_paperanswer", "notifications_message", "notifications_outbox", "notifications_totell",
    "paper_line", "paper_sheet", "signin_securityevent",
}  # fmt: skip
"""What gets a number while somebody votes or rates: none of these numbers stands on any page."""


def last_numbers() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'")
        return {name.removesuffix("_id_seq"): last for name, last in cursor.fetchall()}


@contextmanager
def watched(found: set[str]) -> Iterator[None]:
    before, events = last_numbers(), Event.objects.count()
    yield
    found |= {name for name, last in last_numbers().items() if last != before.get(name)}
    written = Event.objects.order_by("pk")[events:]
    assert not Event.objects.shown().filter(pk__in=[event.pk for event in written]).exists(), "the district reads of it"


def test_what_an_act_writes_is_numbered_on_no_page(way: Way) -> None:
    motion = Motion.objects.get(proposal=way.voting())
    resident, chief = way.who("resident"), way.who("chief")
    found: set[str] = set()
    with watched(found):
        deliberation.cast(motion, "agree", receipt_id=uuid4(), by=resident)
        deliberation.cast(motion, "against", receipt_id=uuid4(), by=resident)
        unit = motion.roll.units.get(household=way.households[7])
        deliberation.register_paper(unit, receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)
    assert found <= NUMBERED, found - NUMBERED
    assert "audit_event" in found and "paper_line" in found


@pytest.mark.walked("rating")
def test_nor_what_a_rating_writes(way: Way) -> None:
    survey = way.rating()
    raters, found = way.raters(), set[str]()
    chief, readers = way.who("chief"), (way.who("supervisor"), way.who("district_officer"))
    with watched(found):
        surveys.rate(survey, level=5, by=raters[0])
        surveys.rate(survey, level=4, by=raters[0])
        unit = survey.roll.units.get(household=way.households[7])
        sheet = paper.register_paper(unit, receipt_id=uuid4(), by=chief)
        paper.enter_paper(sheet, level=4, photo=a_picture(), by=readers[0])
        paper.confirm_paper(sheet, level=4, by=readers[1])
    assert found <= NUMBERED, found - NUMBERED


def patterns(of: URLResolver) -> Iterator[URLPattern]:
    for each in of.url_patterns:
        yield from patterns(each) if isinstance(each, URLResolver) else [each]


def test_their_addresses_are_written_with_letters_that_only_the_server_turns_back() -> None:
    found = {pattern.name: pattern.pattern.converters for pattern in patterns(get_resolver()) if pattern.name in HIDDEN}
    assert set(found) == HIDDEN
    for name in HIDDEN:
        told = {reverse(name, args=[key]) for key in (1, 2, 3)}
        assert len(told) == 3 and all(re.search(r"/[0-9a-f]{16}/", each) for each in told), name


@pytest.mark.walked("rating")
def test_whoever_tries_numbers_learns_nothing(client_of: ClientOf, way: Way) -> None:
    survey = way.rating()
    prober = client_of(way.who("neighbour"))

    def tried() -> list[int]:
        kinds = ("/ratings/{}/correct/", "/ratings/{}/check/", "/paper/{}/photo/", "/cosign/lists/{}/photo/")
        paths = [kind.format(key) for kind in kinds for key in (*range(1, 4), *(f"{key:016x}" for key in range(1, 4)))]
        return [prober.get(path).status_code for path in paths]

    before = tried()
    unit = survey.roll.units.get(household=way.households[7])
    paper.register_paper(unit, receipt_id=uuid4(), by=way.who("chief"))
    assert tried() == before and 200 not in before


@pytest.mark.walked("voting", "district_officer")
def test_the_districts_pages_of_changes_say_no_key(client_of: ClientOf, way: Way, district_officer: User) -> None:
    way.voting()
    officer = client_of(district_officer)
    tables = {"/admin/audit/event/": "audit_event", "/admin/signin/securityevent/": "signin_securityevent"}
    for page, table in tables.items():
        text = officer.get(page).content.decode()
        links = re.findall(rf'href="({page}[^"?]+/change/)', text)
        assert all(re.fullmatch(rf"{page}[0-9a-f]{{16}}/change/", link) for link in links)
        if table == "audit_event":
            assert links
            detail = officer.get(links[0]).content.decode()
            last = last_numbers()[table]
            near = {str(key) for key in range(last - 300, last + 1) if key > 99}
            assert not near & set(re.findall(r"(?<![\w.-])\d{3,}(?![\w.-])", re.sub(r"<[^>]+>", " ", text + detail)))
