"""Reading for pages, and the published file of ballots."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from deliberation import rules
from deliberation.models import (
    Ballot,
    BallotChange,
    Choice,
    Decision,
    Meeting,
    Member,
    Motion,
    MotionStage,
    PaperBallot,
    PartyStudy,
    Plan,
    WorkingGroup,
    waiting,
)
from minshi import paging
from minshi.accounts.models import User
from minshi.faces.words import percent
from minshi.paper import numbers
from minshi.paper.models import Line
from minshi.residents import speaking
from minshi.residents.models import ORGANISERS, Role
from minshi.residents.rules import home_of, roles_of
from minshi.rolls.models import Unit
from minshi.territory.models import Household
from proposals.models import Proposal, Source, Version, bars_of

# --- Motions -----------------------------------------------------------------------------------


def running_motion(number: str) -> Motion | None:
    """The project's motion that is not yet published."""
    return (
        Motion.objects.select_related("place", "roll", "proposal__place", "proposal__card")
        .filter(proposal__number=number)
        .exclude(stage=MotionStage.PUBLISHED)
        .first()
    )


def motions_of(proposal: Proposal) -> list[Motion]:
    """All of them, the newest first."""
    return list(proposal.motions.select_related("notice", "roll").order_by("-ordinal"))


def ballot_by(user: User, unit: Unit | None) -> Ballot | None:
    """The ballot of a unit, if this person cast it."""
    return Ballot.objects.filter(unit=unit, by=user).first() if unit else None


@dataclass(frozen=True)
class Result:
    """A motion as its page shows it."""

    motion: Motion
    rule: str
    turnout: int
    quorum: int
    majority: int
    voided: int
    corrected: int


def result_of(motion: Motion, proposal: Proposal) -> Result:
    """While it runs the turnout is the card's, which is counted every few seconds; then the published one."""
    is_out = motion.stage == MotionStage.PUBLISHED
    turnout = motion.turnout if is_out else proposal.card.turnout
    sheets = Line.objects.filter(paper_ballot__unit__roll=motion.roll_id).aggregate(
        voided=Count("pk", filter=Q(voided_at__gte=motion.closes_at)),
        corrected=Count("pk", filter=Q(corrected_at__isnull=False)),
    )
    return Result(
        motion=motion,
        rule=rules.as_sentence(motion),
        turnout=turnout,
        quorum=rules.needed(motion.electorate, motion.quorum),
        majority=rules.needed(turnout, motion.threshold) if turnout else 0,
        **sheets,
    )


def last_motion(proposal: Proposal) -> Motion | None:
    return proposal.motions.select_related("place", "proposal__place").order_by("-ordinal").first()


HEADER = "回执号,选择\n"


def export_lines(motion: Motion) -> Iterator[str]:
    """The published file: every ballot under its receipt, in the order of receipts, which says nothing of when."""
    labels = {str(value): str(label) for value, label in Choice.choices}
    yield "\ufeff" + HEADER  # so that a spreadsheet reads it as UTF-8
    for slip, choice in motion.ballots.order_by("slip_number").values_list("slip_number", "choice").iterator():
        yield f"{numbers.shown(slip)},{labels[choice]}\n"


def digest_of(motion: Motion) -> str:
    """SHA-256 of the published file, byte by byte: anyone can compute it from the download."""
    digest = hashlib.sha256()
    for line in export_lines(motion):
        digest.update(line.encode())
    return digest.hexdigest()


RECEIPTS = paging.Key(
    lambda ballot: str(ballot.slip_number),
    lambda text: numbers.normal(text) or None,
    lambda ballots, slip: ballots.filter(slip_number__gt=slip),
)


def receipts_page(motion: Motion, after: str, number: int = 100) -> paging.Page[Ballot]:
    """The next slip numbers after one, in their order."""
    return paging.page_of(motion.ballots.order_by("slip_number"), RECEIPTS, after, number)


def ballot_of(slip: str) -> Ballot | BallotChange | PaperBallot | None:
    """Whatever this slip number stands for: a ballot that counts, one that was replaced, or a sheet of paper."""
    around = ("unit__roll__motion__place", "unit__roll__motion__proposal__place", "unit__household")
    return (
        Ballot.objects.select_related(*around).filter(slip_number=slip).first()
        or papers().filter(line__slip_number=slip).first()
        or BallotChange.objects.select_related(*around).filter(slip_number=slip).first()
    )


def to_vote(user: User) -> list[Motion]:
    """Open motions in which this person's household has not voted and this person may."""
    home = home_of(user)
    if home is None or speaking.why_not(user, act=""):
        return []
    sheets = PaperBallot.objects.valid().filter(unit=OuterRef("pk"))
    units = (
        Unit.objects.filter(~Exists(sheets), ballot=None, household=home.household_id)
        .filter(roll__motion__stage=MotionStage.OPEN, roll__motion__proposal__isnull=False)
        .select_related("roll__motion__proposal")
        .order_by("roll__motion__closes_at")[:10]
    )
    return [unit.roll.motion for unit in units]


