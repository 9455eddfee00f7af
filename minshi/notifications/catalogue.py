"""Of what people are told: each app lists its own events in ``told.py``, who hears of each and by which way.

What is told of a step stands in the table beside the step and is told by the engine itself (``reactions``), in
the step's transaction: a step that is listed cannot be taken silently. News that is no step (a sheet entered for
a household, a file that waits for a second person) is an ``Event`` named by whoever tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from minshi.accounts.models import User
from minshi.lifecycle.models import StepRecord
from minshi.territory.models import Territory

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Way(Enum):
    SITE = "site"
    TEXT = "text"
    BOTH = "both"

    @property
    def by_text(self) -> bool:
        return self is not Way.SITE


@dataclass(frozen=True)
class Event:
    """News that is no step: who hears of it, in words, and how. ``right``: what of the person's own has a deadline."""

    name: str
    hears: StrOrPromise
    way: Way = Way.SITE
    right: StrOrPromise = ""

    def __post_init__(self) -> None:
        assert self.way is Way.SITE or self.right, f"{self.name}: a text needs its reason"
        assert _events.setdefault(self.name, self) == self, f"{self.name}: listed twice"


_events: dict[str, Event] = {}


def event_named(name: str) -> Event | None:
    """None where no app lists it: a step's own name, or none."""
    return _events.get(name)


def all_events() -> Iterable[Event]:
    return _events.values()


# --- Who hears ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Post:
    """Whoever holds this role in this place, or in the next above that has one."""

    role: str
    place: Territory


@dataclass(frozen=True)
class Doors:
    """These households. ``asked``: of each whoever speaks for it, its representative or else each adult; otherwise
    all adults, for what was done in the household's name."""

    keys: Iterable[int]
    asked: bool = True


Heard = Iterable[User | None] | Post | Doors | None


@dataclass(frozen=True)
class Audience:
    """Who hears of a step, in words and as a question to the subject (``record`` is the step just taken)."""

    words: StrOrPromise
    of: Callable[[Any, StepRecord], Heard]


# --- What is told of steps ------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """One thing told of one step; ``title`` and ``body`` are filled from the ``facts`` of its table.

    ``when`` asks (subject, record) whether this time it is told at all; ``until``: from when on it is of no use to
    tell a household that was not reached.
    """

    verb: str
    to: Audience
    title: StrOrPromise
    body: StrOrPromise = ""
    way: Way = Way.SITE
    right: StrOrPromise = ""
    url: Callable[[Any], str] | None = None
    when: Callable[[Any, StepRecord], bool] | None = None
    until: Callable[[Any], datetime] | None = None

    def __post_init__(self) -> None:
        assert self.way is Way.SITE or self.right, f"{self.verb}: a text needs its reason"


@dataclass(frozen=True)
class ToldBy:
    """The step's action tells by itself, naming these events: it alone knows whom or what."""

    verb: str
    events: tuple[str, ...]


@dataclass(frozen=True)
class Unheard:
    """Nobody is told of this step, and why that is right."""

    verb: str
    why: str


@dataclass(frozen=True)
class Followed:
    """Whoever follows it hears of each of its steps, once, who hears of it anyway apart.

    ``of`` (subject, record) names by kind and key all that may be followed to hear of this step.
    """

    words: StrOrPromise
    of: Callable[[Any, StepRecord], Iterable[tuple[str, int]]]
    title: StrOrPromise
    body: StrOrPromise = ""


@dataclass(frozen=True)
class WasTold:
    """Who was just told, and ``about`` what; ``record`` is the step it was told of, where that is one of its own."""

    about: frozenset[str]
    accounts: tuple[int, ...]
    record: int | None = None


@dataclass(frozen=True)
class Lines:
    """What one app tells of the steps of one kind of thing.

    ``facts`` (subject, record) fills the words, ``url`` says where to look, ``matter`` of what one text a day speaks.
    ``about`` names what is followed of which a step of this is part, as ``matter`` names that: who hears of a vote
    on a project is not told of its project's step besides.
    """

    subject: str
    lines: tuple[Told | ToldBy | Unheard, ...]
    facts: Callable[[Any, StepRecord], Mapping[str, Any]] = lambda subject, record: {}
    url: Callable[[Any], str] = lambda subject: ""
    matter: Callable[[Any], str] = lambda subject: f"{subject._meta.label_lower}:{subject.pk}"
    about: Callable[[Any], str] = lambda subject: ""
    followed: Followed | None = None
    by_verb: dict[str, list[Told | ToldBy | Unheard]] = field(init=False)

    def __post_init__(self) -> None:
        by_verb: dict[str, list[Told | ToldBy | Unheard]] = {}
        for line in self.lines:
            by_verb.setdefault(line.verb, []).append(line)
        object.__setattr__(self, "by_verb", by_verb)
        _tables.append(self)


_tables: list[Lines] = []


def all_tables() -> Iterable[Lines]:
    return _tables


def tables_of(subject: str) -> list[Lines]:
    """The tables that speak of this kind of thing: one of each app that owns steps of it."""
    return [table for table in _tables if table.subject == subject]
