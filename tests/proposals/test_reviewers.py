"""Who reviews: at once the first on the ladder that somebody else holds; never the proposer, never an empty post."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.residents.models import Role, RoleGrant
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Territory
from proposals import actions
from proposals.models import Proposal, Stage
from tests.cast import grant, make_resident, make_staff
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def holder(proposal: Proposal) -> tuple[str, str]:
    proposal.refresh_from_db()
    assert proposal.holder_place
    waits = Deadline.objects.of(proposal).open().get(kind="stage:submitted")
    assert (waits.role, waits.place_path) == (proposal.holder_role, proposal.holder_place.path)
    return proposal.holder_role, proposal.holder_place.name


def nobody_is(*roles: str) -> None:
    RoleGrant.objects.filter(role__in=roles).delete()


def told(user: User) -> bool:
    return Message.objects.filter(user=user, title__startswith="请初审").exists()


def test_a_neighbours_goes_to_the_chief(way: Way) -> None:
    assert holder(way.submitted()) == (Role.CHIEF, "样板巷1号院")


def test_a_chiefs_own_goes_to_the_clerk_at_once(way: Way, chief: User, clerk: User) -> None:
    proposal = way.submitted(by=chief)
    assert holder(proposal) == (Role.CLERK, "一社区")
    assert told(clerk) and not told(chief)
    actions.pass_review(proposal, by=clerk)
    assert proposal.stage == Stage.COSIGNING


def test_a_chiefs_own_goes_to_another_organiser_of_the_place_where_there_is_one(
    way: Way, chief: User, neighbour: User, client_of: ClientOf
) -> None:
    grant(neighbour, Role.GRID_WORKER, way.yard)
    proposal = way.submitted(by=chief)
    assert holder(proposal) == (Role.GRID_WORKER, "样板巷1号院")
    assert client_of(neighbour).get(f"/review/{proposal.number}/").status_code == 200
    assert client_of(chief).get(f"/review/{proposal.number}/").status_code == 403
    wait_until_over(proposal)
    assert holder(proposal) == (Role.CLERK, "一社区")


def test_what_comes_back_from_revision_goes_the_same_way(way: Way, chief: User, clerk: User) -> None:
    proposal = way.submitted(by=chief)
    actions.return_for_revision(proposal, by=clerk, reason="写清楚装在哪")
    actions.resubmit(proposal, by=chief, why="补了位置", spot="南门左侧")
    assert holder(proposal) == (Role.CLERK, "一社区")


def test_a_clerks_own_goes_to_the_street_though_the_community_has_another(
    way: Way, clerk: User, second_clerk: User, case_officer: User, chief: User, community: Territory
) -> None:
    own = way.submitted(by=clerk, place=community)
    assert holder(own) == (Role.CASE_OFFICER, "甲街道")
    in_the_yard = way.submitted(by=clerk)
    assert holder(in_the_yard) == (Role.CHIEF, "样板巷1号院")
    wait_until_over(in_the_yard)
    assert holder(in_the_yard) == (Role.CASE_OFFICER, "甲街道")


def test_at_a_level_without_a_chief_it_goes_to_the_clerk(way: Way, clerk: User, community: Territory) -> None:
    assert holder(way.submitted(place=community)) == (Role.CLERK, "一社区")


def test_a_village_group_without_a_leader_too(way: Way, community: Territory, resident: User) -> None:
    group = add_place(parent=community, code=f"{community.code}-7", name="一组", level="group", by=None)
    [door] = add_households(place=group, addresses=["1号"], by=None)
    farmer = make_resident("农户", door, represents=True)
    assert holder(way.submitted(by=farmer, place=group)) == (Role.CLERK, "一社区")


def test_posts_that_nobody_holds_are_passed_over(
    way: Way, resident: User, case_officer: User, district_officer: User
) -> None:
    nobody_is(Role.CHIEF)
    assert holder(way.submitted(title="甲")) == (Role.CLERK, "一社区")
    nobody_is(Role.CLERK)
    assert holder(way.submitted(title="乙")) == (Role.CASE_OFFICER, "甲街道")
    nobody_is(Role.CASE_OFFICER)
    last = way.submitted(title="丙")
    assert holder(last) == (Role.DISTRICT_OFFICER, "样板区")
    actions.pass_review(last, by=district_officer)
    assert last.stage == Stage.COSIGNING


def test_silence_climbs_past_an_empty_post(way: Way, case_officer: User) -> None:
    proposal = way.submitted()
    nobody_is(Role.CLERK)
    wait_until_over(proposal)
    assert holder(proposal) == (Role.CASE_OFFICER, "甲街道")


def test_a_wish_waits_for_no_empty_post_either(way: Way, resident: User, case_officer: User) -> None:
    nobody_is(Role.CLERK)
    wished = actions.wish(place=way.yard, text="想要一张长椅", by=resident)
    assert (wished.holder_role, wished.holder_place and wished.holder_place.name) == (Role.CASE_OFFICER, "甲街道")


# --- What nobody holds stands on the desk above ------------------------------------------------------


def desk(client: Client) -> str:
    return client.get("/admin/").content.decode().partition("desk-vacancies")[2]


def test_a_yard_without_an_organiser_stands_on_the_clerks_desk(
    way: Way, clerk: User, chief: User, client_of: ClientOf
) -> None:
    assert way.households
    assert not desk(client_of(clerk))
    nobody_is(Role.CHIEF)
    page = desk(client_of(clerk))
    assert "样板巷1号院" in page and "楼栋长" in page


def test_empty_posts_of_the_community_stand_on_the_streets_desk_and_the_streets_on_the_districts(
    way: Way, approver: User, district_officer: User, client_of: ClientOf, party: User, street: Territory
) -> None:
    assert way.households
    page = desk(client_of(approver))
    assert "一社区" in page and "居务监督委员会" in page and "社区党组织" not in page
    page = desk(client_of(district_officer))
    assert "甲街道" in page and "街道经办" in page and "街道财务" in page and "街道审批" not in page
    make_staff("case2", "新经办", Role.CASE_OFFICER, street)
    assert "街道经办" not in desk(client_of(district_officer))


def test_places_where_nobody_lives_are_no_vacancy(
    way: Way, district_officer: User, other_street: Territory, client_of: ClientOf
) -> None:
    assert way.households
    assert "乙街道" not in desk(client_of(district_officer))