# --- Paper -------------------------------------------------------------------------------------


def paths_of_paper(user: User) -> list[str]:
    """Where this person may handle paper ballots."""
    return [held.path for held in roles_of(user) if held.role in (Role.CLERK, *ORGANISERS)]


def taking_paper(user: User) -> list[Motion]:
    """Open motions of the places where this person handles paper."""
    paths = paths_of_paper(user)
    if not paths:
        return []
    mine = Q()
    for path in paths:
        mine |= Q(place__path__startswith=path)
    running = Motion.objects.open().filter(mine, proposal__isnull=False)
    return list(running.select_related("proposal").order_by("closes_at")[:10])


def to_confirm(user: User) -> PaperBallot | None:
    """The next sheet that waits for a second reading by this person, in the order of the roll."""
    paths = paths_of_paper(user)
    if not paths:
        return None
    mine = Q()
    for path in paths:
        mine |= Q(unit__roll__motion__place__path__startswith=path)
    return (
        papers()
        .filter(mine, unit__roll__motion__stage=MotionStage.COUNTING)
        .filter(is_void=False, line__in=Line.objects.waiting_for(user))
        .order_by("unit__roll", "unit__ordinal")
        .first()
    )


def correction_to_confirm(user: User) -> Line | None:
    """The next second sheet that waits for a reading by this person."""
    mine = Q(pk__in=[])
    for path in paths_of_paper(user):
        mine |= Q(sheet__place__path__startswith=path)
    second = Line.objects.waiting_for(user).filter(mine, correcting__paper_ballot__isnull=False)
    return second.select_related("sheet__place", "correcting__paper_ballot__unit__household__place").first()


def papers() -> QuerySet[PaperBallot]:
    """Paper ballots with all that their pages show."""
    return PaperBallot.objects.select_related(
        "line__sheet", "unit__household__place", "unit__roll__motion__place", "unit__roll__motion__proposal__place"
    )


def doors_of(motion: Motion) -> QuerySet[Household]:
    """The doors on its roll."""
    return Household.objects.filter(pk__in=motion.roll.units.values("household"))


def units_to_visit(motion: Motion) -> list[Unit]:
    """Who has not voted yet, for the door-to-door list."""
    return list(waiting(motion.roll).select_related("household__place").order_by("ordinal"))


def papers_of(motion: Motion) -> list[PaperBallot]:
    return list(papers().filter(is_void=False, unit__roll=motion.roll_id).order_by("unit__ordinal"))


# --- Meetings and decisions --------------------------------------------------------------------


def group_of(proposal: Proposal) -> WorkingGroup | None:
    """The standing group with its members."""
    return proposal.groups.filter(ended_at=None).prefetch_related("members").first()


def members_of(proposal: Proposal) -> list[Member]:
    """The members of the standing group, the one who leads it first."""
    return list(
        Member.objects.filter(group__proposal=proposal, group__ended_at=None)
        .select_related("user")
        .order_by("-is_lead", "pk")
    )


def meetings_of(proposal: Proposal) -> list[Meeting]:
    return list(
        proposal.meetings.select_related("agenda_notice", "plan")
        .prefetch_related("attendances", "resolutions")
        .order_by("-ordinal")
    )


def study_of(proposal: Proposal) -> PartyStudy | None:
    """The newest study of the present version."""
    return proposal.studies.filter(version=proposal.version).first()


def decisions_of(proposal: Proposal) -> list[Decision]:
    return list(proposal.decisions.select_related("study", "motion", "notice", "version").prefetch_related("marks"))


def shares_of(plan: Plan | Version | None) -> list[tuple[str, int]]:
    """Who pays what, as (label, fen), in the order of every bar."""
    return bars_of(plan.shares) if plan is not None and any(plan.shares.values()) else []


def evidence_for(proposal: Proposal) -> dict[str, str]:
    """What the data say to a criterion, offered where the decision is written."""
    version = proposal.version
    vote = proposal.motions.filter(stage=MotionStage.PUBLISHED).order_by("-ordinal").first()
    words: dict[str, Any] = {"reach": _("受益 %(n)d 户") % {"n": version.households}}
    if vote:
        words["participation"] = _("表决 %(turnout)d / %(electorate)d 户参加，%(agree)d 户同意") % {
            "turnout": vote.turnout,
            "electorate": vote.electorate,
            "agree": vote.agree,
        }
    if version.cost_fen:
        raised = percent(version.share_fen(Source.SELF_RAISED), version.cost_fen)
        words["self_raised"] = _("自筹占预算 %(percent)d%%") % {"percent": raised}
    return words
