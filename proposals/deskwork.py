"""What staff do with wishes and proposals at the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.desk.deskwork import DeskForm, ReasonField
from minshi.faces.photos import PhotosField, first_of
from minshi.ledger.money import format_yuan
from minshi.residents.doors import DoorLinesField
from minshi.residents.models import ORGANISERS
from proposals import actions, selectors
from proposals.models import Proposal, Stage, Tier, Wish, WishStage


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


class CosignOnPaper(DeskForm):
    name = "cosign-on-paper"
    label = _("登记纸质附议")
    help = _("照签名册录；一户只算一次，已经附议的不再算。另一位照着照片核对以后才算。")
    permission = "proposals.record_paper"
    done = _("已登记，等另一位核对")
    renamed = {"photo": "photos"}
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

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return super().open_to(subject) and (subject.tier or 1) < Tier.THIRD


class HandBack(Handle):
    name, verb, label = "hand-back", "hand_back", _("退单")
    help = _("只能退一次，退给上一个承办人。")

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


OF_PROPOSAL = (
    PassReview,
    Return,
    Decline,
    Merge,
    CosignOnPaper,
    OpenHandling,
    Accept,
    Escalate,
    HandBack,
    DeclineHandling,
)


class AnswerWish(DeskForm):
    permission = "proposals.answer_wish"
    verb = ""
    stages: tuple[str, ...] = (WishStage.NEW,)
    reason = ReasonField(label=_("怎么答复"))

    def facts(self) -> list[tuple[Any, Any]]:
        return [(_("心愿"), self.subject.text), (_("具体位置"), self.subject.spot or "—")]

    @classmethod
    def open_to(cls, subject: Wish) -> bool:
        return subject.stage in cls.stages

    def run(self, subject: Wish, by: User) -> object:
        return actions.answer_wish(subject, self.verb, by=by, reason=self.cleaned_data["reason"])


class Claim(AnswerWish):
    name, verb, label = "claim", "claim", _("认领")
    stages = (WishStage.NEW, WishStage.HANDED)


class HandOver(AnswerWish):
    name, verb, label = "hand-over", "hand_over", _("转责任单位")


class Fulfil(AnswerWish):
    name, verb, label = "fulfil", "fulfil", _("已经实现")
    stages = (WishStage.NEW, WishStage.CLAIMED, WishStage.HANDED)


class DeclineWish(AnswerWish):
    name, verb, label = "decline", "decline", _("不采纳")
    stages = (WishStage.NEW, WishStage.HANDED)


OF_WISH = (Claim, HandOver, Fulfil, DeclineWish)
