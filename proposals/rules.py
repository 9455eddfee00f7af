"""Who may do what with wishes and proposals; each permission names one predicate."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import rules
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.lifecycle import permits
from minshi.lifecycle.models import StepRecord
from minshi.mydata.actions import answers
from minshi.mydata.models import Correction
from minshi.refusals import guarded
from minshi.residents.models import ORGANISERS, Role, RoleGrant
from minshi.residents.rules import has_office, holds, home_of, is_second, lives_in, may_appoint, roles_of
from minshi.territory.models import Territory
from proposals.models import OFFERER, WISH_ENDED, Call, Look, Proposal, Question, Resource, ResourceRequest, Stage, Wish

PROPOSER = "proposer"
"""As ``lifecycle.PROPOSER``, which stands beside this."""

NOT_OPEN = _("这个社区还没有开通，开通以后就能提；现在有事，请找社区工作人员")
guarded(
    community_is_open=NOT_OPEN,
    listed_place_stands=_("选的地方刚并入了别处，请重新选"),
    questions_of_one_household=_("每户 %(days)s 天里提问 %(most)s 次，您家已经问过；%(next)s 以后可以再问"),
    open_proposals_of_one_person=_("每人同时在办的提议最多 %(most)s 件，已经满了；办结或撤回一件以后再提"),
    entry_in_the_window_of_its_call=_("这场提案大赛已经截止，或者这一件不是它范围里的"),
    resources_of_one_person=_("每人同时登记最多 %(most)s 项，已经满了；撤下一项以后再登记"),
    requests_of_one_person=_("您已经找了 %(most)s 项，都还在等答复；有答复以后再找"),
    wishes_of_one_person=_("每人 %(days)s 天内最多提 %(most)s 个心愿，已经满了；%(next)s 以后可以再提"),
)


@rules.predicate
def is_known_resident(user: User, subject: object = None) -> bool:
    """Somebody confirmed in a household: 14 and over may propose (an account needs 14)."""
    return home_of(user) is not None


def is_near(place: Territory) -> bool:
    """A community or a part of one: what goes on there one person may want to hear of."""
    return has_office(place, Role.CLERK)


@rules.predicate
def is_proposer(user: User, proposal: Proposal) -> bool:
    return bool(user.is_same(proposal.proposer_id))


@rules.predicate
def holds_it(user: User, subject: Proposal | Wish | Question | Resource | ResourceRequest | Call) -> bool:
    """Holds the role in the place that the matter waits for now."""
    return subject.holder_place is not None and holds(user, subject.holder_place, subject.holder_role)


@rules.predicate
def may_review(user: User, proposal: Proposal) -> bool:
    """The organisers of the place while it is with the chief, later whoever it climbed to."""
    if proposal.holder_role in ORGANISERS:
        return holds(user, proposal.place, *ORGANISERS)
    return bool(holds_it(user, proposal))


@rules.predicate
def has_had_their_say(user: User, proposal: Proposal) -> bool:
    """Stepped aside, or declined it before the proposer appealed: another reviews it."""
    said = StepRecord.objects.of(proposal).filter(verb__in=("recuse", "decline"))
    return user.is_any(list(said.values_list("by", flat=True)))


@rules.predicate
def benefits(user: User, proposal: Proposal) -> bool:
    """Somebody of a household on its list."""
    home = home_of(user)
    return home is not None and proposal.beneficiaries().filter(pk=home.household_id).exists()


@rules.predicate
def decides_above(user: User, proposal: Proposal) -> bool:
    """Of the office that has it, whoever examines or approves there."""
    if proposal.holder_role not in (Role.CASE_OFFICER, Role.DISTRICT_OFFICER) or proposal.holder_place is None:
        return False
    also = (Role.APPROVER,) if proposal.holder_role == Role.CASE_OFFICER else ()
    return holds(user, proposal.holder_place, proposal.holder_role, *also)


@rules.predicate
def proposes_for_own_place(user: User, proposal: Proposal) -> bool:
    """A resident of the community around it, or its staff entering a paper form."""
    return lives_in(user, _around(proposal)) or holds(user, proposal.place, Role.CLERK, *ORGANISERS)


def _around(proposal: Proposal) -> Territory:
    return proposal.place.at_level("community") or proposal.place


@rules.predicate
def is_clerk_there(user: User, subject: Proposal | Wish) -> bool:
    return holds(user, subject.place, Role.CLERK)


@rules.predicate
def is_organiser_there(user: User, subject: Proposal | Wish) -> bool:
    return holds(user, subject.place, *ORGANISERS)


@rules.predicate
def may_wish(user: User, wish: Wish) -> bool:
    return is_known_resident(user) or holds(user, wish.place, Role.CLERK, *ORGANISERS)


@rules.predicate
def is_wisher(user: User, wish: Wish) -> bool:
    return bool(user.is_same(wish.by_id))


@rules.predicate
def may_judge(user: User, wish: Wish) -> bool:
    """Whoever wished, or who asks them where it was written down for them; never who said that it is done."""
    said = StepRecord.objects.of(wish).filter(verb="fulfil").order_by("id").last()
    if said and user.is_same(said.by_id):
        return False
    return is_wisher(user, wish) or (wish.was_told and holds(user, wish.place, Role.CLERK, *ORGANISERS))


@rules.predicate
def answers_wishes(user: User, wish: Wish) -> bool:
    return holds_it(user, wish) or holds(user, wish.place, Role.CLERK, Role.CASE_OFFICER)


# --- What residents and units can give --------------------------------------------------------------


@rules.predicate
def may_offer(user: User, resource: Resource) -> bool:
    """A resident of its community, or who takes form 34 in there."""
    around = resource.place.at_level("community") or resource.place
    return lives_in(user, around) or holds(user, resource.place, Role.CLERK, *ORGANISERS)


@rules.predicate
def confirms_resources(user: User, resource: Resource) -> bool:
    """The community or the street above it; never what one offered or wrote down oneself."""
    there = holds_it(user, resource) or holds(user, resource.place, Role.CLERK, Role.CASE_OFFICER)
    return there and not user.is_same(resource.by_id)


@rules.predicate
def owns_resource(user: User, resource: Resource) -> bool:
    """Who offered it; the community for whoever wrote it on paper."""
    if resource.is_for_another:
        return holds(user, resource.place, Role.CLERK)
    return bool(user.is_same(resource.by_id))


@rules.predicate
def may_ask(user: User, request: ResourceRequest) -> bool:
    """Confirmed residents, and who works in a place around it."""
    return is_known_resident(user) or bool(roles_of(user))


@rules.predicate
def answers_request(user: User, request: ResourceRequest) -> bool:
    """Whoever offers it; and once it waits with an office, that one. Nobody answers their own."""
    if user.is_same(request.by_id):
        return False
    resource = request.resource
    is_theirs = user.is_same(resource.by_id) and not resource.is_for_another
    return is_theirs or (request.holder_role != OFFERER and holds_it(user, request))


@rules.predicate
def asked_for_it(user: User, request: ResourceRequest) -> bool:
    return bool(user.is_same(request.by_id))


def walks_round(user: User) -> bool:
    """Whether this person goes from door to door somewhere and may write down what people wish there."""
    return any(held.role in (Role.CLERK, *ORGANISERS) for held in roles_of(user))


def prints_post(user: User, held: RoleGrant) -> bool:
    """Form 33 of a post: whoever holds it, and whoever fills it."""
    is_post = held.role in ORGANISERS and held.revoked_at is None
    return is_post and (user.is_same(held.user_id) or may_appoint(user, held.role, held.place))


def prints_offer(user: User, offered: Resource) -> bool:
    """Form 34: whoever offered it, and who confirms it; whoever wrote it down for another while they take such in."""
    if offered.is_for_another and user.is_same(offered.by_id):
        return holds(user, offered.place, Role.CLERK, *ORGANISERS)
    return user.is_same(offered.by_id) or bool(rules.has_perm("proposals.confirm_resource", user, offered))


def prints_request(user: User, asked: Correction) -> bool:
    """Form 37: whoever asks about their own data, and who answers them."""
    person = asked.home.person
    return bool(person and user.is_same(person.user_id)) or answers(user, asked)


@rules.predicate
def may_question(user: User, question: Question) -> bool:
    """Whoever lives in the community around it."""
    return lives_in(user, question.place.at_level("community") or question.place)


@rules.predicate
def answers_question(user: User, question: Question) -> bool:
    """Whoever holds it, the community and the street there; never one's own."""
    if user.is_same(question.by_id):
        return False
    if question.holder_role == PROPOSER and question.proposal and user.is_same(question.proposal.proposer_id):
        return True
    return holds_it(user, question) or holds(user, question.place, Role.CLERK, Role.CASE_OFFICER)


