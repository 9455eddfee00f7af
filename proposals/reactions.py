"""What time does to wishes and proposals, and the reactions that higher apps share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines.actions import follow, look_again, on, schedule
from minshi.deadlines.models import REMINDER, Deadline
from minshi.disclosure.models import Notice, Objection, Remark
from minshi.disclosure.rules import ANSWERERS, CALLERS
from minshi.disclosure.signals import (
    answered,
    corrected,
    lengthened,
    objected,
    read_alike,
    remarked,
    reopened_again,
    unread,
)
from minshi.lifecycle.machine import what_blocks_gate
from minshi.mydata.signals import Act, Opened, closing, forgetting, named_acts, naming
from minshi.notifications.actions import tell, tell_all, tell_doors, tell_role
from minshi.notifications.catalogue import Event
from minshi.paper.models import Line
from minshi.paper.signals import differs
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.policy.signals import period_moved
from minshi.residents.models import Person, Role, RoleGrant
from minshi.residents.signals import appointed, described, renamed
from minshi.territory.models import Household, Territory
from proposals import actions, told
from proposals.actions.looking import LOOK
from proposals.lifecycle import (
    CALLED,
    GATED,
    GROUP,
    JUDGED,
    PROPOSER,
    UNANSWERED,
    UNCONFIRMED,
    holder_place,
    period,
    reviewer_of,
    stepped_aside,
    street_or_district,
    superior_of,
)
from proposals.models import Call, CallStage, Look, Proposal, Question, Resource, ResourceRequest, Stage, Wish
from proposals.selectors import other_readers


def proposal_of(deadline: Deadline) -> Proposal:
    return Proposal.objects.select_related("place", "holder_place", "gate_notice").get(pk=deadline.subject_id)


def tell_superior(deadline: Deadline) -> None:
    """For stages without a consequence of their own."""
    proposal = proposal_of(deadline)
    actions.overdue(proposal, by=None)
    look_again(deadline, period(proposal.place, "supervision.days", now()).end)


def wait_another_day(deadline: Deadline) -> None:
    """The gate is still closed by an objection: look again at the end of the next working day.

    What the level above has to decide on is its own to be late with.
    """
    if actions.waits_above(proposal_of(deadline)):
        tell_superior(deadline)
        return
    actions.wait_for_gate(proposal_of(deadline), wakes_at=calendar.period_end(now(), working_days=1), by=None)


@on("stage:submitted")
def nobody_reviewed(deadline: Deadline) -> None:
    proposal = proposal_of(deadline)
    aside = stepped_aside(proposal)
    role, place = reviewer_of(proposal.place, proposal.proposer, after=proposal.holder_role, aside=aside)
    if (role, place) == (proposal.holder_role, proposal.holder_place):
        tell_superior(deadline)
    else:
        actions.climb(proposal, by=None)


@on("stage:returned")
@on("stage:cosigning")
def support_stayed_short(deadline: Deadline) -> None:
    """It lapses with its reason, in public (domain.md 4.4); lists of signatures are read before."""
    proposal = proposal_of(deadline)
    if proposal.stage == Stage.RETURNED:
        actions.advance(proposal, "lapse", by=None, reason=_("退回后没有在期限内修改"))
    elif not actions.lapse_if_short(proposal, by=None):
        _ask_readers(proposal, deadline)


def _ask_readers(proposal: Proposal, deadline: Deadline) -> None:
    """Lists still wait for a reader: look again within the policy's days; after those the street hears of it, too."""
    assert proposal.due_at
    days = int(str(policy.value("paper.second_reading_days", proposal.place)))
    end = calendar.period_end(proposal.due_at - timedelta(microseconds=1), working_days=days)
    next_look, is_late = calendar.period_end(now(), working_days=1), now() >= end
    title, url = _("纸质附议等核对：%(title)s") % {"title": proposal.title}, reverse("cosign_read")
    if is_late:
        place, url = holder_place(proposal.place, "street"), proposal.get_absolute_url()
        late = _("逾期：%(title)s") % {"title": title}
        tell_role(Role.CASE_OFFICER, place, late, url=url, event=told.COSIGN_UNREAD_LATE.name)
    tell_all(other_readers(proposal), title, url=reverse("cosign_read"), event=told.COSIGN_UNREAD.name)
    for role, level in ((Role.CLERK, "community"), (Role.CHIEF, "")):
        place = holder_place(proposal.place, level)
        tell_role(role, place, title, url=reverse("cosign_read"), event=told.COSIGN_UNREAD.name)
    schedule(
        proposal,
        deadline.kind,
        end,
        since=deadline.set_at,
        wakes_at=next_look if is_late else min(next_look, end),
        role=deadline.role,
        place_path=deadline.place_path,
        title=title,
        url=url,
        basis=deadline.basis,
    )


