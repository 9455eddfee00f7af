"""One resident's years, page by page, with what the others then see: in, represented, named, moved out, closed.

By requests alone; in browsers, with the number that goes to somebody else: test_years_in_a_browser.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from funding.models import Pledge
from minshi.accounts.models import User
from minshi.notifications.models import Message
from minshi.residents import actions as residents
from minshi.residents import notice
from minshi.residents.models import Person, Representation, Residence, RoleGrant
from tests.cast import home_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def text_of(client: Client, page: str) -> str:
    return client.get(page).content.decode()


@pytest.mark.walked("raising")
def test_from_the_first_day_to_the_closed_account(way: Way, resident: User, chief: User, client_of: ClientOf) -> None:
    proposal = way.raising()
    way.planned(proposal)
    user = User.objects.create_user("newcomer", phone="13900777777", phone_verified=True)
    me, them, head, anybody = client_of(user), client_of(resident), client_of(chief), client_of(None)

    # In: said, waited for, confirmed by the chief in their session.
    said = {"household": "101", "name": "申小满", "age": "adult", "consent": "on"}
    assert me.post(f"/join/{way.yard.code}/", said).status_code == 302
    assert "申小满" in text_of(head, "/residents/confirm/")
    claim = home_of(user)
    read = residents.as_read(claim)
    head.post("/residents/confirm/", {"claim": str(claim.pk), "verdict": "yes", "read": read})
    assert Message.objects.filter(user=user, event="residence.judged").exists()
    assert Person.objects.get(user=user).consented_to == notice.VERSION

    # The household: asked for, and agreed to by who represented it.
    assert "同一户还登记了谁" in text_of(me, "/represent/")
    me.post("/represent/", {"what": "ask"})
    asked = Representation.objects.open().get()
    them.post("/represent/", {"what": "yes", "request": str(asked.pk)})
    assert home_of(user).is_representative and not home_of(resident).is_representative

    # A name in public, and masked again wherever it stood.
    number = proposal.number
    assert me.post(f"/projects/{number}/pledge/", {"choice": "5000"}).status_code in (302, 303)
    page = f"/projects/{number}/books/"
    way.given(proposal, home_of(user).household, 5000, "收0009")
    me.post(f"/projects/{number}/pledge/name/", {"publishes": "1"})
    given = Pledge.objects.get(proposal=proposal, giver__person__user=user)
    assert given.name_public == "1栋 申小满" and "申小满" in text_of(anybody, page)
    me.post(f"/projects/{number}/pledge/name/", {"publishes": ""})
    given.refresh_from_db()
    assert "申小满" not in given.name_public and "申小满" not in text_of(anybody, page)

    # Moved out, as the household says it: the voice at the door is gone, what was promised stays.
    home = home_of(resident)
    assert me.post("/represent/", {"what": "gone", "home": str(home.pk)}).status_code == 302
    assert "登记我住的地方" in text_of(them, "/mine/data/")
    assert Message.objects.filter(user=resident, event="residence.ended").exists()

    # An open session loses an office with its next page.
    residents.revoke(RoleGrant.objects.get(user=chief), by=way.who("clerk"))
    assert head.get("/residents/confirm/").status_code == 403

    # All of it to read and to take along; then closed, and out at once.
    assert number in text_of(me, "/mine/data/copy/") and user.phone in text_of(me, "/mine/data/export/")
    assert "已注销" in me.post("/mine/data/close/", {"sure": "on"}).content.decode()
    assert me.get("/mine/").status_code == 302
    assert not Residence.objects.current().filter(person__user=user).exists()
    assert Pledge.objects.filter(pk=given.pk).exists() and "申小满" not in text_of(anybody, page)
