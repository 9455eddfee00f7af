"""What people are told of proposals and wishes, and the audiences that higher apps share for the steps they own."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.disclosure.models import Objection
from minshi.faces.words import cn_until
from minshi.lifecycle.models import StepRecord
from minshi.notifications.catalogue import Audience, Doors, Event, Followed, Heard, Lines, Post, Told, Unheard, Way
from minshi.residents.models import Residence, Role
from minshi.territory.models import Territory
from proposals.lifecycle import GROUP, answerer_of, appeal_end, holder_place, reviewer_of, superior_of
from proposals.lifecycle import PROPOSER as PROPOSER_HOLDS
from proposals.models import (
    OFFERER,
    Call,
    Proposal,
    Question,
    Resource,
    ResourceRequest,
    Stage,
    Tier,
    Wish,
    WishSupport,
)

# --- Who -----------------------------------------------------------------------------------------


def _holder(proposal: Proposal, record: StepRecord) -> Heard:
    if proposal.holder_role == PROPOSER_HOLDS:
        return [proposal.proposer]
    if proposal.holder_role in ("", GROUP) or proposal.holder_place is None:
        return None  # a group is named by the app that knows it
    return Post(proposal.holder_role, proposal.holder_place)


def _superior(proposal: Proposal, record: StepRecord) -> Heard:
    role, level = superior_of(proposal.holder_role)
    return Post(role, holder_place(proposal.place, level))


def _supporters(proposal: Proposal, record: StepRecord) -> Heard:
    """Whoever put their household's name to it, wherever they live by now, apart from the proposer, told as such."""
    signed = proposal.cosigns.standing().filter(household=OuterRef("household"), at__gte=OuterRef("since"))
    lived = Q(Exists(signed), until=None) | Q(Exists(signed.filter(at__lt=OuterRef("until"))))
    homes = Residence.objects.confirmed().filter(lived, person__is_adult=True)
    found = User.objects.filter(is_active=True, person__in=homes.values("person"))
    return [user for user in found if not user.is_same(proposal.proposer_id)]


def _reviewers(proposal: Proposal, record: StepRecord) -> Heard:
    return Post(*reviewer_of(proposal.place, proposal.proposer))


def _objectors(proposal: Proposal, record: StepRecord) -> Heard:
    """Who objected to the notice that was decided on; each once."""
    said = Objection.objects.filter(notice__number=record.evidence["notice"]).select_related("by", "speaker__user")
    users = [each.by or (each.speaker.user if each.speaker else None) for each in said]
    return list(
        {user.pk: user for user in users if user is not None and not user.is_same(proposal.proposer_id)}.values()
    )


PROPOSER = Audience(_("提议人"), lambda proposal, record: [proposal.proposer])
HOLDER = Audience(_("现在的承办人"), _holder)
SUPERIOR = Audience(_("承办人的上一级"), _superior)
SUPPORTERS = Audience(_("附议的住户"), _supporters)
REVIEWERS = Audience(_("楼栋长，没有的为社区"), _reviewers)
CLERK = Audience(
    _("社区工作人员"),
    lambda subject, record: Post(Role.CLERK, holder_place(subject.territory, "community")),
)
OBJECTORS = Audience(_("提异议的人"), _objectors)
BENEFICIARIES = Audience(
    _("受益的住户"),
    lambda proposal, record: Doors(list(proposal.beneficiaries().values_list("pk", flat=True))),
)

# --- Words ------------------------------------------------------------------------------------------


def facts_of(proposal: Proposal, record: StepRecord) -> dict[str, Any]:
    return {
        "title": proposal.title,
        "number": proposal.number,
        "place": proposal.place.name,
        "stage": Stage(proposal.stage).label,
        "due": cn_until(proposal.due_at) if proposal.due_at else "",
        "tier": Tier(proposal.tier).label if proposal.tier else "",
        "office": record.evidence.get("office", ""),
        "appeal": cn_until(appeal_end(proposal.place, record.at)) if record.verb == "decline" else "",
        "into": proposal.merged_into.title if proposal.merged_into else "",
    }


