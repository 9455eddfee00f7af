"""Accounts of the staff: opened by the level above with a first password that everything waits behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role, RoleGrant
from minshi.residents.rules import holds
from minshi.signin import second_factor, staff
from minshi.territory.models import Territory
from tests.cast import grant
from tests.signin.test_staff import present

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)
ClientOf = Callable[[User | None], Client]


def opened(place: Territory, by: User | None, **more: Any) -> tuple[User, str]:
    words = {"username": "wangli", "name": "王样例", "role": Role.CLERK, "since": DAY, "basis": "任命文件", **more}
    held, password = staff.open_account(place=place, by=by, **words)
    return held.user, password


# --- Opening -----------------------------------------------------------------------------------------


def test_the_approver_opens_the_account_of_a_clerk(community: Territory, approver: User) -> None:
    user, password = opened(community, approver)
    assert user.is_staff and user.owes_password and user.check_password(password)
    assert holds(user, community, Role.CLERK)
    assert len(password) >= 12 and not set(password) & set("0o1il")


@pytest.mark.parametrize("who", ["clerk", "case_officer", "chief", "stranger_clerk"])
def test_whoever_does_not_appoint_opens_nothing(community: Territory, who: str, request: Any) -> None:
    with pytest.raises(NotAllowed):
        opened(community, request.getfixturevalue(who))
    assert not User.objects.filter(username="wangli").exists()


def test_the_approver_of_a_street_opens_nothing_in_another(other_street: Territory, approver: User) -> None:
    with pytest.raises(NotAllowed):
        opened(other_street, approver)


def test_nobody_makes_themselves_a_superior(street: Territory, approver: User) -> None:
    with pytest.raises(NotAllowed):
        opened(street, approver, role=Role.APPROVER)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": "王丽"}, "username"),
        ({"username": "a b"}, "username"),
        ({"name": "\u200b "}, "name"),
        ({"role": Role.CHIEF}, "role"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    community: Territory, approver: User, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        opened(community, approver, **wrong)
    assert set(refusal.value.fields) == {field}


def test_a_name_is_given_once(community: Territory, approver: User) -> None:
    opened(community, approver)
    with pytest.raises(Refused) as refusal:
        opened(community, approver)
    assert "已经有人用了" in refusal.value.fields["username"]


# --- The first sign-in -------------------------------------------------------------------------------


def sign_in(client: Client, user: User, password: str) -> None:
    """Password, then enrolling the second factor, as somebody does who was just given an account."""
    client.post("/staff/signin/", {"login": user.username, "password": password})
    client.get("/staff/factor/enrol/")
    client.post("/staff/factor/enrol/", {"code": present(client.session["mfa.totp.secret"])})


def test_with_the_first_password_nothing_opens_but_changing_it(
    transactional_db: None, client: Client, community: Territory, approver: User
) -> None:
    user, password = opened(community, approver)
    sign_in(client, user, password)
    change = reverse("account_change_password")
    for page in ("/admin/", "/mine/", "/"):
        assert client.get(page, follow=False).headers.get("Location") == change
    shown = client.get(change).content.decode()
    assert shown.count("别人给的初始密码") == 1 and "先不改" not in shown
    weak = client.post(change, {"oldpassword": password, "password1": "kunming", "password2": "kunming"})
    assert weak.status_code == 422 and "密码太短，至少要 12 位" in weak.content.decode()
    mine = {"oldpassword": password, "password1": "kunming-2026-yuanzi", "password2": "kunming-2026-yuanzi"}
    assert client.post(change, mine)["Location"] == "/admin/"
    user.refresh_from_db()
    assert not user.owes_password and user.check_password("kunming-2026-yuanzi")
    assert client.get("/admin/").status_code == 200


# --- Starting anew -----------------------------------------------------------------------------------


def test_who_lost_the_phone_starts_anew_and_is_out_at_once(client_of: ClientOf, clerk: User, approver: User) -> None:
    second_factor.enrol(clerk, "JBSWY3DPEHPK3PXP")
    browser = client_of(clerk)
    assert browser.get("/admin/").status_code == 200
    password = staff.reset_access(clerk, by=approver)
    clerk.refresh_from_db()
    assert clerk.owes_password and clerk.check_password(password)
    assert not Authenticator.objects.filter(user=clerk).exists()
    assert browser.get("/admin/").status_code == 302


@pytest.mark.parametrize("who", ["clerk", "second_clerk", "case_officer", "stranger_clerk", "chief"])
def test_only_the_level_above_resets(clerk: User, who: str, request: Any) -> None:
    with pytest.raises(NotAllowed):
        staff.reset_access(clerk, by=request.getfixturevalue(who))


@pytest.mark.parametrize("higher", [Role.APPROVER, Role.DISTRICT_OFFICER])
def test_who_is_above_in_one_role_alone_does_not_reset(
    clerk: User, approver: User, street: Territory, district: Territory, higher: str
) -> None:
    """Else a street would sign in as the district, by way of a smaller role that the same person holds."""
    grant(clerk, higher, district if higher == Role.DISTRICT_OFFICER else street)
    with pytest.raises(NotAllowed):
        staff.reset_access(clerk, by=approver)
    clerk.refresh_from_db()
    assert not clerk.owes_password


def test_a_clerk_does_not_reset_a_superior_who_is_a_chief_as_well(
    clerk: User, case_officer: User, yard: Territory
) -> None:
    grant(case_officer, Role.CHIEF, yard)
    with pytest.raises(NotAllowed):
        staff.reset_access(case_officer, by=clerk)


def test_nobody_at_a_desk_resets_an_operator(community: Territory, approver: User) -> None:
    operator = User.objects.create_superuser("root", password=None)
    grant(operator, Role.CLERK, community)
    with pytest.raises(NotAllowed):
        staff.reset_access(operator, by=approver)


def test_a_revoked_role_gives_nobody_a_say(clerk: User, approver: User) -> None:
    RoleGrant.objects.filter(user=clerk).update(revoked_at="2026-01-01T00:00Z")
    with pytest.raises(NotAllowed):
        staff.reset_access(clerk, by=approver)


def test_a_resident_has_no_password_to_reset(resident: User) -> None:
    with pytest.raises(Refused):
        staff.reset_access(resident, by=None)


# --- The operator's command --------------------------------------------------------------------------


def told(*words: str) -> str:
    out = StringIO()
    call_command("add_staff", *words, stdout=out)
    return out.getvalue()


def test_the_first_officer_of_a_district_is_added_by_command(district: Territory) -> None:
    said = told("wangli", "--name", "王样例", "--place", district.code)
    user = User.objects.get(username="wangli")
    assert holds(user, district, Role.DISTRICT_OFFICER)
    password = re.search("初始密码 (\\S+?)，", said)
    assert password and user.check_password(password[1])
    assert "初始密码" in told("wangli", "--reset")
    user.refresh_from_db()
    assert not user.check_password(password[1])


NO_SUCH_PLACE = ("wangli", "--name", "王样例", "--place", "nowhere")


@pytest.mark.parametrize("words", [NO_SUCH_PLACE, ("nobody", "--reset"), ("王丽", "--place", "990101")])
def test_what_the_command_cannot_do_it_says(district: Territory, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        told(*words)
