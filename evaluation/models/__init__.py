"""The things of this app: surveys with their answers and call-backs, final accounts, aftercare, the archive."""

from evaluation.models.accounts import FinalAccounts
from evaluation.models.aftercare import Aftercare, Check, CheckStage
from evaluation.models.archive import Archive, ArchiveFile
from evaluation.models.surveys import (
    ASPECTS,
    Answer,
    CallBack,
    CallBackOutcome,
    CallBackStage,
    PaperAnswer,
    Rating,
    Ruling,
    Survey,
    SurveyStage,
    Verdict,
)

__all__ = [
    "ASPECTS",
    "Aftercare",
    "Answer",
    "Archive",
    "ArchiveFile",
    "CallBack",
    "CallBackOutcome",
    "CallBackStage",
    "Check",
    "CheckStage",
    "FinalAccounts",
    "PaperAnswer",
    "Rating",
    "Ruling",
    "Survey",
    "SurveyStage",
    "Verdict",
]
