"""python3 run.py bench city --scale S: every page, list, task and check, in the demo, a district and a whole city.

The newest kept demo (tests/upgrade) is restored into a database to throw away, migrated, and grown by copies
(``bench.copies``): S = 1 is 1,709 communities with 3,000,000 households and 1,000,000 proposals. Pages come from the
resolver, each looked at with the first arguments and the first person that it shows itself to; tasks come from the
timer's own list. Of each: statements, pages of the database touched (buffers), milliseconds, with nothing kept.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import logging
import re
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.test.utils import override_settings
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

ROOT = Path(__file__).resolve().parent.parent
HOUSEHOLDS, PROPOSALS = 3_000_000, 1_000_000
"""Of S = 1 (domain.md 1)."""
MOST_SWEPT = 120
"""Seconds for what is due in copies, which stand a little earlier than what they are of."""
MOST_TRIED = 30
"""Arguments an address is tried with."""
SAME, WITHIN, QUICK = 0.9, 5.0, 100.0
"""Goals: a resident's page at nine tenths of the demo's pace, or within so many milliseconds of it, which is what two
rounds of one page differ by; desk and tasks in milliseconds."""
SEARCHED = "q=电梯"
NO_LISTS = ("_do", "_add", "_history", "_delete")
"""Of the desk: forms about the one row whose page is measured."""
AT_THE_DESK = ("社区工作人员", "街道经办", "区牵头部门")


@dataclass(frozen=True)
class Cost:
    statements: int
    buffers: int
    ms: float
    most: str = ""
    """The statement that read more than a hundred times the rows it gave, as the table it read."""

    def __str__(self) -> str:
        return f"{self.statements:4} {self.buffers:9,} {self.ms:9.1f}"


@dataclass
class Line:
    """One row of the table: what is asked, and what it cost at each size."""

    name: str
    ask: Callable[[], Any]
    alone: bool = False
    """It only reads, in transactions of its own."""
    costs: list[Cost | str] = field(default_factory=list)


# --- The database ---------------------------------------------------------------------------------


def restore() -> None:
    """The newest kept demo, brought to this release as a deployment does; time goes on from where it stood."""
    from minshi.clock import as_owner

    dump = sorted((ROOT / "tests" / "upgrade").glob("*.sql.gz"))[-1]
    with as_owner() as owner:
        owner.execute(gzip.decompress(dump.read_bytes()))  # type: ignore[call-overload]
    migrate = [sys.executable, "manage.py", "migrate", "--database", "owner", "--no-input", "--verbosity", "0"]
    subprocess.run(migrate, check=True, cwd=ROOT)
    with as_owner() as owner:
        owner.execute("UPDATE clock_offset SET shift = (SELECT max(at) FROM audit_event) - clock_timestamp()")


@contextmanager
def loosened(owner: Any) -> Iterator[None]:
    """Keys are not looked up while rows come in; afterwards the planner knows them again."""
    keys = owner.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    ).fetchall()
    for table, name, _rule in keys:
        owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    for table, name, rule in keys:
        rule = rule.removesuffix(" NOT VALID")
        owner.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {rule} NOT VALID')


def grow(copying: Any, first: int, last: int) -> None:
    started = time.monotonic()
    with loosened(copying.owner):
        for table in copying.grow(first, last):
            print(f"\r  {table:40}", end="", file=sys.stderr, flush=True)
    print(f"\r  {'VACUUM, ANALYZE':40}", end="", file=sys.stderr, flush=True)
    copying.owner.execute("VACUUM ANALYZE")
    grown = time.monotonic() - started
    started = time.monotonic()
    settle()
    copying.owner.execute("VACUUM ANALYZE")
    print("\r" + " " * 44 + "\r", end="", file=sys.stderr)
    print(f"长成 {grown:.0f} 秒；到期的、合计、封存一次做完 {time.monotonic() - started:.0f} 秒", flush=True)


def settle() -> None:
    """What copies or a restored dump leave to be done once, and no running city ever has at once: what was due has
    taken effect, what was to be forgotten is, every vote's turnout, every period and every total is counted, and all
    that this wrote is sealed."""
    from deliberation.actions import refresh_turnouts
    from minshi.audit import actions as audit
    from minshi.deadlines.actions import sweep
    from minshi.health import actions as health
    from minshi.policy.actions import recompute_provisional
    from proposals.actions import refresh_totals

    audit.seal()
    until = time.monotonic() + MOST_SWEPT
    while time.monotonic() < until and sweep():
        pass
    health.forget()
    refresh_turnouts()
    recompute_provisional()
    refresh_totals()
    audit.seal()


# --- Pages ----------------------------------------------------------------------------------------


def addresses(resolver: URLResolver, prefix: str = "", spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(name, pattern) of every address there is."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route, (*spaces, entry.namespace) if entry.namespace else spaces)
        else:
            yield ":".join([*spaces, entry.name or ""]), route


def people() -> dict[str, Any]:
    """A person of each kind; None is a visitor."""
    from minshi.clock import today
    from minshi.residents.models import Residence, Role, RoleGrant

    found: dict[str, Any] = {"访客": None}
    home = Residence.objects.filter(is_representative=True, until=None, person__user__is_staff=False)
    found["居民"] = home.exclude(person__user__grants__isnull=False).earliest("pk").person.user
    for role in Role:
        grants = RoleGrant.objects.active(today()).filter(role=role, user__is_active=True).order_by("pk")  # type: ignore[arg-type]
        if grant := grants.first():
            found[str(role.label)] = grant.user
    return found


def browser(user: Any) -> Client:
    from minshi.clock import now

    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user, backend="minshi.accounts.backends.AccountBackend")
        session: Any = client.session
        session["fresh_code"] = {"user": user.pk, "at": now().isoformat()}
        if user.is_staff:
            session["account_authentication_methods"] = [
                {"method": "password", "at": 0.0, "username": user.username},
                {"method": "mfa", "at": 0.0, "type": "totp"},
            ]
            session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return client


def arguments(name: str, route: str) -> Iterable[dict[str, Any]]:
    """What the parts of an address may be, those that lead somewhere first."""
    from django.contrib import admin

    from minshi.disclosure.models import Notice
    from minshi.territory.models import Territory
    from proposals.models import Proposal

    parts = re.findall(r"<(?:[^:>]+:)?(\w+)>", route)
    proposals = list(Proposal.objects.order_by("stage", "-pk").distinct("stage").values_list("number", flat=True))
    proposals += list(Proposal.objects.exclude(number__in=proposals).values_list("number", flat=True))
    home = Territory.objects.filter(code=settings.HOME_PLACE).first()  # and not the yard that is made for a vote
    inside = Territory.objects.filter(path__startswith=home.path if home else "")
    busy = inside.filter(proposals__isnull=False).order_by("path").last()
    places = [place.code for place in reversed(busy.ancestors())] if busy else []
    keys: list[Any] = list(range(1, 60))
    for model, page in admin.site._registry.items():
        if f"{model._meta.app_label}_{model._meta.model_name}_" in name:
            keys = list(page.model._default_manager.order_by("pk").values_list("pk", flat=True)[:4])
    pools: dict[str, list[Any]] = {
        "number": [*Notice.objects.order_by("-pk").values_list("number", flat=True)[:3]]
        if "notices" in route
        else proposals,
        "code": places[::-1],
        "pk": keys,
        "object_id": keys,
        "ordinal": [1, 2, 3, 5, 8],
        "app_label": ["proposals", "funding"],
    }
    if not all(part in pools for part in parts):
        return []
    chosen = itertools.product(*(pools[part] for part in parts))
    return (dict(zip(parts, values, strict=True)) for values in itertools.islice(chosen, MOST_TRIED))


def pages(only: str = "") -> tuple[list[Line], dict[str, str]]:
    """Every address that shows a page to somebody, and the others with what they answer."""
    lines, others = [], {}
    seen_by = {who: browser(user) for who, user in people().items()}
    desk = {who: client for who, client in seen_by.items() if who in AT_THE_DESK}
    for name, route in addresses(get_resolver()):
        if not name.rpartition(":")[2] or only not in name:
            continue
        print(f"\r  {name:60}", end="", file=sys.stderr, flush=True)
        found, answer = first_shown(name, route, desk if name.startswith("admin:") else seen_by)
        if found is None:
            others[name] = answer
            continue
        who, path = found
        lines.append(looked_at(f"{name} · {who}", seen_by[who], path))
        if name.endswith("_changelist") or name in ("admin:index", "projects", "notices", "wishes"):
            lines.append(looked_at(f"{name}?q · {who}", seen_by[who], f"{path}?{SEARCHED}"))
        lines += [looked_at(f"{name}?{query} · {who}", seen_by[who], f"{path}?{query}") for query in MORE.get(name, ())]
    return lines, others


MORE = {
    "projects": ("stage=deciding", "category=culture", "tier=3", "shown=reserve", "kind=service"),
    "notices": ("kind=change", "when=running", "when=past", "place=530103", "place=530103&kind=selection"),
    "admin:index": ("holder=all", "show=overdue"),
}
"""Filters of pages that list what grows, among them some that find little or nothing."""


def first_shown(name: str, route: str, seen_by: dict[str, Client]) -> tuple[tuple[str, str] | None, str]:
    answers: set[str] = set()
    if name.startswith("admin:") and name.endswith(NO_LISTS):
        return None, "工作台的表单，和它那一行的页面是同一行数据"
    for chosen in arguments(name, route):
        try:
            path = reverse(name, kwargs=chosen)
        except (NoReverseMatch, ValueError, TypeError):
            return None, "地址需要别的参数"
        for nth, (who, client) in enumerate(seen_by.items()):
            status = asked(client, path)
            if status == 200:
                return (who, path), ""
            answers.add(str(status))
            if status == 405:
                return None, "只收表单"
            if nth == 2 and answers == {"404"}:  # nothing is there, for whomever
                break
    return None, "、".join(sorted(answers)) or "地址需要别的参数"


def asked(client: Client, path: str) -> int:
    with transaction.atomic():
        answer = client.get(path)
        if answer.streaming:
            for _part in answer:
                pass
        transaction.set_rollback(True)
    return answer.status_code


def looked_at(name: str, client: Client, path: str) -> Line:
    return Line(name, lambda: asked(client, path))


# --- Tasks, checks and acts ------------------------------------------------------------------------


ALONE = {"minshi.health.tasks.look"}


def tasks() -> list[Line]:
    """What the timer starts, from its own list, and what is asked of it all day."""
    from minshi.celery import app
    from minshi.notifications.actions import deliver

    app.loader.import_default_modules()
    instead = {"minshi.notifications.tasks.deliver": lambda: deliver(seconds=0.2)}
    wanted = [entry["task"] for entry in app.conf.beat_schedule.values()]
    visitor = browser(None)
    return [
        *(Line(f"任务 {task}", instead.get(task, app.tasks[task].run), task in ALONE) for task in wanted),
        Line("任务 合计，一分钟里变了 20 张卡片", totals_of_a_minute),
        looked_at("检查 /healthz", visitor, "/healthz"),
        looked_at("检查 /healthz?only=web", visitor, "/healthz?only=web"),
    ]


def totals_of_a_minute() -> None:
    from proposals.actions import note_on_card, refresh_totals
    from proposals.models import Proposal

    for proposal in Proposal.objects.order_by("-pk")[:20]:
        note_on_card(proposal)
    refresh_totals()


def checks() -> list[Line]:
    from minshi.audit import chain
    from minshi.ledger.checks import findings

    return [
        Line("检查 check_ledger", lambda: sum(1 for _finding in findings())),
        Line("检查 check_chain：链", lambda: sum(1 for _fault in chain.broken_links()), alone=True),
        Line("检查 check_chain：每日根", lambda: sum(1 for _fault in chain.wrong_roots()), alone=True),
    ]


def acts() -> list[Line]:
    """The big moments of a vote, in a yard of 3,000 doors; what they write is undone."""
    from bench import people as voters
    from deliberation import selectors
    from deliberation.actions import open_motion
    from deliberation.actions.motions import _counted
    from deliberation.models import Motion
    from proposals import actions as proposals
    from proposals.models import Kind

    yard = voters.make_places()
    living = voters.make_voters(yard, 3000)
    clerk, chief = voters.make_staff(yard, "clerk"), voters.clerk_as_chief(yard)
    ready: list[Any] = []
    for _time in range(3):
        proposal = proposals.submit(
            place=yard, title="院里建睦邻驿站", kind=Kind.WORKS, category="culture", need="大家没有地方歇脚。",
            plan="用院门口的空房。", spot="院门口", cost_fen=3_680_000,
            shares={"subsidy": 2_000_000, "self_raised": 1_680_000}, keeper="院落自管小组", by=living[_time].user,
        )  # fmt: skip
        proposals.pass_review(proposal, by=chief)
        for voter in living[10 * _time : 10 * _time + 10]:
            proposals.cosign(proposal, voter.user.person.household, by=voter.user)
        ready.append(proposal)
    biggest = Motion.objects.filter(stage="published").order_by("-agree").first()
    assert biggest
    return [
        Line("办理 开始表决（3,000 户）", lambda: open_motion(ready[0], by=clerk)),
        Line("办理 计票", lambda: _counted(biggest)),
        Line("办理 公布的票（文件）", lambda: sum(1 for _line in selectors.export_lines(biggest))),
        Line("办理 回执号一页", lambda: selectors.receipts_page(biggest, "")),
    ]


# --- Measuring -------------------------------------------------------------------------------------


def forget_pages() -> None:
    """In this process and in the one cache of all."""
    for name in settings.CACHES:
        caches[name].clear()


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def measure(line: Line, rounds: int) -> Cost | str:
    from bench.plans import listening

    undone = nullcontext if line.alone else rolled_back
    try:
        with undone():
            line.ask()  # what is imported and compiled once
        took = []
        for _round in range(rounds):
            forget_pages()
            with undone(), listening() as heard:
                started = time.perf_counter()
                line.ask()
                took.append(1000 * (time.perf_counter() - started))
        plans = []
        for statement in heard:
            try:
                plans.append(statement.explained())
            except django.db.Error:  # stands on what this work had written before
                continue
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0][:60] if str(error) else ''}"
    most = max(plans, key=lambda plan: plan.read, default=None)
    worst = ""
    if most is not None and most.read > 100 * max(most.shown, 10):
        table, how, rows = max(most.scans, key=lambda scan: scan[2])
        worst = f"{table} {how} {rows:,} 行，给出 {most.shown:,}"
    return Cost(len(heard), sum(plan.buffers for plan in plans), statistics.median(took), worst)


def sizes() -> str:
    """How much of everything there is, and what it takes."""
    from deliberation.models import Ballot
    from minshi.deadlines.models import Deadline
    from minshi.disclosure.models import Notice
    from minshi.ledger.models import Entry
    from minshi.notifications.models import Message
    from minshi.residents.models import Residence
    from minshi.territory.models import Household
    from proposals.models import Proposal

    counted = {
        "户": Household, "居民": Residence, "提议": Proposal, "选票": Ballot, "公示": Notice, "期限": Deadline,
        "消息": Message, "分录": Entry,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), pg_size_bytes(current_setting('shared_buffers'))")
        disk, memory = cursor.fetchone()
    people = max(Residence.objects.count(), 1)
    told = "，".join(f"{model._default_manager.count():,} {name}" for name, model in counted.items())
    return (
        f"{told}；磁盘 {disk / 1e6:,.0f} MB，每位居民 {disk / people / 1e3:.1f} KB；"
        f"数据库缓存 {memory / 1e6:.0f} MB，每位居民 {memory / people / 1e3:.2f} KB"
    )


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench city", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.02, help="S：1 是整个昆明市")
    parser.add_argument("--small", type=float, default=0.003, help="中间的一档")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="只量名称里有这个词的")
    options = parser.parse_args(argv)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")

    from bench.copies import Copying
    from minshi.clock import as_owner
    from minshi.territory.models import Household
    from proposals.models import Proposal

    started = time.monotonic()
    print("准备演示城区 …", flush=True)
    restore()
    settle()
    with (
        override_settings(SESSION_ENGINE="django.contrib.sessions.backends.db", HOME_PLACE="530103"),
        as_owner() as owner,
    ):
        doors, matters = Household.objects.count(), Proposal.objects.count()
        copying = Copying(owner, max(1, round((PROPOSALS / matters) / (HOUSEHOLDS / doors))), room=10_000)
        towns = [max(1, round(scale * HOUSEHOLDS / doors)) for scale in (options.small, options.scale)]
        lines = [*acts(), *tasks(), *checks()]
        found, others = pages(options.only)
        lines = [line for line in (*found, *lines) if options.only in line.name]
        print(f"{len(found)} 个页面，用了 {time.monotonic() - started:.0f} 秒", flush=True)
        there = 0
        names = ["演示"]
        owner.execute("VACUUM ANALYZE")
        print(f"演示：{sizes()}", flush=True)
        take(lines, options.rounds)
        for scale, town in zip((options.small, options.scale), towns, strict=True):
            if town <= there:
                continue
            grow(copying, there + 1, town)
            there = town
            names.append(f"S={scale:g}")
            print(f"{names[-1]}：{sizes()}", flush=True)
            take(lines, options.rounds)
            report(names, lines)
    say_goals(lines)
    say_what_is_left(others)
    print(f"共用 {(time.monotonic() - started) / 60:.1f} 分钟")


def take(lines: list[Line], rounds: int) -> None:
    for line in lines:
        print(f"\r  {line.name[:60]:60}", end="", file=sys.stderr, flush=True)
        line.costs.append(measure(line, rounds))
    print("\r" + " " * 64 + "\r", end="", file=sys.stderr)


def report(names: list[str], lines: list[Line]) -> None:
    """The table so far: whoever stops a long run has what was measured."""
    print(f"\n{'':58}" + "".join(f"{name:>25}" for name in names) + "   （条 · 缓冲页 · 毫秒）")
    for line in lines:
        print(f"{line.name[:58]:58}" + "".join(f" {cost!s:>24}" for cost in line.costs))
    print("\n读得比给出的多一百倍以上：")
    for line in lines:
        if isinstance(line.costs[-1], Cost) and line.costs[-1].most:
            print(f"  {line.name}：{line.costs[-1].most}")
    sys.stdout.flush()


def goal_of(line: Line) -> float:
    """Milliseconds: what a resident sees within nine tenths of the demo's pace, desk and tasks within a tenth of a
    second; 0 where there is no goal."""
    if line.name.startswith(("admin:", "任务")):
        return QUICK
    demo = line.costs[0]
    seen = not line.name.startswith(("检查", "办理")) and isinstance(demo, Cost)
    return max(demo.ms / SAME, demo.ms + WITHIN) if seen and isinstance(demo, Cost) else 0


def say_goals(lines: list[Line]) -> None:
    """Which goals the biggest city met, and which it missed and by how much."""
    missed = []
    measured = [line for line in lines if goal_of(line) and isinstance(line.costs[-1], Cost)]
    for line in measured:
        cost = line.costs[-1]
        assert isinstance(cost, Cost)
        if cost.ms > goal_of(line):
            missed.append(f"  {line.name}：{cost.ms:.1f} 毫秒，目标 {goal_of(line):.1f}")
    wide = [line for line in lines if isinstance(line.costs[-1], Cost) and line.costs[-1].most]
    failed = [line for line in lines if not isinstance(line.costs[-1], Cost)]
    print(f"\n目标：{len(measured) - len(missed)} 项达到，{len(missed)} 项没有达到")
    print("\n".join(missed))
    print(f"读得比给出的多一百倍以上：{len(wide)} 项；没有量成：{len(failed)} 项")
    for line in failed:
        print(f"  {line.name}：{line.costs[-1]}")


def say_what_is_left(others: dict[str, str]) -> None:
    print(f"\n没有量的地址（{len(others)}）：")
    for answer in sorted(set(others.values())):
        print(f"  {answer}：" + "、".join(name for name, said in others.items() if said == answer))
