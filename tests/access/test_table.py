"""Every address answers everybody as the table says; what it refuses, it does not do."""

from __future__ import annotations

import os
import re
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest
import rules
from django.urls import NoReverseMatch, resolve, reverse

from tests.access.addresses import (
    HIDDEN,
    NOT_TAKEN,
    REFUSED,
    RUBBISH,
    SIGN_IN,
    Answer,
    Browser,
    addresses,
    fields_of,
    rubbish,
)
from tests.access.table import EVERYBODY, TABLE, Row, Who
from tests.world import World

ALL = bool(os.environ.get("MINSHI_DRILL"))
OF_THE_SITE = [name for name, _pattern in addresses() if not name.startswith("admin:")]
by_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)


def test_every_address_has_its_row() -> None:
    missing = sorted(set(OF_THE_SITE) - {row.name for row in TABLE})
    assert not missing, f"say in tests/access/table.py who may use: {', '.join(missing)}"


def test_every_row_has_its_address() -> None:
    left = sorted({row.name for row in TABLE} - set(OF_THE_SITE))
    assert not left, f"tests/access/table.py speaks of addresses that do not exist: {', '.join(left)}"


def test_everybody_of_the_table_is_in_the_world(world: World) -> None:
    assert {"anonymous", *world.people} == EVERYBODY


@pytest.mark.drill
@by_row
def test_who_sees_it(row: Row, world: World, browsers: dict[str, Browser]) -> None:
    complaints = looked(row, world, browsers)
    assert not complaints, "\n".join(complaints)


@pytest.mark.drill
@by_row
def test_who_sends_it(row: Row, world: World, browsers: dict[str, Browser]) -> None:
    complaints = sent(row, world, browsers)
    assert not complaints, "\n".join(complaints)


@by_row
def test_what_is_not_there_is_not_found(row: Row, world: World, browsers: dict[str, Browser]) -> None:
    kinds = [type(arg) for arg in row.args(world)]
    absent = [
        [{int: 10**18, UUID: UUID(int=1)}.get(kind, "2026-99999") for kind in kinds],
        [{int: 10**30, UUID: UUID(int=0)}.get(kind, "-") for kind in kinds],
    ]
    for args in absent if kinds else []:
        for name in sorted({"anonymous", *list(row.see)[:1]}):
            answer = browsers[name].ask("GET", _written(row, args))
            assert answer.word in {HIDDEN, SIGN_IN}, f"{name} gets {told(answer)} of {args}"


def _written(row: Row, args: list[Any]) -> str:
    """The address, where no key can be so large the one of the largest there is."""
    try:
        return reverse(row.name, args=args)
    except NoReverseMatch:
        return reverse(row.name, args=[2**63 - 1 if isinstance(arg, int) else arg for arg in args])


@by_row
def test_rubbish_in_the_address_is_no_trouble(row: Row, world: World, browsers: dict[str, Browser]) -> None:
    names = row.query.split("&") if row.query else ["next"]
    who = min(row.see or {"anonymous"})
    for shift in range(len(RUBBISH) if row.query else 1):
        answer = browsers[who].ask("GET", reverse(row.name, args=row.args(world)), rubbish(names, shift))
        assert not answer.is_broken, f"{rubbish(names, shift)}: {told(answer)}"


@pytest.mark.parametrize("row", [row for row in TABLE if row.visitors == SIGN_IN], ids=lambda row: row.name)
def test_who_is_sent_to_sign_in_finds_a_page_behind_it(row: Row, world: World, browsers: dict[str, Browser]) -> None:
    """An address that is a button alone names it: whoever signed in between gets it to press again."""
    path = reverse(row.name, args=row.args(world))
    who = min(row.send or row.see or {"superuser"})
    if browsers[who].ask("GET", path).word == NOT_TAKEN:
        assert hasattr(resolve(path).func, "pressed"), f"{row.name}: say with @pressing what its button says"


# --- Asking, and what is wrong with the answers --------------------------------------------------


def tried(name: str, row: Row, theirs: Who) -> bool:
    """Whoever may, visitors, and of the others every second, by turns; in the drill everybody."""
    return name in theirs or name == "anonymous" or ALL or bool(crc32(f"{name} {row.name}".encode()) % 2)


