"""Whatever is typed into whatever field: refused with a sentence and shown again, or kept and harmless.

The fields are read from the pages themselves. With the suite each form once with all of it in every field; in the
drill each kind of text in each field by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from typing import Any, TypeVar
from zlib import crc32

import pytest
from django.db import connection
from django.http import SimpleCookie
from django.urls import reverse

from minshi import masking
from minshi.lifecycle.action import taken
from proposals import forms
from tests.access.addresses import SHOWN, SIGN_IN, WORDS, Browser, row_changes, touched_since, undone
from tests.access.staff_table import SITE, STEPS, THINGS
from tests.access.table import TABLE, VISITOR, Row
from tests.access.test_staff_table import address, open_to
from tests.hostile import BROKEN_OUT, RARE, TEXTS, TOGETHER, TURNED, Field, Form, forms_of, squeezed
from tests.world import World

pytestmark = pytest.mark.drill

T = TypeVar("T")
ALL = bool(os.environ.get("MINSHI_DRILL"))
ROWS = [row for row in (*TABLE, *SITE) if row.see and row.shows == SHOWN]
STEPPED = [(label, name) for label, steps in STEPS.items() for name in steps]


def some(of: Sequence[T], named: Callable[[T], str]) -> list[T]:
    """One in six with the suite, all in the drill."""
    return [each for each in of if ALL or crc32(named(each).encode()) % 6 == 0]


ADDED = [label for label, thing in THINGS.items() if thing.adds]
ASKS_WHY = {"strikes": {"verdict": "no"}, "confirm_bylaws": {"verdict": "no"}, "judge_wish": {"is_done": "no"}}
"""Where only who says no is asked why: the tables' proper answer is yes."""
AS_TYPED = {"django_session", "audit_event", "audit_clear", "signin_tally", "signin_securityevent"}
"""Not looked through: what stands in the audit stands in its table too, and a session is nobody else's."""


# --- Where one types -----------------------------------------------------------------------------


def eyes(row: Row) -> str:
    return min((row.send & row.see or row.see) - VISITOR or row.see)


def of_row(row: Row, world: World, browsers: dict[str, Browser]) -> list[Form]:
    who, page = eyes(row), reverse(row.name, args=row.args(world))
    if row.name == "object_for":  # which comes after its door was asked for
        page += f"?door={world.way.households[5].door}"
    found = list(forms_of(row.name, who, page, browsers[who].ask("GET", page).text))
    for form in found:
        if row.proper and form.action.partition("?")[0] == page.partition("?")[0]:
            form.more = lambda: {**row.proper(world), **ASKS_WHY.get(row.name, {})} if row.proper else {}
    return found


def of_step(label: str, name: str, world: World, browsers: dict[str, Browser]) -> list[Form]:
    """Within a transaction in which the step is open."""
    who = min(STEPS[label][name].who)
    page = address(label, "do", open_to(label, name, world).pk, name)
    return list(forms_of(f"{label} {name}", who, page, browsers[who].ask("GET", page).text))


def of_adding(label: str, browsers: dict[str, Browser]) -> list[Form]:
    who, page = min(THINGS[label].adds), address(label, "add")
    return list(forms_of(f"{label} add", who, page, browsers[who].ask("GET", page).text))


# --- What comes of it ----------------------------------------------------------------------------


def tries(form: Form) -> Iterator[tuple[list[Field], str]]:
    """Which fields get which text at once."""
    if form.typed and not ALL:
        yield form.typed, TOGETHER
    for each in form.typed if ALL else ():
        for text in TEXTS.values():
            yield [each], text


def complaints(form: Form, browsers: dict[str, Browser]) -> list[str]:
    found: list[str] = []
    for fields, text in tries(form):
        wrong = sent(form, browsers[form.who].client, browsers[form.who].cookies, fields, text)
        found += [f"{form}, {'+'.join(each.name for each in fields)} = {text[:40]!r}: {why}" for why in wrong]
    return found


