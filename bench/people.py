"""A yard of voters, signed in, with an open vote: made through the actions where they decide something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from deliberation.actions.motions import open_motion
from deliberation.models import Motion
from minshi.accounts.models import User
from minshi.clock import as_owner, now
from minshi.residents.models import Person, Residence, Role, RoleGrant
from minshi.territory.actions import add_households, add_levels, add_place, mark_open
from minshi.territory.models import Territory
from proposals import actions as proposals
from proposals.models import Category, Kind, Proposal, Stage

LEVELS = ("city", "district", "street", "community", "yard")
UNUSABLE = "!"
OURS, STOCK = "minshi.accounts.backends.AccountBackend", "django.contrib.auth.backends.ModelBackend"
SECRET = "b" * 32
"""The CSRF secret of every voter here; what is measured is the check, not the secret."""


@dataclass
class Voter:
    user: User
    session: str
    bare_session: str


def make_places() -> Territory:
    place: Territory | None = None
    add_levels(by=None)
    for number, level in enumerate(LEVELS):
        place = add_place(
            parent=place,
            code=f"bench{number}",
            name=f"量速{level}",
            level=level,
            by=None,
            organisation_code="686175779",
        )
        if level == "community":
            mark_open(place, by=None)
    assert place
    return place


def make_voters(yard: Territory, number: int) -> list[Voter]:
    doors = add_households(place=yard, addresses=[f"{door:05d}" for door in range(number)], by=None)
    users = User.objects.bulk_create(
        [
            User(username=f"bench{index}", phone=f"137{index:08d}", phone_verified=True, password=UNUSABLE)
            for index in range(number)
        ]
    )
    moment = now()
    people = Person.objects.bulk_create([Person(user=user, name="量速居民") for user in users])
    Residence.objects.bulk_create(
        [
            Residence(person=person, household=door, is_representative=True, confirmed_at=moment)
            for person, door in zip(people, doors, strict=True)
        ]
    )
    return [Voter(user, _signed_in(user, OURS), _signed_in(user, STOCK)) for user in users]


def _signed_in(user: User, backend: str) -> str:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = backend
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def make_staff(yard: Territory, role: str) -> User:
    phone = f"1360001{RoleGrant.objects.count():04d}"
    user = User.objects.create_user(f"bench-{role}", is_staff=True, phone=phone, phone_verified=True)
    RoleGrant.objects.create(user=user, role=role, place=yard.parent, since=date(2020, 1, 1))
    return user


def open_vote(yard: Territory, voters: list[Voter], clerk: User, title: str) -> tuple[Proposal, Motion]:
    chief = clerk_as_chief(yard)  # where nobody holds the post, it waits above
    proposal = proposals.submit(
        place=yard,
        title=title,
        kind=Kind.WORKS,
        category=Category.CULTURE,
        need="大家没有地方歇脚、议事。" * 12,
        plan="用院门口的空房，放桌椅和饮水机。" * 12,
        spot="院门口",
        cost_fen=3_680_000,
        shares={"subsidy": 2_000_000, "self_raised": 1_680_000},
        keeper="院落自管小组",
        by=voters[0].user,
    )
    proposals.pass_review(proposal, by=chief)
    for voter in voters:
        proposal.refresh_from_db()
        if proposal.stage != Stage.COSIGNING:  # by so many of them as it needs
            break
        household = voter.user.person.household
        assert household
        proposals.cosign(proposal, household, by=voter.user)
    return proposal, open_motion(proposal, by=clerk)


def clerk_as_chief(yard: Territory) -> User:
    user, created = User.objects.get_or_create(username="bench-chief", defaults={"phone": "13600020000"})
    if created:
        RoleGrant.objects.create(user=user, role=Role.CHIEF, place=yard, since=date(2020, 1, 1))
    return user


def bare_tables() -> None:
    """Tables of the yardstick, made by the owner for the application role."""
    with as_owner() as owner:
        owner.execute("CREATE TABLE bench_bare_vote (id bigserial PRIMARY KEY, voter bigint, choice varchar(10))")
        owner.execute("CREATE TABLE bench_bare_page (id bigserial PRIMARY KEY, text text)")
        text = "\n".join("用院门口的空房，放桌椅和饮水机，大家自己管，自己打扫。" * 3 for _ in range(50))
        owner.execute("INSERT INTO bench_bare_page (text) VALUES (%s)", [text])
    connection.close()


def vote_request(host: str, path: str, session: str, motion: int = 0) -> str:
    """The same form for both: the bare view reads only the choice."""
    body = f"csrfmiddlewaretoken={SECRET}&motion={motion}&receipt={uuid4()}&choice=agree"
    cookies = f"csrftoken={SECRET}; {settings.SESSION_COOKIE_NAME}={session}; elder=0"
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


def page_request(host: str, path: str, extra: str = "") -> str:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: elder=0\r\n{extra}\r\n"
