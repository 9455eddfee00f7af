"""Everything that people outside a household can read of a vote, and the ways to join it into somebody's choice.

Four watch and put together what they see: a visitor, the chief, the clerk, an officer of the district. They read every
page their links lead to, before and after a ballot, and at the end whatever is published. ``joins`` tries to learn from
it what no one may (domain.md 5): it knows the truth and says where it shows through.
"""

from __future__ import annotations

import html
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from django.test import Client

from deliberation.models import Ballot, BallotChange, Choice, Motion
from minshi.accounts.models import User
from minshi.clock import CHINA
from minshi.paper import numbers
from tests.cast import mark_session

HREF = re.compile(r'href="(/[^"#?]*)"')
NUMBER = re.compile(r"\b(?:[2-9A-HJKMNP-Z]{4}-){2}[2-9A-HJKMNP-Z]{4}\b")
ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
MADE_ANEW = re.compile(r'name="(?:csrfmiddlewaretoken|receipt|form_key)" value="[^"]*"|nonce="[^"]*"')
"""What every drawing of a page makes by chance."""
CHANNEL_WORDS = ("手机", "现场机", "委托", "纸质", "纸票", "online", "paper")
CHOICES = [str(label) for _value, label in Choice.choices]
LEAST = 5
OF_A_KIND = 10**6 if os.environ.get("MINSHI_DRILL") else 2
"""So many pages of one kind are followed by links: a page leaks by what draws it. All of them in the drill."""
OWN_PART = re.compile(r"[0-9a-f]{16,}|(?:[2-9A-HJKMNP-Z]{4}-){2}[2-9A-HJKMNP-Z]{4}|\d+")
"""What tells pages of one kind apart."""


@dataclass
class Watcher:
    """Somebody who reads what they may, and remembers under which address."""

    name: str
    client: Client
    user: User | None = None
    known: set[str] = field(default_factory=set)

    def read(self, path: str, *, validators: bool = False) -> str:
        """What the page says; "" where it is not theirs. ``validators``: and how a browser asks whether it changed."""
        answer: Any = self.client.get(path)
        if answer.status_code != 200 or "image" in answer.headers["Content-Type"]:
            return ""
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        said = [answer.headers.get(name, "") for name in ("ETag", "Last-Modified")] if validators else []
        return "\n".join([MADE_ANEW.sub("", content.decode(errors="replace")), *said])

    def is_fresh(self) -> None:
        """Days went by: whoever is signed in has proven it anew."""
        if self.user is not None:
            mark_session(self.client, self.user)

    def explore(self, seeds: list[str], places: tuple[str, ...]) -> dict[str, str]:
        """All that links lead to from these pages, within these parts of the site."""
        found: dict[str, str] = {}
        kinds = Counter[str]()
        waiting = list(seeds)
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            found[path] = self.read(path)
            for each in HREF.findall(found[path]):
                if not each.startswith(places) or "logout" in each or each in found or each in waiting:
                    continue
                kinds[OWN_PART.sub("…", each)] += 1
                if kinds[OWN_PART.sub("…", each)] <= OF_A_KIND:
                    waiting.append(each)
        self.known |= set(found)
        return found

    def look_again(self) -> dict[str, str]:
        return {path: self.read(path, validators=True) for path in sorted(self.known)}


@dataclass(frozen=True)
class Cast:
    """The truth about one ballot that counts."""

    door: str
    building: str
    slip: str
    check: str
    choice: str
    channel: str
    minute: str


def truth_of(motion: Motion) -> list[Cast]:
    """In the order in which they came."""
    ballots = Ballot.objects.filter(motion=motion).select_related("unit__household__place").order_by("cast_at")
    return [
        Cast(
            ballot.unit.household.address,
            ballot.unit.household.place.name,
            numbers.shown(ballot.slip_number),
            numbers.shown(ballot.check_number),
            ballot.get_choice_display(),
            ballot.get_channel_display(),
            f"{ballot.cast_at.astimezone(CHINA):%H:%M}",
        )
        for ballot in ballots
        if ballot.unit.household
    ]


