"""The stages of one project as a table: who holds each, and for how many days.

Each stage belongs to one app and only that app's actions leave it. The rows of ``STAGES`` follow domain.md
section 4, the days are names of policy parameters (policy.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from minshi.residents.models import Role
from proposals.lifecycle.holders import GROUP, PROPOSER
from proposals.models import Stage


@dataclass(frozen=True)
class StageRule:
    """Who holds a stage, on which level of the tree, and for how long.

    ``days`` names the policy parameter; ``terms`` are prefixes of the parameters pinned when the stage begins.
    A ``level`` of "" is the proposal's own place.
    """

    role: str
    level: str
    days: str
    unit: str = "working_days"
    terms: tuple[str, ...] = ()


STAGES: dict[str, StageRule] = {
    Stage.SUBMITTED: StageRule(Role.CHIEF, "", "review.days", terms=("review.",)),
    Stage.RETURNED: StageRule(PROPOSER, "", "revision.days"),
    Stage.COSIGNING: StageRule(PROPOSER, "", "cosign.calendar_days", unit="calendar_days", terms=("cosign.",)),
    Stage.COSIGNED: StageRule(Role.CLERK, "community", "agenda.days"),
    Stage.VOTING: StageRule(
        Role.CLERK,
        "community",
        "canvass.days",
        unit="calendar_days",
        terms=("canvass.",),
    ),
    Stage.CONSULTING: StageRule(Role.CLERK, "community", "consult.days", terms=("meeting.",)),
    Stage.DECIDING: StageRule(Role.PARTY, "community", "decide.days", terms=("formal_vote.", "notice.initiation.")),
    Stage.ANNOUNCED: StageRule(
        Role.CLERK,
        "community",
        "notice.initiation.days",
        terms=("objection.", "notice.initiation."),
    ),
    Stage.HANDLING: StageRule(Role.CLERK, "community", "handling.tier1.days", terms=("handling.", "handback.")),
    Stage.RAISING: StageRule(Role.CLERK, "community", "raising.days", terms=("cap.", "group.", "notice.funding.")),
    Stage.FUNDED: StageRule(Role.CLERK, "community", "notice.funding.days", terms=("group.",)),
    # The group has no pages for enquiry, award and contract: the clerk's desk holds these, and both may take the steps.
    Stage.PROCURING: StageRule(Role.CLERK, "community", "procuring.days", terms=("quotes.", "group.", "notice.award.")),
    Stage.AWARDED: StageRule(Role.CLERK, "community", "contract.days", terms=("group.", "signing.")),
    Stage.DELIVERING: StageRule(
        GROUP,
        "",
        "works.calendar_days",
        unit="calendar_days",
        terms=("payment.", "change.", "group.", "log.", "start.", "signing."),
    ),
    Stage.ACCEPTING: StageRule(Role.CLERK, "community", "acceptance.days", terms=("acceptance.", "notice.acceptance.")),
    Stage.ACCEPTED: StageRule(
        Role.CLERK, "community", "rating.start_days", terms=("acceptance.", "notice.acceptance.")
    ),
    Stage.RATING: StageRule(
        Role.CLERK, "community", "rating.days", unit="calendar_days", terms=("rating.", "notice.satisfaction.")
    ),
    Stage.REWORK: StageRule(GROUP, "", "callback.mend_days", terms=("rating.",)),
    Stage.RATED: StageRule(Role.CLERK, "community", "accounts.days", terms=("accounts.", "notice.accounts.")),
    Stage.SETTLING: StageRule(Role.CLERK, "community", "archive.days", terms=("archive.", "aftercare.")),
    Stage.RESERVED: StageRule(Role.CLERK, "community", "reserve.months", unit="months"),
    Stage.ENDING: StageRule(Role.CLERK, "community", "ending.days", terms=("ending.",)),
}

MONEY_STAGES = (
    Stage.RAISING,
    Stage.FUNDED,
    Stage.PROCURING,
    Stage.AWARDED,
    Stage.DELIVERING,
    Stage.ACCEPTING,
    Stage.ACCEPTED,
)

STOPPABLE = (Stage.CONSULTING, Stage.DECIDING, Stage.ANNOUNCED, Stage.HANDLING, *MONEY_STAGES, Stage.REWORK)
"""From where a project that has had its holder's word may be brought to its end before the work is rated."""

BAD_END = {
    # The step that ends a project → the one that brings it to its ending once money may have come (domain.md 4).
    "fail_vote": "fail_vote_with_money",
    "refuse": "refuse_with_money",
    "decline_handling": "decline_with_money",
    "not_agree": "not_agree_with_money",
}

WAY = (
    # The line on a project's page: (label, the stages it stands for).
    (_("初审"), (Stage.SUBMITTED, Stage.RETURNED)),
    (_("附议"), (Stage.COSIGNING,)),
    (_("居民表决"), (Stage.COSIGNED, Stage.VOTING)),
    (_("民主商议"), (Stage.CONSULTING,)),
    (_("集体决议 · 定级 · 公示"), (Stage.DECIDING, Stage.ANNOUNCED, Stage.RESERVED)),
    (_("分级办理"), (Stage.HANDLING,)),
    (_("筹钱"), (Stage.RAISING, Stage.FUNDED)),
    (_("选人签约"), (Stage.PROCURING, Stage.AWARDED)),
    (_("实施 · 验收"), (Stage.DELIVERING, Stage.ACCEPTING)),
    (_("大家打分"), (Stage.ACCEPTED, Stage.RATING, Stage.REWORK)),
    (_("结算 · 归档 · 管护"), (Stage.RATED, Stage.SETTLING, Stage.ARCHIVED)),
    (_("了结"), (Stage.ENDING,)),
)
