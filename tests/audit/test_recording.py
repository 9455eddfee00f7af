"""Every change leaves an event, whichever way it came."""

import pytest

from minshi.accounts.models import User
from minshi.audit.models import Event

pytestmark = pytest.mark.django_db


def test_a_new_row_is_recorded() -> None:
    user = User.objects.create_user("zhang", phone="13800000001")
    event = Event.objects.of(user).get()
    assert (event.op, event.db_user) == ("I", "minshi_app")
