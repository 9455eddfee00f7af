"""Nobody but who calls back after the end joins a household to its rating; six leaks are found.

Watched by a visitor, the chief, the clerk, a supervisor and an officer of the level above the holder (who read the
envelopes), and the street's case officer: each page they can reach, before and after each rating, each by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.test import Client

from evaluation import rules, selectors, views
from evaluation import urls as addresses_of
from evaluation.actions import paper, surveys
from evaluation.models import CallBack, PaperAnswer, Rating, Survey
from minshi import addresses
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.audit.models import EventQuerySet
from minshi.deadlines import actions as deadlines
from minshi.paper.numbers import shown
from minshi.territory.models import Household
from tests.conftest import Clock
from tests.secrecy.watchers import HREF, Watcher, names, words_of
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
READERS = ("supervisor", "district_officer")
TAKERS = ("chief", "clerk")
WORDS = [str(level.label) for level in Rating]


@pytest.fixture
def watchers(request: pytest.FixtureRequest, client_of: ClientOf) -> list[Watcher]:
    people = (*TAKERS, *READERS, "case_officer")
    users = {name: request.getfixturevalue(name) for name in people}
    return [
        Watcher("visitor", client_of(None)),
        *(Watcher(name, client_of(user), user) for name, user in users.items()),
    ]


@dataclass
class Round:
    """A survey that is watched: what changed while somebody answered, and what was read that joins door and rating."""

    survey: Survey
    way: Way
    watchers: list[Watcher]
    found: list[str] = field(default_factory=list)
    read: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        number = self.survey.proposal.number
        self.places = (f"/projects/{number}/rat", "/ratings/", "/callbacks/", "/mine/", "/messages/", "/receipts/")
        self.places += ("/admin/evaluation/survey/", "/admin/evaluation/callback/")
        self.seeds = ["/", "/mine/", "/messages/", "/trust/", "/projects/", "/healthz", "/open/", "/receipts/"]
        self.seeds += [f"/projects/{number}/{part}" for part in ("", "ratings/", "rate/", "ratings/paper/")]
        self.seeds += [f"/projects/{number}/{part}" for part in ("ratings/check/", "archive/", "books/", "votes/")]
        self.seeds += ["/admin/", "/admin/evaluation/survey/", "/admin/evaluation/callback/", "/admin/audit/event/"]
        self.seeds += ["/admin/deadlines/deadline/"]
        units = self.survey.roll.units.all()[:4]
        self.seeds += [f"/projects/{number}/ratings/paper/{unit.ordinal}/" for unit in units]
        # Whoever knows that keys are given in a row tries the next ones.
        self.seeds += [f"/ratings/{key}/{what}/" for key in (1, 2) for what in ("check", "sheet", "correct")]

    def explore(self) -> dict[tuple[str, str], str]:
        seen = {}
        for watcher in self.watchers:
            watcher.is_fresh()
            pages = watcher.explore(self.seeds, self.places)
            seen |= {(watcher.name, path): text for path, text in pages.items()}
            self.read |= {path for path, text in pages.items() if text}
        return seen

    def on_the_phone(self, rater: User, level: int) -> None:
        """One household answers, and later changes its mind: nothing that anybody reads says when."""
        before = {watcher.name: watcher.look_again() for watcher in self.watchers}
        for said in (level, 1):
            platform_clock.move(timedelta(minutes=3))
            surveys.rate(self.survey, level=said, by=rater)
        surveys.rate(self.survey, level=level, by=rater)
        for watcher in self.watchers:
            now, read = watcher.look_again(), before[watcher.name]
            moved = [path for path in now if now[path] != read[path]]
            self.found += [f"{watcher.name} sees {path} change with a rating" for path in moved]

    def on_paper(self, doors: list[Household], level: int) -> list[PaperAnswer]:
        """Envelopes come in at the doors in their order; two read them."""
        sheets = []
        for door in doors:
            platform_clock.move(timedelta(minutes=3))
            unit = self.survey.roll.units.get(household=door)
            sheets.append(paper.register_paper(unit, receipt_id=uuid4(), by=self.way.who("chief")))
        for watcher in self.watchers:
            watcher.is_fresh()
            pages = watcher.explore(self.seeds, self.places)
            self.read |= {path for path, text in pages.items() if text}
            if watcher.name in READERS:
                self.found += [*self.doors_read(watcher, pages, doors), *self.an_order(watcher, pages, sheets)]
        for sheet in sheets:
            paper.enter_paper(sheet, level=level, photo=a_picture(), by=self.way.who("supervisor"))
        for watcher in self.watchers:
            pages = watcher.explore(self.seeds, self.places)
            self.found += self.ratings_read(watcher, pages, doors)
        for sheet in sheets:
            paper.confirm_paper(sheet, level=level, by=self.way.who("district_officer"))
        return sheets

    def doors_read(self, watcher: Watcher, pages: dict[str, str], doors: list[Household]) -> list[str]:
        """Whoever reads envelopes reads of no door that one came from it."""
        told = [
            (path, door.address)
            for path, text in pages.items()
            for door in doors
            if names(words_of(text), door.address)
        ]
        return [f"{watcher.name} reads {door} on {path}" for path, door in told]

    def an_order(self, watcher: Watcher, pages: dict[str, str], sheets: list[PaperAnswer]) -> list[str]:
        """Envelopes stand in no order of their coming in, and their addresses in no row."""
        found = []
        text = next(text for path, text in pages.items() if path.endswith("/ratings/check/"))
        coming = [shown(sheet.slip_number) for sheet in sheets]
        listed = sorted(coming, key=text.index) if all(slip in text for slip in coming) else []
        if listed == coming and coming != sorted(coming):
            found.append(f"{watcher.name} reads in which order they came")
        keys = [href.split("/")[2] for href in HREF.findall(text) if re.fullmatch(r"/ratings/\w+/check/", href)]
        near = [int(one, 16) - int(other, 16) for one, other in pairwise(sorted(keys))]
        if len(keys) < len(sheets) or any(abs(step) < 1000 for step in near):
            found.append(f"{watcher.name} reads keys in a row")
        return found

    def ratings_read(self, watcher: Watcher, pages: dict[str, str], doors: list[Household]) -> list[str]:
        """A page with a door says of no rating; before the end, also none of a reader."""
        found = []
        for path, text in pages.items():
            if path.endswith(("/rate/", "/check/")):  # forms, which offer all five levels
                continue
            main = words_of(f"<!doctype{text.split('<main')[-1].split('</main>')[0]}")
            has_door = any(names(main, door.address) for door in doors)
            if has_door and any(re.search(rf"\s{word}\s", main) for word in WORDS):
                found.append(f"{watcher.name} reads a door and a rating on {path}")
        return found

    def to_its_end(self) -> None:
        platform_clock.set_to(self.survey.closes_at)
        deadlines.sweep()
        self.survey.refresh_from_db()
        assert self.survey.stage == "closed"
        discontent = {f"/callbacks/{token}/" for token in CallBack.objects.values_list("token", flat=True)}
        assert discontent
        for watcher in self.watchers:
            watcher.is_fresh()
            pages = watcher.explore([*self.seeds, *discontent], self.places)
            self.read |= {path for path, text in pages.items() if text}
            if watcher.name not in READERS:  # who calls back reads it then, and is named on the form
                self.found += self.ratings_read(watcher, pages, self.way.households)


@pytest.fixture
def rating(way: Way, watchers: list[Watcher], clock: Clock) -> Callable[..., Round]:
    def watched(*names: str) -> Round:
        survey = way.rating()
        clock.move(days=1)
        chosen = [watcher for watcher in watchers if not names or watcher.name in names]
        return Round(survey, way, chosen)

    return watched


@pytest.mark.drill
def test_nothing_joins_a_household_to_its_rating(rating: Callable[..., Round]) -> None:
    seen = rating()
    raters = seen.way.raters()
    doors = seen.way.households
    seen.explore()
    for number in (0, 1):
        seen.on_the_phone(raters[number], 5 - number)
    sheets = seen.on_paper(doors[3:7], 5)
    assert len(sheets) == 4
    for user in raters[7:]:
        surveys.rate(seen.survey, level=1, by=user)
    seen.to_its_end()
    assert seen.found == []
    looked = {
        pattern.name
        for path in seen.read
        for pattern in addresses_of.urlpatterns
        if pattern.resolve(path.removeprefix("/"))
    }
    assert {"ratings", "rating_paper", "rating_paper_unit", "rating_checks", "rating_check", "callback"} <= looked
    assert "/admin/audit/event/" in seen.read


# --- Six leaks ------------------------------------------------------------------------------------------

only_drill = pytest.mark.drill(only=True)
"""Each leak is found by the same reading: of each kind some are tried with the suite, all by `drill leak`."""

LEAKS: dict[str, tuple[Any, str, Any]] = {
    "a live count": (selectors, "answered_as_told", selectors.answered),
    "audit": (EventQuerySet, "shown", lambda events: events.annotate(all=F("pk"))),
    "readers see the doors": (views, "collects_paper", lambda user, survey: True),
    "keys in a row": (addresses, "told", lambda kind, key: f"{key:016x}"),
    "in the order of their coming": (
        selectors,
        "_numbered",
        lambda sheets: [
            (key, shown(number)) for key, number in sheets.order_by("pk").values_list("pk", "line__slip_number")
        ],
    ),
}


@pytest.fixture
def leak(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    yield lambda name: monkeypatch.setattr(*LEAKS[name])


@pytest.mark.parametrize(
    ("name", "who"), [("a live count", "visitor"), pytest.param("audit", "district_officer", marks=only_drill)]
)
def test_a_leak_while_it_runs_is_found(
    rating: Callable[..., Round], leak: Callable[[str], None], name: str, who: str
) -> None:
    leak(name)
    seen = rating(who)
    seen.explore()
    seen.on_the_phone(seen.way.raters()[0], 5)
    assert any("change with a rating" in each for each in seen.found)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("readers see the doors", "reads 10"),
        pytest.param("keys in a row", "keys in a row", marks=only_drill),
        pytest.param("in the order of their coming", "in which order they came", marks=only_drill),
    ],
)
def test_a_leak_to_who_reads_envelopes_is_found(
    rating: Callable[..., Round], leak: Callable[[str], None], name: str, words: str
) -> None:
    leak(name)
    seen = rating("supervisor")
    seen.way.raters()
    seen.on_paper(seen.way.households[3:9], 5)
    assert any(words in each for each in seen.found), seen.found


def test_a_leak_to_the_chief_next_door_is_found(rating: Callable[..., Round], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = rating("chief")
    monkeypatch.setattr(views, "reads_ratings", rules.collects_paper)
    for number, user in enumerate(seen.way.raters()):
        surveys.rate(seen.survey, level=5 if number == 4 else 1, by=user)
    seen.to_its_end()
    assert any("a door and a rating" in each for each in seen.found)


# --- What is given in a row -----------------------------------------------------------------------------


def test_an_address_tells_no_number() -> None:
    told = [addresses.told("message", key) for key in range(1, 400)]
    assert [addresses.key_of("message", each) for each in told] == list(range(1, 400))
    assert len(set(told)) == len(told) and all(re.fullmatch(r"[0-9a-f]{16}", each) for each in told)
    rising = sum(one < other for one, other in pairwise(told))
    assert 120 < rising < 280  # near half of them, as by chance
    assert not set(told) & {addresses.told("rating_read", key) for key in range(1, 400)}
    assert addresses.sent("message", "7") is None and addresses.sent("message", None) is None
