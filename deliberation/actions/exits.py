"""The ways out of consulting and deciding other than an agreed plan that is decided on (domain.md 4)."""

from __future__ import annotations

from django.utils.translation import gettext as _

from deliberation.models import Meeting, MeetingStage, MotionStage
from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.models import StepRecord
from minshi.policy import selectors as policy
from proposals.actions import advance
from proposals.lifecycle import period
from proposals.models import Proposal, Stage


def tries_of(proposal: Proposal) -> int:
    """Meetings since it was last brought to the table that ended without a plan."""
    return StepRecord.objects.of(proposal).filter(verb="no_plan", at__gte=_since(proposal)).count()


def most_tries(proposal: Proposal) -> int:
    pinned = proposal.terms.get("meeting.tries")
    return int(str(policy.value("meeting.tries", proposal.place) if pinned is None else pinned))


def _since(proposal: Proposal) -> object:
    into = StepRecord.objects.of(proposal).filter(target=Stage.CONSULTING).exclude(source=Stage.CONSULTING)
    return into.order_by("-id").values_list("at", flat=True)[0]


@action
def note_no_plan(meeting: Meeting, *, by: None = None) -> StepRecord | None:
    """A meeting brought no plan: on record on the project itself, with a new day for what comes next."""
    proposal = meeting.proposal
    if proposal.stage != Stage.CONSULTING or meeting.resolutions.filter(passed=True).exists():
        return None
    return advance(
        proposal,
        "no_plan",
        by=None,
        reason=_("第 %(n)d 次议事会%(why)s") % {"n": meeting.ordinal, "why": _why(meeting)},
        due=period(proposal.place, "consult.days", now()),
        evidence={"meeting": meeting.ordinal, "try": tries_of(proposal) + 1},
    )


def _why(meeting: Meeting) -> str:
    if meeting.stage == MeetingStage.CALLED_OFF:
        return _("没有开成")
    return _("动议没有通过") if meeting.resolutions.exists() else _("没有表决方案")


def _still_open(proposal: Proposal) -> list[str]:
    reasons = []
    if proposal.meetings.filter(stage=MeetingStage.ANNOUNCED).exists():
        reasons.append(_("还有一次公告过的议事会，请先公布纪要，或者写明没有开成"))
    if proposal.motions.exclude(stage=MotionStage.PUBLISHED).exists():
        reasons.append(_("还有一次表决没有公布结果"))
    return reasons


@action
def vote_again(proposal: Proposal, *, reason: str, by: User) -> StepRecord:
    """Back to the households: what is asked, or what it costs, is no longer what they voted on."""
    return advance(proposal, "vote_again", by=by, reason=reason, obstacles=_still_open(proposal))


@action
def consult_again(proposal: Proposal, *, reason: str, by: User) -> StepRecord:
    """The plan cannot be decided on as it is (a formal vote failed, the branch objects): back to the table."""
    return advance(proposal, "consult_again", by=by, reason=reason, obstacles=_still_open(proposal))


@action
def not_agree(proposal: Proposal, *, reason: str, by: User) -> StepRecord:
    """After the policy's number of meetings without a plan it has not passed."""
    tries, most = tries_of(proposal), most_tries(proposal)
    obstacles = _still_open(proposal)
    if tries < most:
        obstacles.append(
            _("议事会 %(most)d 次没有商定才能这样结束，现在是 %(tries)d 次；请再开会，或者回到居民表决")
            % {"most": most, "tries": tries}
        )
    return advance(proposal, "not_agree", by=by, reason=reason, obstacles=obstacles)
