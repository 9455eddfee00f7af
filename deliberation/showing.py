"""What this app shows on pages of the app below: panels of a project, the present stage, tasks of a person."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from deliberation import selectors
from deliberation.models import (
    Ballot,
    Decision,
    Meeting,
    MeetingStage,
    Motion,
    MotionStage,
    PaperBallot,
    PartyStudy,
    WorkingGroup,
)
from minshi.accounts.models import User
from minshi.clock import today
from minshi.faces.words import cn_datetime, cn_until
from minshi.lifecycle.models import StepRecord
from minshi.paper import numbers
from minshi.residents.models import Residence, Role
from minshi.residents.rules import person_of, who_acts
from minshi.rolls import selectors as rolls
from proposals.models import Proposal, Stage
from proposals.panels import (
    HOLDS_A_POST,
    Found,
    Own,
    Panel,
    Present,
    Task,
    once,
    register,
    register_finder,
    register_own,
    register_present,
    register_tasks,
)


def votes(proposal: Proposal) -> dict[str, Any] | None:
    motions = selectors.motions_of(proposal)
    return {"results": [selectors.result_of(motion, proposal) for motion in motions]} if motions else None


def consultation(proposal: Proposal) -> dict[str, Any] | None:
    members, meetings = selectors.members_of(proposal), once(selectors.meetings_of, proposal)
    return {"members": members, "meetings": meetings} if members or meetings else None


def decision(proposal: Proposal) -> dict[str, Any] | None:
    decisions, study = selectors.decisions_of(proposal), proposal.studies.first()
    return {"decisions": decisions, "study": study} if decisions or study else None


def waiting_for_vote(proposal: Proposal) -> Present:
    entered = StepRecord.objects.of(proposal).filter(target=Stage.COSIGNED).order_by("-id").first()
    if entered is not None and entered.verb != "gather":
        return Present(_("要再问一次每户，社区接下来组织每户一票的表决。"))
    return Present(_("附议够了，社区接下来组织每户一票的表决。"))


def voting(proposal: Proposal) -> Present:
    motion = selectors.running_motion(proposal.number)
    if motion is None:
        return Present(_("投票已经结束。"))
    if motion.stage != MotionStage.OPEN:
        return Present(
            _("投票已经截止，正在核对纸票，最晚 %(by)s 公布结果。") % {"by": cn_until(motion.publish_by)},
            _("看有多少户投了票"),
            reverse("motion", args=[proposal.number]),
        )
    words = {"place": proposal.place.name, "end": cn_until(motion.closes_at)}
    text = _("%(place)s每户一票，%(end)s 截止。结果在截止后公布。") % words
    return Present(text, _("代表我家投票"), reverse("vote", args=[proposal.number]))


def consulting(proposal: Proposal) -> Present:
    coming = [each for each in once(selectors.meetings_of, proposal) if each.stage == MeetingStage.ANNOUNCED]
    if not coming:
        return Present(_("大家正在商量怎么做、钱从哪来、以后谁管。"))
    meeting = coming[0]
    words = {"at": cn_datetime(meeting.begins_at), "venue": meeting.venue}
    return Present(_("%(at)s 在%(venue)s开议事会。") % words, _("看议题"), meeting.get_absolute_url())


def deciding(proposal: Proposal) -> Present:
    motion = selectors.running_motion(proposal.number)
    if motion and motion.stage == MotionStage.OPEN:
        words = {"end": cn_until(motion.closes_at)}
        return Present(
            _("正在正式表决，每户一票，%(end)s 截止。") % words,
            _("代表我家投票"),
            reverse("vote", args=[proposal.number]),
        )
    study = selectors.study_of(proposal)
    if study is not None:
        return Present(_("%(who)s已经研究过这一版方案，接下来集体决议：办不办、几级办。") % {"who": study.who})
    acts = who_acts(proposal.place, Role.PARTY, today())
    who = _("党组织") if acts == Role.PARTY else _("%(who)s（代党组织）") % {"who": Role(acts).label}
    return Present(_("%(who)s先研究，然后集体决议：办不办、几级办。") % {"who": who})


def reserved(proposal: Proposal) -> Present:
    return Present(_("已列入储备库，有条件时再提出来议；到期没有复核的会失效。"))


def votes_to_cast(user: User) -> list[Task]:
    return [
        Task(
            title=motion.question,
            text=_("等您代表家里投票"),
            url=reverse("vote", args=[motion.proposal.number]),
            button=_("去投票"),
            until=motion.closes_at,
        )
        for motion in selectors.to_vote(user)
        if motion.proposal
    ]


def paper_to_handle(user: User) -> list[Task]:
    """Of who goes from door to door: the votes that take paper, and the sheets to read again."""
    tasks = [
        Task(
            title=motion.question,
            text=_("上门收纸票、登记"),
            url=reverse("paper", args=[motion.proposal.number]),
            button=_("去登记"),
            until=motion.closes_at,
        )
        for motion in selectors.taking_paper(user)
        if motion.proposal
    ]
    if sheet := selectors.to_confirm(user):
        motion = sheet.motion
        tasks.append(
            Task(motion.question, _("有纸票等您核对"), reverse("paper_confirm"), _("去核对"), motion.counting_until)
        )
    return tasks


def letters(user: User) -> list[Task]:
    """Of the street: check numbers that households without a phone wait for."""
    waiting = selectors.letters_to_print(user)
    if not waiting:
        return []
    words = _("%(n)d 户在等核对号信") % {"n": len(waiting)}
    return [Task(_("打印核对号信"), words, reverse("letters"), _("去打印"))]


MOST_OWN = 20


def votes_cast(user: User) -> list[Own]:
    """The matters on which this person spoke for a door. Not what was chosen, nor when: that is the ballot's page."""
    person = person_of(user)
    if person is None:
        return []
    lived = Residence.objects.filter(person=person, confirmed_at__isnull=False)
    units = rolls.units_with(person, lived.values_list("household", flat=True))
    cast = Ballot.objects.filter(unit__in=units, speaker=person).select_related("motion__proposal")
    rows = [(each.motion, each.slip_number, _("已投票")) for each in cast.order_by("-motion_id")[:MOST_OWN]]
    waiting = PaperBallot.objects.valid().filter(unit__in=units, unit__ballot=None, line__signer=person)
    waiting = waiting.select_related("unit__roll__motion__proposal", "line").order_by("-pk")
    rows += [(each.motion, each.slip_number, _("纸票已登记，等核对")) for each in waiting[:MOST_OWN]]
    return [
        Own(_("投票"), motion.question, text, reverse("receipt", args=[numbers.shown(slip)]), numbers.shown(slip))
        for motion, slip, text in rows
    ]


