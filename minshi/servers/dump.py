"""The demo's database as one file of plain SQL that PostgreSQL 15 to 18 read, for upgrades to be tried on."""

from __future__ import annotations

import gzip
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from minshi.servers.databases import Databases
from minshi.servers.postgres import DATABASE
from minshi.servers.progress import Trouble, reason, step

# Rights come with the guards; inserts, since a COPY needs psql; sessions are nobody's any more.
FORM = (
    "--no-owner", "--no-privileges", "--no-comments", "--no-publications", "--no-subscriptions",
    "--inserts", "--rows-per-insert=200", "--exclude-table-data=django_session",
)  # fmt: skip
OWNER = "minshi_owner"
# Words of newer or of psql's own: an older server and a plain connection stumble over them.
UNREAD = ("\\", "SET transaction_timeout", "SELECT pg_catalog.set_config('search_path'")


def write(up: Databases, file: Path) -> int:
    """Dump the database of ``up`` into ``file`` (gzip); returns its size in bytes."""
    if up.postgres is None:
        raise Trouble("只导出 run.py 自己的 PostgreSQL；先去掉 DATABASE_URL")
    program = up.postgres.binaries / "pg_dump"
    with step(f"导出到 {file}"):
        done = subprocess.run(
            [program, *FORM, "-h", "127.0.0.1", "-p", str(up.postgres.port), "-U", OWNER, DATABASE],
            capture_output=True, text=True, env={**os.environ, "PGPASSWORD": up.postgres.facts[OWNER]},
        )  # fmt: skip
        if done.returncode:
            raise Trouble(f"导不出来：{reason(done.stderr)}")
        # No time in the file: the same database twice is the same bytes.
        file.write_bytes(gzip.compress("".join(_readable(done.stdout)).encode(), 9, mtime=0))
    return file.stat().st_size


def _readable(script: str) -> Iterator[str]:
    for line in script.splitlines(keepends=True):
        if not line.startswith(UNREAD):
            yield line
