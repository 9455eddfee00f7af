"""What the sign-in's tests share: texts kept in memory, and the steps of a person at the door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from minshi.notifications.actions import deliver
from minshi.notifications.channels import MemoryChannel
from minshi.signin import second_factor


@pytest.fixture(autouse=True)
def texts(settings: Any) -> Iterator[list[tuple[str, str]]]:
    settings.SMS_CHANNEL = "minshi.notifications.channels.MemoryChannel"
    MemoryChannel.sent.clear()
    yield MemoryChannel.sent
    MemoryChannel.sent.clear()


def last_code(phone: str) -> str:
    """The digits of the last code this phone was sent; other news may follow it."""
    deliver()
    text = [text for number, text in MemoryChannel.sent if number == phone and "验证码" in text][-1]
    found = re.search(r"[0-9]{6}", text)
    assert found, text
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def signed_in_as(client: Client) -> int | None:
    key = client.session.get("_auth_user_id")
    return int(key) if key else None


PASSWORD = "langer-satz-2026"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def factor() -> Any:
    """Give a member of the staff a password and a second factor; answers with the present code."""

    def equip(user: Any) -> str:
        user.set_password(PASSWORD)
        user.save()
        second_factor.enrol(user, SECRET)
        return second_factor.present_code(user)

    return equip
