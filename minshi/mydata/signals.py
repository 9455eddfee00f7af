"""News of what is known of a person, sent inside the transaction that changes it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.dispatch import Signal

from minshi.territory.models import Territory


@dataclass(frozen=True)
class Act:
    """Something this person said or did that stands in public, ``shown`` as whose; by table and key as ``Consent``."""

    act: str
    subject: int
    title: str
    url: str
    shown: str


@dataclass(frozen=True)
class Opened:
    """The same, locked, once it is clear that it is theirs: ``write`` has it read with the whole name or masked, and
    answers what everybody reads from now on. ``why_not`` keeps it from being named."""

    title: str
    url: str
    place: Territory
    write: Callable[[bool], str]
    why_not: str = ""


named_acts = Signal()
"""What of a person could carry their name in public? Argument: ``person``. Receivers answer a list of ``Act``."""

naming = Signal()
"""One of those is about to be named, or masked. Arguments: ``act``, ``subject``, ``person``. Whoever keeps that table
answers ``Opened``, everybody else nothing; raises ``NotAllowed`` where it is somebody else's."""

closing = Signal()
"""Somebody closes their account, in the same transaction: what others would wait for from them ends. Argument:
``user``."""

forgetting = Signal()
"""The clear values of somebody who closed their account are about to be erased. Argument: ``person``.

Receivers erase their own; one that still needs the name (money is owed) returns true, and it is tried again later.
"""
