#!/usr/bin/env python3
"""python3 run.py: the whole platform on this machine.

  python3 run.py [--port 8000] [--host ADDRESS] [--wheels] [--once]   the demo district; Ctrl-C stops it
  python3 run.py --replay                            the demo district walked anew, not taken from its dump
  python3 run.py --empty                             nothing but places and levels, beside the demo's data
  python3 run.py test                                every check, on servers of its own
  python3 run.py test [--fresh] PATH …               what pytest is asked for; the database stays for the next time
  python3 run.py drill NAME                          one long check at the size of its issue
  python3 run.py bench [arguments]                   speed, beside a bare view
  python3 run.py sheets DIRECTORY [-k NAME]          pictures of pages on contact sheets: phone, elder mode, desk
  python3 run.py manage COMMAND …                    manage.py on the same data
  python3 run.py dump FILE                           a demo district of this release, as tests/upgrade keeps it
  python3 run.py dump --here FILE                    the one in var/, as it is now

DATABASE_URL and REDIS_URL name servers to use; else the machine's own are started, else those from wheels.
MINSHI_VAR names the directory for data (var/); MINSHI_SERVERS=machine|wheels allows one way only; MINSHI_KEPT names
the directory whose newest dump a first start puts back (tests/upgrade).
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (whoever starts this may have an older one)
    sys.exit("✗ 需要 Python 3.11 或更新的版本，这里是 %d.%d" % sys.version_info[:2])

import os

if os.name == "nt":
    sys.exit("✗ 这里要用 Linux 或 macOS；Windows 上请先装 WSL（wsl --install），再在里面运行")

import argparse
import errno
import json
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from minshi.servers import dump as dumping
from minshi.servers import environment, ground, proving, services
from minshi.servers.children import Family, follow_the_parent, stop_on_signals
from minshi.servers.databases import bring_up
from minshi.servers.progress import Trouble, complain, say, step
from minshi.servers.waiting import WaitingPage


def demo(arguments: list[str]) -> int:
    """Everything, until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, help="网站端口，默认 8000")
    parser.add_argument("--host", default="127.0.0.1", help="在哪个地址上；0.0.0.0 让同一网络里的手机也能打开")
    parser.add_argument("--wheels", action="store_true", help="不用机器上的 PostgreSQL 和 Redis，用依赖包里的")
    parser.add_argument("--empty", action="store_true", help="空的平台：只有行政区划，没有人和事，数据另放")
    parser.add_argument("--replay", action="store_true", help="不用随源码带的演示城区，从头走一遍")
    parser.add_argument("--once", action="store_true", help="启动、检查、停止，供 CI 使用")
    options = parser.parse_args(arguments)
    if options.wheels:
        os.environ["MINSHI_SERVERS"] = "wheels"
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
    if options.empty and not os.environ.get("MINSHI_VAR"):
        os.environ["MINSHI_VAR"] = str(ground.var() / "empty")
    port = options.port or (ground.free_port() if options.once else 8000)
    place = ground.var()
    if not ground.only_one(place):
        raise Trouble(f"已经有一个 run.py 在用 {place}；先停掉它，或用 MINSHI_VAR 另指一个目录")
    reason = ground.why_not_listen(options.host, port)
    if reason:
        raise Trouble(reason)
    shown = ground.address_of(options.host)
    with WaitingPage(options.host, port) as page:
        if not (place / "static.done").exists() and not options.once:
            say(f"  现在就可以打开 http://{shown}:{port} ，看进行到哪一步")
        environment.prepare()
        run_demo(options, place, port, shown, page)
    return 0


def run_demo(options: argparse.Namespace, place: Path, port: int, shown: str, page: WaitingPage) -> None:
    with bring_up(place) as up, Family() as family:
        ground.remember(place / "running.json", up.env)
        env = services.environ(up.env, "demo", port, shown)
        if services.was_interrupted(place) and up.postgres:
            with step("上次载入到一半停了，从头开始"):
                up.postgres.remake_database()
                services.begin_again(place)
        if up.postgres and not options.empty and not options.replay and not (place / "replay.done").exists():
            services.prepare(place, env, kept=dumping.of_this_release(), remake=up.postgres.remake_database)
        else:
            services.prepare(place, env, empty=options.empty)
        with ThreadPoolExecutor() as meanwhile:
            cast = (
                None if options.empty else meanwhile.submit(services.manage, "演示人物列表打不出来", env, "demo_cast")
            )
            services.start(family, place, env, port, options.host, page.go)
            people = cast.result() if cast else first_steps(place)
        if options.once:
            proving.prove(family, port)
            if not options.empty:
                proving.let_a_clerk_in(port, env["MINSHI_SITE_URL"])
            return
        say(f"\n  民生小实事 → {env['MINSHI_SITE_URL']}\n")
        say(people)
        say("按 Ctrl-C 停止。")
        while True:
            time.sleep(0.2)
            up.family.mind()
            family.mind()


