"""Running numbers under parallel posting: none twice, none left out; the naive way beside it collides."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from minshi.accounts.models import User
from minshi.disclosure.actions import _next_number, post
from minshi.disclosure.models import Notice
from minshi.territory.models import Territory
from tests.conftest import Clock

AT_ONCE = 8
EACH = 5


@pytest.mark.django_db(transaction=True)
def test_parallel_posts_are_numbered_without_gap_or_twin(monday: Clock, yard: Territory, clerk: User) -> None:
    barrier = Barrier(AT_ONCE)

    def work(worker: int) -> None:
        barrier.wait()
        for turn in range(EACH):
            try:
                with transaction.atomic():
                    post(kind="other", title=f"公告{worker}-{turn}", place=yard, body="正文", by=None)
                    if turn % 2:
                        raise ZeroDivisionError  # undone: its number must be given again
            except ZeroDivisionError:
                pass
        connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(work, range(AT_ONCE)))
    serials = sorted(int(number[-6:]) for number in Notice.objects.values_list("number", flat=True))
    assert serials == list(range(1, AT_ONCE * (EACH - EACH // 2) + 1))


@pytest.mark.django_db(transaction=True)
def test_reading_the_highest_number_first_gives_it_twice(db: None) -> None:
    """Why there is a counter row: max() + 1 is what two who post at once both read."""
    barrier = Barrier(AT_ONCE)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO disclosure_series (organisation, month, last) VALUES ('686175779', '202611', 0)")

    def naive(worker: int) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT last FROM disclosure_series")
            given: int = cursor.fetchone()[0] + 1
            barrier.wait()
            cursor.execute("UPDATE disclosure_series SET last = %s", [given])
        connection.close()
        return given

    def counted(worker: int) -> str:
        with transaction.atomic():
            number = _next_number("686175779", "202612")
        connection.close()
        return number

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert len(set(pool.map(naive, range(AT_ONCE)))) < AT_ONCE
        assert len(set(pool.map(counted, range(AT_ONCE)))) == AT_ONCE