@rules.predicate
def hides_questions(user: User, question: Question) -> bool:
    return holds(user, question.place, Role.CLERK, Role.CASE_OFFICER, Role.DISTRICT_OFFICER)


@rules.predicate
def may_call(user: User, call: Call) -> bool:
    """The office of the place that calls, the one above a community's, and to whom it climbed."""
    return bool(holds_it(user, call)) or holds(user, call.place, Role.CLERK, Role.CASE_OFFICER)


@rules.predicate
def calls_for_proposals(user: User, subject: Any = None) -> bool:
    """Whether this person may call somewhere: staff of a community or case officer of a street."""
    return any(held.role in (Role.CLERK, Role.CASE_OFFICER) for held in roles_of(user))


def enters_paper(user: User) -> bool:
    """Whether this person enters paper proposals and wishes for others: the clerk of some community."""
    return any(held.role == Role.CLERK for held in roles_of(user))


# --- A second look at what came on paper -----------------------------------------------------------

LOOKERS = (Role.CLERK, Role.PARTY, Role.SUPERVISOR, Role.CASE_OFFICER, Role.APPROVER, Role.DISTRICT_OFFICER)
STILL_AS_TYPED = (Stage.SUBMITTED, Stage.RETURNED, Stage.COSIGNING, Stage.COSIGNED)
"""While a proposal is what its proposer wrote: the vote is on the words that stand then."""