PUBLIC_FROM_REVIEW = (Stage.SUBMITTED, Stage.RETURNED)
"""Until it passed its review only who follows the project itself is told; it is not yet the place's."""


def _to_be_followed(proposal: Proposal, record: StepRecord) -> list[tuple[str, int]]:
    """The project and the places it is in, the nearest first, with whatever was merged into these."""
    projects, merged = [proposal.pk], [proposal.pk]
    while merged := list(Proposal.objects.filter(merged_into__in=merged).order_by("pk").values_list("pk", flat=True)):
        projects += merged
    named = [(Proposal._meta.label_lower, pk) for pk in projects]
    before_review = (record.source or Stage.SUBMITTED) in PUBLIC_FROM_REVIEW and record.target != Stage.COSIGNING
    if not before_review:
        paths = proposal.place.ancestor_paths()
        came = Q(merged_into__path__in=paths) | Q(merged_into__merged_into__path__in=paths)
        places = Territory.objects.filter(Q(path__in=paths) | came).order_by("-path")
        named += [(Territory._meta.label_lower, pk) for pk in places.values_list("pk", flat=True)]
    return named


FOLLOWERS = Followed(
    _("关注这个项目或它所在地方的人，听过这一步的不再说"), _to_be_followed, _("“%(title)s”：%(label)s"), "%(reason)s"
)


def project_named(proposal: Proposal) -> str:
    return f"project:{proposal.pk}"


def project(*lines: Any) -> Lines:
    """What an app tells of the steps of the whole way that it owns; whoever follows hears of each of them."""
    return Lines(
        "proposals.proposal",
        lines,
        facts=facts_of,
        url=Proposal.get_absolute_url,
        matter=project_named,
        followed=FOLLOWERS,
    )


def _can_still_sign(proposal: Proposal, record: StepRecord) -> bool:
    """Else it lapses in the same moment, and that is what people hear."""
    return proposal.due_at is not None and record.at < proposal.due_at


def _at_review(proposal: Proposal) -> str:
    return reverse("review", args=[proposal.number])


def _revise(proposal: Proposal) -> str:
    return reverse("revise", args=[proposal.number])


def _appeal(proposal: Proposal) -> str:
    return reverse("appeal", args=[proposal.number])


def _may_appeal(proposal: Proposal, record: StepRecord) -> bool:
    return not StepRecord.objects.of(proposal).filter(verb="appeal").exists()


APPEAL_DUE = _("不服可以在期限内申诉一次")
REVIEW_DUE = _("初审有期限，逾期转上一级")
REVISION_DUE = _("不在期限内修改，提议就失效")
ASK_REVIEW = (_("请初审：%(title)s"), _("%(place)s，请在 %(due)s 前办理"))

RULE_ABOVE = (_("请作决定：%(title)s"), _("同样的内容再次被重议，请在 %(due)s 前决定照此办理还是退回重做"))

TO_END = (_("请办理了结：%(title)s"), _("付清应付、退回余款，请在 %(due)s 前办完"))