@dataclass
class Story:
    """``moved``: what changed for a watcher while nothing happened but one household's ballot on a screen.
    ``seen``: what everybody saw at the end, (who, address) → text."""

    motion: Motion
    moved: list[str]
    seen: dict[tuple[str, str], str]

    def pages(self, ending: str) -> Iterator[str]:
        return (text for (_who, path), text in self.seen.items() if path.endswith(ending) and text)

    def joins(self) -> list[str]:
        """Where a choice, or either number, can be joined to what must not be known of it."""
        truth = truth_of(self.motion)
        tries: tuple[Callable[[list[Cast]], list[str]], ...] = (
            self.beside_a_number,
            self.unlike_slips,
            self.one_number_for_both,
            self.telling_orders,
            self.small_groups,
        )
        return [*self.moved, *(found for attempt in tries for found in attempt(truth))]

    def beside_a_number(self, truth: list[Cast]) -> list[str]:
        """A page that holds a slip or check number and, of the same ballot, its minute, channel, door or choice."""
        found = []
        for (who, path), text in self.seen.items():
            said = words_of(text).replace(self.motion.question, "")
            for ballot in truth:
                if ballot.check in said and not path.endswith("ballots.csv"):
                    found.append(f"{who} reads a check number on {path}")
                if ballot.slip not in said:
                    continue
                handled = ballot.channel == "纸质" and "/paper/" in path  # who handles a sheet knows its slip and door
                near = (
                    said
                    if said.count("-") < 40
                    else "\n".join(line for line in said.splitlines() if ballot.slip in line)
                )
                if ballot.minute in near:
                    found.append(f"{who} reads the minute of a slip on {path}")
                if ballot.choice in near and not handled:
                    found.append(f"{who} reads the choice of a slip on {path}")
                if names(near, ballot.door) and not handled:
                    found.append(f"{who} reads the door of a slip on {path}")
        return found

    def unlike_slips(self, truth: list[Cast]) -> list[str]:
        """Whatever makes the pages of two counted slips differ tells something of their ballots."""
        kinds: dict[str, dict[str, set[str]]] = {}
        for (who, path), text in self.seen.items():
            for ballot in truth:
                if path == f"/receipts/{ballot.slip}/":
                    kinds.setdefault(who, {}).setdefault(text.replace(ballot.slip, "…"), set()).add(ballot.channel)
        return [f"{who} tells slips apart ({len(kind)} kinds of pages)" for who, kind in kinds.items() if len(kind) > 1]

    def one_number_for_both(self, truth: list[Cast]) -> list[str]:
        listed = {number for text in self.pages("/receipts/") for number in NUMBER.findall(text)}
        filed = {number for text in self.pages("ballots.csv") for number in NUMBER.findall(text)}
        slips = {ballot.slip for ballot in truth}
        found = [f"{number} stands in the list and in the file" for number in listed & filed]
        return found + [f"{number} is a slip in the file" for number in filed & slips]

    def telling_orders(self, truth: list[Cast]) -> list[str]:
        """The file, and the list, in an order that follows from another one."""
        cast = {ballot.check: place for place, ballot in enumerate(truth)}
        cast |= {ballot.slip: place for place, ballot in enumerate(truth)}
        found = []
        for ending in ("ballots.csv", "/receipts/"):
            for text in self.pages(ending):
                places = [cast[number] for number in NUMBER.findall(text) if number in cast]
                if len(places) > LEAST and abs(tau(places)) > 0.7:
                    found.append(f"{ending} stands in the order of voting")
        return found

    def small_groups(self, truth: list[Cast]) -> list[str]:
        """A table of parts from which, with the total and every other table, the choice of few or of alike follows."""
        found = []
        groups = {}
        for text in self.pages("/votes/"):
            for names, counts in told_groups(text):
                groups[frozenset(self._members(names, truth))] = counts
        everybody = frozenset(range(len(truth)))
        total = tuple(sum(ballot.choice == choice for ballot in truth) for choice in CHOICES)
        told = {**groups, everybody: total}
        while True:  # whatever two parts cut out of each other is known as well
            more = {
                one - other: tuple(a - b for a, b in zip(told[one], told[other], strict=True))
                for one, other in combinations(sorted(told, key=len, reverse=True), 2)
                if other < one and one - other not in told
            }
            if not more:
                break
            told |= more
        for members, counts in told.items():
            # All alike, or all but one: that one knows the rest.
            if members and members != everybody and (len(members) < LEAST or max(counts) >= sum(counts) - 1):
                found.append(f"{len(members)} ballots are known to be {counts}")
        return found

    @staticmethod
    def _members(names: list[str], truth: list[Cast]) -> list[int]:
        return [place for place, ballot in enumerate(truth) if ballot.building in names or ballot.channel in names]


def names(text: str, door: str) -> bool:
    """Whether it says this door, as 203 or as 1栋203, and not some longer number."""
    return re.search(rf"(?<![0-9A-Za-z-]){door}(?![0-9A-Za-z-])", text) is not None


def words_of(text: str) -> str:
    """What a page says, a row of a table in a line; a file as it is."""
    if not text.startswith("<!doctype"):
        return text
    flat = re.sub(r"</(tr|p|li|dl|h\d|section)>", "\n", text.replace("\n", " "))
    return html.unescape(TAG.sub(" ", flat))


def told_groups(text: str) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Rows of tables that say, of some part, how many chose each of the three."""
    for row in ROW.findall(text):
        cells = [html.unescape(TAG.sub("", cell)).strip() for cell in CELL.findall(row)]
        if len(cells) == len(CHOICES) + 1 and all(cell.isdigit() for cell in cells[1:]):
            yield cells[0].removeprefix("合并公布：").split("、"), tuple(map(int, cells[1:]))


def tau(places: list[int]) -> float:
    """Kendall's: 1 where the order is kept, -1 where it is turned round, near 0 by chance."""
    pairs = list(combinations(places, 2))
    return sum(1 if one < other else -1 for one, other in pairs) / len(pairs)


def slips_of(motion: Motion) -> list[str]:
    counted = motion.ballots.values_list("slip_number", flat=True)
    replaced = BallotChange.objects.filter(unit__roll=motion.roll_id).values_list("slip_number", flat=True)
    return [numbers.shown(slip) for slip in [*counted, *replaced]]
