"""Nobody waits for a lock for ever, and nobody holds one without doing anything."""

from __future__ import annotations

import threading
import time

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InternalError, OperationalError, connection, connections, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from minshi.faces.middleware import RefusalMiddleware
from minshi.territory.models import Territory


@pytest.mark.django_db
def test_every_session_of_the_application_has_both_bounds() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')")
        assert cursor.fetchone() == ("10s", "10min")
    assert settings.WAITS.keys() == {"lock_timeout", "idle_in_transaction_session_timeout"}


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_a_lock_gives_up_and_is_told_so(yard: Territory, rf: RequestFactory) -> None:
    held, over = threading.Event(), threading.Event()

    def another() -> None:
        try:
            with transaction.atomic():
                Territory.objects.select_for_update().get(pk=yard.pk)
                held.set()
                over.wait(20)
        finally:
            connections["default"].close()

    thread = threading.Thread(target=another)
    thread.start()
    assert held.wait(20)
    try:
        with pytest.raises(OperationalError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '300ms'")  # the bound itself, sooner
            Territory.objects.select_for_update().get(pk=yard.pk)
    finally:
        over.set()
        thread.join()
    request = rf.get("/")
    request.user = AnonymousUser()
    answer = RefusalMiddleware(lambda request: HttpResponse()).process_exception(request, refused.value)
    assert answer is not None and answer.status_code == 409
    assert "现在正有人办同一件事" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_who_holds_a_lock_and_does_nothing_is_ended() -> None:
    """As a process that was stopped in the middle of an action: whoever waits for it goes on."""
    with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '200ms'")
        time.sleep(1)
        cursor.execute("SELECT 1")
    connection.close()
