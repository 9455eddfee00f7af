"""Who is told what, by which way, drawn from the tables by which it is told."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from minshi.lifecycle.machine import Machine, all_machines
from minshi.notifications.catalogue import Told, ToldBy, Unheard, Way, all_events, event_named, tables_of

PLACE = settings.BASE_DIR / "docs" / "told.md"
HEAD = """# Who is told what

Written by `python3 run.py manage told` from the apps' `told.py`; `tests/additions/test_told.py` compares.
A text goes out only for what has a deadline on the person's own rights, which the last column names; one a day of the
same matter, not in the quiet hours, and not to who wants none. A door without a phone is put on the chief's list.
"""


def _way(way: Way) -> str:
    return {Way.SITE: _("本站"), Way.TEXT: _("短信"), Way.BOTH: _("本站、短信")}[way]


def written() -> str:
    parts = [HEAD]
    for machine in sorted(all_machines(), key=lambda machine: machine.subject):
        if rows := list(_of_steps(machine)):
            parts.append(f"\n## {machine.subject}\n\n{_followed(machine)}{_drawn([_('步骤'), *_columns()], rows)}")
    rows = [
        [event.name, str(event.hears), "", _way(event.way), str(event.right)]
        for event in sorted(all_events(), key=lambda event: event.name)
    ]
    parts.append(f"\n## What is no step\n\n{_drawn([_('事'), *_columns()], rows)}")
    return "".join(parts)


def _columns() -> list[str]:
    return [_("谁"), _("说什么"), _("怎么发"), _("为什么发短信")]


def _followed(machine: Machine) -> str:
    followed = next((table.followed for table in tables_of(machine.subject) if table.followed), None)
    if followed is None:
        return ""
    said = _("每一步：%(who)s；本站，或每天汇总一条：%(title)s")
    return said % {"who": followed.words, "title": followed.title} + "\n\n"


def _of_steps(machine: Machine) -> Iterator[list[str]]:
    for step in machine.steps:
        for table in tables_of(machine.subject):
            for line in table.by_verb.get(step.verb, ()):
                yield [f"{step.label} ({step.verb})", *_said(line)]


def _said(line: Told | ToldBy | Unheard) -> list[str]:
    if isinstance(line, Unheard):
        return ["-", line.why, "", ""]
    if isinstance(line, ToldBy):
        events = [event for name in line.events if (event := event_named(name))]
        heard = ", ".join(str(event.hears) for event in events)
        ways, rights = ([_way(event.way) for event in events], [str(event.right) for event in events if event.right])
        return [heard, ", ".join(line.events), ", ".join(dict.fromkeys(ways)), ", ".join(dict.fromkeys(rights))]
    return [str(line.to.words), str(line.title), _way(line.way), str(line.right)]


def _drawn(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")
