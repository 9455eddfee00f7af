"""What is measured on a page: accessibility, width, the size of what is pressed, complaints of the browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WHOLE = bool(os.environ.get("MINSHI_DRILL"))
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN_AXE = """async (tags) => {
  const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]});
  return found.violations.map(rule => rule.id + ": " + rule.nodes.slice(0, 4).map(
    node => node.target.join(" ") + " " + node.html.slice(0, 140)
      + (rule.id === "color-contrast" ? " " + (node.any[0] || {}).message : "")).join(" | "));
}"""
ALIKE = 8
OTHERS_ALIKE = """(most) => { window.hiddenForAxe = [];
  for (const parent of document.querySelectorAll("main, main *")) { const seen = {};
    for (const child of parent.children) { const kind = child.tagName + "." + child.className;
      seen[kind] = (seen[kind] || 0) + 1;
      if (seen[kind] > most && !child.matches("option, br, col")) {
        window.hiddenForAxe.push([child, child.style.display]); child.style.display = "none"; } } } }"""
SHOWN_AGAIN = "() => window.hiddenForAxe.forEach(([part, display]) => { part.style.display = display; })"
LARGER = """() => {
  const all = [...document.querySelectorAll("body *")];
  const sizes = all.map(part => parseFloat(getComputedStyle(part).fontSize));
  all.forEach((part, i) => { part.style.fontSize = sizes[i] * 1.5 + "px"; });
}"""
SMALL_TARGETS = """([least, where]) => [...document.querySelectorAll(where)].flatMap(root => [...root.querySelectorAll(
    "button, .button, .pill, .desk-button, [role=button], summary, select, textarea, input, .choice, nav a")])
  .filter(part => part.checkVisibility({checkOpacity: true}) && !part.matches("[type=hidden], .visually-hidden"))
  .filter(part => { const hit = part.matches("[type=radio], [type=checkbox], [type=file]") && part.closest("label");
    const box = (hit || part).getBoundingClientRect();
    return box.width > 1 && (box.height < least - 0.5 || box.width < least - 0.5); })
  .map(part => Math.round(part.getBoundingClientRect().width) + "x" + Math.round(part.getBoundingClientRect().height)
    + " " + part.outerHTML.slice(0, 110))"""
WIDER = """() => { const room = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= room ? [] : [document.documentElement.scrollWidth + " px wide",
    ...[...document.querySelectorAll("body *")].filter(part => part.getBoundingClientRect().right > room + 1)
      .slice(0, 4).map(part => part.outerHTML.slice(0, 110))]; }"""


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    width: int
    elder: bool

    def __str__(self) -> str:
        return f"{self.width}{'-elder' if self.elder else ''}"


LOOKS = tuple(Look(width, elder) for elder in (False, True) for width in (360, 1280))


@contextmanager
def complaints_of(page: Page) -> Iterator[list[str]]:
    """What the browser says while a page is open: refused by the content policy, scripts that fail."""
    said: list[str] = []

    def console(message: Any) -> None:
        if message.type == "error":
            said.append(f"console: {message.text[:300]}")

    def failed(error: Any) -> None:
        said.append(f"script: {error}")

    page.on("console", console)
    page.on("pageerror", failed)
    yield said
    page.remove_listener("console", console)
    page.remove_listener("pageerror", failed)


def violations(page: Page) -> list[str]:
    """What axe finds; with the suite in the first of many alike beside one another, in the drill in all of them.

    Its time grows with the square of what a page shows: a list of everything kept of somebody took twenty seconds.
    """
    if not WHOLE:
        page.evaluate(OTHERS_ALIKE, ALIKE)
    try:
        return _violations(page)
    finally:
        if not WHOLE:
            page.evaluate(SHOWN_AGAIN)


def _violations(page: Page) -> list[str]:
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(f"() => {{ {AXE_SCRIPT} }}")
    found: list[str] = page.evaluate(RUN_AXE, list(RULES))
    return [f"axe {violation}" for violation in found]


def small_targets(page: Page, least: int, where: str = "body") -> list[str]:
    found: list[str] = page.evaluate(SMALL_TARGETS, [least, where])
    return [f"smaller than {least}: {part}" for part in found]


def too_wide(page: Page) -> list[str]:
    found: list[str] = page.evaluate(WIDER)
    return [f"sideways: {part}" for part in found]


def too_wide_when_larger(page: Page) -> list[str]:
    """With letters half as large again; the page is not the same afterwards."""
    page.evaluate(LARGER)
    return [f"larger letters, {part}" for part in too_wide(page)]
