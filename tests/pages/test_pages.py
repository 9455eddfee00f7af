"""Every page of the site at two widths, in normal and elder mode: accessible, inside its width, large enough to press.

Which pages there are comes from the table of addresses, so a new one is looked at without being asked for.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zlib import crc32

import brotli
import pytest
from _pytest.mark.structures import ParameterSet
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from tests.access.addresses import SHOWN
from tests.access.table import TABLE, Arguments, Row
from tests.pages.conftest import Window
from tests.pages.looking import LOOKS, Look, complaints_of, small_targets, too_wide, too_wide_when_larger, violations
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.drill]

NO_PAGES = {
    "photo", "photo_small", "log_photo", "notice_photo", "paper_photo", "paper_reading_photo", "rating_sheet",
    "wish_photo", "wish_photo_small", "draft_photo", "projects_file", "voucher", "notice_pdf", "unsent_file",
    "cosign_photo", "pledge_photo", "money_paper", "objection_photo", "motion_export", "archive_zip", "archive_file",
    "look_photo", "healthz", "group_sheet", "to_tell_pdf", "my_export", "roots_file",
    "paper_proposal_pdf", "paper_signatures_pdf", "paper_answer_pdf", "paper_dispatch_pdf", "paper_chief_pdf",
    "paper_resource_pdf", "paper_consent_pdf", "paper_rights_pdf", "paper_poster_pdf",
    "paper_post_pdf", "paper_offer_pdf", "paper_agreed_pdf", "paper_right_pdf",
    "bylaw_pdf", "bylaw_scan",
}  # fmt: skip
"""Addresses that answer with a picture, a file or figures."""

PREFERRED = ("anonymous", "resident", "chief", "clerk", "party", "case_officer", "approver", "cashier")
"""Whose eyes a page is seen with: the first of these who may."""

SECOND_READERS = {
    "paper_confirm": "clerk", "cosign_read": "clerk", "objection_read": "case_officer", "look": "second_clerk",
    "strikes": "clerk", "confirm_bylaws": "clerk",
}  # fmt: skip
"""Who finds a sheet to read there: whoever registered it sees that nothing waits."""

WHOLE = bool(os.environ.get("MINSHI_DRILL") or os.environ.get("MINSHI_SHOTS"))
AXE_AT = (Look(360, False), Look(1280, True))
"""Letters and colours follow the mode, what stands where the width: two looks have both of each."""

TALL = 12_000
"""Pixels of a page that are drawn with the suite: what lies below is more of the same."""

LIGHT = 60 * 1024
"""Bytes of a first visit, compressed (photos of the matter itself apart)."""


@dataclass(frozen=True)
class Seen:
    """A page as somebody sees it."""

    row: Row
    args: Arguments
    who: str
    label: str

    def path(self, world: World) -> str:
        return reverse(self.row.name, args=self.args(world))

    def __str__(self) -> str:
        return self.label


def axe_at(label: str) -> tuple[Look, ...]:
    """With the suite axe looks at one page so and at the next one so; at all of them every way in the drill."""
    return LOOKS if os.environ.get("MINSHI_DRILL") else AXE_AT[crc32(label.encode()) % 2 :][:1]


def eyes(row: Row) -> str:
    return SECOND_READERS.get(row.name) or next((name for name in PREFERRED if name in row.see), min(row.see))


def pages() -> Iterator[Seen]:
    for row in TABLE:
        if row.shows != SHOWN or not row.see or row.name in NO_PAGES:
            continue
        yield Seen(row, row.args, eyes(row), row.name)
        for number, args in enumerate(row.variants, 2):
            yield Seen(row, args, eyes(row), f"{row.name}-{number}")


MODES = {"normal": False, "elder": True}


def in_turns(seen: list[Seen]) -> Iterator[ParameterSet]:
    """Each page with letters of one size, the next one with the other; the drill looks at each with both."""
    for each in seen:
        for name, elder in MODES.items():
            is_its_turn = elder == axe_at(each.label)[0].elder
            if is_its_turn or WHOLE:
                yield pytest.param(each, elder, id=f"{name}-{each}")


PRESSED = {
    "letters", "cosign", "confirm_residents", "to_tell", "paper_unit", "rating_paper_unit", "cosign_read",
    "rating_paper_second", "strikes", "confirm_bylaws",
}  # fmt: skip
"""Forms that are one button, or may be one: a sheet can be registered now and read in later, a list may be empty."""

DOOR_FIRST = {"object_for"}
"""Forms that come after their door was asked for."""

PAGES = list(pages())
FORMS = [
    seen
    for seen in PAGES
    if eyes(seen.row) in seen.row.send and seen.row.proper and "-" not in seen.label and seen.row.name not in PRESSED
]
"""Pages with a form that has something to correct when it is sent empty."""


@pytest.mark.parametrize(("seen", "elder"), in_turns(PAGES))
def test_every_page_is_for_everybody(
    seen: Seen, elder: bool, world: World, site: str, window: Window, shots: Path | None
) -> None:
    page = window(seen.who, elder)
    found: list[str] = []
    with complaints_of(page) as said:
        answer = page.goto(site + seen.path(world))
        assert answer and answer.status == 200, f"{seen} answers {answer and answer.status} to {seen.who}"
        for look in LOOKS:
            if look.elder == elder:
                wrong = wrong_with(page, look, shots, seen.label, axe=look in axe_at(seen.label))
                found += [f"{look}: {complaint}" for complaint in wrong]
        found += said
    assert not found, "\n".join(found)


def wrong_with(page: Page, look: Look, shots: Path | None, label: str, *, axe: bool = True) -> list[str]:
    # As tall as the page, so that the bar fixed to the bottom lies where the page leaves room for it.
    page.set_viewport_size({"width": look.width, "height": 800})
    tall = min(page.evaluate("document.body.scrollHeight"), 100_000 if WHOLE else TALL)
    page.set_viewport_size({"width": look.width, "height": max(800, tall)})
    if shots:
        page.screenshot(path=shots / f"{label}-{look}.png")
    found = too_wide(page) + small_targets(page, 60 if look.elder else 44)
    if axe:
        found += violations(page)
    return found + too_wide_when_larger(page)


# --- Forms sent empty ----------------------------------------------------------------------------

SEND = """() => { const form = [...document.querySelectorAll("main form[method=post]")].find(
    form => form.querySelector("input:not([type=hidden]), textarea, select"));
  if (!form) return false; form.noValidate = true;
  form.querySelectorAll("input:not([type=hidden]), textarea").forEach(part => {
    if (part.type === "radio" || part.type === "checkbox") part.checked = false; else part.value = ""; });
  form.submit(); return true; }"""


@pytest.mark.parametrize(("seen", "elder"), in_turns(FORMS))
def test_a_form_with_mistakes_is_for_everybody(
    seen: Seen, elder: bool, world: World, site: str, window: Window, shots: Path | None
) -> None:
    page = window(seen.who, elder)
    door = f"?door={world.way.households[5].door}" if seen.row.name in DOOR_FIRST else ""
    page.goto(site + seen.path(world) + door)
    look = Look(360, elder)
    wrong_as_asked = wrong_with(page, look, shots, f"{seen}-form") if door else []
    with page.expect_navigation() as sent:
        assert page.evaluate(SEND), f"{seen} has no form to send"
    assert sent.value.status == 422, f"{seen} answers {sent.value.status} to an empty form"
    axe = any(each.elder == elder for each in axe_at(seen.label))
    found = wrong_as_asked + wrong_with(page, look, shots, f"{seen}-empty", axe=axe)
    assert not found, "\n".join(found)
    assert page.evaluate("document.activeElement.matches('.errors')"), "what is wrong is not read first"


# --- How heavy it is -----------------------------------------------------------------------------

LINKED = re.compile(r"""(?:<link[^>]+href|<script[^>]+src|<img[^>]+src)="/static/([^"?]+)""")


def weight(html: str) -> int:
    """Compressed bytes of a page and of all it needs on a first visit."""
    linked = {name: finders.find(name) for name in LINKED.findall(html)}
    return sum(compressed(str(found)) for found in linked.values()) + len(gzip.compress(html.encode()))


@lru_cache
def compressed(file: str) -> int:
    return len(brotli.compress(Path(file).read_bytes()))


@pytest.mark.parametrize("seen", [seen for seen in PAGES if seen.who == "anonymous"], ids=str)
def test_a_first_visit_is_light(seen: Seen, world: World) -> None:
    html = Client().get(seen.path(world)).content.decode()
    assert 0 < weight(html) < LIGHT


# --- It has teeth --------------------------------------------------------------------------------

SPOIL = """() => { const main = document.querySelector("main");
  main.insertAdjacentHTML("beforeend", '<img src="/static/img/seal.svg" width="900" class="spoilt">');
  const low = document.createElement("button"); low.textContent = "x"; main.append(low);
  low.style.minHeight = low.style.minWidth = low.style.padding = 0;
  main.querySelector(".spoilt").style.maxWidth = "none";
  const script = document.createElement("script"); script.textContent = "1"; document.body.append(script); }"""


def test_a_spoilt_page_is_noticed(world: World, site: str, window: Window) -> None:
    page = window("anonymous", False)
    with complaints_of(page) as said:
        page.goto(f"{site}/how/")
        page.evaluate(SPOIL)
        found = wrong_with(page, LOOKS[0], None, "")
    words = " ".join(found + said)
    for sign in ("image-alt", "sideways", "smaller than 44", "Content Security Policy"):
        assert sign in words, f"{sign} is not among {words}"
