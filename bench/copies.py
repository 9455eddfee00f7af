"""A city made of copies: what stands in a database, again and again in other places, with keys and numbers of its own.

Rows of the *register* (places below the community, doors, people, who lives where) are copied once for each town, all
other rows, the *matters*, ``matters`` times a town. A street becomes another street of the city, a community another
community there, a yard a yard beside it. What a column holds is read off the models, so that a new table grows by
itself. Places come in by COPY; the rest is made where it lies, by one INSERT for some hundred towns at once, as the
owner, with every trigger off: nothing here is an act of anybody, and what it makes is for measuring alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from psycopg.sql import SQL, Identifier

from minshi.residents.models import ORGANISERS
from minshi.territory.models import Territory

REGISTER_APPS = {"territory", "residents", "accounts", "mydata", "arrivals"}
SHARED_APPS = {
    "auth", "contenttypes", "sessions", "admin", "account", "mfa", "socialaccount", "audit", "policy", "clock",
    "health", "signin", "unsent",
}  # fmt: skip
SHARED = {
    "territory.level", "territory.territory", "lifecycle.edge", "deadlines.sweeperstate", "disclosure.series",
    "proposals.numbercounter", "proposals.placetotal",
}  # fmt: skip
KEYS_IN_ARRAYS = {"places": "territory.territory", "doors": "territory.household"}
"""Arrays of keys, by their field's name."""
UNNAMED_KEYS = {"voice": "residents.person"}
"""Keys that are plain numbers to the models."""
TEXTS = models.CharField | models.TextField | models.UUIDField
MINUTES = 997
"""Copies of a matter stand up to so many minutes before it: no two of them at one moment."""
AT_ONCE = 300
"""Towns in one statement."""


