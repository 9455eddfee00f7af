"""What ``run.py`` prints: who can sign in as what, and only where passwords are known to all."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from minshi.accounts.models import User
from minshi.signin import demo

pytestmark = pytest.mark.django_db


def test_residents_come_by_phone_and_staff_by_name(chief: User, resident: User, clerk: User, settings: Any) -> None:
    settings.DEMO = True
    demo.equip(clerk)
    numbers = ((chief, "13700000001"), (resident, "13700000002"))  # none of the demo's
    for user, phone in (*numbers, (chief, "13900000001"), (resident, "13900000002")):  # its neighbours count from there
        user.phone = phone
        user.save()
    out = StringIO()
    call_command("demo_cast", stdout=out)
    said = out.getvalue()
    assert "13900000001" in said and "样板巷1号院 楼栋长" in said
    assert "13900000002" in said
    assert "clerk" in said and demo.PASSWORD in said


def test_elsewhere_nobody_is_listed(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("demo_cast", stdout=StringIO())


def test_an_empty_demo_says_what_to_do(db: None, settings: Any) -> None:
    settings.DEMO = True
    with pytest.raises(CommandError, match="replay"):
        call_command("demo_cast", stdout=StringIO())
