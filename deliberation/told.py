"""What people are told of votes, meetings and decisions."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deliberation.models import Meeting, Motion
from deliberation.selectors import counters_waited_for, members_of, other_readers
from minshi.accounts.models import User
from minshi.faces.words import cn_datetime, cn_until
from minshi.lifecycle.models import StepRecord
from minshi.notifications.catalogue import Audience, Doors, Event, Heard, Lines, Post, Told, ToldBy, Unheard, Way
from minshi.residents.models import Role
from minshi.rolls.models import Share, UnitKind
from proposals.told import CLERK, HOLDER, IN_YOUR_NAME, PROPOSER, SUPPORTERS, TO_END, project, project_named

# --- The whole way --------------------------------------------------------------------------------

STAGES = project(
    Unheard("open_vote", "the motion's own opening tells its electorate"),
    Told("pass_vote", PROPOSER, _("居民表决通过：%(title)s"), _("接下来由社区组织民主商议")),
    Told("pass_vote", HOLDER, _("请组织民主商议：%(title)s"), _("居民表决通过，请在 %(due)s 前商定方案")),
    Told("fail_vote", PROPOSER, _("居民表决没有通过：%(title)s"), _("票数和结果已经公布")),
    Told("agree_plan", PROPOSER, _("方案已经商定：%(title)s"), _("接下来作集体决议")),
    Told("agree_plan", HOLDER, _("请研究并作集体决议：%(title)s"), _("请在 %(due)s 前办理")),
    ToldBy("decide", ("decision.made",)),
    ToldBy("reserve", ("decision.made",)),
    ToldBy("refuse", ("decision.made",)),
    Told("refuse", SUPPORTERS, _("您附议的“%(title)s”没有通过集体决议"), "%(reason)s"),
    ToldBy("refuse_with_money", ("decision.made",)),
    Told("refuse_with_money", HOLDER, *TO_END),
    Told("fail_vote_with_money", PROPOSER, _("居民表决没有通过：%(title)s"), _("已经有钱或合同，转入了结")),
    Told("fail_vote_with_money", HOLDER, *TO_END),
    Told("no_plan", PROPOSER, _("议事会没有商定：%(title)s"), "%(reason)s"),
    Told("no_plan", HOLDER, _("请再安排商议：%(title)s"), "%(reason)s"),
    Told("vote_again", PROPOSER, _("回到居民表决：%(title)s"), "%(reason)s"),
    Told("vote_again", HOLDER, _("请安排居民表决：%(title)s"), "%(reason)s"),
    Told("not_agree", PROPOSER, _("多次商议没有商定：%(title)s"), "%(reason)s"),
    Told("not_agree", SUPPORTERS, _("您附议的“%(title)s”多次商议没有商定"), "%(reason)s"),
    Told("not_agree_with_money", PROPOSER, _("多次商议没有商定，转入了结：%(title)s"), "%(reason)s"),
    Told("not_agree_with_money", HOLDER, *TO_END),
    Told("consult_again", PROPOSER, _("退回重新商议：%(title)s"), "%(reason)s"),
    Told("consult_again", HOLDER, _("请重新组织商议：%(title)s"), "%(reason)s"),
    Told("take_up", PROPOSER, _("从储备库提出再议：%(title)s"), "%(reason)s"),
    Told("take_up", HOLDER, _("请研究并作集体决议：%(title)s"), _("请在 %(due)s 前办理")),
    Told("keep_reserved", PROPOSER, _("复核后继续留在储备库：%(title)s"), "%(reason)s"),
    Told("lapse_reserved", PROPOSER, _("储备到期失效：%(title)s"), "%(reason)s"),
    Told("lapse_reserved", SUPPORTERS, _("您附议的“%(title)s”储备到期失效"), "%(reason)s"),
    Told("reconsider", PROPOSER, _("公示期内异议多，要重新商议：%(title)s"), "%(reason)s"),
    Told("reconsider", HOLDER, _("要重新商议：%(title)s"), "%(reason)s"),
)

# --- Votes ------------------------------------------------------------------------------------------


def _electorate(motion: Motion, record: StepRecord) -> Heard:
    """Whoever may speak for a unit: of a household its representative, else its adults."""
    units = motion.roll.units
    if motion.roll.kind == UnitKind.HOUSEHOLD:
        return Doors(list(units.values_list("household", flat=True)))
    who = Q(person__in=units.values("person")) | Q(
        person__ownerships__in=Share.objects.filter(unit__roll=motion.roll).values("ownership")
    )
    return User.objects.filter(who, is_active=True).distinct()


def _motion_facts(motion: Motion, record: StepRecord) -> dict[str, Any]:
    return {
        "question": motion.question,
        "end": cn_until(motion.closes_at),
        "by": cn_until(motion.publish_by),
        "outcome": _("通过") if motion.passed else _("没有通过"),
    }


def _to_vote(motion: Motion) -> str:
    return reverse("vote", args=[motion.proposal.number]) if motion.proposal else motion.get_absolute_url()


def _to_read(motion: Motion) -> str:
    return reverse("paper_confirm")


def _to_count(motion: Motion) -> str:
    return reverse("admin:deliberation_motion_change", args=[motion.pk])


def _weighs_areas(motion: Motion, record: StepRecord) -> bool:
    return motion.by_area


def _has_paper(motion: Motion, record: StepRecord) -> bool:
    return motion.roll.units.filter(papers__is_void=False).exists()


READ_AGAIN = (_("纸票等您核对：%(question)s"), _("请在 %(by)s 前核对，登记的人不核对自己登记的"))
READING_DUE = _("纸票等第二个人核对")
CHIEF = Audience(_("楼栋长"), lambda motion, record: Post(Role.CHIEF, motion.territory))
OTHERS = Audience(_("接着核对纸票的人，没有别的楼栋长和社区工作人员时"), lambda motion, record: other_readers(motion))
COUNTERS = Audience(_("可以复核面积的人"), lambda motion, record: counters_waited_for(motion))
ELECTORATE = Audience(_("有票的人：户代表，没有的每位成年人"), _electorate)

MOTIONS = Lines(
    "deliberation.motion",
    (
        Told(
            "open",
            ELECTORATE,
            _("请投票：%(question)s"),
            _("到 %(end)s 截止，每户一票"),
            way=Way.BOTH,
            right=_("投票有截止时间"),
            until=lambda motion: motion.closes_at,
            url=_to_vote,
        ),
        Unheard("close", "counting begins in the same moment and tells the clerk"),
        Told("count", CLERK, _("请计票并公布：%(question)s"), _("投票已经截止，请在 %(by)s 前公布结果")),
        Told("count", CHIEF, *READ_AGAIN, way=Way.BOTH, right=READING_DUE, url=_to_read, when=_has_paper),
        Told("count", CLERK, *READ_AGAIN, way=Way.BOTH, right=READING_DUE, url=_to_read, when=_has_paper),
        Told("count", OTHERS, *READ_AGAIN, way=Way.BOTH, right=READING_DUE, url=_to_read, when=_has_paper),
        Told(
            "count",
            COUNTERS,
            _("请复核面积：%(question)s"),
            _("两位各自加一遍，%(by)s 前；加完才能公布"),
            url=_to_count,
            when=_weighs_areas,
        ),
        Told("publish", ELECTORATE, _("结果：%(outcome)s。%(question)s"), _("可以核对自己的回执")),
    ),
    facts=_motion_facts,
    url=Motion.get_absolute_url,
    about=lambda motion: project_named(motion.proposal) if motion.proposal else "",
)

# --- Meetings ---------------------------------------------------------------------------------------


def _invited(meeting: Meeting, record: StepRecord) -> Heard:
    members = [member.user for member in members_of(meeting.proposal) if not member.on_paper]
    return [*members, meeting.proposal.proposer]


def _invited_on_paper(meeting: Meeting, record: StepRecord) -> Heard:
    signed = [member.household_id for member in members_of(meeting.proposal) if member.on_paper]
    return Doors([door for door in signed if door], asked=False)


INVITED_ON_PAPER = Audience(_("小组里没有账号的人那一户"), _invited_on_paper)
INVITED = Audience(_("居民小组和提议人"), _invited)

MEETINGS = Lines(
    "deliberation.meeting",
    (
        Told("announce", INVITED, _("开会通知：%(title)s"), "%(when)s %(venue)s"),
        Told("announce", INVITED_ON_PAPER, _("开会通知，请转告您家选入小组的人：%(title)s"), "%(when)s %(venue)s"),
        Told("record", INVITED, _("议事会纪要已公布：%(title)s")),
        Told("call_off", INVITED, _("会议没有开成：%(title)s"), "%(reason)s"),
    ),
    facts=lambda meeting, record: {
        "title": meeting.proposal.title,
        "when": cn_datetime(meeting.begins_at),
        "venue": meeting.venue,
    },
    url=Meeting.get_absolute_url,
    matter=lambda meeting: f"project:{meeting.proposal_id}",
    about=lambda meeting: project_named(meeting.proposal),
)

# --- What is no step ----------------------------------------------------------------------------------

DECISION = Event("decision.made", _("提议人"))
CHOSEN_ON_PAPER = Event("group.chosen_on_paper", _("选入居民小组、没有账号的人那一户"))
CHOSEN = Event("group.chosen", _("选入居民小组的人"))
# A door without a phone has the slip that is handed over when its sheet is registered; that it was entered comes onto
# the chief's list at the next fixed hour, so that the list tells no minute.
PAPER_BALLOT = Event("ballot.on_paper", _("交纸票那一户的成年人"), Way.BOTH, IN_YOUR_NAME)
LETTER_ASKED = Event("letter.asked", _("替他家申请核对号信的那一户"), Way.BOTH, IN_YOUR_NAME)
LATE = Event("deliberation.late", _("承办人和上一级"))
