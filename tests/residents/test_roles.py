"""任职: always given by the level above, in its territory, from a day on; taken back at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.deadlines.actions import sweep
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions
from minshi.residents.models import Role, RoleGrant
from minshi.residents.rules import holds, role_in, title_in
from minshi.signin.rules import may_use_codes
from minshi.territory.models import Territory
from tests.cast import of_before_numbers

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)


def give(user: User, role: str, place: Territory, by: User | None, **more: object) -> RoleGrant:
    return actions.grant(user, role, place, since=DAY, basis="推选记录", by=by, **more)  # type: ignore[arg-type]


def test_the_clerk_appoints_organisers_in_their_community(neighbour: User, yard: Territory, clerk: User) -> None:
    give(neighbour, Role.TEN_CHIEF, yard, clerk)
    assert holds(User.objects.get(pk=neighbour.pk), yard, Role.TEN_CHIEF)


@pytest.mark.parametrize("role", [Role.CLERK, Role.APPROVER, Role.DISTRICT_OFFICER])
def test_the_clerk_appoints_nobody_above(neighbour: User, yard: Territory, clerk: User, role: str) -> None:
    with pytest.raises(NotAllowed):
        give(neighbour, role, yard, clerk)


def test_nobody_appoints_elsewhere_or_themselves(
    neighbour: User, yard: Territory, clerk: User, stranger_clerk: User
) -> None:
    with pytest.raises(NotAllowed):
        give(neighbour, Role.CHIEF, yard, stranger_clerk)
    with pytest.raises(NotAllowed):
        give(clerk, Role.CHIEF, yard, clerk)


def test_a_chief_appoints_nobody(neighbour: User, yard: Territory, chief: User) -> None:
    with pytest.raises(NotAllowed):
        give(neighbour, Role.TEN_CHIEF, yard, chief)


def test_one_holds_a_role_in_a_place_once(neighbour: User, yard: Territory) -> None:
    give(neighbour, Role.CHIEF, yard, None)
    with pytest.raises(Refused) as refused:
        give(neighbour, Role.CHIEF, yard, None)
    assert "已经担任" in str(refused.value)


def test_it_does_not_end_before_it_begins(neighbour: User, yard: Territory) -> None:
    with pytest.raises(Refused) as refused:
        give(neighbour, Role.CHIEF, yard, None, until=DAY)
    assert "until" in refused.value.fields


def test_who_joins_an_office_has_a_login_first(neighbour: User, community: Territory) -> None:
    """The flag of staff alone was a login without number, activation or name."""
    with pytest.raises(Refused, match="启用码"):
        give(neighbour, Role.SUPERVISOR, community, None)
    assert not User.objects.get(pk=neighbour.pk).is_staff
    User.objects.filter(pk=neighbour.pk).update(is_staff=True)
    give(User.objects.get(pk=neighbour.pk), Role.SUPERVISOR, community, None)


def test_revoking_holds_from_the_next_page_on(chief: User, clerk: User, client_of: Callable[[User], Client]) -> None:
    client = client_of(chief)
    assert client.get("/residents/confirm/").status_code == 200
    actions.revoke(RoleGrant.objects.get(user=chief), by=clerk)
    assert client.get("/residents/confirm/").status_code == 403


def test_who_gave_up_an_office_signs_in_by_phone_again(neighbour: User, community: Territory) -> None:
    """The flag of staff outlived the role, and the number got no code any more."""
    neighbour.is_staff = True
    first = give(neighbour, Role.SUPERVISOR, community, None)
    second = give(neighbour, Role.CLERK, community, None)
    neighbour.set_password("lang-genug-2026")
    neighbour.save()
    actions.revoke(first, by=None)
    assert not may_use_codes(User.objects.get(pk=neighbour.pk))
    actions.revoke(second, by=None)
    former = User.objects.get(pk=neighbour.pk)
    assert may_use_codes(former) and not former.has_usable_password()


def test_a_term_that_is_over_gives_the_phone_back_too(neighbour: User, community: Territory, clock: Any) -> None:
    clock.set("2026-03-02 09:00")
    neighbour.is_staff = True
    neighbour.save()
    give(neighbour, Role.SUPERVISOR, community, None, until=date(2026, 3, 10))
    clock.set("2026-03-09 23:00")
    sweep()
    assert not may_use_codes(User.objects.get(pk=neighbour.pk))
    clock.set("2026-03-10 00:00")
    sweep()
    assert may_use_codes(User.objects.get(pk=neighbour.pk))


@pytest.mark.django_db(transaction=True)
def test_who_has_no_phone_keeps_their_staff_login(clerk: User) -> None:
    clerk = of_before_numbers(clerk)
    actions.revoke(RoleGrant.objects.get(user=clerk), by=None)
    assert User.objects.get(pk=clerk.pk).is_staff


def test_only_the_level_above_revokes(chief: User, stranger_clerk: User, neighbour: User) -> None:
    for user in (stranger_clerk, neighbour):
        with pytest.raises(NotAllowed):
            actions.revoke(RoleGrant.objects.get(user=chief), by=user)


def test_running_the_servers_is_no_role(chief: User, yard: Territory) -> None:
    operator = User.objects.create_superuser("operator", "x")
    assert not holds(operator, yard, *Role.values)
    assert role_in(operator, yard) == "居民"


@pytest.mark.parametrize(
    ("place", "role", "said"),
    [
        ("佳园社区", Role.CLERK, "佳园社区工作人员"),
        ("青云街道", Role.CASE_OFFICER, "青云街道经办"),
        ("盘龙区", Role.DISTRICT_OFFICER, "盘龙区牵头部门"),
        ("对方村", Role.CLERK, "对方村社区工作人员"),
        ("东风巷14号院", Role.CHIEF, "东风巷14号院楼栋长"),
    ],
)
def test_the_level_is_said_once(place: str, role: str, said: str) -> None:
    assert title_in(place, role) == said
