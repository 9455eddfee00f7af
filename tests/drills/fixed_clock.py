"""The platform as in production: nobody moves the clock, and after a boot somebody outside has to agree with it."""

from minshi.settings import *  # noqa: F403

CLOCK_MOVABLE = False
