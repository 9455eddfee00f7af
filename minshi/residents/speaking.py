"""Who may speak for this door, or as this person, at this moment; and whom to tell of what concerns a door.

The answer itself is one function in the database (guards/speaking.sql), which the guards of ballots, ratings,
co-signatures, pledges and objections ask too; here it is asked and put into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.refusals import NotAllowed
from minshi.residents.models import Person, Residence
from minshi.residents.rules import person_of
from minshi.territory.models import Household

WHY_NOT = {
    "unregistered": _("您还没有登记住在哪一户，请先登记"),
    "closed": _("这个账号已经停用"),
    "struck": _("您登记的这一户已经注销，请联系社区更改"),
    "unconfirmed": _("您的住户身份还没有核实，等楼栋长或社区核实"),
    "elsewhere": _("只能代表自己家%(act)s"),
    "minor": _("满18岁才能%(act)s；您可以提议，也可以和家里大人商量"),
    "represented": _("您家已经定了户代表，请户代表来%(act)s；要换户代表，可以在这里申请"),
}
"""What a code of ``why_not_speak`` says to the person; ``act`` is what they were about to do."""


def code(
    person: Person | None, door: Household | int | None, *, any_adult: bool = False, at: datetime | None = None
) -> str:
    """'' where this person may speak for the door (``None``: as themselves), else why not, as a key of ``WHY_NOT``."""
    if person is None:
        return "unregistered"
    key = door.pk if isinstance(door, Household) else door
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT why_not_speak(%s, %s, coalesce(%s::timestamptz, minshi_now()), %s)", [person.pk, key, at, any_adult]
        )
        return str(cursor.fetchone()[0])


def why_not(user: User, door: Household | int | None = None, *, act: object, any_adult: bool = False) -> list[str]:
    """What stands between this person and speaking for a door now, by default their own; empty when they may.

    ``act`` is said in the sentence (投票, 打分, 附议). ``any_adult``: not only through the household's representative.
    """
    person = person_of(user)
    home = person.residence if person else None
    found = code(person, door or (home.household_id if home else None), any_adult=any_adult)
    return [str(WHY_NOT[found]) % {"act": act}] if found else []


def why_not_then(user: User, door: int | None, at: datetime) -> list[str]:
    """Empty for whoever was an adult confirmed behind this door at that moment, wherever they live now."""
    found = code(person_of(user), door, any_adult=True, at=at)
    return [] if not found else [str(_("只有登记那天住在这一户的成年人可以更正"))]


def speaker(user: User, door: Household | None = None, *, act: object, any_adult: bool = False) -> Person:
    """The person in whose voice this user speaks for the door; raises ``NotAllowed`` with the reason."""
    if reasons := why_not(user, door, act=act, any_adult=any_adult):
        raise NotAllowed(*reasons)
    person = person_of(user)
    assert person
    return person


def entries_of(people: Iterable[int | None]) -> dict[int, set[int]]:
    """By person the register's entries of the same human: one, or as many as accounts that were joined had."""
    keys = sorted({person for person in people if person is not None})
    found: dict[int, set[int]] = {person: set() for person in keys}
    with connection.cursor() as cursor:
        cursor.execute("SELECT person, people_of_one(person) FROM unnest(%s::bigint[]) AS person", [keys])
        for person, same in cursor.fetchall():
            found[person].add(same)
    return found


def listeners(doors: Iterable[int] | QuerySet) -> QuerySet[User]:
    """Whom to ask for these doors: of each its representative, else its adults; whoever has an account."""
    return User.objects.filter(pk__in=listener_keys(doors))


def listener_keys(doors: Iterable[int] | QuerySet) -> list[int]:
    """The same as keys of accounts, for thirty thousand doors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id FROM speakers_of(%s, minshi_now()) WHERE user_id IS NOT NULL", [list(doors)])
        return [user for (user,) in cursor.fetchall()]


def only_speaker(door: Household) -> int | None:
    """The person who speaks for a door where that is one: its representative or its only adult."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id FROM speakers_of(%s, minshi_now())", [[door.pk]])
        speakers = [person for (person,) in cursor.fetchall()]
    return speakers[0] if len(speakers) == 1 else None


def adults_then(doors: Iterable[int] | int | None, at: datetime) -> QuerySet[User]:
    """Whom to tell of what was said for a door at a moment: who was an adult of it then, wherever they live now."""
    keys = [doors] if isinstance(doors, int) else doors or []
    homes = Residence.objects.confirmed().filter(household__in=keys, since__lte=at, person__is_adult=True)
    homes = homes.filter(Q(until=None) | Q(until__gt=at))
    return User.objects.filter(is_active=True, person__in=homes.values("person"))


def changed_hands(said: Mapping[int, datetime]) -> set[int]:
    """Of these doors, each with the moment at which something was said for it, those behind which, as far as the
    register knows, nobody lives any more who did then. One query."""
    if not said:
        return set()
    homes = Residence.objects.current().confirmed().filter(household__in=list(said), person__isnull=False)
    rows = list(homes.values_list("household", "since"))
    stayed = {door for door, since in rows if since <= said[door]}
    return {door for door, _since in rows} - stayed


def adults_of(doors: Iterable[int] | QuerySet) -> QuerySet[User]:
    """Whom to tell what was done in the name of these doors: every adult confirmed there who has an account."""
    homes = Residence.objects.current().confirmed().filter(household__in=doors, person__is_adult=True)
    return User.objects.filter(is_active=True, person__in=homes.values("person"))
