"""Who owns the tables writes into them while migrating; at any other time it is found, recorded as it is."""

from __future__ import annotations

import psycopg
import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection

from minshi.audit import deployments
from minshi.audit.chain import faults
from minshi.audit.models import Deployment, Event
from tests.audit.conftest import Connection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_chain")]
LAST = list(apps.get_app_configs())[-1]


def strange() -> list[tuple[str, str, str]]:
    return [tuple(fault) for fault in faults() if fault.code == "event-by-another"]


def test_the_owner_writing_like_everybody_is_found(owner: Connection) -> None:
    group = Group.objects.create(name="组")
    assert strange() == []
    owner.execute("UPDATE auth_group SET name = 'x' WHERE id = %s", [group.pk])
    event = Event.objects.of(group).latest("id")
    assert strange() == [("event-by-another", f"audit_event {event.pk}", event.db_user)]
    assert event.db_user != connection.settings_dict["USER"]


def test_what_a_migration_writes_is_its_own(owner: Connection) -> None:
    group = Group.objects.create(name="组")
    deployments.open_window("default")
    owner.execute("UPDATE auth_group SET name = 'x' WHERE id = %s", [group.pk])
    group.refresh_from_db()
    group.name = "y"
    group.save()
    before = Deployment.objects.count()
    closed_by_the_owner(owner)
    assert strange() == [] and Deployment.objects.count() == before + 1
    assert Deployment.objects.latest("pk").written == 1, "what the application wrote meanwhile is no part of it"
    owner.execute("UPDATE auth_group SET name = 'z' WHERE id = %s", [group.pk])
    assert len(strange()) == 1


def closed_by_the_owner(owner: Connection) -> None:
    """The handler works with the connection that migrates, which is the owner's."""
    application = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    params = owner.info
    connection.close()
    connection.close_pool()
    connection.settings_dict |= {"USER": params.user, "PASSWORD": params.password}
    try:
        deployments.close_window(LAST, "default")
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict |= application


def test_a_migration_that_writes_nothing_says_nothing(owner: Connection) -> None:
    deployments.open_window("default")
    before = Deployment.objects.count()
    closed_by_the_owner(owner)
    assert Deployment.objects.count() == before


def test_nobody_else_says_what_was_a_deployment() -> None:
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_deployment (release, after_event, last_event, written) VALUES ('x', 0, 10, 1)"
        )


def test_what_was_said_of_a_deployment_stays(owner: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="append-only"):
        owner.execute("UPDATE audit_deployment SET last_event = last_event + 100")
