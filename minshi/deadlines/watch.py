"""A jump of the wall clock is noticed by holding it against the monotonic one."""

from __future__ import annotations

import time
from dataclasses import dataclass

TOLERANCE_SECONDS = 300


def since_boot() -> float:
    """Seconds that no clock setting touches; unlike the monotonic clock they go on while a laptop sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass
class ClockWatch:
    """Feed it the wall clock; it says by how many seconds that jumped since the last look."""

    last_wall: float | None = None
    last_monotonic: float = 0.0

    def jump(self, wall: float, monotonic: float | None = None) -> float:
        monotonic = time.monotonic() if monotonic is None else monotonic
        before, since = self.last_wall, monotonic - self.last_monotonic
        self.last_wall, self.last_monotonic = wall, monotonic
        return 0.0 if before is None else wall - before - since

    def is_a_jump(self, wall: float, monotonic: float | None = None) -> bool:
        return abs(self.jump(wall, monotonic)) > TOLERANCE_SECONDS
