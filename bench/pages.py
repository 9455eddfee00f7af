"""python3 run.py bench pages: each page's first draw, kept, unchanged and signed in, beside a bare page.

Every public page, every resident's and the desk's index, from the resolver: a new page is measured without a line
here, and those without a goal are named. The ratios are to the bare page asked right before in the same round; the
statements, milliseconds and bytes are of one client in this process.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import django
from django.conf import settings
from django.core.cache.backends.dummy import DummyCache
from django.test import Client
from django.test.utils import override_settings
from django.urls import get_resolver

from bench import city
from bench.city import Cost
from bench.plans import listening

FIRST, KEPT, UNCHANGED, OWN = "首画", "留存", "304", "已登录"
STATES = (FIRST, KEPT, UNCHANGED, OWN)
VISITOR, RESIDENT, STAFF = "访客", "居民", "社区工作人员"

FOR_ALL = {FIRST: 0.35, KEPT: 1.0, UNCHANGED: 4.0, OWN: 0.5}
ONES_OWN = {OWN: 0.3}
SEARCHED = {FIRST: 0.35}
GOALS: dict[str, dict[str, float]] = {
    # By page, and by page and filter: how many are answered for each bare page.
    "home": FOR_ALL,
    "projects": FOR_ALL,
    "notices": FOR_ALL,
    "notice": FOR_ALL,
    "wishes": FOR_ALL,
    "motion": FOR_ALL,
    "motion_receipts": FOR_ALL,
    "books": FOR_ALL,
    "project": {**FOR_ALL, FIRST: 0.25},
    "projects?category=culture": SEARCHED,
    "projects?q=电梯": SEARCHED,
    "notices?kind=project&when=past": SEARCHED,
    "notices?q=电梯": SEARCHED,
    "wishes?q=电梯": SEARCHED,
    "questions": SEARCHED,
    "questions?q=电梯": SEARCHED,
    "supervision": SEARCHED,
    "mine": ONES_OWN,
    "messages": ONES_OWN,
    "vote": ONES_OWN,
    "rate": ONES_OWN,
    "pledge": ONES_OWN,
    "cosign": ONES_OWN,
}
VOTE = 1.25
"""Complete votes for each of the bare view, and p99 under twice p50."""


@dataclass
class Page:
    """One page as one person sees it, and what it cost."""

    name: str
    who: str
    path: str
    costs: dict[str, Cost] = field(default_factory=dict)
    ratios: dict[str, list[float]] = field(default_factory=dict)
    size: int = 0
    sent: int = 0
    """Bytes of the page, and as they leave for a browser that takes them compressed."""

    @property
    def goals(self) -> dict[str, float]:
        return GOALS.get(self.name, {})


def listed(people: dict[str, Client], only: str = "") -> tuple[list[Page], dict[str, str]]:
    """Every page for everybody, for residents, and the desk's index; the other addresses with why they are none."""
    pages, others = [], {}
    wanted = {name: route for name, route in city.addresses(get_resolver()) if name.rpartition(":")[2]}
    filters = [name.partition("?") for name in GOALS if "?" in name]
    for name, route in wanted.items():
        if only not in name:
            continue
        if name.startswith("admin:") and name != "admin:index":
            others[name] = "工作台的列表和表单，由 bench city 量"
            continue
        looking = {STAFF: people[STAFF]} if name == "admin:index" else {w: people[w] for w in (VISITOR, RESIDENT)}
        found, answer = city.first_shown(name, route, looking)
        if found is None:
            others[name] = answer
            continue
        who, path = found
        if not looking[who].get(path).get("Content-Type", "").startswith("text/html"):
            others[name] = "是文件，不是网页"
            continue
        pages.append(Page(name, who, path))
        pages += [Page(f"{name}?{query}", who, f"{path}?{query}") for page, _mark, query in filters if page == name]
    return pages, others


# --- One client: statements, milliseconds, bytes --------------------------------------------------


@contextmanager
def nothing_kept() -> Iterator[None]:
    with mock.patch("minshi.faces.kept.shelf", DummyCache("", {})):
        yield


def client_of(page: Page, people: dict[str, Client]) -> Client:
    """A visitor comes with nothing: some pages give one a session."""
    if page.who == VISITOR:
        people[VISITOR].cookies.clear()
        people[VISITOR].cookies["elder"] = "0"
    return people[page.who]


