"""The platform's own processes over running databases: web, worker, beat, sweeper."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from minshi.servers import environment, ground
from minshi.servers.children import Child, Family, Question
from minshi.servers.environment import PYTHON
from minshi.servers.progress import Step, Trouble, say, step

CODE = ("minshi", "proposals", "deliberation", "funding", "evaluation", "requirements")
CONNECTIONS = {"web": "8", "worker": "3", "beat": "2", "sweeper": "2"}
"""How many database connections each may hold: one for each of its threads."""


def environ(servers: Mapping[str, str], kind: str, port: int = 8000, shown: str = "127.0.0.1") -> dict[str, str]:
    """What every Django process here is started with: the ``servers``' addresses; ``kind`` is MINSHI_ENV."""
    hosts = os.environ.get(
        "MINSHI_HOSTS", ",".join(dict.fromkeys(("127.0.0.1", "localhost", socket.gethostname(), shown)))
    )
    return {
        **os.environ,
        **servers,
        "MINSHI_ENV": kind,
        "MINSHI_HOSTS": f"{hosts},testserver" if kind == "test" else hosts,
        "MINSHI_SITE_URL": os.environ.get("MINSHI_SITE_URL", f"http://{shown}:{port}"),
        "DJANGO_SETTINGS_MODULE": "minshi.settings",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # threads share memory pools: tens of megabytes less
        **environment.fonts(Path(servers["MINSHI_VAR"])),
        **bytecode(ground.ROOT / "var" if kind == "test" else Path(servers["MINSHI_VAR"])),
    }


def bytecode(place: Path) -> dict[str, str]:
    """Where none may be left beside the sources it is kept here: without, each process compiles everything anew."""
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(place / "bytecode")}


def manage(trouble: str, env: dict[str, str], *argv: str, step: Step | None = None) -> str:
    command = [str(PYTHON), str(ground.ROOT / "manage.py"), *argv]
    return environment.run(trouble, *command, env=env, how_far=steps_of, step=step)


def steps_of(said: str) -> float | None:
    """How far a command is that says "… 3 / 120 …" as it goes."""
    found = re.findall(r"(\d+) / (\d+)", said[-200:])
    return int(found[-1][0]) / max(1, int(found[-1][1])) if found else None


# --- Before the start -------------------------------------------------------------------------


QUIET = ("--no-input", "--verbosity", "0")


def prepare(
    place: Path,
    env: dict[str, str],
    *,
    empty: bool = False,
    kept: Path | None = None,
    remake: Callable[[], None] = lambda: None,
) -> None:
    """Tables, static files and, once, the demo district; of an ``empty`` platform the places alone.

    What was done for this code is not done again. The district comes from the dump that is ``kept`` where there is one
    and it holds; else ``remake`` empties the database and it is replayed.
    """
    if empty and (place / "replay.done").exists():
        raise Trouble(f"{place} 里是演示城区；用 MINSHI_VAR 另指一个目录，或不写 --empty")
    files = files_of("static", "requirements")
    collect = partial(once, place / "static.done", files, "收集静态文件", env, "collectstatic", *QUIET, aloud=False)
    with ThreadPoolExecutor() as meanwhile:
        static = None
        if kept and not (place / "replay.done").exists():
            static = meanwhile.submit(collect)
            if not restore(place, env, kept):
                remake()
                begin_again(place)
        make_tables(place, env)
        # Not sooner: of two processes that are the first here each would compile all that both of them load.
        static = static or meanwhile.submit(collect)
        fill(place, env, empty=empty)
        with nullcontext() if static.done() else step("收集静态文件"):
            static.result()


def make_tables(place: Path, env: dict[str, str]) -> None:
    if os.environ.get("DATABASE_URL"):  # somebody else keeps it: its tables and settings are looked at each time
        (place / "migrate.done").unlink(missing_ok=True)
    migrate = ("migrate", "--database", "owner", *QUIET)
    once(place / "migrate.done", files_of(*CODE), "更新数据库结构", env, *migrate)


def fill(place: Path, env: dict[str, str], *, empty: bool = False) -> None:
    """What stands in the database, by walking there."""
    given = os.environ.get("DATABASE_URL", "")
    if empty:
        once(place / "divisions.done", given, "载入行政区划", env, "load_divisions")
        return
    # Replay moves the clock: it runs before anything that looks at deadlines.
    begun = place / BEGUN
    if not (place / "replay.done").exists():
        begun.touch()
    once(place / "replay.done", given, "走一遍演示城区（两三分钟）", env, "replay")
    begun.unlink(missing_ok=True)