def sent(form: Form, client: Any, cookies: dict[str, str], fields: list[Field], text: str) -> Iterator[str]:
    client.cookies = SimpleCookie(cookies)
    with undone():
        before, done = row_changes(), taken.set([])
        try:
            answer = client.post(
                form.action, {"csrfmiddlewaretoken": "t", **form.body(**{f.name: text for f in fields})}
            )
            is_done = bool(taken.get())
        finally:
            taken.reset(done)
        word = WORDS.get(answer.status_code, str(answer.status_code))
        page = (b"".join(answer) if answer.streaming else answer.content).decode(errors="replace")
        if answer.status_code >= 500:
            trouble = getattr(answer, "exc_info", None)
            yield f"breaks: {trouble and trouble[1]!r}"
            return
        if answer.status_code == 302:
            yield from led_on(form, client, answer["Location"], is_done, fields)
            yield from stored(touched_since(before), is_done, text)
        elif lost := [
            each.name for each in fields if not each.is_secret and squeezed(text) not in squeezed(unescape(page))
        ]:
            yield f"{word}, and what was typed is lost: {', '.join(lost)}"
        if BROKEN_OUT.search(page):
            yield "it is written into the page as it is"


def led_on(form: Form, client: Any, to: str, is_done: bool, fields: list[Field]) -> Iterator[str]:
    if to.partition("?")[0] in ("/signin/", "/staff/signin/"):
        yield f"is sent to sign in: {SIGN_IN}"
        return
    if not is_done and any(not each.is_secret for each in fields):
        yield f"nothing was done, and what was typed is not on the page it leads to: {to}"
    page = client.get(to)
    if page.status_code >= 500 or BROKEN_OUT.search(page.content.decode(errors="replace")):
        yield f"{to}, where it leads, answers {page.status_code} or holds it as it is"


def stored(tables: list[str], is_done: bool, text: str) -> Iterator[str]:
    rare = False
    for table in sorted(set(tables) - AS_TYPED):
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT t::text FROM "{table}" t WHERE t::text ~ %s LIMIT 1', [TURNED])
            if row := cursor.fetchone():
                yield f"{table} keeps what nobody sees: {row[0][:300]!r}"
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" t WHERE strpos(t::text, %s) > 0)', [RARE])
            rare |= bool(cursor.fetchone()[0])
    if is_done and RARE in text and not rare:
        yield f"done, and {RARE} is nowhere in {', '.join(tables)}"


# --- Every field ---------------------------------------------------------------------------------


@pytest.mark.parametrize("row", some(ROWS, lambda row: row.name), ids=lambda row: row.name)
def test_of_a_page(row: Row, world: World, browsers: dict[str, Browser]) -> None:
    found = [why for form in of_row(row, world, browsers) for why in complaints(form, browsers)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("label", "name"), some(STEPPED, " ".join), ids=str)
def test_of_a_step(label: str, name: str, world: World, browsers: dict[str, Browser]) -> None:
    with undone():
        if before := STEPS[label][name].before:
            before(world)
        found = [why for form in of_step(label, name, world, browsers) for why in complaints(form, browsers)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("label", ADDED)
def test_of_what_is_added(label: str, world: World, browsers: dict[str, Browser]) -> None:
    found = [why for form in of_adding(label, browsers) for why in complaints(form, browsers)]
    assert not found, "\n".join(found)


# --- It has teeth --------------------------------------------------------------------------------


def test_text_that_is_kept_as_it_came_is_noticed(
    monkeypatch: pytest.MonkeyPatch, world: World, browsers: dict[str, Browser]
) -> None:
    for module in (masking, forms):
        monkeypatch.setattr(module, "readable", lambda text: text)
    ask = next(row for row in ROWS if row.name == "ask")
    found = [why for form in of_row(ask, world, browsers) for why in complaints(form, browsers)]
    assert any("keeps what nobody sees" in why for why in found), found
