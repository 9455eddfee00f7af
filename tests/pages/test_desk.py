"""The staff's desk at two widths: every list, every row's page and every step's form, accessible and inside its width.

Staff work at a PC; the desk has no elder mode of its own. What unfold draws is held to the same rules; buttons and
fields of ours are 44 px like everywhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from zlib import crc32

import pytest
from django.urls import reverse

from minshi.clock import now
from minshi.intake import actions as intake
from minshi.intake.models import Intake
from tests.access.staff_table import EMPTY, STEPS, THINGS
from tests.access.test_staff_table import address, first_of, open_to
from tests.pages.conftest import Window
from tests.pages.looking import Look, complaints_of, small_targets, too_wide, violations
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.drill]

PRINTED = ("residents.rolegrant", "proposals.resource", "mydata.correction")
OURS = ".desk, .desk-step, .desk-steps"
WIDTHS = (360, 1280)
NARROW = (360,)
WIDE = (1280,)
AT_BOTH = bool(os.environ.get("MINSHI_DRILL"))
ALL = AT_BOTH or bool(os.environ.get("MINSHI_SHOTS"))
FORMS = [
    (label, name)
    for label, steps in STEPS.items()
    for number, (name, step) in enumerate(steps.items())
    if step.before is None and (ALL or number % 4 == 0)
]
"""One template draws them all from their fields: with the suite every fourth of a thing's, all in the drill."""


def wrong_with(
    window: Window, who: str, url: str, label: str, shots: Path | None, axe_at: tuple[int, ...]
) -> list[str]:
    """What is around a row's page and a step's form is around the lists too, where axe looks at either width."""
    page = window(who, False)
    found: list[str] = []
    with complaints_of(page) as said:
        answer = page.goto(url)
        assert answer and answer.status == 200, f"{url} answers {answer and answer.status} to {who}"
        page.add_style_tag(content="* { transition: none !important; animation: none !important; }")  # drawers slide
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if shots:
                page.screenshot(path=shots / f"desk-{label}-{width}.png")
            wrong = too_wide(page) + small_targets(page, 44, OURS) + (violations(page) if width in axe_at else [])
            found += [f"{Look(width, False)}: {complaint}" for complaint in wrong]
        found += said
    return found


def test_the_desk_itself(world: World, site: str, window: Window, shots: Path | None) -> None:
    for who in ("clerk", "case_officer", "former_clerk"):
        found = wrong_with(window, who, site + reverse("admin:index"), f"index-{who}", shots, WIDTHS)
        assert not found, "\n".join(found)


@pytest.mark.parametrize(("level", "who"), [("district", "district_officer"), ("community", "clerk")])
def test_the_list_of_what_is_missing(
    level: str, who: str, world: World, site: str, window: Window, shots: Path | None
) -> None:
    url = site + reverse("admin:territory_territory_setup", args=[world.place(level).pk])
    found = wrong_with(window, who, url, f"setup-{level}", shots, WIDTHS)
    assert not found, "\n".join(found)


@pytest.mark.drill(only=True)
def test_a_register_at_work_and_one_with_mistakes(world: World, site: str, window: Window, shots: Path | None) -> None:
    clerk, heads = world.who("clerk"), "小区,楼栋,单元,房号,面积"
    content = f"{heads}\n{'很长的小区名字' * 4},1栋,1,101,很大\n,1栋,1,张三家,\n{'a' * 60},2,1,102,5\n".encode()
    wrong = intake.take_in(world.place("community"), "二〇二六年住户名册（最新）.csv", content, by=clerk)
    work = world["intake"]
    Intake.objects.filter(pk=work.pk).update(state="queued", done_by=clerk, done_at=now())
    try:
        intake.reach(work, 0.42)
        for label, row in (("mistakes", wrong), ("at-work", work)):
            url = site + reverse("admin:intake_intake_change", args=[row.pk])
            assert not wrong_with(window, "clerk", url, f"register-{label}", shots, WIDTHS)
    finally:
        Intake.objects.filter(pk=work.pk).update(state="read", done_by=None, done_at=None)
        wrong.delete()


@pytest.mark.parametrize("label", THINGS)
def test_a_list(label: str, world: World, site: str, window: Window, shots: Path | None) -> None:
    url = site + address(label, "changelist")
    axe_at = WIDTHS if AT_BOTH else (NARROW, WIDE)[crc32(label.encode()) % 2]
    found = wrong_with(window, THINGS[label].finds, url, f"{label}-list", shots, axe_at)
    assert not found, "\n".join(found)


ROWS = [label for label in THINGS if label not in EMPTY]
SHOWN = [label for label in ROWS if ALL or label in PRINTED or crc32(label.encode()) % 2]
"""One template draws the page of a row, too: with the suite of every other thing, and of those with a form to print."""


@pytest.mark.parametrize("label", SHOWN)
def test_a_row(label: str, world: World, site: str, window: Window, shots: Path | None) -> None:
    url = site + address(label, "change", first_of(label, world))
    found = wrong_with(window, THINGS[label].finds, url, f"{label}-row", shots, NARROW)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("label", "name"), FORMS, ids=str)
def test_a_step(label: str, name: str, world: World, site: str, window: Window, shots: Path | None) -> None:
    url = site + address(label, "do", open_to(label, name, world).pk, name)
    who = min(STEPS[label][name].who)
    found = wrong_with(window, who, url, f"{label}-do-{name}", shots, NARROW)
    assert not found, "\n".join(found)