def restore(place: Path, env: dict[str, str], kept: Path) -> bool:
    """The demo as it was replayed for this release, and what that is proven by; False where it does not hold."""
    (place / BEGUN).touch()
    try:
        with step("载入随源码带的演示城区") as this:
            manage("随源码带的演示城区用不上", env, "restore_demo", str(kept), step=this)
    except Trouble as trouble:
        say(f"  {trouble}：从头走一遍")
        return False
    mark_done(place / "migrate.done", files_of(*CODE))
    mark_done(place / "replay.done", "")
    (place / BEGUN).unlink()
    return True


BEGUN = "replay.begun"


def was_interrupted(place: Path) -> bool:
    """Whether the demo began to be loaded here and did not come to its end."""
    return (place / BEGUN).exists() and not (place / "replay.done").exists()


def begin_again(place: Path) -> None:
    """Forget what was done with a database that is gone, and the pictures that belonged to it."""
    for mark in ("migrate.done", "divisions.done", BEGUN):
        (place / mark).unlink(missing_ok=True)
    shutil.rmtree(place / "media", ignore_errors=True)


def once(mark: Path, state: str, what: str, env: dict[str, str], *argv: str, aloud: bool = True) -> None:
    """Run a command unless it was run for this ``state`` already."""
    if mark.exists() and mark.read_text() == digest_of(state):
        return
    with step(what) if aloud else nullcontext() as this:
        manage(f"{what}失败", env, *argv, step=this)
    mark_done(mark, state)


def mark_done(mark: Path, state: str) -> None:
    mark.write_text(digest_of(state))


def digest_of(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def files_of(*names: str) -> str:
    """Paths, sizes and times below ``names``: cheap to read, different after every change."""
    lines = []
    for name in names:
        top = ground.ROOT / name
        for file in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if file.is_file() and file.suffix != ".pyc":
                lines.append(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}")
    return "\n".join(lines)


# --- Running ----------------------------------------------------------------------------------


def commands(port: int, place: Path, host: str = "127.0.0.1") -> dict[str, list[str]]:
    """Small on purpose: one web process with threads, workers as threads; all of it stays under 800 MB."""
    python, manage_py = str(PYTHON), str(ground.ROOT / "manage.py")
    celery = [python, "-m", "celery", "--app", "minshi.celery", "--quiet"]
    web = ["--bind", f"{host}:{port}", "--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    quiet = ["--no-control-socket", "--graceful-timeout", "5", "--log-level", "warning"]
    quiet += ["--reuse-port"]  # the page that is there before the site still listens (waiting.py)
    worker = ["--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle"]
    beat = ["--schedule", str(place / "beat"), "--pidfile", ""]
    return {
        "web": [python, "-m", "gunicorn", "minshi.wsgi", *web, *quiet],
        "worker": [*celery, "worker", *worker, "--loglevel", "WARNING"],
        "beat": [*celery, "beat", *beat, "--loglevel", "WARNING"],
        "sweeper": [python, manage_py, "sweep"],
    }


def start(
    family: Family,
    place: Path,
    env: dict[str, str],
    port: int,
    host: str = "127.0.0.1",
    there: Callable[[], None] = lambda: None,
) -> None:
    """Start all four and wait until the site answers, then call ``there``."""
    with step("启动网站、任务进程、定时器、到期巡查"):
        for name, argv in commands(port, place, host).items():
            # Standard output reaches the terminal: the console channel prints the sign-in codes there.
            log = place / "log" / f"{name}.log"
            limited = {**env, "MINSHI_POOL": CONNECTIONS[name]}
            child = Child(name, argv, log=log, env=limited, cwd=ground.ROOT, shows=True)
            family.start(heard_by(child, place, port))
            if name == "web":
                wait_for_web(child, port)
                there()


def heard_by(child: Child, place: Path, port: int) -> Child:
    """Let the process tell that it lives: the site by answering, the others by touching a file (health/pulse.py).

    Neither needs the database or Redis: whoever waits for them is not silent.
    """
    if child.name == "web":
        child.question = Question(port, b"GET /healthz?only=alive HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    else:
        child.pulse = place / f"{child.name}.pulse"
        child.env = {**(os.environ if child.env is None else child.env), "MINSHI_PULSE": str(child.pulse)}
    return child


def wait_for_web(web: Child, port: int, patience: float = 90) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if not web.is_alive:
            break
        if fetch(port, "/healthz?only=web")[0] == 200:
            return
        time.sleep(0.2)
    raise Trouble(f"网站没有启动：{web.last_words()}（日志 {web.log}）")


def fetch(port: int, path: str) -> tuple[int, bytes]:
    """Status and body; status 0 when nobody answers."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        link.close()
