"""Does everything still say what was written? Recomputed here, with nothing but the server's core functions.

None of the platform's own SQL functions is trusted: whoever can change a row behind the application's
back can change those too. Each question is a generator of faults; no fault, no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import connection, transaction

from minshi.audit.tracking import Tracked, attached, tracked
from minshi.guards.release import working_role


class Fault(NamedTuple):
    """``where`` names a row, ``detail`` its columns; neither ever holds a value."""

    code: str
    where: str
    detail: str = ""


# The canonical text of a link and its event: the twin of what audit_seal() hashes.
LINKS = """
SELECT l.seq, l.event_id, l.hash, e.id IS NOT NULL, jsonb_build_array(
    l.seq, to_char(l.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), l.horizon, l.cluster,
    e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), e.xid, e.actor,
    e.origin, e.db_user, e.op, e.table_name, e.row_pk, e.before, e.after
)::text
FROM public.audit_link l LEFT JOIN public.audit_event e ON e.id = l.event_id
WHERE l.seq > %(after)s AND l.seq <= %(upto)s ORDER BY l.seq
"""
AT_ONCE = 5000
"""Links that one statement reads, of a chain that is longer than memory."""

UNSEALED = """
SELECT e.id FROM public.audit_event e,
    (SELECT horizon, cluster FROM public.audit_link ORDER BY seq DESC LIMIT 1) last
WHERE e.xid < last.horizon AND last.cluster = (SELECT system_identifier FROM pg_control_system())
    AND NOT EXISTS (SELECT FROM public.audit_link l WHERE l.event_id = e.id)
ORDER BY e.id
"""

ROOTS = """
WITH link AS (SELECT *, (sealed_at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM public.audit_link)
SELECT CASE WHEN r.day IS NULL THEN 'root-missing' ELSE 'root-edited' END, coalesce(r.day, d.day)
FROM (SELECT day FROM link WHERE day < (SELECT day FROM link ORDER BY seq DESC LIMIT 1) GROUP BY day) d
FULL JOIN public.audit_dayroot r ON r.day = d.day
LEFT JOIN link l ON l.seq = r.seq AND l.hash = r.hash AND l.day = r.day
WHERE r.day IS NULL OR l.seq IS NULL ORDER BY 2
"""

CLEAR_VALUES = """
SELECT c.event_id, c.field FROM public.audit_clear c LEFT JOIN public.audit_event e ON e.id = c.event_id
WHERE e.id IS NULL
    OR 'sha256:' || encode(sha256(convert_to(c.salt || c.old, 'UTF8')), 'hex') <> coalesce(e.before ->> c.field, '')
    OR 'sha256:' || encode(sha256(convert_to(c.salt || c.new, 'UTF8')), 'hex') <> coalesce(e.after ->> c.field, '')
ORDER BY 1, 2
"""

# What the events say each row looks like now, against the row. Columns that no event mentions were added
# later; populating the row's own type makes equal what sessions with other time zones wrote differently.
# One branch for rows with a single event, most of them; no join between the two, which the planner misjudges.
ROWS = """
WITH event AS (
    SELECT id, op, row_pk, after, count(*) OVER (PARTITION BY row_pk) AS events
    FROM public.audit_event WHERE table_name = %(table)s AND op <> 'E'
), said AS (
    SELECT row_pk, op, id, after AS image, NULL::jsonb AS source FROM event WHERE events = 1
    UNION ALL
    SELECT e.row_pk, (array_agg(e.op ORDER BY e.id DESC))[1], NULL,
        jsonb_object_agg(k.key, k.value ORDER BY e.id) FILTER (WHERE k.key IS NOT NULL),
        jsonb_object_agg(k.key, e.id ORDER BY e.id) FILTER (WHERE k.key IS NOT NULL)
    FROM event e LEFT JOIN LATERAL jsonb_each(e.after) k ON true WHERE events > 1 GROUP BY e.row_pk
), compared AS (
    SELECT coalesce(said.row_pk, r.{key}::text) AS row_pk, said.op, r.{key} IS NOT NULL AS is_there,
        to_jsonb(r) AS row, to_jsonb(jsonb_populate_record(r, said.image - %(hidden)s::text[])) AS image,
        said.image AS digests, said.id, said.source
    FROM said FULL JOIN public.{table} r ON r.{key}::text = said.row_pk
), judged AS (
    SELECT *, ARRAY(
        SELECT key FROM jsonb_each(row) WHERE row <> image AND value IS DISTINCT FROM image -> key
        UNION
        SELECT f FROM unnest(%(hidden)s::text[]) f
        LEFT JOIN public.audit_clear c ON c.event_id = coalesce(id, (source ->> f)::bigint) AND c.field = f
        WHERE digests ? f AND ((row ->> f IS NULL) <> (digests ->> f IS NULL)
            OR 'sha256:' || encode(sha256(convert_to(c.salt || (row ->> f), 'UTF8')), 'hex') <> digests ->> f
            -- Written down in clear, before the column held anything personal.
            OR left(digests ->> f, 7) <> 'sha256:' AND digests ->> f <> row ->> f)
        ORDER BY 1
    ) AS wrong FROM compared
)
SELECT CASE WHEN NOT is_there THEN 'row-missing' WHEN op IS NULL OR op = 'D' THEN 'row-added' ELSE 'row-edited' END,
    row_pk, array_to_string(wrong, ',')
FROM judged
WHERE CASE WHEN NOT is_there THEN op <> 'D' ELSE op IS NULL OR op = 'D' OR cardinality(wrong) > 0 END
ORDER BY length(row_pk), row_pk
"""


# Whoever owns the tables may write into them and be recorded like everybody; only a migration has a reason to.
STRANGERS = """
SELECT e.id, e.db_user FROM public.audit_event e
WHERE e.db_user <> %(application)s AND NOT EXISTS (
    SELECT FROM public.audit_deployment d WHERE e.id > d.after_event AND e.id <= d.last_event
) ORDER BY e.id
"""


def faults() -> Iterator[Fault]:
    """All that is wrong. Reads the whole chain: a nightly command, not a page.

    What is compared is compared as of one moment, each table with its events; not all of it together, for a snapshot
    of an hour keeps the database from tidying up behind everybody. The chain only grows and is read piece by piece.
    """
    yield from broken_links()
    questions: list[Callable[[], Iterator[Fault]]]
    questions = [unsealed_events, wrong_roots, wrong_clear_values, missing_triggers, strangers]
    questions += [partial(wrong_rows, entry) for entry in tracked()]
    for question in questions:
        with one_snapshot():
            yield from question()


@contextmanager
def one_snapshot() -> Iterator[None]:
    """What is compared as of one moment, however long the reading takes."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL jit = off")  # a compilation per table took longer than most tables
        yield


