"""Keeping a form's files until it is taken, giving them back, forgetting them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import QuerySet

from minshi.accounts.models import User
from minshi.clock import Now
from minshi.policy import selectors as policy
from minshi.unsent.models import UnsentFile

MOST_OF_A_FORM = 8
MOST_OF_A_PERSON = 24
MOST_BYTES = 15 * 1024 * 1024


def keep(user: User, path: str, files: Iterable[tuple[str, UploadedFile, UUID]]) -> int:
    """Keep what came with a form that is shown again; returns how many. What is too large or too much is left out."""
    kept = 0
    room = MOST_OF_A_PERSON - UnsentFile.objects.filter(user=user).count()
    for field, upload, token in list(files)[: min(MOST_OF_A_FORM, max(room, 0))]:
        if upload.size is None or upload.size > MOST_BYTES or upload.closed:
            continue
        upload.seek(0)
        row = UnsentFile(token=token, user=user, path=path[:300], field=field[:80], name=(upload.name or "")[-120:])
        row.file.save(token.hex, ContentFile(upload.read()), save=True)
        kept += 1
    return kept


def of_form(user: User, path: str) -> QuerySet[UnsentFile]:
    return UnsentFile.objects.filter(user=user, path=path[:300]).order_by("pk")


def chosen(user: User, path: str, tokens: Iterable[str]) -> list[UnsentFile]:
    """Of the files kept for this form those that its author still wants; whatever is no token of theirs is nothing."""
    wanted = {token for token in map(token_of, tokens) if token}
    return [row for row in of_form(user, path) if row.token in wanted]


def as_upload(row: UnsentFile) -> Any:
    """The file as if it had been sent now, for the form's field."""
    content = row.file.read()
    upload = InMemoryUploadedFile(BytesIO(content), row.field, row.name, None, len(content), None)
    upload.token = row.token  # type: ignore[attr-defined]
    return upload


def drop(rows: QuerySet[UnsentFile]) -> int:
    """Rows and files; the files once the rows are gone for good."""
    gone = list(rows)
    UnsentFile.objects.filter(pk__in=[row.pk for row in gone]).delete()
    for row in gone:
        transaction.on_commit(lambda file=row.file: file.delete(save=False))  # type: ignore[misc]
    return len(gone)


def forget() -> int:
    """What nobody came back for."""
    days = int(policy.value("drafts.days", None))
    return drop(UnsentFile.objects.filter(at__lt=Now() - timedelta(days=days)))


def token_of(text: str) -> UUID | None:
    """What an address or a form names; whatever is no token is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