def look(page: Page, people: dict[str, Client], times: int) -> None:
    client = client_of(page, people)
    with nothing_kept():
        page.costs[FIRST] = alone(lambda: client.get(page.path), times)
    answer = client.get(page.path)
    packed = client.get(page.path, headers={"Accept-Encoding": "br, gzip"})
    page.size, page.sent = len(answer.content), len(packed.content)
    if page.who != VISITOR:
        return
    page.costs[KEPT] = alone(lambda: client.get(page.path), times)
    if etag := answer.get("ETag"):
        page.costs[UNCHANGED] = alone(lambda: client.get(page.path, headers={"If-None-Match": etag}), times)
    if people[RESIDENT].get(page.path).status_code == 200:  # who is signed in is led on from some
        page.costs[OWN] = alone(lambda: people[RESIDENT].get(page.path), times)


def alone(ask: Callable[[], Any], times: int) -> Cost:
    """Statements and milliseconds of one request, after one that fills what is filled once."""
    ask()
    with listening() as heard:
        ask()
    took = []
    for _time in range(times):
        started = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - started))
    return Cost(len(heard), 0, statistics.median(took))


# --- Many clients, beside the bare page -----------------------------------------------------------


@dataclass
class Ports:
    ours: int
    drawn: int
    bare: int


class Runner:
    """Asks a page in each of its states, right after the bare page."""

    def __init__(self, ports: Ports, people: dict[str, Client], clients: int, number: int) -> None:
        self.ports, self.people, self.clients, self.number = ports, people, clients, number

    def round(self, page: Page) -> None:
        bare = self.per_second(self.ports.bare, "/page/", "")
        for state, port, cookies, etag in self.states(page):
            page.ratios.setdefault(state, []).append(self.per_second(port, page.path, cookies, etag) / bare)

    def states(self, page: Page) -> Iterator[tuple[str, int, str, str]]:
        if page.who != VISITOR:
            own = session_of(self.people[page.who])
            yield OWN, self.ports.ours, own, ""
            return
        yield FIRST, self.ports.drawn, "", ""
        yield KEPT, self.ports.ours, "", ""
        if etag := self.etag_of(page):
            yield UNCHANGED, self.ports.ours, "", etag
        if OWN in page.costs:
            yield OWN, self.ports.ours, session_of(self.people[RESIDENT]), ""

    def etag_of(self, page: Page) -> str:
        return str(client_of(page, self.people).get(page.path).get("ETag", ""))

    def per_second(self, port: int, path: str, cookies: str, etag: str = "") -> float:
        from bench.run import load

        ask = request(f"127.0.0.1:{port}", path, cookies, etag)
        result = load(port, self.clients, [ask] * self.number)
        expected = "304" if etag else "200"
        assert set(result["statuses"]) == {expected}, (path, result["statuses"])
        return float(result["per_second"])


def session_of(client: Client) -> str:
    return f"; {settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def request(host: str, path: str, cookies: str, etag: str = "") -> str:
    from urllib.parse import quote

    unchanged = f"If-None-Match: {etag}\r\n" if etag else ""
    where = quote(path, safe="/?&=%")
    return f"GET {where} HTTP/1.1\r\nHost: {host}\r\nCookie: elder=0{cookies}\r\n{unchanged}\r\n"


def votes(ports: Ports, rounds: int, clients: int, number: int) -> dict[str, list[float]]:
    """Complete votes beside the bare view, each by another voter: their ratio, and p99 by p50."""
    from bench import people
    from bench.run import load

    yard = people.make_places()
    living = people.make_voters(yard, rounds * number)
    people.clerk_as_chief(yard)  # before it is proposed: else another post holds it
    proposal, motion = people.open_vote(yard, living, people.make_staff(yard, "clerk"), "院里建睦邻驿站")
    path = f"/projects/{proposal.number}/vote/"
    told: dict[str, list[float]] = {"ratio": [], "tail": []}
    for first in range(0, rounds * number, number):
        share = living[first : first + number]
        host = f"127.0.0.1:{ports.bare}"
        bare = load(ports.bare, clients, [people.vote_request(host, "/vote/", each.bare_session) for each in share])
        host = f"127.0.0.1:{ports.ours}"
        ours = load(ports.ours, clients, [people.vote_request(host, path, each.session, motion.pk) for each in share])
        assert set(ours["statuses"]) == set(bare["statuses"]) == {"302"}, (ours, bare)
        told["ratio"].append(ours["per_second"] / bare["per_second"])
        told["tail"].append(ours["p99_ms"] / ours["p50_ms"])
    return told


