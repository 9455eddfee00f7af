"""Long lists: PostgreSQL takes 65,535 parameters of one statement, and a district has more doors.

More than ``MANY`` values after ``__in`` are one parameter, an array; rows are written so many at a time.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import features, operations
from django.db.models import Field, ForeignObject, lookups
from django.db.models.expressions import ColPairs
from django.db.models.fields import related_lookups

MANY = 500
MOST = 65_535


class Features(features.DatabaseFeatures):
    max_query_params = MOST


class Operations(operations.DatabaseOperations):
    def bulk_batch_size(self, fields: Any, objs: Any) -> int:
        return MOST // len(fields) if fields else len(objs)


class _OneParameter:
    lhs: Any
    rhs: Any

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lookup: Any = self
        if not lookup.rhs_is_direct_value() or isinstance(self.lhs, ColPairs):
            return lookup.as_sql(compiler, connection)  # type: ignore[no-any-return]
        values = list(dict.fromkeys(value for value in self.rhs if value is not None))
        if len(values) <= MANY:
            return lookup.as_sql(compiler, connection)  # type: ignore[no-any-return]
        if any(hasattr(value, "as_sql") for value in values):
            return lookup.as_sql(compiler, connection)  # type: ignore[no-any-return]
        _placeholders, params = lookup.get_db_prep_lookup(values, connection)
        column, column_params = lookup.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*column_params, list(params)]


class In(_OneParameter, lookups.In):
    pass


class RelatedIn(_OneParameter, related_lookups.RelatedIn):
    pass


def register() -> None:
    Field.register_lookup(In)
    ForeignObject.register_lookup(RelatedIn)
