"""What staff do with wishes and proposals at the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.clock import midnight
from minshi.desk.deskwork import DeskForm, ReasonField
from minshi.faces.photos import PhotosField, first_of
from minshi.ledger.money import format_yuan
from minshi.residents.doors import DoorLinesField, DoorTextField, read_places_and_doors
from minshi.residents.models import ORGANISERS
from minshi.territory.models import Household, Territory
from proposals import actions, selectors
from proposals.forms import CallForm, ResultForm, typed_list
from proposals.models import (
    ANSWER_LENGTH,
    LEAD_LENGTH,
    OFFERER,
    READING,
    UNIT_LENGTH,
    WHY_LENGTH,
    WISH_WAITS,
    Call,
    CallStage,
    Proposal,
    Question,
    QuestionStage,
    RequestStage,
    Resource,
    ResourceRequest,
    ResourceStage,
    Stage,
    Tier,
    Wish,
    WishStage,
)
from proposals.models.households import CosignQuerySet
from proposals.rules import may_correct
from proposals.wording import who_benefits


def helping(place: Territory, text: str, category: str) -> list[tuple[Any, Any]]:
    """What neighbours and units offer that may help with it; nothing where there is nothing."""
    found = [f"{each.title}（{each.offered_by}）" for each in selectors.helping(place, text, category)]
    return [(_("也许帮得上的能人和资源"), "；".join(found))] if found else []


class OfProposal(DeskForm):
    """Whoever decides has the matter before their eyes."""

    def facts(self) -> list[tuple[Any, Any]]:
        version = self.subject.version
        cost = _("%(yuan)s 元") % {"yuan": format_yuan(version.cost_fen)}
        return [
            (_("要解决什么"), version.need),
            (_("打算怎么做"), version.plan),
            (_("具体位置"), version.spot),
            (_("预计费用"), cost),
            *helping(self.subject.place, f"{self.subject.title} {version.need} {version.plan}", self.subject.category),
        ]


class Review(OfProposal):
    """Once it has climbed past the chief, who reviews on the phone."""

    permission = "proposals.review"
    verb = ""
    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.SUBMITTED and subject.holder_role not in ORGANISERS

    def run(self, subject: Proposal, by: User) -> object:
        return getattr(actions, self.verb)(subject, by=by, reason=self.cleaned_data["reason"])


class PassReview(Review):
    name, verb, label = "pass-review", "pass_review", _("初审通过")
    reason = ReasonField(required=False)


class Return(Review):
    name, verb, label = "return", "return_for_revision", _("退回修改")


class Decline(Review):
    name, verb, label = "decline", "decline", _("初审不通过")


class Recuse(Review):
    name, verb, label = "recuse", "recuse", _("回避，换人审")
    help = _("您和这件事、和提议人有关系的，写明原因，由另一位来审。")


class ChangeBenefits(OfProposal):
    """Before it passes: who benefits is reviewed like the rest."""

    name = "change-benefits"
    label = _("改受益范围")
    help = _("一行一处：楼栋（3栋）或一户（1-301）；不写就是整个地方。户数由平台来数。")
    permission = "proposals.review"
    done = _("受益范围已改")
    doors = forms.CharField(
        label=_("只有哪几栋、哪几户受益"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )
    reason = ReasonField(max_length=WHY_LENGTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["doors"].initial = "\n".join(typed_list(self.subject.version, self.subject.place))

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return Review.open_to(subject)

    def facts(self) -> list[tuple[Any, Any]]:
        version = self.subject.version
        said = _("%(who)s，共 %(n)d 户") % {
            "who": who_benefits(version, self.subject.place),
            "n": version.households,
        }
        return [(_("现在的受益范围"), said), *super().facts()]

    def clean_doors(self) -> tuple[list[Territory], list[Household]]:
        return read_places_and_doors(self.cleaned_data["doors"], self.subject.place)

    def run(self, subject: Proposal, by: User) -> object:
        parts, doors = self.cleaned_data["doors"]
        return actions.change_beneficiaries(subject, parts, doors, reason=self.cleaned_data["reason"], by=by)


class Merge(OfProposal):
    name = "merge"
    label = _("并入相近项目")
    help = _("附议的住户一起并过去，每户只算一次。")
    permission = "proposals.merge"
    into = forms.ModelChoiceField(label=_("并到哪一件"), queryset=Proposal.objects.none())
    reason = ReasonField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["into"]
        field.queryset = Proposal.objects.filter(pk__in=[each.pk for each in selectors.similar_to(self.subject)])

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage in (Stage.SUBMITTED, Stage.COSIGNING)

    def run(self, subject: Proposal, by: User) -> object:
        return actions.merge(subject, self.cleaned_data["into"], by=by, reason=self.cleaned_data["reason"])


class Split(OfProposal):
    name = "split"
    label = _("分开单独办")
    help = _("附议随它回去：只签过这一件的，不再算那一件的；两件都签过的，两件都算。")
    permission = "proposals.merge"
    done = _("已分开")
    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.MERGED

    def run(self, subject: Proposal, by: User) -> object:
        return actions.split(subject, by=by, reason=self.cleaned_data["reason"])


class CosignOnPaper(DeskForm):
    name = "cosign-on-paper"
    label = _("登记纸质附议")
    help = _("照签名册录；一户只算一次，已经附议的不再算。另一位照着照片核对以后才算。")
    permission = "proposals.record_paper"
    done = _("已登记，等另一位核对")
    renamed = {"photo": "photos", "stub": "photos"}
    photos = PhotosField(label=_("拍下整张签名册"), most=1)
    doors = DoorLinesField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed: Any = self.fields["doors"]
        typed.doors = self.subject.beneficiaries()

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.COSIGNING

    def run(self, subject: Proposal, by: User) -> object:
        data = self.cleaned_data
        return actions.cosign_on_paper(subject, data["doors"], photo=first_of(data["photos"]), by=by)


class VoidCosign(DeskForm):
    name = "void-cosign"
    label = _("撤销一户的纸质附议")
    help = _("登记错了门牌、签了两次，或者本人说没有签。由登记人以外的另一位来办；这一户会收到通知，可以重新附议。")
    permission = "proposals.record_paper"
    done = _("已撤销，附议户数已重新计算")
    renamed = {"household": "door"}
    door = DoorTextField(label=_("哪一户"))
    reason = ReasonField(max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed: Any = self.fields["door"]
        typed.doors = Household.objects.filter(pk__in=self.signed(self.subject).values("household"))

    @staticmethod
    def signed(subject: Proposal) -> CosignQuerySet:
        return subject.cosigns.standing().filter(line__isnull=False)

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage in READING and cls.signed(subject).exists()

    def run(self, subject: Proposal, by: User) -> object:
        data = self.cleaned_data
        return actions.void_cosign(subject, data["door"], reason=data["reason"], by=by)


class OpenHandling(OfProposal):
    name = "open-handling"
    label = _("公示期满，分级派单")
    permission = "proposals.run"

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.ANNOUNCED

    def run(self, subject: Proposal, by: User) -> object:
        return actions.open_handling(subject, by=by)


class Handle(OfProposal):
    permission = "proposals.handle"
    verb = ""
    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.HANDLING

    def run(self, subject: Proposal, by: User) -> object:
        return getattr(actions, self.verb)(subject, by=by, reason=self.cleaned_data["reason"])


class Accept(Handle):
    name, verb, label = "accept", "accept_handling", _("接单")
    help = _("在理由里写明打算怎么办。")


class Escalate(Handle):
    name, verb, label = "escalate", "escalate", _("提请上一级办理")
    urgent = forms.BooleanField(label=_("紧急"), required=False)
    field_order = ("reason", "urgent")

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return super().open_to(subject) and (subject.tier or 1) < Tier.THIRD

    def run(self, subject: Proposal, by: User) -> object:
        data = self.cleaned_data
        return actions.escalate(subject, by=by, reason=data["reason"], urgent=data["urgent"])


class TakeLead(Handle):
    """居民点单、街道派单、领导接单, as for the canteen."""

    name, label = "take-lead", _("领导接单")
    help = _("页面上写职务和期限，不写姓名；期限不因为接单改变。")
    office = forms.CharField(label=_("接单领导的职务"), max_length=LEAD_LENGTH)
    lead_name = forms.CharField(label=_("接单领导的姓名（不公开）"), max_length=40, required=False)
    reason = ReasonField(label=_("怎么推进"))
    renamed = {"name": "lead_name"}
    field_order = ("office", "lead_name", "reason")

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        is_higher = super().open_to(subject) and (subject.tier or 1) > Tier.FIRST
        return is_higher and subject.handlings.filter(ended_at=None, lead_office="").exists()

    def run(self, subject: Proposal, by: User) -> object:
        data = self.cleaned_data
        return actions.take_lead(subject, office=data["office"], name=data["lead_name"], reason=data["reason"], by=by)


class HandBack(Handle):
    name, verb, label = "hand-back", "hand_back", _("退单")
    help = _("只能退 {handback.times} 次，退给上一个承办人。")

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return super().open_to(subject) and not actions.why_not_hand_back(subject)

    @classmethod
    def _moved_on(cls, subject: Proposal) -> str:
        return " ".join(actions.why_not_hand_back(subject)) if super().open_to(subject) else super()._moved_on(subject)


class DeclineHandling(Handle):
    name, verb, label = "decline-handling", "decline_handling", _("无法办理")

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return super().open_to(subject) and not actions.why_not_decline(subject)

    @classmethod
    def _moved_on(cls, subject: Proposal) -> str:
        return " ".join(actions.why_not_decline(subject)) if super().open_to(subject) else super()._moved_on(subject)


class Above(OfProposal):
    """What a third of the households reopened twice, before whoever decides: what was said and what was answered."""

    permission = "proposals.rule_above"
    reason = ReasonField()

    def facts(self) -> list[tuple[Any, Any]]:
        notice = self.subject.gate_notice
        announced = [(notice.get_kind_display(), notice.body), *notice.table]
        said = [
            (_("异议 %(n)d") % {"n": each.ordinal}, f"{each.facts} → {each.answer or _('还没有答复')}")
            for each in notice.objections.order_by("ordinal")
        ]
        return [*announced, *said]


class RuleAbove(Above):
    name, label = "rule-above", _("对再次重议作决定")
    help = _("决定和理由马上公开。照此办理的，公示期满、异议都答复以后才能定。")
    confirms = forms.ChoiceField(
        label=_("决定"),
        choices=[("yes", _("照公示的内容办理")), ("no", _("退回重做"))],
        widget=forms.RadioSelect,
    )
    field_order = ("confirms", "reason")

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return actions.waits_above(subject) and actions.proposed_above(subject) is None

    def run(self, subject: Proposal, by: User) -> object:
        data = self.cleaned_data
        return actions.rule_above(subject, confirms=data["confirms"] == "yes", reason=data["reason"], by=by)


class SecondAbove(Above):
    name, label = "second-above", _("确认另一位提出的决定")
    help = _("区以上没有办公室：由区里两位工作人员决定，您确认以后才算。")
    agrees = forms.ChoiceField(
        label=_("您的意见"), choices=[("yes", _("同意")), ("no", _("不同意，请重新提出"))], widget=forms.RadioSelect
    )
    field_order = ("agrees", "reason")

    def facts(self) -> list[tuple[Any, Any]]:
        proposed = actions.proposed_above(self.subject)
        first = [(proposed.as_role, f"{proposed.outcome}：{proposed.reason}")] if proposed else []
        return [*first, *super().facts()]

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return actions.proposed_above(subject) is not None

    @classmethod
    def offered(cls, subject: Any, user: User) -> bool:
        proposed = actions.proposed_above(subject)
        return super().offered(subject, user) and proposed is not None and not user.is_same(proposed.by_id)

    def run(self, subject: Proposal, by: User) -> object:
        data = self.cleaned_data
        return actions.second_above(subject, agrees=data["agrees"] == "yes", reason=data["reason"], by=by)


OF_PROPOSAL = (
    PassReview,
    Return,
    Decline,
    Recuse,
    ChangeBenefits,
    Merge,
    Split,
    CosignOnPaper,
    VoidCosign,
    OpenHandling,
    Accept,
    Escalate,
    TakeLead,
    HandBack,
    DeclineHandling,
    RuleAbove,
    SecondAbove,
)


class AnswerWish(DeskForm):
    permission = "proposals.answer_wish"
    verb = ""
    stages: tuple[str, ...] = (WishStage.NEW,)
    reason = ReasonField(label=_("怎么答复"))

    def facts(self) -> list[tuple[Any, Any]]:
        kind = _("急事") if self.subject.urgent else _("心愿")
        wished = self.subject
        return [
            (kind, wished.text),
            (_("具体位置"), wished.spot or "—"),
            *pictures_of(wished),
            *page_of(wished, self.by),
            *helping(wished.place, wished.text, wished.category),
        ]

    @classmethod
    def open_to(cls, subject: Wish) -> bool:
        return subject.stage in cls.stages

    def run(self, subject: Wish, by: User) -> object:
        return actions.answer_wish(subject, self.verb, by=by, reason=self.cleaned_data["reason"])


def pictures_of(wished: Wish) -> list[tuple[Any, Any]]:
    """Its photos for whoever answers it, each leading to the whole."""
    return [
        (
            _("照片 %(n)d") % {"n": photo.ordinal},
            format_html(
                '<a href="{}"><img src="{}" alt="{}" width="162" height="122"></a>',
                reverse("wish_photo", args=[photo.pk]),
                reverse("wish_photo_small", args=[photo.pk]),
                _("照片 %(n)d") % {"n": photo.ordinal},
            ),
        )
        for photo in wished.photos.filter(taken_back_at=None).order_by("ordinal")
    ]


def page_of(wished: Wish, by: User) -> list[tuple[Any, Any]]:
    """The page of the book it was typed from, for who may read its handwriting."""
    look = selectors.look_of(wished.sheet_id)
    if look is None or not may_correct(by, look, selectors.sides_of(selectors.entered_from(look))):
        return []
    link = format_html('<a href="{}">{}</a>', reverse("look_photo", args=[look.pk]), _("看照片"))
    return [(_("心愿本这一页"), link)]


class LookAtPhotos(DeskForm):
    """Which photos everybody may see: none of them does before somebody has looked."""

    name, label = "look-at-photos", _("看照片，决定能不能公开")
    permission = "proposals.answer_wish"
    help = _("拍到人脸、门牌、车牌、证件，或者看得出是谁家的，不要公开；不公开的只有办的人和许愿人看得到。")
    shown = forms.MultipleChoiceField(
        label=_("可以公开的"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("都不勾就都不公开")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        photos = list(self.subject.photos.filter(taken_back_at=None).order_by("ordinal"))
        field: Any = self.fields["shown"]
        field.choices = [(str(photo.pk), _("照片 %(n)d") % {"n": photo.ordinal}) for photo in photos]
        field.initial = [str(photo.pk) for photo in photos if photo.is_shown]

    def facts(self) -> list[tuple[Any, Any]]:
        return [(_("心愿"), self.subject.text), *pictures_of(self.subject)]

    @classmethod
    def open_to(cls, subject: Wish) -> bool:
        return subject.photos.filter(taken_back_at=None).exists()

    def run(self, subject: Wish, by: User) -> object:
        return actions.look_at_wish_photos(subject, {int(pk) for pk in self.cleaned_data["shown"]}, by=by)


class Claim(AnswerWish):
    name, verb, label = "claim", "claim", _("认领")
    stages = (WishStage.NEW, WishStage.HANDED)


class HandOver(AnswerWish):
    name, verb, label = "hand-over", "hand_over", _("转责任单位")
    help = _("转出以后仍由这里催办：到期没有答复，自动转上一级。")
    unit = forms.CharField(label=_("转给哪个单位"), max_length=UNIT_LENGTH)
    reason = ReasonField(label=_("怎么答复许愿人"))

    def run(self, subject: Wish, by: User) -> object:
        data = self.cleaned_data
        return actions.answer_wish(subject, self.verb, unit=data["unit"], reason=data["reason"], by=by)


class Arrive(AnswerWish):
    name, verb, label = "arrive", "arrive", _("到场了")
    stages = (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED)
    reason = ReasonField(label=_("到场看到什么，怎么处理"))

    @classmethod
    def open_to(cls, subject: Wish) -> bool:
        return subject.urgent and super().open_to(subject)


class Fulfil(AnswerWish):
    name, verb, label = "fulfil", "fulfil", _("办好了")
    stages = WISH_WAITS


class DeclineWish(AnswerWish):
    name, verb, label = "decline", "decline", _("不采纳")
    stages = (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED)


class JoinWish(DeskForm):
    name, label = "join", _("并到同样的心愿")
    permission = "proposals.answer_wish"
    other = forms.IntegerField(label=_("并到哪一件（填心愿编号）"), min_value=1, max_value=2**53)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        like = [f"{wish.pk}“{wish.text}”（{wish.place.name}）" for wish in selectors.wishes_like(self.subject)]
        said = _("相近的：%(wishes)s") % {"wishes": "；".join(like)} if like else _("附近没有相近的心愿")
        self.fields["other"].help_text = said

    def facts(self) -> list[tuple[Any, Any]]:
        return [(_("心愿"), self.subject.text), (_("具体位置"), self.subject.spot or "—")]

    @classmethod
    def open_to(cls, subject: Wish) -> bool:
        return subject.stage in WISH_WAITS

    def clean_other(self) -> Wish:
        found = Wish.objects.filter(pk=self.cleaned_data["other"]).first()
        if found is None:
            raise forms.ValidationError(_("没有这个编号的心愿"))
        return found

    def run(self, subject: Wish, by: User) -> object:
        return actions.join_wish(subject, self.cleaned_data["other"], by=by)


class PartWish(AnswerWish):
    name, verb, label = "part", "part", _("分开单办")
    permission = "proposals.part_wish"
    stages = (WishStage.JOINED,)
    reason = ReasonField(label=_("为什么不是同一件"))

    def run(self, subject: Wish, by: User) -> object:
        return actions.part_wish(subject, reason=self.cleaned_data["reason"], by=by)


class OfQuestion(DeskForm):
    def facts(self) -> list[tuple[Any, Any]]:
        return [(_("问题"), self.subject.text), (_("项目"), self.subject.proposal or _("政策问答"))]


class AnswerQuestion(OfQuestion):
    name, label = "answer", _("公开答复")
    permission = "proposals.answer_question"
    renamed = {"text": "reason"}
    reason = ReasonField(label=_("答复（大家都看得到）"), max_length=ANSWER_LENGTH)

    @classmethod
    def open_to(cls, subject: Question) -> bool:
        return subject.stage == QuestionStage.WAITING

    def run(self, subject: Question, by: User) -> object:
        return actions.answer_question(subject, self.cleaned_data["reason"], by=by)


class HideQuestion(OfQuestion):
    name, label = "hide", _("隐藏这条提问")
    help = _("页面上留下隐藏的理由；提问人会知道。")
    permission = "proposals.hide_question"
    reason = ReasonField(max_length=ANSWER_LENGTH)

    @classmethod
    def open_to(cls, subject: Question) -> bool:
        return subject.stage != QuestionStage.HIDDEN

    def run(self, subject: Question, by: User) -> object:
        return actions.hide_question(subject, reason=self.cleaned_data["reason"], by=by)


OF_QUESTION = (AnswerQuestion, HideQuestion)


class JudgeWish(DeskForm):
    """For whoever told it to somebody: they were asked."""

    permission = "proposals.judge_wish"
    is_done = True

    def facts(self) -> list[tuple[Any, Any]]:
        return [
            (_("心愿"), self.subject.text),
            (_("许愿人"), self.subject.wisher_name),
            (_("答复"), self.subject.answer),
        ]

    @classmethod
    def open_to(cls, subject: Wish) -> bool:
        return subject.stage == WishStage.SAID and subject.was_told

    def run(self, subject: Wish, by: User) -> object:
        why = self.cleaned_data.get("reason", "")
        return actions.judge_wish(subject, is_done=self.is_done, reason=why, by=by)


class WishIsDone(JudgeWish):
    name, label = "agree", _("问过了，许愿人说办好了")


class WishIsNotDone(JudgeWish):
    name, label, is_done = "contest", _("问过了，许愿人说还没有办好"), False
    reason = ReasonField(label=_("还差什么"))


OF_WISH = (
    Claim, HandOver, Arrive, Fulfil, DeclineWish, LookAtPhotos, JoinWish, PartWish, WishIsDone, WishIsNotDone
)  # fmt: skip


class LookAtResource(DeskForm):
    """Whoever lets it in has before their eyes what it says, and whom to ring to find out whether it is so."""

    permission = "proposals.confirm_resource"
    stage: str = ResourceStage.OFFERED

    def facts(self) -> list[tuple[Any, Any]]:
        offered = self.subject
        whose = " ".join(part for part in (offered.unit, offered.offerer_name, offered.contact) if part)
        return [
            (offered.get_kind_display(), offered.title),
            (_("说明"), offered.about or "—"),
            (_("什么时候可以"), offered.times),
            (_("谁提供的"), whose or _("网上登记的居民")),
        ]

    @classmethod
    def open_to(cls, subject: Resource) -> bool:
        return subject.stage == cls.stage


class ConfirmResource(LookAtResource):
    name, label = "confirm", _("确认入库")
    help = _("核实过再确认；自己提供、自己登记的由另一位确认。")
    answer = ReasonField(label=_("要说明的（可以不写）"), required=False)

    def run(self, subject: Resource, by: User) -> object:
        return actions.confirm_resource(subject, answer=self.cleaned_data["answer"], by=by)


class DeclineResource(LookAtResource):
    name, label = "decline", _("不入库")
    reason = ReasonField()

    def run(self, subject: Resource, by: User) -> object:
        return actions.decline_resource(subject, reason=self.cleaned_data["reason"], by=by)


class TakeOffResource(LookAtResource):
    name, label, stage = "take-off", _("撤下"), ResourceStage.LISTED
    help = _("不再提供了，或者和登记的不一样。")
    reason = ReasonField()

    def run(self, subject: Resource, by: User) -> object:
        return actions.take_off(subject, reason=self.cleaned_data["reason"], by=by)


OF_RESOURCE = (ConfirmResource, DeclineResource, TakeOffResource)


class AnswerRequest(DeskForm):
    """For whoever wrote it on paper, or did not answer: the office asks them and passes their word on."""

    permission = "proposals.answer_request"
    agrees = True
    answer = ReasonField(label=_("约在什么时候、哪里"), help_text=_("只有找他的人看得到；电话号码会自动隐去"))

    def facts(self) -> list[tuple[Any, Any]]:
        offered = self.subject.resource
        whose = " ".join(part for part in (offered.unit, offered.offerer_name, offered.contact) if part)
        return [
            (_("能提供什么"), offered.title),
            (_("请他帮什么"), self.subject.text),
            (_("先问谁"), whose or _("网上登记的居民，电话在住户登记里")),
        ]

    @classmethod
    def open_to(cls, subject: ResourceRequest) -> bool:
        return subject.stage == RequestStage.ASKED and subject.holder_role != OFFERER

    def run(self, subject: ResourceRequest, by: User) -> object:
        return actions.answer_request(subject, agrees=self.agrees, answer=self.cleaned_data["answer"], by=by)


class AgreeToRequest(AnswerRequest):
    name, label = "agree", _("问过了，能帮")


class RefuseRequest(AnswerRequest):
    name, label, agrees = "refuse", _("问过了，帮不上"), False
    answer = ReasonField(label=_("为什么"), help_text=_("只有找他的人看得到"))


OF_REQUEST = (AgreeToRequest, RefuseRequest)


class OpenCall(DeskForm):
    name, label = "open", _("发起提案大赛")
    permission = "proposals.open_call"
    done = _("提案大赛已经开始")
    help = _("征集到最后一天 24:00；截止以后在期限内公布结果，逾期转上一级。")
    clean_last_day = CallForm.clean_last_day

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(CallForm(by=self.by).fields)

    def run(self, subject: None, by: User) -> object:
        data = dict(self.cleaned_data)
        closes_at = midnight(data.pop("last_day") + timedelta(days=1))
        return actions.open_call(data.pop("place"), closes_at=closes_at, **data, by=by)


class NameResults(DeskForm):
    """Each entry has its line; what is left empty is given nothing."""

    name, label = "results", _("评选，公布结果")
    permission = "proposals.call"
    done = _("结果已经公布")
    help = _("一次公布，不能改。得奖人不写姓名，大家从提案的页面上看。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = list(self.subject.entries.select_related("proposal").order_by("pk"))
        self.fields.update(ResultForm(entries=self.entries).fields)

    def facts(self) -> list[tuple[Any, Any]]:
        asked = self.subject
        return [(_("征集什么"), asked.text), (_("怎么评"), asked.criteria), (_("奖品"), asked.prizes)]

    @classmethod
    def open_to(cls, subject: Call) -> bool:
        return subject.stage == CallStage.JUDGING

    def run(self, subject: Call, by: User) -> object:
        data = self.cleaned_data
        prizes = {entry.pk: data[f"prize_{entry.pk}"] for entry in self.entries}
        return actions.record_results(subject, prizes, reason=data["reason"], by=by)


OF_CALL = (NameResults,)
