"""What runs over without a consequence of its own."""

from __future__ import annotations

from funding.models import Change, Grant, Payment
from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import take
from minshi.lifecycle.models import StepRecord
from proposals.actions import note_on_card
from proposals.lifecycle import period


@action
def overdue(subject: Grant | Payment | Change, *, by: User | None = None) -> StepRecord:
    """Nobody decided: it stays where it is, the lateness is on record, and a new day to decide by is set."""
    span = period(subject.territory, "supervision.days", now())
    record = take(subject, "overdue", by=by, setting={"span": span})
    note_on_card(subject.proposal)
    return record