@on("stage:announced")
def the_notice_ended(deadline: Deadline) -> None:
    proposal = proposal_of(deadline)
    if what_blocks_gate(proposal, "open_handling"):
        wait_another_day(deadline)
    else:
        actions.open_handling(proposal, by=None)


@on("stage:handling")
def nobody_handled(deadline: Deadline) -> None:
    """Silence climbs by itself, 1 → 2 → 3; at tier 3 it comes under supervision."""
    proposal = proposal_of(deadline)
    if (proposal.tier or 1) < 3:
        actions.escalate(proposal, by=None)
    else:
        actions.supervise(proposal, by=None)
        look_again(deadline, period(proposal.place, "supervision.remind_days", now()).end)


@on("wish")
def nobody_answered(deadline: Deadline) -> None:
    wished = Wish.objects.select_related("place", "holder_place").get(pk=deadline.subject_id)
    if (wished.holder_role, wished.holder_place) == street_or_district(wished.place):
        actions.remind_of_wish(wished, by=None)
        again = ("urgent.onsite_hours", now(), "hours") if wished.urgent else ("supervision.days", now())
        look_again(deadline, period(wished.place, *again).end)
    else:
        actions.climb_wish(wished, by=None)


@on("question")
def nobody_answered_in_public(deadline: Deadline) -> None:
    rows = Question.objects.select_related("place", "holder_place", "proposal")
    asked = rows.get(pk=deadline.subject_id)
    if actions.climb_question(asked, by=None) is None:
        look_again(deadline, period(asked.place, "supervision.days", now()).end)


@on(CALLED)
def a_call_is_over(deadline: Deadline) -> None:
    """Its window has ended: it is judged; judged by nobody in time it is the office's above, which is asked again."""
    called = Call.objects.select_related("place", "holder_place").get(pk=deadline.subject_id)
    if called.stage == CallStage.OPEN:
        actions.close_call(called, by=None)
        return
    role, level = superior_of(called.holder_role)
    place = holder_place(called.place, level)
    if (role, place) != (called.holder_role, called.holder_place):
        actions.climb_call(called, role=role, place=place, by=None)
        return
    actions.overdue_call(called, by=None)
    look_again(deadline, period(called.place, "supervision.days", now()).end)


@on(JUDGED)
def nobody_said_otherwise(deadline: Deadline) -> None:
    actions.accept_silence(Wish.objects.select_related("place").get(pk=deadline.subject_id), by=None)


@on(UNCONFIRMED)
def nobody_confirmed(deadline: Deadline) -> None:
    offered = Resource.objects.select_related("place", "holder_place").get(pk=deadline.subject_id)
    if (offered.holder_role, offered.holder_place) == street_or_district(offered.place):
        actions.remind_of_resource(offered, by=None)
        look_again(deadline, period(offered.place, "supervision.days", now()).end)
    else:
        actions.climb_resource(offered, by=None)


@on(UNANSWERED)
def nobody_answered_the_request(deadline: Deadline) -> None:
    rows = ResourceRequest.objects.select_related("resource__place", "holder_place")
    asked = rows.get(pk=deadline.subject_id)
    if (asked.holder_role, asked.holder_place) == street_or_district(asked.territory):
        actions.remind_of_resource(asked, by=None)
        look_again(deadline, period(asked.territory, "supervision.days", now()).end)
    else:
        actions.climb_request(asked, by=None)


