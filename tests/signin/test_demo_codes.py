"""The demo's page of codes is there in the demo and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from minshi.accounts.models import User
from minshi.signin import demo, second_factor
from tests.signin.conftest import last_code, signed_in_as


def test_outside_the_demo_there_is_no_such_page(client: Client, clerk: User) -> None:
    assert client.get("/demo/codes/").status_code == 404
    with pytest.raises(ImproperlyConfigured):
        demo.equip(clerk)


def test_the_cast_comes_in_with_what_the_page_shows(client: Client, clerk: User, settings: Any) -> None:
    settings.DEMO = True
    demo.equip(clerk)
    page = client.get("/demo/codes/").content.decode()
    code = second_factor.present_code(clerk)
    for word in (clerk.username, demo.PASSWORD, code, "一社区社区工作人员"):
        assert word in page
    client.post("/staff/signin/", {"login": clerk.username, "password": demo.PASSWORD})
    client.post("/staff/factor/check/", {"code": code})
    assert signed_in_as(client) == clerk.pk


def test_texts_and_residents_are_shown(client: Client, resident: User, chief: User, settings: Any) -> None:
    settings.DEMO = True
    client.post("/signin/", {"phone": resident.phone})
    page = client.get("/demo/codes/").content.decode()
    assert last_code(str(resident.phone)) in page
    assert str(chief.phone) in page
    assert "样板巷1号院楼栋长" in page
