"""A brought register at the desk: its rows by what would come of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.intake import actions
from minshi.territory.models import Territory
from tests.access.addresses import RUBBISH
from tests.intake.files import HEADS, book

pytestmark = pytest.mark.django_db


def test_an_outcome_nobody_knows_shows_what_asks_to_be_looked_at(
    community: Territory, clerk: User, client_of: Callable[[User | None], Client]
) -> None:
    rows = [HEADS, ("金沙小区", "1栋", "1", "101", "82.50")]
    intake = actions.take_in(community, "户册.xlsx", book(rows), by=clerk)
    page = reverse("admin:intake_intake_change", args=[intake.pk])
    client = client_of(clerk)
    for outcome in ("", *RUBBISH):
        answer = client.get(page, {"outcome": outcome})
        if outcome == "\x00":  # no address holds it
            assert answer.status_code == 400
        else:
            assert answer.status_code == 200 and "金沙小区" in answer.content.decode()
