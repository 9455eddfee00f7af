"""The meeting and its plan, the branch's study, the decision, an objection and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from deliberation import actions as deliberation
from deliberation.models import Criterion, Meeting, Outcome
from evaluation.replay.projects import Project
from minshi import clock
from minshi.disclosure import actions as disclosure
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.residents.models import Role
from proposals.models import Source, Stage


def agenda(project: Project) -> Iterator[datetime]:
    """A group of residents is chosen, and a meeting announced in time."""
    clerk, story = project.staff(Role.CLERK), project.story
    yield project.on("group")
    deliberation.choose_group(
        project.proposal, members=project.group, lead=project.group[0], how="院里贴通知，邻居当面推选", by=clerk
    )
    yield project.on("agenda")
    days = int(str(policy.value("agenda.days", project.place)))
    begins = calendar.period_end(clock.now(), working_days=days) + timedelta(hours=19, minutes=30)
    deliberation.post_agenda(
        project.proposal,
        begins_at=begins,
        venue="院内凉亭",
        agenda=story.get("agenda", f"{story['title']}怎么做、钱怎么出、以后谁来管"),
        by=clerk,
    )


def plan(project: Project) -> Iterator[datetime]:
    """The minutes of the meeting, and what it agreed on as the next version."""
    clerk, story = project.staff(Role.CLERK), project.story
    meeting: Meeting = project.proposal.meetings.select_related("proposal__place").get()
    yield project.on("minutes", after=meeting.begins_at + timedelta(hours=2), days=0.5)
    expected = min(24, len(project.households))
    present = expected - expected // 8
    deliberation.record_minutes(
        meeting,
        chair="楼栋长",
        expected=expected,
        present=present,
        parties={"branch": "社区党组织", "committee": "社区居委会", "residents": "居民代表"},
        minutes=story.get("minutes", f"看了现场和方案，问了价钱。大家同意：{story['plan']}"),
        dissent=story.get("dissent", ""),
        resolutions=[{"text": f"同意“{story['title']}”的方案", "agree": present - 1, "against": 0, "abstain": 1}],
        by=clerk,
    )
    yield project.on("plan")
    deliberation.agree_plan(
        meeting,
        resolution=meeting.resolutions.get(),
        text=story["plan"],
        cost_fen=project.cost_fen,
        shares=project.shares,
        keeper=story["keeper"],
        by=clerk,
    )


def decide(project: Project) -> Iterator[datetime]:
    """The branch studies, then the decision; somebody may object to its notice and is answered."""
    party, story = project.staff(Role.PARTY), project.story
    outcome, reason = story.get("decide", [Outcome.APPROVE, "表决通过，方案商量过，钱有着落，建好有人管"])
    yield project.on("study")
    deliberation.record_party_study(
        project.proposal,
        opinion="support" if outcome == Outcome.APPROVE else "advise",
        text="方案经过居民表决和议事会商议，符合民生小实事范围，同意提交集体决议。",
        held_on=clock.today(),
        sat="社区党组织委员5人",
        by=party,
    )
    yield project.on("decide")
    approves = outcome == Outcome.APPROVE
    deliberation.decide(
        project.proposal,
        outcome=outcome,
        marks=_marks(project),
        sat="社区党组织、居委会和居民代表共7人",
        reason=reason,
        tier=story["tier"] if approves else None,
        tier_reason=story.get("tier_reason", "居民自己能办，不够的请街道帮助") if approves else "",
        by=party,
    )
    if "objection" in story:
        yield from _object(project, *story["objection"])


def _marks(project: Project) -> dict[str, tuple[int, str]]:
    """Points and the evidence they stand on."""
    card = project.proposal.card
    own = project.shares.get(Source.SELF_RAISED, 0)
    card.refresh_from_db()
    evidence = {
        Criterion.REACH: f"受益 {card.households} 户",
        Criterion.PARTICIPATION: f"{card.electorate} 户里 {card.turnout} 户参加表决",
        Criterion.SELF_RAISED: f"居民自筹 {own // 100} 元" if own else "没有居民自筹",
        Criterion.URGENCY: "老旧院落，居民多次反映",
        Criterion.EXAMPLE: "做法简单，别的院落能照着办",
    }
    return {
        criterion: (0 if criterion == Criterion.SELF_RAISED and not own else project.rng.randrange(11, 20), note)
        for criterion, note in evidence.items()
    }


def _object(project: Project, facts: str, request: str, answer: str, outcome: str) -> Iterator[datetime]:
    """A neighbour objects online while the notice runs; the clerk answers in time."""
    yield project.on("object", office=False)
    notice = project.proposal.gate_notice
    assert notice and project.stands(Stage.ANNOUNCED)
    objection = disclosure.object_to(notice, facts=facts, request=request, by=project.yard.residents[3])
    yield project.on("answer")
    disclosure.answer(objection, text=answer, outcome=outcome, by=project.staff(Role.CLERK))
