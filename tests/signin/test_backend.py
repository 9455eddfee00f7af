"""Whose session it is: read by one statement, and only while the account is open."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from minshi.accounts.backends import AccountBackend
from minshi.accounts.models import User

pytestmark = pytest.mark.django_db


def test_the_user_is_the_same_as_the_models_own(resident: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        found = AccountBackend().get_user(resident.pk)
    assert found == resident and found is not None
    stored = User.objects.get(pk=resident.pk)
    assert {field.attname: getattr(found, field.attname) for field in User._meta.concrete_fields} == {
        field.attname: getattr(stored, field.attname) for field in User._meta.concrete_fields
    }
    found.owes_password = True
    found.save()
    assert User.objects.get(pk=resident.pk).owes_password


def test_nobody_is_nobody(db: None) -> None:
    assert AccountBackend().get_user(10**9) is None


def test_a_closed_account_is_out_with_its_next_page(client_of: Any, resident: User) -> None:
    client: Client = client_of(resident)
    assert client.get("/mine/").status_code == 200
    User.objects.filter(pk=resident.pk).update(is_active=False)
    assert client.get("/mine/").status_code == 302
