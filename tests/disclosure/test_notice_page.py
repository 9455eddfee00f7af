"""A notice's page: the text, the period, the objections and their answers; nothing unescaped, nothing unmasked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.disclosure.actions import answer, climb, correct, object_to
from minshi.disclosure.models import Notice, Objection
from minshi.residents import reshaping
from minshi.territory.models import Territory
from tests.cast import make_staff
from tests.conftest import Clock
from tests.disclosure.conftest import FACTS

Post = Callable[..., Notice]
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def _text(client: Client, notice: Notice, tail: str = "") -> str:
    page = client.get(f"{notice.get_absolute_url()}{tail}")
    assert page.status_code == 200
    return page.content.decode()


def test_it_says_what_number_how_long_and_how_to_object(client: Client, notice: Notice) -> None:
    page = _text(client, notice)
    for words in (
        notice.title, notice.number, notice.body, "36,800.00 元", "李*新", "0871-00000002", "0871-00000001",
        "11月9日 24:00", "一社区", "我有不同意见", "示范参数，非法定",
    ):  # fmt: skip
        assert words in page


def test_it_says_what_day_of_the_period_it_is(client: Client, notice: Notice, clock: Clock) -> None:
    assert "从 11月3日 起算，共 5 个工作日" in _text(client, notice)
    clock.set("2026-11-04 10:00")
    assert "今天是第 2 个工作日，共 5 个工作日" in _text(client, notice)
    clock.set("2026-11-08 10:00")  # a Sunday
    assert "今天不计入，已到第 4 个工作日" in _text(client, notice)
    clock.set("2026-11-10 10:00")
    page = _text(client, notice)
    assert "公示期已满" in page
    assert "没有收到异议" in page


def test_a_holiday_is_named_among_the_days(client: Client, post_notice: Post, clock: Clock) -> None:
    clock.set("2026-09-30 09:00")
    page = _text(client, post_notice(days=1))
    assert "国庆节" in page
    assert "10月8日" in page


def test_calendar_days_are_all_counted(client: Client, post_notice: Post, clock: Clock) -> None:
    notice = post_notice(calendar_days=15)
    clock.set("2026-11-08 10:00")
    assert "今天是第 6 天，共 15 天" in _text(client, notice)


def test_an_answer_stands_beside_its_objection(client: Client, objection: Objection, clerk: User) -> None:
    page = _text(client, objection.notice)
    assert FACTS in page
    assert "社区答复，11月5日 24:00 前" in page
    answer(objection, text="已把晾衣绳移到东侧。", outcome="upheld", by=clerk)
    page = _text(client, objection.notice)
    assert "已把晾衣绳移到东侧。" in page
    assert "采纳" in page
    assert "一社区工作人员" in page


def test_nobody_reads_who_objected(client: Client, notice: Notice, resident: User) -> None:
    object_to(notice, facts="我是甲居民，电话13812345678。", anonymous=True, by=resident)
    page = _text(client, notice)
    assert "匿名" in page
    for secret in ("甲居民", "13812345678", resident.phone):
        assert secret not in page


def test_an_objection_handed_up_shows_where_it_is(client: Client, objection: Objection, clerk: User) -> None:
    climb(objection, reason="涉及街道的规划。", by=clerk)
    page = _text(client, objection.notice)
    assert "街道答复" in page
    assert "涉及街道的规划。" in page


def test_a_corrected_notice_leads_to_the_new_one(client: Client, notice: Notice, clerk: User) -> None:
    new = correct(notice, reason="预算写错", by=clerk)
    assert new.get_absolute_url() in _text(client, notice)
    assert notice.get_absolute_url() in _text(client, new)


def test_a_reopened_notice_says_so(client: Client, post_notice: Post, resident: User) -> None:
    notice = post_notice(households=3)
    object_to(notice, facts=FACTS, by=resident)
    assert "要重新商议" in _text(client, notice)


@pytest.mark.parametrize("tail", ["", "object/", "print/", "print/?large=1"])
def test_nothing_is_unescaped(client: Client, post_notice: Post, resident: User, clerk: User, tail: str) -> None:
    notice = post_notice(
        title=EVIL, body=EVIL, basis=EVIL, course=EVIL, table=[(EVIL, EVIL)], contact=EVIL, issuer=EVIL,
        supervision_phone='"><script>1',
    )  # fmt: skip
    resident.person.name = EVIL[:40]
    resident.person.save()
    objection = object_to(notice, facts=EVIL, request=EVIL, by=User.objects.get(pk=resident.pk))
    answer(climb(objection, reason=EVIL, by=None), text=EVIL, outcome="upheld", by=_officer(notice))
    page = _text(client, notice, tail)
    assert "<script>alert" not in page
    assert "<script>1" not in page
    assert "<img src=x" not in page


def _officer(notice: Notice) -> User:
    street = notice.place.at_level("street")
    assert street
    return make_staff(EVIL[:20], EVIL[:40], "case_officer", street)


def test_unknown_numbers_are_not_found(client: Client, db: None) -> None:
    for number in ("686175779-202611-000001", "x", "0"):
        for tail in ("", "object/", "print/"):
            assert client.get(f"/notices/{number}/{tail}").status_code == 404
        assert client.get(f"/notices/{number}.pdf").status_code == 404


@pytest.mark.parametrize("count", [1, 9])
def test_at_most_four_questions_however_many_objections(
    client: Client, notice: Notice, clerk: User, django_assert_max_num_queries: Any, count: int
) -> None:
    for number in range(count):
        object_to(notice, facts=FACTS, channel="hall", name=f"李{number}", by=clerk)
    _text(client, notice)  # reads the calendar, kept in the process
    with django_assert_max_num_queries(4):
        _text(client, notice)


def test_elder_mode_shows_fewer_things(client: Client, notice: Notice) -> None:
    assert 'class="days"' in _text(client, notice)
    client.cookies["elder"] = "1"
    page = _text(client, notice)
    assert 'class="days"' not in page
    assert "我有不同意见" in page


def test_staff_see_what_staff_may_do(
    client_of: Callable[..., Client], notice: Notice, clerk: User, resident: User
) -> None:
    assert "替来访" in _text(client_of(clerk), notice)
    assert "替来访" not in _text(client_of(resident), notice)


def test_it_is_read_only(client: Client, notice: Notice) -> None:
    assert client.post(notice.get_absolute_url()).status_code == 405


def test_no_page_has_inline_code() -> None:
    for template in Path("templates/disclosure").glob("*.html"):
        text = template.read_text()
        assert "style=" not in text.replace('rel="stylesheet"', ""), template
        assert "onclick" not in text
        assert "|safe" not in text


def test_what_was_published_stays_under_the_name_its_place_had(
    client: Client, post_notice: Post, yard: Territory, building: Territory, clerk: User
) -> None:
    notices = [post_notice(place=building), post_notice()]
    for name in ("样板新院", "样板大院"):
        reshaping.rename(yard, name=name, reason="会议", by=clerk)
    later = post_notice(title="改名以后的公示")
    pages = [_text(client, notice, tail) for notice in notices for tail in ("", "print/", "object/")]
    for page in pages:
        assert "样板巷1号院" in page and "样板新院" not in page and "样板大院" not in page
    assert "样板大院" in _text(client, later)
    board = client.get("/notices/").content.decode()
    assert board.count("样板大院") == 1 and "样板巷1号院" in board
