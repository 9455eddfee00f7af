"""News of the register, sent inside the transaction that writes it."""

from django.dispatch import Signal

judged = Signal()
"""Somebody was confirmed where they say they live, or was not. Arguments: ``residence``, ``lives_there``."""