def looked(row: Row, world: World, browsers: dict[str, Browser]) -> list[str]:
    """Complaints about GET."""
    path = reverse(row.name, args=row.args(world))
    complaints = []
    watched = {"anonymous", *sorted(row.see)[:1]}
    for name, browser in browsers.items():
        if not tried(name, row, row.see):
            continue
        answer = browser.ask("GET", path, watched=name in watched)
        if answer.word != row.expected(name):
            complaints.append(f"{name} should be {row.expected(name)} {path}, got {told(answer)}")
        if answer.written:
            complaints.append(f"looking at {path} as {name} writes {answer.written}")
    return complaints


def sent(row: Row, world: World, browsers: dict[str, Browser]) -> list[str]:
    """Complaints about POST: with nothing, with rubbish in every field, and with what would do something."""
    path = reverse(row.name, args=row.args(world))
    fields = _fields(row, path, browsers)
    complaints = []
    for name, browser in browsers.items():
        if not tried(name, row, row.send):
            continue
        bodies: list[tuple[str, Any]] = []
        if name in row.send or not row.proper:  # whom a proper form is refused, rubbish is
            bodies.append(("rubbish", rubbish(fields, len(name))))
        if name in row.send:
            bodies.append(("nothing", {}))
        if row.proper:
            bodies.append(("a proper form", row.proper(world)))
        for what, body in bodies:
            answer = browser.ask("POST", path, body, watched=name not in row.send)
            if wrong := _wrong(row, name, answer, proper=what == "a proper form"):
                complaints.append(f"{name} sends {what} to {path}: {wrong}")
    return complaints


def _fields(row: Row, path: str, browsers: dict[str, Browser]) -> list[str]:
    looks = min((row.send & row.see) or row.see or {"anonymous"})
    return fields_of(browsers[looks].ask("GET", path).text) or ["reason", "next"]


def _wrong(row: Row, name: str, answer: Answer, *, proper: bool) -> str:
    if answer.is_broken:
        return f"breaks, {told(answer)}"
    if name in row.send:
        if proper and not (answer.response.status_code == 302 and answer.word != SIGN_IN):
            return f"should be done, got {told(answer)}"
        return "" if answer.word in row.taken else f"should be taken, got {told(answer)}"
    kept = {"unsent_unsentfile"} if answer.response.status_code == 422 else set()  # their own photos, to correct it
    if set(answer.written) - kept:
        return f"not theirs to send, yet it writes {answer.written}"
    if name == "anonymous" and row.visitors == SIGN_IN:
        return "" if answer.word in {SIGN_IN, *row.turned_away} else f"should be sent to sign in, got {told(answer)}"
    allowed = row.turned_away | {row.expected(name)} - ({row.shows} if row.send else set())
    return "" if answer.word in allowed else f"should be turned away, got {told(answer)}"


ERRORS = re.compile(r'class="(?:errors|desk-errors)".*?</ul>', re.DOTALL)


def told(answer: Answer) -> str:
    where = answer.response.get("Location", "")
    reasons = re.findall(r"<li>(?:<a href=\"#[^>]*>)?([^<]+)", "".join(ERRORS.findall(answer.text)))
    return " ".join(filter(None, (f"“{answer.word}”", where, answer.trouble, *reasons)))


# --- It has teeth --------------------------------------------------------------------------------


def row_of(name: str) -> Row:
    return next(row for row in TABLE if row.name == name)


def test_a_permission_taken_away_is_noticed(
    monkeypatch: pytest.MonkeyPatch, world: World, browsers: dict[str, Browser]
) -> None:
    paper = row_of("paper_unit")
    monkeypatch.setitem(rules.permissions.permissions, "deliberation.paper", rules.always_allow)
    seen, done = looked(paper, world, browsers), sent(paper, world, browsers)
    assert any("stranger_clerk should be refused" in complaint for complaint in seen)
    assert any("neighbour sends a proper form" in complaint for complaint in done), done


def test_a_page_that_breaks_is_noticed(
    monkeypatch: pytest.MonkeyPatch, world: World, browsers: dict[str, Browser]
) -> None:
    def broken(*asked: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("proposals.views.personal.selectors.mine", broken)
    assert any(
        "500" in complaint and "out of order" in complaint for complaint in looked(row_of("mine"), world, browsers)
    )


def test_a_row_missing_from_the_table_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.access.test_table.TABLE", [row for row in TABLE if row.name != "vote"])
    with pytest.raises(AssertionError, match="vote"):
        test_every_address_has_its_row()


def test_refused_is_refused() -> None:
    assert Row("x", see=EVERYBODY - {"minor"}).expected("minor") == REFUSED
