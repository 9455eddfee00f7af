"""The staff's way in: a password, then a second factor, and nothing before it."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.residents.models import Role, RoleGrant
from minshi.signin import second_factor
from minshi.signin.freshness import KEY
from minshi.territory.models import Territory
from tests.cast import grant
from tests.signin.conftest import PASSWORD, signed_in_as

Factor = Callable[[User], str]
STAFF = "/staff/signin/"
CHECK = "/staff/factor/check/"
ENROL = "/staff/factor/enrol/"


def give_password(client: Client, user: User, password: str = PASSWORD, **more: str) -> Any:
    return client.post(STAFF, {"login": user.username, "password": password, **more})


def come_in(client: Client, user: User, code: str) -> Any:
    give_password(client, user)
    return client.post(CHECK, {"code": code})


def enters_the_admin(client: Client) -> bool:
    """Whether the admin opens; its index may be another's page, so its login's answer decides."""
    return client.get("/admin/").status_code == 200


@pytest.fixture
def without(clerk: User) -> User:
    """A member of the staff with a password and no second factor yet."""
    clerk.set_password(PASSWORD)
    clerk.save()
    return clerk


def test_names_of_the_pages() -> None:
    assert reverse("staff_signin") == reverse("account_login") == STAFF
    assert reverse("mfa_activate_totp") == ENROL


def test_password_then_factor_opens_the_admin(client: Client, clerk: User, factor: Factor) -> None:
    code = factor(clerk)
    assert give_password(client, clerk).headers["Location"] == CHECK
    assert signed_in_as(client) is None, "a password alone opens nothing"
    response = client.post(CHECK, {"code": code})
    assert response.headers["Location"] == "/admin/"
    assert signed_in_as(client) == clerk.pk
    assert enters_the_admin(client)
    assert client.session[KEY]["user"] == clerk.pk, "the factor is as good as a fresh code"
    assert client.session.get_expiry_age() <= 12 * 60 * 60


def test_the_way_back_is_kept_through_both_pages(client: Client, clerk: User, factor: Factor) -> None:
    code = factor(clerk)
    give_password(client, clerk, next="/admin/proposals/")
    assert client.post(CHECK, {"code": code}).headers["Location"] == "/admin/proposals/"


def test_wrong_name_wrong_password_and_residents_hear_the_same(
    client: Client, clerk: User, resident: User, factor: Factor
) -> None:
    factor(clerk)
    resident.set_password(PASSWORD)
    resident.save()
    closed = User.objects.create_user("closed", PASSWORD, is_staff=True, is_active=False)
    answers = set()
    pairs = [(name, PASSWORD) for name in ("nobody", resident.username, closed.username)]
    for name, password in (*pairs, (clerk.username, "something else")):
        response = Client().post(STAFF, {"login": name, "password": password})
        assert response.status_code == 422
        body = re.sub(r'value="[^"]*"', "", response.content.decode())
        answers.add(body)
    assert len(answers) == 1


def test_what_was_typed_is_kept_but_not_the_password(client: Client, clerk: User, factor: Factor) -> None:
    factor(clerk)
    page = give_password(client, clerk, "something else").content.decode()
    assert 'value="clerk"' in page
    assert "something else" not in page
    assert "您填的都还在" not in page and "密码不留在页面上" in page


def test_passwords_are_tried_ten_times_a_quarter_from_one_place(
    client: Client, clerk: User, factor: Factor, clock: Any
) -> None:
    factor(clerk)
    for _ in range(10):
        assert give_password(client, clerk, "something else").status_code == 422
    assert give_password(client, clerk).status_code == 422, "now even the right one"
    other = Client(REMOTE_ADDR="198.51.100.9")
    assert give_password(other, clerk).status_code == 302, "not shut out from elsewhere"
    clock.move(minutes=16)
    assert give_password(client, clerk).status_code == 302


# --- The second factor ------------------------------------------------------------------------


def test_a_code_of_the_factor_works_once(client: Client, clerk: User, factor: Factor) -> None:
    code = factor(clerk)
    come_in(client, clerk, code)
    other = Client()
    assert come_in(other, clerk, code).status_code == 422
    assert signed_in_as(other) is None


def test_five_wrong_codes_and_the_right_one_is_lost_for_a_while(
    client: Client, clerk: User, factor: Factor, clock: Any
) -> None:
    code = factor(clerk)
    for _ in range(5):
        assert come_in(client, clerk, "000000" if code != "000000" else "000001").status_code == 422
    assert come_in(client, clerk, code).status_code == 422
    clock.move(minutes=6)
    assert come_in(client, clerk, second_factor.present_code(clerk)).status_code == 302


def test_replays_at_the_same_moment_are_accepted_once(transactional_db: None, clerk: User, factor: Factor) -> None:
    code = factor(clerk)
    start = Barrier(8)
    accepted: list[bool] = []

    def guess(attempt: str) -> None:
        start.wait()
        try:
            second_factor.accept(clerk, attempt)
            accepted.append(True)
        except ValidationError:
            accepted.append(False)
        finally:
            connection.close()

    threads = [Thread(target=guess, args=(code,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(accepted) == [False] * 7 + [True]


def test_a_recovery_code_replaces_the_phone_once(client: Client, clerk: User, factor: Factor) -> None:
    come_in(client, clerk, factor(clerk))
    client.post("/staff/confirm/", {"password": PASSWORD})
    client.post("/staff/factor/recovery/new/")
    page = client.get("/staff/factor/recovery/").content.decode()
    code = re.findall(r"<code>(\d{8})</code>", page)[0]
    other = Client()
    assert come_in(other, clerk, code).headers["Location"] == "/admin/"
    assert come_in(Client(), clerk, code).status_code == 422


def test_the_secret_is_sealed_in_the_database(clerk: User, factor: Factor) -> None:
    factor(clerk)
    kept = str(Authenticator.objects.get().data)
    assert "JBSWY3DPEHPK3PXP" not in kept
    assert second_factor.present_code(clerk).isdigit()


# --- Before the second factor -----------------------------------------------------------------


def test_without_a_factor_staff_are_sent_to_enrol(client: Client, without: User) -> None:
    give_password(client, without)
    for page in ("/admin/", "/messages/", "/staff/factor/", "/staff/password/"):
        assert client.get(page).headers["Location"].startswith(ENROL), page


def test_enrolling_opens_the_admin(transactional_db: None, client: Client, without: User) -> None:
    give_password(client, without)
    page = client.get(ENROL).content.decode()
    assert "data:image/svg+xml;base64," in page
    secret = client.session["mfa.totp.secret"]
    assert secret in page
    assert client.post(ENROL, {"code": "000000"}).status_code == 422
    response = client.post(ENROL, {"code": present(secret)})
    assert response.headers["Location"] == "/staff/factor/recovery/"
    assert len(re.findall(r"<code>\d{8}</code>", client.get("/staff/factor/recovery/").content.decode())) == 10
    assert enters_the_admin(client)


def present(secret: str) -> str:
    steps = list(auth.yield_hotp_counters_from_time())
    return auth.format_hotp_value(auth.hotp_value(secret, steps[1]))


def test_a_session_by_code_never_reaches_the_admin(
    client: Client, resident: User, community: Territory, factor: Factor
) -> None:
    """A resident who is given a role while signed in: the old session ends, the staff's door opens."""
    client.force_login(resident)
    grant(resident, Role.CLERK, community)
    resident.is_staff = True
    resident.save()
    assert client.get("/admin/").headers["Location"].startswith(STAFF)
    assert signed_in_as(client) is None


