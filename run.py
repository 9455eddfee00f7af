#!/usr/bin/env python3
"""python3 run.py: the whole platform on this machine.

  python3 run.py [--port 8000] [--wheels] [--once]   the demo district; Ctrl-C stops it
  python3 run.py test [pytest arguments]             every check, on servers of its own
  python3 run.py drill NAME                          one long check at the size of its issue
  python3 run.py bench [arguments]                   speed, beside a bare view
  python3 run.py manage COMMAND …                    manage.py on the same data

DATABASE_URL and REDIS_URL name servers to use; else the machine's own are started, else those from wheels.
MINSHI_VAR names the directory for data (var/); MINSHI_SERVERS=machine|wheels allows one way only.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (whoever starts this may have an older one)
    sys.exit("✗ 需要 Python 3.11 或更新的版本，这里是 %d.%d" % sys.version_info[:2])

import argparse
import errno
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from minshi.servers import environment, ground, services
from minshi.servers.children import Family, stop_on_signals
from minshi.servers.databases import bring_up
from minshi.servers.progress import Trouble, complain, say


def demo(arguments: list[str]) -> int:
    """Everything, until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, help="网站端口，默认 8000")
    parser.add_argument("--wheels", action="store_true", help="不用机器上的 PostgreSQL 和 Redis，用依赖包里的")
    parser.add_argument("--once", action="store_true", help="启动、检查、停止，供 CI 使用")
    options = parser.parse_args(arguments)
    if options.wheels:
        os.environ["MINSHI_SERVERS"] = "wheels"
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
    port = options.port or (ground.free_port() if options.once else 8000)
    place = ground.var()
    if not ground.only_one(place):
        raise Trouble(f"已经有一个 run.py 在用 {place}；先停掉它，或用 MINSHI_VAR 另指一个目录")
    if not ground.is_free(port):
        raise Trouble(f"端口 {port} 已被占用：换一个，例如 python3 run.py --port {port + 1}")
    environment.prepare()
    with bring_up(place) as up, Family() as family:
        ground.remember(place / "running.json", up.env)
        env = services.environ(up.env, "demo", port)
        services.prepare(place, env)
        with ThreadPoolExecutor() as meanwhile:
            cast = meanwhile.submit(services.manage, "演示人物列表打不出来", env, "demo_cast")
            services.start(family, place, env, port)
            people = cast.result()
        if options.once:
            services.prove(family, port)
            return 0
        say(f"\n  民生小实事 → http://127.0.0.1:{port}\n")
        say(people)
        say("按 Ctrl-C 停止。")
        while True:
            time.sleep(1)
            family.mind()
            up.family.mind()


@contextmanager
def servers_to_throw_away() -> Iterator[dict[str, str]]:
    """Addresses of a PostgreSQL and a Redis that are gone afterwards, with all they held."""
    place = Path(tempfile.mkdtemp(prefix="test-", dir=ground.var()))
    place.chmod(0o755)
    for name in ("log", "static"):
        (place / name).mkdir()
    try:
        with bring_up(place, ours=True) as up:
            yield up.env
    finally:
        shutil.rmtree(ground.data_home(place), ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)


def on_servers_of_its_own(argv: list[str], extra: dict[str, str], processes: int = 1) -> int:
    """Run ``argv`` as MINSHI_ENV=test. Each of several test processes gets servers that no other one uses."""
    with ExitStack() as stack:
        sets = [stack.enter_context(servers_to_throw_away()) for _each in range(processes)]
        env = {**services.environ(sets[0], "test"), **extra}
        return foreground(argv, {**env, "MINSHI_TEST_SERVERS": json.dumps(sets)} if processes > 1 else env)


def foreground(argv: list[str], env: dict[str, str]) -> int:
    """Run a command that has the terminal: Ctrl-C is for it, and we wait until it has tidied up."""
    child = subprocess.Popen(argv, env=env, cwd=ground.ROOT)
    before = [signal.signal(signal.SIGINT, lambda *_: None)]
    before.append(signal.signal(signal.SIGTERM, lambda *_: child.terminate()))
    try:
        return child.wait()
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def pytest(arguments: list[str], processes: int = 1, **extra: str) -> int:
    environment.prepare()
    tools, missing = environment.for_tests()
    spread = ["-n", str(processes), "--dist", "loadfile"] if processes > 1 else []
    argv = [str(environment.PYTHON), "-m", "pytest", *spread, *arguments]
    code = on_servers_of_its_own(argv, {**tools, **extra, "DJANGO_SETTINGS_MODULE": "tests.settings"}, processes)
    for line in missing:
        say(f"! 没有检查：{line}")
    return code


def test(arguments: list[str]) -> int:
    """All of it at once on every processor, or what is asked for, which is sooner there without."""
    return pytest(arguments, 1 if arguments else min(os.cpu_count() or 1, 4))


def drill(arguments: list[str]) -> int:
    if not arguments:
        raise Trouble("要跑哪一个？用法：python3 run.py drill NAME（名字见 tests/drills/ 和 tests/journeys/）")
    name, *rest = arguments
    return pytest(["tests", "-m", "drill", "-k", name, "-s", *rest], MINSHI_DRILL="1")


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


def main(arguments: list[str]) -> int:
    doors = {"test": test, "drill": drill, "bench": bench, "manage": manage}
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