# --- The table ------------------------------------------------------------------------------------


def report(pages: list[Page]) -> None:
    print(
        f"\n{'':40}{'字节':>8}{'发出':>7}" + "".join(f"{state:>19}" for state in STATES) + "  （条 · 毫秒 · 对空白页）"
    )
    for page in pages:
        cells = "".join(f"{cell(page, state):>21}" for state in STATES)
        print(f"{page.name + ' · ' + page.who:40}{page.size:8,}{page.sent:7,}{cells}")
    met = [page.name for page in pages if page.goals and not missed(page)]
    print(f"\n达到目标：{'、'.join(met) or '无'}")
    for page in pages:
        if short := missed(page):
            print(
                f"  没有达到 · {page.name}：" + "，".join(f"{s} {have:.2f}（目标 {goal:g}）" for s, have, goal in short)
            )
    print("没有定目标：" + "、".join(page.name for page in pages if not page.goals))
    sys.stdout.flush()


def cell(page: Page, state: str) -> str:
    cost = page.costs.get(state) if page.who == VISITOR or state != OWN else page.costs.get(FIRST)
    said = f"{cost.statements:3} {cost.ms:6.1f}" if cost else ""
    ratio = f"{statistics.median(page.ratios[state]):6.2f}" if page.ratios.get(state) else ""
    return f"{said} {ratio}" if said or ratio else "–"


def missed(page: Page) -> list[tuple[str, float, float]]:
    """The states of a page that stay below their goal; one that it has not at all counts as nothing."""
    found = ((state, page.ratios.get(state), goal) for state, goal in page.goals.items())
    had = ((state, statistics.median(ratios) if ratios else 0.0, goal) for state, ratios, goal in found)
    return [(state, have, goal) for state, have, goal in had if have < goal]


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench pages", description=__doc__)
    parser.add_argument("--times", type=int, default=1, help="再量一遍：演示数据的多少倍")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--number", type=int, default=64, help="每轮每页的请求数")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--only", default="", help="只量名称里有这个词的")
    parser.add_argument("--alone", action="store_true", help="只数语句、毫秒和字节")
    options = parser.parse_args(argv)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    django.setup()

    from bench.copies import Copying
    from bench.people import bare_tables
    from minshi.clock import as_owner
    from proposals.actions import refresh_totals

    print("准备演示城区 …", flush=True)
    city.restore()
    refresh_totals()
    bare_tables()
    with override_settings(HOME_PLACE="530103"), as_owner() as owner:
        copying = Copying(owner, 1, room=10_000)
        owner.execute("VACUUM ANALYZE")
        print(f"演示：{city.sizes()}", flush=True)
        measure(options)
        if options.times > 1:
            city.grow(copying, 1, options.times - 1)
            print(f"{options.times} 倍：{city.sizes()}", flush=True)
            measure(options)


def measure(options: argparse.Namespace) -> None:
    from bench.run import served

    who = city.people()
    people = {name: city.browser(who[name]) for name in (VISITOR, RESIDENT, STAFF)}
    pages, others = listed(people, options.only)
    for page in pages:
        look(page, people, options.rounds)
    if not options.alone:
        with (
            served("minshi.wsgi", 2, 8) as ours,
            served("bench.drawn", 2, 8) as drawn,
            served("bench.bare", 2, 8) as bare,
        ):
            runner = Runner(Ports(ours, drawn, bare), people, options.clients, options.number)
            for _warm in range(2):
                runner.per_second(bare, "/page/", "")
            for number in range(options.rounds):
                for page in pages:
                    print(f"\r  第 {number + 1} 轮 {page.name:50}", end="", file=sys.stderr, flush=True)
                    runner.round(page)
            print("\r" + " " * 64 + "\r", end="", file=sys.stderr)
            report(pages)
            if not options.only:
                told = votes(runner.ports, options.rounds, options.clients, options.number)
                ratio, tail = statistics.median(told["ratio"]), statistics.median(told["tail"])
                print(
                    f"完整的一票：空白投票的 {ratio:.2f}（目标 {VOTE:g}），p99 是 p50 的 {tail:.1f} 倍（目标 2 以下）"
                )
    else:
        report(pages)
    desk = [name for name in others if name.startswith("admin:")]
    city.say_what_is_left({name: answer for name, answer in others.items() if name not in desk})
    print(f"  工作台的列表和表单，由 bench city 量：{len(desk)} 个")
