"""The lives of a project and of a wish, each as a table of steps."""

from proposals.lifecycle.calls import CALL, CALL_STEPS, CALLED
from proposals.lifecycle.holders import (
    GROUP,
    HOLDER_LABELS,
    LEVELS,
    PROPOSER,
    REVIEW_LADDER,
    TIERS,
    answerer_of,
    appeal_end,
    decider_above,
    holder_place,
    least_tier,
    period,
    reviewer_of,
    street_or_district,
    superior_of,
)
from proposals.lifecycle.proposals import (
    GATED,
    PROPOSAL,
    STEPS,
    set_stage_deadline,
    stepped_aside,
    waits_for,
)
from proposals.lifecycle.questions import QUESTION, QUESTION_STEPS, next_answerer
from proposals.lifecycle.resources import REQUEST, RESOURCE, UNANSWERED, UNCONFIRMED
from proposals.lifecycle.seconds import Second, above_of, second_of
from proposals.lifecycle.stages import BAD_END, MONEY_STAGES, STAGES, STOPPABLE, WAY, StageRule
from proposals.lifecycle.wishes import JUDGED, WISH, WISH_STEPS

__all__ = [
    "BAD_END",
    "CALL",
    "CALLED",
    "CALL_STEPS",
    "GATED",
    "GROUP",
    "HOLDER_LABELS",
    "JUDGED",
    "LEVELS",
    "MONEY_STAGES",
    "PROPOSAL",
    "PROPOSER",
    "QUESTION",
    "QUESTION_STEPS",
    "REQUEST",
    "RESOURCE",
    "REVIEW_LADDER",
    "STAGES",
    "STEPS",
    "STOPPABLE",
    "TIERS",
    "UNANSWERED",
    "UNCONFIRMED",
    "WAY",
    "WISH",
    "WISH_STEPS",
    "Second",
    "StageRule",
    "above_of",
    "answerer_of",
    "appeal_end",
    "decider_above",
    "holder_place",
    "least_tier",
    "next_answerer",
    "period",
    "reviewer_of",
    "second_of",
    "set_stage_deadline",
    "stepped_aside",
    "street_or_district",
    "superior_of",
    "waits_for",
]
