"""The things of this app: pots and plans, neighbours' money, suppliers, the work, payments."""

from funding.models.claims import Claim, ClaimEnd
from funding.models.delivery import (
    Acceptance,
    Change,
    ChangeStage,
    Item,
    LogEntry,
    LogPhoto,
    Panelist,
    Side,
)
from funding.models.endings import OUTCOMES, Ending, EndingStage
from funding.models.payments import Hold, HoldStage, Payment, PaymentStage, Waiver
from funding.models.plans import Grant, GrantStage, Plan, PlanLine, Purse
from funding.models.pledges import Contribution, ContributionStage, InKind, Pledge, Refund, Sponsor
from funding.models.pots import Allocation, Pot
from funding.models.suppliers import (
    SIGNED_PARTS,
    Award,
    Contract,
    Enquiry,
    Group,
    GroupMember,
    Judge,
    Milestone,
    MilestoneKind,
    Quote,
    Recusal,
    Supplier,
)

__all__ = [
    "OUTCOMES",
    "SIGNED_PARTS",
    "Acceptance",
    "Allocation",
    "Award",
    "Change",
    "ChangeStage",
    "Claim",
    "ClaimEnd",
    "Contract",
    "Contribution",
    "ContributionStage",
    "Ending",
    "EndingStage",
    "Enquiry",
    "Grant",
    "GrantStage",
    "Group",
    "GroupMember",
    "Hold",
    "HoldStage",
    "InKind",
    "Item",
    "Judge",
    "LogEntry",
    "LogPhoto",
    "Milestone",
    "MilestoneKind",
    "Panelist",
    "Payment",
    "PaymentStage",
    "Plan",
    "PlanLine",
    "Pledge",
    "Pot",
    "Purse",
    "Quote",
    "Recusal",
    "Refund",
    "Side",
    "Sponsor",
    "Supplier",
    "Waiver",
]