def test_a_role_without_the_flag_is_stopped_at_the_admin_too(
    client: Client, resident: User, community: Territory
) -> None:
    client.force_login(resident)
    grant(resident, Role.APPROVER, community)
    assert client.get("/admin/").headers["Location"].startswith(STAFF)
    assert signed_in_as(client) is None


def test_a_password_session_from_before_the_factor_must_come_in_again(
    client: Client, without: User, factor: Factor
) -> None:
    give_password(client, without)
    factor(without)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(STAFF)
    assert signed_in_as(client) is None


def test_a_factor_passed_by_another_in_this_session_is_not_mine(client: Client, clerk: User, approver: User) -> None:
    client.force_login(approver)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": 0.0}]
    session["account_authentication_methods_user"] = str(clerk.pk)
    session.save()
    assert client.get("/admin/").status_code == 302


def test_the_admins_own_door_leads_to_the_staffs(client: Client, db: None) -> None:
    assert client.get("/admin/login/?next=/admin/").headers["Location"] == "/staff/signin/?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).status_code == 302
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/staff/signin/")


def test_a_resident_at_the_admins_door_hears_why_and_goes_round_in_no_circle(client_of: Any, resident: User) -> None:
    client = client_of(resident)
    for page in ("/admin/login/?next=/admin/", STAFF, ENROL, "/staff/password/", "/staff/factor/"):
        assert client.get(page).status_code == 403, page
    assert client.get("/admin/", follow=True).status_code == 403


def test_visitors_cost_nothing(client: Client, db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        client.get("/signout/")


# --- Changing and losing ----------------------------------------------------------------------


def test_changing_the_phone_asks_for_the_password_and_shuts_the_admin(
    client: Client, clerk: User, factor: Factor
) -> None:
    come_in(client, clerk, factor(clerk))
    assert client.get("/staff/factor/remove/").headers["Location"].startswith("/staff/confirm/")
    client.post("/staff/confirm/", {"password": PASSWORD})
    assert client.get("/staff/factor/remove/").status_code == 200
    client.post("/staff/factor/remove/")
    assert not second_factor.has_one(clerk)


def test_a_new_password_ends_the_other_sessions(client: Client, clerk: User, factor: Factor, clock: Any) -> None:
    come_in(client, clerk, factor(clerk))
    other = Client()
    Authenticator.objects.update(data={**Authenticator.objects.get().data, "last_step": 0})
    come_in(other, clerk, second_factor.present_code(clerk))
    assert enters_the_admin(other)
    not_mine = client.post("/staff/password/", {"oldpassword": "not mine", "password1": "short", "password2": "short"})
    assert "当前密码不对" in not_mine.content.decode()
    weak = client.post("/staff/password/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"})
    assert weak.status_code == 422
    new = "anderer-langer-satz-7"
    client.post("/staff/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert enters_the_admin(client)
    assert other.get("/admin/").status_code == 302


def test_an_account_closed_or_stripped_is_out_at_once(client: Client, clerk: User, factor: Factor) -> None:
    come_in(client, clerk, factor(clerk))
    assert enters_the_admin(client)
    RoleGrant.objects.filter(user=clerk).update(until="2020-01-02")
    User.objects.filter(pk=clerk.pk).update(is_staff=False)
    assert not enters_the_admin(client)
    User.objects.filter(pk=clerk.pk).update(is_staff=True, is_active=False)
    assert not enters_the_admin(client)
