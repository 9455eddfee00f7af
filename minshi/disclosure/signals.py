"""News of notices, each sent inside the transaction that writes it: an exception undoes the whole act."""

from django.dispatch import Signal

corrected = Signal()
"""A notice gave way to another; who holds a key to the old one moves on. Arguments: ``old``, ``new``."""

objected = Signal()
"""Somebody objected. Arguments: ``objection`` (with its ``notice``)."""

answered = Signal()
"""An objection was answered. Arguments: ``objection`` (with its ``notice``)."""

reopened = Signal()
"""So many benefiting households objected that the matter is decided anew. Arguments: ``notice``."""
