"""Two people at once, in an order that the test decides: one holds something, the other comes and waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection

PATIENCE_SECONDS = 20


def meanwhile(work: Callable[[], Any]) -> Future[Any]:
    """Begin ``work`` on a connection of its own; returns when it waits for somebody's lock, or has ended."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    threads = ThreadPoolExecutor(1)
    future = threads.submit(run)
    threads.shutdown(wait=False)
    end = time.monotonic() + PATIENCE_SECONDS
    while not future.done() and not _somebody_waits() and time.monotonic() < end:
        time.sleep(0.01)
    return future


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
