"""Every component in a real browser: no axe violation, no sideways scroll, also with letters half as large again."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.faces.probe_urls")]

LARGER = """() => {
  const all = [...document.querySelectorAll("body *")];
  const sizes = all.map(part => parseFloat(getComputedStyle(part).fontSize));
  all.forEach((part, i) => { part.style.fontSize = sizes[i] * 1.5 + "px"; });
}"""
SMALL_TARGETS = """(least) => [...document.querySelectorAll("button, .button, select, input, .choice, nav a")]
  .filter(part => part.checkVisibility() && !part.matches(".choice input, [type=hidden]"))
  .filter(part => part.getBoundingClientRect().height < least - 0.5)
  .map(part => part.outerHTML.slice(0, 90))"""
SOME = ((360, "0"), (1280, "1"), (360, ""))
"""Each width, each mode and no mode at all; the others in the drill."""
LOOKS = [
    pytest.param(width, look, marks=() if (width, look) in SOME else pytest.mark.drill(only=True))
    for width in (360, 1280)
    for look in ("0", "1", "")
]


@pytest.fixture
def opened(context: BrowserContext, live_server: LiveServer, settings: Any) -> Any:
    settings.DEMO = True

    def open_page(address: str, width: int, look: str) -> Page:
        if look:
            context.add_cookies([{"name": "elder", "value": look, "url": live_server.url}])
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(live_server.url + address)
        return page

    return open_page


@pytest.mark.parametrize(("width", "look"), LOOKS)
@pytest.mark.parametrize("address", ["/faces/", "/faces/?errors=1", "/nowhere/", "/not-allowed/"])
def test_every_face_is_accessible_and_holds(opened: Any, address: str, width: int, look: str) -> None:
    page = opened(address, width, look)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(LARGER)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("look", "least"), [("0", 44), ("1", 60)])
def test_what_is_pressed_is_large_enough(opened: Any, look: str, least: int) -> None:
    assert opened("/faces/", 360, look).evaluate(SMALL_TARGETS, least) == []


@pytest.mark.parametrize(("look", "size"), [("0", "18px"), ("1", "25px")])
def test_letters_are_as_large_as_promised(opened: Any, look: str, size: str) -> None:
    assert opened("/faces/", 360, look).evaluate("getComputedStyle(document.querySelector('main p')).fontSize") == size


def test_the_strict_policy_breaks_nothing(context: BrowserContext, opened: Any) -> None:
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = opened("/faces/", 360, "1")
    assert page.evaluate("htmx.config.allowEval") is False
    assert complaints == []


def test_the_measures_catch_a_bad_page(opened: Any) -> None:
    page = opened("/faces/", 360, "0")
    page.evaluate(
        """() => {
          const bad = document.createElement("img");
          bad.src = "/static/img/seal.svg"; bad.style.width = "900px"; bad.style.maxWidth = "none";
          document.querySelector("main").append(bad);
          document.querySelector("main button").style.minHeight = "10px";
          document.querySelector("main button").style.padding = "0";
        }"""
    )
    assert Axe().run(page).violations_count > 0
    assert page.evaluate("document.documentElement.scrollWidth") > 360
    assert page.evaluate(SMALL_TARGETS, 44) != []


def test_corrections_are_read_first_and_lead_to_their_field(opened: Any) -> None:
    page = opened("/faces/?errors=1", 360, "0")
    assert page.evaluate("document.activeElement.className") == "errors"
    page.click(".errors a >> nth=0")
    assert page.evaluate("location.hash") == "#id_title"


def test_the_page_can_be_heard_in_elder_mode(context: BrowserContext, opened: Any) -> None:
    context.add_init_script(
        """window.said = [];
        Object.defineProperty(window, "speechSynthesis", {value: {
          speaking: false, cancel() {}, speak(words) { window.said.push(words.text); words.onend(); }}});"""
    )
    page = opened("/faces/", 360, "1")
    page.click("text=读给我听")
    said = page.evaluate("window.said")
    assert any("样例灯：给样例院门口一盏看得见路的灯" in sentence for sentence in said)
    assert not any("刚才没有办成" in sentence for sentence in said)
    assert page.locator("#read-aloud").inner_text() == "读给我听"


def test_a_form_pressed_twice_is_sent_once(opened: Any) -> None:
    page = opened("/faces/", 360, "0")
    stopped = page.evaluate(
        """() => { const stopped = [], form = document.querySelector("main form[novalidate]");
          window.addEventListener("submit", event => {
            stopped.push(event.defaultPrevented); event.preventDefault(); });
          form.requestSubmit(); form.requestSubmit();
          return stopped; }"""
    )
    assert stopped == [False, True]


def test_a_dead_signal_loses_nothing_that_was_typed(context: BrowserContext, opened: Any) -> None:
    page = opened("/faces/", 360, "0")
    form = page.locator("main form[novalidate]").first
    words = form.locator("textarea, input[type=text]").first
    words.fill("晚上回来看不见台阶")
    before = page.url
    context.set_offline(True)
    form.locator("button[type=submit]").first.click()
    page.wait_for_selector("#trouble:not([hidden])")
    assert page.url == before and words.input_value() == "晚上回来看不见台阶"
    context.set_offline(False)
    with page.expect_navigation():
        form.locator("button[type=submit]").first.click()
    assert "刚才没有办成" not in page.locator("#trouble:not([hidden])").all_inner_texts()


def test_without_scripts_one_can_still_choose_large_letters(browser: Any, live_server: LiveServer) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{live_server.url}/wishes/")
    page.click("text=换成大字")
    assert page.url == f"{live_server.url}/wishes/"
    assert page.locator("html.elder").count() == 1
    context.close()
