"""Whether a door has rated is answered once its sheet is registered: read again and again, its page tells no minute."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from evaluation.actions import surveys
from evaluation.models import Survey
from minshi.accounts.models import User
from minshi.territory.models import Household

pytestmark = pytest.mark.django_db


def test_a_doors_page_says_nothing_before_its_sheet_is_registered(
    survey: Survey,
    household: Household,
    resident: User,
    chief: User,
    clerk: User,
    client_of: Callable[[User | None], Client],
) -> None:
    page = f"/projects/{survey.proposal.number}/ratings/paper/{survey.roll.units.get(household=household).ordinal}/"
    watching = [client_of(chief), client_of(clerk)]

    def read() -> list[str]:
        return [client.get(page).content.decode().split("<main")[1].split("<form")[0] for client in watching]

    before = read()
    surveys.rate(survey, level=5, by=resident)
    assert read() == before
    watching[0].post(page, {"receipt": str(uuid4())})
    assert "这一户已经打过分" in read()[0]
