"""News from the calendar, sent inside the transaction that writes it."""

from django.dispatch import Signal

period_moved = Signal()
"""A provisional deadline has a new ``due``. Arguments: ``deadline``, ``before`` (the old due)."""
