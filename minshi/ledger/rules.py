"""What stands in the way of an entry, as sentences; the database refuses the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from minshi.ledger.models import MEMO_LENGTH, VOUCHER_LENGTH, Account, Entry
from minshi.ledger.money import format_yuan


def obstacles(entry: Entry, movements: Mapping[str, int], accounts: Mapping[str, Account]) -> Iterator[str]:
    """Why these movements (account key → fen) cannot be posted. The accounts must be locked."""
    for key in movements.keys() - accounts.keys():
        yield _("账本里没有账户 %s。") % key
    if len(movements) < 2 or 0 in movements.values():
        yield _("一笔分录至少涉及两个账户，金额不能为零。")
    elif sum(movements.values()):
        yield _("分录不平：转出与转入的合计必须相等。")
    for words, longest in ((entry.memo, MEMO_LENGTH), (entry.voucher, VOUCHER_LENGTH)):
        if len(words) > longest:
            yield _("摘要或凭证太长：最多 %s 个字。") % longest
    if not entry.memo.strip():
        yield _("请写明摘要。")
    if entry.by_id is not None and entry.by_id == entry.confirmed_by_id:
        yield _("经办人和复核人必须是两个人。")
    for key, account in accounts.items():
        if account.balance_fen + movements[key] < 0 and not account.may_be_negative:
            yield _("余额不足：“%(title)s”现有 %(has)s 元，需要 %(needs)s 元。") % {
                "title": account.title,
                "has": format_yuan(account.balance_fen),
                "needs": format_yuan(-movements[key]),
            }


def digest(entry: Entry, movements: Mapping[str, int]) -> str:
    """One value for all that somebody decided about an entry; its key, time and id are not among it."""
    decided = {
        "kind": entry.kind,
        "memo": entry.memo,
        "voucher": entry.voucher,
        "subject": [entry.subject_type, entry.subject_id],
        "by": entry.by_id,
        "confirmed_by": entry.confirmed_by_id,
        "reverses": entry.reverses_id,
        "postings": sorted(movements.items()),
    }
    return hashlib.sha256(json.dumps(decided, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
