"""What is noted of who comes in: for six months, outside the audit, seen by who must, never with the secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.audit.tracking import tracked
from minshi.residents import actions as residents
from minshi.residents.models import Role
from minshi.signin import actions, staff
from minshi.signin.models import SecurityEvent
from minshi.territory.models import Territory
from tests.cast import grant, of_before_numbers
from tests.signin.conftest import PASSWORD, SECRET, last_code, wrong
from tests.signin.test_staff import CHECK, STAFF, come_in

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
Kind = SecurityEvent.Kind


def kinds(user: User | None = None) -> list[str]:
    rows = SecurityEvent.objects.order_by("pk")
    return list((rows.filter(user=user) if user else rows).values_list("kind", flat=True))


def everything() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(event::text, E'\\n') FROM signin_securityevent AS event")
        return str(cursor.fetchone()[0])


def test_a_resident_comes_in_by_code(client: Client, resident: User) -> None:
    phone = resident.phone or ""
    client.get("/signin/", REMOTE_ADDR="203.0.113.9")
    client.post("/signin/", {"phone": phone}, REMOTE_ADDR="203.0.113.9")
    code = last_code(phone)
    client.post("/signin/code/", {"code": wrong(code)}, REMOTE_ADDR="203.0.113.9")
    client.post("/signin/code/", {"code": code}, REMOTE_ADDR="203.0.113.9")
    assert kinds(resident) == [Kind.CODE_SENT, Kind.WRONG_CODE, Kind.SIGNED_IN]
    assert set(SecurityEvent.objects.values_list("address", flat=True)) == {"203.0.113.9"}
    for secret in (phone, code, wrong(code)):
        assert secret not in everything()


def test_asking_too_often_is_noted_as_locked(client: Client, resident: User) -> None:
    Client().post("/signin/", {"phone": resident.phone})
    client.post("/signin/", {"phone": resident.phone})
    assert kinds(resident)[-1] == Kind.LOCKED


def test_staff_come_in_and_what_went_wrong_before(client: Client, clerk: User, factor: Any) -> None:
    code = factor(clerk)
    before = len(kinds(clerk))
    client.post(STAFF, {"login": clerk.username, "password": "mein-falsches-wort"})
    client.post(STAFF, {"login": clerk.username, "password": PASSWORD})
    client.post(CHECK, {"code": wrong(code)})
    client.post(CHECK, {"code": code})
    assert kinds(clerk)[before:] == [Kind.WRONG_PASSWORD, Kind.WRONG_FACTOR, Kind.SIGNED_IN]
    for secret in (PASSWORD, "mein-falsches-wort", code, wrong(code), SECRET):
        assert secret not in everything()


def test_a_password_typed_as_the_name_is_not_kept(client: Client) -> None:
    client.post(STAFF, {"login": "langes-geheimes-wort", "password": "clerk"})
    assert kinds() == [Kind.WRONG_PASSWORD]
    assert "langes-geheimes-wort" not in everything()


def test_a_lockout_is_noted(client: Client, clerk: User) -> None:
    for _time in range(12):
        client.post(STAFF, {"login": clerk.username, "password": "falsch"})
    assert Kind.LOCKED in kinds(clerk)


@pytest.mark.django_db(transaction=True)
def test_grants_resets_and_factors_are_noted_with_who_did_it(
    clerk: User, approver: User, case_officer: User, community: Territory, factor: Any
) -> None:
    factor(clerk)
    held = residents.grant(clerk, Role.SUPERVISOR, community, since=clerk.grants.get().since, basis="测试", by=approver)
    residents.revoke(held, by=approver)
    clerk = of_before_numbers(clerk)
    asked = staff.ask_reset(clerk, reason="换了手机", phone="13870000051", by=approver)
    staff.confirm_reset(asked, by=case_officer)
    noted = SecurityEvent.objects.filter(user=clerk, by__isnull=False).order_by("pk").values_list("kind", "by")
    assert list(noted) == [
        (Kind.GRANTED, approver.pk),
        (Kind.REVOKED, approver.pk),
        (Kind.RESET, case_officer.pk),
        (Kind.NUMBER, case_officer.pk),
        (Kind.FACTOR_REMOVED, case_officer.pk),
    ]


def test_even_what_goes_past_the_actions_is_noted(clerk: User, resident: User) -> None:
    User.objects.filter(pk=resident.pk).update(phone="13700000001")
    User.objects.filter(pk=clerk.pk).update(password="x", is_active=False)
    assert kinds(resident)[-1] == Kind.NUMBER
    assert kinds(clerk)[-2:] == [Kind.PASSWORD, Kind.CLOSED]
    assert "13700000001" not in everything()


def test_a_refused_permission_is_noted_by_the_page_alone(resident: User, client_of: ClientOf) -> None:
    client = client_of(resident)
    assert client.get("/paper/confirm/").status_code == 403
    event = SecurityEvent.objects.filter(user=resident).latest("pk")
    assert (event.kind, event.about) == (Kind.REFUSED, "GET paper_confirm")


def test_a_flood_is_noted_by_its_beginning(resident: User, client_of: ClientOf) -> None:
    client = client_of(resident)
    for _time in range(70):
        client.get("/paper/confirm/")
    assert kinds(resident).count(Kind.REFUSED) == 60


# --- Kept, and for how long ------------------------------------------------------------------------


def test_it_is_kept_six_months_and_then_gone(clerk: User, yard: Territory, clock: Any) -> None:
    grant(clerk, Role.CHIEF, yard)
    first = SecurityEvent.objects.latest("pk")
    clock.move(days=180)
    actions.forget()
    assert SecurityEvent.objects.filter(pk=first.pk).exists()
    clock.move(days=6)
    actions.forget()
    assert not SecurityEvent.objects.filter(pk=first.pk).exists()


def test_nobody_changes_it_or_deletes_it_early(clerk: User, yard: Territory) -> None:
    grant(clerk, Role.CHIEF, yard)
    for change in (SecurityEvent.objects.all().delete, lambda: SecurityEvent.objects.update(kind=Kind.SIGNED_IN)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_it_lies_outside_the_audit_chain() -> None:
    assert "signin_securityevent" not in {entry.table for entry in tracked()}


# --- Seen by who must --------------------------------------------------------------------------------


def test_everybody_reads_their_own(resident: User, neighbour: User, client_of: ClientOf) -> None:
    client = client_of(resident)
    client.get("/paper/confirm/")
    assert "没有权限" in client.get("/signin/records/").content.decode()
    assert "没有权限" not in client_of(neighbour).get("/signin/records/").content.decode()


def test_the_district_reads_of_its_staff_and_nobody_reads_of_residents(
    client: Client,
    clerk: User,
    resident: User,
    district_officer: User,
    approver: User,
    client_of: ClientOf,
    factor: Any,
) -> None:
    come_in(client, clerk, factor(clerk))
    client_of(resident).get("/paper/confirm/")
    page = "/admin/signin/securityevent/"
    shown = client_of(district_officer).get(page)
    users = {event.user_id for event in shown.context["cl"].result_list}
    assert clerk.pk in users
    assert resident.pk not in users
    for other in (approver, clerk):
        assert client_of(other).get(page).status_code == 403
