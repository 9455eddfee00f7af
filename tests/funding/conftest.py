"""Raw SQL as the application role, and what it must answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

Raw = Callable[..., None]


@pytest.fixture
def refused_sql(db: None) -> Raw:
    """Run a statement, with deferred checks made at once; the database must refuse it with this word."""

    def refused_sql(word: str, sql: str, *params: object) -> None:
        with pytest.raises(DatabaseError, match=word), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    return refused_sql


@pytest.fixture
def whole(db: None) -> Callable[[], None]:
    """What a commit would check."""

    def whole() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    return whole
