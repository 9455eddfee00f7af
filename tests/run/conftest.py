"""A directory for servers of one's own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from minshi.servers import ground


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory that the servers' account can enter (pytest's own are closed to it)."""
    path = Path(tempfile.mkdtemp(prefix="minshi-"))
    path.chmod(0o755)
    monkeypatch.setenv("MINSHI_VAR", str(path))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "MINSHI_SERVERS"):
        monkeypatch.delenv(name, raising=False)
    yield ground.var()
    shutil.rmtree(path)
