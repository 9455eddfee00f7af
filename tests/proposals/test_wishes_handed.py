"""转办: a wish that is another unit's names that unit, and goes on waiting for somebody who asks it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines.actions import sweep
from minshi.notifications.models import Message
from proposals import actions
from proposals.models import Wish, WishStage
from tests.conftest import Clock
from tests.desk.test_scope import do_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def wish(way: Way, resident: User) -> Wish:
    return actions.wish(place=way.yard, text="路口看不见车", by=resident)


def test_the_unit_is_named_to_everybody_and_to_whoever_wished(
    wish: Wish, client_of: ClientOf, client: Client, clerk: User, resident: User
) -> None:
    refused = client_of(clerk).post(do_of(wish, "hand-over"), {"unit": " ", "reason": "要装一面镜子"})
    assert refused.status_code == 422 and "要装一面镜子" in refused.content.decode()
    client_of(clerk).post(do_of(wish, "hand-over"), {"unit": "交警大队13812345678", "reason": "要装一面镜子"})
    wish.refresh_from_db()
    assert wish.stage == WishStage.HANDED
    page = client.get(wish.get_absolute_url()).content.decode()
    assert "转给：交警大队" in page and "13812345678" not in page
    title = Message.objects.filter(user=resident).latest("id").title
    assert title.startswith("您的心愿转给了交警大队") and "13812345678" not in title


def test_what_the_unit_does_not_answer_climbs(wish: Wish, clerk: User, case_officer: User, clock: Clock) -> None:
    actions.answer_wish(wish, "hand_over", unit="交警大队", reason="要装一面镜子", by=clerk)
    assert wish.holder_role == "clerk" and wish.due_at
    platform_clock.set_to(wish.due_at)
    sweep()
    wish.refresh_from_db()
    assert (wish.stage, wish.holder_role) == (WishStage.HANDED, "case_officer")
    assert Message.objects.filter(user=case_officer).latest("id").title == "下一级逾期的心愿：路口看不见车"


def test_a_neighbour_it_is_handed_to_is_not_named(wish: Wish, neighbour: User, clerk: User, resident: User) -> None:
    actions.answer_wish(wish, "hand_over", unit="乙邻居家", reason="他家的树", by=clerk)
    assert wish.handed_to == "乙*居家"
    assert "乙邻居" not in Message.objects.filter(user=resident).latest("id").title
