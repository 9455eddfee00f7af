"""A minor is not asked to rate: no message, no task, no form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from evaluation.models import Survey
from minshi.accounts.models import User
from minshi.notifications.models import Message
from minshi.territory.models import Household
from proposals.panels import tasks_of
from tests.cast import make_resident

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def minors(households: list[Household]) -> list[User]:
    """One behind the resident's door, one alone behind another."""
    return [make_resident("未小孩", households[0], adult=False), make_resident("独居少年", households[7], adult=False)]


def test_a_minor_is_not_asked_to_rate(minors: list[User], survey: Survey, resident: User, client_of: ClientOf) -> None:
    page = f"/projects/{survey.proposal.number}/rate/"
    assert Message.objects.of(resident).filter(url=page).exists()
    for minor in minors:
        assert not Message.objects.of(minor).filter(url=page).exists()
        assert not [task for task in tasks_of(minor) if "rate" in task.url]
        answer = client_of(minor).get(page)
        assert "满18岁才能打分" in answer.content.decode()
        assert 'name="level"' not in answer.content.decode()
        assert client_of(minor).post(page, {"level": "1"}).status_code == 403
