"""Proves the books from the postings alone. Every finding has a code and names its row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext_lazy as _


class Finding(NamedTuple):
    code: str
    what: str


QUESTIONS = {
    "L001": (
        _("分录 {0} 不平，差 {1} 分"),
        "SELECT entry_id, sum(amount_fen) FROM ledger_posting GROUP BY entry_id HAVING sum(amount_fen) <> 0",
    ),
    "L002": (
        _("分录 {0} 只有 {1} 笔记账"),
        "SELECT e.id, count(p.id) FROM ledger_entry e LEFT JOIN ledger_posting p ON p.entry_id = e.id"
        " GROUP BY e.id HAVING count(p.id) < 2",
    ),
    "L003": (
        _("账户 {0} 的余额是 {1} 分，按记账应为 {2} 分"),
        "SELECT a.key, a.balance_fen, coalesce(sum(p.amount_fen), 0) FROM ledger_account a"
        " LEFT JOIN ledger_posting p ON p.account_id = a.id"
        " GROUP BY a.id HAVING a.balance_fen <> coalesce(sum(p.amount_fen), 0)",
    ),
    "L004": (
        _("账户 {0} 透支，余额 {1} 分"),
        "SELECT key, balance_fen FROM ledger_account WHERE balance_fen < 0 AND NOT may_be_negative",
    ),
    "L005": (
        _("分录 {0} 没有恰好冲掉分录 {1}"),
        "SELECT DISTINCT e.id, e.reverses_id FROM ledger_entry e"
        " JOIN ledger_posting p ON p.entry_id IN (e.id, e.reverses_id)"
        " WHERE e.reverses_id IS NOT NULL GROUP BY e.id, p.account_id HAVING sum(p.amount_fen) <> 0",
    ),
    "L006": (
        _("分录 {0} 冲正的 {1} 本身就是冲正"),
        "SELECT e.id, o.id FROM ledger_entry e JOIN ledger_entry o ON o.id = e.reverses_id"
        " WHERE o.reverses_id IS NOT NULL",
    ),
    "L007": (
        _("分录 {0} 的经办人和复核人是同一个人"),
        "SELECT id FROM ledger_entry WHERE by_id = confirmed_by_id",
    ),
    "L009": (
        _("{0} 上的保护 {1} 不在或被停用"),
        "SELECT t.relation, t.guard FROM (VALUES"
        " ('ledger_account', 'guard_account'), ('ledger_entry', 'stamp_entry'),"
        " ('ledger_entry', 'append_only'), ('ledger_entry', 'ledger_entry_is_balanced'),"
        " ('ledger_posting', 'append_only'), ('ledger_posting', 'move_balances'),"
        " ('ledger_posting', 'ledger_posting_is_balanced')) AS t (relation, guard)"
        " WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.relation::regclass"
        " AND g.tgname = t.guard AND g.tgenabled IN ('O', 'A'))",
    ),
}


def findings() -> Iterator[Finding]:
    """What is wrong with the books; nothing when they are right. Reads every row."""
    with connection.cursor() as cursor:
        for code, (sentence, question) in QUESTIONS.items():
            cursor.execute(question)
            yield from (Finding(code, sentence.format(*row)) for row in cursor.fetchall())
    yield from _edited_entries()


# The twin of rules.digest: the same letters, so that a million entries are read where they lie. Of each text JSON as
# json.dumps writes it, keys in their order, the postings by the code points of their accounts.
EDITED = """
SELECT entry.id FROM ledger_entry AS entry CROSS JOIN LATERAL (
    SELECT coalesce(string_agg(
        '[' || to_json(account.key::text) || ', ' || line.amount_fen || ']', ', ' ORDER BY account.key COLLATE "C"
    ), '') AS said
    FROM ledger_posting AS line JOIN ledger_account AS account ON account.id = line.account_id
    WHERE line.entry_id = entry.id
) AS postings
WHERE entry.id > %(after)s AND entry.id <= %(upto)s AND entry.digest IS DISTINCT FROM encode(sha256(convert_to(
    '{"by": ' || coalesce(entry.by_id::text, 'null')
    || ', "confirmed_by": ' || coalesce(entry.confirmed_by_id::text, 'null')
    || ', "kind": ' || to_json(entry.kind::text)
    || ', "memo": ' || to_json(entry.memo::text)
    || ', "postings": [' || postings.said
    || '], "reverses": ' || coalesce(entry.reverses_id::text, 'null')
    || ', "subject": [' || to_json(entry.subject_type::text) || ', ' || coalesce(entry.subject_id::text, 'null')
    || '], "voucher": ' || to_json(entry.voucher::text) || '}', 'UTF8')), 'hex')
ORDER BY entry.id
"""
AT_ONCE = 50_000
"""Keys of entries that one statement looks at, so that none holds its snapshot for minutes."""


def _edited_entries() -> Iterator[Finding]:
    """What was decided about an entry is in its digest: an edit behind the triggers shows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(min(id), 1) - 1, coalesce(max(id), 0) FROM ledger_entry")
        first, last = cursor.fetchone()
        for after in range(first, last, AT_ONCE):
            cursor.execute(EDITED, {"after": after, "upto": after + AT_ONCE})
            for (entry,) in cursor.fetchall():
                yield Finding("L008", _("分录 %(entry)d 与记账时不一致") % {"entry": entry})
