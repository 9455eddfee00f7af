"""Keeping a form's files until it is taken, giving them back, forgetting them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import QuerySet

from minshi.accounts.models import User
from minshi.clock import Instant
from minshi.policy import selectors as policy
from minshi.unsent.models import UnsentFile

log = logging.getLogger(__name__)

Sent = Iterable[tuple[str, UploadedFile, UUID]]
"""Files of a form: field, file, and the token it is kept under."""

PICTURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"RIFF", "image/webp"))
"""How a picture begins that a browser shows."""


def keep(user: User, path: str, files: Sent, spared: Iterable[int] = ()) -> list[UUID]:
    """Keep what came with a form that is shown again; returns the tokens. What is too large or too much is left out.

    The person's oldest make room where there is none, but not the ``spared``, which this form shows too.
    """
    taken = list(files)[: settings.UNSENT_OF_A_FORM]
    theirs = UnsentFile.objects.filter(user=user)
    if (beyond := theirs.count() + len(taken) - settings.UNSENT_OF_A_PERSON) > 0:
        drop(theirs.exclude(pk__in=spared).order_by("pk")[:beyond])
    room = settings.UNSENT_OF_A_PERSON - theirs.count()
    return [each[2] for each in taken[: max(room, 0)] if _keep(each, path, user=user)]


def keep_signed_out(author: str, path: str, files: Sent) -> list[UUID]:
    """The same for whoever's session had ended: pictures alone, as few as of a person, and of all together."""
    waiting = UnsentFile.objects.filter(user=None)
    room = settings.UNSENT_OF_A_PERSON - waiting.filter(author=author).count()
    if waiting.count() >= settings.UNSENT_SIGNED_OUT:
        room = 0
    taken = [each for each in files if _is_picture(each[1])][: min(settings.UNSENT_OF_A_FORM, max(room, 0))]
    return [each[2] for each in taken if _keep(each, path, author=author)]


def _keep(sent: tuple[str, UploadedFile, UUID], path: str, **whose: Any) -> bool:
    field, upload, token = sent
    if upload.size is None or upload.size > settings.UNSENT_BYTES or upload.closed:
        return False
    upload.seek(0)
    row = UnsentFile(token=token, path=path[:300], field=field[:80], name=(upload.name or "")[-120:], **whose)
    try:
        row.file.save(token.hex, ContentFile(upload.read()), save=True)
    except OSError as error:
        log.warning("a file of a form cannot be kept: %s", type(error).__name__)
        return False
    return True


def _is_picture(upload: UploadedFile) -> bool:
    if upload.closed:
        return False
    upload.seek(0)
    head = upload.read(12)
    return any(head.startswith(begins) for begins, _kind in PICTURES) or head[4:8] == b"ftyp"


def take_up(user: User, author: str, path: str, tokens: Iterable[str]) -> int:
    """Who was signed out is back in the same browser: what they had chosen for this form is theirs again."""
    wanted = [token for token in map(token_of, tokens) if token]
    rows = UnsentFile.objects.filter(user=None, author=author, path=path[:300], token__in=wanted)
    return rows.update(user=user, author="")


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
    return drop(UnsentFile.objects.filter(at__lt=Instant() - timedelta(days=days)))


def token_of(text: str) -> UUID | None:
    """What an address or a form names; whatever is no token is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
