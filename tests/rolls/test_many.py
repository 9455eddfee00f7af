"""More doors than a statement has room for parameters."""

from __future__ import annotations

import pytest
from django.db import connection

from bench.plans import listening
from minshi.accounts.models import User
from minshi.residents.models import Residence
from minshi.rolls.models import Unit
from minshi.territory.models import Household
from proposals.models import Proposal

pytestmark = pytest.mark.django_db
KEYS = list(range(1, 70_001))


def test_seventy_thousand_keys_are_one_parameter(household: Household) -> None:
    with listening() as heard:
        assert household in Household.objects.filter(pk__in=[*KEYS, household.pk])
        assert not Residence.objects.filter(household__in=KEYS).exclude(person__in=[*KEYS, None]).exists()
        assert not User.objects.filter(username__in=[f"nobody-{key}" for key in KEYS]).exists()
    assert [len(asked.params) <= 3 for asked in heard] == [True] * 3


def test_a_short_list_is_told_as_ever_and_an_empty_one_asks_nobody(household: Household) -> None:
    with listening() as heard:
        assert list(Household.objects.filter(pk__in=[household.pk, None])) == [household]
        assert list(Household.objects.filter(pk__in=[None] * 600)) == []
        assert Proposal.objects.filter(place__in=[]).count() == 0
    assert [asked.sql.count("IN (") for asked in heard] == [1]


def test_rows_are_written_as_many_at_a_time_as_there_is_room_for() -> None:
    fields = Unit._meta.concrete_fields
    assert connection.ops.bulk_batch_size(fields, KEYS) * len(fields) <= 65_535
