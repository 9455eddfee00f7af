"""News of notices, each sent inside the transaction that writes it: an exception undoes the whole act."""

from django.dispatch import Signal

corrected = Signal()
"""A notice gave way to another; who holds a key to the old one moves on. Arguments: ``old``, ``new``."""

objected = Signal()
"""Somebody objected. Arguments: ``objection`` (with its ``notice``), ``household``: the one named, counted or not."""

read_alike = Signal()
"""Two have read the sheet of a paper objection alike. Arguments: ``objection`` (with its ``notice``)."""

unread = Signal()
"""Nobody read a sheet again in time; the level above is to. Arguments: ``objection``, ``role``, ``place``."""

answered = Signal()
"""An objection was answered. Arguments: ``objection`` (with its ``notice``)."""

remarked = Signal()
"""The level above called an objection a remark, or one of two proposed it, or the second said so or dropped it.
Arguments: ``remark`` (with its ``objection`` and that one's ``notice``)."""

reopened = Signal()
"""So many benefiting households objected that the matter is decided anew. Arguments: ``notice``."""

reopened_again = Signal()
"""The same content for the second time: the level above decides, nothing goes back yet. Arguments: ``notice``."""

lengthened = Signal()
"""By a calendar published since, a running notice ends later. Arguments: ``notice``, ``before`` (the old end)."""