PROPOSALS = project(
    Told("submit", PROPOSER, _("已收到：%(title)s"), _("编号 %(number)s，凭编号随时可查")),
    Told("submit", HOLDER, *ASK_REVIEW, way=Way.BOTH, right=REVIEW_DUE, url=_at_review),
    Told("pass_review", PROPOSER, _("初审通过：%(title)s"), _("现在请邻居们附议")),
    Told(
        "return_for_revision",
        PROPOSER,
        _("请修改：%(title)s"),
        "%(reason)s",
        way=Way.BOTH,
        right=REVISION_DUE,
        url=_revise,
    ),
    Told("resubmit", HOLDER, *ASK_REVIEW, way=Way.BOTH, right=REVIEW_DUE, url=_at_review),
    Told(
        "decline",
        PROPOSER,
        _("初审没有通过：%(title)s"),
        _("%(reason)s；不服可以在 %(appeal)s 前申诉一次，由另一位复核"),
        way=Way.BOTH,
        right=APPEAL_DUE,
        when=_may_appeal,
        url=_appeal,
    ),
    Told(
        "decline",
        PROPOSER,
        _("申诉复核没有通过：%(title)s"),
        "%(reason)s",
        when=lambda proposal, record: not _may_appeal(proposal, record),
    ),
    Told("recuse", HOLDER, *ASK_REVIEW, way=Way.BOTH, right=REVIEW_DUE, url=_at_review),
    Told("recuse", PROPOSER, _("初审人回避，换人审：%(title)s"), _("请在 %(due)s 前办理")),
    Told("appeal", HOLDER, _("请复核申诉：%(title)s"), _("%(reason)s；请在 %(due)s 前办理"), url=_at_review),
    Told("appeal", PROPOSER, _("申诉已收到：%(title)s"), _("由另一位在 %(due)s 前复核")),
    Told(
        "merge",
        PROPOSER,
        _("已并入“%(into)s”"),
        "%(reason)s",
        url=lambda proposal: proposal.merged_into.get_absolute_url(),
    ),
    Told("merge", SUPPORTERS, _("您附议的“%(title)s”已并入“%(into)s”"), "%(reason)s"),
    Told("take_in", PROPOSER, _("有一件并进来了：%(title)s"), "%(reason)s"),
    Told("give_out", PROPOSER, _("并进来的一件又分出去了：%(title)s"), "%(reason)s"),
    Told("split", PROPOSER, _("又分开单独办：%(title)s"), "%(reason)s"),
    Told("split", HOLDER, *ASK_REVIEW, way=Way.BOTH, right=REVIEW_DUE, url=_at_review),
    Told("split", SUPPORTERS, _("您附议的“%(title)s”又分开单独办"), "%(reason)s"),
    Told("split_on", PROPOSER, _("又分开单独办：%(title)s"), "%(reason)s"),
    Told("split_on", SUPPORTERS, _("您附议的“%(title)s”又分开单独办，接着征集附议"), "%(reason)s"),
    Told("climb", HOLDER, *ASK_REVIEW, way=Way.BOTH, right=REVIEW_DUE, url=_at_review),
    Told("climb", PROPOSER, _("初审逾期，已转上一级：%(title)s"), _("请在 %(due)s 前办理")),
    Told("withdraw", REVIEWERS, _("提议人撤回：%(title)s"), "%(reason)s"),
    Told("withdraw", SUPPORTERS, _("您附议的“%(title)s”由提议人撤回"), "%(reason)s"),
    Told("fall_short", PROPOSER, _("附议又不够了：%(title)s"), "%(reason)s", when=_can_still_sign),
    Told(
        "fall_short",
        SUPPORTERS,
        _("您附议的“%(title)s”又不够了，请邻居们接着附议"),
        "%(reason)s",
        when=_can_still_sign,
    ),
    Told("fall_short", CLERK, _("先不用安排表决：%(title)s"), "%(reason)s"),
    Told("gather", PROPOSER, _("附议够了：%(title)s"), _("接下来由社区组织表决")),
    Told("gather", HOLDER, _("请安排居民表决：%(title)s"), _("附议够了，请在 %(due)s 前开始表决")),
    Told("lapse", PROPOSER, _("附议不够：%(title)s"), "%(reason)s", when=lambda p, r: r.source == Stage.COSIGNING),
    Told("lapse", PROPOSER, _("已经失效：%(title)s"), "%(reason)s", when=lambda p, r: r.source != Stage.COSIGNING),
    Told("lapse", SUPPORTERS, _("您附议的“%(title)s”附议不够，没有成立"), "%(reason)s"),
    Told("open_handling", HOLDER, _("派单：%(title)s"), _("%(tier)s办理，%(due)s截止")),
    Told("open_handling", PROPOSER, _("公示期满，开始办理：%(title)s"), _("%(tier)s办理，%(due)s截止")),
    Told("accept", PROPOSER, _("已接单：%(title)s"), "%(reason)s"),
    Told("accept", HOLDER, _("请落实资金：%(title)s"), _("请在 %(due)s 前公布资金方案")),
    Told("escalate", HOLDER, _("派单：%(title)s"), _("%(tier)s办理，%(due)s截止")),
    Told("escalate", PROPOSER, _("已提请上一级办理：%(title)s"), "%(reason)s"),
    Told("hand_back", HOLDER, _("派单：%(title)s"), _("%(tier)s办理，%(due)s截止")),
    Told("hand_back", PROPOSER, _("退回上一个承办人：%(title)s"), "%(reason)s"),
    Told("decline_handling", PROPOSER, _("无法办理：%(title)s"), "%(reason)s"),
    Told("decline_handling", SUPPORTERS, _("您附议的“%(title)s”无法办理"), "%(reason)s"),
    Told("decline_with_money", PROPOSER, _("无法办理，转入了结：%(title)s"), "%(reason)s"),
    Told("decline_with_money", SUPPORTERS, _("您附议的“%(title)s”无法办理"), "%(reason)s"),
    Told("decline_with_money", HOLDER, *TO_END),
    Told("climb_tier", HOLDER, _("派单：%(title)s"), _("%(tier)s办理，%(due)s截止")),
    Told("climb_tier", PROPOSER, _("逾期未办，自动升级：%(title)s"), _("%(tier)s办理，%(due)s截止")),
    Told("take_lead", PROPOSER, _("领导接单：%(title)s"), _("%(office)s接单，%(due)s截止：%(reason)s")),
    Told("take_lead", SUPPORTERS, _("您附议的“%(title)s”由领导接单"), _("%(office)s接单，%(due)s截止")),
    Told("supervise", HOLDER, _("督办：%(title)s"), _("三级办理已逾期")),
    Told("supervise", PROPOSER, _("已列入督办：%(title)s"), _("三级办理已逾期")),
    Told("ask_above", HOLDER, *RULE_ABOVE),
    Told("ask_above", PROPOSER, _("同样的内容再次被重议，由上一级决定：%(title)s"), "%(reason)s"),
    Told("propose_above", HOLDER, _("请另一位确认：%(title)s"), "%(reason)s"),
    Told("disagree_above", HOLDER, _("另一位不同意，请重新提出：%(title)s"), "%(reason)s"),
    Told("confirm_above", PROPOSER, _("上一级决定照公示的内容办理：%(title)s"), "%(reason)s"),
    Told("confirm_above", OBJECTORS, _("您提过异议，上一级决定照公示的内容办理：%(title)s"), "%(reason)s"),
    Told("send_back_above", PROPOSER, _("上一级决定退回重做：%(title)s"), "%(reason)s"),
    Told("send_back_above", OBJECTORS, _("您提过异议，上一级决定退回重做：%(title)s"), "%(reason)s"),
    Told("overdue", SUPERIOR, _("逾期：%(title)s"), "%(stage)s"),
    Told("overdue", HOLDER, _("您承办的事已逾期：%(title)s"), "%(stage)s"),
)


