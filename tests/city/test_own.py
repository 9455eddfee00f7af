"""What concerns one person, one place or one project is found without reading everybody's."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from bench.plans import Plan, plans_of
from deliberation.models import Ballot
from evaluation.mydata import everything_of
from funding import selectors as funding
from funding.models import Milestone, Payment
from minshi.residents.models import Residence
from minshi.residents.rules import roles_of
from minshi.residents.vacancies import vacancies_of
from minshi.territory.models import Household, Territory
from proposals import selectors as proposals
from proposals.models import Question, Wish
from proposals.views.library import MOST_BEHIND
from tests.world import World, browser_of

SHOWN = 51


def read_of(asked: list[Plan], table: str) -> int:
    return sum(rows for plan in asked for each, _how, rows in plan.scans if each == table)


def test_choosing_where_one_lives_looks_at_one_door_of_a_place(crowd: World) -> None:
    browser: Client = browser_of(crowd.who("newcomer"))
    asked = plans_of(lambda: browser.get("/join/"), by_index=True)
    assert 0 < read_of(asked, "territory_household") <= Territory.objects.filter(level="community").count()
    assert read_of(asked, "territory_household") < Household.objects.count() / 10


def test_empty_posts_are_found_by_the_doors_beneath_a_desk(crowd: World) -> None:
    clerk = crowd.who("next_clerk")
    here = Household.objects.filter(place__path__startswith=roles_of(clerk)[0].path).count()
    asked = plans_of(lambda: vacancies_of(clerk), by_index=True)
    assert read_of(asked, "territory_household") <= here + 10 < Household.objects.count() / 10


def test_who_waits_to_be_confirmed_is_found_among_those_who_wait(crowd: World) -> None:
    browser: Client = browser_of(crowd.who("next_clerk"))
    asked = plans_of(lambda: browser.get("/residents/confirm/"), by_index=True, about="confirmed_at")
    assert asked
    waiting = Residence.objects.claims().count()
    assert max(read_of([plan], "residents_residence") for plan in asked) <= waiting + 20
    assert waiting < Residence.objects.count() / 5


def test_a_word_that_no_wish_has_reads_no_wish(crowd: World, client: Client) -> None:
    assert Wish.objects.count() > 50
    asked = plans_of(lambda: client.get("/wishes/", {"q": "不知所云"}), by_index=True)
    assert read_of(asked, "proposals_wish") < 10
    found: Any = client.get("/wishes/", {"q": "快递"}).content.decode()
    assert crowd["wish"].text in found


def test_everything_kept_of_me_is_found_by_my_door(crowd: World) -> None:
    user = Ballot.objects.filter(speaker__user__isnull=False).latest("cast_at").speaker.user
    asked = plans_of(lambda: everything_of(user), by_index=True)
    assert 0 < read_of(asked, "deliberation_ballot") < Ballot.objects.count() / 50
    assert everything_of(user)["votes"]


def test_what_a_project_owes_reads_its_own_parts(crowd: World) -> None:
    parts = Milestone.objects.filter(contract__proposal=crowd["delivering"]).count()
    asked = plans_of(lambda: funding.unpaid_parts(crowd["delivering"]), by_index=True)
    assert 0 < read_of(asked, "funding_milestone") <= 2 * parts
    assert read_of(asked, "funding_payment") <= 2 * parts < Payment.objects.count()


def test_behind_a_figure_only_the_projects_shown_are_read(crowd: World, client: Client) -> None:
    asked = plans_of(lambda: client.get(reverse("figures", args=[crowd.place("city").code])), by_index=True)
    assert 0 < read_of(asked, "proposals_card") <= MOST_BEHIND + 1


def test_how_long_wishes_took_reads_those_that_were_done_and_no_record(crowd: World) -> None:
    asked = plans_of(lambda: proposals.time_taken(crowd.place("city")), by_index=True)
    assert read_of(asked, "proposals_wish") <= Wish.objects.filter(stage="fulfilled").count()
    assert read_of(asked, "lifecycle_steprecord") == 0


def test_the_questions_of_a_project_are_read_and_no_others(crowd: World) -> None:
    asked_here = proposals.questions_of(crowd["delivering"])
    asked = plans_of(lambda: list(asked_here[:20]), by_index=True)
    assert read_of(asked, "proposals_question") == asked_here.count() < Question.objects.count()
