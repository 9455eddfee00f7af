"""The admin answers everybody as its table says: rows of my territories, steps of my role, nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import pytest
import rules
from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from minshi.accounts.models import User
from minshi.addresses import told as hidden
from minshi.desk.admin import ScopedAdmin
from minshi.desk.records import NumberlessAdmin
from tests.access.addresses import (
    HIDDEN,
    ONWARD,
    REFUSED,
    SHOWN,
    SIGN_IN,
    Answer,
    Browser,
    addresses,
    fields_of,
    rubbish,
    undone,
)
from tests.access.staff_table import ELSEWHERE, EMPTY, SITE, STEPS, THINGS, Step, Thing
from tests.access.table import BY_FACTOR, EVERYBODY, FORMER, OPERATOR, STAFF, TAKEN, Row
from tests.access.test_table import looked, sent, told
from tests.world import World

REGISTERED = {model._meta.label_lower: site for model, site in admin.site._registry.items()}
SCOPED = {label: site for label, site in REGISTERED.items() if isinstance(site, ScopedAdmin)}
FAMILY = ("changelist", "add", "change", "delete", "history", "do")

SAMPLE = (
    "anonymous", "chief", "approver", "district_officer", "stranger_approver", "superuser", "former_clerk",
)  # fmt: skip
NEAREST = ("clerk", "stranger_clerk")
"""A project is shown to everybody, any other thing to the nearest two and to some of the sample."""

by_thing = pytest.mark.parametrize("label", THINGS)
by_step = pytest.mark.parametrize(
    ("label", "name"), [(label, name) for label, steps in STEPS.items() for name in steps], ids=str
)


def some_of(names: Sequence[str], what: str, share: int) -> Sequence[str]:
    """One in ``share`` of them, other ones for each thing or step; all in the drill."""
    return names if os.environ.get("MINSHI_DRILL") else names[crc32(what.encode()) % share :: share]


def address(label: str, last: str, *args: Any) -> str:
    kind = label.replace(".", "_")
    if isinstance(SCOPED.get(label), NumberlessAdmin):
        args = tuple(hidden(kind, arg) if isinstance(arg, int) else arg for arg in args)
    return reverse(f"admin:{label.replace('.', '_')}_{last}", args=args)


# --- The table is whole --------------------------------------------------------------------------


def test_every_address_of_the_admin_is_in_the_table() -> None:
    known = {row.name for row in SITE} | {"admin:"}
    known |= {f"admin:{label.replace('.', '_')}_{last}" for label in THINGS for last in FAMILY}
    missing = sorted({name for name, _pattern in addresses() if name.startswith("admin:")} - known)
    assert not missing, f"say in tests/access/staff_table.py who may use: {', '.join(missing)}"


def test_every_row_of_the_table_is_in_the_admin() -> None:
    assert set(THINGS) == set(SCOPED) == set(REGISTERED), "THINGS and the pages of the admin differ"


def test_every_step_has_its_row() -> None:
    offered = {f"{label} {form.name}" for label, site in SCOPED.items() for form in site.desk_forms}
    told_of = {f"{label} {name}" for label, steps in STEPS.items() for name in steps} | set(ELSEWHERE)
    assert not offered - told_of, f"say in tests/access/staff_table.py who may take: {sorted(offered - told_of)}"
    assert not told_of - offered, f"steps nobody offers: {sorted(told_of - offered)}"


# --- The site ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", SITE, ids=lambda row: row.name)
def test_the_admins_own_addresses(row: Row, world: World, browsers: dict[str, Browser]) -> None:
    complaints = looked(row, world, browsers) + sent(row, world, browsers)
    assert not complaints, "\n".join(complaints)


def test_any_other_address_is_nothing(browsers: dict[str, Browser]) -> None:
    assert browsers["anonymous"].ask("GET", "/admin/whatever/").word == SIGN_IN
    assert browsers["clerk"].ask("GET", "/admin/whatever/").word == HIDDEN


# --- Things --------------------------------------------------------------------------------------


def rows_of(label: str, who: str, world: World) -> list[Model]:
    """What this person finds in the list, first come first."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=world.who(who).pk)
    return list(SCOPED[label].get_queryset(request).order_by("pk"))


