"""The desk offers only what one may give, finds residents for whoever may see them, and says doors whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from funding.models import Grant
from minshi.accounts.models import User
from minshi.policy.models import Parameter
from minshi.residents.models import ORGANISERS, Residence, Role, RoleGrant
from minshi.residents.rules import holds
from minshi.territory.models import Household, Territory
from tests.cast import grant, home_of, make_resident
from tests.desk.test_scope import do_of, list_of, page_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def options(page: str, field: str) -> list[str]:
    found = re.search(rf'<select name="{field}".*?</select>', page, re.DOTALL)
    return re.findall(r'<option value="([^"]+)"', found[0]) if found else []


# --- Only what one may set ------------------------------------------------------------------------


def test_only_roles_that_one_gives_are_offered(
    client_of: ClientOf, resident: User, clerk: User, case_officer: User, approver: User, district_officer: User
) -> None:
    """Each in their own post: none is empty, so that nobody stands in."""
    home = home_of(resident)
    page = client_of(approver).get(do_of(home, "appoint")).content.decode()
    assert set(options(page, "role")) == {Role.CLERK, Role.PARTY, Role.SUPERVISOR, *ORGANISERS}
    page = client_of(district_officer).get(do_of(home, "appoint")).content.decode()
    assert Role.CHIEF not in options(page, "role") and Role.CASE_OFFICER in options(page, "role")


def test_only_places_where_one_gives_them_are_offered(
    client_of: ClientOf, resident: User, clerk: User, community: Territory, yard: Territory
) -> None:
    page = client_of(clerk).get(do_of(home_of(resident), "appoint")).content.decode()
    places = {int(pk) for pk in options(page, "place")}
    assert {community.pk, yard.pk} <= places
    assert not places & set(
        Territory.objects.filter(level_id__in=("city", "district", "street")).values_list("pk", flat=True)
    )


def test_a_role_that_is_not_ones_own_to_give_is_refused(
    client_of: ClientOf, resident: User, clerk: User, yard: Territory
) -> None:
    sent = {"role": Role.APPROVER, "place": yard.pk, "since": "2026-01-01", "basis": "推选记录"}
    answer = client_of(clerk).post(do_of(home_of(resident), "appoint"), sent)
    assert answer.status_code == 403 and "上一级" in answer.content.decode()
    assert not RoleGrant.objects.filter(user=resident).exists()


def test_a_street_is_offered_only_what_the_district_leaves_to_it(
    client_of: ClientOf, street: Territory, case_officer: User, district_officer: User
) -> None:
    every = set(map(str, Parameter.objects.values_list("pk", flat=True)))
    left = {str(each.pk) for each in Parameter.objects.all() if each.is_overridable}
    assert left and left != every
    page = client_of(case_officer).get(do_of(street, "set-parameter")).content.decode()
    assert set(options(page, "parameter")) == left
    page = client_of(district_officer).get(do_of(street, "set-parameter")).content.decode()
    assert set(options(page, "parameter")) == every


def test_only_money_that_the_plan_asks_for_is_offered(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.raising()
    way.pot()
    way.planned(proposal)
    page = client_of(clerk).get(do_of(proposal.purse, "ask")).content.decode()
    assert options(page, "source") == ["subsidy"]
    assert not Grant.objects.exists()
    way.asked(proposal)
    page = client_of(clerk).get(page_of(proposal)).content.decode()
    assert do_of(proposal.purse, "ask") not in page and do_of(proposal.purse, "announce") in page


# --- An existing login ----------------------------------------------------------------------------


def test_an_existing_login_is_given_a_second_role(
    client_of: ClientOf, approver: User, clerk: User, street: Territory
) -> None:
    held = RoleGrant.objects.get(user=clerk)
    there = held.place
    sent = {"role": Role.PARTY, "place": there.pk, "since": "2026-01-01", "basis": "任命文件"}
    answer = client_of(approver).post(do_of(held, "second-role"), sent)
    assert answer.status_code == 302
    again = User.objects.get(pk=clerk.pk)
    assert holds(again, there, Role.PARTY) and holds(again, there, Role.CLERK)
    assert client_of(again).get("/admin/").content.decode().count("一社区") >= 2


def test_nobody_gives_themselves_a_second_role(client_of: ClientOf, approver: User, district_officer: User) -> None:
    own = RoleGrant.objects.get(user=district_officer)
    answer = client_of(district_officer).get(do_of(own, "second-role"))
    assert answer.status_code == 403 and "自己不能任命自己" in answer.content.decode()


@pytest.mark.parametrize("who", ["clerk", "case_officer", "cashier", "party"])
def test_who_fills_no_office_gives_none(client_of: ClientOf, who: str, request: Any, clerk: User) -> None:
    held = RoleGrant.objects.get(user=clerk)
    assert client_of(request.getfixturevalue(who)).get(do_of(held, "second-role")).status_code == 403


def test_a_login_that_exists_leads_to_the_second_role(client_of: ClientOf, approver: User, clerk: User) -> None:
    place = RoleGrant.objects.get(user=clerk).place
    sent = {
        "person": "王样例", "username": clerk.username, "role": Role.PARTY, "place": place.pk,
        "since": "2026-01-01", "basis": "任命文件",
    }  # fmt: skip
    page = client_of(approver).post("/admin/residents/rolegrant/add/", sent).content.decode()
    assert "再给一个角色" in page and "任命文件" in page


@pytest.mark.parametrize("asked", ["{login}", "{name}", "{name} 一社区", "社区工作人员 {login}"])
def test_a_post_is_found_by_name_or_login_by_whoever_fills_it(
    client_of: ClientOf, approver: User, case_officer: User, clerk: User, asked: str
) -> None:
    held, name = RoleGrant.objects.get(user=clerk), clerk.person.name
    asked = asked.format(login=clerk.username, name=name)
    link = f"/residents/rolegrant/{held.pk}/"
    found = client_of(approver).get(list_of(RoleGrant), {"q": asked}).content.decode()
    assert link in found and f"/residents/rolegrant/{RoleGrant.objects.get(user=approver).pk}/" not in found
    assert link not in client_of(case_officer).get(list_of(RoleGrant), {"q": asked}).content.decode()
    row = client_of(approver).get(f"/admin{link}change/").content.decode()
    assert clerk.username in row and name in row
    assert name not in client_of(case_officer).get(f"/admin{link}change/").content.decode()


# --- Finding residents ----------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["欧阳样例", "样例", "303", "1栋303", "1-303", "４３２１", "4321", "303 欧阳样例"])
def test_a_resident_is_found_by_name_door_or_last_digits(
    client_of: ClientOf, clerk: User, resident: User, households: list[Household], asked: str
) -> None:
    sought = make_resident("欧阳样例", households[10])
    User.objects.filter(pk=sought.pk).update(phone="13912344321")
    assert households[10].address == "303"
    page = client_of(clerk).get(list_of(Residence), {"q": asked}).content.decode()
    assert f"/residents/residence/{home_of(sought).pk}/" in page
    assert f"/residents/residence/{home_of(resident).pk}/" not in page


@pytest.mark.parametrize("asked", ["甲居民", "101", "9999"])
@pytest.mark.parametrize("who", ["case_officer", "supervisor", "stranger_clerk"])
def test_a_search_tells_nobody_else_anything(
    client_of: ClientOf, request: Any, resident: User, who: str, asked: str
) -> None:
    client = client_of(request.getfixturevalue(who))
    link = f"/residents/residence/{home_of(resident).pk}/"
    found = link in client.get(list_of(Residence), {"q": asked}).content.decode()
    assert found == (link in client.get(list_of(Residence), {"q": "没有这样的人"}).content.decode())


def test_who_confirms_elsewhere_and_supervises_here_finds_nobody_here(
    client_of: ClientOf, resident: User, stranger_clerk: User, community: Territory
) -> None:
    """The row stands in their list, masked; to find it by its name would say whose it is."""
    grant(stranger_clerk, Role.SUPERVISOR, community)
    client, link = client_of(stranger_clerk), f"/residents/residence/{home_of(resident).pk}/"
    assert link in client.get(list_of(Residence)).content.decode()
    for asked in ("甲居民", "101", (resident.phone or "")[-4:]):
        assert link not in client.get(list_of(Residence), {"q": asked}).content.decode()


def test_fewer_than_four_digits_are_no_number(client_of: ClientOf, clerk: User, resident: User) -> None:
    User.objects.filter(pk=resident.pk).update(phone="13912349876")
    link = f"/residents/residence/{home_of(resident).pk}/"
    assert link not in client_of(clerk).get(list_of(Residence), {"q": "876"}).content.decode()
    assert link in client_of(clerk).get(list_of(Residence), {"q": "9876"}).content.decode()


def test_doors_show_their_yard_and_are_found_as_people_write_them(
    client_of: ClientOf, clerk: User, households: list[Household]
) -> None:
    page = client_of(clerk).get(list_of(Household)).content.decode()
    assert "样板巷1号院1栋101" in page
    for asked in ("1-303", "1栋303", "303"):
        page = client_of(clerk).get(list_of(Household), {"q": asked}).content.decode()
        assert "1栋303" in page and "1栋101" not in page
    assert "1栋101" in client_of(clerk).get(list_of(Household), {"q": "样板巷1号院"}).content.decode()


def test_people_to_choose_from_stand_with_their_whole_door(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.consulting()
    page = client_of(clerk).get(do_of(proposal, "choose-group")).content.decode()
    assert "样板巷1号院1栋101" in page
