"""A channel that is added has its rank in the database, and one order says which replaces which."""

from __future__ import annotations

import pytest
from django.db import connection

from minshi.rolls.models import RANKS, Channel

pytestmark = pytest.mark.django_db


def rank(channel: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT channel_rank(%s)", [channel])
        found: int | None = cursor.fetchone()[0]
    return found


@pytest.mark.parametrize("channel", Channel)
def test_a_channel_has_the_same_rank_in_the_database(channel: Channel) -> None:
    assert rank(channel) == RANKS[channel]


def test_what_nobody_knows_has_no_rank() -> None:
    assert rank("pigeon") is None


@pytest.mark.parametrize("channel", Channel)
def test_only_what_one_does_oneself_on_a_screen_is_replaced_by_everything_else(channel: Channel) -> None:
    assert channel.is_own_hand == (RANKS[channel] == min(RANKS.values()))
