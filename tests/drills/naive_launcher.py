"""run.py as it was: whoever died three times in a minute ends everything, and nobody listens for a sign of life.

python tests/drills/naive_launcher.py killed|silent ARGUMENTS OF run.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import run
from minshi.servers.children import Child, Family
from minshi.servers.progress import Trouble

starts: dict[str, list[float]] = {}


def mind(self: Family) -> None:
    for child in self.children:
        if child.is_alive:
            continue
        recent = starts.setdefault(child.name, [])
        recent.append(time.monotonic())
        if len([moment for moment in recent if moment > time.monotonic() - 60]) >= 3:
            raise Trouble(f"{child.name} 反复退出")
        child.start()


if sys.argv[1] == "killed":
    Family.mind = mind  # type: ignore[method-assign]
else:
    Child.is_silent = False  # type: ignore[assignment, method-assign]
sys.exit(run.main(sys.argv[2:]))
