"""Reading rolls: whose unit it is, who may speak for it, and what was said on the whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

from minshi.accounts.models import User
from minshi.residents.models import Person
from minshi.residents.rules import person_of
from minshi.residents.speaking import WHY_NOT
from minshi.rolls.models import Channel, Roll, Share, Unit


def unit_of(user: User, roll: Roll) -> Unit | None:
    """The unit this person may have a say for; of an owner's several the first."""
    person = person_of(user)
    if person is None:
        return None
    mine = RawSQL("SELECT units_of(%s, %s, minshi_now())", [roll.pk, person.pk])
    return roll.units.select_related("household__place__parent").filter(pk__in=mine).first()


def units_with(person: Person, doors: Iterable[int], roll: Roll | None = None, *, owned: bool = False) -> list[int]:
    """Keys of the units of these doors and of this person's own, with ``owned`` also of what they own, on one roll or
    on any. Each is asked by itself: joined with OR they would be looked for among all that was ever said.
    """
    units = (Unit.objects.filter(roll=roll) if roll else Unit.objects.all()).order_by().values_list("pk", flat=True)
    mine = [units.filter(person=person)]
    if owned:
        mine.append(units.filter(pk__in=Share.objects.filter(ownership__person=person).values("unit")))
    return list(units.filter(household__in=list(doors)).union(*mine))


def why_not_speak_for(unit: Unit, user: User, *, act: object, any_adult: bool = False) -> list[str]:
    """What stands between this person and speaking for this unit now; empty when they may."""
    person = person_of(user)
    found = "unregistered"
    if person is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT why_not_speak_for(%s, %s, minshi_now(), %s)", [unit.pk, person.pk, any_adult])
            found = str(cursor.fetchone()[0])
    return [str(WHY_NOT[found]) % {"act": act}] if found else []


@dataclass(frozen=True)
class Said:
    """How much was said so: in units, persons and m²."""

    units: int = 0
    persons: int = 0
    area_m2: Decimal = Decimal(0)

    def __add__(self, other: Said) -> Said:
        return Said(self.units + other.units, self.persons + other.persons, self.area_m2 + other.area_m2)


@dataclass(frozen=True)
class Tally:
    """What was said on a roll, by (word, channel)."""

    rows: dict[tuple[str, str], Said]

    def of(self, word: object) -> Said:
        """``word`` over all channels."""
        return sum((said for (each, _channel), said in self.rows.items() if each == str(word)), Said())

    def by(self, channel: str) -> Said:
        """What came by one channel, whatever it said."""
        return sum((said for (_word, each), said in self.rows.items() if each == channel), Said())

    @property
    def all(self) -> Said:
        return sum(self.rows.values(), Said())

    @property
    def on_paper(self) -> int:
        return self.by(Channel.PAPER).units


def tally(roll: Roll, said: type[models.Model], word: str) -> Tally:
    """Count ``word`` (a field of ``said``, whose rows point to units) over the whole roll, in the database."""
    column: Any = said._meta.get_field(word)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM roll_tally(%s, %s::regclass, %s)", [roll.pk, said._meta.db_table, column.column])
        return Tally({(each, channel): Said(*counted) for each, channel, *counted in cursor.fetchall()})


def reached(part: int | Decimal, whole: int | Decimal, share: str) -> bool:
    """Whether ``part`` of ``whole`` reaches the share, as the database counts: "1/2" is more than half."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT share_reached(%s::numeric, %s::numeric, %s)", [part, whole, share])
        return bool(cursor.fetchone()[0])
