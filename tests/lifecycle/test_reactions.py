"""What reacts only tells whom and calls actions: rows of a thing are written by its actions alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REACTIONS = sorted(path for path in ROOT.glob("**/reactions.py") if ".venv" not in path.parts)
WRITES = {"save", "update", "create", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
STEPS = {"take", "begin"}


@pytest.mark.parametrize("path", REACTIONS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_reaction_writes_past_the_actions(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    written = [
        f"line {call.lineno}: {ast.unparse(call.func)}"
        for call in calls
        if (isinstance(call.func, ast.Attribute) and call.func.attr in WRITES)
        or (isinstance(call.func, ast.Name) and call.func.id in STEPS)
    ]
    assert not written, f"make it an action: {written}"


def test_there_are_reactions_to_look_at() -> None:
    assert len(REACTIONS) >= 5
