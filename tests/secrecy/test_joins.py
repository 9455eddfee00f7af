"""Nobody joins a household to its choice, nor either number to a time, a channel or a door; five leaks are found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models import F
from django.template import engines
from django.test import Client, override_settings

from deliberation import actions, rules, selectors
from deliberation import urls as addresses
from deliberation.models import Choice, Motion
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.audit.models import EventQuerySet
from minshi.deadlines import actions as deadlines
from minshi.paper import numbers
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household, Territory
from proposals.actions import note_on_card
from proposals.models import Proposal
from tests.cast import make_resident
from tests.conftest import Clock
from tests.secrecy.watchers import LEAST, OF_A_KIND, Story, Watcher, slips_of, told_groups
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def watchers(request: pytest.FixtureRequest, client_of: ClientOf) -> list[Watcher]:
    people = ("chief", "clerk", "district_officer")
    users = {name: request.getfixturevalue(name) for name in people}
    staff = [Watcher(name, client_of(user), user) for name, user in users.items()]
    return [Watcher("visitor", client_of(None)), *staff]


@pytest.fixture
def doors(clock: Clock, yard: Territory, households: list[Household]) -> list[Household]:
    """Three buildings: of twelve doors, of eight, and of three who will all say the same."""
    clock.set("2026-11-17 09:32")
    found = list(households)
    for name, size in (("2栋", 8), ("3栋", 3)):
        building = add_place(parent=yard, code=f"990101001001-1-{name[0]}", name=name, level="building", by=None)
        found += add_households(place=building, addresses=[f"{name[0]}0{door}" for door in range(1, size + 1)], by=None)
    return found


@pytest.fixture
def motion(doors: list[Household], way: Way) -> Motion:
    return Motion.objects.select_related("place", "roll", "proposal__place").get(proposal=way.voting())


class Vote:
    """A vote that is watched from its first ballot to its result."""

    def __init__(self, motion: Motion, doors: list[Household], way: Way, watchers: list[Watcher]) -> None:
        self.motion, self.doors, self.way, self.watchers = motion, doors, way, watchers
        number = motion.proposal.number
        self.places = (f"/projects/{number}/", "/receipts/", "/paper/", "/letters/", "/mine/", "/messages/", "/trust/")
        self.places += ("/admin/deliberation/motion/", "/admin/audit/event/")
        seeds = ["/", "/mine/", "/trust/", "/paper/confirm/", f"/projects/{number}/", f"/projects/{number}/votes/"]
        seeds += ["/admin/", "/admin/audit/event/", f"/projects/{number}/paper/"]
        # Nobody needs a link to count through the roll.
        self.seeds = seeds + [
            f"/projects/{number}/paper/{unit.ordinal}/"
            for unit in motion.roll.units.all()[:: 1 if OF_A_KIND > LEAST else 8]
        ]
        self.moved: list[str] = []

    def story(self, *, by: tuple[str, ...] = (), to_its_end: bool = True) -> Story:
        """The whole vote, read by everybody or by a few. Two of the ballots are cast while they look."""
        self.watchers = [watcher for watcher in self.watchers if not by or watcher.name in by]
        online = [(door, "against" if place in (1, 13, 15) else "agree") for place, door in enumerate(self.doors)]
        papers = [online.pop(place) for place in (10, 9, 8, 7)]
        home = {self.doors[0]: self.way.who("resident")}
        people = [
            (home.get(door) or make_resident("住户", door, represents=True), choice)
            for door, choice in online
            if door != self.doors[2]  # the chief's
        ]
        for watcher in self.watchers:
            watcher.explore(self.seeds, self.places)
        for place, (voter, choice) in enumerate(people):
            platform_clock.move(timedelta(minutes=3))
            self.cast(voter, choice, watched=place == 4)
        self.cast(people[0][0], Choice.AGAINST, watched=True)  # a change
        if not to_its_end:
            return Story(self.motion, self.moved, {})
        self.on_paper(papers)
        seen = {}
        for watcher in self.watchers:
            watcher.is_fresh()
            pages = watcher.explore(
                [*self.seeds, *(f"/receipts/{slip}/" for slip in slips_of(self.motion))], self.places
            )
            seen |= {(watcher.name, path): text for path, text in pages.items()}
        return Story(self.motion, self.moved, seen)

    def cast(self, voter: User, choice: str, *, watched: bool) -> None:
        before = [watcher.look_again() for watcher in self.watchers] if watched else []
        actions.cast(self.motion, choice, receipt_id=uuid4(), by=voter)
        actions.refresh_turnouts()
        for watcher, read in zip(self.watchers, before, strict=False):
            now = watcher.look_again()
            self.moved += [
                f"{watcher.name} sees {path} change with a ballot" for path in now if now[path] != read[path]
            ]

    def on_paper(self, papers: list[tuple[Household, str]]) -> None:
        chief, clerk = self.way.who("chief"), self.way.who("clerk")
        registered = [
            actions.register_paper(
                self.motion.roll.units.get(household=door),
                receipt_id=uuid4(),
                photo=a_picture(),
                choice=choice,
                by=chief,
            )
            for door, choice in papers
        ]
        self.way.to_counting(self.motion)
        for watcher in self.watchers:
            watcher.is_fresh()
        reader = next((watcher for watcher in self.watchers if watcher.name == "clerk"), None)
        for paper in registered:
            self.moved += self.told_of_its_door(reader) if reader else []
            actions.confirm_paper(paper, paper.choice, by=clerk)
        platform_clock.move(self.motion.publish_by - platform_clock.now())
        deadlines.sweep()
        self.motion.refresh_from_db()
        assert self.motion.stage == "published"

    def told_of_its_door(self, reader: Watcher) -> list[str]:
        """What the second reader's page says of where the sheet came from."""
        page = reader.read("/paper/confirm/")
        assert "照片上勾的是哪一项" in page
        # The sheet's own key is of random letters and digits: 203 may stand in it.
        main = re.sub(r"\b[0-9a-f]{24}\b", "", page.split("<main")[1])
        told = [word for word in ("名册第", *(each.address for each in self.doors)) if word in main]
        return [f"the second reader reads {word}" for word in told]