# --- Wishes -------------------------------------------------------------------------------------------


def _also(wish: Wish) -> list[User]:
    """Those whose own wish was joined to this one; each once, and never whoever wished it themselves."""
    return _each_once(wish, [joined.by for joined in wish.joined.select_related("by")])


def _also_want(wish: Wish) -> list[User]:
    """And who wanted this one too, or one that was joined to it."""
    supports = WishSupport.objects.filter(Q(wish=wish) | Q(wish__joined_to=wish)).select_related("by")
    return _each_once(wish, [*_also(wish), *(support.by for support in supports.order_by("pk"))])


def _each_once(wish: Wish, users: list[User]) -> list[User]:
    found: list[User] = []
    for user in users:
        if not user.is_same(wish.by_id) and not any(user.is_same(other.pk) for other in found):
            found.append(user)
    return found


WISHER = Audience(_("许愿的人和并进来的许愿人"), lambda wish, record: [wish.by, *_also(wish)])
WISHERS = Audience(
    _("许愿的人、并进来的许愿人和也想要的人"),
    lambda wish, record: [wish.by, *_also_want(wish)],
)
ALSO_WISHED = Audience(_("并进来的许愿人"), lambda wish, record: _also(wish))
ONE_WISHER = Audience(_("许愿的人"), lambda wish, record: [wish.by])
WISHED_TOO = Audience(
    _("并进来的许愿人和也想要的人"),
    lambda wish, record: _also_want(wish),
)
ANSWERER = Audience(_("答复心愿的社区"), lambda wish, record: Post(*answerer_of(wish.place)))
WISH_HOLDER = Audience(
    _("承办人"), lambda wish, record: Post(wish.holder_role, wish.holder_place) if wish.holder_place else None
)
ANSWERED = (_("您的心愿：%(label)s"), "%(answer)s")


