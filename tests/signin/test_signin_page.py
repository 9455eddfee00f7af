"""The residents' way in: a phone, a code, and nothing said about whose it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from minshi.accounts.models import User
from minshi.notifications.actions import deliver
from minshi.notifications.models import Outbox
from minshi.residents.models import Role
from minshi.signin import actions
from minshi.signin.freshness import KEY
from minshi.signin.models import Code
from minshi.territory.models import Territory
from tests.cast import grant
from tests.signin.conftest import last_code, signed_in_as, wrong

SIGN_IN = "/signin/"
CODE = "/signin/code/"


def ask(client: Client, phone: str, **more: str) -> Any:
    return client.post(SIGN_IN, {"phone": phone, **more})


def enter(client: Client, code: str, **more: str) -> Any:
    return client.post(CODE, {"code": code, **more})


def come_in(client: Client, phone: str) -> None:
    ask(client, phone)
    enter(client, last_code(phone))


def test_the_names_allauth_knows_are_kept() -> None:
    assert reverse("account_request_login_code") == SIGN_IN
    assert reverse("account_logout") == "/signout/"


def test_somebody_known_comes_in_by_code(client: Client, resident: User) -> None:
    phone = str(resident.phone)
    assert ask(client, f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}").headers["Location"] == CODE
    page = client.get(CODE).content.decode()
    assert f"{phone[:3]}****{phone[7:]}" in page
    response = enter(client, last_code(phone))
    assert response.headers["Location"] == reverse("mine")
    assert signed_in_as(client) == resident.pk
    assert client.session[KEY]["user"] == resident.pk, "a code just entered is fresh"


def test_somebody_new_is_signed_up_by_the_same_form(client: Client, db: None) -> None:
    come_in(client, "13700000001")
    user = User.objects.get(phone="13700000001")
    assert signed_in_as(client) == user.pk
    assert user.phone_verified
    assert not user.has_usable_password()
    assert "13700000001" not in user.username


def test_nothing_is_kept_of_a_number_never_proven(client: Client, db: None) -> None:
    ask(client, "13700000001")
    assert not User.objects.filter(phone="13700000001").exists()


def test_a_number_from_the_register_is_verified_by_coming_in(client: Client, resident: User) -> None:
    User.objects.filter(pk=resident.pk).update(phone_verified=False)
    come_in(client, str(resident.phone))
    resident.refresh_from_db()
    assert resident.phone_verified


def test_the_way_back_is_kept_but_never_to_another_site(client: Client, resident: User) -> None:
    ask(client, str(resident.phone), next="/projects/7/?vote=1")
    response = enter(client, last_code(str(resident.phone)), next="/projects/7/?vote=1")
    assert response.headers["Location"] == "/projects/7/?vote=1"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
def test_a_foreign_way_back_is_dropped(client: Client, resident: User, address: str) -> None:
    assert ask(client, str(resident.phone), next=address).headers["Location"] == CODE
    response = enter(client, last_code(str(resident.phone)), next=address)
    assert response.headers["Location"] == reverse("mine")


def test_what_is_wrong_is_said_beside_the_field_and_kept(client: Client, db: None) -> None:
    response = ask(client, "138 0000")
    assert response.status_code == 422
    assert "138 0000" in response.content.decode()
    assert "11位手机号" in response.content.decode()


def test_without_a_code_asked_for_the_second_page_leads_to_the_first(client: Client, db: None) -> None:
    assert client.get(CODE).headers["Location"] == SIGN_IN
    assert enter(client, "123456").headers["Location"] == SIGN_IN


def test_whoever_is_in_already_goes_on(client_of: Any, resident: User) -> None:
    for page in (SIGN_IN, CODE):
        assert client_of(resident).get(page + "?next=/wishes/").headers["Location"] == "/wishes/"


def test_codes_are_kept_as_digests_only(client: Client, db: None) -> None:
    ask(client, "13700000001")
    digits = last_code("13700000001")
    kept = str(list(Code.objects.values())) + str(list(Outbox.objects.values())) + str(dict(client.session))
    assert digits not in kept


# --- One code, one browser, one purpose, once -------------------------------------------------


def test_a_code_works_once(client: Client, resident: User) -> None:
    ask(client, str(resident.phone))
    code = last_code(str(resident.phone))
    enter(client, code)
    client.post("/signout/")
    assert actions.prove(code, Code.Purpose.SIGN_IN, session_key=client.session.session_key or "") is None
    assert enter(client, code).headers["Location"] == SIGN_IN


def test_the_second_of_two_taps_with_the_right_code_is_not_told_that_it_is_wrong(
    client: Client, resident: User
) -> None:
    ask(client, str(resident.phone))
    tapped = Client()
    tapped.cookies.update(client.cookies)
    code = last_code(str(resident.phone))
    assert enter(client, code).status_code == 302
    answer = tapped.post(CODE, {"code": code}, follow=True)
    assert "刚才已经用过" in answer.content.decode() and "_auth_user_id" not in tapped.session
    assert "刚才已经用过" not in tapped.post(CODE, {"code": wrong(code)}, follow=True).content.decode()


def test_a_code_is_no_good_in_another_browser(client: Client, resident: User) -> None:
    ask(client, str(resident.phone))
    code = last_code(str(resident.phone))
    other = Client()
    other.get(SIGN_IN)
    enter(other, code)
    assert signed_in_as(other) is None
    enter(client, code)
    assert signed_in_as(client) == resident.pk


def test_a_recycled_session_does_not_carry_the_code_over(client: Client, resident: User) -> None:
    ask(client, str(resident.phone))
    code = last_code(str(resident.phone))
    session: Any = client.session
    session.cycle_key()
    session.save()
    client.cookies["sessionid"] = session.session_key
    enter(client, code)
    assert signed_in_as(client) is None


def test_a_session_planted_before_is_another_after_coming_in(client: Client, resident: User) -> None:
    client.get(SIGN_IN)
    planted = client.session.session_key
    come_in(client, str(resident.phone))
    assert client.session.session_key != planted


def test_a_code_for_one_purpose_is_no_good_for_another(client: Client, resident: User) -> None:
    ask(client, str(resident.phone))
    key = client.session.session_key
    code = last_code(str(resident.phone))
    assert actions.prove(code, Code.Purpose.FRESH, session_key=key) is None
    assert actions.prove(code, Code.Purpose.SIGN_IN, session_key=key) == resident.phone


def test_five_minutes_and_not_a_second_more(client: Client, resident: User, clock: Any) -> None:
    ask(client, str(resident.phone))
    code = last_code(str(resident.phone))
    clock.move(minutes=5)
    assert enter(client, code).headers["Location"] == SIGN_IN
    clock.move(minutes=-5, seconds=10)
    enter(client, code)
    assert signed_in_as(client) == resident.pk


def test_the_last_text_counts(client: Client, resident: User, clock: Any) -> None:
    ask(client, str(resident.phone))
    first = last_code(str(resident.phone))
    clock.move(seconds=61)
    ask(client, str(resident.phone))
    second = last_code(str(resident.phone))
    if first != second:
        assert enter(client, first).status_code == 422
    enter(client, second)
    assert signed_in_as(client) == resident.pk


def test_the_sixth_guess_is_lost_even_if_right(client: Client, resident: User) -> None:
    ask(client, str(resident.phone))
    code = last_code(str(resident.phone))
    random = re.compile(r"(csrf|form_key)\S+ value=\S+")
    answers = {random.sub("", enter(client, wrong(code)).content.decode()) for _ in range(5)}
    assert enter(client, code).status_code == 422
    assert signed_in_as(client) is None
    assert len(answers) == 1, "which guess it was is not said"


def test_the_fifth_guess_still_counts(client: Client, resident: User) -> None:
    ask(client, str(resident.phone))
    code = last_code(str(resident.phone))
    for _ in range(4):
        enter(client, wrong(code))
    enter(client, code)
    assert signed_in_as(client) == resident.pk


# --- The same answer --------------------------------------------------------------------------

TOKEN = re.compile(rb'name="(csrfmiddlewaretoken|form_key)" value="[^"]+"')


def everything_answered(phone: str) -> list[tuple[int, str, bytes]]:
    """All a browser sees from the first page to a wrong code, without what is random and the number itself."""
    client = Client()
    hidden = f"{phone[:3]}****{phone[7:]}".encode()
    seen = []
    for response in (
        client.get(SIGN_IN),
        ask(client, phone),
        client.get(CODE),
        enter(client, "000000"),
        ask(client, phone),
        client.get(CODE),
        ask(Client(), phone),
    ):
        body = TOKEN.sub(b"", response.content).replace(phone.encode(), b"PHONE").replace(hidden, b"HIDDEN")
        seen.append((response.status_code, response.headers.get("Location", ""), body))
    return seen


def test_known_unknown_closed_and_staff_numbers_answer_byte_for_byte_the_same(
    resident: User, neighbour: User, clerk: User, chief: User, community: Territory
) -> None:
    neighbour.is_active = False
    neighbour.save()
    clerk.phone = "13700000009"
    clerk.save()
    grant(chief, Role.SUPERVISOR, community)
    known = everything_answered(str(resident.phone))
    assert [status for status, _, _ in known] == [200, 302, 200, 422, 302, 200, 422]
    for phone in ("13700000001", str(neighbour.phone), str(clerk.phone), str(chief.phone)):
        assert everything_answered(phone) == known


def test_known_and_unknown_numbers_are_asked_the_same_questions(resident: User) -> None:
    asked = []
    for phone in (str(resident.phone), "13700000001"):
        client = Client()
        client.get(SIGN_IN)
        with CaptureQueriesContext(connection) as queries:
            ask(client, phone)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_code_too_late_says_so(client: Client, resident: User, clock: Any) -> None:
    ask(client, str(resident.phone))
    code = last_code(str(resident.phone))
    clock.move(minutes=6)
    assert "验证码已过期" in client.post(CODE, {"code": code}, follow=True).content.decode()


# --- Who may not come in this way -------------------------------------------------------------


@pytest.fixture(params=["flag", "role", "closed"])
def barred(request: pytest.FixtureRequest, resident: User, community: Territory) -> User:
    if request.param == "flag":
        resident.is_staff = True
    elif request.param == "role":
        grant(resident, Role.CLERK, community)
    else:
        resident.is_active = False
    resident.save()
    return resident


def test_staff_and_closed_accounts_get_words_instead_of_a_code(client: Client, barred: User, texts: Any) -> None:
    ask(client, str(barred.phone))
    deliver()
    assert len(texts) == 1
    assert not re.search("[0-9]{6}", texts[0][1])


def test_a_role_taken_up_between_asking_and_entering_closes_the_way(
    client: Client, resident: User, community: Territory
) -> None:
    ask(client, str(resident.phone))
    code = last_code(str(resident.phone))
    grant(resident, Role.CLERK, community)
    assert enter(client, code).status_code == 422
    assert signed_in_as(client) is None


def test_an_ended_staff_role_opens_the_way_again(client: Client, resident: User, community: Territory) -> None:
    held = grant(resident, Role.CLERK, community)
    held.revoked_at = held.granted_at
    held.save()
    come_in(client, str(resident.phone))
    assert signed_in_as(client) == resident.pk


def test_closing_an_account_ends_its_sessions_at_once(client: Client, resident: User) -> None:
    come_in(client, str(resident.phone))
    assert client.get("/messages/").status_code == 200
    User.objects.filter(pk=resident.pk).update(is_active=False)
    assert client.get("/messages/").status_code == 302


def test_signing_out_asks_first_and_then_ends_the_session(client_of: Any, resident: User) -> None:
    client = client_of(resident)
    assert "要退出登录吗" in client.get("/signout/").content.decode()
    assert signed_in_as(client) == resident.pk
    assert client.post("/signout/").headers["Location"] == reverse("home")
    assert signed_in_as(client) is None


def test_asking_again_within_a_minute_says_so(client: Client, resident: User) -> None:
    phone = str(resident.phone)
    ask(client, phone)
    assert "刚刚发过" not in client.get(CODE).content.decode()
    again = ask(client, phone)
    assert again.headers["Location"] == CODE
    assert "验证码刚刚发过。没收到的话，请 60 秒后再取一次。" in client.get(CODE).content.decode()
    assert Code.objects.filter(phone=phone).count() == 1


@pytest.mark.django_db
def test_the_page_that_asks_for_a_number_leads_to_what_it_is_for(client: Client) -> None:
    """Its link had the name of no page, and was left out."""
    assert "/privacy/" in client.get("/signin/").content.decode()
