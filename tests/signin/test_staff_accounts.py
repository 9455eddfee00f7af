"""Accounts of the staff: opened by the level above, started by their holder alone, made anew by two."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from minshi import clock
from minshi.accounts.models import User
from minshi.notifications.models import Message, Outbox
from minshi.notifications.sealing import unseal
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions as residents
from minshi.residents.models import Person, Role, RoleGrant
from minshi.residents.rules import holds
from minshi.signin import second_factor, staff
from minshi.signin.models import AccessReset, Activation
from minshi.signin.rules import may_use_codes
from minshi.territory.models import Territory
from tests.cast import grant, of_before_numbers
from tests.signin.test_staff import present

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 1)
PHONE = "13870000001"
MINE = "kunming-2026-yuanzi"
ClientOf = Callable[[User | None], Client]


def opened(place: Territory, by: User | None, **more: Any) -> tuple[User, str]:
    words = {
        "username": "wangli",
        "name": "王样例",
        "phone": PHONE,
        "role": Role.CLERK,
        "since": DAY,
        "basis": "任命文件",
        **more,
    }
    held, code = staff.open_account(place=place, by=by, **words)
    return held.user, code


def texts_to(phone: str) -> list[str]:
    return [unseal(row.sealed) for row in Outbox.objects.filter(phone=phone).order_by("pk")]


# --- Opening -----------------------------------------------------------------------------------------


def test_the_approver_opens_the_account_of_a_clerk_and_knows_no_password(community: Territory, approver: User) -> None:
    user, code = opened(community, approver)
    assert user.is_staff and not user.has_usable_password() and not user.phone_verified
    assert holds(user, community, Role.CLERK)
    assert len(code) >= 10 and not set(code) & set("0o1il")
    assert code in texts_to(PHONE)[0]
    assert code not in Activation.objects.get().digest


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
        ({"phone": ""}, "phone"),
        ({"phone": "0871-1234567"}, "phone"),
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
        opened(community, approver, phone="13870000002")
    assert "已经有人用了" in refusal.value.fields["username"]


def test_one_human_has_one_login(community: Territory, approver: User) -> None:
    opened(community, approver)
    with pytest.raises(Refused) as refusal:
        opened(community, approver, username="wangli2")
    assert "不再另开" in refusal.value.fields["phone"]
    assert User.objects.filter(phone=PHONE).count() == 1


def test_a_residents_account_becomes_the_staff_login(community: Territory, approver: User, resident: User) -> None:
    phone, home = resident.phone, Person.objects.get(user=resident).residence
    with pytest.raises(Refused) as refusal:
        opened(community, approver, phone=phone)
    assert "另一个姓名" in refusal.value.fields["name"]
    user, _code = opened(community, approver, phone=phone, name="甲居民")
    assert (user.pk, user.username, user.is_staff) == (resident.pk, "wangli", True)
    assert not may_use_codes(user)  # in by the desk's door from now on
    assert Person.objects.get(user=user).residence == home  # and a resident of their door as before


def test_a_resident_who_takes_an_office_starts_with_a_code_on_their_own_phone(
    resident: User, approver: User, community: Territory, client_of: ClientOf
) -> None:
    """An office given in the register made a login nobody had activated."""
    page = f"/admin/residents/residence/{resident.person.residence.pk}/do/appoint/"
    sent = {"role": "clerk", "place": community.pk, "since": "2026-01-01", "basis": "任命文件"}
    desk = client_of(approver)
    for wrong in ({}, {"username": "王"}, {"username": "approver"}, {"username": "\u2800"}):
        answer = desk.post(page, {**sent, **wrong})
        assert answer.status_code == 422 and "登录名" in answer.content.decode()
    assert not User.objects.get(pk=resident.pk).is_staff
    assert desk.post(page, {**sent, "username": "jia"}).status_code == 302
    user = User.objects.get(pk=resident.pk)
    assert (user.username, user.is_staff, user.phone) == ("jia", True, resident.phone)
    assert "启用码" in texts_to(user.phone or "")[-1] and Activation.objects.filter(user=user).exists()
    assert not may_use_codes(user) and holds(user, community, Role.CLERK)


def test_an_unproven_number_takes_no_office(resident: User, approver: User, community: Territory) -> None:
    User.objects.filter(pk=resident.pk).update(phone_verified=False)
    facts: dict[str, Any] = {"role": Role.CLERK, "place": community, "since": DAY, "basis": "任命文件"}
    with pytest.raises(Refused, match="验证过的手机号"):
        staff.appoint(resident, username="jia", **facts, by=approver)


def test_the_operators_command_asks_for_a_number_too(community: Territory, settings: Any) -> None:
    facts = {"name": "王样例", "role": "clerk", "place": community.code, "basis": "任命文件"}
    with pytest.raises(CommandError, match="手机号"):
        call_command("add_staff", "wangli", **facts, stdout=StringIO())
    settings.SMS_GATEWAY_URL, out = "https://gateway.example/", StringIO()
    call_command("add_staff", "wangli", **facts, phone=PHONE, stdout=out)
    assert "已发到本人手机" in out.getvalue() and "启用码 " not in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_operators_reset_gives_an_old_login_its_number(clerk: User) -> None:
    of_before_numbers(clerk)
    with pytest.raises(CommandError, match="还没有手机号"):
        call_command("add_staff", "clerk", reset=True, stdout=StringIO())
    call_command("add_staff", "clerk", reset=True, phone=PHONE, stdout=StringIO())
    assert User.objects.get(pk=clerk.pk).phone == PHONE and "启用码" in texts_to(PHONE)[-1]


def test_who_comes_back_to_an_office_starts_anew(community: Territory, approver: User) -> None:
    user, _code = opened(community, approver)
    Activation.objects.filter(user=user).update(used_at=clock.now())
    User.objects.filter(pk=user.pk).update(phone_verified=True)
    residents.revoke(RoleGrant.objects.get(user=user), by=approver)
    assert not User.objects.get(pk=user.pk).is_staff
    again, code = opened(community, approver)
    assert again.pk == user.pk and code in texts_to(PHONE)[-1]


# --- The first sign-in -------------------------------------------------------------------------------


def sent(code: str, **more: str) -> dict[str, str]:
    return {"username": "wangli", "code": code, "password1": MINE, "password2": MINE, **more}


def test_the_holder_alone_sets_the_password_with_the_code(
    transactional_db: None, client: Client, community: Territory, approver: User
) -> None:
    user, code = opened(community, approver)
    url = "/staff/activate/"
    assert client.get(url).status_code == 200
    for wrong in (sent("wrong"), sent(code, username="nobody"), sent(code, password2="x"), sent(code, password1="1")):
        assert client.post(url, wrong).status_code == 422
    assert client.post(url, sent(code))["Location"] == "/staff/signin/"
    user.refresh_from_db()
    assert user.check_password(MINE) and user.phone_verified
    assert client.post(url, sent(code)).status_code == 422  # once
    client.post("/staff/signin/", {"login": "wangli", "password": MINE})
    client.get("/staff/factor/enrol/")
    wrong_code = client.post("/staff/factor/enrol/", {"code": "12345"}).content.decode()
    assert "动态验证码不对" in wrong_code and "错误代码" not in wrong_code
    client.post("/staff/factor/enrol/", {"code": present(client.session["mfa.totp.secret"])})
    assert client.get("/admin/").status_code == 200


def test_a_code_expires_and_is_guessed_five_times(community: Territory, approver: User, clock: Any) -> None:
    _user, code = opened(community, approver)
    for _guess in range(5):
        assert staff.activate("wangli", "wrong", MINE) is None
    assert staff.activate("wangli", code, MINE) is None
    user, code = opened(community, approver, username="lisi", phone="13870000002")
    clock.move(days=staff.activation_days(), seconds=1)
    assert staff.activate("lisi", code, MINE) is None
    assert not user.check_password(MINE)


def test_no_cookie_and_no_page_of_the_desk_carries_the_code(
    client_of: ClientOf, community: Territory, approver: User
) -> None:
    browser = client_of(approver)
    answer = browser.post(
        "/admin/residents/rolegrant/add/",
        {
            "person": "王样例",
            "username": "wangli",
            "phone": PHONE,
            "role": Role.CLERK,
            "place": community.pk,
            "since": "2026-01-01",
            "basis": "任命文件",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    code = re.search("启用码是 (\\w+)", texts_to(PHONE)[0])
    assert code
    carried = "".join(morsel.value for morsel in browser.cookies.values())
    shown = browser.get(answer["Location"]).content.decode()
    assert "138****0001" in shown
    assert code[1] not in carried + shown + str(dict(browser.session))


# --- Starting anew -----------------------------------------------------------------------------------


@pytest.fixture
def lost(clerk: User) -> User:
    """A clerk who works with password and factor, and has lost the phone with the factor."""
    clerk.phone = "13870000009"
    clerk.set_password(MINE)
    clerk.save(update_fields=["phone", "password"])
    second_factor.enrol(clerk, "JBSWY3DPEHPK3PXP")
    return clerk


def test_access_is_made_anew_by_two_and_its_holder_is_told(
    client_of: ClientOf, lost: User, approver: User, case_officer: User
) -> None:
    browser = client_of(lost)
    asked = staff.ask_reset(lost, reason="换了手机，当面核实", by=approver)
    lost.refresh_from_db()
    assert lost.check_password(MINE)  # nothing has happened yet but that they know
    assert browser.get("/admin/").status_code == 200
    assert "有人申请重设" in texts_to(lost.phone or "")[-1]
    assert Message.objects.filter(user=lost, title__contains="申请重设").exists()
    for nobody in (approver, lost):
        with pytest.raises(NotAllowed):
            staff.confirm_reset(asked, by=nobody)
    staff.confirm_reset(asked, by=case_officer)
    lost.refresh_from_db()
    assert not lost.has_usable_password() and not Authenticator.objects.filter(user=lost).exists()
    assert browser.get("/admin/").status_code == 302
    code = re.search("启用码是 (\\w+)", texts_to(lost.phone or "")[-1])
    assert code and staff.activate("clerk", code[1], "yi-ge-xin-mima-2026")
    with pytest.raises(Refused, match="已经办过"):
        staff.confirm_reset(asked, by=case_officer)


def test_the_district_officer_alone_enters_no_desk_of_a_street(
    approver: User, cashier: User, district_officer: User, case_officer: User, district_finance: User
) -> None:
    """Reset both, signed in as both, paid: by one person, in twenty seconds, with nobody told."""
    for user, phone in ((approver, "13870000011"), (cashier, "13870000012")):
        user.phone = phone
        user.save(update_fields=["phone"])
        asked = staff.ask_reset(user, reason="忘了密码", by=district_officer)
        for second in (district_officer, case_officer, user):
            with pytest.raises(NotAllowed):
                staff.confirm_reset(asked, by=second)
        staff.confirm_reset(asked, by=district_finance)
        assert texts_to(phone)
    assert Activation.objects.filter(used_at=None).count() == 2


def test_the_database_wants_two_people_and_a_reset_behind_a_new_code(
    lost: User, approver: User, case_officer: User
) -> None:
    asked = staff.ask_reset(lost, reason="换了手机", by=approver)
    for second in (approver, lost):
        with pytest.raises(DatabaseError, match="reset_takes_two_people"), transaction.atomic():
            AccessReset.objects.filter(pk=asked.pk).update(confirmed_by=second, confirmed_at=clock.now())
    until = clock.now() + timedelta(days=1)
    with pytest.raises(DatabaseError, match="nobody has confirmed"), transaction.atomic():
        Activation.objects.create(user=lost, digest="x", reset=asked, expires_at=until)
    staff.confirm_reset(asked, by=case_officer)
    with pytest.raises(DatabaseError, match="once"), transaction.atomic():
        AccessReset.objects.filter(pk=asked.pk).update(dropped_at=clock.now())


def test_who_was_not_asked_says_no(lost: User, approver: User, case_officer: User) -> None:
    asked = staff.ask_reset(lost, reason="换了手机", by=approver)
    with pytest.raises(Refused, match="等另一位复核"):
        staff.ask_reset(lost, reason="再来一次", by=approver)
    staff.drop_reset(asked, by=lost)
    with pytest.raises(Refused, match="已经办过"):
        staff.confirm_reset(asked, by=case_officer)
    lost.refresh_from_db()
    assert lost.check_password(MINE)


@pytest.mark.django_db(transaction=True)
def test_an_account_without_a_number_gets_one_first(
    clerk: User, approver: User, case_officer: User, resident: User
) -> None:
    clerk = of_before_numbers(clerk)
    for phone, why in (("", "还没有手机号"), (resident.phone or "", "另一个账号")):
        with pytest.raises(Refused, match=why):
            staff.ask_reset(clerk, reason="换了手机", phone=phone, by=approver)
    asked = staff.ask_reset(clerk, reason="换了手机", phone="138 7000 0021", by=approver)
    staff.confirm_reset(asked, by=case_officer)
    clerk.refresh_from_db()
    assert clerk.phone == "13870000021" and "启用码" in texts_to("13870000021")[-1]


@pytest.mark.parametrize("who", ["clerk", "second_clerk", "case_officer", "stranger_clerk", "chief"])
def test_only_the_level_above_resets(lost: User, who: str, request: Any) -> None:
    with pytest.raises(NotAllowed):
        staff.ask_reset(lost, reason="x", by=request.getfixturevalue(who))


@pytest.mark.parametrize("higher", [Role.APPROVER, Role.DISTRICT_OFFICER])
def test_who_is_above_in_one_role_alone_does_not_reset(
    lost: User, approver: User, street: Territory, district: Territory, higher: str
) -> None:
    """Else a street would sign in as the district, by way of a smaller role that the same person holds."""
    grant(lost, higher, district if higher == Role.DISTRICT_OFFICER else street)
    with pytest.raises(NotAllowed):
        staff.ask_reset(lost, reason="x", by=approver)
    assert not AccessReset.objects.exists()


def test_a_clerk_does_not_reset_a_superior_who_is_a_chief_as_well(
    clerk: User, case_officer: User, yard: Territory
) -> None:
    grant(case_officer, Role.CHIEF, yard)
    with pytest.raises(NotAllowed):
        staff.ask_reset(case_officer, reason="x", by=clerk)


def test_nobody_at_a_desk_resets_an_operator(community: Territory, approver: User) -> None:
    operator = User.objects.create_superuser("root", password=None, phone="13870000013")
    grant(operator, Role.CLERK, community)
    with pytest.raises(NotAllowed):
        staff.ask_reset(operator, reason="x", by=approver)


def test_a_revoked_role_gives_nobody_a_say(lost: User, approver: User) -> None:
    RoleGrant.objects.filter(user=lost).update(revoked_at="2026-01-01T00:00Z")
    with pytest.raises(NotAllowed):
        staff.ask_reset(lost, reason="x", by=approver)


def test_a_resident_has_no_password_to_reset(resident: User) -> None:
    with pytest.raises(Refused):
        staff.reset_by_operator(resident, reason="x")


# --- The operator's command --------------------------------------------------------------------------


def told(*words: str) -> str:
    out = StringIO()
    call_command("add_staff", *words, stdout=out)
    return out.getvalue()


def test_the_first_officer_of_a_district_is_added_by_command(district: Territory, approver: User) -> None:
    said = told("wangli", "--name", "王样例", "--phone", PHONE, "--place", district.code)
    user = User.objects.get(username="wangli")
    assert holds(user, district, Role.DISTRICT_OFFICER)
    code = re.search("启用码 (\\S+?)，", said)
    assert code and staff.activate("wangli", code[1], MINE)
    assert "启用码" in told("wangli", "--reset")
    user.refresh_from_db()
    assert not user.check_password(MINE)
    assert AccessReset.objects.get().by_operator
    # Recorded, and everybody at a desk of the district knows.
    assert Message.objects.filter(user=approver, title__contains="运维命令").exists()


NO_SUCH_PLACE = ("wangli", "--name", "王样例", "--place", "nowhere")


@pytest.mark.parametrize("words", [NO_SUCH_PLACE, ("nobody", "--reset"), ("王丽", "--place", "990101")])
def test_what_the_command_cannot_do_it_says(district: Territory, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        told(*words)
