"""News from the calendar, sent inside the transaction that writes it."""

from django.dispatch import Signal

period_moved = Signal()
"""A deadline is due later by a new calendar. Arguments: ``deadline``, ``before`` (the old due)."""

recounting = Signal()
"""Whoever keeps periods without a deadline counts them anew. Argument: ``calendar``, as it is in the database now."""
