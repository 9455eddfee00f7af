"""Every address the resolver knows, and what it answers to whom. No list here is written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse, SimpleCookie
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

SIGN_IN, ONWARD, SHOWN = "sent to sign in", "sent on", "shown"
REFUSED, HIDDEN, NOT_TAKEN, CORRECTED = "refused", "hidden", "not taken", "to be corrected"
WORDS = {200: SHOWN, 403: REFUSED, 404: HIDDEN, 405: NOT_TAKEN, 409: CORRECTED, 422: CORRECTED, 302: ONWARD, 304: SHOWN}
DOORS = ("/signin/", "/staff/signin/", "/admin/login/")

RUBBISH = (
    "\x00", "-1", "99999999999999999999999", "1e3", "٣", "\u202eabc", "<script>alert(1)</script>", "=1+1", "'\"--",
    "💡" * 300, "2026-02-30", "../../etc/passwd",
)  # fmt: skip
"""What forms get that no person means: NUL, numbers nobody can store, letters that turn the line around."""


def addresses(resolver: URLResolver | None = None, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(name with namespaces, pattern) of every address; those without a name have an empty last part."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, (*spaces, entry.namespace) if entry.namespace else spaces)
        else:
            yield ":".join([*spaces, entry.name or ""]), str(entry.pattern)


@dataclass(frozen=True)
class Answer:
    """What came back, and which tables were written to on the way."""

    response: HttpResponse
    written: tuple[str, ...]
    text: str

    @property
    def word(self) -> str:
        if self.response.status_code == 302 and self.response["Location"].partition("?")[0] in DOORS:
            return SIGN_IN
        return WORDS.get(self.response.status_code, str(self.response.status_code))

    @property
    def is_broken(self) -> bool:
        return self.response.status_code >= 500

    @property
    def trouble(self) -> str:
        exc_info = getattr(self.response, "exc_info", None)
        return f"{exc_info[0].__name__}: {exc_info[1]}" if exc_info else ""


class Browser:
    """One person's session; every request begins with the same cookie and leaves nothing behind."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.client.raise_request_exception = False
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def ask(self, method: str, path: str, body: Any = None, *, watched: bool = False) -> Answer:
        """Whatever the answer wrote is undone; what that was is known if ``watched``."""
        self.client.cookies = SimpleCookie(self.cookies)
        with undone():
            before = row_changes() if watched else {}
            if method == "POST":
                response = self.client.post(path, {"csrfmiddlewaretoken": "t", **(body or {})})
            else:
                response = self.client.get(path, body)
            text = b"".join(response) if response.streaming else response.content
            touched = touched_since(before) if watched else []
            after = digests(touched)
        # Rows of an action that was undone are touched as well: only what is otherwise than before was written.
        written = tuple(table for table, digest in digests(touched).items() if digest != after[table])
        return Answer(response, written, text.decode(errors="replace"))

    def queries(self, path: str, body: Any = None) -> list[str]:
        """What looking at this address asks of the database, after a first look that filled what is kept."""
        self.client.get(path, body)
        with CaptureQueriesContext(connection) as asked:
            response = self.client.get(path, body)
            if response.streaming:
                b"".join(response)
        return [query["sql"] for query in asked]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


NOT_OURS = ("django_session", "accounts_user", "signin_securityevent", "signin_tally")
"""A session is touched by looking; signing in notes when; what somebody is refused is noted."""


def row_changes() -> dict[str, int]:
    """How many rows of each table were added, changed or removed by this connection of late."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return dict(cursor.fetchall())


def touched_since(before: dict[str, int]) -> list[str]:
    if connection.needs_rollback:
        return []
    return [name for name, rows in row_changes().items() if rows != before.get(name, 0) and name not in NOT_OURS]


def digests(tables: Iterable[str]) -> dict[str, tuple[int, int]]:
    """What stands in each of these tables, in two numbers."""
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f'SELECT count(*), coalesce(sum(hashtext(t::text)::bigint), 0) FROM "{table}" t')
            found[table] = cursor.fetchone()
        return found


FIELD = re.compile(r"<(?:input|select|textarea|button)\b[^>]*\bname=\"([^\"]+)\"")


def fields_of(page: str) -> list[str]:
    return sorted(set(FIELD.findall(page)) - {"csrfmiddlewaretoken"})


def rubbish(fields: Sequence[str], shift: int = 0) -> dict[str, str]:
    """Something nobody means in every field; another ``shift``, other rubbish."""
    return {name: RUBBISH[(index + shift) % len(RUBBISH)] for index, name in enumerate(fields)}