@on(LOOK)
def nobody_looked(deadline: Deadline) -> None:
    """Silence climbs: the street, then the district, where it stays due."""
    if not actions.climb_look(Look.objects.get(pk=deadline.subject_id), deadline, by=None):
        look_again(deadline, calendar.period_end(now(), working_days=1))


@receiver(corrected)
def the_gate_was_corrected(old: Notice, new: Notice, **kwargs: Any) -> None:
    """A correction is a new notice with a new period: the gate, and the stage that waits for it, follow it."""
    proposal = Proposal.objects.select_related("holder_place").filter(gate_notice=old).first()
    if proposal is not None:
        actions.follow_gate(proposal, new, by=None)


@receiver(lengthened)
def the_gate_ends_later(notice: Notice, **kwargs: Any) -> None:
    proposal = Proposal.objects.select_related("holder_place").filter(gate_notice=notice).first()
    if proposal is not None:
        actions.follow_notice(proposal, notice, by=None)


@receiver(reopened_again)
def a_third_objected_twice(notice: Notice, **kwargs: Any) -> None:
    """To the same content: it stays where it is, and the level above decides (domain.md 4)."""
    proposal = Proposal.objects.select_related("place", "holder_place").filter(gate_notice=notice).first()
    if proposal is not None and proposal.stage in GATED:
        actions.ask_above(proposal, notice, by=None)


@receiver(answered)
def somebody_was_answered(objection: Objection, **kwargs: Any) -> None:
    asked, notice = _objector(objection), objection.notice
    door = objection.household_id or objection.door_id
    if asked:
        title = _("您的异议有答复了")
        tell(asked, title, notice.title, notice.get_absolute_url(), event=told.OBJECTION_ANSWERED.name)
    elif door:
        _tell_household(objection, door, _("您家的异议有答复了"), told.OBJECTION_ANSWERED)


def _objector(objection: Objection) -> User | None:
    return objection.by or (objection.speaker.user if objection.speaker else None)


@receiver(remarked)
def somebody_called_it_a_remark(remark: Remark, **kwargs: Any) -> None:
    """In force, who objected hears of it and who has to answer all the same; before that, who is to confirm it."""
    objection, url = remark.objection, remark.objection.get_absolute_url()
    place, words = objection.notice.place, {"title": objection.notice.title}
    event = told.OBJECTION_REMARKED.name if remark.is_in_force else told.REMARK_PROPOSED.name
    if remark.dropped_at:
        tell(remark.by, _("另一位不同意记为意见建议：%(title)s") % words, remark.reason, url, event=event)
    elif not remark.is_in_force:
        title = _("请另一位确认记为意见建议：%(title)s") % words
        tell_role(CALLERS[remark.level][0], place, title, remark.reason, url, event=event)
    else:
        if asked := _objector(objection):
            said = {"who": remark.who, "reason": remark.reason}
            text = _("%(who)s认为不挡下一步，照样答复。理由：%(reason)s") % said
            tell(asked, _("您的异议记为意见建议：%(title)s") % words, text, url, event=event)
        title = _("异议记为意见建议，照样要答复：%(title)s") % words
        tell_role(ANSWERERS[objection.level][0], place, title, remark.reason, url, event=event)


def _tell_household(objection: Objection, door: int, title: str, event: Event) -> None:
    url = objection.get_absolute_url()
    tell_doors([door], title, objection.notice.title, url, asked=False, then=objection.at, event=event.name)


@receiver(objected)
def somebody_objected_for_a_household(objection: Objection, household: Household | None, **kwargs: Any) -> None:
    """Each act entered for a household is told to it."""
    if objection.entered_by and household:
        title = _("已替您家登记%(channel)s提出的异议") % {"channel": objection.get_channel_display()}
        _tell_household(objection, household.pk, title, told.PAPER_OBJECTION)


@receiver(read_alike)
def a_sheet_was_read_alike(objection: Objection, **kwargs: Any) -> None:
    if objection.household_id:
        title = _("您家的书面异议已经两个人核对，按一户计")
        _tell_household(objection, objection.household_id, title, told.OBJECTION_READ)


