"""Objecting in the browser: for oneself, and written down for somebody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.disclosure.models import Notice, Objection
from minshi.territory.models import Household
from tests.conftest import Clock
from tests.disclosure.conftest import FACTS

Browser = Callable[..., Client]


def test_a_resident_objects_and_sees_it_on_the_page(client_of: Browser, notice: Notice, resident: User) -> None:
    browser = client_of(resident)
    url = f"{notice.get_absolute_url()}object/"
    assert "按您家一户计" in browser.get(url).content.decode()
    page = browser.post(url, {"facts": FACTS, "request": "换个位置"}, follow=True)
    assert page.redirect_chain[-1][0].endswith("#objection-1")
    text = page.content.decode()
    assert "已收到异议，编号 686175779-202611-000001-Y01" in text
    assert FACTS in text
    assert Objection.objects.get().by == resident


def test_whoever_is_not_signed_in_reads_how_and_is_led_to_sign_in(client: Client, notice: Notice) -> None:
    url = f"{notice.get_absolute_url()}object/"
    page = client.get(url).content.decode()
    assert "0871-00000002" in page
    assert f"?next={url}" in page
    assert "<textarea" not in page
    answer = client.post(url, {"facts": FACTS})
    assert answer.status_code == 302
    assert not Objection.objects.exists()


def test_nothing_typed_is_lost(client_of: Browser, notice: Notice, resident: User) -> None:
    page = client_of(resident).post(
        f"{notice.get_absolute_url()}object/", {"facts": "不行", "request": "请换到东侧", "anonymous": "on"}
    )
    text = page.content.decode()
    assert page.status_code == 422
    assert "请写明哪里不对" in text
    assert "不行" in text
    assert "请换到东侧" in text
    assert "checked" in text


def test_pressed_twice_it_is_one_objection(client_of: Browser, notice: Notice, resident: User) -> None:
    browser = client_of(resident)
    url = f"{notice.get_absolute_url()}object/"
    first = browser.post(url, {"facts": FACTS})
    second = browser.post(url, {"facts": FACTS})
    assert (first.status_code, second.status_code, second["Location"]) == (302, 302, first["Location"])
    assert Objection.objects.count() == 1
    other = browser.post(url, {"facts": "还有一件：夜里太吵"})
    assert other.status_code == 422
    assert "正在办理" in other.content.decode()
    assert Objection.objects.count() == 1


def test_after_the_period_it_is_refused_with_the_way_on(
    client_of: Browser, notice: Notice, resident: User, clock: Clock
) -> None:
    browser = client_of(resident)
    clock.set("2026-11-10 00:00")
    url = f"{notice.get_absolute_url()}object/"
    assert "公示期已经结束" in browser.get(url).content.decode()
    page = browser.post(url, {"facts": FACTS})
    assert page.status_code == 422
    assert "0871-00000001" in page.content.decode()
    assert not Objection.objects.exists()


def test_the_clerk_writes_down_for_another(
    client_of: Browser, notice: Notice, clerk: User, neighbour_household: Household
) -> None:
    browser = client_of(clerk)
    url = f"{notice.get_absolute_url()}object/for/"
    assert browser.get(url).status_code == 200
    typed = {
        "channel": "phone", "name": "李迎新", "phone": "13812345678", "door": "1栋102", "facts": FACTS,
    }  # fmt: skip
    page = browser.post(url, typed, follow=True)
    assert page.status_code == 200
    objection = Objection.objects.get()
    assert (objection.household, objection.entered_by, objection.name) == (neighbour_household, clerk, "李*新")
    assert "13812345678" not in page.content.decode()
    assert "李迎新" not in page.content.decode()


def test_an_unknown_door_is_said_beside_the_field(client_of: Browser, notice: Notice, clerk: User) -> None:
    typed = {"channel": "hall", "name": "李迎新", "door": "9栋999", "facts": FACTS}
    page = client_of(clerk).post(f"{notice.get_absolute_url()}object/for/", typed)
    assert page.status_code == 422
    assert "没有找到这一户" in page.content.decode()
    assert "李迎新" in page.content.decode()


def test_a_door_elsewhere_is_not_found(client_of: Browser, notice: Notice, clerk: User, stranger: User) -> None:
    typed = {"channel": "hall", "name": "李迎新", "door": "远处路9号院101", "facts": FACTS}
    page = client_of(clerk).post(f"{notice.get_absolute_url()}object/for/", typed)
    assert page.status_code == 422


@pytest.mark.parametrize("who", ["resident", "chief", "stranger_clerk", "supervisor"])
def test_nobody_else_writes_for_another(
    client_of: Browser, notice: Notice, request: pytest.FixtureRequest, who: str
) -> None:
    browser = client_of(request.getfixturevalue(who))
    url = f"{notice.get_absolute_url()}object/for/"
    assert browser.get(url).status_code == 403
    assert browser.post(url, {"facts": FACTS, "channel": "hall", "name": "李"}).status_code == 403


def test_without_a_name_in_the_register_one_still_may(client_of: Browser, notice: Notice, db: None) -> None:
    user = User.objects.create_user("r13700000000", phone="13700000000")
    client_of(user).post(f"{notice.get_absolute_url()}object/", {"facts": FACTS})
    assert Objection.objects.get().name == "*"
