"""Taking a form's key, finding what it led to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet
from django.db import IntegrityError, transaction

from minshi.accounts.models import User
from minshi.once.models import SentForm


def claim(user: User, key: UUID, contents: bytes) -> tuple[SentForm, bool]:
    """The row of this person's form, and whether it is the first of it; else another's work is done, and this is it.

    In the caller's transaction. While another with the same key is at work, this waits: the unique key is taken.
    Raises ``OperationalError`` (lock timeout) where that takes too long.
    """
    row = SentForm(user=user, key=_named(key), contents=_mac(key, b"contents", contents))
    while True:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
            return row, True
        except IntegrityError:
            row.pk = None
        # Between the two the first may have been refused, and its key is free again.
        if earlier := SentForm.objects.filter(user=user, key=row.key).first():
            return earlier, False


def is_same(earlier: SentForm, key: UUID, contents: bytes) -> bool:
    return hmac.compare_digest(earlier.contents, _mac(key, b"contents", contents))


def keep(row: SentForm, key: UUID, answer: dict[str, Any]) -> None:
    """What the form led to, for whoever sends it again."""
    row.answer = _box(key).encrypt(json.dumps(answer).encode()).decode()
    row.save(update_fields=["answer"])


def answer_of(row: SentForm, key: UUID) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_box(key).decrypt(row.answer.encode()))
    return found


def key_of(text: str) -> UUID | None:
    """What a form calls its key; whatever our pages would not write is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _named(key: UUID) -> str:
    return hashlib.sha256(b"minshi.once:" + key.bytes).hexdigest()


def _mac(key: UUID, what: bytes, said: bytes) -> str:
    return hmac.new(key.bytes + what, said, hashlib.sha256).hexdigest()


def _box(key: UUID) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"minshi.once.answer:" + key.bytes).digest()))