@dataclass(frozen=True)
class Sides:
    """Whose paper it is: the keys of those who wrote it, the paths of the buildings it comes from."""

    authors: frozenset[int]
    buildings: frozenset[str]


def why_not_look(user: User, look: Look, sides: Sides) -> list[str]:
    """What keeps this person from looking at the sheet again."""
    if user.is_same(look.typed_by_id):
        return [gettext("这是您自己录入的，要由另一位来对照原件")]
    if user.is_any(sides.authors):
        return [gettext("这是您自己写的，要由别人来对照原件")]
    if holds(user, look.sheet.place, *LOOKERS) or _organises_another_building(user, look, sides.buildings):
        return []
    return [gettext("由这里的社区工作人员、党组织、监督委员会、别的楼栋的楼栋长等组织人或者街道对照原件")]


def _organises_another_building(user: User, look: Look, own: Collection[str]) -> bool:
    community = (look.sheet.place.at_level("community") or look.sheet.place).path
    return any(
        held.role in ORGANISERS
        and held.path.startswith(community)
        and not any(held.path.startswith(path) or path.startswith(held.path) for path in own)
        for held in roles_of(user)
    )


def may_correct(user: User, look: Look, sides: Sides) -> bool:
    """The clerk who typed it, another, or whoever may look at it; nobody their own."""
    is_clerk = not user.is_any(sides.authors) and holds(user, look.sheet.place, Role.CLERK)
    return is_clerk or not why_not_look(user, look, sides)


def may_still_correct(subject: Proposal | Wish) -> bool:
    """Whether what was typed may still be changed into what stands on its sheet."""
    if isinstance(subject, Wish):
        return subject.stage not in WISH_ENDED
    return subject.stage in STILL_AS_TYPED


rules.add_perm("proposals.propose", proposes_for_own_place)
rules.add_perm("proposals.own", is_proposer)


