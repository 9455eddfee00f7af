"""Finding words in texts, in Chinese and among millions of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Func, Q
from django.db.models.expressions import RawSQL

FOUND_AT_MOST = 5000


class Bigrams(Func):
    """Every two neighbouring characters of a text: most Chinese words are that long, and no trigram finds them."""

    function = "bigrams"
    output_field = ArrayField(models.TextField())


TOGETHER = " || ' ' || "


class Together(Func):
    """Several columns, none of them NULL, as one text: one index for all, and no word goes from one into the next."""

    template = "(%(expressions)s)"
    arg_joiner = TOGETHER
    output_field = models.TextField()


FOUND = """
WITH found AS MATERIALIZED (
    SELECT {key} FROM {table}
    WHERE {within}bigrams({column}) @> bigrams(%s) AND strpos(lower({column}), lower(%s)) > 0
    ORDER BY {key} + 0 DESC LIMIT %s)
SELECT {key} FROM found
"""
"""Apart from the rest of the query, else the planner may walk every row of a place to find none."""


def having(model: type[models.Model], column: str, word: str, *, within: str = "") -> Q:
    """Rows of ``model`` with ``word`` (two characters or more) in a text column that has an index of its ``Bigrams``.

    Of a whole city the newest 5,000. ``within`` is the condition of that index where it is of some rows only.
    """
    found = FOUND.format(
        key=model._meta.pk.column,
        table=model._meta.db_table,
        column=column,
        within=f"{within} AND " if within else "",
    )
    return Q(pk__in=RawSQL(found, [word, word, FOUND_AT_MOST]))  # noqa: S611  (values are parameters)


MOST_NAMED = 1000

ONCE = """
SELECT array_agg({key}) FROM (
    SELECT {key} FROM {table} WHERE bigrams({column}) @> bigrams(%s) AND strpos(lower({column}), lower(%s)) > 0 LIMIT %s
) AS found
"""


def found(model: type[models.Model], column: str, word: str) -> Q:
    """Rows with ``word`` in their text; one query, which finds few by the index of ``Bigrams`` and names them.

    A word that more than a thousand have is common enough to be met soon by whoever walks the list.
    """
    keys = keys_of(model, (column,), word)
    return Q(**{f"{column}__icontains": word}) if keys is None else Q(pk__in=keys)


def keys_of(model: type[models.Model], columns: Sequence[str], word: str) -> list[int] | None:
    """Keys of the rows with ``word`` in one of their texts, by the index of their ``Bigrams`` (of all ``Together``).

    None where they are more than a thousand, or where a single character is in no index.
    """
    if len(word) < 2:
        return None
    told = columns[0] if len(columns) == 1 else f"({TOGETHER.join(columns)})"
    asked = ONCE.format(key=model._meta.pk.column, table=model._meta.db_table, column=told)
    with connection.cursor() as cursor:
        cursor.execute(asked, [word, word, MOST_NAMED + 1])
        keys = cursor.fetchone()[0] or []
    return keys if len(keys) <= MOST_NAMED else None


FEW = """coalesce({key} = ANY ((
    SELECT CASE WHEN count(*) <= {most} THEN coalesce(array_agg({column_key}), '{{}}') END FROM (
        SELECT {column_key} FROM {table}
        WHERE {within}bigrams({column}) @> bigrams(%s) AND strpos(lower({column}), lower(%s)) > 0 LIMIT {most} + 1
    ) AS found
)::bigint[]), strpos(lower({text}), lower(%s)) > 0)"""


class Holds(Func):
    """Whether a row has ``word`` in its text, for a list of few places that must miss none, however common the word.

    Where few rows of the city have it they are found once by the index of ``Bigrams``, and no other text is read;
    a common word is soon met by whoever walks the list. A single character is in no index, and is read for.
    """

    output_field = models.BooleanField()

    def __init__(self, model: type[models.Model], column: str, word: str, *, within: str = "") -> None:
        super().__init__(F("pk"), F(column))
        self.model, self.column, self.word, self.within = model, column, word, within

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        key, text = (compiler.compile(each)[0] for each in self.get_source_expressions())
        if len(self.word) < 2:
            return f"strpos(lower({text}), lower(%s)) > 0", [self.word]
        asked = FEW.format(
            key=key,
            text=text,
            column_key=self.model._meta.pk.column,
            column=self.column,
            table=self.model._meta.db_table,
            within=f"{self.within} AND " if self.within else "",
            most=FOUND_AT_MOST,
        )
        return asked, [self.word] * 3
