"""Everything that changes something in deliberation; each function is one verb with its actor as ``by``."""

from deliberation.actions.ballots import Receipt, cast, change
from deliberation.actions.decisions import decide, keep_reserved, lapse_reserved, record_party_study, take_up
from deliberation.actions.exits import consult_again, not_agree, vote_again
from deliberation.actions.letters import ask_letter, print_letter
from deliberation.actions.meetings import agree_plan, call_off, choose_group, post_agenda, record_minutes
from deliberation.actions.motions import (
    ask,
    close,
    count,
    count_areas,
    lengthen,
    open_motion,
    publish,
    refresh_turnouts,
)
from deliberation.actions.paper import (
    bring_correction,
    confirm_correction,
    confirm_paper,
    correct_paper,
    enter_paper,
    mark_unreachable,
    register_paper,
    void_paper,
)

__all__ = [
    "Receipt",
    "agree_plan",
    "ask",
    "ask_letter",
    "bring_correction",
    "call_off",
    "cast",
    "change",
    "choose_group",
    "close",
    "confirm_correction",
    "confirm_paper",
    "consult_again",
    "correct_paper",
    "count",
    "count_areas",
    "decide",
    "enter_paper",
    "keep_reserved",
    "lapse_reserved",
    "lengthen",
    "mark_unreachable",
    "not_agree",
    "open_motion",
    "post_agenda",
    "print_letter",
    "publish",
    "record_minutes",
    "record_party_study",
    "refresh_turnouts",
    "register_paper",
    "take_up",
    "void_paper",
    "vote_again",
]
