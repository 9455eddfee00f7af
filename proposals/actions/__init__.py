"""Everything that changes a wish or a proposal; each function is one verb with its actor as ``by``."""

from proposals.actions.cosigning import (
    cosign,
    cosign_on_paper,
    cosigns_needed,
    count_cosigns,
    gather_if_enough,
    lapse_if_short,
    read_doors,
    read_list,
)
from proposals.actions.handling import accept_handling, decline_handling, escalate, hand_back, open_handling, supervise
from proposals.actions.proposing import add_photo, resubmit, submit, withdraw
from proposals.actions.review import climb, decline, merge, pass_review, return_for_revision
from proposals.actions.stages import (
    advance,
    follow_calendar,
    follow_gate,
    freeze_beneficiaries,
    new_version,
    note_on_card,
    overdue,
    wait_for_gate,
    wait_until,
)
from proposals.actions.totals import refresh_totals
from proposals.actions.wishes import (
    answer_wish,
    climb_wish,
    follow_calendar_of_wish,
    promote,
    remind_of_wish,
    support,
    wish,
)

__all__ = [
    "accept_handling",
    "add_photo",
    "advance",
    "answer_wish",
    "climb",
    "climb_wish",
    "cosign",
    "cosign_on_paper",
    "cosigns_needed",
    "count_cosigns",
    "decline",
    "decline_handling",
    "escalate",
    "follow_calendar",
    "follow_calendar_of_wish",
    "follow_gate",
    "freeze_beneficiaries",
    "gather_if_enough",
    "hand_back",
    "lapse_if_short",
    "merge",
    "new_version",
    "note_on_card",
    "open_handling",
    "overdue",
    "pass_review",
    "promote",
    "read_doors",
    "read_list",
    "refresh_totals",
    "remind_of_wish",
    "resubmit",
    "return_for_revision",
    "submit",
    "supervise",
    "support",
    "wait_for_gate",
    "wait_until",
    "wish",
    "withdraw",
]
