"""What people read as the end is the end of that act, and never until when its holder has to do the next thing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.disclosure import actions as disclosure
from minshi.faces.words import cn_until
from proposals.models import Card, Proposal, Stage
from tests.deadlines.test_late import ClientOf, let_pass
from tests.walked import each
from tests.way import Way

pytestmark = pytest.mark.django_db


def at(*walks: Callable[..., Proposal]) -> list[Any]:
    return each({walk: walk.__name__ for walk in walks})


def pages(client: Client, proposal: Proposal) -> dict[str, str]:
    """Everywhere a project's end is read: its page, the home page, the library."""
    cache.clear()
    district = proposal.place.at_level("district")
    assert district
    addresses = {
        "page": proposal.get_absolute_url(),
        "home": f"/places/{district.code}/",
        "library": f"/projects/?place={district.code}",
    }
    return {name: client.get(url, follow=True).content.decode() for name, url in addresses.items()}


def after(moment: datetime) -> None:
    platform_clock.set_to(max(moment, platform_clock.now()) + timedelta(minutes=1))
    deadlines.sweep()


@pytest.mark.walked("voting")
def test_while_it_runs_the_end_of_a_vote_is_named(way: Way, client: Client) -> None:
    proposal = way.voting()
    closes = proposal.motions.get().closes_at
    for name, page in pages(client, proposal).items():
        assert f"{cn_until(closes)} 截止" in page, name


@pytest.mark.walked("voting")
def test_after_its_end_a_vote_is_closed_and_the_day_of_its_result_is_no_end(way: Way, client: Client) -> None:
    proposal = way.voting()
    motion = proposal.motions.get()
    after(motion.closes_at)
    proposal.refresh_from_db()
    assert proposal.due_at == motion.publish_by != motion.closes_at
    for name, page in pages(client, proposal).items():
        assert f"{cn_until(motion.publish_by)} 截止" not in page, name
        assert f"{cn_until(motion.closes_at)} 截止" not in page.replace(
            f"投票已在 {cn_until(motion.closes_at)} 截止", ""
        ), name
    assert f"应在 {cn_until(motion.publish_by)} 前办好" in pages(client, proposal)["page"]
    assert f"{cn_until(motion.closes_at)} 已截止" in pages(client, proposal)["library"]


@pytest.mark.walked("rating")
def test_a_survey_closed_and_being_counted_takes_no_more_answers(way: Way, client: Client) -> None:
    survey = way.rating()
    closes = survey.closes_at
    assert f"{cn_until(closes)} 截止" in pages(client, survey.proposal)["library"]
    after(closes)  # too few answered: extended once, with an end of its own
    survey.refresh_from_db()
    assert survey.closes_at > closes
    found = pages(client, survey.proposal)
    assert all(f"{cn_until(survey.closes_at)} 截止" in found[name] for name in ("page", "library"))
    assert f"{cn_until(closes)} 截止" not in found["page"]


@pytest.mark.parametrize("walk", at(Way.announced, Way.funded, Way.awarded, Way.accepted, Way.settling))
def test_while_it_runs_the_end_is_the_notices(walk: object, way: Way, client: Client) -> None:
    proposal = walk(way)  # type: ignore[operator]
    notice = proposal.gate_notice
    assert notice.ends_at > platform_clock.now()
    for name in ("page", "library"):
        assert f"{cn_until(notice.ends_at)} 截止" in pages(client, proposal)[name], name


@pytest.mark.parametrize("walk", at(Way.announced, Way.funded, Way.accepted, Way.settling))
def test_a_notice_that_is_over_invites_no_objection(walk: object, way: Way, client: Client) -> None:
    proposal = walk(way)  # type: ignore[operator]
    notice = proposal.gate_notice
    platform_clock.set_to(notice.ends_at - timedelta(hours=1))
    disclosure.object_to(notice, facts="会照到卧室里", by=way.who("neighbour"))
    after(notice.ends_at)
    proposal.refresh_from_db()
    page = pages(client, proposal)["page"]
    assert f"{notice.get_kind_display()} {cn_until(notice.ends_at)} 已经期满。还有 1 条异议没有答复" in page
    assert "现在就提" not in page and "提意见" not in page
    assert f"{cn_until(proposal.due_at)} 截止" not in page
    assert "我有不同意见" not in client.get(notice.get_absolute_url()).content.decode()


@pytest.mark.walked("announced", "case_officer", "district_officer")
def test_months_later_no_page_names_an_end_that_is_still_to_come(
    way: Way, client: Client, case_officer: User, district_officer: User, client_of: ClientOf
) -> None:
    proposal = way.announced()
    notice = proposal.gate_notice
    disclosure.object_to(notice, facts="会照到卧室里", by=way.who("neighbour"))
    let_pass(120)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.ANNOUNCED
    for name, page in pages(client, proposal).items():
        assert "已逾期" in page
        assert f"{cn_until(proposal.due_at)} 截止" not in page, name


@pytest.mark.walked("cosigned")
def test_a_stage_in_which_nothing_ends_names_only_its_holders_day(way: Way, client: Client) -> None:
    proposal = way.cosigned()
    assert proposal.card.act_ends_at is None
    found = pages(client, proposal)
    assert f"应在 {cn_until(proposal.due_at)} 前办好" in found["page"]
    assert f"{cn_until(proposal.due_at)} 前办好" in found["library"]


@pytest.mark.walked("cosigning")
def test_signatures_end_with_their_stage(way: Way, client: Client) -> None:
    proposal = way.cosigning()
    assert Card.objects.get(pk=proposal.pk).act_ends_at == proposal.due_at
    assert f"{cn_until(proposal.due_at)} 截止" in pages(client, proposal)["page"]


@pytest.mark.walked("cosigned")
def test_a_list_kept_for_visitors_says_so_as_soon_as_it_is_late(way: Way, client: Client) -> None:
    proposal = way.cosigned()
    district = proposal.place.at_level("district")
    url = f"{reverse('projects')}?place={district.code}"
    assert "已逾期" not in client.get(url).content.decode()
    platform_clock.set_to(proposal.due_at + timedelta(minutes=1))
    assert "已逾期 1 天" in client.get(url).content.decode()
    platform_clock.set_to(proposal.due_at + timedelta(days=2))
    assert "已逾期 3 天" in client.get(url).content.decode()
