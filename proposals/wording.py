"""What is said about a project, with the numbers that decide about it."""

from __future__ import annotations

from typing import Any

from minshi.faces.words import filled
from minshi.policy import selectors as policy
from proposals.models import Proposal


def worded(text: object, proposal: Proposal) -> str:
    """The text with the policy's values in place of their names: as pinned for its stage, else as in force there."""

    def value_of(name: str) -> Any:
        pinned = proposal.terms.get(name)
        return policy.value(name, proposal.place) if pinned is None else pinned

    return filled(text, value_of)
