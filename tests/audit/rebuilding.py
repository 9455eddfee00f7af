"""What somebody with every right would do so that the chain fits again, and a changed row with it."""

from __future__ import annotations

from hashlib import sha256

from minshi.audit.chain import LINKS
from tests.audit.conftest import Connection

CHAIN = ("audit_event", "audit_link", "audit_dayroot")


def unguarded(owner: Connection, *tables: str) -> None:
    for table in tables or CHAIN:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]


def guarded(owner: Connection, *tables: str) -> None:
    for table in tables or CHAIN:
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")  # type: ignore[arg-type]


def rebuild(owner: Connection) -> None:
    """Every hash anew, and the days' roots with them. The links are those that are there, numbered in a row."""
    owner.execute(
        "UPDATE audit_link SET seq = -n "
        "FROM (SELECT seq AS old, row_number() OVER (ORDER BY seq) AS n FROM audit_link) o WHERE seq = old"
    )
    owner.execute("UPDATE audit_link SET seq = -seq")
    previous = b""
    for seq, _event, _hash, _there, text in owner.execute(LINKS, {"after": 0, "upto": 10**9}).fetchall():
        previous = sha256(previous + text.encode()).digest()
        owner.execute("UPDATE audit_link SET hash = %s WHERE seq = %s", [previous, seq])
    owner.execute(
        "UPDATE audit_dayroot r SET seq = l.seq, hash = l.hash FROM audit_link l WHERE l.seq = "
        "(SELECT max(seq) FROM audit_link WHERE (sealed_at AT TIME ZONE 'Asia/Shanghai')::date = r.day)"
    )
