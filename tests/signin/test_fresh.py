"""Chiefs confirm by a fresh code before they review or enter paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from minshi.accounts.models import User
from minshi.signin.freshness import fresh_code, is_fresh, needs_fresh_code
from tests.signin.conftest import last_code, wrong

FRESH = "/signin/fresh/"
ClientOf = Callable[[User | None], Client]


@needs_fresh_code
def page(request: HttpRequest, word: str = "") -> HttpResponse:
    return HttpResponse(f"opened {word}")


@pytest.fixture
def request_of(rf: RequestFactory) -> Callable[..., Any]:
    def make(user: User, session: dict[str, Any], method: str = "GET") -> Any:
        request: Any = rf.generic(method, "/reviews/3/?tab=1")
        request.user, request.session = user, session
        return request

    return make


def test_the_name_of_the_page() -> None:
    assert reverse("fresh_code") == FRESH


def test_twelve_hours_for_sending_and_one_less_for_opening(chief: User, request_of: Any, clock: Any) -> None:
    session: dict[str, Any] = {}
    assert page(request_of(chief, session)).headers["Location"] == f"{FRESH}?next=%2Freviews%2F3%2F%3Ftab%3D1"
    fresh_code(request_of(chief, session), chief)
    assert page(request_of(chief, session), "a").content == b"opened a"
    clock.move(hours=11, minutes=1)
    assert page(request_of(chief, session)).status_code == 302
    assert page(request_of(chief, session, "POST")).status_code == 200
    clock.move(minutes=60)
    assert page(request_of(chief, session, "POST")).status_code == 302


def test_another_persons_proof_is_not_mine(chief: User, resident: User, request_of: Any) -> None:
    session: dict[str, Any] = {}
    fresh_code(request_of(resident, session), resident)
    assert not is_fresh(request_of(chief, session))


def test_a_code_to_ones_own_phone_confirms(client_of: ClientOf, chief: User, clock: Any) -> None:
    client = client_of(chief)
    clock.move(hours=13)
    address = f"{FRESH}?next=/reviews/3/"
    assert "发验证码到" in client.get(address).content.decode()
    assert client.post(address).headers["Location"] == f"{FRESH}?next=%2Freviews%2F3%2F"
    code = last_code(str(chief.phone))
    assert client.post(address, {"code": wrong(code)}).status_code == 422
    assert client.post(address, {"code": code}).headers["Location"] == "/reviews/3/"
    assert datetime.fromisoformat(client.session["fresh_code"]["at"]) > clock.now() - timedelta(minutes=1)


def test_too_many_codes_are_refused_with_the_reason(client_of: ClientOf, chief: User) -> None:
    client = client_of(chief)
    client.post(FRESH)
    response = client.post(FRESH)
    assert response.status_code == 422
    assert "60 秒" in response.content.decode()


def test_a_code_for_signing_in_does_not_confirm(client_of: ClientOf, chief: User) -> None:
    Client().post("/signin/", {"phone": chief.phone})
    client = client_of(chief)
    assert client.post(FRESH, {"code": last_code(str(chief.phone))}).status_code == 422


def test_without_a_phone_the_page_says_whom_to_ask(client_of: ClientOf, resident: User) -> None:
    User.objects.filter(pk=resident.pk).update(phone=None)
    response = client_of(resident).get(FRESH)
    assert response.status_code == 403
    assert "没有手机号" in response.content.decode()


def test_staff_confirm_with_their_factor(client_of: ClientOf, clerk: User, factor: Any, clock: Any) -> None:
    code = factor(clerk)
    client = client_of(clerk)
    clock.move(hours=13)
    address = client.get(f"{FRESH}?next=/paper/").headers["Location"]
    assert address == "/staff/factor/confirm/?next=%2Fpaper%2F"
    assert client.get(address).status_code == 200
    assert client.post(address, {"code": code}).headers["Location"] == "/paper/"
    assert datetime.fromisoformat(client.session["fresh_code"]["at"]) > clock.now() - timedelta(minutes=1)


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get(FRESH).headers["Location"].startswith("/signin/")
