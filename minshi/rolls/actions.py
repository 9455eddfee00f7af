"""Freezing a roll: one statement copies who is in the register now, whatever their number."""

from __future__ import annotations

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.masking import mask_text
from minshi.refusals import Refused
from minshi.residents.models import Person
from minshi.rolls.models import Reach, Roll, Unit, UnitKind
from minshi.territory.models import Household

NOBODY = gettext_lazy("这个地方还没有登记住户，请先登记住户再开始投票")

UNITS = "INSERT INTO rolls_unit (roll_id, ordinal, label, household_id, person_id, persons, area_m2, reach, reach_note)"

HOUSEHOLDS = f"""
{UNITS}
SELECT %s, row_number() OVER (ORDER BY place.path, door.address, door.id), door.label, door.id, NULL, 1,
       coalesce(door.area_m2, 0), 'reachable', ''
FROM territory_household AS door JOIN territory_territory AS place ON place.id = door.place_id
WHERE door.id IN ({{chosen}})
"""

PERSONS = f"""
{UNITS}
SELECT %s, row_number() OVER (ORDER BY place.path, door.address, person.id), door.label, NULL, person.id, 1, 0,
       'reachable', ''
FROM residents_person AS person
JOIN residents_residence AS home ON home.person_id = person.id AND home.until IS NULL
JOIN territory_household AS door ON door.id = home.household_id
JOIN territory_territory AS place ON place.id = door.place_id
WHERE person.id IN ({{chosen}})
"""

# Doors owned by the same people together are one unit and one person, and their areas add up (民法典 278).
OWNERS = f"""
WITH owned AS (
    SELECT door.id AS door, min(place.path) AS path, min(door.address) AS address, min(door.label) AS label,
           coalesce(min(door.area_m2), 0) AS area_m2, array_agg(share.id ORDER BY share.id) AS shares,
           array_agg(DISTINCT coalesce('p' || (SELECT min(one) FROM people_of_one(share.person_id) AS one),
                                       'o' || share.organisation)) AS owners
    FROM territory_household AS door
    JOIN territory_territory AS place ON place.id = door.place_id
    JOIN residents_ownership AS share ON share.household_id = door.id AND share.until IS NULL
    WHERE door.id IN ({{chosen}})
    GROUP BY door.id
), unit AS (
    SELECT owners, row_number() OVER (ORDER BY min(path), min(address), min(door)) AS ordinal,
           min(label) AS label, sum(area_m2) AS area_m2
    FROM owned GROUP BY owners
), written AS (
    {UNITS}
    SELECT %s, ordinal, label, NULL, NULL, 1, area_m2, 'reachable', '' FROM unit
    RETURNING id, ordinal
)
INSERT INTO rolls_share (unit_id, ownership_id)
SELECT written.id, share FROM written JOIN unit USING (ordinal) JOIN owned USING (owners), unnest(owned.shares) AS share
"""


@action
def freeze_households(doors: QuerySet[Household], *, by: User | None) -> Roll:
    """A roll of these doors, one unit each. Raises ``Refused`` where there is none."""
    return _freeze(UnitKind.HOUSEHOLD, HOUSEHOLDS, doors)


@action
def freeze_residents(people: QuerySet[Person], *, by: User | None, kind: str = UnitKind.RESIDENT) -> Roll:
    """A roll of these people, each at their door now: confirmed residents of 18 and over, or representatives."""
    grown_up = people.filter(is_adult=True, residences__until=None, residences__confirmed_at__isnull=False)
    return _freeze(kind, PERSONS, grown_up)


@action
def freeze_owners(doors: QuerySet[Household], *, by: User | None) -> Roll:
    """A roll of who owns these doors now; a door without an owner in the register is in no unit."""
    return _freeze(UnitKind.OWNER, OWNERS, doors)


def _freeze(kind: str, statement: str, chosen: QuerySet) -> Roll:
    roll = Roll.objects.create(kind=kind)
    try:
        wanted, values = chosen.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # Django knows that nothing can be found, and asks nobody
        raise Refused(NOBODY) from None
    before, after = statement.split("{chosen}")
    key = [roll.pk]
    with connection.cursor() as cursor:
        cursor.execute(before + wanted + after, [*(key * before.count("%s")), *values, *(key * after.count("%s"))])
        cursor.execute("SELECT roll_totals(%s)", [roll.pk])
    roll.refresh_from_db()
    if not roll.size:
        raise Refused(NOBODY)
    return roll


@action
def mark_unreachable(unit: Unit, *, note: str, by: User) -> Unit:
    """联系不上: noted with when and how it was tried. The unit stays in the denominator and may still speak."""
    if not note.strip():
        raise Refused(note=_("请写明什么时候、怎么联系过"))
    unit.reach, unit.reach_by, unit.reach_note = Reach.UNREACHABLE, by, mask_text(note.strip())[:120]
    unit.save(update_fields=["reach", "reach_by", "reach_note"])
    return unit