def broken_links() -> Iterator[Fault]:
    """Walk the chain. A link that does not fit is judged when the next one shows which hash it stands on."""
    previous, awaited, doubt = b"", 1, None
    for seq, event_id, stored, is_there, text in _links():
        stored, content = bytes(stored), text.encode()
        computed = sha256(previous + content).digest()
        if seq != awaited:
            yield from _judged(doubt)
            yield Fault("link-missing", f"audit_link {awaited}", f"–{seq - 1}")
            doubt, computed = None, stored  # what it stood on is gone: trusted, and the walk goes on
        elif doubt and computed != stored and sha256(doubt.computed + content).digest() == stored:
            yield Fault("link-edited", f"audit_link {doubt.seq}")
            doubt, computed = None, stored
        else:
            yield from _judged(doubt)
            doubt = None
        if not is_there:
            yield Fault("event-missing", f"audit_event {event_id}")
        elif computed != stored:
            doubt = _Doubt(seq, event_id, computed)
        previous, awaited = stored, seq + 1
    yield from _judged(doubt)


def _links() -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(seq), 0) FROM public.audit_link")
        last = cursor.fetchone()[0]
    for after in range(0, last, AT_ONCE):
        with one_snapshot():
            yield from list(_rows(LINKS, {"after": after, "upto": after + AT_ONCE}))


class _Doubt(NamedTuple):
    seq: int
    event_id: int
    computed: bytes


def _judged(doubt: _Doubt | None) -> Iterator[Fault]:
    if doubt:
        yield Fault("event-edited", f"audit_event {doubt.event_id}", f"audit_link {doubt.seq}")


def unsealed_events() -> Iterator[Fault]:
    """Events put in behind the sealer's back, among transactions that it has long passed."""
    for (event_id,) in _rows(UNSEALED):
        yield Fault("event-added", f"audit_event {event_id}")


def wrong_roots() -> Iterator[Fault]:
    for code, day in _rows(ROOTS):
        yield Fault(code, f"audit_dayroot {day}")


def wrong_clear_values() -> Iterator[Fault]:
    for event_id, field in _rows(CLEAR_VALUES):
        yield Fault("clear-edited", f"audit_clear {event_id}", field)


def missing_triggers() -> Iterator[Fault]:
    """Tables whose changes are not being recorded."""
    with connection.cursor() as cursor:
        present = attached(cursor)
    for entry in tracked():
        if present.get(entry.table) != entry.arguments:
            yield Fault("trigger-off", entry.table)


def strangers() -> Iterator[Fault]:
    """Events of another database role than the one that works here, written outside of a deployment."""
    with connection.cursor() as cursor:
        role = working_role(cursor)
    if role:
        for event_id, db_user in _rows(STRANGERS, {"application": role}):
            yield Fault("event-by-another", f"audit_event {event_id}", db_user)


def wrong_rows(entry: Tracked) -> Iterator[Fault]:
    """Rows of this table that are not what their events say: changed where no trigger saw it."""
    quote = connection.ops.quote_name
    query = ROWS.format(table=quote(entry.table), key=quote(entry.key))
    for code, row_pk, columns in _rows(query, {"table": entry.table, "hidden": list(entry.hidden)}):
        yield Fault(code, f"{entry.table} {row_pk}", columns)


def _rows(query: str, params: dict[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
    """Streamed: the chain is longer than memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, params)
        while rows := cursor.fetchmany(2000):
            yield from rows


def holds_root(text: str) -> bool:
    """Is this root, as printed on some sheet, a link of the chain?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM public.audit_link WHERE hash = decode(%s, 'hex'))", [text])
        return bool(cursor.fetchone()[0])
