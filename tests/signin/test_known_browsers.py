"""Whoever came in from a browser before keeps room there, however often a stranger tries their number or their name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from minshi.accounts.models import User
from minshi.health import signs
from minshi.policy.defaults import parameters
from minshi.signin import questions
from minshi.signin.models import Code, keyed
from tests.signin.conftest import PASSWORD, last_code

Factor = Callable[[User], str]
SIGN_IN, STAFF = "/signin/", "/staff/signin/"
COOKIE = "browser"


def came_in(resident: User, **extra: Any) -> Client:
    """A browser in which the resident has come in once and gone out again."""
    browser = Client(**extra)
    browser.post(SIGN_IN, {"phone": resident.phone})
    browser.post("/signin/code/", {"code": last_code(str(resident.phone))})
    assert browser.post("/signout/").status_code == 302
    return browser


def staff_came_in(clerk: User, code: str) -> Client:
    browser = Client()
    browser.post(STAFF, {"login": clerk.username, "password": PASSWORD})
    assert browser.post("/staff/factor/check/", {"code": code}).status_code == 302
    browser.post("/signout/")
    return browser


def uses_up(phone: str, clock: Any) -> None:
    """Ten requests of a stranger, each from a browser without a name."""
    for _time in range(10):
        assert Client(REMOTE_ADDR="198.51.100.9").post(SIGN_IN, {"phone": phone}).status_code == 302
        clock.move(seconds=61)
    assert Client(REMOTE_ADDR="198.51.100.9").post(SIGN_IN, {"phone": phone}).status_code == 422


def test_a_stranger_who_uses_up_a_number_shuts_out_no_browser_of_its_holder(resident: User, clock: Any) -> None:
    mine = came_in(resident)
    clock.move(days=2)
    uses_up(str(resident.phone), clock)
    assert mine.post(SIGN_IN, {"phone": resident.phone}).status_code == 302
    assert mine.post("/signin/code/", {"code": last_code(str(resident.phone))}).status_code == 302
    assert mine.session["_auth_user_id"] == str(resident.pk)


def test_a_number_that_never_came_in_keeps_room_for_whoever_asks_from_elsewhere(db: None, clock: Any) -> None:
    phone = "13700000001"
    uses_up(phone, clock)
    for network in ("203.0.113.1", "203.0.113.2", "203.0.113.3"):
        assert Client(REMOTE_ADDR=network).post(SIGN_IN, {"phone": phone}).status_code == 302
        clock.move(seconds=61)
        assert Client(REMOTE_ADDR=network).post(SIGN_IN, {"phone": phone}).status_code == 422, "once each"
    assert Client(REMOTE_ADDR="203.0.113.4").post(SIGN_IN, {"phone": phone}).status_code == 422
    assert Code.objects.filter(phone=phone).count() == 13


def test_a_stranger_does_not_make_the_holder_wait_a_minute_either(resident: User, clock: Any) -> None:
    mine = came_in(resident)
    clock.move(days=2)
    Client().post(SIGN_IN, {"phone": resident.phone})
    answer = mine.post(SIGN_IN, {"phone": resident.phone}, follow=True)
    assert "刚刚发过" not in answer.content.decode() and Code.objects.exclude(browser="").count() == 1


def test_a_browser_that_came_in_has_its_own_ten_a_day(resident: User, clock: Any) -> None:
    mine = came_in(resident)
    for _time in range(10):
        clock.move(seconds=61)
        assert mine.post(SIGN_IN, {"phone": resident.phone}).status_code == 302
    clock.move(seconds=61)
    assert mine.post(SIGN_IN, {"phone": resident.phone}).status_code == 302, "the code that was sent is still good"
    assert Code.objects.exclude(browser="").count() == 10


def test_it_is_room_for_that_number_alone_and_nobody_forges_it(resident: User, neighbour: User, clock: Any) -> None:
    mine = came_in(resident, REMOTE_ADDR="198.51.100.9")
    clock.move(days=2)
    uses_up(str(neighbour.phone), clock)
    assert mine.post(SIGN_IN, {"phone": neighbour.phone}).status_code == 422
    uses_up(str(resident.phone), clock)
    forged = Client(REMOTE_ADDR="198.51.100.9")
    forged.cookies[COOKIE] = mine.cookies[COOKIE].value[:-3] + "abc"
    assert forged.post(SIGN_IN, {"phone": resident.phone}).status_code == 422


def test_two_who_share_a_phone_both_have_room(resident: User, neighbour: User, clock: Any) -> None:
    shared = came_in(resident)
    shared.post(SIGN_IN, {"phone": neighbour.phone})
    shared.post("/signin/code/", {"code": last_code(str(neighbour.phone))})
    shared.post("/signout/")
    clock.move(days=2)
    for user in (resident, neighbour):
        uses_up(str(user.phone), clock)
        assert shared.post(SIGN_IN, {"phone": user.phone}).status_code == 302


def test_the_cookie_is_long_lived_out_of_reach_of_scripts_and_names_nobody(resident: User) -> None:
    cookie = came_in(resident).cookies[COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and int(cookie["max-age"]) > 365 * 24 * 60 * 60
    assert cookie["path"] == "/" and not cookie["domain"]
    assert str(resident.phone) not in cookie.value and resident.username not in cookie.value


def test_over_tls_it_is_for_tls_alone(resident: User) -> None:
    browser = Client(headers={"x-forwarded-proto": "https"})
    browser.post(SIGN_IN, {"phone": resident.phone}, secure=True)
    answer = browser.post("/signin/code/", {"code": last_code(str(resident.phone))}, secure=True)
    assert answer.cookies[COOKIE]["secure"]


def test_wrong_passwords_of_strangers_shut_out_no_browser_of_the_staff(clerk: User, factor: Factor) -> None:
    mine = staff_came_in(clerk, factor(clerk))
    for number in range(54):
        stranger = Client(REMOTE_ADDR=f"198.51.100.{number % 6}")
        stranger.post(STAFF, {"login": clerk.username, "password": "something else"})
    assert Client().post(STAFF, {"login": clerk.username, "password": PASSWORD}).status_code == 422
    assert mine.post(STAFF, {"login": clerk.username, "password": PASSWORD}).status_code == 302


def test_a_browser_of_the_staff_is_limited_by_itself(clerk: User, factor: Factor) -> None:
    mine = staff_came_in(clerk, factor(clerk))
    for _time in range(10):
        assert mine.post(STAFF, {"login": clerk.username, "password": "something else"}).status_code == 422
    assert mine.post(STAFF, {"login": clerk.username, "password": PASSWORD}).status_code == 422


def test_a_password_alone_makes_no_browser_known(clerk: User, factor: Factor) -> None:
    factor(clerk)
    browser = Client()
    assert browser.post(STAFF, {"login": clerk.username, "password": PASSWORD}).status_code == 302
    assert COOKIE not in browser.cookies


def test_a_fresh_code_is_sent_however_often_strangers_asked(
    client_of: Callable[[User | None], Client], chief: User, clock: Any
) -> None:
    uses_up(str(chief.phone), clock)
    assert client_of(chief).post("/signin/fresh/").status_code == 302


# --- The question ------------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> int:
    """After how many tries, by the default set; the other tests try again and again."""
    after = int(parameters()["signin.question_after"]["value"])
    monkeypatch.setattr(questions, "after", lambda: after)
    return after


def answer_of(token: str, most: int) -> str:
    """What only the server can find out: it knows the key of the digest."""
    found = signing.loads(token, salt=questions.SALT)
    return next(
        str(number) for number in range(most) if keyed("answer", found["nonce"], str(number)) == found["digest"]
    )


def token_in(page: str) -> str:
    found = re.search(r'name="question" value="([^"]+)"', page)
    assert found, page
    return found[1]


def strangers(phone: str, times: int, clock: Any) -> None:
    for _time in range(times):
        assert Client().post(SIGN_IN, {"phone": phone}).status_code == 302
        clock.move(seconds=61)


def test_after_a_few_a_stranger_answers_a_question_first(resident: User, clock: Any, asked: int) -> None:
    strangers(str(resident.phone), asked, clock)
    browser = Client()
    first = browser.post(SIGN_IN, {"phone": resident.phone})
    page = first.content.decode()
    assert first.status_code == 422 and "请先答一题" in page and 'src="data:image/png;base64,' in page
    assert str(resident.phone) in page, "what was typed is kept"
    assert Code.objects.count() == asked
    wrong = browser.post(SIGN_IN, {"phone": resident.phone, "question": token_in(page), "answer": "1"})
    assert wrong.status_code == 422 and "答案不对" in wrong.content.decode()
    words = browser.post(SIGN_IN, {"phone": resident.phone, "in_words": "1"}).content.decode()
    assert "一共是多少" in words and "data:image/png" not in words
    token = token_in(words)
    right = {"phone": resident.phone, "question": token, "answer": answer_of(token, 200)}
    assert browser.post(SIGN_IN, right).status_code == 302
    assert Code.objects.count() == asked + 1


def test_the_picture_can_be_answered_too(resident: User, clock: Any, asked: int) -> None:
    strangers(str(resident.phone), asked, clock)
    page = Client().post(SIGN_IN, {"phone": resident.phone}).content.decode()
    token = token_in(page)
    right = {"phone": resident.phone, "question": token, "answer": answer_of(token, 10**questions.FIGURES)}
    assert Client().post(SIGN_IN, right).status_code == 302


def test_an_answer_is_good_once(resident: User, clock: Any, asked: int) -> None:
    strangers(str(resident.phone), asked, clock)
    question = questions.ask(in_words=True)
    right = {"phone": resident.phone, "question": question.token, "answer": answer_of(question.token, 200)}
    assert Client().post(SIGN_IN, right).status_code == 302
    clock.move(seconds=61)
    assert Client().post(SIGN_IN, right).status_code == 422


def test_the_second_of_two_taps_is_no_wrong_answer(resident: User, clock: Any, asked: int) -> None:
    strangers(str(resident.phone), asked, clock)
    question, browser = questions.ask(in_words=True), Client()
    right = {"phone": resident.phone, "question": question.token, "answer": answer_of(question.token, 200)}
    for _tap in range(2):
        answer = browser.post(SIGN_IN, right)
        assert answer.status_code == 302 and answer["Location"] == "/signin/code/"
    assert Code.objects.count() == asked + 1


@pytest.mark.parametrize("token", ["", "a", "a:b:c", "\u0000"])
def test_a_made_up_question_is_no_question(resident: User, clock: Any, asked: int, token: str) -> None:
    strangers(str(resident.phone), asked, clock)
    sent = {"phone": resident.phone, "question": token, "answer": "5"}
    assert Client().post(SIGN_IN, sent).status_code == 422


def test_a_browser_that_came_in_is_asked_nothing(resident: User, clock: Any, asked: int) -> None:
    mine = came_in(resident)
    clock.move(days=2)
    strangers(str(resident.phone), asked, clock)
    assert mine.post(SIGN_IN, {"phone": resident.phone}).status_code == 302


def test_numbers_of_nobody_are_asked_the_same(db: None, clock: Any, asked: int) -> None:
    strangers("13700000001", asked, clock)
    assert "请先答一题" in Client().post(SIGN_IN, {"phone": "13700000001"}).content.decode()


def test_passwords_are_asked_for_a_question_after_a_few_and_none_is_looked_at_before(
    clerk: User, factor: Factor, asked: int
) -> None:
    factor(clerk)
    for _time in range(asked):
        Client().post(STAFF, {"login": clerk.username, "password": "something else"})
    browser = Client()
    page = browser.post(STAFF, {"login": clerk.username, "password": PASSWORD})
    assert page.status_code == 422 and "请先答一题" in page.content.decode()
    words = browser.post(STAFF, {"login": clerk.username, "password": PASSWORD, "in_words": "1"}).content.decode()
    token = token_in(words)
    right = {"login": clerk.username, "password": PASSWORD, "question": token, "answer": answer_of(token, 200)}
    assert browser.post(STAFF, right).status_code == 302


@pytest.mark.parametrize(("number", "said"), [(11, "十一"), (20, "二十"), (27, "二十七"), (90, "九十")])
def test_a_number_is_said_as_people_say_it(number: int, said: str) -> None:
    assert questions._numeral(number) == said


# --- The city's ceiling --------------------------------------------------------------------------------


def test_the_ceiling_warns_before_it_stops_and_keeps_room_for_those_who_came_in(
    resident: User, settings: Any, clock: Any
) -> None:
    mine = came_in(resident)
    clock.move(days=2)
    settings.SIGNIN_CODES_A_DAY = 20
    sent = [Client().post(SIGN_IN, {"phone": f"137000001{number:02}"}).status_code for number in range(15)]
    assert "codes near the ceiling" not in signs.wrong(signs.all_of_them())
    sent += [Client().post(SIGN_IN, {"phone": f"137000002{number:02}"}).status_code for number in range(3)]
    assert sent == [302] * 18
    assert "codes near the ceiling" in list(signs.wrong(signs.all_of_them()))
    assert Client().post(SIGN_IN, {"phone": "13700000999"}).status_code == 422
    assert mine.post(SIGN_IN, {"phone": resident.phone}).status_code == 302