WISHES = Lines(
    "proposals.wish",
    (
        Told("wish", WISH_HOLDER, _("新心愿：%(text)s"), when=lambda wish, record: not wish.urgent),
        Told("wish", WISH_HOLDER, _("急事，请马上回应：%(text)s"), when=lambda wish, record: wish.urgent),
        Told("claim", WISHER, *ANSWERED),
        Told("hand_over", WISHER, _("您的心愿转给了%(unit)s"), "%(answer)s"),
        Told("arrive", WISHER, *ANSWERED),
        Told("join", ONE_WISHER, _("您的心愿和同样的一件一起办"), "%(other)s"),
        Told("part", ONE_WISHER, _("您的心愿分开单办了"), "%(answer)s"),
        Told("part", WISH_HOLDER, _("分开单办的心愿：%(text)s"), "%(answer)s"),
        Told("fulfil", ALSO_WISHED, _("和您的心愿一起办的说办好了"), "%(answer)s"),
        Told(
            "fulfil",
            ONE_WISHER,
            _("您的心愿办好了吗？请您看看"),
            "%(answer)s",
            Way.BOTH,
            _("没有办好可以在期限内说，接着办"),
            when=lambda wish, record: not wish.is_for_another,
        ),
        Told(
            "fulfil",
            ANSWERER,
            _("替人记的心愿说办好了，请问问许愿人：%(text)s"),
            "%(answer)s",
            when=lambda wish, record: wish.was_told,
        ),
        Told("agree", WISHED_TOO, _("您也想要的心愿办好了"), "%(wish)s"),
        Told("agree", ANSWERER, _("许愿人确认办好：%(text)s")),
        Told("contest", WISH_HOLDER, _("许愿人说还没有办好：%(text)s"), "%(answer)s"),
        Told("accept_silence", WISHERS, _("心愿算办好了，没有人再提"), "%(wish)s"),
        Told("decline", WISHERS, *ANSWERED),
        Told(
            "promote",
            WISHERS,
            _("您的心愿已转为项目"),
            "%(project)s",
            url=lambda wish: wish.proposal.get_absolute_url(),
        ),
        Told("climb", WISH_HOLDER, _("下一级逾期的心愿：%(text)s")),
        Told("climb", WISHER, _("您的心愿逾期，已转上一级"), "%(text)s"),
        Told("overdue", WISH_HOLDER, _("逾期的心愿：%(text)s")),
    ),
    facts=lambda wish, record: {
        "text": wish.text,
        "wish": wish.text,
        "other": wish.joined_to.text if wish.joined_to else "",
        "answer": record.reason or wish.text,
        "unit": record.evidence.get("unit") or wish.handed_to,
        "project": wish.proposal.title if wish.proposal else "",
    },
    url=Wish.get_absolute_url,
)


# --- What residents and units can give ----------------------------------------------------------------


def _if_itself(resource: Resource) -> list[User]:
    """Whoever wrote it down for somebody else is not who offers it."""
    return [] if resource.is_for_another else [resource.by]


