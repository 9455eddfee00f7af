"""A long password that is guessed at once is refused with a sentence; guesses at the old one are counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from minshi.accounts.models import User
from minshi.residents.models import Role
from minshi.signin import staff
from minshi.signin.models import SecurityEvent
from minshi.territory.models import Territory
from tests.signin.conftest import PASSWORD

Factor = Callable[[User], str]
CHANGE = "/staff/password/"
GOOD = (
    "langer-satz-2026",
    "云南的天空很蓝很蓝呢你说是",
    "kG7#pQ2!vX9z",
    "wangli-zebra-mountain",
    "correct horse battery",
)


def reasons(password: str, username: str = "wangli", phone: str | None = "13812345678") -> list[str]:
    try:
        validate_password(password, User(username=username, phone=phone))
    except ValidationError as error:
        return error.messages
    return []


@pytest.mark.parametrize("password", GOOD)
def test_a_good_one_is_taken(password: str) -> None:
    assert reasons(password) == []


@pytest.mark.parametrize(
    "password",
    ["aaaaaaaaaaaa", "AAAAAAaaaaaa", "ａａａａａａａａａａａａ", "abababababab", "abcdabcdabcd",
     "abcdefabcdef", "abcdefghijkl", "lkjihgfedcba", "qwertyuiopas", "aaaabbbbcccc", "a1a1a1a1a1a1",
     "密码密码密码密码密码密码", "1qaz1qaz1qaz", "abcdefabcdefa", "!!!!!!!!!!!!a"],
)  # fmt: skip
def test_the_same_again_and_again_is_refused_with_a_sentence(password: str) -> None:
    assert any("太好猜" in reason for reason in reasons(password))


@pytest.mark.parametrize(
    "password",
    ["wangliwangli", "wangli202611", "WangLi202611", "202611wangli", "ilgnawilgnaw", "ilgnaw-abc-12",
     "wangli!!!!!!1", "wang.li.2026!", "w4ngl1202611", "liwangliwang",
     "ｗａｎｇｌｉ202611", "wangli-abc-12", "13812345678a", "a87654321831"],
)  # fmt: skip
def test_what_is_made_of_the_login_is_refused_with_a_sentence(password: str) -> None:
    assert any("登录名或手机号" in reason for reason in reasons(password))


def test_a_login_with_figures_or_points_is_known_too() -> None:
    for password in ("clerk-01-clerk-01", "clerk01202611", "clerkclerk2026", "10krelc202611"):
        assert any("登录名" in reason for reason in reasons(password, username="clerk.01")), password


def opened(place: Territory, approver: User) -> tuple[User, str]:
    held, code = staff.open_account(
        username="wangli", name="王莉", phone="13712345678", role=Role.CLERK, place=place,
        since=approver.grants.first().since, basis="街道任命", by=approver,
    )  # fmt: skip
    return held.user, code


@pytest.mark.parametrize("password", ["aaaaaaaaaaaa", "wangli202611", "ilgnaw202611"])
def test_the_first_password_is_asked_the_same_beside_its_field(
    client: Client, community: Territory, approver: User, password: str
) -> None:
    user, code = opened(community, approver)
    typed = {"username": "wangli", "code": code, "password1": password, "password2": password}
    answer = client.post("/staff/activate/", typed)
    assert answer.status_code == 422 and answer.context["form"].errors["password1"]
    nobody = client.post("/staff/activate/", {**typed, "username": "wangli"})
    assert nobody.context["form"].errors == answer.context["form"].errors
    user.refresh_from_db()
    assert not user.has_usable_password()


def test_a_login_that_is_nobodys_hears_the_same(client: Client, db: None) -> None:
    typed = {"username": "wangli", "code": "abcdefghjk", "password1": "wangli202611", "password2": "wangli202611"}
    assert "登录名或手机号" in str(client.post("/staff/activate/", typed).context["form"].errors["password1"])


@pytest.fixture
def inside(client: Client, clerk: User, factor: Factor) -> Client:
    code = factor(clerk)
    client.post("/staff/signin/", {"login": clerk.username, "password": PASSWORD})
    assert client.post("/staff/factor/check/", {"code": code}).status_code == 302
    return client


def change(client: Client, old: str, new: str = "kG7#pQ2!vX9z") -> int:
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new}).status_code


@pytest.mark.parametrize("new", ["aaaaaaaaaaaa", "{login}202611x", "{nigol}2026!!"])
def test_another_password_is_asked_the_same(inside: Client, clerk: User, new: str) -> None:
    said = new.format(login=clerk.username, nigol=clerk.username[::-1])
    answer = inside.post(CHANGE, {"oldpassword": PASSWORD, "password1": said, "password2": said})
    assert answer.status_code == 422 and answer.context["form"].errors["password1"]


def test_guesses_at_the_old_password_are_counted_noted_and_limited_as_at_the_door(
    inside: Client, clerk: User, clock: object
) -> None:
    clock.move(minutes=16)  # type: ignore[attr-defined]
    for _time in range(10):
        assert change(inside, "something else") == 422
    assert change(inside, PASSWORD) == 422, "now even the right one"
    clerk.refresh_from_db()
    assert clerk.check_password(PASSWORD)
    noted = SecurityEvent.objects.filter(user=clerk)
    assert noted.filter(kind=SecurityEvent.Kind.WRONG_PASSWORD).count() == 10
    assert noted.filter(kind=SecurityEvent.Kind.LOCKED).exists()
    clock.move(minutes=16)  # type: ignore[attr-defined]
    assert change(inside, PASSWORD) == 302


def test_guesses_where_the_password_is_asked_again_are_counted_too(inside: Client, clerk: User, clock: object) -> None:
    clock.move(minutes=16)  # type: ignore[attr-defined]
    for _time in range(10):
        assert inside.post("/staff/confirm/", {"password": "something else"}).status_code == 422
    assert inside.post("/staff/confirm/", {"password": PASSWORD}).status_code == 422
    assert change(inside, PASSWORD) == 422, "one count for all the places at which it is guessed"