@receiver(differs)
def a_sheet_was_read_differently(line: Line, **kwargs: Any) -> None:
    """A list of signatures, or an objection; whatever else is on paper asks in its own app."""
    if line.cosigns.exists():
        actions.ask_third(line, reverse("cosign_read"))
    elif hasattr(line, "objection"):
        actions.ask_third(line, reverse("objection_read"), Role.CLERK, Role.PARTY, Role.SUPERVISOR, Role.CASE_OFFICER)


@receiver(unread)
def nobody_read_the_sheet(objection: Objection, role: str, place: Territory, **kwargs: Any) -> None:
    title = _("到期没有核对：%(title)s") % {"title": objection.notice.title}
    words, url = _("书面异议要由另一位核对"), reverse("objection_read")
    tell_role(role, place, title, words, url, event=told.OBJECTION_UNREAD.name, matter=f"objection:{objection.pk}")


@receiver(period_moved)
def the_calendar_was_published(deadline: Deadline, **kwargs: Any) -> None:
    """What was provisional has its day now; the row that shows it follows."""
    if deadline.kind.startswith("stage:") and deadline.subject_type == "proposals.proposal":
        actions.follow_calendar(deadline.subject_id, deadline.due, by=None)
    elif deadline.kind == "question":
        actions.follow_calendar_of_question(deadline.subject_id, deadline.due, by=None)
    elif deadline.kind == CALLED:
        follow(Call, deadline)
    elif deadline.kind in ("wish", JUDGED):
        actions.follow_calendar_of_wish(deadline.subject_id, deadline.due, by=None)
    elif deadline.kind in (UNCONFIRMED, UNANSWERED):
        thing = Resource if deadline.kind == UNCONFIRMED else ResourceRequest
        actions.follow_calendar_of_resource(thing, deadline.subject_id, deadline.due, by=None)


@receiver(appointed, sender=RoleGrant)
def somebody_else_holds_the_post(held: RoleGrant, **kwargs: Any) -> None:
    """A project's page is kept and names its holder, or who stands in."""
    actions.note_new_holder(held.place)


@receiver(described, sender=Territory)
def the_office_has_another_number(place: Territory, **kwargs: Any) -> None:
    actions.note_new_phone(place)


@receiver(renamed, sender=Territory)
def the_place_is_called_otherwise(place: Territory, **kwargs: Any) -> None:
    actions.note_new_name(place)


@on(REMINDER)
def remind(deadline: Deadline) -> None:
    """Before the time is up, whoever holds it hears of it once more."""
    title = _("快到期：%(title)s") % {"title": deadline.title}
    if deadline.role in (PROPOSER, GROUP):
        tell(_project_under(deadline).proposer, title, url=deadline.url, event=told.REMINDER.name)
    elif deadline.role and (place := Territory.objects.filter(path=deadline.place_path).first()):
        tell_role(deadline.role, place, title, url=deadline.url, event=told.REMINDER.name)


def _project_under(deadline: Deadline) -> Proposal:
    """The project itself, or that of a question its proposer is to answer."""
    if deadline.subject_type != Question._meta.label_lower:
        return proposal_of(deadline)
    return Proposal.objects.get(questions=deadline.subject_id)


@receiver(forgetting, sender=Person)
def a_wisher_is_forgotten(person: Person, **kwargs: Any) -> None:
    actions.forget_wisher(person, by=None)


@receiver(closing, sender=User)
def an_offerer_is_gone(user: User, **kwargs: Any) -> None:
    """Nobody asks, and waits for an answer, of whoever cannot give one any more."""
    actions.forget_offerer(user, by=None)


@receiver(forgetting, sender=Person)
def what_they_were_writing_is_forgotten(person: Person, **kwargs: Any) -> None:
    actions.forget_drafts_of(person, by=None)


@receiver(named_acts, sender=Person)
def what_they_said_in_public(person: Person, **kwargs: Any) -> list[Act]:
    return actions.acts_of(person)


@receiver(naming, sender=Person)
def what_they_said_is_named(act: str, subject: int, person: Person, **kwargs: Any) -> Opened | None:
    return actions.opened(act, subject, person)


@receiver(forgetting, sender=Person)
def their_names_are_forgotten(person: Person, **kwargs: Any) -> None:
    actions.forget_named(person, by=None)
