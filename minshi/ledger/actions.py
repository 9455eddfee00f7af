"""The only code that moves money in the books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.audit.actors import acting
from minshi.ledger.models import Account, Entry, Posting
from minshi.ledger.rules import digest, obstacles
from minshi.refusals import Refused, refuse_if, sentence_of


def open_account(key: str, kind: str, title: str, *, may_be_negative: bool = False, place_path: str = "") -> Account:
    """The account of this key, opened if it is new. ``title`` is public: mask it first.

    Not an action of its own: whoever acts goes on acting.
    """
    account, _is_new = Account.objects.get_or_create(
        key=key,
        defaults={"kind": kind, "title": title, "may_be_negative": may_be_negative, "place_path": place_path},
    )
    if (account.kind, account.may_be_negative) != (kind, may_be_negative):
        raise Refused(_("账户 %s 已按另一种类别开立。") % key)
    return account


def post(
    *,
    key: str,
    kind: str,
    postings: Sequence[tuple[Account | str, int]],
    memo: str,
    by: User | None,
    confirmed_by: User | None = None,
    voucher: str = "",
    subject: models.Model | None = None,
) -> Entry:
    """Move money between accounts, in fen: positive comes in, negative goes out; they sum to zero.

    The same key with the same parameters returns the entry that is there already. ``memo`` is
    public: mask it first. Locks the accounts in the order of their ids until the transaction ends;
    several entries in one transaction must come in one order everywhere, or two of them may deadlock.

    A higher app's trigger on postings may refuse with ERRCODE check_violation and a CONSTRAINT whose sentence
    that app has given to ``guarded``: it is raised as ``Refused``.
    """
    entry = Entry(key=key, kind=kind, memo=memo, voucher=voucher, by=by, confirmed_by=confirmed_by)
    if subject is not None:
        entry.subject_type, entry.subject_id = subject._meta.label_lower, subject.pk
    return _record(entry, _movements(postings))


def reverse(entry: Entry, *, by: User | None, reason: str, key: str, confirmed_by: User | None = None) -> Entry:
    """Undo an entry by its exact opposite: same kind, same subject, ``reason`` as its public memo."""
    opposite = Entry(
        key=key,
        kind=entry.kind,
        memo=reason,
        by=by,
        confirmed_by=confirmed_by,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        reverses=entry,
    )
    postings = entry.postings.select_related("account")
    return _record(opposite, {line.account.key: -line.amount_fen for line in postings})


def _movements(postings: Sequence[tuple[Account | str, int]]) -> dict[str, int]:
    movements: dict[str, int] = {}
    for account, fen in postings:
        if type(fen) is not int:
            raise TypeError(f"fen are whole numbers, not {fen!r}")
        key = account.key if isinstance(account, Account) else account
        if key in movements:
            raise Refused(_("一笔分录里，同一个账户只能出现一次。"))
        movements[key] = fen
    return movements


def _record(entry: Entry, movements: dict[str, int]) -> Entry:
    """What lifecycle.action does for the apps above: all of it or nothing, and known who acts: who signs last."""
    with transaction.atomic(), acting(entry.confirmed_by or entry.by):
        accounts = _lock(movements)
        entry.digest = digest(entry, movements)
        # Looked up under the lock: a twin running at the same time has finished by now.
        if earlier := Entry.objects.filter(key=entry.key).first():
            return _same(earlier, entry)
        refuse_if([*_against_reversing(entry), *obstacles(entry, movements, accounts)])
        try:
            with transaction.atomic():
                _write(entry, movements, accounts)
        except IntegrityError as error:
            # A twin with other accounts did not wait for our locks.
            if earlier := Entry.objects.filter(key=entry.key).first():
                return _same(earlier, entry)
            if sentence := sentence_of(error):
                raise Refused(sentence) from error
            raise
        return entry


def _lock(movements: dict[str, int]) -> dict[str, Account]:
    locked = Account.objects.select_for_update(no_key=True).filter(key__in=movements).order_by("pk")
    return {account.key: account for account in locked}


def _same(earlier: Entry, entry: Entry) -> Entry:
    if earlier.digest != entry.digest:
        raise Refused(_("编号 %s 已经记过另一笔账，不能重复使用。") % entry.key)
    return earlier


def _against_reversing(entry: Entry) -> Iterator[str]:
    if entry.reverses is None:
        return
    if entry.reverses.reverses_id is not None:
        yield _("冲正分录不能再冲正，请另记一笔。")
    if Entry.objects.filter(reverses=entry.reverses).exists():
        yield _("这笔分录已经冲正过了。")


def _write(entry: Entry, movements: dict[str, int], accounts: dict[str, Account]) -> None:
    entry.save(force_insert=True)
    Posting.objects.bulk_create(
        Posting(entry=entry, account=accounts[key], amount_fen=fen) for key, fen in movements.items()
    )
    # Only our own constraint, and back again: the caller may still be in the middle of its work.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ledger_entry_is_balanced, ledger_posting_is_balanced IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ledger_entry_is_balanced, ledger_posting_is_balanced DEFERRED")
