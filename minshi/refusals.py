"""The reason is the result: what an action answers when it will not do what was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING

from django import forms
from django.db import IntegrityError, transaction

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Refused(Exception):
    """An action was not taken. Every reason is one plain Chinese sentence for the person who asked.

    ``reasons`` concern the whole request, ``fields`` (field name → reason) belong beside a field.
    """

    def __init__(self, *reasons: object, **fields: object) -> None:
        self.reasons: list[str] = [str(reason) for reason in reasons]
        self.fields: dict[str, str] = {name: str(reason) for name, reason in fields.items()}
        super().__init__(*self.reasons, *self.fields.values())

    def renamed(self, **names: str) -> Refused:
        """For a form that calls fields otherwise than the action does: ``name="title"``."""
        self.fields = {names.get(field, field): reason for field, reason in self.fields.items()}
        return self

    def __str__(self) -> str:
        return "；".join([*self.reasons, *self.fields.values()])


class NotAllowed(Refused):
    """The person may not do this here; pages answer it with 403 and the reason."""


def refuse_if(reasons: Iterable[object]) -> None:
    """Raise ``Refused`` with all that stands in the way, or return when nothing does."""
    if found := [str(reason) for reason in reasons]:
        raise Refused(*found)


heard: ContextVar[list[Refused] | None] = ContextVar("heard", default=None)
"""The refusals that pages answered, for whoever wants to know whether a form that led on was refused on the way."""


class answering:
    """How a page answers an action that refuses: ``with answering(form): actions.x(…); return redirect(…)``.

    The reasons stand on the form, or go to the function given in its place; the page goes on behind the block and
    is shown again. ``names`` tell where the form calls a field otherwise than the action does. ``NotAllowed``
    goes on its way: the middleware answers it with 403.
    """

    def __init__(self, to: forms.BaseForm | Callable[[Refused], object], **names: str) -> None:
        self.to, self.names = to, names

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, Refused) or isinstance(error, NotAllowed):
            return False
        refusal = error.renamed(**self.names)
        if (refusals := heard.get()) is not None:
            refusals.append(refusal)
        if isinstance(self.to, forms.BaseForm):
            onto(self.to, refusal)
        else:
            self.to(refusal)
        return True


def onto(form: forms.BaseForm, refusal: Refused) -> None:
    """Put a refusal on the form it came from, each reason beside its field where there is one."""
    for name, reason in refusal.fields.items():
        form.add_error(name if name in form.fields else None, reason)
    for reason in refusal.reasons:
        form.add_error(None, reason)


_sentences: dict[str, StrOrPromise] = {}


def guarded(**sentences: StrOrPromise) -> None:
    """Say what people read when a trigger refuses: the CONSTRAINT it names → a sentence to be translated.

    Placeholders such as ``%(least)s`` take their values from the JSON that the trigger gives along as DETAIL; a
    moment in it is said as pages say it.
    """
    _sentences.update(sentences)


def guarded_names() -> set[str]:
    return set(_sentences)


def sentence_of(error: IntegrityError) -> str | None:
    """The sentence of the guard that refused; a fault has none and stays what it is."""
    diagnosis = getattr(error.__cause__, "diag", None)
    sentence = _sentences.get(getattr(diagnosis, "constraint_name", None) or "")
    if sentence is None:
        return None
    numbers: dict[str, object] = json.loads(getattr(diagnosis, "message_detail", None) or "{}")
    return str(sentence) % {name: _as_pages_say(value) for name, value in numbers.items()}


INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
"""A timestamptz as jsonb writes it."""
words_of_moments: list[Callable[[datetime], str]] = []
"""How pages say a moment; the faces put it here, which stand above."""


def _as_pages_say(value: object) -> object:
    if words_of_moments and isinstance(value, str) and INSTANT.fullmatch(value):
        return words_of_moments[-1](datetime.fromisoformat(value))
    return value


@contextmanager
def refusing(**sentences: tuple[str, object]) -> Iterator[None]:
    """Writes whose refusal is an answer: constraint → (field, sentence); guards have theirs from ``guarded``, with
    their numbers, also beside a field whose sentence is left empty.

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
            raise Refused(**{field: sentence or sentence_of(error)}) from error
        if sentence := sentence_of(error):
            raise Refused(sentence) from error
        raise
