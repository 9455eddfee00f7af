"""The things of this app: motions with their electorate and ballots, meetings, decisions."""

from deliberation.models.decisions import Criterion, Decision, Mark, Outcome, PartyStudy
from deliberation.models.meetings import (
    Attendance,
    Meeting,
    MeetingStage,
    Member,
    Party,
    Plan,
    Resolution,
    WorkingGroup,
)
from deliberation.models.motions import (
    AreaCount,
    Ballot,
    BallotChange,
    CheckLetter,
    Choice,
    Motion,
    MotionStage,
    PaperBallot,
    Purpose,
    waiting,
)

__all__ = [
    "AreaCount",
    "Attendance",
    "Ballot",
    "BallotChange",
    "CheckLetter",
    "Choice",
    "Criterion",
    "Decision",
    "Mark",
    "Meeting",
    "MeetingStage",
    "Member",
    "Motion",
    "MotionStage",
    "Outcome",
    "PaperBallot",
    "Party",
    "PartyStudy",
    "Plan",
    "Purpose",
    "Resolution",
    "WorkingGroup",
    "waiting",
]
