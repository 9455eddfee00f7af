"""The defaults and the published calendar: files of the release, loaded after a migration."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.db.models import Max

DATA = Path(__file__).resolve().parent / "data"
BEGINNING = date(2000, 1, 1)
"""The defaults hold from before any project, so that a replayed past finds them too."""


@dataclass(frozen=True)
class Arrangement:
    """One arrangement of holidays as the State Council publishes it: the days off, the weekends worked."""

    source: str
    published: date
    since: date
    through: date
    days: dict[date, tuple[bool, str]]

    @classmethod
    def parse(cls, table: dict[str, Any]) -> Arrangement:
        """``rest`` holds (name, first, last), ``work`` the weekends worked for it."""
        days: dict[date, tuple[bool, str]] = {}
        for name, first, last in table["rest"]:
            for offset in range((last - first).days + 1):
                days[first + timedelta(days=offset)] = (False, name)
        for day in table["work"]:
            days[day] = (True, "调休上班")
        return cls(table["source"], table["published"], table["since"], table["through"], days)

    def save(self, apps: Apps = installed, using: str = "default") -> Any:
        """Write it as the newest version."""
        versions, days = apps.get_model("policy", "CalendarVersion"), apps.get_model("policy", "CalendarDay")
        newest = versions.objects.using(using).aggregate(number=Max("number"))["number"] or 0
        version = versions.objects.using(using).create(
            number=newest + 1,
            source=self.source,
            published=self.published,
            since=self.since,
            through=self.through,
        )
        days.objects.using(using).bulk_create(
            days(version=version, date=day, is_working=is_working, name=name)
            for day, (is_working, name) in sorted(self.days.items())
        )
        return version


def arrangements(file: Path = DATA / "calendar.toml") -> list[Arrangement]:
    """The arrangements a file holds, in its order."""
    return [Arrangement.parse(table) for table in tomllib.loads(file.read_text())["arrangement"]]


def parameters() -> dict[str, dict[str, Any]]:
    """Name → what defaults.toml says about it."""
    return tomllib.loads((DATA / "defaults.toml").read_text())


def sync(using: str, apps: Apps, **kwargs: Any) -> None:
    """After a migration: add what is missing. A setting or a calendar that is there is never overwritten."""
    try:
        apps.get_model("policy", "CalendarDay")
    except LookupError:  # migrated to a state before these tables
        return
    _sync_parameters(using, apps)
    _sync_settings(using, apps)
    versions = apps.get_model("policy", "CalendarVersion").objects.using(using)
    loaded = set(versions.values_list("source", flat=True))
    for arrangement in arrangements():
        if arrangement.source not in loaded:
            arrangement.save(apps, using)


def _sync_parameters(using: str, apps: Apps) -> None:
    """A parameter's words and limits belong to the release and follow it; only a difference is written."""
    rows = apps.get_model("policy", "Parameter").objects.using(using)
    known = {row.name: row for row in rows.all()}
    missing = []
    for name, table in parameters().items():
        least, most = table.get("street", (None, None))
        facts = {
            "title": table["title"],
            "unit": table["unit"],
            "row": table.get("row"),
            "source": table["source"],
            "note": table.get("note", ""),
            "street_least": least,
            "street_most": most,
        }
        if name not in known:
            missing.append(rows.model(name=name, **facts))
        elif any(getattr(known[name], field) != fact for field, fact in facts.items()):
            rows.filter(name=name).update(**facts)
    rows.bulk_create(missing)


def _sync_settings(using: str, apps: Apps) -> None:
    settings = apps.get_model("policy", "Setting").objects.using(using)
    known = set(settings.filter(place=None).values_list("parameter__name", flat=True))
    keys = dict(apps.get_model("policy", "Parameter").objects.using(using).values_list("name", "pk"))
    settings.bulk_create(
        settings.model(parameter_id=keys[name], value=table["value"], since=BEGINNING, source=table["source"])
        for name, table in parameters().items()
        if name not in known
    )