OFFERER_OF = Audience(_("提供的人"), lambda resource, record: _if_itself(resource))
RESOURCE_HOLDER = Audience(
    _("确认的社区，逾期以后的街道"),
    lambda thing, record: Post(thing.holder_role, thing.holder_place) if thing.holder_place else None,
)
ASKER = Audience(_("找他帮忙的人"), lambda request, record: [request.by])
ASKED = Audience(
    _("提供的人；纸质登记的为社区"),
    lambda request, record: (
        Post(request.holder_role, request.holder_place)
        if request.holder_place and request.holder_role != OFFERER
        else _if_itself(request.resource)
    ),
)

RESOURCES = Lines(
    "proposals.resource",
    (
        Told("offer", RESOURCE_HOLDER, _("请确认能人和资源：%(title)s"), "%(place)s"),
        Told("confirm", OFFERER_OF, _("已经入库：%(title)s"), _("有人找您，平台会告诉您；电话不公开")),
        Told("decline", OFFERER_OF, _("没有入库：%(title)s"), "%(reason)s"),
        Unheard("withdraw", "they took it back themselves; who waits for an answer hears it by fall_away"),
        Told("take_off", OFFERER_OF, _("社区撤下了：%(title)s"), "%(reason)s"),
        Unheard("gone", "whoever offered it closed their account; who waits for an answer hears it by fall_away"),
        Told("climb", RESOURCE_HOLDER, _("下一级逾期，请确认能人和资源：%(title)s"), "%(place)s"),
        Told("overdue", RESOURCE_HOLDER, _("逾期没有确认：%(title)s"), "%(place)s"),
    ),
    facts=lambda resource, record: {
        "title": resource.title,
        "place": resource.place.name,
        "reason": record.reason,
    },
    url=Resource.get_absolute_url,
)

REQUESTS = Lines(
    "proposals.resourcerequest",
    (
        Told("ask", ASKED, _("有人找您帮忙：%(title)s"), "%(text)s"),
        Told("agree", ASKER, _("对方同意了：%(title)s"), "%(answer)s"),
        Told("refuse", ASKER, _("对方这次帮不上：%(title)s"), "%(answer)s"),
        Told("cancel", ASKED, _("对方说不用了：%(title)s"), "%(text)s"),
        Told("fall_away", ASKER, _("已经撤下，请找别的：%(title)s")),
        Told("climb", ASKED, _("提供人没有答复，请去问一问：%(title)s"), "%(text)s"),
        Told("climb", ASKER, _("对方没有按期答复，已转工作人员去问：%(title)s")),
        Told("overdue", ASKED, _("逾期没有答复：%(title)s"), "%(text)s"),
    ),
    facts=lambda request, record: {
        "title": request.resource.title,
        "text": request.text,
        "answer": record.reason,
    },
    url=ResourceRequest.page,
)


# --- Questions ----------------------------------------------------------------------------------------


def _answerer(question: Question, record: StepRecord) -> Heard:
    if question.holder_role == PROPOSER_HOLDS and question.proposal:
        return [question.proposal.proposer]
    return Post(question.holder_role, question.holder_place) if question.holder_place else None


QUESTIONER = Audience(_("提问人"), lambda question, record: [question.by])
ANSWERS = Audience(_("承办人，没有的为社区"), _answerer)

QUESTIONS = Lines(
    "proposals.question",
    (
        Told("ask", ANSWERS, _("有人提问，请公开答复：%(text)s"), _("请在 %(due)s 前答复")),
        Told("answer", QUESTIONER, _("您的提问有答复了"), "%(reason)s"),
        Told("hide", QUESTIONER, _("您的提问已隐藏"), "%(reason)s"),
        Told("climb", ANSWERS, _("下一级逾期没有答复的提问：%(text)s"), _("请在 %(due)s 前答复")),
        Told("climb", QUESTIONER, _("您的提问逾期没有答复，已转上一级"), "%(text)s"),
        Told("overdue", ANSWERS, _("逾期没有答复的提问：%(text)s")),
    ),
    facts=lambda question, record: {
        "text": question.text,
        "due": cn_until(question.due_at) if question.due_at else "",
    },
    url=Question.get_absolute_url,
)


