"""Who a session belongs to."""

from __future__ import annotations

from functools import lru_cache

from django.contrib.auth.backends import ModelBackend
from django.db import connection

from minshi.accounts.models import User


@lru_cache(maxsize=1)
def _statement() -> tuple[list[str], str]:
    fields = User._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return [field.attname for field in fields], f'SELECT {columns} FROM "{User._meta.db_table}" WHERE id = %s'


class AccountBackend(ModelBackend):
    """Django's own, with the one statement that every request of a signed-in person makes written out.

    Composing it anew each time was a fifth of all that a vote costs.
    """

    def get_user(self, user_id: int) -> User | None:
        names, statement = _statement()
        with connection.cursor() as cursor:
            cursor.execute(statement, [user_id])
            row = cursor.fetchone()
        user = User.from_db(connection.alias, names, row) if row else None
        return user if user is not None and self.user_can_authenticate(user) else None