def first_of(label: str, world: World) -> Any:
    found = rows_of(label, THINGS[label].finds, world)
    assert found, f"no {label} in the world"
    return found[0].pk


@pytest.mark.drill
@by_thing
def test_who_sees_which_rows(label: str, world: World, browsers: dict[str, Browser]) -> None:
    thing = THINGS[label]
    row = 0 if label in EMPTY else first_of(label, world)
    complaints = []
    for name in browsers if label == "proposals.proposal" else (*NEAREST, *some_of(SAMPLE, label, 5)):
        for last, args, expected in _expected(thing, name, row, exists=label not in EMPTY):
            path = address(label, last, *args)
            answer = browsers[name].ask("GET", path)
            if answer.word != expected:
                complaints.append(f"{name} should be {expected} {path}, got {told(answer)}")
            body = {"action": "delete_selected", "_selected_action": row}
            answer = browsers[name].ask("POST", path, body, watched=True)
            allowed = {REFUSED, ONWARD, SIGN_IN, *({SHOWN} if last in ("changelist", "history") else set())}
            if answer.written or answer.word not in allowed | ({"to be corrected"} if name in thing.adds else set()):
                complaints.append(f"{name} sends to {path}: {told(answer)} {answer.written}")
    assert not complaints, "\n".join(complaints)


def _expected(thing: Thing, name: str, row: Any, *, exists: bool) -> list[tuple[str, list[Any], str]]:
    """(address, arguments, what GET answers) for every address of a thing that is no step."""
    if name not in BY_FACTOR:
        return [(last, [] if last in ("changelist", "add") else [row], SIGN_IN) for last in FAMILY[:-1]]
    sees = exists and name in thing.sees
    return [
        ("changelist", [], SHOWN if name in thing.lists else REFUSED),
        ("add", [], SHOWN if name in thing.adds else REFUSED),
        ("change", [row], SHOWN if sees else ONWARD if name in thing.lists else REFUSED),
        ("delete", [row], REFUSED),
        ("history", [row], SHOWN if sees else ONWARD),
    ]


@by_thing
def test_each_row_is_called_by_words(label: str, world: World) -> None:
    """At the head of its page and above it: no word of a table, and no two keys beside each other."""
    for row in rows_of(label, THINGS[label].finds, world)[:20]:
        assert not machine_words(str(row)), str(row)


MACHINE = re.compile(r"[@#:]|[a-z]{2,}[_.]?[a-z]+|· \d+$")


def machine_words(title: str) -> list[str]:
    return MACHINE.findall(title)


def test_a_row_called_by_its_keys_is_noticed() -> None:
    for title in ("24 @ 199", "2026-00013 · 1", "变更 territory_household", "7: 2", "objection.remark_days 2026-01-01"):
        assert machine_words(title), title


@by_thing
def test_nobody_finds_rows_of_elsewhere(label: str, world: World) -> None:
    for name in ("superuser", "former_clerk", "resident", "chief"):
        assert rows_of(label, name, world) == [], f"{name} finds {label}"
    if THINGS[label].sees != STAFF:
        ours = {row.pk for row in rows_of(label, "clerk", world)}
        theirs = {row.pk for row in rows_of(label, "stranger_clerk", world)}
        assert not ours & theirs, f"two communities see the same {label}: {sorted(ours & theirs)}"


# --- Steps ---------------------------------------------------------------------------------------


def open_to(label: str, name: str, world: World) -> Model:
    """The first row here that this step is open to."""
    form = next(form for form in SCOPED[label].desk_forms if form.name == name)
    rows = rows_of(label, THINGS[label].finds, world)
    found = next((row for row in rows if form.open_to(row)), None)
    assert found, f"{name} is open to no {label} of the world"
    return found


