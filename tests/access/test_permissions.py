"""Every permission that is said is also asked: one that nothing asks protects nothing."""

from __future__ import annotations

from pathlib import Path

from rules.permissions import permissions

ROOT = Path(__file__).parents[2]
APPS = ("minshi", "proposals", "deliberation", "funding", "evaluation")


def test_every_permission_is_asked_somewhere() -> None:
    lines = [line for app in APPS for file in (ROOT / app).rglob("*.py") for line in file.read_text().splitlines()]
    asked = "\n".join(line for line in lines if "add_perm(" not in line)
    unasked = sorted(name for name in permissions if f'"{name}"' not in asked)
    assert not unasked, f"nothing asks for {', '.join(unasked)}"
