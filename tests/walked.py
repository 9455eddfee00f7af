"""Tests that begin where a proposal already stands: walked once for a file, and each finds it untouched.

``@pytest.mark.walked("settling")``, before a test, in a file's ``pytestmark`` or in ``pytest.param``, says where it
begins: ``way.settling()`` then gives the proposal that was walked there, and later stages go on from it.
``walked("settling", "supervisor")`` has a supervisor there before the walk, as a test does that asks for one before
``way``; ``walked(None)`` begins with nothing. What a test does is rolled back after it, the platform's time is put
back, and the files are its own copies. Within a file those that begin early come first, so that one walk goes on
from stage to stage. Not for tests that commit, or that another connection looks at.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from inspect import signature
from itertools import groupby
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from django.test import override_settings

from minshi import clock as platform_clock
from tests.cast import MAKES, MET, fresh
from tests.conftest import Clock
from tests.way import AFTER, STOOD, Way


class Where(NamedTuple):
    """What a mark asks for."""

    stage: str
    there: tuple[str, ...]

    def leads_to(self, other: Where) -> bool:
        """Whether a walk that stands here comes by ``other`` when it goes on."""
        if other.there[: len(self.there) + 1] == (*self.there, self.stage):
            return True
        stage = other.stage
        while stage and stage != self.stage:
            stage = AFTER.get(stage, "")
        return bool(stage) and self.there == other.there


class Stand(NamedTuple):
    """A walk that stands somewhere, in a transaction of its own."""

    where: Where
    found: Any
    met: dict[str, Any]
    moment: datetime
    files: str
    held: transaction.Atomic
    blocker: Any


_stands: list[Stand] = []
"""The stages on the way that tests of this file begin at; the walk is at the last."""
_own_files = pytest.StashKey[Any]()


class Cast:
    """To a walk what fixtures are to a test: makes each who is asked for by name, with whomever they need."""

    def __init__(self, before: Stand | None) -> None:
        self.met = {name: fresh(found) for name, found in before.met.items()} if before else {}
        self.stands = (before.where.stage, before.found) if before and before.where.stage in AFTER else ("", None)
        self.at_hand: dict[str, Any] = {"db": None, "clock": Clock(), "monkeypatch": pytest.MonkeyPatch}

    def getfixturevalue(self, name: str) -> Any:
        if name == "way":
            return self.way
        if name in self.at_hand:
            return self.at_hand[name]
        if name not in self.met:
            make = MAKES[name]
            self.met[name] = make(**{need: self.getfixturevalue(need) for need in signature(make).parameters})
        return self.met[name]

    @cached_property
    def way(self) -> Way:
        return Way(self, self.stands)


def where(item: pytest.Item | None) -> Where | None:
    """Where this test begins; None with nothing."""
    mark = item and item.get_closest_marker("walked")
    if mark is None or mark.args[0] is None:
        return None
    stage, *there = mark.args
    return Where(stage, tuple(there))


def each(cases: Mapping[Any, str]) -> list[Any]:
    """For ``parametrize``: every case with the stage that its test begins at."""
    return [pytest.param(case, marks=pytest.mark.walked(stage)) for case, stage in cases.items()]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    stages = list(AFTER)

    def place(item: pytest.Item) -> tuple[tuple[str, ...], int]:
        asked = where(item)
        if asked is None:
            return (), -1
        return asked.there, stages.index(asked.stage) if asked.stage in AFTER else len(stages)

    items[:] = [
        item for _path, those in groupby(items, key=lambda item: item.path) for item in sorted(those, key=place)
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
    """Before the test's own transaction, which then begins inside the walk's."""
    if fixturedef.argname != "_django_db_helper" or (asked := where(request.node)) is None:
        return
    mark = request.node.get_closest_marker("django_db")
    if (mark and mark.kwargs.get("transaction")) or "transactional_db" in request.fixturenames:
        pytest.fail("a test that commits cannot begin inside a walk")
    blocker = request.getfixturevalue("django_db_blocker")
    with blocker.unblock():
        while _stands and not _stands[-1].where.leads_to(asked):
            _leave()
        if not _stands or _stands[-1].where != asked:
            _walk_on(asked, blocker)
        platform_clock.set_to(_stands[-1].moment)
    stand = _stands[-1]
    request.node.stash[MET] = stand.met
    if asked.stage in AFTER:
        request.node.stash[STOOD] = (asked.stage, stand.found)
    request.node.stash[_own_files] = _files(stand.files)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    yield
    if files := item.stash.get(_own_files, None):
        files.disable()
        shutil.rmtree(files.options["MEDIA_ROOT"])
    is_last = nextitem is None or nextitem.path != item.path or item.session.shouldfail or item.session.shouldstop
    if _stands and (is_last or where(nextitem) is None):
        with _stands[0].blocker.unblock():
            while _stands:
                _leave()


def _walk_on(asked: Where, blocker: Any) -> None:
    """From the last stand, or from nothing."""
    before = _stands[-1] if _stands else None
    held = transaction.atomic()
    held._from_testcase = True  # type: ignore[attr-defined]
    files = _files(before.files if before else None)
    held.__enter__()
    try:
        if before:
            platform_clock.set_to(before.moment)
        cast = Cast(before)
        for name in asked.there:
            cast.getfixturevalue(name)
        found = getattr(cast.way, asked.stage)() if asked.stage in AFTER else cast.getfixturevalue(asked.stage)
        assert not cast.way.stands[0], f"{asked.stage} does not go on from {cast.way.stands[0]}"
        connection.check_constraints()
        moment = platform_clock.now()
    except BaseException:
        _roll_back(held)
        shutil.rmtree(files.options["MEDIA_ROOT"])
        platform_clock.reset()
        raise
    finally:
        files.disable()
    _stands.append(Stand(asked, found, cast.met, moment, files.options["MEDIA_ROOT"], held, blocker))


def _files(copied: str | None) -> Any:
    """A new place for files, with copies of those that are there; in force until it is disabled."""
    place = tempfile.mkdtemp(prefix="walked-")
    if copied:
        shutil.copytree(copied, place, dirs_exist_ok=True)
    own = override_settings(MEDIA_ROOT=place)
    own.enable()
    return own


def _leave() -> None:
    stand = _stands.pop()
    _roll_back(stand.held)
    shutil.rmtree(stand.files)
    platform_clock.reset()


def _roll_back(held: transaction.Atomic) -> None:
    transaction.set_rollback(True)
    held.__exit__(None, None, None)
