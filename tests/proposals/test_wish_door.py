"""Wishes said at the door: typed by whoever came round, kept in the browser while there is no signal, sent once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route
from pytest_django.live_server_helper import LiveServer

from minshi import clock as platform_clock
from minshi.accounts.models import User
from proposals.models import Channel, Wish
from tests.way import Way

ClientOf = Callable[[User | None], Client]
DOOR = "/wishes/door/"


@pytest.fixture
def said(way: Way) -> dict[str, str]:
    door = way.households[6].address
    return {"door": door, "name": "申老伯", "text": "楼道扶手松了，电话13812345678", "category": "safety"}


@pytest.mark.django_db
def test_it_is_the_wish_of_whoever_said_it_and_who_typed_it_stands_beside(
    way: Way, said: dict[str, str], client: Client, client_of: ClientOf, chief: User
) -> None:
    client_of(chief).post(DOOR, said)
    wish = Wish.objects.get()
    assert (wish.entered_by, wish.channel, wish.wisher_name, wish.place) == (
        chief, Channel.DOOR, "申老伯", way.households[6].place,
    )  # fmt: skip
    assert not wish.by.is_same(chief.pk)
    page = client.get(wish.get_absolute_url()).content.decode()
    assert "楼道扶手松了" in page and "申老伯" not in page and "13812345678" not in page


@pytest.mark.django_db
def test_nobody_else_writes_wishes_down_and_no_one_for_doors_elsewhere(
    said: dict[str, str], client_of: ClientOf, resident: User, chief: User
) -> None:
    assert client_of(resident).post(DOOR, said).status_code == 403
    answer = client_of(chief).post(DOOR, {**said, "door": "没有这一户"})
    assert answer.status_code == 422 and "楼道扶手松了" in answer.content.decode()
    assert not Wish.objects.exists()


@pytest.mark.django_db
def test_the_numbers_to_call_and_the_hours_stand_first(client_of: ClientOf, chief: User) -> None:
    page = client_of(chief).get(DOOR).content.decode()
    assert 'href="tel:119"' in page and "2小时内回应，24小时内到场" in page


@pytest.mark.django_db
def test_the_same_words_twice_are_one_wish(said: dict[str, str], client_of: ClientOf, chief: User) -> None:
    answers = [client_of(chief).post(DOOR, said)["Location"] for _time in range(2)]
    assert len(set(answers)) == 1 and Wish.objects.count() == 1


# --- In a browser ------------------------------------------------------------------------------------


@pytest.fixture
def page(context: BrowserContext, live_server: LiveServer, client_of: ClientOf, chief: User) -> Page:
    cookie = client_of(chief).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    opened = context.new_page()
    opened.goto(live_server.url + DOOR)
    return opened


def fill(page: Page, said: dict[str, str]) -> None:
    for name in ("door", "name", "text"):
        page.fill(f"[name={name}]", said[name])


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_without_a_signal_it_is_kept_and_sent_once_however_often_the_answer_is_lost(
    way: Way, said: dict[str, str], page: Page, context: BrowserContext
) -> None:
    fill(page, said)
    context.set_offline(True)
    page.click("text=记下来")
    page.wait_for_selector("#unsent:not([hidden]) >> text=没有信号")
    assert page.input_value("[name=text]") == "" and not Wish.objects.exists()
    context.set_offline(False)
    page.reload()

    def lose_the_answer(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    context.route("**/wishes/door/", lose_the_answer, times=1)
    with page.expect_event("requestfailed"):
        page.click("text=现在交")
    page.wait_for_selector("#unsent:not([hidden]) >> text=没有信号")
    assert Wish.objects.count() == 1  # it was there, and nobody here could know
    platform_clock.move(timedelta(minutes=30))  # no signal for longer than a double tap takes
    page.click("text=现在交")
    page.wait_for_selector("#sent:not([hidden])")
    assert str(Wish.objects.get().pk) in page.inner_text("#sent") and page.is_hidden("#unsent")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_what_is_half_typed_is_there_again_and_what_was_wrong_is_taken_out_and_mended(
    way: Way, said: dict[str, str], page: Page
) -> None:
    fill(page, {**said, "door": "没有这一户"})
    page.reload()
    assert page.input_value("[name=text]") == said["text"]
    page.click("text=记下来")
    page.wait_for_selector("#unsent:not([hidden]) >> text=没有找到这一户")
    page.click("text=拿出来改")
    page.fill("[name=door]", said["door"])
    page.click("text=记下来")
    page.wait_for_selector("#sent:not([hidden])")
    assert Wish.objects.count() == 1


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_nobody_else_who_signs_in_on_that_browser_reads_it(
    way: Way,
    said: dict[str, str],
    page: Page,
    context: BrowserContext,
    client_of: ClientOf,
    clerk: User,
    live_server: Any,
) -> None:
    fill(page, said)
    context.set_offline(True)
    page.click("text=记下来")
    page.wait_for_selector("#unsent:not([hidden])")
    context.set_offline(False)
    cookie = client_of(clerk).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.reload()
    assert page.is_hidden("#unsent") and "扶手" not in page.content()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_photo_taken_without_a_signal_is_kept_small_and_sent_with_its_words(
    way: Way, said: dict[str, str], page: Page, context: BrowserContext
) -> None:
    out = BytesIO()
    Image.effect_noise((2400, 1800), 40).convert("RGB").save(out, "JPEG")
    taken = {"name": "扶手.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    fill(page, said)
    context.set_offline(True)
    page.set_input_files("#id_photos_album", taken)
    page.wait_for_selector("ul.taken canvas")
    page.click("text=记下来")
    page.wait_for_selector("#unsent:not([hidden]) >> text=1 张照片")
    assert page.is_hidden("ul.taken")
    context.set_offline(False)
    page.reload()
    with page.expect_request(lambda request: request.method == "POST") as sending:
        page.click("text=现在交")
    page.wait_for_selector("#sent:not([hidden])")
    photo = Wish.objects.get().photos.get()
    assert max(photo.image.width, photo.image.height) == 1600
    assert len(sending.value.post_data_buffer or b"") < len(out.getvalue())
    page.reload()
    assert page.is_hidden("#unsent") and page.is_hidden("ul.taken")
