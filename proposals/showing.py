"""What this app shows on its own pages where higher apps show theirs: the present stage, tasks of a person."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice
from minshi.disclosure.selectors import to_read
from minshi.faces.words import cn_until
from minshi.lifecycle.models import StepRecord
from minshi.residents import speaking
from minshi.residents.models import ORGANISERS
from minshi.residents.rules import home_of, roles_of
from minshi.residents.waiting import CLAIM
from proposals import selectors
from proposals.actions import cosigns_needed
from proposals.lifecycle import waits_for
from proposals.models import Cosign, Proposal, Stage, Version
from proposals.panels import Present, Task, present_of, register_tasks


def present_at(moment: datetime, proposal: Proposal, version: Version, records: list[StepRecord]) -> Present:
    """What to say of the present stage; once its notice is over nobody is asked to object any more."""
    notice = proposal.gate_notice
    if notice is not None and waits_for(proposal, notice.kind) and notice.ends_at <= moment:
        return _after(notice)
    return present_of(proposal) or present(proposal, version, records)


def _after(notice: Notice) -> Present:
    facts = {"kind": notice.get_kind_display(), "end": cn_until(notice.ends_at)}
    said = [_("%(kind)s %(end)s 已经期满。") % facts]
    if notice.objections_open:
        said.append(_("还有 %(n)d 条异议没有答复，答复以后才能办下一步。") % {"n": notice.objections_open})
    if notice.objections_unread:
        said.append(_("还有 %(n)d 张书面异议没有核对，核对以后才能办下一步。") % {"n": notice.objections_unread})
    if len(said) == 1:
        said.append(_("异议都已答复。") if notice.objections_total else _("没有收到异议。"))
    return Present("".join(said), _("看公示"), notice.get_absolute_url())


MOST_CLAIMS = 99


def present(proposal: Proposal, version: Version, records: list[StepRecord]) -> Present:
    """What to say of a stage that no higher app speaks for."""
    stage = Stage(proposal.stage)
    if proposal.is_ended and stage != Stage.ARCHIVED and records:
        return Present(f"“{records[-1].reason}”" if records[-1].reason else "")
    if stage == Stage.COSIGNING:
        needed = cosigns_needed(proposal)
        told = _("受益的住户可以附议，一户算一次。已附议 %(n)d 户，需要 %(needed)d 户。")
        text = told % {"n": proposal.card.cosigns, "needed": needed}
        return Present(text, _("代表我家附议"), reverse("cosign", args=[proposal.number]))
    if stage == Stage.ANNOUNCED and proposal.gate_notice:
        text = _("公示期满、异议都答复以后，分级派单办理。有不同意见现在就提。")
        return Present(text, _("看公示、提意见"), proposal.gate_notice.get_absolute_url())
    said = {
        Stage.SUBMITTED: _("正在初审；没有按期答复，自动转上一级。"),
        Stage.RETURNED: _("提议人正在修改。"),
        Stage.HANDLING: _("承办人正在办理；逾期没有办，自动转上一级。"),
        Stage.ARCHIVED: _("这件事已经办完归档。"),
    }
    return Present(said.get(stage, ""))


def reviews(user: User) -> list[Task]:
    """The chief's queue as one task."""
    if not any(held.role in ORGANISERS for held in roles_of(user)) or not (waiting := selectors.to_review(user)):
        return []
    text = _("%(n)d 件提议等您初审，一件一件看") % {"n": len(waiting)}
    return [Task(_("初审"), text, reverse("review_queue"), _("开始审"), waiting[0].due_at)]


def to_confirm(user: User) -> list[Task]:
    """Who says they live where this person is an organiser, as one task with a queue of its own."""
    held = [(held.role, held.path) for held in roles_of(user) if held.role in ORGANISERS]
    claims = Deadline.objects.waiting_for(held).filter(kind=CLAIM).order_by("due") if held else Deadline.objects.none()
    if not (waiting := list(claims[:MOST_CLAIMS])):
        return []
    text = _("%(n)d 位新登记的住户等您确认") % {"n": len(waiting)}
    return [Task(_("确认住户"), text, reverse("confirm_residents"), _("去确认"), waiting[0].due)]


def objections_to_read(user: User) -> list[Task]:
    """Sheets of objections that another has taken in."""
    if (objection := to_read(user)) is None:
        return []
    text, title = _("有书面异议等您核对"), objection.notice.title
    return [Task(title, text, reverse("objection_read"), _("去核对"), objection.due_at)]


def to_cosign(user: User) -> list[Task]:
    """Proposals of my place that wait for co-signatures my household has not given."""
    home = home_of(user)
    if home is None or speaking.why_not(user, any_adult=True, act=""):
        return []
    places = home.household.place.ancestor_paths()
    waiting = (
        Proposal.objects.filter(stage=Stage.COSIGNING, place__path__in=places)
        .exclude(pk__in=Cosign.objects.standing().filter(household=home.household_id).values("proposal"))
        .order_by("due_at")[:10]
    )
    return [
        Task(
            proposal.title,
            _("邻居提议，等您家附议"),
            f"/projects/{proposal.number}/cosign/",
            _("去看看"),
            proposal.due_at,
        )
        for proposal in waiting
    ]


def lists_to_read(user: User) -> list[Task]:
    """Signed lists that somebody else registered and this person may read."""
    sheet = selectors.list_to_read(user)
    text = _("有纸质附议签名册等您核对")
    return [Task(sheet.about, text, reverse("cosign_read"), _("去核对"))] if sheet else []


register_tasks(reviews)
register_tasks(to_confirm)
register_tasks(objections_to_read, at_desk=True)
register_tasks(to_cosign)
register_tasks(lists_to_read, at_desk=True)
