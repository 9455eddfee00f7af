"""What a text was: versions by the platform's clock and the acting person, tried on a wish."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from simple_history.utils import bulk_update_with_history

from minshi.accounts.models import User
from minshi.audit.actors import acting
from minshi.clock import now
from minshi.territory.models import Territory
from proposals.actions import wish
from proposals.models import Wish

pytestmark = pytest.mark.django_db


@pytest.fixture
def wished(community: Territory, resident: User, clock: Any) -> Wish:
    clock.set("2026-11-03 09:00")
    return wish(place=community, text="修一盏路灯", by=resident)


def test_a_version_is_dated_by_the_platforms_clock(wished: Wish, clock: Any) -> None:
    clock.move(days=3)
    wished.text = "修两盏路灯"
    wished.save()
    later, earlier = wished.history.all()[0], wished.history.last()
    assert (earlier.text, later.text) == ("修一盏路灯", "修两盏路灯")
    assert abs(later.history_date - now()) < timedelta(minutes=1)
    assert later.history_date - earlier.history_date >= timedelta(days=3)


def test_a_version_knows_who_acted(wished: Wish, resident: User, clerk: User) -> None:
    assert wished.history.last().history_user == resident
    with acting(clerk):
        wished.text = "修两盏路灯"
        wished.save()
    assert (wished.history.first().history_user_id, wished.history.first().history_user) == (clerk.pk, clerk)
    wished.text = "修三盏路灯"
    wished.save()
    assert wished.history.first().history_user is None


def test_versions_of_many_texts_at_once_are_dated_and_signed_alike(wished: Wish, clerk: User, clock: Any) -> None:
    clock.move(days=3)
    wished.text = "修两盏路灯"
    with acting(clerk):
        bulk_update_with_history([wished], Wish, ["text"])
    version = wished.history.first()
    assert (version.text, version.history_user_id) == ("修两盏路灯", clerk.pk)
    assert abs(version.history_date - now()) < timedelta(minutes=1)


def test_a_version_costs_one_statement(wished: Wish, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        wished.save()