@dataclass
class Copying:
    """What is copied from what was there at first, so many matters a town; ``grow`` may be called again for more."""

    owner: psycopg.Connection[Any]
    matters: int
    room: int = 0
    """Keys left free between two copies of a table, for rows that come in by themselves before the first is made."""
    models: dict[str, type[models.Model]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    """The first key that is not copied."""
    steps: dict[str, int] = field(default_factory=dict)
    """How far the key of a copy lies from that of the copy before."""

    def __post_init__(self) -> None:
        for model in apps.get_models(include_auto_created=True):
            label = model._meta.label_lower
            if model._meta.app_label in SHARED_APPS or label in SHARED or not model._meta.managed or model._meta.proxy:
                continue
            if isinstance(model._meta.pk, models.IntegerField | models.OneToOneField):
                self.models[label] = model  # what has another key is the platform's own, of which there is one
        for label in self.models:
            root = self.root(label)
            if root not in self.ends:
                self.ends[root] = self.last_key(self.models[root])
        self.ends["territory.territory"] = self.last_key(Territory)
        self.steps = {root: end + self.room for root, end in self.ends.items()}

    def last_key(self, model: type[models.Model]) -> int:
        found = self.owner.execute(
            SQL("SELECT coalesce(max({}), 0) + 1 FROM {}").format(
                Identifier(str(model._meta.pk.column)), Identifier(model._meta.db_table)
            )
        ).fetchone()
        return int(found[0]) if found else 1

    def root(self, label: str) -> str:
        """The table whose key a row of this one has."""
        key = self.models[label]._meta.pk
        return self.root(key.related_model._meta.label_lower) if key.is_relation else label

    def moved(self, label: str, value: str) -> str:
        """The key in a copy of the row that has ``value`` here; as it is where that is not copied."""
        if label not in self.models:
            return value
        root = self.root(label)
        times = "copy.town" if is_register(root) else "copy.k"
        return f"({value} + {times} * {self.steps[root]})"

    # --- What a column of a copy holds ------------------------------------------------------------

    def columns(self, label: str) -> dict[str, str]:
        model = self.models[label]
        told = self.told_apart(model)
        return {
            str(each.column): self.value_of(label, each, is_told_apart=each.name in told)
            for each in model._meta.local_concrete_fields
            if not each.generated
        }

    def value_of(self, label: str, each: models.Field[Any, Any], *, is_told_apart: bool) -> str:
        value = f'was."{each.column}"'
        special = self.special(label, each, value)
        if special:
            return special
        if each.is_relation:
            target = each.related_model._meta.label_lower
            return self.place(value) if target == "territory.territory" else self.moved(target, value)
        if each.primary_key:
            return self.moved(label, value)
        if each.name in UNNAMED_KEYS:
            return self.moved(UNNAMED_KEYS[each.name], value)
        if isinstance(each, ArrayField) and each.name in KEYS_IN_ARRAYS:
            target = KEYS_IN_ARRAYS[each.name]
            one = self.place("one") if target == "territory.territory" else self.moved(target, "one")
            return f"ARRAY(SELECT {one} FROM unnest({value}) AS one)"
        if isinstance(each, models.DateTimeField) and not is_register(label):
            return f"({value} - make_interval(mins => copy.k % {MINUTES}))"
        if is_told_apart:
            return another(value, each)
        return value

    def special(self, label: str, each: models.Field[Any, Any], value: str) -> str:
        name = each.name
        if name == "place_path":
            return f"coalesce((SELECT path FROM bench_place WHERE path_was = {value} AND town = copy.town), {value})"
        if name == "subject_id":
            cases = "".join(f" WHEN '{each}' THEN {self.moved(each, value)}" for each in self.models)
            return f"CASE was.subject_type{cases} ELSE {value} END"
        if name == "number" and label in ("proposals.proposal", "proposals.card"):
            return renumbered(value)
        if name in ("url", "link"):
            return f"CASE WHEN {value} ~ '20\\d\\d-\\d{{5}}' THEN replace({value}, {NUMBER.format(value)}, {renumbered(NUMBER.format(value))}) ELSE {value} END"  # noqa: E501
        if name == "title" and label in ("proposals.proposal", "proposals.card", "deadlines.deadline"):
            return f"left({value} || translate(copy.k::text, '0123456789', '甲乙丙丁戊己庚辛壬癸'), {each.max_length})"
        if label == "disclosure.notice" and name == "number":
            return f"upper(left(md5({value} || ':' || copy.k), 9)) || substr({value}, 10)"
        if label == "accounts.user" and name == "phone":
            return f"CASE WHEN {value} IS NOT NULL THEN '177' || lpad({self.moved(label, 'was.id')}::text, 8, '0') END"
        return "0" if label == "proposals.card" and name == "counted" else ""

    def told_apart(self, model: type[models.Model]) -> set[str]:
        """Fields whose copies must differ: of what is unique those sets that no copied key tells apart."""
        sets = [(each.name,) for each in model._meta.local_concrete_fields if each.unique and not each.primary_key]
        sets += [tuple(each.fields) for each in model._meta.constraints if isinstance(each, models.UniqueConstraint)]
        found: set[str] = set()
        for names in sets:
            fields = [model._meta.get_field(name) for name in names]
            if not any(self.tells_apart(model, each) for each in fields):
                found |= {each.name for each in fields if isinstance(each, TEXTS)}
        return found

    def tells_apart(self, model: type[models.Model], each: Any) -> bool:
        if not each.is_relation:
            return each.name == "subject_id"
        label = model._meta.label_lower
        target = each.related_model._meta.label_lower
        return target in self.models and (not is_register(self.root(target)) or is_register(label))

    @staticmethod
    def place(value: str) -> str:
        """The place that stands for this one; where nobody lives below it, it stays what it is."""
        return f"coalesce((SELECT becomes FROM bench_place WHERE was = {value} AND town = copy.town), {value})"

    # --- Copying ----------------------------------------------------------------------------------

    def grow(self, first: int, last: int) -> Iterator[str]:
        """The towns from ``first`` to ``last``, table by table; says which. All of it or nothing."""
        with self.owner.transaction():
            switch(self.owner, "DISABLE")
            yield "territory_territory"
            self.copy_places(first, last)
            for label in sorted(self.models, key=lambda label: (not is_register(label), label)):
                yield self.models[label]._meta.db_table
                self.copy_rows(label, first, last)
            self.thin_out_posts()
            self.owner.execute("DROP TABLE bench_place")
            self.owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
            switch(self.owner, "ENABLE")

    def copy_places(self, first: int, last: int) -> None:
        self.owner.execute(
            "CREATE UNLOGGED TABLE bench_place"
            " (was bigint, town int, becomes bigint, path_was text, path text, PRIMARY KEY (was, town))"
        )
        fields = Territory._meta.local_concrete_fields
        step = self.steps["territory.territory"]
        old = Territory.objects.filter(pk__lt=self.ends["territory.territory"])
        there = list(old.select_related("level").order_by("path"))
        new: list[tuple[Any, ...]] = []
        pairs: list[tuple[Any, ...]] = []
        for town, was, becomes in towns_of(there, range(first, last + 1)):
            if becomes._state.adding:
                becomes.pk = was.pk + town * step
                new.append(tuple(getattr(becomes, each.attname) for each in fields))
            pairs.append((was.pk, town, becomes.pk, was.path, becomes.path))
        copy_in(self.owner, Territory._meta.db_table, [str(each.column) for each in fields], new)
        copy_in(self.owner, "bench_place", ["was", "town", "becomes", "path_was", "path"], pairs)
        self.owner.execute("CREATE INDEX ON bench_place (path_was, town)")
        self.owner.execute("ANALYZE bench_place")
        self.after(Territory)

    def copy_rows(self, label: str, first: int, last: int) -> None:
        model = self.models[label]
        table = Identifier(model._meta.db_table)
        values = self.columns(label)
        names = SQL(", ").join(Identifier(name) for name in values)
        self.owner.execute(
            SQL("CREATE TEMPORARY TABLE bench_was AS SELECT * FROM {} WHERE {} < {}").format(
                table, Identifier(str(model._meta.pk.column)), self.ends[self.root(label)]
            )
        )
        matters = 1 if is_register(label) else self.matters
        once = SQL("")
        if any(each.name == "subject_id" for each in model._meta.local_concrete_fields):
            # Of its kind one deadline is open on a subject: of the register's rows there is one a town.
            once = SQL(" WHERE copy.k % {} = 0 OR was.subject_type <> ALL ({})").format(
                matters, sorted(filter(is_register, self.models))
            )
        made = SQL(", ").join(SQL(value) for value in values.values())
        for town in range(first, last + 1, AT_ONCE):
            copies = SQL(
                "(SELECT k, (k - 1) / {} + 1 AS town FROM generate_series({}::int, {}::int) AS k) AS copy"
            ).format(matters, (town - 1) * matters + 1, min(town + AT_ONCE - 1, last) * matters)
            copied = SQL("SELECT {} FROM bench_was AS was, {}{}").format(made, copies, once)
            self.owner.execute(SQL("INSERT INTO {} ({}) {}").format(table, names, copied))
        self.owner.execute("DROP TABLE bench_was")
        self.after(model)

    def after(self, model: type[models.Model]) -> None:
        """New rows come behind the copies."""
        key = str(model._meta.pk.column)
        named = self.owner.execute("SELECT pg_get_serial_sequence(%s, %s)", [model._meta.db_table, key]).fetchone()
        if named and named[0]:
            self.owner.execute("SELECT setval(%s, %s)", [named[0], self.last_key(model)])

    def thin_out_posts(self) -> None:
        """An office has its staff once, however many copies fell on its place."""
        self.owner.execute(
            "DELETE FROM residents_rolegrant AS spare USING residents_rolegrant AS kept"
            " WHERE (spare.place_id, spare.role) = (kept.place_id, kept.role) AND kept.id < spare.id"
            " AND spare.id >= %s AND spare.role <> ALL (%s)",
            [self.ends["residents.rolegrant"], [str(role) for role in ORGANISERS]],
        )


def is_register(label: str) -> bool:
    return label.partition(".")[0] in REGISTER_APPS


NUMBER = "substring({} FROM '20\\d\\d-\\d{{5}}')"


def renumbered(number: str) -> str:
    """Another project's number: years of a million projects stay within seven digits."""
    counted = f"(substr({number}, 6)::int + copy.k * 50)::text"
    return f"(left({number}, 5) || lpad({counted}, greatest(5, length({counted})), '0'))"


def another(value: str, each: models.Field[Any, Any]) -> str:
    """A text that no other copy has; what is empty stays so."""
    if isinstance(each, models.UUIDField):
        return f"md5({value} || ':' || copy.k)::uuid"
    longest = each.max_length or 200
    mark = f"md5({value} || ':' || copy.k)"
    made = f"upper(left({mark}, {longest}))" if longest <= 40 else f"left({value}, {longest - 12}) || left({mark}, 12)"
    return f"CASE WHEN {value} = '' THEN '' ELSE {made} END"


def towns_of(places: list[Territory], towns: range) -> Iterator[tuple[int, Territory, Territory]]:
    """Each place with what stands for it in each copy: another of its level down to the community, below a new one."""
    below: dict[int | None, list[Territory]] = {}
    for place in places:
        below.setdefault(place.parent_id, []).append(place)
    inner = [place for place in places if place.level.rank > 40]
    lived_in = {path for place in inner for path in place.ancestor_paths()}
    wanted = [place for place in places if place.path in lived_in]
    for town in towns:
        becomes: dict[int, Territory] = {}
        for place in wanted:
            if place.parent_id is None:
                becomes[place.pk] = place
            elif place.level.rank <= 40:
                beside = [each for each in below[place.parent_id] if each.level_id == place.level_id]
                others = [
                    each for each in below.get(becomes[place.parent_id].pk, []) if each.level_id == place.level_id
                ]
                becomes[place.pk] = others[(beside.index(place) + town) % len(others)] if others else place
            else:
                above = becomes[place.parent_id]
                code = f"{place.code}.{town}"
                copy = Territory(
                    code=code, name=place.name, official_name=place.official_name, level_id=place.level_id,
                    parent_id=above.pk, path=f"{above.path}{code}/", full_name=f"{above.full_name}{place.name}",
                    organisation_code=place.organisation_code, phone=place.phone, opened_at=place.opened_at,
                )  # fmt: skip
                becomes[place.pk] = copy
            yield town, place, becomes[place.pk]


def copy_in(owner: psycopg.Connection[Any], table: str, names: list[str], rows: list[tuple[Any, ...]]) -> None:
    columns = SQL(", ").join(Identifier(name) for name in names)
    with (
        owner.cursor() as cursor,
        cursor.copy(SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), columns)) as into,
    ):
        for row in rows:
            into.write_row(row)


def switch(owner: psycopg.Connection[Any], how: str) -> None:
    """Every trigger of ours, the audit's too, off or on again."""
    tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    for (table,) in tables:
        owner.execute(SQL(f"ALTER TABLE {{}} {how} TRIGGER USER").format(Identifier(table)))
