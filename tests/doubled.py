"""Every action pressed twice at once: each call becomes two, on two connections, and both say what became of it."""

from __future__ import annotations

import contextvars
import importlib
import pkgutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import wraps
from threading import Barrier
from types import FunctionType
from typing import Any

from django.db import connection, models, transaction

from minshi.lifecycle.action import action, taken
from minshi.refusals import Refused

APPS = ("minshi", "proposals", "deliberation", "funding", "evaluation")
MADE_BY_ACTION = action(lambda: None).__code__
NOT_TO_IMPORT = (".migrations", ".management", ".settings", ".asgi", ".wsgi", ".servers")


def all_actions() -> dict[str, Callable[..., Any]]:
    """Module and name → what ``@action`` made, of every module there is."""
    for app in APPS:
        for found in pkgutil.walk_packages(importlib.import_module(app).__path__, f"{app}."):
            if not any(part in found.name for part in NOT_TO_IMPORT):
                importlib.import_module(found.name)
    return {_name(each): each for module in _modules(*APPS) for each in vars(module).values() if _is_action(each)}


def _modules(*apps: str) -> list[Any]:
    return [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in apps and module]


def _is_action(value: Any) -> bool:
    return isinstance(value, FunctionType) and value.__code__ is MADE_BY_ACTION


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@dataclass
class Said:
    """What one of the two had: a result, one sentence, or a fault; and how many events it wrote."""

    result: Any = None
    refusal: Refused | None = None
    fault: BaseException | None = None
    wrote: int = 0
    copies: dict[int, Any] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return self.refusal is None and self.fault is None


@dataclass
class Tally:
    pressed: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    """Of those pressed: the second had a sentence."""
    faults: dict[str, str] = field(default_factory=dict)
    """Name → what was not one outcome and one sentence."""


@contextmanager
def pressed_twice(most: int) -> Iterator[Tally]:
    """While it lasts every action that is called outside a transaction is called twice at once; each so often."""
    tally = Tally()
    doubled = {each: _doubled(each, tally, most) for each in all_actions().values()}
    places = [
        (module, name, value)
        for module in _modules(*APPS, "tests")
        for name, value in list(vars(module).items())
        if _is_action(value) and value in doubled
    ]
    for module, name, value in places:
        setattr(module, name, doubled[value])
    try:
        yield tally
    finally:
        for module, name, value in places:
            setattr(module, name, value)


def _doubled(function: Callable[..., Any], tally: Tally, most: int) -> Callable[..., Any]:
    name = _name(function)

    @wraps(function)
    def twice(*args: Any, **kwargs: Any) -> Any:
        if connection.in_atomic_block or tally.pressed[name] >= most:
            return function(*args, **kwargs)
        tally.pressed[name] += 1
        start = Barrier(2)
        with ThreadPoolExecutor(2) as threads:
            both = [
                threads.submit(contextvars.copy_context().run, _press, function, *_copied(args, kwargs), start)
                for _time in range(2)
            ]
            said = [each.result() for each in both]
        if wrong := _wrong(*said):
            tally.faults[name] = wrong
        tally.told[name] += any(each.refusal for each in said)
        return _go_on(said)

    return twice


def _copied(args: Any, kwargs: Any) -> tuple[Any, Any, dict[int, Any]]:
    memo: dict[int, Any] = {}
    return (*deepcopy((args, kwargs), memo), memo)


def _press(function: Callable[..., Any], args: Any, kwargs: Any, memo: dict[int, Any], start: Barrier) -> Said:
    """As a form does it: one transaction around."""
    said = Said(copies=memo)
    taken.set([])
    connection.ensure_connection()
    start.wait(20)
    try:
        with transaction.atomic():
            said.result = function(*args, **kwargs)
            said.wrote = _written()
    except Refused as refusal:
        said.refusal = refusal
    except Exception as fault:
        said.fault = fault
    finally:
        connection.close()
    return said


def _written() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_event WHERE xid = pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def _wrong(first: Said, second: Said) -> str:
    for each in (first, second):
        if each.fault:
            return f"{type(each.fault).__name__}: {each.fault}"
        if each.refusal and len({*each.refusal.reasons, *each.refusal.fields.values()}) != 1:
            return f"not one sentence: {each.refusal}"
    if first.is_done and second.is_done and first.wrote and second.wrote:
        return f"done twice: {first.result!r} and {second.result!r}"
    return ""


def _go_on(said: list[Said]) -> Any:
    """With what the first of those who succeeded made; its caller's things are brought up to date."""
    done = sorted((each for each in said if each.is_done), key=lambda each: -each.wrote)
    if not done:
        raise said[0].refusal or said[0].fault or said[1].fault  # type: ignore[misc]
    memo = done[0].copies
    for original in list(memo.get(id(memo), [])):
        copy = memo.get(id(original))
        if isinstance(original, models.Model) and copy is not None and copy is not original:
            _up_to_date(original, copy)
    return done[0].result


def _up_to_date(original: models.Model, copy: models.Model) -> None:
    original._state.adding, original._state.db = copy._state.adding, copy._state.db
    for column in original._meta.concrete_fields:
        if column.attname not in copy.__dict__:
            continue
        if original.__dict__.get(column.attname) != copy.__dict__[column.attname]:
            setattr(original, column.attname, copy.__dict__[column.attname])
            original._state.fields_cache.pop(column.name, None)
