"""Passkeys of the staff: in place of login name and password, never of the second factor."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from fido2.utils import websafe_encode
from playwright.sync_api import Page

from minshi.accounts.models import User
from minshi.clock import today
from minshi.notifications.models import Message
from minshi.residents import actions as residents
from minshi.residents.models import RoleGrant
from minshi.signin import passkeys, staff
from tests.signin.conftest import PASSWORD, signed_in_as
from tests.signin.softkey import SoftKey

pytestmark = pytest.mark.django_db
Factor = Callable[[User], str]
CHECK, ADD, IN = "/staff/factor/check/", "/staff/factor/passkey/", "/staff/passkey/"
AJAX = {"HTTP_ACCEPT": "application/json"}


def at_localhost() -> Client:
    return Client(SERVER_NAME="localhost")


def by_password(user: User, factor: Factor) -> Client:
    """Signed in by password and factor, and asked for the password again just now."""
    client = at_localhost()
    code = factor(user)
    client.post("/staff/signin/", {"login": user.username, "password": PASSWORD})
    client.post(CHECK, {"code": code})
    client.post("/staff/confirm/", {"password": PASSWORD})
    return client


def options_on(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.get(ADD).context["options"])
    return found


def register(client: Client, key: SoftKey, name: str = "办公室电脑") -> Any:
    return client.post(ADD, {"name": name, "credential": json.dumps(key.make(options_on(client)))})


def come_in(client: Client, key: SoftKey) -> Any:
    options = client.get(IN, **AJAX).json()["request_options"]
    return client.post(IN, {"credential": json.dumps(key.sign(options))})


@pytest.fixture
def key(clerk: User, factor: Factor) -> SoftKey:
    """The clerk's, registered; the second factor's used code is forgotten, so that its present one is good again."""
    made = SoftKey()
    assert register(by_password(clerk, factor), made).status_code == 302
    return made


def test_a_passkey_then_the_factor_opens_the_desk_and_neither_alone(clerk: User, key: SoftKey, factor: Factor) -> None:
    client = at_localhost()
    assert come_in(client, key).headers["Location"] == CHECK
    assert signed_in_as(client) is None, "a passkey alone opens nothing"
    assert client.post(CHECK, {"code": factor(clerk)}).headers["Location"] == "/admin/"
    assert signed_in_as(client) == clerk.pk and client.get("/admin/").status_code == 200


def test_the_second_factor_is_no_passkey_again(clerk: User, key: SoftKey) -> None:
    password = {"login": clerk.username, "password": PASSWORD}
    for first in (lambda browser: come_in(browser, key), lambda browser: browser.post("/staff/signin/", password)):
        client = at_localhost()
        first(client)
        page = client.get(CHECK)
        options = page.context["js_data"]["request_options"]
        answer = client.post(CHECK, {"credential": json.dumps(key.sign(options))})
        assert answer.status_code == 422 and signed_in_as(client) is None


def test_one_that_does_not_ask_who_holds_it_is_not_registered(clerk: User, factor: Factor) -> None:
    answer = register(by_password(clerk, factor), SoftKey(verifies=False))
    assert answer.status_code == 422 and "没有登记成" in answer.content.decode() and passkeys.of(clerk) == []


def test_one_that_does_not_ask_who_holds_it_does_not_sign_in(key: SoftKey) -> None:
    key.verifies = False
    client = at_localhost()
    assert come_in(client, key).headers["Location"] == "/staff/signin/"
    assert client.get(CHECK).headers["Location"].startswith("/staff/signin/")


def test_it_is_named_and_its_holder_is_told(clerk: User, key: SoftKey) -> None:
    assert [found.wrap().name for found in passkeys.of(clerk)] == ["办公室电脑"]
    assert Message.objects.filter(user=clerk, title="您的账号登记了通行密钥“办公室电脑”").count() == 1


def test_it_is_renamed_and_removed_after_the_password_again(clerk: User, key: SoftKey, factor: Factor) -> None:
    client, [made] = by_password(clerk, factor), passkeys.of(clerk)
    assert "办公室电脑" in client.get(reverse("mfa_index")).content.decode()
    page = reverse("mfa_edit_webauthn", args=[made.pk])
    assert client.post(page, {"name": "字" * 41}).status_code == 422
    assert client.post(page, {"name": "家里电脑"}).headers["Location"] == "/staff/factor/"
    assert "家里电脑" in client.get("/staff/factor/").content.decode()
    assert client.post(reverse("mfa_remove_webauthn", args=[made.pk])).headers["Location"] == "/staff/factor/"
    assert passkeys.of(clerk) == []
    assert Message.objects.filter(user=clerk, title="您的通行密钥“家里电脑”已删去").exists()
    assert come_in(at_localhost(), key).headers["Location"] == "/staff/signin/"


def test_nothing_is_registered_or_removed_without_the_password_again(clerk: User, key: SoftKey, factor: Factor) -> None:
    client, [made] = at_localhost(), passkeys.of(clerk)
    client.post("/staff/signin/", {"login": clerk.username, "password": PASSWORD})
    client.post(CHECK, {"code": factor(clerk)})
    for page in (ADD, reverse("mfa_remove_webauthn", args=[made.pk]), reverse("mfa_edit_webauthn", args=[made.pk])):
        assert client.post(page, {"name": "x"}).headers["Location"].startswith("/staff/confirm/"), page
    assert [each.wrap().name for each in passkeys.of(clerk)] == ["办公室电脑"]


def test_anothers_is_not_there(clerk: User, second_clerk: User, key: SoftKey, factor: Factor) -> None:
    client, [made] = by_password(second_clerk, factor), passkeys.of(clerk)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.post(reverse(name, args=[made.pk]), {"name": "x"}).status_code == 404
    assert len(passkeys.of(clerk)) == 1


def test_with_the_role_it_ends_at_once_also_where_it_opened_a_session(
    clerk: User, approver: User, key: SoftKey, factor: Factor
) -> None:
    client = at_localhost()
    come_in(client, key)
    client.post(CHECK, {"code": factor(clerk)})
    assert client.get("/admin/").status_code == 200
    RoleGrant.objects.filter(user=clerk).update(until=today())
    assert User.objects.get(pk=clerk.pk).is_staff, "the account is still the staff's"
    assert client.get("/staff/factor/").headers["Location"].startswith("/staff/signin/")
    assert signed_in_as(client) is None
    for held in RoleGrant.objects.filter(user=clerk):
        residents.revoke(held, by=None)
    later = at_localhost()
    assert come_in(later, key).headers["Location"] == "/staff/signin/"
    assert "没有被接受" in later.get("/staff/signin/").content.decode()


def test_access_that_begins_anew_knows_no_passkey_of_before(clerk: User, key: SoftKey) -> None:
    staff._issue(clerk)
    assert passkeys.of(clerk) == []
    assert come_in(at_localhost(), key).headers["Location"] == "/staff/signin/"


def test_a_resident_has_no_such_page_and_no_such_way_in(resident: User, key: SoftKey) -> None:
    client = at_localhost()
    client.force_login(resident)
    assert client.get(ADD).status_code == 403
    Authenticator.objects.update(user=resident)
    key.handle = websafe_encode(user_pk_to_url_str(resident).encode())
    assert come_in(at_localhost(), key).headers["Location"] == "/staff/signin/"


def test_a_signature_of_another_key_an_old_one_and_rubbish_are_no_errors(key: SoftKey) -> None:
    client, other = at_localhost(), SoftKey()
    other.name, other.handle = key.name, key.handle
    assert come_in(client, other).headers["Location"] == "/staff/signin/"
    options = client.get(IN, **AJAX).json()["request_options"]
    good = key.sign(options)
    assert client.post(IN, {"credential": json.dumps(good)}).headers["Location"] == CHECK
    assert at_localhost().post(IN, {"credential": json.dumps(good)}).headers["Location"] == "/staff/signin/"
    said = good["response"]
    broken: list[Any] = [{}, [], "x", 1, None, {**good, "response": {}}, {**good, "response": None}]
    wrong = ("", "a", "!!", 3, None, ["x"])
    broken += [{**good, "rawId": 3}, *({**good, "response": {**said, part: bad}} for part in said for bad in wrong)]
    for each in broken:
        client = at_localhost()
        client.get(IN, **AJAX)
        answer = client.post(IN, {"credential": json.dumps(each)})
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/staff/signin/"), each


@pytest.mark.parametrize("text", ["[" * 5000, "9" * 5000, "{", "\x00"])
def test_what_is_no_json_is_refused_at_each_door(clerk: User, key: SoftKey, factor: Factor, text: str) -> None:
    assert at_localhost().post(IN, {"credential": text}).headers["Location"] == "/staff/signin/"
    client = at_localhost()
    come_in(client, key)
    assert client.post(CHECK, {"credential": text}).status_code == 422
    assert by_password(clerk, factor).post(ADD, {"credential": text}).status_code == 422


def test_rubbish_is_not_registered_and_breaks_nothing(clerk: User, factor: Factor) -> None:
    client, key = by_password(clerk, factor), SoftKey()
    good = key.make(options_on(client))
    no_statement = {**good, "response": {**good["response"], "attestationObject": "AA"}}
    broken: list[Any] = [{}, [], "x", {**good, "response": {}}, no_statement]
    for each in broken:
        options_on(client)
        assert client.post(ADD, {"name": "x", "credential": json.dumps(each)}).status_code == 422, each
    assert passkeys.of(clerk) == []


def test_where_browsers_know_none_the_page_says_how_else(clerk: User, factor: Factor) -> None:
    client = by_password(clerk, factor)
    assert "这个浏览器不能用通行密钥，请照旧用登录名和密码登录" in client.get(ADD).content.decode()
    for host in ("127.0.0.1", "testserver"):
        page = client.get(ADD, SERVER_NAME=host).content.decode()
        assert "只能在 https 的网址上用" in page and "passkey.js" not in page
        assert "passkey.js" not in Client().get("/staff/signin/", SERVER_NAME=host).content.decode()
    assert "passkey.js" in Client().get("/staff/signin/", SERVER_NAME="testserver", secure=True).content.decode()
    assert "passkey.js" in at_localhost().get("/staff/signin/").content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_a_browser_it_is_registered_and_opens_the_second_step(
    live_server: Any, page: Page, clerk: User, factor: Factor, settings: Any
) -> None:
    """With the browser's own device in software; without scripts of the page's own in its text (content policy)."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    asks = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**asks, "isUserVerified": True}})
    session = by_password(clerk, factor).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page.goto(live_server.url + ADD)
    page.get_by_label("给它起个名字").fill("浏览器里的")
    page.get_by_role("button", name="登记").click()
    page.get_by_text("通行密钥已登记").wait_for()
    assert [key.wrap().name for key in passkeys.of(clerk)] == ["浏览器里的"]
    page.context.clear_cookies()
    page.goto(live_server.url + "/staff/signin/?next=/admin/")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url("**" + CHECK)
    page.get_by_label("动态验证码").fill(factor(clerk))
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_role("heading", name="我的工作台").wait_for()