def may_read_list(user: User, proposal: Proposal, hands: Iterable[int | None]) -> bool:
    """Who reads a signed list again, which ``hands`` have read: whoever takes lists in there; where nobody of these is
    left, the next beyond them (domain.md 6)."""
    return rules.has_perm("proposals.record_paper", user, proposal) or is_second(user, proposal.place, hands)


rules.add_perm("proposals.review", may_review & ~is_proposer & ~has_had_their_say)
rules.add_perm("proposals.merge", (is_organiser_there | is_clerk_there) & ~is_proposer)
rules.add_perm("proposals.cosign", benefits)
rules.add_perm("proposals.record_paper", is_clerk_there | is_organiser_there)
rules.add_perm("proposals.run", is_clerk_there)
rules.add_perm("proposals.handle", holds_it)
rules.add_perm("proposals.rule_above", decides_above)
rules.add_perm("proposals.ask", may_question)
rules.add_perm("proposals.answer_question", answers_question)
rules.add_perm("proposals.hide_question", hides_questions)
rules.add_perm("proposals.call", may_call)
rules.add_perm("proposals.open_call", calls_for_proposals)
rules.add_perm("proposals.wish", may_wish)
rules.add_perm("proposals.answer_wish", answers_wishes)
rules.add_perm("proposals.judge_wish", may_judge)
rules.add_perm("proposals.part_wish", answers_wishes | is_wisher)
rules.add_perm("proposals.promote_wish", answers_wishes | is_wisher)
rules.add_perm("proposals.offer", may_offer)
rules.add_perm("proposals.confirm_resource", confirms_resources)
rules.add_perm("proposals.own_resource", owns_resource)
rules.add_perm("proposals.ask_resource", may_ask)
rules.add_perm("proposals.answer_request", answers_request)
rules.add_perm("proposals.own_request", asked_for_it)
permits.held_by(
    {
        "proposals.propose": _("住在这个社区的居民，或者替居民登记的楼栋长、社区工作人员"),
        "proposals.own": _("提议人本人"),
        "proposals.review": _(
            "这里的楼栋长等组织人（没有按期办的，转上一级），不能是提议人自己，也不能是回避了的人和申诉前审过的人"
        ),
        "proposals.merge": _("这里的楼栋长等组织人或社区工作人员，不能是提议人自己"),
        "proposals.cosign": _("受益的住户"),
        "proposals.record_paper": _("这里的楼栋长等组织人或社区工作人员"),
        "proposals.run": _("这里的社区工作人员"),
        "proposals.handle": _("现在的承办人"),
        "proposals.rule_above": _("承办人的上一级：街道经办或街道审批、区牵头部门，区以上由区牵头部门两位工作人员"),
        "proposals.ask": _("住在这个社区、确认过住处的居民"),
        "proposals.answer_question": _("现在的承办人，或这里的社区工作人员、街道经办，不能是提问人自己"),
        "proposals.hide_question": _("这里的社区工作人员、街道经办或区牵头部门"),
        "proposals.call": _("这里的社区工作人员或街道经办"),
        "proposals.open_call": _("社区工作人员或街道经办"),
        "proposals.wish": _("确认过住处的居民，或者替居民登记的社区工作人员"),
        "proposals.answer_wish": _("现在的承办人，或这里的社区工作人员、街道经办"),
        "proposals.judge_wish": _("许愿人本人；别人代记的由社区或楼栋长问过以后登记，说办好了的人不能自己登记"),
        "proposals.part_wish": _("许愿人本人或答复心愿的人"),
        "proposals.promote_wish": _("许愿人本人或答复心愿的人"),
        "proposals.offer": _("住在这个社区的居民，或者替他登记的社区工作人员、楼栋长"),
        "proposals.confirm_resource": _("这里的社区工作人员或街道经办，不能是提供或登记的人自己"),
        "proposals.own_resource": _("提供人本人；纸质登记的由社区办理"),
        "proposals.ask_resource": _("确认过住处的居民，或者社区、街道的工作人员"),
        "proposals.answer_request": _("提供人本人；没有按期答复的，由社区问过以后答复"),
        "proposals.own_request": _("找他帮忙的人本人"),
    }
)