@pytest.fixture
def vote(motion: Motion, doors: list[Household], way: Way, watchers: list[Watcher]) -> Vote:
    return Vote(motion, doors, way, watchers)


@pytest.mark.drill
def test_nothing_joins_a_household_to_its_choice(vote: Vote) -> None:
    story = vote.story()
    assert story.joins() == []
    # It did look: each address of a vote that answers with a page was read by somebody.
    read = {path for (_who, path), text in story.seen.items() if text}
    number, looked = vote.motion.proposal.number, set()
    for pattern in addresses.urlpatterns:
        looked |= {pattern.name for path in read if pattern.resolve(path.removeprefix("/"))}
    assert {"motion", "motion_receipts", "motion_export", "receipt", "paper_confirm", "ask_letter"} <= looked
    assert f"/projects/{number}/votes/1/ballots.csv" in read
    assert any("/admin/audit/event/" in path for path in read)
    # And parts of the result are told all the same: the large building, and two together.
    groups = {tuple(names) for text in story.pages("/votes/") for names, _counts in told_groups(text)}
    assert groups == {("1栋",), ("2栋", "3栋")}


# --- Five leaks, and two more ------------------------------------------------------------------------

only_drill = pytest.mark.drill(only=True)
"""Each leak is found by the same reading: of each kind some are tried with the suite, all by `drill leak`."""


def says(words: str) -> Any:
    """Settings under which the page of a slip says more than it may."""
    source = engines["django"].engine.get_template("deliberation/receipt.html").source
    before = '<p><span class="soft">{% translate "回执号" %}</span>'
    assert before in source
    loaders = [
        (
            "django.template.loaders.locmem.Loader",
            {"deliberation/receipt.html": source.replace(before, words + before)},
        ),
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    one = settings.TEMPLATES[0]
    options = {**one["OPTIONS"], "loaders": loaders}
    return override_settings(TEMPLATES=[{**one, "APP_DIRS": False, "OPTIONS": options}, *settings.TEMPLATES[1:]])


def file_of(order: str, number: str) -> Callable[[Motion], Iterator[str]]:
    def lines(motion: Motion) -> Iterator[str]:
        yield selectors.HEADER
        for shown, choice in motion.ballots.order_by(order).values_list(number, "choice"):
            yield f"{numbers.shown(shown)},{Choice(choice).label}\n"

    return lines


LEAKS: dict[str, tuple[Any, str, Any]] = {
    "order": (selectors, "export_lines", file_of("cast_at", "check_number")),
    "one number": (selectors, "export_lines", file_of("slip_number", "slip_number")),
    "unfolded building": (rules, "folded", lambda groups, least: list(groups)),
    "live lists": (selectors, "lists_as_of", lambda motion: None),
    "audit": (EventQuerySet, "shown", lambda events: events.annotate(all=F("pk"))),
    "a version that grows": (actions, "refresh_turnouts", lambda: list(map(note_on_card, Proposal.objects.all()))),
}
WORDS = {"minute": "<p>{{ found.cast_at|cn_datetime }}</p>", "channel": "<p>{{ found.get_channel_display }}</p>"}


@pytest.fixture
def leak(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Makes the platform leak in one way."""
    opened: list[Any] = []

    def open_leak(name: str) -> None:
        if name in WORDS:
            opened.append(says(WORDS[name]))
            opened[-1].enable()
        else:
            monkeypatch.setattr(*LEAKS[name])

    yield open_leak
    for each in opened:
        each.disable()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("minute", "the minute of a slip", marks=only_drill),
        pytest.param("channel", "tells slips apart", marks=only_drill),
        ("order", "in the order of voting"),
        pytest.param("one number", "is a slip in the file", marks=only_drill),
        ("unfolded building", "ballots are known to be"),
    ],
)
def test_a_leak_of_what_is_published_is_found(vote: Vote, leak: Callable[[str], None], name: str, words: str) -> None:
    leak(name)
    found = vote.story(by=("visitor",)).joins()
    assert any(words in each for each in found)


@pytest.mark.parametrize(
    ("name", "who"),
    [
        pytest.param("live lists", "chief", marks=only_drill),
        pytest.param("audit", "district_officer", marks=only_drill),
        ("a version that grows", "visitor"),
    ],
)
def test_a_leak_while_it_runs_is_found(vote: Vote, leak: Callable[[str], None], name: str, who: str) -> None:
    leak(name)
    found = vote.story(by=(who,), to_its_end=False).moved
    assert any("change with a ballot" in each for each in found)
