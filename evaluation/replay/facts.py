"""What is replayed: the cases as the documents state them, and beside them what a demo needs and they leave open."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from proposals.models import Category, Channel, Source

DEMO = Path(__file__).resolve().parent.parent / "demo"

STATED = ("title", "kind", "category", "need")
"""What a case says of itself; the supplement may not say it again."""


@cache
def cases() -> dict[str, Any]:
    """Facts from the seed documents only."""
    return _read("cases.json")


@cache
def made_up() -> dict[str, Any]:
    """Dates, households, names, amounts and neighbours that no document states."""
    return _read("made_up.json")


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((DEMO / name).read_text())
    return data


def stories() -> list[dict[str, Any]]:
    """Every project that is walked: the cases, then their made-up neighbours."""
    supplements = made_up()["cases"]
    return [*(_story(case, supplements[case["key"]]) for case in cases()["projects"]), *made_up()["neighbours"]]


def _story(case: dict[str, Any], supplement: dict[str, Any]) -> dict[str, Any]:
    """The case with its supplement, in which the case has the last word."""
    stated = {name: case[name] for name in STATED if name in case}
    if again := stated.keys() & supplement.keys():
        raise ValueError(f"{case['key']}: stated by the case already: {sorted(again)}")
    stated["category"] = _category(case["category"])
    story = {**supplement, **stated, "key": case["key"]}
    if "self_raised_yuan" in case:
        story["shares"] = {
            Source.SELF_RAISED: case["self_raised_yuan"],
            Source.SPONSOR: case["public_units_yuan"],
        }
    if "survey" in case:
        story["votes"] = {**story["votes"], "agree": case["survey"]["agreed"]}
    for ours, theirs in (("people", "people"), ("works_days", "days_to_finish")):
        if theirs in case:
            story[ours] = case[theirs]
    return story


def _category(label: str) -> str:
    return next(value for value, text in Category.choices if str(text) == label)


def _channel(label: str) -> str:
    return next(value for value, text in Channel.choices if str(text) == label)


def resources() -> list[dict[str, Any]]:
    """What residents and units offer; all of it is made up."""
    found: list[dict[str, Any]] = made_up()["resources"]
    return found


def rules() -> list[dict[str, Any]]:
    """What places ruled for themselves; all of it is made up."""
    found: list[dict[str, Any]] = made_up()["rules"]
    return found


def calls() -> list[dict[str, Any]]:
    """What communities call for; all of it is made up."""
    found: list[dict[str, Any]] = made_up()["calls"]
    return found


def questions() -> list[dict[str, Any]]:
    """What neighbours ask in public; all of it is made up."""
    found: list[dict[str, Any]] = made_up()["questions"]
    return found


def wishes() -> list[dict[str, Any]]:
    """Every wish with its place: those of the documents, then the made-up ones."""
    supplement = made_up()["wishes"]
    told = [
        {**more, "text": case["text"], "channel": _channel(case["channel"]), "place": supplement["place_of_cases"]}
        for case, more in zip(cases()["wishes"], supplement["of_cases"], strict=True)
    ]
    return [*told, *supplement["others"]]
