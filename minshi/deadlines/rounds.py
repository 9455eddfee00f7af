"""What a round of due deadlines asks again and again is asked once: whose post it is, what lies above, what is policy.

A round is a few seconds. What a person changes meanwhile counts from the next one, as if the deadline had taken effect
a moment earlier; what a deadline itself changes counts at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.db import models
from django.db.models.signals import post_delete, post_save

P = ParamSpec("P")
R = TypeVar("R")

FACTS = {"residents.rolegrant", "territory.territory", "policy.setting", "accounts.user"}
"""What the answers are made of: one saved, and all of them are asked anew."""

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers of this round", default=None)


@contextmanager
def a_round() -> Iterator[None]:
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def asked_once(function: Callable[P, R]) -> Callable[P, R]:
    """Within a round the same question gets the answer of the first time; outside of one nothing is kept."""

    @wraps(function)
    def ask(*args: P.args, **kwargs: P.kwargs) -> R:
        answers = _answers.get()
        question = (function, args, tuple(sorted(kwargs.items())))
        if answers is None or not _can_be_kept(question):
            return function(*args, **kwargs)
        if question not in answers:
            answers[question] = function(*args, **kwargs)
        return cast(R, answers[question])

    return ask


def _can_be_kept(question: object) -> bool:
    try:
        hash(question)
    except TypeError:  # asked with a list
        return False
    return True


def _forget(sender: type[models.Model], **kwargs: Any) -> None:
    answers = _answers.get()
    if answers and sender._meta.label_lower in FACTS:
        answers.clear()


post_save.connect(_forget, dispatch_uid="deadlines.rounds.saved")
post_delete.connect(_forget, dispatch_uid="deadlines.rounds.deleted")
