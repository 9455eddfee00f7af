"""What an office needs on its first day: accounts for its people, its yards and their doors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.notifications.models import Outbox
from minshi.notifications.sealing import unseal
from minshi.residents.models import Role, RoleGrant
from minshi.residents.rules import holds
from minshi.territory.models import Territory
from tests.desk.test_scope import do_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
OPEN = "/admin/residents/rolegrant/add/"


def form(place: Territory, **more: Any) -> dict[str, Any]:
    return {
        "person": "王样例",
        "username": "wangli",
        "phone": "13870000009",
        "role": Role.CLERK,
        "place": place.pk,
        "since": "2026-01-01",
        "basis": "任命文件",
        **more,
    }


def test_an_account_is_opened_and_its_code_goes_to_its_holders_phone_alone(
    client_of: ClientOf, approver: User, community: Territory
) -> None:
    client = client_of(approver)
    shown = client.post(OPEN, form(community), follow=True).content.decode()
    user = User.objects.get(username="wangli")
    assert holds(user, community, Role.CLERK)
    assert "启用码发到了 138****0009" in shown and "13870000009" not in shown
    sent = unseal(Outbox.objects.filter(phone="13870000009").latest("pk").sealed)
    found = re.search("启用码是 (\\w+)", sent)
    assert found
    code = found[1]
    held = RoleGrant.objects.get(user=user)
    again = client.get(reverse("admin:residents_rolegrant_change", args=[held.pk])).content.decode()
    assert code not in shown and code not in again
    assert code not in str(client.cookies)


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    client_of: ClientOf, approver: User, community: Territory, clerk: User
) -> None:
    answer = client_of(approver).post(OPEN, form(community, username=clerk.username))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "已经有人用了" in page and "王样例" in page and "任命文件" in page


def test_only_roles_and_places_of_ones_own_are_offered(
    client_of: ClientOf, approver: User, community: Territory, other_street: Territory
) -> None:
    page = client_of(approver).get(OPEN).content.decode()
    assert community.full_name in page and other_street.full_name not in page
    assert "社区工作人员" in page and "区牵头部门" not in page
    assert client_of(approver).post(OPEN, form(other_street)).status_code == 422


@pytest.mark.parametrize(
    ("role", "at", "said"),
    [
        (Role.CASE_OFFICER, "community", "街道经办不设在这里，请选甲街道"),
        (Role.CASE_OFFICER, "district", "街道经办不设在这里，请选下面具体的一个"),
        (Role.CLERK, "street", "社区工作人员不设在这里，请选下面具体的一个"),
        (Role.DISTRICT_FINANCE, "street", "区财政不设在这里，请选样板区"),
    ],
)
def test_an_office_is_given_on_its_own_level(
    client_of: ClientOf, district_officer: User, community: Territory, request: Any, role: str, at: str, said: str
) -> None:
    """A street's case officer of one community: what waits for the street was on nobody's desk."""
    answer = client_of(district_officer).post(OPEN, form(request.getfixturevalue(at), role=role))
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and "王样例" in page
    assert not Outbox.objects.exists() and not User.objects.filter(username="wangli").exists()


@pytest.mark.parametrize("who", ["clerk", "case_officer", "cashier"])
def test_who_appoints_nobody_opens_no_account(client_of: ClientOf, who: str, request: Any, approver: User) -> None:
    assert client_of(request.getfixturevalue(who)).get(OPEN).status_code == 403


def test_access_is_reset_at_the_desk_by_two(
    client_of: ClientOf, approver: User, district_officer: User, clerk: User
) -> None:
    held = RoleGrant.objects.get(user=clerk)
    clerk.set_password("kunming-2026-yuanzi")
    clerk.save()
    asked = {"reason": "当面核对了工作证", "phone": "13870000008"}
    shown = client_of(approver).post(do_of(held, "reset-access"), asked, follow=True).content.decode()
    clerk.refresh_from_db()
    assert "等另一位复核" in shown and clerk.has_usable_password()
    row = client_of(approver).get(reverse("admin:residents_rolegrant_change", args=[held.pk])).content.decode()
    assert "已申请，等街道或区里的另一位复核" in row
    client_of(approver).post(do_of(held, "confirm-reset"))
    clerk.refresh_from_db()
    assert clerk.has_usable_password()
    client_of(district_officer).post(do_of(held, "confirm-reset"))
    clerk.refresh_from_db()
    assert not clerk.has_usable_password()
    assert client_of(clerk).get(do_of(held, "reset-access")).status_code in (302, 403)


def test_a_building_and_its_doors_are_entered_at_the_desk(client_of: ClientOf, clerk: User, yard: Territory) -> None:
    client = client_of(clerk)
    client.post(do_of(yard, "add-place"), {"title": "7栋", "level": "building"})
    building = yard.children.get(name="7栋")
    client.post(do_of(building, "add-doors"), {"addresses": "101\r\n102\r\n"})
    assert building.households.count() == 2
    again = client.post(do_of(building, "add-doors"), {"addresses": "103\r\n101"})
    page = again.content.decode()
    assert again.status_code == 422 and "已经登记过" in page and "103" in page


@pytest.mark.parametrize("again", ["一栋", "1号楼", "１幢", "1 栋"])
def test_a_building_is_entered_once_however_it_is_spelled(
    client_of: ClientOf, clerk: User, yard: Territory, building: Territory, again: str
) -> None:
    """一栋 beside 1栋: nobody could say any more behind which of them 1栋101 is."""
    answer = client_of(clerk).post(do_of(yard, "add-place"), {"title": again, "level": "building"})
    assert answer.status_code == 422 and "这里已经有“1栋”了" in answer.content.decode()
    assert list(yard.children.values_list("name", flat=True)) == [building.name]


@pytest.mark.parametrize(
    "wrong", [{"phone": "13800000000"}, {"phone": "１２３４５６７８"}, {"organisation_code": "123"}]
)
def test_an_office_has_a_landline_and_a_whole_code(
    client_of: ClientOf, clerk: User, community: Territory, wrong: dict[str, str]
) -> None:
    sent = {"phone": "0871-12345678", "organisation_code": "686175779", **wrong}
    assert client_of(clerk).post(do_of(community, "describe"), sent).status_code == 422
