"""What higher apps show on pages of this app: panels of a project's page, what it says of the present stage, tasks.

Registered once, in an app's ``AppConfig.ready``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

from minshi.accounts.models import User
from proposals.models import Proposal

Shown = TypeVar("Shown")
ORDER = ("votes", "consultation", "decision", "money", "supplier", "progress", "ending", "ratings", "archive")
"""The panels of a project's page by name, from top to bottom. A new one takes its place here."""


@dataclass(frozen=True)
class Panel:
    """``load`` returns the template's context, or None when there is nothing to show yet.

    A panel is public and the same for everybody: it is kept with the page until the card's version grows.
    """

    name: str
    template: str
    load: Callable[[Proposal], dict[str, Any] | None]
    about: tuple[type[models.Model], ...] = ()
    """Before there is a row of one of these for the project there is nothing to show, and ``load`` is not asked."""
    draws_money: bool = False
    """It says where the money came from, so that the page no longer draws where it is meant to come from."""


@dataclass(frozen=True)
class Present:
    """What happens now, in one sentence, and the one page where somebody may do something about it."""

    text: str
    button: str = ""
    url: str = ""


@dataclass(frozen=True)
class Task:
    """Something that waits for this person: one line of "my things", one page to do it on."""

    title: str
    text: str
    url: str
    button: str
    until: datetime | None = None


@dataclass(frozen=True)
class Own:
    """Something this person did that counts: one line of "my things", the page where it stands, its number."""

    kind: str
    title: str
    text: str
    url: str
    number: str = ""


@dataclass(frozen=True)
class Found:
    """What a number stands for, and the page that shows it to whoever may see it."""

    label: str
    url: str


_panels: dict[str, Panel] = {}
_present: dict[str, Callable[[Proposal], Present]] = {}
_tasks: list[tuple[str, Callable[[User], list[Task]]]] = []
_at_desk: list[Callable[[User], list[Task]]] = []
_own: list[Callable[[User], list[Own]]] = []
_finders: list[Callable[[str], list[Found]]] = []


def register(panel: Panel) -> None:
    """Raises ``ValueError`` for a panel without a place in ``ORDER``, or with another's."""
    if panel.name not in ORDER or panel.name in _panels:
        raise ValueError(f"panel {panel.name} needs a place of its own in proposals.panels.ORDER")
    _panels[panel.name] = panel


def register_present(stage: str, tell: Callable[[Proposal], Present]) -> None:
    """``tell`` speaks for the stage on top of the project's page."""
    _present[stage] = tell


HOLDS_A_POST = "me.holds"


def register_tasks(load: Callable[[User], list[Task]], *, where: str, at_desk: bool = False) -> None:
    """``load`` names what waits for a resident (a vote, a survey, a paper to confirm).

    ``where`` is SQL of ``me`` (see ``ME``), true wherever there may be something: else ``load`` is not asked.
    ``at_desk`` is work of an office or organiser that is done on a page of the site: the desk names it, too.
    """
    _tasks.append((where, load))
    if at_desk:
        _at_desk.append(load)


def register_own(load: Callable[[User], list[Own]]) -> None:
    """``load`` names what this person did: votes, signatures, pledges, objections, ratings; the newest first."""
    _own.append(load)


def register_finder(find: Callable[[str], list[Found]]) -> None:
    """``find`` looks for a receipt by its number as it was typed, in capitals and plain digits.

    It leads to a page and tells nothing itself: whoever opens the page is asked there who they are.
    """
    _finders.append(find)


def own_of(user: User) -> list[Own]:
    return [own for load in _own for own in load(user)]


def found_by(number: str) -> list[Found]:
    return [found for find in _finders for found in find(number)]


ME = """
WITH RECURSIVE me AS (
    SELECT account.id || account.also AS accounts, person.id AS person,
           home.household_id AS door, door.place_id AS place,
           EXISTS (SELECT FROM residents_rolegrant WHERE user_id = account.id AND revoked_at IS NULL) AS holds
    FROM accounts_user AS account
    LEFT JOIN residents_person AS person ON person.user_id = account.id
    LEFT JOIN residents_residence AS home ON home.person_id = person.id AND home.until IS NULL
    LEFT JOIN territory_household AS door ON door.id = home.household_id
    WHERE account.id = %s
), around AS (
    SELECT place AS id FROM me
    UNION ALL SELECT place.parent_id FROM territory_territory AS place JOIN around USING (id)
)
SELECT {} FROM me
"""
"""What kinds of tasks somebody may have: one statement for all, since most people have none. ``around`` are the places
they live in, from the building to the city."""


def tasks_of(user: User) -> list[Task]:
    with connection.cursor() as cursor:
        cursor.execute(_which_may_wait(), [user.pk])
        may_wait = cursor.fetchone() or [False] * len(_tasks)
    return [task for (_where, load), may in zip(_tasks, may_wait, strict=True) if may for task in load(user)]


@cache
def _which_may_wait() -> str:
    return ME.format(", ".join(where for where, _load in _tasks))


def tasks_at_desk(user: User) -> list[Task]:
    return [task for load in _at_desk for task in load(user)]


@contextmanager
def drawing(proposal: Proposal) -> Iterator[None]:
    """While a project is drawn, what several panels and the present stage show of it is asked ``once``."""
    proposal.__dict__["_asked"] = {}
    yield
    del proposal.__dict__["_asked"]


def once(ask: Callable[[Proposal], Shown], proposal: Proposal) -> Shown:
    asked: dict[Callable[[Proposal], Shown], Shown] | None = proposal.__dict__.get("_asked")
    if asked is None:
        return ask(proposal)
    if ask not in asked:
        asked[ask] = ask(proposal)
    return asked[ask]


def panels_of(proposal: Proposal) -> list[tuple[Panel, dict[str, Any]]]:
    """Every panel that has something to show, with its context."""
    loaded = ((panel, panel.load(proposal)) for panel in _begun(proposal))
    return [(panel, context) for panel, context in loaded if context is not None]


def _begun(proposal: Proposal) -> list[Panel]:
    """The panels whose matter has begun: one statement for all, since most projects have but few of them."""
    with connection.cursor() as cursor:
        cursor.execute(_which_have_begun(), {"pk": proposal.pk})
        begun = cursor.fetchone()
    return [_panels[name] for name, is_begun in zip(ORDER, begun, strict=True) if is_begun]


@cache
def _which_have_begun() -> str:
    return "SELECT " + ", ".join(_has_begun(_panels[name]) for name in ORDER)


def _has_begun(panel: Panel) -> str:
    rows = [(each._meta.db_table, each._meta.get_field("proposal").column) for each in panel.about]  # type: ignore[union-attr]
    return " OR ".join(f'EXISTS (SELECT FROM "{table}" WHERE "{key}" = %(pk)s)' for table, key in rows) or "true"


def present_of(proposal: Proposal) -> Present | None:
    tell = _present.get(proposal.stage)
    return tell(proposal) if tell else None
