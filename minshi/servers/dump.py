"""The demo as one file of plain SQL that PostgreSQL 15 to 18 read, and its pictures in another beside it.

For upgrades to be tried on, and for a first start that need not walk the whole way again: while nothing changed of
what the demo is made from (its ``key``), the newest of them is this release's demo.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

from minshi.servers import ground
from minshi.servers.databases import Databases
from minshi.servers.postgres import DATABASE
from minshi.servers.progress import Trouble, reason, say, step

# Rights come with the guards; inserts, since a COPY needs psql.
FORM = (
    "--no-owner", "--no-privileges", "--no-comments", "--no-publications", "--no-subscriptions",
    "--inserts", "--rows-per-insert=200",
)  # fmt: skip
OF_THE_MACHINE = (
    "django_session", "health_*", "deadlines_clockseen", "deadlines_sweeperstate",
    "signin_code", "signin_tally", "unsent_*",
)  # fmt: skip
"""Tables whose rows speak of where and by whom it ran: who is signed in, whose heart beats, which clock was seen."""
OWNER = "minshi_owner"
# Words of newer or of psql's own: an older server and a plain connection stumble over them.
UNREAD = ("\\", "SET transaction_timeout", "SELECT pg_catalog.set_config('search_path'")


KEPT = ground.ROOT / "tests" / "upgrade"
APPS = ("minshi", "proposals", "deliberation", "funding", "evaluation")
MADE_FROM = {
    "tables": "migrations/*.py",
    "guards": "guards/*.sql",
    "steps": "lifecycle/*.py",
    "step": "lifecycle.py",
    "walks": "replay/*.py",
    "cases": "demo/*",
    "command": "management/commands/replay.py",
    "numbers": "policy/defaults.py",
    "seeds": "data/*",
    "places": "territory/divisions.py",
    "passwords": "signin/demo.py",
}
"""What the demo is made from, by kind, anywhere below ``APPS``."""


def key(root: Path = ground.ROOT) -> str:
    """Changes with every file that the demo is made from; the same in every checkout of them."""
    said = []
    for kind, pattern in MADE_FROM.items():
        files = (file for app in APPS for file in (root / app).rglob(pattern) if file.is_file())
        said += [(kind, str(file.relative_to(root)), _sha256(file.read_bytes())) for file in sorted(files)]
    return _sha256(json.dumps(said).encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def newest(place: Path | None = None) -> Path | None:
    """The last dump in ``place`` (MINSHI_KEPT, else tests/upgrade); names sort by age."""
    place = place or Path(os.environ.get("MINSHI_KEPT") or KEPT)
    return max(place.glob("*.sql.gz"), default=None)


def beside(file: Path) -> Path:
    """The pictures of a dump, with its key."""
    return file.with_name(file.name.removesuffix(".sql.gz") + ".pictures.zip")


def of_this_release() -> Path | None:
    """The newest dump, if it holds what a replay would make; says so where it does not."""
    file = newest()
    if file and not is_of_this_release(file):
        say(f"  {file.name} 不是这一版的演示城区：从头走一遍")
        return None
    return file


def is_of_this_release(file: Path) -> bool:
    """Whether a replay would make what ``file`` holds."""
    try:
        with zipfile.ZipFile(beside(file)) as pictures:
            return pictures.read("key").decode() == key()
    except (OSError, KeyError, zipfile.BadZipFile):
        return False


def write(up: Databases, file: Path, media: Path) -> int:
    """Dump the database of ``up`` into ``file`` (gzip), its pictures beside; returns their size in bytes."""
    if up.postgres is None:
        raise Trouble("只导出 run.py 自己的 PostgreSQL；先去掉 DATABASE_URL")
    program = up.postgres.binaries / "pg_dump"
    left_out = [f"--exclude-table-data={name}" for name in OF_THE_MACHINE]
    with step(f"导出到 {file}"):
        done = subprocess.run(
            [program, *FORM, *left_out, "-h", "127.0.0.1", "-p", str(up.postgres.port), "-U", OWNER, DATABASE],
            capture_output=True, text=True, env={**os.environ, "PGPASSWORD": up.postgres.facts[OWNER]},
        )  # fmt: skip
        if done.returncode:
            raise Trouble(f"导不出来：{reason(done.stderr)}")
        # No time in the file: the same database twice is the same bytes.
        file.write_bytes(gzip.compress("".join(_readable(done.stdout)).encode(), 9, mtime=0))
        _pack(media, beside(file))
    return file.stat().st_size + beside(file).stat().st_size


def _pack(media: Path, file: Path) -> None:
    """Each picture once, and under which names it lies: a demo shows the same few again and again."""
    names, contents = {}, {}
    for picture in sorted(media.rglob("*")):
        path = picture.relative_to(media)
        if picture.is_file() and path.parts[0] != "unsent":
            content = picture.read_bytes()
            names[path.as_posix()] = digest = _sha256(content)
            contents[digest] = content
    parts = {"key": key().encode(), "names.json": json.dumps(names, indent=0).encode(), **contents}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pictures:
        for name, content in parts.items():
            pictures.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # of no time, as the dump


def _readable(script: str) -> Iterator[str]:
    for line in script.splitlines(keepends=True):
        if not line.startswith(UNREAD):
            yield line
