"""What grows says by how much: each table under its rule, and the chain for each resident."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from minshi.accounts.models import User
from minshi.health.actions import kept
from minshi.health.management.commands import growth
from minshi.health.selectors import Taken, taken

pytestmark = pytest.mark.django_db


def test_every_byte_stands_under_one_rule(resident: User) -> None:
    found = taken()
    of_rules = growth.by_rule(found.bytes)
    assert sum(of_rules.values()) == sum(found.bytes.values()) and set(of_rules) <= set(growth.NAMES)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('audit_event') + pg_total_relation_size('accounts_user')")
        assert found.bytes["audit_event"] + found.bytes["accounts_user"] == cursor.fetchone()[0]
    out = StringIO()
    call_command("growth", stdout=out)
    assert "审计链（至少十五年，不拆）" in out.getvalue() and "1 位居民" in out.getvalue()


def test_the_chain_says_what_it_takes_of_each_resident_in_a_year() -> None:
    found = Taken({}, residents=100, changes=4000, of_late=300, days=30)
    assert growth.of_the_chain(found, 4000 * 1024) == [
        "审计链：4000 次变动，每次 1024 字节",
        "最近 30 天 300 次：每位居民每年 36.5 KB，照这样 15 年 53 MB",
    ]
    assert growth.of_the_chain(Taken({}, 0, 0, 0, 0), 0) == []


def test_no_rule_takes_the_chain_apart_or_what_fired_from_its_effect() -> None:
    rules = kept()
    assert not [table for table in (*rules["purged"], *rules["purged_by"]) if table.startswith("audit_")]
    assert (
        "deadlines_effect" in rules["law"]["notices"] and "NOT EXISTS" in rules["purged"]["deadlines_deadline"]["where"]
    )
