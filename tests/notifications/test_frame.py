"""Messages are on every page of whoever is signed in, with how many wait: for residents and on the desk."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.notifications.actions import tell
from minshi.notifications.models import Message

ClientOf = Callable[[User | None], Client]


def inbox_link(client: Client, address: str) -> str:
    """The words of the link to the messages, "" where there is none."""
    found = re.search(r'<a class="inbox" href="/messages/">(.*?)</a>', client.get(address).content.decode(), re.S)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


@pytest.mark.parametrize("address", ["home", "projects", "notices", "mine", "messages"])
def test_a_resident_finds_messages_on_every_page(client_of: ClientOf, resident: User, address: str) -> None:
    client = client_of(resident)
    assert inbox_link(client, reverse(address)) == "消息"
    tell(resident, "请投票")
    tell(resident, "结果出来了")
    assert inbox_link(client, reverse(address)) == "消息 2条未读"


@pytest.mark.parametrize("address", ["admin:index", "admin:proposals_proposal_changelist", "home"])
def test_staff_find_them_on_the_desk(client_of: ClientOf, clerk: User, address: str) -> None:
    tell(clerk, "请安排居民表决")
    assert inbox_link(client_of(clerk), reverse(address)) == "消息 1条未读"


def test_many_are_said_as_many(client_of: ClientOf, resident: User) -> None:
    Message.objects.bulk_create(Message(user=resident, title="请投票") for _ in range(120))
    assert inbox_link(client_of(resident), reverse("home")) == "消息 99+条未读"


def test_a_visitor_has_none(client: Client, db: None) -> None:
    assert inbox_link(client, reverse("home")) == ""
