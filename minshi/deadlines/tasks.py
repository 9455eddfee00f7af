"""Celery's usual path to the sweeper."""

from celery import shared_task

from minshi.deadlines import actions
from minshi.deadlines.watch import ClockWatch, since_boot

_watch = ClockWatch()


@shared_task
def sweep_due() -> int:
    """Looks at the clock first: the sweeper process may only notice a jump after this has fired."""
    if _watch.is_a_jump(actions.raw_clock(), since_boot()):
        actions.stop("clock jumped")
    return actions.sweep()
