"""Who is to be told, and what somebody has not read yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Count

from minshi.accounts.models import User
from minshi.clock import today
from minshi.deadlines.rounds import asked_once
from minshi.notifications.catalogue import Told, all_events, all_tables
from minshi.notifications.models import Manner, Message, Outbox, ToTell
from minshi.policy import selectors as policy
from minshi.residents.models import ORGANISERS, Role, RoleGrant
from minshi.residents.rules import STAND_INS, home_of, roles_of
from minshi.territory.models import Household, Territory

MOST_SHOWN = 99
UNREAD = (
    f"SELECT count(*) FROM (SELECT FROM {Message._meta.db_table}"
    " WHERE user_id = ANY(%s) AND read_at IS NULL LIMIT %s) AS unread"
)


def holders(role: str, place: Territory) -> list[User]:
    """Whoever holds this role in this place, else in the nearest place above it, else whoever stands in for it."""
    return holders_or_stand_ins(role, place)[0]


@asked_once
def holders_or_stand_ins(role: str, place: Territory) -> tuple[list[User], bool]:
    """The same, and whether they only stand in: nobody holds the role here or above."""
    grants = (
        RoleGrant.objects.active(today())
        .filter(role=role, place__path__in=place.ancestor_paths(), user__is_active=True)
        .select_related("user", "place")
    )
    nearest = max((len(grant.place.path) for grant in grants), default=0)
    found = [grant.user for grant in grants if len(grant.place.path) == nearest]
    if found:
        return found, False
    return next((users for each in STAND_INS.get(role, ()) if (users := holders(each, place))), []), True


def unread_count(user: User) -> int:
    """Never counted further than the badge can show.

    Written out: every page of whoever is signed in asks it, and composing it was a third of what such a page costs.
    """
    with connection.cursor() as cursor:
        cursor.execute(UNREAD, [list(user.keys), MOST_SHOWN + 1])
        count: int = cursor.fetchone()[0]
    return count


def codes_a_day() -> int:
    """How many sign-in codes may leave in a day: their own share of the ceiling, which no message can use up."""
    terms = policy.terms(["text.daily", "text.codes_share"], None)
    return int(terms["text.daily"]) * int(terms["text.codes_share"]) // 100


def messages_a_day() -> int:
    """How many texts of messages may leave in a day: what is not the codes'."""
    return int(policy.value("text.daily", None)) - codes_a_day()


def texts_of_today() -> int:
    """How many texts of messages have left today."""
    return Outbox.objects.sent_today().exclude(message=None).count()


def quiet_hours_of(place: Territory | None) -> tuple[int, int]:
    """From which hour until which no text of a message is sent there."""
    terms = policy.terms(["text.quiet_from", "text.quiet_until"], place)
    return int(terms["text.quiet_from"]), int(terms["text.quiet_until"])


def quiet_hours(user: User) -> tuple[int, int]:
    """The same for one person, as they chose or where they live."""
    own = Manner.objects.filter(user=user).exclude(quiet_from=None).first()
    if own is not None and own.quiet_from is not None and own.quiet_until is not None:
        return own.quiet_from, own.quiet_until
    home = home_of(user)
    return quiet_hours_of(home.household.place if home else None)


def rights_by_text() -> list[str]:
    """What is told by text, by what of one's own has a deadline: from the apps' tables, each once."""
    lines = [line for table in all_tables() for line in table.lines if isinstance(line, Told)]
    rights = [line.right for line in lines if line.way.by_text]
    rights += [event.right for event in all_events() if event.way.by_text]
    return list(dict.fromkeys(str(right) for right in rights))


# --- Doors without a phone ----------------------------------------------------------------------

MOST_DOORS = 50
"""Shown and printed at once; ticked ones make room for the next."""


@dataclass(frozen=True)
class Door:
    """A household to be told, and of what."""

    household: Household
    rows: list[ToTell] = field(default_factory=list)


def to_tell_paths(user: User) -> list[str]:
    """Where this person keeps the list of people to tell: as chief (or another organiser) or as clerk."""
    return [held.path for held in roles_of(user) if held.role in (Role.CLERK, *ORGANISERS)]


def doors_to_tell(user: User) -> list[Door]:
    """The first doors of this person's list, each with what waits for it, oldest first."""
    waiting = ToTell.objects.waiting().beneath(to_tell_paths(user))
    first = waiting.by_door().values_list("household__place__path", "household__address", "household_id").distinct()
    keys = [key for _path, _address, key in first[:MOST_DOORS]]
    doors: dict[int, Door] = {}
    for row in waiting.filter(household__in=keys).by_door():
        doors.setdefault(row.household_id, Door(row.household)).rows.append(row)
    return list(doors.values())


def doors_waiting(user: User) -> int:
    """How many households stand on this person's list."""
    paths = to_tell_paths(user)
    if not paths:
        return 0
    found = ToTell.objects.waiting().beneath(paths).aggregate(doors=Count("household", distinct=True))
    return int(found["doors"])


def are_on_my_list(user: User, keys: list[int]) -> bool:
    """Whether this person keeps the list that these stand on, told already or not."""
    return ToTell.objects.beneath(to_tell_paths(user)).filter(pk__in=keys).exists()
