"""The panels of a project's page are asked together: one statement says which of them have begun."""

from __future__ import annotations

from typing import Any

from proposals import panels
from proposals.models import Proposal
from proposals.panels import ORDER, Panel
from tests.world import World


def names(found: list[tuple[Panel, dict[str, Any]]]) -> list[str]:
    return [panel.name for panel, _context in found]


def test_asked_together_no_panel_is_left_out(world: World) -> None:
    drawn = set[str]()
    for proposal in Proposal.objects.select_related("place", "card"):
        each = [panels._panels[name] for name in ORDER]
        by_itself = [panel.name for panel in each if panel.load(proposal) is not None]
        assert names(panels.panels_of(proposal)) == by_itself, proposal
        drawn.update(by_itself)
    assert drawn >= {"votes", "consultation", "decision", "money", "supplier", "progress", "ratings", "archive"}
