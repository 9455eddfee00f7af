"""One time for everybody: ``minshi_now()`` in the database, movable as a whole in tests and in the replay."""

from minshi.clock.time import CHINA, Instant, Now, as_owner, midnight, move, now, reset, set_to, setter, today

__all__ = ["CHINA", "Instant", "Now", "as_owner", "midnight", "move", "now", "reset", "set_to", "setter", "today"]