def first_steps(place: Path) -> str:
    """What an empty platform says instead of whom one can be."""
    var = "" if place == ground.ROOT / "var" else f"MINSHI_VAR={place} "
    command = f"{var}python3 run.py manage add_staff wangli --name 王力 --phone 13800000000 --place 530103"
    return (
        "  这里还没有人。另开一个窗口，给区牵头部门开第一个户，屏幕上给出启用码：\n"
        f"    {command}\n"
        "  他在工作台给街道、社区开户，社区再添院落、楼栋和门牌；居民用手机号登录，登记自己住在哪一户。\n"
        "  别的城市先载入自己的区划：python3 run.py manage load_divisions 文件\n"
    )


@contextmanager
def servers_to_throw_away() -> Iterator[dict[str, str]]:
    """Addresses of a PostgreSQL and a Redis that are gone afterwards, with all they held."""
    with place_to_throw_away() as place, bring_up(place, ours=True) as up:
        yield up.env


@contextmanager
def place_to_throw_away() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="test-", dir=ground.var()))
    place.chmod(0o755)
    for name in ("log", "static"):
        (place / name).mkdir()
    try:
        yield place
    finally:
        shutil.rmtree(ground.data_home(place), ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def kept_servers(*, fresh: bool) -> Iterator[dict[str, str]]:
    """Servers on the data of the time before, so that the database is there (tests/kept.py); they stop as ever.

    A second run at the same time gets servers to throw away. What cannot be started any more is made anew.
    """
    place = ground.var() / "test"
    place.mkdir(exist_ok=True)
    place.chmod(0o755)
    for name in ("log", "static"):
        (place / name).mkdir(exist_ok=True)
    if not ground.only_one(place):
        say("  另一个测试正在用留着的数据库：这一次用临时的")
        with servers_to_throw_away() as env:
            yield env
        return
    database, *hints = ground.data_home(place) / "pg", ground.data_home(place) / "redis", place / "media"
    for path in [*hints, *([database] if fresh else [])]:
        shutil.rmtree(path, ignore_errors=True)
    with ExitStack() as stack:
        try:
            up = stack.enter_context(bring_up(place, ours=True))
        except Trouble as trouble:
            say(f"  留着的数据库不能用了（{trouble}）：重新建")
            shutil.rmtree(database, ignore_errors=True)
            up = stack.enter_context(bring_up(place, ours=True))
        yield up.env


def on_servers_of_its_own(
    argv: list[str],
    extra: dict[str, str],
    processes: int = 1,
    servers: Callable[[], AbstractContextManager[dict[str, str]]] = servers_to_throw_away,
) -> int:
    """Run ``argv`` as MINSHI_ENV=test. Each of several test processes gets servers that no other one uses."""
    with ExitStack() as stack:
        sets = [stack.enter_context(servers()) for _each in range(processes)]
        env = {**services.environ(sets[0], "test"), **extra}
        return foreground(argv, {**env, "MINSHI_TEST_SERVERS": json.dumps(sets)} if processes > 1 else env)


def foreground(argv: list[str], env: dict[str, str]) -> int:
    """Run a command that has the terminal: Ctrl-C is for it, and we wait until it has tidied up."""
    child = subprocess.Popen(argv, env=env, cwd=ground.ROOT, preexec_fn=partial(follow_the_parent, signal.SIGTERM))
    before = [signal.signal(signal.SIGINT, lambda *_: None)]
    before.append(signal.signal(signal.SIGTERM, lambda *_: child.terminate()))
    try:
        return child.wait()
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def pytest(
    arguments: list[str],
    processes: int = 1,
    servers: Callable[[], AbstractContextManager[dict[str, str]]] = servers_to_throw_away,
    **extra: str,
) -> int:
    environment.prepare("test")
    tools, missing = environment.for_tests()
    # A file stays in one process; they are begun in the order that tests/conftest.py gives them.
    spread = ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"] if processes > 1 else []
    argv = [str(environment.PYTHON), "-m", "pytest", *spread, *arguments]
    env = {**tools, **extra, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    code = on_servers_of_its_own(argv, env, processes, servers)
    for line in missing:
        say(f"! 没有检查：{line}")
    return code


def test(arguments: list[str]) -> int:
    """All of it at once on every processor, or what is asked for, which is sooner there without.

    Only what is asked for keeps its database, and never in CI, where nobody runs it again.
    """
    wanted = [argument for argument in arguments if argument != "--fresh"]
    if not wanted:
        return pytest(["--durations=10"], min(os.cpu_count() or 1, 4))
    if os.environ.get("CI") == "true":
        return pytest(wanted)
    return pytest(["--reuse-db", *wanted], servers=partial(kept_servers, fresh=wanted != arguments))


def drill(arguments: list[str]) -> int:
    if not arguments:
        raise Trouble("要跑哪一个？用法：python3 run.py drill NAME（名字见 tests/drills/ 和 tests/journeys/）")
    name, *rest = arguments
    return pytest(["tests", "-m", "drill", "-k", name, "-s", *rest], MINSHI_DRILL="1")


def sheets(arguments: list[str]) -> int:
    """Pictures of every page as somebody sees it who may, and contact sheets of them."""
    if not arguments:
        raise Trouble("图放到哪个目录？用法：python3 run.py sheets 目录 [-k 页面名]")
    place, *rest = arguments
    code = pytest(["tests/pages", "-q", *rest], MINSHI_SHOTS=str(Path(place).resolve()))
    return foreground([str(environment.PYTHON), "tests/pages/contact.py", place], dict(os.environ)) or code


def bench(arguments: list[str]) -> int:
    environment.prepare()
    return on_servers_of_its_own([str(environment.PYTHON), "bench/run.py", *arguments], {})


def manage(arguments: list[str]) -> int:
    """On the running demo's servers, or on the same data with servers started for the while."""
    environment.prepare()
    place = ground.var()
    command = [str(environment.PYTHON), "manage.py", *arguments]
    kind = os.environ.get("MINSHI_ENV", "demo")
    if not ground.only_one(place):
        return foreground(command, services.environ(json.loads((place / "running.json").read_text()), kind))
    with bring_up(place) as up:
        return foreground(command, services.environ(up.env, kind))


def dump(arguments: list[str]) -> int:
    """A demo district in one file: what a later release has to be able to upgrade, and a first start puts back.

    One made for this alone, or the one in var/.
    """
    here = arguments[:1] == ["--here"]
    if len(arguments) != 1 + here:
        raise Trouble("导出到哪个文件？用法：python3 run.py dump [--here] tests/upgrade/年-月.sql.gz")
    file = Path(arguments[-1])
    environment.prepare()
    if here:
        place = ground.var()
        if not ground.only_one(place) or not (place / "replay.done").exists():
            raise Trouble(f"{place} 里没有演示城区，或者它正在运行：先停下来")
        with bring_up(place) as up:
            size = dumping.write(up, file, place / "media")
    else:
        with place_to_throw_away() as place, bring_up(place, ours=True) as up:
            services.prepare(place, services.environ(up.env, "demo"))
            size = dumping.write(up, file, place / "media")
    say(f"{file}：{size / 1e6:.1f} MB")
    return 0


def main(arguments: list[str]) -> int:
    doors = {"test": test, "drill": drill, "bench": bench, "manage": manage, "dump": dump, "sheets": sheets}
    stop_on_signals()
    try:
        if arguments and arguments[0] in doors:
            return doors[arguments[0]](arguments[1:])
        return demo(arguments)
    except KeyboardInterrupt:
        say("\n已停止。")
        return 0
    except Trouble as trouble:
        complain(str(trouble))
    except OSError as error:
        known = {
            errno.ENOSPC: "磁盘空间不足",
            errno.EDQUOT: "磁盘配额用完",
            errno.EACCES: "没有权限",
            errno.EPERM: "没有权限",
        }
        complain(f"{known.get(error.errno or 0, '系统错误')}：{error}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
