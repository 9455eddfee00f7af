"""What a round asks again and again is asked once; what a deadline changes in it counts at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from minshi.accounts.models import User
from minshi.deadlines.rounds import a_round
from minshi.residents.models import Role, RoleGrant
from minshi.residents.rules import nearest_role
from minshi.territory.models import Territory

pytestmark = pytest.mark.django_db


def test_within_a_round_the_same_question_is_asked_once(yard: Territory, clerk: User) -> None:
    with a_round(), CaptureQueriesContext(connection) as asked:
        for _time in range(5):
            assert nearest_role(yard, (Role.CLERK,)) == Role.CLERK
            assert yard.at_level("street")
    once = len(asked)
    with CaptureQueriesContext(connection) as asked:
        for _time in range(5):
            nearest_role(yard, (Role.CLERK,))
            yard.at_level("street")
    assert len(asked) == 5 * once


def test_who_gets_or_gives_back_a_post_in_a_round_is_known_at_once(yard: Territory, clerk: User) -> None:
    with a_round():
        assert nearest_role(yard, (Role.CLERK,)) == Role.CLERK
        for grant in RoleGrant.objects.filter(user=clerk):
            grant.until = grant.since + timedelta(days=1)
            grant.save()
        assert nearest_role(yard, (Role.CLERK,)) == ""


def test_a_question_that_cannot_be_kept_is_asked_each_time(yard: Territory, clerk: User) -> None:
    with a_round():
        assert nearest_role(yard, [Role.CLERK]) == nearest_role(yard, [Role.CLERK]) == Role.CLERK
