"""What the database refuses, said as a sentence beside the field it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from minshi.refusals import Refused


@contextmanager
def refusing(**sentences: tuple[str, object]) -> Iterator[None]:
    """Writes whose refusal is an answer: constraint → (field, sentence); a trigger brings its own sentence as HINT.

    Whatever else goes wrong stays the fault it is.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        constraint = getattr(diagnosis, "constraint_name", None) or ""
        if constraint in sentences:
            field, sentence = sentences[constraint]
            raise Refused(**{field: sentence}) from error
        if hint := getattr(diagnosis, "message_hint", None):
            raise Refused(hint) from error
        raise
