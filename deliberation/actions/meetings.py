"""The working group, the meeting and its minutes, and the plan it agrees on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import TypedDict

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Max
from django.utils.translation import gettext as _
from rules import has_perm

from deliberation import rules, selectors, told
from deliberation.actions.exits import note_no_plan
from deliberation.models import (
    Attendance,
    Meeting,
    MeetingStage,
    Member,
    Party,
    Plan,
    Resolution,
    WorkingGroup,
)
from minshi.accounts.models import User
from minshi.clock import now
from minshi.disclosure.actions import post
from minshi.disclosure.models import Kind as NoticeKind
from minshi.faces.words import cn_datetime, cn_until, threshold
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action, just_said
from minshi.lifecycle.machine import begin, lock, refuse_elsewhere, take
from minshi.masking import mask_name, mask_text
from minshi.notifications.actions import tell_all, tell_doors
from minshi.paper import actions as paper
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused
from minshi.residents.actions import stand_for
from minshi.residents.rules import home_of, person_of
from minshi.rolls.selectors import reached
from minshi.territory.models import Household
from proposals.actions import advance, in_public, new_version, note_on_card
from proposals.models import ENDED, Proposal, Source, Stage


class Vote(TypedDict):
    """A motion put to the meeting and how those present voted."""

    text: str
    agree: int
    against: int
    abstain: int


@action
def choose_group(
    proposal: Proposal,
    *,
    members: Iterable[User],
    lead: User | None,
    how: str,
    on_paper: Iterable[tuple[Household, str]] = (),
    photo: UploadedFile | None = None,
    by: User | None,
) -> WorkingGroup:
    """Write down whom the residents chose; a group chosen before ends. It later becomes the project group.

    ``on_paper`` are people without an account, each a door and a name that stand on the sheet of the ``photo``; the
    clear name is kept in the register alone. Without ``lead`` the first of them leads.
    """
    lock(proposal)
    if by is not None and not has_perm("deliberation.run", by, proposal):
        raise NotAllowed(_("只有本社区工作人员可以登记居民小组"))
    doors = {user: _door_of(user) for user in [lead, *members] if user is not None}
    signed = list(on_paper)
    _refuse_paper(proposal, signed, photo, by)
    named = {stand_for(door, name, by=by): door for door, name in signed if by}
    chosen = [*doors, *(user for user in named if user not in doors)]
    _refuse_group(proposal, doors | named, how)
    standing = proposal.groups.filter(ended_at=None, formed_by=by, sheet=None)
    again = just_said(standing, "formed_at", how=mask_text(how.strip()))
    if again and not signed and {*again.members.values_list("user", flat=True)} == {user.pk for user in chosen}:
        return again
    proposal.groups.filter(ended_at=None).update(ended_at=now())
    sheet = paper.register(proposal.place, [], about=proposal.title, stub=photo, by=by) if signed and by else None
    group = WorkingGroup.objects.create(proposal=proposal, how=mask_text(how.strip()), sheet=sheet, formed_by=by)
    first = lead or chosen[0]
    Member.objects.bulk_create(
        Member(
            group=group,
            user=user,
            household=(doors | named)[user],
            on_paper=user in named,
            name_public=_public_name(user),
            is_lead=user == first,
        )
        for user in chosen
    )
    title, url = _("您已选入居民小组：%(title)s") % {"title": proposal.title}, proposal.get_absolute_url()
    tell_all([user for user in chosen if user not in named], title, url=url, event=told.CHOSEN.name)
    if named:
        home = _("您家有人选入居民小组：%(title)s") % {"title": proposal.title}
        tell_doors([door.pk for door in named.values()], home, url=url, asked=False, event=told.CHOSEN_ON_PAPER.name)
    note_on_card(proposal)
    return group


def _door_of(user: User) -> Household | None:
    home = home_of(user)
    return home.household if home else None


def _refuse_paper(
    proposal: Proposal, signed: list[tuple[Household, str]], photo: UploadedFile | None, by: User | None
) -> None:
    if not signed:
        return
    if by is None or photo is None:
        raise Refused(photo=_("请拍下居民签名的推选表，没有账号的人以它为凭"))
    outside = [door for door, _name in signed if not proposal.place.contains(door.place)]
    if outside:
        raise Refused(on_paper=_("小组成员要住在这里：%(doors)s 不在") % {"doors": "、".join(d.door for d in outside)})


def _refuse_group(proposal: Proposal, chosen: Mapping[User, Household | None], how: str) -> None:
    if proposal.stage in (Stage.SUBMITTED, Stage.RETURNED, Stage.COSIGNING, *ENDED):
        raise Refused(_("现在是“%(stage)s”，还不能成立居民小组") % {"stage": Stage(proposal.stage).label})
    least = int(str(policy.value("group.minimum", proposal.place)))
    if why := rules.why_not_that_many(proposal, [door.pk for door in chosen.values() if door], len(chosen), least):
        raise Refused(members=why)
    if not all(door and proposal.place.contains(door.place) for door in chosen.values()):
        raise Refused(members=_("小组成员要是住在这里、住户身份已核实的居民"))
    if not how.strip():
        raise Refused(how=_("请写明怎么选出来的，例如什么时候、多少户推选"))


def _public_name(user: User) -> str:
    person = person_of(user)
    return mask_name(person.name) if person else _("居民")


@action
def post_agenda(proposal: Proposal, *, begins_at: datetime, venue: str, agenda: str, by: User | None) -> Meeting:
    """Announce a meeting and what it will vote on, so many working days before (policy row 5)."""
    lock(proposal)
    _refuse_agenda(proposal, begins_at, venue, agenda)
    terms = policy.terms(["meeting.quorum", "meeting.threshold"], proposal.place)
    notice = post(
        kind=NoticeKind.AGENDA,
        title=_("关于商议“%(title)s”的议题公告") % {"title": proposal.title},
        place=proposal.place,
        body=agenda,
        table=[(_("时间"), cn_datetime(begins_at)), (_("地点"), venue)],
        basis=_("议题会前公告，未公告的不表决"),
        link=proposal.get_absolute_url(),
        by=by,
    )
    meeting = Meeting(
        proposal=proposal,
        ordinal=(proposal.meetings.aggregate(last=Max("ordinal"))["last"] or 0) + 1,
        begins_at=begins_at,
        venue=mask_text(venue.strip()),
        agenda=mask_text(agenda.strip()),
        agenda_notice=notice,
        announced_by=by,
        quorum=str(terms["meeting.quorum"]),
        threshold=str(terms["meeting.threshold"]),
    )
    meeting.save(force_insert=True)
    begin(meeting, "announce", by=by)
    note_on_card(proposal)
    return meeting


def _refuse_agenda(proposal: Proposal, begins_at: datetime, venue: str, agenda: str) -> None:
    if proposal.stage != Stage.CONSULTING:
        raise Refused(_("现在是“%(stage)s”，不能公告议事会议题") % {"stage": Stage(proposal.stage).label})
    if selectors.group_of(proposal) is None:
        raise Refused(_("请先推选居民小组，由他们来组织商议"))
    if proposal.meetings.filter(stage=MeetingStage.ANNOUNCED, begins_at=begins_at).exists():
        raise Refused(begins_at=_("这个时间的议事会已经公告过了"))
    days = int(str(policy.value("agenda.days", proposal.place)))
    earliest = calendar.period_end(now(), working_days=days)
    wrong = {}
    if begins_at < earliest:
        wrong["begins_at"] = _("议题要提前 %(days)d 个工作日公告，最早可以在 %(end)s 以后开会") % {
            "days": days,
            "end": cn_until(earliest),
        }
    if not venue.strip():
        wrong["venue"] = _("请写明在哪里开会")
    if not agenda.strip():
        wrong["agenda"] = _("请写明要商议和表决什么")
    if wrong:
        raise Refused(**wrong)


@action
def call_off(meeting: Meeting, *, reason: str, by: User | None) -> Meeting:
    """The meeting did not take place."""
    lock(meeting.proposal)
    take(meeting, "call_off", by=by, reason=reason)
    note_no_plan(meeting, by=None)
    note_on_card(meeting.proposal)
    return meeting


@action
def record_minutes(
    meeting: Meeting,
    *,
    chair: str,
    expected: int,
    present: int,
    parties: Mapping[str, str],
    minutes: str,
    resolutions: Iterable[Vote] = (),
    dissent: str = "",
    by: User | None,
) -> Meeting:
    """Publish what was said and voted. ``parties``: each party that came → who spoke for it (public text).

    Without enough people nothing is voted; what passes is what more than half of those present agree to.
    """
    lock(meeting.proposal)
    lock(meeting)
    refuse_elsewhere(meeting, "record")
    votes = [vote for vote in resolutions if vote["text"].strip()]
    _refuse_minutes(meeting, chair=chair, expected=expected, present=present, minutes=minutes, votes=votes)
    hidden = partial(in_public, place=meeting.proposal.place, author=meeting.proposal.proposer)
    Attendance.objects.bulk_create(
        Attendance(meeting=meeting, party=party, came=party in parties, who=hidden(parties.get(party, "").strip()))
        for party in Party.values
    )
    Resolution.objects.bulk_create(
        Resolution(
            meeting=meeting,
            ordinal=ordinal,
            present=present,
            passed=reached(vote["agree"], present, meeting.threshold) and vote["agree"] > vote["against"],
            **{**vote, "text": hidden(vote["text"].strip())},
        )
        for ordinal, vote in enumerate(votes, start=1)
    )
    text = hidden(minutes.strip())
    notice = post(
        kind=NoticeKind.MINUTES,
        title=_("“%(title)s”议事会纪要") % {"title": meeting.proposal.title},
        place=meeting.proposal.place,
        body=text,
        table=[
            (_("时间"), cn_datetime(meeting.begins_at)),
            (_("地点"), meeting.venue),
            (_("到会"), f"{present} / {expected}"),
        ],
        link=meeting.proposal.get_absolute_url(),
        by=by,
    )
    take(
        meeting,
        "record",
        by=by,
        evidence={"expected": expected, "present": present, "resolutions": len(votes)},
        setting={
            "chair": hidden(chair.strip()),
            "expected": expected,
            "present": present,
            "minutes": text,
            "dissent": hidden(dissent.strip()),
            "recorded_by": by,
            "minutes_notice": notice,
        },
    )
    note_no_plan(meeting, by=None)
    note_on_card(meeting.proposal)
    return meeting


def _refuse_minutes(
    meeting: Meeting, *, chair: str, expected: int, present: int, minutes: str, votes: list[Vote]
) -> None:
    if meeting.stage == MeetingStage.ANNOUNCED and now() < meeting.begins_at:
        raise Refused(_("会议 %(at)s 才开，还不能写纪要") % {"at": cn_datetime(meeting.begins_at)})
    wrong = {}
    if not chair.strip():
        wrong["chair"] = _("请写明主持人")
    if not 0 < present <= expected:
        wrong["present"] = _("实到至少 1 人，不多于应到人数")
    elif votes and not reached(present, expected, meeting.quorum):
        wrong["present"] = _("到会没有达到%(words)s（要 %(least)d 人），不能表决；可以只写纪要") % {
            "words": threshold(meeting.quorum),
            "least": rules.needed(expected, meeting.quorum),
        }
    if not minutes.strip():
        wrong["minutes"] = _("请写明商议的经过和结论")
    for vote in votes:
        if vote["agree"] + vote["against"] + vote["abstain"] > present:
            wrong["resolutions"] = _("“%(text)s”的票数加起来超过了到会人数") % {"text": vote["text"]}
    if wrong:
        raise Refused(**wrong)


@action
def agree_plan(
    meeting: Meeting,
    *,
    resolution: Resolution,
    text: str,
    cost_fen: int,
    shares: Mapping[str, int],
    keeper: str,
    suppliers: str = "",
    by: User | None,
) -> Plan:
    """What a passed resolution agreed on becomes the proposal's next version, and the proposal goes on to its decision.

    ``shares`` in fen by ``Source`` make up the whole cost.
    """
    proposal = meeting.proposal
    lock(proposal)
    refuse_elsewhere(proposal, "agree_plan")
    given = {source: fen for source, fen in shares.items() if fen}
    _refuse_plan(meeting, resolution, text, cost_fen, given, keeper)
    version = new_version(
        proposal,
        why=_("第 %(ordinal)d 次议事会商定的方案") % {"ordinal": meeting.ordinal},
        minutes_url=meeting.get_absolute_url(),
        plan=mask_text(text.strip()),
        cost_fen=cost_fen,
        shares=given,
        keeper=mask_text(keeper.strip()),
        by=by,
    )
    plan = Plan.objects.create(
        meeting=meeting,
        resolution=resolution,
        text=version.plan,
        cost_fen=cost_fen,
        shares=given,
        keeper=version.keeper,
        suppliers=mask_text(suppliers.strip()),
        version=version,
    )
    advance(
        proposal,
        "agree_plan",
        by=by,
        evidence={"meeting": meeting.ordinal, "version": version.number, "resolution": resolution.ordinal},
    )
    return plan


def _refuse_plan(
    meeting: Meeting, resolution: Resolution, text: str, cost_fen: int, shares: dict[str, int], keeper: str
) -> None:
    if meeting.stage != MeetingStage.RECORDED:
        raise Refused(_("请先公布这次会议的纪要"))
    if resolution.meeting_id != meeting.pk or not resolution.passed:
        raise Refused(resolution=_("方案要有会上通过的动议"))
    wrong = {}
    if not text.strip():
        wrong["text"] = _("请写明商定的方案")
    if cost_fen <= 0:
        wrong["cost_fen"] = _("请写明预算")
    elif sum(shares.values()) != cost_fen:
        wrong["cost_fen"] = _("各方出资合计 %(sum)s 元，和预算 %(cost)s 元对不上") % {
            "sum": format_yuan(sum(shares.values())),
            "cost": format_yuan(cost_fen),
        }
    if set(shares) - set(Source.values) or any(fen < 0 for fen in shares.values()):
        wrong["shares"] = _("出资来源不对")
    if not keeper.strip():
        wrong["keeper"] = _("请写明建好后谁来管")
    if wrong:
        raise Refused(**wrong)
