"""The platform's own processes over running databases: web, worker, beat, sweeper."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minshi.servers import environment, ground
from minshi.servers.children import Child, Family, Question
from minshi.servers.environment import PYTHON
from minshi.servers.progress import Trouble, step

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
    }


def manage(trouble: str, env: dict[str, str], *argv: str) -> str:
    return environment.run(trouble, str(PYTHON), str(ground.ROOT / "manage.py"), *argv, env=env)


# --- Before the start -------------------------------------------------------------------------


def prepare(place: Path, env: dict[str, str], *, empty: bool = False) -> None:
    """Tables, static files and, once, the demo district; of an ``empty`` platform the places alone.

    What was done for this code is not done again.
    """
    if empty and (place / "replay.done").exists():
        raise Trouble(f"{place} 里是演示城区；用 MINSHI_VAR 另指一个目录，或不写 --empty")
    quiet = ("--no-input", "--verbosity", "0")
    given = os.environ.get("DATABASE_URL", "")
    if given:  # somebody else keeps it: its tables and settings are looked at each time
        (place / "migrate.done").unlink(missing_ok=True)
    once(place / "migrate.done", files_of(*CODE), "更新数据库结构", env, "migrate", "--database", "owner", *quiet)
    once(place / "static.done", files_of("static", "requirements"), "收集静态文件", env, "collectstatic", *quiet)
    if empty:
        once(place / "divisions.done", given, "载入行政区划", env, "load_divisions")
        return
    # Replay moves the clock: it runs before anything that looks at deadlines.
    begun = place / BEGUN
    if not (place / "replay.done").exists():
        begun.touch()
    once(place / "replay.done", given, "载入演示城区（第一次要两三分钟）", env, "replay")
    begun.unlink(missing_ok=True)


BEGUN = "replay.begun"


def was_interrupted(place: Path) -> bool:
    """Whether the demo began to be loaded here and did not come to its end."""
    return (place / BEGUN).exists() and not (place / "replay.done").exists()


def begin_again(place: Path) -> None:
    """Forget what was done with a database that is gone, and the pictures that belonged to it."""
    for mark in ("migrate.done", "divisions.done", BEGUN):
        (place / mark).unlink(missing_ok=True)
    shutil.rmtree(place / "media", ignore_errors=True)


def once(mark: Path, state: str, what: str, env: dict[str, str], *argv: str) -> None:
    """Run a command unless it was run for this ``state`` already."""
    digest = hashlib.sha256(state.encode()).hexdigest()
    if mark.exists() and mark.read_text() == digest:
        return
    with step(what):
        manage(f"{what}失败", env, *argv)
    mark.write_text(digest)


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
    worker = ["--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle"]
    beat = ["--schedule", str(place / "beat"), "--pidfile", ""]
    return {
        "web": [python, "-m", "gunicorn", "minshi.wsgi", *web, *quiet],
        "worker": [*celery, "worker", *worker, "--loglevel", "WARNING"],
        "beat": [*celery, "beat", *beat, "--loglevel", "WARNING"],
        "sweeper": [python, manage_py, "sweep"],
    }


def start(family: Family, place: Path, env: dict[str, str], port: int, host: str = "127.0.0.1") -> None:
    """Start all four and wait until the site answers."""
    with step("启动网站、任务进程、定时器、到期巡查"):
        for name, argv in commands(port, place, host).items():
            # Standard output reaches the terminal: the console channel prints the sign-in codes there.
            log = place / "log" / f"{name}.log"
            limited = {**env, "MINSHI_POOL": CONNECTIONS[name]}
            child = Child(name, argv, log=log, env=limited, cwd=ground.ROOT, shows=True)
            family.start(heard_by(child, place, port))
            if name == "web":
                wait_for_web(child, port)


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


def prove(family: Family, port: int, patience: float = 120) -> None:
    """The home page answers, and worker, beat and sweeper have each been heard of."""
    with step("检查首页和各进程的心跳"):
        status, _ = fetch(port, "/")
        if status != 200:
            raise Trouble(f"首页返回 {status}（日志 {family.children[0].log}）")
        end = time.monotonic() + patience
        while time.monotonic() < end:
            status, body = fetch(port, "/healthz")
            health: dict[str, Any] = json.loads(body) if status in (200, 503) else {}
            # Heard of since this start: an earlier one's heartbeats are still in the database.
            running = time.monotonic() - family.children[0].started
            if status == 200 and all(age is not None and age < running for age in health["heartbeats"].values()):
                return
            family.mind()
            time.sleep(1)
    raise Trouble(f"/healthz 返回 {status}：{body.decode(errors='replace')}")
