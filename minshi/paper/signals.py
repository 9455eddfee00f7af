"""News of sheets, sent inside the transaction of the reading: an exception undoes it."""

from django.dispatch import Signal

differs = Signal()
"""Two have read a line differently; a third decides. Arguments: ``line``."""