# --- Calls for proposals -----------------------------------------------------------------------------

CALLER = Audience(
    _("发起的社区或街道"),
    lambda call, record: Post(call.holder_role, call.holder_place) if call.holder_place else None,
)
ENTRANTS = Audience(
    _("参加的提议人"),
    lambda call, record: [each.proposal.proposer for each in call.entries.select_related("proposal__proposer")],
)
CALLED_BY = Audience(_("发起的人"), lambda call, record: [call.by])
CALLS = Lines(
    "proposals.call",
    (
        Told("open_call", CALLER, _("提案大赛开始：%(theme)s"), _("%(due)s 截止，请告诉居民")),
        Told("close_call", CALLER, _("提案大赛截止，请评选并公布结果：%(theme)s"), _("请在 %(due)s 前公布")),
        Told("close_call", ENTRANTS, _("您参加的提案大赛已经截止：%(theme)s"), _("%(due)s 前公布结果")),
        Told("record_results", ENTRANTS, _("提案大赛结果公布：%(theme)s"), "%(reason)s"),
        Told("climb", CALLER, _("下一级逾期没有公布结果的提案大赛：%(theme)s"), _("请在 %(due)s 前公布")),
        Told("climb", CALLED_BY, _("提案大赛逾期没有公布结果，已转上一级：%(theme)s")),
        Told("overdue", CALLER, _("逾期没有公布结果的提案大赛：%(theme)s")),
    ),
    facts=lambda call, record: {"theme": call.theme, "due": cn_until(call.due_at) if call.due_at else ""},
    url=Call.get_absolute_url,
)


# --- What is no step ----------------------------------------------------------------------------------

IN_YOUR_NAME = _("以他家名义登记的事，本人可以在期限内更正")

PHOTO_WITHHELD = Event("photo.withheld", _("放照片的人"))
PAPER_COSIGN = Event("cosign.on_paper", _("签名那一户的成年人"), Way.BOTH, IN_YOUR_NAME)
COSIGN_VOIDED = Event("cosign.voided", _("被撤销那一户的成年人"), Way.BOTH, IN_YOUR_NAME)
COSIGN_UNREAD = Event("cosign.unread", _("社区、楼栋长"), Way.BOTH, _("纸质附议等第二个人核对"))
COSIGN_UNREAD_LATE = Event("cosign.unread_late", _("街道经办"))
OBJECTION_ANSWERED = Event("objection.answered", _("提异议的人"), Way.BOTH, _("不满意可以在期限内要求街道再答复"))
OBJECTION_REMARKED = Event("objection.remarked", _("提异议的人和答复的人"))
REMARK_PROPOSED = Event("objection.remark_proposed", _("区里要确认的人，不同意的再告诉提出的人"))
PAPER_OBJECTION = Event("objection.on_paper", _("提异议那一户的成年人"), Way.BOTH, IN_YOUR_NAME)
OBJECTION_READ = Event("objection.read", _("提异议那一户的成年人"))
OBJECTION_UNREAD = Event("objection.unread", _("要核对的人"), Way.BOTH, _("书面异议等第二个人核对"))
BENEFITS_CHANGED = Event("beneficiaries.changed", _("提议人"))
PAPER_THIRD = Event("paper.third", _("第三个核对的人"), Way.BOTH, _("两个人看得不一样，等第三个人定"))
LOOK_ASKED = Event("look.asked", _("对照原件或照原件更正的人"), Way.BOTH, _("纸质的心愿和提议等另一位对照原件"))
LOOK_CORRECTED = Event("look.corrected", _("写这张纸的人"), Way.BOTH, IN_YOUR_NAME)
REMINDER = Event("deadline.reminder", _("承办人、提议人"))
