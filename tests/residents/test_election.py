"""推选: by what votes somebody came to a post is written down once, by whoever fills it, and stands on form 33."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions
from minshi.residents.models import Election, Role, RoleGrant

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
VOTES = {"asked": 12, "came": 10, "agreed": 8, "against": 1, "abstained": 1}
SAID: dict[str, Any] = {**VOTES, "course": "5月6日晚，院里凉亭"}


@pytest.fixture
def post(chief: User) -> RoleGrant:
    return RoleGrant.objects.get(user=chief, role=Role.CHIEF)


def test_the_clerk_writes_it_down_and_the_form_is_filled_with_it(
    post: RoleGrant, clerk: User, client_of: ClientOf
) -> None:
    client = client_of(clerk)
    at = reverse("admin:residents_rolegrant_do", args=[post.pk, "record-election"])
    wrong = client.post(at, {**SAID, "came": 13})
    assert wrong.status_code == 422
    assert "实到的比应到的多" in wrong.content.decode() and "院里凉亭" in wrong.content.decode()
    assert client.post(at, SAID).status_code == 302
    page = client.get(reverse("admin:residents_rolegrant_change", args=[post.pk])).content.decode()
    assert "12 户应到，10 户实到，同意 8、不同意 1、弃权 1" in page and at not in page
    form = client.get(reverse("paper_post_print", args=[post.pk])).content.decode()
    assert "☑ 推选" in form and "<td>8</td>" in form and "院里凉亭" in form


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"came": 13}, "came"),
        ({"abstained": 2}, "agreed"),
        ({"agreed": 1}, "agreed"),
        ({"course": " "}, "course"),
    ],
    ids=["more came", "more voted", "refused", "nowhere"],
)
def test_what_does_not_add_up_is_refused_beside_its_field(
    post: RoleGrant, clerk: User, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.record_election(post, **{**SAID, **said}, by=clerk)
    assert set(refused.value.fields) == {field}


def test_the_database_counts_too_and_keeps_it(post: RoleGrant, clerk: User) -> None:
    for wrong in ({"came": 13}, {"abstained": 2}, {"agreed": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Election.objects.create(grant=post, recorded_by=clerk, **{**SAID, **wrong})
    kept = actions.record_election(post, **SAID, by=clerk)
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        Election.objects.filter(pk=kept.pk).update(agreed=9)


def test_it_is_written_down_once_and_by_nobody_about_themselves(
    post: RoleGrant, chief: User, clerk: User, resident: User
) -> None:
    for who in (chief, resident):
        with pytest.raises(NotAllowed):
            actions.record_election(post, **SAID, by=who)
    actions.record_election(post, **SAID, by=clerk)
    with pytest.raises(Refused, match="已经登记过推选结果"):
        actions.record_election(post, **SAID, by=clerk)


def test_an_office_is_not_elected(clerk: User, approver: User) -> None:
    office = RoleGrant.objects.get(user=clerk, role=Role.CLERK)
    with pytest.raises(Refused, match="不登记推选结果"):
        actions.record_election(office, **SAID, by=approver)