def taken(label: str, name: str, step: Step, world: World, browsers: dict[str, Browser]) -> list[str]:
    """Complaints about a step's form: seen, sent empty and sent with rubbish."""
    complaints: list[str] = []
    with undone():
        if step.before:
            step.before(world)
        path = address(label, "do", open_to(label, name, world).pk, name)
        fields = fields_of(browsers[min(step.who)].ask("GET", path).text)
        for who in asked_of(f"{label} {name}", step):
            complaints += _of_one(who, browsers[who], path, step, fields)
    return complaints


def asked_of(what: str, step: Step) -> list[str]:
    """Who tries a step: all who may, who may the same elsewhere, and some of the others."""
    near = {f"stranger_{who}" for who in step.who} & EVERYBODY
    return sorted({*step.who, *near, *some_of(sorted({*SAMPLE, *BY_FACTOR} - step.who - near), what, 4)})


def _of_one(who: str, browser: Browser, path: str, step: Step, fields: list[str]) -> list[str]:
    seen = browser.ask("GET", path)
    expected = _word(who, step, path)
    complaints = [] if seen.word in expected else [f"{who} should be {expected} {path}, got {told(seen)}"]
    bodies = ({}, rubbish(fields, len(who))) if who in step.who else (rubbish(fields, len(who)),)
    for body in bodies:
        complaints += _sent(who, browser.ask("POST", path, body, watched=who not in step.who), path, step)
    return complaints


def _word(who: str, step: Step, path: str) -> set[str]:
    if who not in BY_FACTOR:
        return {SIGN_IN}
    return {SHOWN} if who in step.who else {REFUSED, HIDDEN} if who in STAFF else {HIDDEN}


def _sent(who: str, answer: Answer, path: str, step: Step) -> list[str]:
    if answer.is_broken:
        return [f"{who} breaks {path}: {told(answer)}"]
    if who in step.who:
        # A second pair of eyes may be wanted: then the right role is refused for what this person did before.
        return [] if answer.word in TAKEN | {REFUSED} else [f"{who} sends to {path}: {told(answer)}"]
    good = answer.word in _word(who, step, path) - {SHOWN} and not answer.written
    return [] if good else [f"{who} may not send to {path}, got {told(answer)} {answer.written}"]


@pytest.mark.drill
@by_step
def test_who_takes_it(label: str, name: str, world: World, browsers: dict[str, Browser]) -> None:
    complaints = taken(label, name, STEPS[label][name], world, browsers)
    assert not complaints, "\n".join(complaints)


def test_a_step_that_is_not_open_is_refused_to_everybody(world: World, browsers: dict[str, Browser]) -> None:
    for name in (*STAFF, *OPERATOR, *FORMER):
        for step in ("archive", "nothing-like-it"):
            answer = browsers[name].ask("GET", address("proposals.proposal", "do", world["voting"].pk, step))
            assert answer.word in {REFUSED, HIDDEN}, f"{name} {step}: {told(answer)}"


# --- It has teeth --------------------------------------------------------------------------------


def test_a_step_for_anybody_is_noticed(
    monkeypatch: pytest.MonkeyPatch, world: World, browsers: dict[str, Browser]
) -> None:
    monkeypatch.setitem(rules.permissions.permissions, "proposals.handle", rules.always_allow)
    complaints = taken("proposals.proposal", "accept", Step(only_case_officer()), world, browsers)
    assert any("clerk should be" in complaint for complaint in complaints)


def only_case_officer() -> frozenset[str]:
    return STEPS["proposals.proposal"]["accept"].who


def test_rows_of_elsewhere_are_noticed(
    monkeypatch: pytest.MonkeyPatch, world: World, browsers: dict[str, Browser]
) -> None:
    monkeypatch.setattr(ScopedAdmin, "get_queryset", lambda self, request: self.model._default_manager.all())
    with pytest.raises(AssertionError, match="stranger_clerk should be"):
        test_who_sees_which_rows("proposals.wish", world, browsers)


def test_a_thing_without_a_row_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tests.access.test_staff_table.THINGS", {k: v for k, v in THINGS.items() if k != "funding.purse"}
    )
    with pytest.raises(AssertionError, match="funding_purse_changelist"):
        test_every_address_of_the_admin_is_in_the_table()
    with pytest.raises(NoReverseMatch):
        address("funding.nothing", "changelist")
