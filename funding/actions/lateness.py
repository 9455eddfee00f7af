"""What runs over without a consequence of its own."""

from __future__ import annotations

from funding.models import Change, Grant, Payment
from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import take
from minshi.lifecycle.models import StepRecord
from proposals.actions import note_on_card


@action
def overdue(subject: Grant | Payment | Change, *, by: User | None = None) -> StepRecord:
    """Nobody decided: it stays where it is and due since it was, and the lateness is on record."""
    record = take(subject, "overdue", by=by)
    note_on_card(subject.proposal)
    return record
