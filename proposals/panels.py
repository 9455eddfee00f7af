"""What higher apps show on a project's page: panels, drawn in order, and what the page says of the present stage.

Registered once, in an app's ``AppConfig.ready``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proposals.models import Proposal


@dataclass(frozen=True)
class Panel:
    """``load`` returns the template's context, or None when there is nothing to show yet.

    A panel is public and the same for everybody: it is kept with the page until the card's version grows.
    """

    order: int
    template: str
    load: Callable[[Proposal], dict[str, Any] | None]


@dataclass(frozen=True)
class Present:
    """What happens now, in one sentence, and the one page where somebody may do something about it."""

    text: str
    button: str = ""
    url: str = ""


_panels: list[Panel] = []
_present: dict[str, Callable[[Proposal], Present]] = {}


def register(panel: Panel) -> None:
    _panels.append(panel)
    _panels.sort(key=lambda each: each.order)


def register_present(stage: str, tell: Callable[[Proposal], Present]) -> None:
    """``tell`` speaks for the stage on top of the project's page."""
    _present[stage] = tell


def panels_of(proposal: Proposal) -> list[tuple[str, dict[str, Any]]]:
    """(template, context) of every panel that has something to show."""
    loaded = ((panel.template, panel.load(proposal)) for panel in _panels)
    return [(template, context) for template, context in loaded if context is not None]


def present_of(proposal: Proposal) -> Present | None:
    tell = _present.get(proposal.stage)
    return tell(proposal) if tell else None
