"""What is taken from allauth's inside, where it promises nothing: each piece, and what it is for."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from minshi.signin import second_factor

ROOT = Path(__file__).parents[2]
APPS = ("minshi", "proposals", "deliberation", "funding", "evaluation")

TAKEN = {
    ("allauth.account.internal.flows.login", "record_authentication"): (
        "minshi/signin/means.py",
        "a code by text, a password and an enrolled factor are written where allauth's own means stand",
    ),
}


def taken() -> set[tuple[str, str, str]]:
    """(module, name, file) of every import from a part of allauth called ``internal``."""
    found = set()
    for file in (file for app in APPS for file in (ROOT / app).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("allauth"):
                names = {(node.module, name.name) for name in node.names}
            elif isinstance(node, ast.Import):
                names = {(name.name, "") for name in node.names if name.name.startswith("allauth")}
            else:
                continue
            inside = {(module, name) for module, name in names if "internal" in f"{module}.{name}".split(".")}
            found |= {(module, name, str(file.relative_to(ROOT))) for module, name in inside}
    return found


def test_nothing_else_is_taken() -> None:
    assert taken() == {(module, name, file) for (module, name), (file, _use) in TAKEN.items()}


@pytest.mark.parametrize(("module", "name"), TAKEN)
def test_it_is_still_there(module: str, name: str) -> None:
    file, use = TAKEN[module, name]
    try:
        found = hasattr(import_module(module), name)
    except ImportError:
        found = False
    assert found, f"allauth has moved {module}.{name}; {file} needs it: {use}"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """The vectors of RFC 6238, appendix B, of which we show the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert second_factor.code_of(secret, seconds // 30) == code[-6:]