def by_slip(number: str) -> list[Found]:
    """A ballot by its slip: its page says to everybody whether it counts, and to its household what it says."""
    found = selectors.ballot_of(numbers.normal(number)) if numbers.is_number(number) else None
    return [Found(_("投票回执"), reverse("receipt", args=[numbers.shown(numbers.normal(number))]))] if found else []


register_own(votes_cast)
register_finder(by_slip)
register(Panel("votes", "deliberation/panel_votes.html", votes, (Motion,)))
register(Panel("consultation", "deliberation/panel_meeting.html", consultation, (WorkingGroup, Meeting)))
register(Panel("decision", "deliberation/panel_decision.html", decision, (Decision, PartyStudy)))
register_present(Stage.COSIGNED, waiting_for_vote)
register_present(Stage.VOTING, voting)
register_present(Stage.CONSULTING, consulting)
register_present(Stage.DECIDING, deciding)
register_present(Stage.RESERVED, reserved)
register_tasks(
    votes_to_cast,
    where="""EXISTS (
        SELECT FROM rolls_unit AS unit
        JOIN deliberation_motion AS motion ON motion.roll_id = unit.roll_id AND motion.stage = 'open'
        WHERE unit.household_id = me.door
          AND NOT EXISTS (SELECT FROM deliberation_ballot AS ballot WHERE ballot.unit_id = unit.id)
    )""",
)
register_tasks(paper_to_handle, where=HOLDS_A_POST, at_desk=True)
register_tasks(letters, where=HOLDS_A_POST, at_desk=True)
