"""Forms on paper, blank and filled: they carry number and code, nobody's name or telephone, and fit their paper."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from minshi.masking import mask_name
from minshi.printing import sheets
from minshi.printing.pdf import laid_out
from proposals import actions, papers
from proposals.models import Proposal
from tests.way import Way

pytestmark = pytest.mark.django_db
OF_A_PROJECT = ("paper_proposal", "paper_signatures", "paper_answer", "paper_dispatch", "paper_poster")
BLANK = tuple(name for name in papers.NUMBERS if name != "paper_poster")
LINES = [{"item": "路灯", "quantity": "2", "price_fen": 450_000}]


@pytest.fixture(autouse=True)
def _home(settings: LazySettings) -> None:
    settings.HOME_PLACE = "990101"


@pytest.fixture
def gathering(way: Way) -> Proposal:
    return way.cosigning(lines=LINES, shares={}, help_wanted="会接电的师傅")


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"{name}_print", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", OF_A_PROJECT)
def test_filled_it_names_the_matter_its_number_and_no_one(
    way: Way, client: Client, gathering: Proposal, name: str
) -> None:
    told = page(client, name, gathering.number)
    assert gathering.title in told and gathering.number in told and "<svg" in told
    person = way.who("resident").person
    assert person.name not in told and mask_name(person.name) not in ("", person.name)
    assert str(way.who("resident").phone) not in told


@pytest.mark.parametrize("name", BLANK)
def test_blank_it_is_of_the_place_that_was_asked_for(way: Way, client: Client, name: str) -> None:
    told = page(client, name, place=way.yard.code)
    assert way.yard.full_name in told and f"{papers.NUMBERS[name]}-" in told
    assert f"place={way.yard.code}&amp;large=1" in told
    assert client.get(reverse(f"{name}_print"), {"place": "nowhere"}).status_code == 404


def test_what_was_proposed_stands_in_the_form(client: Client, gathering: Proposal) -> None:
    told = page(client, "paper_proposal", gathering.number)
    for said in (gathering.version.plan, "路灯", "9,000", "会接电的师傅", "☑ 保障公共安全"):
        assert said in told, said


def test_a_decision_is_told_with_its_reason_and_what_can_be_done(way: Way, client: Client) -> None:
    proposal = way.submitted()
    actions.decline(proposal, by=way.who("chief"), reason="这件事该物业负责")
    told = page(client, "paper_answer", proposal.number)
    assert "☑ 不予受理" in told and "这件事该物业负责" in told and "救济" in told


def test_the_poster_says_how_many_are_needed_while_they_are(client: Client, gathering: Proposal) -> None:
    needed = actions.cosigns_needed(gathering)
    assert f"要 {needed} 户附议" in page(client, "paper_poster", gathering.number)
    assert (
        reverse("paper_poster_print", args=[gathering.number])
        in client.get(gathering.get_absolute_url()).content.decode()
    )


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
@pytest.mark.parametrize("name", papers.NUMBERS)
def test_it_fits_its_paper(way: Way, gathering: Proposal, name: str, large: bool) -> None:
    pytest.importorskip("weasyprint", exc_type=ImportError)
    template = f"proposals/papers/{name.removeprefix('paper_')}.html"
    filled = papers.of_project(name, gathering) if name in OF_A_PROJECT else papers.of_place(name, way.yard)
    draw = {
        "paper_proposal": papers.proposal_form, "paper_signatures": papers.signatures, "paper_answer": papers.answer,
        "paper_dispatch": papers.dispatch, "paper_poster": papers.poster,
    }.get(name, dict)  # fmt: skip
    document = laid_out(sheets.drawn(template, {**draw(filled), "large": large}))
    assert document is not None
    # What was proposed may be long, and its receipt is cut off below it.
    assert len(document.pages) <= (2 if large or name == "paper_proposal" else 1)


def test_as_a_file_it_is_a_pdf_or_leads_to_its_page(client: Client, gathering: Proposal) -> None:
    answer = client.get(reverse("paper_signatures_pdf", args=[gathering.number]))
    assert answer.status_code == 302 or answer.content.startswith(b"%PDF")
    assert client.get(reverse("paper_signatures_pdf", args=["2026-99999"])).status_code == 404
