"""一件事怎么办成: the way in plain words, with the numbers in force."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from minshi.policy import actions as policy
from minshi.territory.models import Territory
from proposals.how import explained

pytestmark = pytest.mark.django_db


def test_it_says_the_defaults_are_no_law(client: Client, district: Territory, settings: Any) -> None:
    settings.HOME_PLACE = district.code
    page = client.get("/how/").content.decode()
    for words in ("楼栋长 3 个工作日内答复", "三分之二参加、其中三分之二同意", "八成满意", "非法定", "总校验码"):
        assert words in page


def test_it_says_what_the_district_ruled(client: Client, district: Territory, settings: Any) -> None:
    settings.HOME_PLACE = district.code
    policy.set_value("canvass.quorum", district, "1/2", since=date(2020, 1, 1), source="盘龙区试行办法", by=None)
    page = client.get("/how/").content.decode()
    assert "一半参加、其中三分之二同意" in page


def test_no_name_of_a_parameter_is_left_in_the_words(db: None) -> None:
    assert all("{" not in text and "}" not in text for _label, text in explained(None))


def test_without_any_place_it_still_explains(client: Client, db: None) -> None:
    assert client.get("/how/").status_code == 200
