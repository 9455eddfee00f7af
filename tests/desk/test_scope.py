"""The desk shows my territories only, fails closed, and guards what a filter or a search could tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from minshi.accounts.models import User
from minshi.desk.admin import ScopedAdmin
from minshi.residents.models import Residence
from minshi.territory.models import Territory
from proposals import actions
from proposals.models import Proposal, Wish
from tests.cast import home_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)


def list_of(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def do_of(row: models.Model, name: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_do", args=[row.pk, name])


@pytest.fixture
def here(way: Way) -> Proposal:
    return way.submitted(title="本社区的灯")


@pytest.fixture
def there(way: Way, other_yard: Territory, stranger: User) -> Proposal:
    return way.submitted(title="远处的灯", place=other_yard, by=stranger)


def test_nothing_is_registered_that_does_not_keep_to_territories() -> None:
    assert REGISTERED
    assert all(isinstance(page, ScopedAdmin) for page in admin.site._registry.values())
    assert not admin.site.is_registered(Group)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_no_filter_lists_rows_of_others(model: type[models.Model]) -> None:
    for each in admin.site._registry[model].list_filter:
        name = each if isinstance(each, str) else each[0]
        assert not model._meta.get_field(name).is_relation, name


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_list_opens_for_staff_and_narrows_to_a_place_beneath(
    model: type[models.Model], way: Way, here: Proposal, client_of: ClientOf, district_officer: User
) -> None:
    client = client_of(district_officer)
    for asked in ({}, {"beneath": "990101001"}, {"beneath": "nowhere"}, {"q": "灯"}):
        assert client.get(list_of(model), asked, follow=True).status_code == 200, asked


def test_rows_of_my_community_only(
    here: Proposal, there: Proposal, client_of: ClientOf, clerk: User, stranger_clerk: User
) -> None:
    for user, mine, other in ((clerk, here, there), (stranger_clerk, there, here)):
        client = client_of(user)
        page = client.get(list_of(Proposal)).content.decode()
        assert mine.title in page and other.title not in page
        assert client.get(page_of(mine)).status_code == 200
        assert client.get(page_of(other)).status_code == 302  # as if there were none
        assert client.get(do_of(other, "merge")).status_code == 404


def test_the_street_sees_its_own_communities_the_district_all(
    here: Proposal, there: Proposal, client_of: ClientOf, case_officer: User, district_officer: User
) -> None:
    page = client_of(case_officer).get(list_of(Proposal)).content.decode()
    assert here.title in page and there.title not in page
    page = client_of(district_officer).get(list_of(Proposal)).content.decode()
    assert here.title in page and there.title in page


def test_a_superuser_without_a_role_sees_nothing(here: Proposal, client_of: ClientOf) -> None:
    client = client_of(User.objects.create_superuser("operator", "x"))
    assert client.get(reverse("admin:index")).status_code == 200
    assert client.get(list_of(Proposal)).status_code == 403
    assert client.get(page_of(here)).status_code in (302, 403)


def test_nothing_is_added_changed_or_deleted_by_hand(here: Proposal, client_of: ClientOf, clerk: User) -> None:
    client = client_of(clerk)
    base = list_of(Proposal)
    assert client.get(f"{base}add/").status_code == 403
    assert client.post(page_of(here), {"stage": "archived", "title": "改了"}).status_code == 403
    assert client.post(f"{base}{here.pk}/delete/", {"post": "yes"}).status_code == 403
    here.refresh_from_db()
    assert here.title == "本社区的灯"


@pytest.mark.parametrize(
    "asked",
    [
        {"proposer__phone__startswith": "139"},
        {"proposer__person__name__startswith": "甲"},
        {"proposer__username__contains": "r"},
        {"title__startswith": "本"},
        {"place__path__startswith": "99"},
    ],
)
def test_only_declared_filters_are_taken(
    here: Proposal, client_of: ClientOf, clerk: User, asked: dict[str, str]
) -> None:
    """A lookup on any column would let a masked name be guessed letter by letter."""
    assert client_of(clerk).get(list_of(Proposal), asked).status_code == 400


def test_names_are_masked_in_the_list_and_clear_only_for_who_confirms(
    resident: User, client_of: ClientOf, clerk: User, case_officer: User
) -> None:
    page = client_of(clerk).get(list_of(Residence)).content.decode()
    assert "甲*民" in page and "甲居民" not in page and resident.phone not in page
    assert "甲居民" in client_of(clerk).get(page_of(home_of(resident))).content.decode()
    page = client_of(case_officer).get(page_of(home_of(resident))).content.decode()
    assert "甲*民" in page and "甲居民" not in page
    read = strip_tags(page.partition("<body")[2])  # keys of rows may hold the same digits
    assert "甲*民" in read and not re.search(r"(?<!\d)101(?!\d)", read)


def test_a_name_cannot_be_searched_for(resident: User, client_of: ClientOf, case_officer: User) -> None:
    client = client_of(case_officer)
    assert client.get(list_of(Residence), {"person__name__startswith": "甲"}).status_code == 400
    assert client.get(list_of(Residence), {"q": "不是这个名字"}).content.decode().count("甲*民") == 1


def test_ends_are_said_as_people_say_them(here: Proposal, client_of: ClientOf, clerk: User, clock: Any) -> None:
    page = client_of(clerk).get(page_of(here)).content.decode()
    assert "24:00" in page
    assert "样板巷1号院楼栋长" in page  # and not "chief"


@pytest.mark.parametrize("rows", [3, 30])
def test_a_list_asks_as_often_for_thirty_rows_as_for_three(
    way: Way, client_of: ClientOf, clerk: User, django_assert_max_num_queries: Callable[[int], Any], rows: int
) -> None:
    client = client_of(clerk)
    for number in range(rows):
        actions.wish(place=way.yard, text=f"心愿{number}", by=way.who("resident"))
    for model in (Wish, Residence):
        with django_assert_max_num_queries(11):
            client.get(list_of(model))
