"""The promises as data: what is said, the tests that hold it, and the product without it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
AREAS = sorted(HERE.glob("*.toml"))


@dataclass(frozen=True)
class Twin:
    """One edit that takes a mechanism away: ``was`` stands exactly once in ``file``."""

    file: str
    was: str
    becomes: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.file).read_text(encoding="utf-8")

    def applied(self) -> str:
        """The file as it reads without the mechanism; ``ValueError`` where it has changed since."""
        if self.text.count(self.was) != 1:
            raise ValueError(f"{self.file} has this {self.text.count(self.was)} times, not once: {self.was}")
        return self.text.replace(self.was, self.becomes)


@dataclass(frozen=True)
class Promise:
    area: str
    says: str
    tests: tuple[str, ...]
    twins: tuple[Twin, ...]
    twin_in: str
    """The test that carries its own naive variant."""


def promises() -> list[Promise]:
    return [
        Promise(
            area.stem,
            given["says"],
            tuple(given["tests"]),
            tuple(Twin(**twin) for twin in given.get("twin", ())),
            given.get("twin_in", ""),
        )
        for area in AREAS
        for given in tomllib.loads(area.read_text(encoding="utf-8"))["promise"]
    ]
