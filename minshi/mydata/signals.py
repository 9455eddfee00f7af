"""News of what is known of a person, sent inside the transaction that changes it."""

from django.dispatch import Signal

closing = Signal()
"""Somebody closes their account, in the same transaction: what others would wait for from them ends. Argument:
``user``."""

forgetting = Signal()
"""The clear values of somebody who closed their account are about to be erased. Argument: ``person``.

Receivers erase their own; one that still needs the name (money is owed) returns true, and it is tried again later.
"""
