"""What this app shows on its own pages where higher apps show theirs: the present stage, tasks of a person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.bylaws import selectors as rules_of_places
from minshi.clock import Instant
from minshi.deadlines.models import Deadline
from minshi.disclosure.models import Notice, Objection
from minshi.disclosure.rules import is_reopened_again
from minshi.disclosure.selectors import notice_says, settled_words, to_read
from minshi.faces.words import cn_until, said_late
from minshi.lifecycle.models import StepRecord
from minshi.mydata.actions import to_answer
from minshi.paper import numbers
from minshi.residents import notice, speaking
from minshi.residents.models import ORGANISERS, Residence, Role
from minshi.residents.rules import home_of, person_of, roles_of
from minshi.residents.waiting import CLAIM
from proposals import selectors
from proposals.actions import cosigns_needed, proposed_above, waits_above
from proposals.lifecycle import PROPOSER, REVIEW_LADDER, waits_for
from proposals.models import (
    OFFERER,
    Cosign,
    LookState,
    Proposal,
    Question,
    QuestionStage,
    RequestStage,
    ResourceRequest,
    Stage,
    Tier,
    Version,
    Wish,
    WishStage,
)
from proposals.panels import (
    HOLDS_A_POST,
    Found,
    Own,
    Present,
    Task,
    present_of,
    register_finder,
    register_own,
    register_tasks,
)


def present_at(moment: datetime, proposal: Proposal, version: Version, records: list[StepRecord]) -> Present:
    """What to say of the present stage; once its notice is over nobody is asked to object any more."""
    notice = proposal.gate_notice
    if notice is None or not waits_for(proposal, notice.kind):
        return _and_before(proposal, present_of(proposal) or present(proposal, version, records))
    if waits_above(proposal):
        return _above(proposal, notice)
    if notice.ends_at <= moment:
        return _after(notice)
    return present_of(proposal) or present(proposal, version, records)


def _after(notice: Notice) -> Present:
    facts = {"kind": notice.get_kind_display(), "end": cn_until(notice.ends_at)}
    said = [_("%(kind)s %(end)s 已经期满。") % facts]
    if notice.objections_holding:
        said.append(_("还有 %(n)d 条异议没有答复，答复以后才能办下一步。") % {"n": notice.objections_holding})
    if notice.objections_unread:
        said.append(_("还有 %(n)d 张书面异议没有核对，核对以后才能办下一步。") % {"n": notice.objections_unread})
    if len(said) == 1:
        said.append(settled_words(list(notice.objections.all()) if notice.objections_total else []))
    if (ruling := notice.ruling) is not None and ruling.is_in_force:
        said.append(
            _("同样的内容两次被重议，%(who)s决定%(outcome)s。") % {"who": ruling.who, "outcome": ruling.outcome}
        )
    return Present("".join(said), _("看公示"), notice.get_absolute_url())


def _above(proposal: Proposal, notice: Notice) -> Present:
    """The same content was reopened a second time: who decides, and until when."""
    facts = {"kind": notice.get_kind_display(), "count": notice.objecting_households}
    said = [_("同样内容的%(kind)s第二次被重议，%(count)d 户提出异议。") % facts]
    proposed = proposed_above(proposal)
    until = {"who": selectors.holder_of(proposal), "end": cn_until(proposal.due_at) if proposal.due_at else ""}
    if proposed is None:
        said.append(_("由%(who)s公开决定照此办理还是退回重做，到 %(end)s。") % until)
    else:
        facts = {**until, "first": proposed.as_role, "outcome": proposed.outcome}
        said.append(_("%(first)s提出%(outcome)s，等%(who)s的另一位确认，到 %(end)s。") % facts)
    return Present("".join(said), _("看公示"), notice.get_absolute_url())


def _and_before(proposal: Proposal, said: Present) -> Present:
    """Where a third reopened what was announced before, what it takes to announce it again stands beside the rest."""
    notice = proposal.gate_notice
    if notice is None or not notice.reopened_at or proposal.is_ended or notice.is_confirmed_above:
        return said
    facts = {"kind": notice.get_kind_display(), "n": notice.objections_open + notice.objections_unread}
    if is_reopened_again(notice):
        then = _("同样内容的%(kind)s两次被重议，要改了内容才能再公示。") % facts
    elif facts["n"]:
        then = _("上次%(kind)s被重议：要改了内容，或者把还没有答复的 %(n)d 条异议都答复，才能再公示。") % facts
    else:
        then = _("上次%(kind)s被重议，异议都已答复；同样的内容只能再公示一次。") % facts
    return replace(said, text=f"{said.text}{then}")


NOBODY_ABOVE = (REVIEW_LADDER[-1][0], Role.DISTRICT_OFFICER)
"""Where a review has climbed as far as it can: the street, and the district where the street has nobody."""

MOST_CLAIMS = 99


def present(proposal: Proposal, version: Version, records: list[StepRecord]) -> Present:
    """What to say of a stage that no higher app speaks for."""
    stage = Stage(proposal.stage)
    if proposal.is_ended and stage != Stage.ARCHIVED and records:
        why = f"“{records[-1].reason}”" if records[-1].reason else ""
        if end := selectors.may_appeal(proposal):
            why += _("提议人不服的，可以在 %(end)s 前申诉一次，由另一位复核。") % {"end": cn_until(end)}
        return Present(why)
    if stage == Stage.COSIGNING:
        needed = cosigns_needed(proposal)
        told = _("受益的住户可以附议，一户算一次。已附议 %(n)d 户，需要 %(needed)d 户。")
        text = told % {"n": proposal.card.cosigns, "needed": needed}
        if records and records[-1].verb == "fall_short":
            text += _("本来够了，撤销了登记错的以后又不够，接着征集。")
        return Present(text, _("代表我家附议"), reverse("cosign", args=[proposal.number]))
    if stage == Stage.ANNOUNCED and proposal.gate_notice:
        text = _("%(notice)s。期满、异议都答复以后，分级派单办理。") % {
            "notice": notice_says(proposal.gate_notice, _("正在公示，有不同意见现在就提"))
        }
        return Present(text, _("看公示、提意见"), proposal.gate_notice.get_absolute_url())
    said = {
        Stage.SUBMITTED: _("正在初审；没有按期答复，自动转上一级。")
        if proposal.holder_role not in NOBODY_ABOVE
        else _("正在初审；没有按期答复，公开催办。"),
        Stage.RETURNED: _("提议人正在修改。"),
        Stage.HANDLING: _("承办人正在办理；逾期没有办，自动转上一级。")
        if (proposal.tier or 1) < Tier.THIRD
        else _("区牵头部门正在办理；已经逾期，列入了督办。")
        if proposal.is_supervised
        else _("区牵头部门正在办理；逾期没有办，列入督办。"),
        Stage.ARCHIVED: _("这件事已经办完归档。"),
    }
    return Present(said.get(stage, ""))


MOST_RETURNED = 20


def to_revise(user: User) -> list[Task]:
    """Their own that came back to be mended."""
    returned = Proposal.objects.filter(proposer__in=user.keys, stage=Stage.RETURNED).order_by("due_at")
    return [
        Task(
            title=proposal.title,
            text=_("请您修改"),
            url=reverse("revise", args=[proposal.number]),
            button=_("去修改"),
            until=proposal.due_at,
        )
        for proposal in returned[:MOST_RETURNED]
    ]


def to_judge(user: User) -> list[Task]:
    """Their own wishes of which somebody says that they are done."""
    said = Wish.objects.filter(by__in=user.keys, stage=WishStage.SAID).order_by("due_at")
    return [
        Task(
            title=wish.text,
            text=_("办好了吗？请您看看"),
            url=reverse("judge_wish", args=[wish.pk]),
            button=_("去看"),
            until=wish.due_at,
        )
        for wish in said[:MOST_RETURNED]
        if not wish.is_for_another
    ]


def to_answer_requests(user: User) -> list[Task]:
    """Neighbours ask for what this person offers."""
    waiting = ResourceRequest.objects.select_related("resource").filter(
        resource__by__in=user.keys, resource__offerer_name="", stage=RequestStage.ASKED, holder_role=OFFERER
    )
    return [
        Task(each.resource.title, _("有人找您帮忙"), each.page(), _("去答复"), each.due_at)
        for each in waiting.order_by("due_at")[:MOST_RETURNED]
    ]


def to_answer_in_public(user: User) -> list[Task]:
    """What was asked under their own proposals while these are theirs to hold."""
    asked = Question.objects.filter(
        proposal__proposer__in=user.keys, stage=QuestionStage.WAITING, holder_role=PROPOSER
    ).order_by("due_at")
    return [
        Task(
            question.text,
            _("有人提问，请您公开答复"),
            reverse("answer_question", args=[question.pk]),
            _("去答复"),
            question.due_at,
        )
        for question in asked[:MOST_RETURNED]
    ]


def reviews(user: User) -> list[Task]:
    """The chief's queue as one task."""
    if not any(held.role in ORGANISERS for held in roles_of(user)) or not (waiting := selectors.to_review(user)):
        return []
    text = _("%(n)d 件提议等您初审，一件一件看") % {"n": len(waiting)}
    return [Task(_("初审"), text, reverse("review_queue"), _("开始审"), waiting[0].due_at)]


