"""Who has not the old number any more: the clerk asks, a second person looks, both numbers hear, and it is noted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.audit.models import ClearValue
from minshi.deadlines.actions import sweep
from minshi.deadlines.models import Deadline
from minshi.mydata import actions as mydata
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role
from minshi.signin import lostnumbers
from minshi.signin.actions import admit
from minshi.signin.models import LostNumber, SecurityEvent
from tests.cast import home_of
from tests.signin.test_joining import fresh, texts_to

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
NEW = "13712345678"
WHY: dict[str, str] = {"reason": "旧卡停机补不了", "basis": "当面核对"}


@pytest.fixture
def asked(resident: User, clerk: User) -> LostNumber:
    return lostnumbers.ask(home_of(resident), phone=NEW, **WHY, by=clerk)


def test_the_clerk_asks_and_the_second_clerk_confirms(
    resident: User, clerk: User, second_clerk: User, client_of: ClientOf
) -> None:
    old, signed_in = resident.phone or "", client_of(resident)
    page = f"/admin/residents/residence/{home_of(resident).pk}/do/lost-number/"
    desk = client_of(clerk)
    assert old not in desk.get(page).content.decode()
    assert desk.post(page, {"phone": "137 1234 5678", **WHY}).status_code == 302
    asked = LostNumber.objects.get()
    for phone in (old, NEW):
        assert "不是您自己要求的" in texts_to(phone)[0] and NEW not in texts_to(phone)[0]
    assert fresh(resident).phone == old, "nothing changes before the second word"
    assert Deadline.objects.of(asked).open().get().role == Role.CLERK
    confirm = f"/admin/signin/lostnumber/{asked.pk}/do/confirm/"
    assert desk.post(confirm).status_code == 403
    shown = client_of(second_clerk).get(confirm).content.decode()
    assert "当面核对" in shown and NEW not in shown and "137****5678" in shown
    assert client_of(second_clerk).post(confirm).status_code == 302
    now = fresh(resident)
    assert now.phone == NEW and not now.phone_verified
    assert signed_in.get("/mine/").status_code == 302, "whoever was signed in is out"
    for phone in (old, NEW):
        assert "已换成" in texts_to(phone)[-1]
    assert client_of(second_clerk).post(confirm).status_code == 403, "once"
    mine = admit(NEW)
    assert mine == resident and mine.phone_verified, "the code of the first sign-in proves it"
    assert admit(old) != resident


def test_it_is_noted_as_what_concerns_who_may_come_in(resident: User, asked: LostNumber, second_clerk: User) -> None:
    lostnumbers.confirm(asked, by=second_clerk)
    kinds = set(SecurityEvent.objects.filter(user=resident).values_list("kind", flat=True))
    assert kinds >= {"number_asked", "number", "reset"}
    assert SecurityEvent.objects.get(user=resident, kind="number").by == second_clerk


def test_who_may_not_be_the_second(
    asked: LostNumber, resident: User, clerk: User, neighbour: User, stranger_clerk: User, party: User
) -> None:
    for nobody in (clerk, resident, neighbour, stranger_clerk):
        with pytest.raises(NotAllowed):
            lostnumbers.confirm(asked, by=nobody)
    for nobody in (clerk, resident):
        with pytest.raises(IntegrityError), transaction.atomic():
            LostNumber.objects.filter(pk=asked.pk).update(confirmed_by=nobody, confirmed_at=platform_clock.now())
    lostnumbers.confirm(asked, by=party)


def test_where_nobody_of_the_community_is_second_the_street_is_asked(
    resident: User, clerk: User, case_officer: User
) -> None:
    asked = lostnumbers.ask(home_of(resident), phone=NEW, **WHY, by=clerk)
    assert Deadline.objects.of(asked).open().get().role == Role.CASE_OFFICER
    lostnumbers.confirm(asked, by=case_officer)


def test_nobody_looked_in_a_working_day_so_the_street_has_it_late(
    resident: User, clerk: User, party: User, case_officer: User, clock: Any
) -> None:
    clock.set("2026-03-02 09:00")
    asked = lostnumbers.ask(home_of(resident), phone=NEW, **WHY, by=clerk)
    wait = Deadline.objects.of(asked).open().get()
    assert wait.role == Role.PARTY
    for _again in range(2):
        platform_clock.set_to(platform_clock.now() + timedelta(days=3))
        sweep()
    late = Deadline.objects.of(asked).open().get()
    assert (late.role, late.due) == (Role.CASE_OFFICER, wait.due)


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": ""}, {"phone": "0871-1234567"}, {"phone": "\u2800"}, {"phone": "１３８"}, {"reason": " "},
        {"basis": "\u3164"}, {"reason": "a" * 301},
    ],
)  # fmt: skip
def test_wrong_input_is_said_beside_its_field(
    wrong: dict[str, str], resident: User, clerk: User, client_of: ClientOf
) -> None:
    page = f"/admin/residents/residence/{home_of(resident).pk}/do/lost-number/"
    answer = client_of(clerk).post(page, {"phone": NEW, **WHY, **wrong})
    assert answer.status_code == 422 and not LostNumber.objects.exists()


def test_a_number_that_has_an_account_is_not_taken(
    resident: User, neighbour: User, clerk: User, asked: LostNumber, second_clerk: User
) -> None:
    with pytest.raises(Refused, match="合并账号"):
        lostnumbers.ask(home_of(neighbour), phone=resident.phone or "", **WHY, by=clerk)
    with pytest.raises(Refused, match="正等另一位复核"):
        lostnumbers.ask(home_of(resident), phone="13712345679", **WHY, by=clerk)
    User.objects.create_user("meanwhile", phone=NEW)
    with pytest.raises(Refused, match="现在有别的账号"):
        lostnumbers.confirm(asked, by=second_clerk)
    lostnumbers.drop(asked, by=second_clerk)
    assert not Deadline.objects.of(asked).open().exists()


def test_nobody_asks_for_their_own_household(clerk: User, household: Any, client_of: ClientOf, resident: User) -> None:
    clerk.person.residences.create(household=household, confirmed_at=platform_clock.now())
    page = f"/admin/residents/residence/{home_of(resident).pk}/do/lost-number/"
    assert client_of(fresh(clerk)).post(page, {"phone": NEW, **WHY}).status_code == 403


def test_the_number_that_was_looked_at_is_the_one_that_is_taken(asked: LostNumber, second_clerk: User) -> None:
    for number in ("13712345670", ""):
        with pytest.raises(IntegrityError, match="stays what was asked"), transaction.atomic():
            LostNumber.objects.filter(pk=asked.pk).update(phone=number)
    lostnumbers.confirm(asked, by=second_clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        LostNumber.objects.filter(pk=asked.pk).update(phone="13712345670")


def test_the_number_is_erased_with_the_account(asked: LostNumber, second_clerk: User, resident: User) -> None:
    lostnumbers.confirm(asked, by=second_clerk)
    mydata.close(by=fresh(resident))
    assert mydata.forget(fresh(resident), by=None)
    asked.refresh_from_db()
    assert asked.phone == "" and asked.confirmed_by == second_clerk
    known = {value for row in ClearValue.objects.all() for value in (row.old, row.new)}
    assert not any(value and NEW in value for value in known)