def to_confirm(user: User) -> list[Task]:
    """Who says they live where this person is an organiser, as one task with a queue of its own."""
    held = [(held.role, held.path) for held in roles_of(user) if held.role in ORGANISERS]
    own = Residence.objects.filter(person__user__in=user.keys).values("pk")
    claims = Deadline.objects.waiting_for(held) if held else Deadline.objects.none()
    claims = claims.filter(kind=CLAIM).exclude(subject_id__in=own).order_by("due")
    if not (waiting := list(claims[:MOST_CLAIMS])):
        return []
    text = _("%(n)d 位新登记的住户等您确认") % {"n": len(waiting)}
    return [Task(_("确认住户"), text, reverse("confirm_residents"), _("去确认"), waiting[0].due)]


def notice_to_read(user: User) -> list[Task]:
    """The notice of personal data has another version than this person agreed to."""
    person = person_of(user)
    if person is None or person.consented_at is None or person.consented_to == notice.VERSION:
        return []
    return [Task(_("个人信息告知"), _("有变化，请再看一遍"), reverse("consent"), _("去看"))]


def names_to_put_right(user: User) -> list[Task]:
    """Residents of my places who ask for another name, as one task; staff have it on their desk."""
    if not any(held.role in ORGANISERS for held in roles_of(user)):
        return []
    if not (waiting := list(to_answer(user)[:MOST_CLAIMS])):
        return []
    text = _("%(n)d 位住户申请更正姓名，等您答复") % {"n": len(waiting)}
    return [Task(_("更正姓名"), text, reverse("corrections"), _("去答复"), waiting[0].due_at)]


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
        .benefiting(home.household_id)
        .exclude(pk__in=Cosign.objects.standing().filter(household=home.household_id).values("proposal"))
        .order_by("due_at")[:10]
    )
    return [
        Task(
            proposal.title,
            _("邻居提议，等您家附议"),
            reverse("cosign", args=[proposal.number]),
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


WISHED = re.compile(r"(?:心愿|X)-?([0-9]{1,15})")
MOST_OWN = 20
"""Of one kind on one's own page, the newest."""


def signatures(user: User) -> list[Own]:
    """What this person co-signed, online or on a list."""
    person = person_of(user)
    if person is None:
        return []
    given = Cosign.objects.standing().filter(speaker=person).select_related("proposal", "line").order_by("-pk")
    return [
        Own(_("附议"), each.proposal.title, _cosigned(each), each.proposal.get_absolute_url(), each.proposal.number)
        for each in given[:MOST_OWN]
    ]


def _cosigned(given: Cosign) -> str:
    if given.line is None:
        return _("已附议")
    return _("在签名册上附议，已核对") if given.line.settled_at else _("在签名册上附议，等核对")


def objections(user: User) -> list[Own]:
    """What this person objected to, under their own name or not, also where the sheet was taken in for them."""
    person = person_of(user)
    mine = Q(by__in=user.keys) | Q(speaker=person) if person else Q(by__in=user.keys)
    made = (
        Objection.objects.filter(mine).select_related("notice").annotate(read_at=Instant()).order_by("-pk")[:MOST_OWN]
    )
    return [
        Own(
            _("异议"),
            each.notice.title,
            _what_became_of(each, each.read_at),
            each.get_absolute_url(),
            each.number,
        )
        for each in made
    ]


def _what_became_of(made: Objection, moment: datetime) -> str:
    if made.outcome == Objection.Outcome.WITHDRAWN:
        return _("您已撤回")
    if made.answered_at:
        return _("已答复：%(outcome)s") % {"outcome": made.get_outcome_display()}
    late = said_late(made.due_at, moment)
    return _("等答复，%(end)s 前%(late)s") % {"end": cn_until(made.due_at), "late": late and f"，{late}"}


def by_number(number: str) -> list[Found]:
    """A project by its number, a notice by its index number, an objection by its own, a wish by 心愿 and its number."""
    found: list[Found] = []
    if re.fullmatch(r"[0-9]{4}-[0-9]{5,9}", number):
        titles = Proposal.objects.filter(number=number).values_list("title", flat=True)
        found += [Found(title, reverse("project", args=[number])) for title in titles]
    if index := re.fullmatch(r"([0-9A-Z]{9}-[0-9]{6}-[0-9]{6})(?:-Y([0-9]{1,6}))?", number):
        found += _of_notice(index[1], index[2])
    if wished := WISHED.fullmatch(number):
        pk = int(wished[1])
        found += [Found(each.text, each.get_absolute_url()) for each in Wish.objects.filter(pk=pk)]
    return found


def _of_notice(number: str, ordinal: str | None) -> list[Found]:
    if ordinal is None:
        return [Found(each.title, each.get_absolute_url()) for each in Notice.objects.filter(number=number)]
    made = Objection.objects.filter(notice__number=number, ordinal=int(ordinal)).select_related("notice")
    return [Found(each.notice.title, each.get_absolute_url()) for each in made]


def signed_lists(number: str) -> list[Found]:
    """A line of a signed list, by the slip that was left at the door: the project it supports."""
    lines = Cosign.objects.filter(line__slip_number=numbers.normal(number)) if numbers.is_number(number) else ()
    return [Found(each.proposal.title, each.proposal.get_absolute_url()) for each in lines]


def wishes_on_paper(number: str) -> list[Found]:
    """A wish from a 心愿本, by the slip that was left with whoever wrote it."""
    if not numbers.is_number(number):
        return []
    rows = Wish.objects.filter(slip_number=numbers.normal(number))
    return [Found(each.text, each.get_absolute_url()) for each in rows]


def looks(user: User) -> list[Task]:
    """Sheets whose wishes or proposal somebody else typed, to be looked at again or put right."""
    text = {
        LookState.WAITING: _("别人照纸质原件录的，请您对照"),
        LookState.DIFFERS: _("和纸质原件不一样，请照原件更正"),
    }
    return [
        Task(look.sheet.about, text[LookState(look.state)], reverse("look", args=[look.pk]), _("去看"), due.due)
        for look, due in selectors.looks_waiting_for(user)
    ]


def rules_to_confirm(user: User) -> list[Task]:
    """What another entered as a rule of a place, for the second person, who may be a chief."""
    text = _("别人登记的规则，请您对照原件确认")
    waiting = rules_of_places.to_answer(user)
    return [Task(each.title, text, reverse("confirm_bylaws"), _("去确认")) for each in waiting]


def to_finish(user: User) -> list[Task]:
    """What this person began to write."""
    written = selectors.drafts_of(user)
    text = _("没写完的提议，已经替您存着")
    return [Task(each.title, text, each.get_absolute_url(), _("接着写")) for each in written]


register_own(signatures)
register_own(objections)
register_finder(by_number)
register_finder(signed_lists)
register_finder(wishes_on_paper)
register_tasks(
    notice_to_read,
    where=f"""EXISTS (
        SELECT FROM residents_person AS asked
        WHERE asked.id = me.person AND asked.consented_at IS NOT NULL AND asked.consented_to <> {notice.VERSION}
    )""",
)
register_tasks(
    to_revise,
    where="""EXISTS (
        SELECT FROM proposals_proposal AS returned
        WHERE returned.proposer_id = ANY (me.accounts) AND returned.stage = 'returned'
    )""",
)
register_tasks(
    to_judge,
    where="""EXISTS (
        SELECT FROM proposals_wish AS said WHERE said.by_id = ANY (me.accounts) AND said.stage = 'said'
    )""",
)
register_tasks(
    to_answer_requests,
    where="""EXISTS (
        SELECT FROM proposals_resource AS given JOIN proposals_resourcerequest AS asked ON asked.resource_id = given.id
        WHERE given.by_id = ANY (me.accounts) AND asked.stage = 'asked'
    )""",
)
register_tasks(
    rules_to_confirm, where=f"{HOLDS_A_POST} AND EXISTS (SELECT FROM bylaws_bylaw WHERE answered_at IS NULL)"
)
register_tasks(
    to_finish, where="EXISTS (SELECT FROM proposals_draft AS written WHERE written.user_id = ANY (me.accounts))"
)
register_tasks(
    to_answer_in_public,
    where="""EXISTS (
        SELECT FROM proposals_proposal AS own JOIN proposals_question AS asked ON asked.proposal_id = own.id
        WHERE own.proposer_id = ANY (me.accounts) AND asked.stage = 'waiting' AND asked.holder_role = 'proposer'
    )""",
)
register_tasks(reviews, where=HOLDS_A_POST)
register_tasks(to_confirm, where=HOLDS_A_POST)
register_tasks(objections_to_read, where=HOLDS_A_POST, at_desk=True)
register_tasks(names_to_put_right, where=HOLDS_A_POST)
register_tasks(looks, where=HOLDS_A_POST)
register_tasks(
    to_cosign,
    where="""EXISTS (
        SELECT FROM proposals_proposal AS asking
        WHERE asking.place_id IN (SELECT id FROM around) AND asking.stage = 'cosigning'
          AND NOT EXISTS (
            SELECT FROM proposals_cosign AS given
            WHERE given.proposal_id = asking.id AND given.household_id = me.door AND NOT given.is_void
          ) AND benefits(asking.id, me.door)
    )""",
)
register_tasks(lists_to_read, where=HOLDS_A_POST, at_desk=True)
