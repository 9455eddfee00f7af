"""Pots, plans, grants, contributions, payments and refunds as forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from funding import actions, selectors
from funding.actions.plans import LEVEL_OF, SOURCES_BY_TIER, to_ask_fen
from funding.actions.pledges import GIVING
from funding.actions.reversals import as_read
from funding.deskwork.fields import NO_CHOICE, doors_of, paper_of
from funding.models import (
    Allocation,
    CarryOver,
    Claim,
    ClaimEnd,
    Contribution,
    ContributionStage,
    Ending,
    EndingStage,
    Grant,
    GrantStage,
    InKind,
    Payment,
    PaymentStage,
    Pledge,
    Pot,
    Purse,
    Refund,
    Sponsor,
)
from funding.rules import KEEPERS, accepted_by
from minshi.accounts.models import User
from minshi.clock import today
from minshi.desk.deskwork import DeskForm, OneWord, ReasonField
from minshi.faces.photos import PhotosField, first_of
from minshi.ledger.money import YuanField, format_yuan
from minshi.refusals import Refused
from minshi.residents.doors import DoorTextField, signers_of
from minshi.residents.models import Person
from minshi.residents.rules import roles_of
from minshi.territory.models import Territory
from proposals.lifecycle import STOPPABLE
from proposals.models import ENDED, PUBLIC, Source, Stage

# --- Pots ------------------------------------------------------------------------------------------


class OpenPot(DeskForm):
    label = _("设立资金池")
    permission = "funding.open_pot"
    done = _("已设立")

    place = forms.ModelChoiceField(label=_("街道或区"), queryset=Territory.objects.none(), empty_label=None)
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    title = forms.CharField(label=_("名称"), max_length=50)
    document = forms.CharField(label=_("设立文件"), max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Q(pk__in=[])
        for held in roles_of(self.by):
            mine |= Q(path__startswith=held.path) if held.role in KEEPERS else Q(pk__in=[])
        places: Any = self.fields["place"]
        places.queryset = Territory.objects.filter(mine, level_id__in=("street", "district")).order_by("path")

    def run(self, subject: None, by: User) -> Pot:
        return actions.open_pot(**self.cleaned_data, by=by)


class Allocate(DeskForm):
    name = "allocate"
    label = _("登记拨入")
    help = _("由另一个人复核以后才算进资金池。")
    permission = "funding.keep_pot"

    amount = YuanField(label=_("金额（元）"), min_fen=1)
    document = forms.CharField(label=_("拨款文号"), max_length=120)

    def run(self, subject: Pot, by: User) -> Allocation:
        data = self.cleaned_data
        return actions.allocate(subject, amount_fen=data["amount"], document=data["document"], by=by)


class PotWork(OneWord):
    """On what one has entered for a pot and another looks at: it counts from then on, or is taken off."""

    permission = "funding.keep_pot"

    @classmethod
    def open_to(cls, subject: Allocation | CarryOver) -> bool:
        return subject.confirmed_at is None and subject.rejected_at is None

    def facts(self) -> list[tuple[Any, Any]]:
        return [
            (_("资金池"), self.subject.pot),
            (_("金额"), _("%s 元") % format_yuan(self.subject.amount_fen)),
            (_("文号"), self.subject.document),
        ]


class ConfirmAllocation(PotWork):
    name = "confirm"
    act = actions.confirm_allocation
    after = ("recorded_by_id",)
    label = _("复核拨入")
    help = _("请对照拨款文件。登记的人不能自己复核。")


class RejectAllocation(PotWork):
    name = "reject"
    act = actions.reject_allocation
    label = _("与文件不符，作废")
    help = _("没有复核的不算数；作废以后可以用同一个文号重新登记。")
    done = _("已作废")

    reason = ReasonField(max_length=200)


class CarryPotOver(DeskForm):
    name = "carry-over"
    label = _("登记结转")
    help = _("资金池只用于本年度；剩下的按文件结转到以后年度，由另一个人复核。")
    permission = "funding.keep_pot"
    renamed = {"amount_fen": "amount"}

    to_pot = forms.ModelChoiceField(label=_("到哪个资金池"), queryset=Pot.objects.none(), empty_label=None)
    amount = YuanField(label=_("金额（元）"), min_fen=1)
    document = forms.CharField(label=_("结转文号"), max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        later: Any = self.fields["to_pot"]
        later.queryset = Pot.objects.filter(place=self.subject.place, year__gt=self.subject.year).order_by("year")

    @classmethod
    def open_to(cls, subject: Pot) -> bool:
        return Pot.objects.filter(place=subject.place_id, year__gt=subject.year).exists()

    def run(self, subject: Pot, by: User) -> CarryOver:
        data = self.cleaned_data
        return actions.carry_over(subject, data["to_pot"], amount_fen=data["amount"], document=data["document"], by=by)


class ConfirmCarryOver(PotWork):
    name = "confirm"
    act = actions.confirm_carry_over
    after = ("recorded_by_id",)
    label = _("复核结转")
    help = _("请对照结转文件。登记的人不能自己复核。")


class RejectCarryOver(PotWork):
    name = "reject"
    act = actions.reject_carry_over
    label = _("与文件不符，作废")
    help = _("没有复核的不算数；作废以后可以用同一个文号重新登记。")
    done = _("已作废")

    reason = ReasonField(max_length=200)


# --- Plan --------------------------------------------------------------------------------------------


class DrawUp(DeskForm):
    name = "plan"
    label = _("编制资金方案")
    help = _("各方合计必须等于商定的费用。级别决定能用哪些钱。")
    permission = "funding.plan"

    why = forms.CharField(label=_("说明"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        proposal = self.subject.proposal
        plan = selectors.plan_of(proposal)
        agreed = plan.amounts() if plan else proposal.version.shares
        for source in SOURCES_BY_TIER[proposal.tier or 1]:
            self.fields[source] = YuanField(
                label=_("%s（元）") % source.label, required=False, initial=agreed.get(source)
            )
        self.order_fields([*SOURCES_BY_TIER[proposal.tier or 1], "why"])

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return subject.proposal.stage == Stage.RAISING

    def run(self, subject: Purse, by: User) -> object:
        lines = {source: self.cleaned_data.get(source) or 0 for source in self.fields if source in Source}
        return actions.draw_up(subject.proposal, lines, why=self.cleaned_data["why"], by=by)


class AskGrant(DeskForm):
    name = "ask"
    label = _("向街道、区里申请资金")
    help = _("金额按资金方案，不用填。")
    permission = "funding.plan"

    source = forms.ChoiceField(label=_("哪一项"))
    pot = forms.ModelChoiceField(label=_("从哪个资金池"), queryset=Pot.objects.none(), empty_label=None)
    reason = forms.CharField(label=_("说明"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked: Any = self.fields["source"]
        asked.choices = [(each, each.label) for each in self.left_to_ask(self.subject)]
        paths = self.subject.territory.ancestor_paths()
        pots: Any = self.fields["pot"]
        pots.queryset = Pot.objects.filter(
            place__path__in=paths, place__level_id__in=LEVEL_OF.values(), year=today().year
        ).order_by("place__path")

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return subject.proposal.stage == Stage.RAISING and bool(cls.left_to_ask(subject))

    @staticmethod
    def left_to_ask(subject: Purse) -> list[Source]:
        plan = selectors.plan_of(subject.proposal)
        return [each for each in PUBLIC if to_ask_fen(subject.proposal, each, plan) > 0]

    def run(self, subject: Purse, by: User) -> Grant:
        data = self.cleaned_data
        return actions.ask(subject.proposal, data["source"], data["pot"], reason=data["reason"], by=by)


class AnnounceFunding(DeskForm):
    name = "announce"
    label = _("资金落实，发布资金公示")
    help = _("公家的钱都批了、其余的到账或者认缴了，才能公示。公示期满、异议都答复了，才往下办。")
    permission = "funding.plan"

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return subject.proposal.stage == Stage.RAISING

    def run(self, subject: Purse, by: User) -> object:
        return actions.announce_funding(subject.proposal, by=by)


class OpenSuppliers(DeskForm):
    name = "open-suppliers"
    label = _("公示期满，开始询价")
    permission = "funding.plan"

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return subject.proposal.stage == Stage.FUNDED and not selectors.buys_nothing(subject.proposal)

    def run(self, subject: Purse, by: User) -> object:
        return actions.open_suppliers(subject.proposal, by=by)


class DeliverInKind(DeskForm):
    name = "deliver-in-kind"
    label = _("公示期满，不花钱，开始实施")
    help = _("方案里只有出工、出物、出场地，不用询价、不签合同，做好了逐项验收。")
    permission = "funding.plan"

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return subject.proposal.stage == Stage.FUNDED and selectors.buys_nothing(subject.proposal)

    def run(self, subject: Purse, by: User) -> object:
        return actions.deliver_in_kind(subject.proposal, by=by)


# --- Stopping ------------------------------------------------------------------------------------------


class AskEnding(DeskForm):
    name = "cancel"
    label = _("提请了结（中途不办了）")
    help = _("由另一位确认才算。先付清已验收的活，剩下的按各方出的钱占的比例退回；了结以后不能恢复。")
    permission = "funding.cancel"
    renamed = {"photo": "photos"}
    done = _("已提请，等另一位确认")

    reason = ReasonField()
    photos = PhotosField(label=_("依据（签了合同的必须拍）"), most=1, required=False)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return subject.proposal.stage in STOPPABLE and selectors.ending_of(subject.proposal) is None

    def run(self, subject: Purse, by: User) -> object:
        data = self.cleaned_data
        return actions.ask_ending(subject.proposal, reason=data["reason"], file=first_of(data["photos"]), by=by)


class EndingWork(DeskForm):
    """One word on the ending that runs."""

    stages: tuple[str, ...] = ()

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        found = selectors.ending_of(subject.proposal)
        return found is not None and found.stage in cls.stages

    @property
    def ending(self) -> Ending:
        found = selectors.ending_of(self.subject.proposal)
        if found is None:  # somebody was a moment faster
            raise Refused(_("这次了结刚刚由别人办完或者撤回，请看现在到了哪一步"))
        return found

    def facts(self) -> list[tuple[Any, Any]]:
        ending = self.ending
        said = [(_("为什么不办了"), ending.reason)]
        if ending.file:
            link = format_html(
                '<a href="{}">{}</a>', reverse("money_paper", args=["ending-file", ending.pk]), _("看依据")
            )
            said.append((_("依据"), link))
        if contract := selectors.contract_of(self.subject.proposal):
            yuan = _("%s 元")
            said += [
                (_("合同价"), yuan % format_yuan(contract.price_fen)),
                (_("已付"), yuan % format_yuan(selectors.paid_fen(contract))),
                (_("按合同已经应付到"), yuan % format_yuan(selectors.reached_fen(contract))),
            ]
        return said


class ConfirmEnding(EndingWork):
    name = "confirm-ending"
    label = _("确认了结和应付")
    help = _("提出的人不能自己确认。确认以后：没拨的退回资金池，认缴作废，付清应付，余款按比例退。")
    permission = "funding.confirm_ending"
    stages = (EndingStage.ASKED, EndingStage.COUNTING)

    @classmethod
    def hands_before(cls, subject: Purse) -> list[int | None]:
        ending = selectors.ending_of(subject.proposal)
        return [subject.proposal.proposer_id, ending.asked_by_id if ending else None]

    worth = YuanField(label=_("已验收的活一共值多少（元，含已付）"), required=False)
    work = forms.CharField(
        label=_("做了哪些、谁验收的"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contract = selectors.contract_of(self.subject.proposal)
        if contract is None:
            del self.fields["worth"]
        else:
            self.fields["worth"].initial = selectors.reached_fen(contract)

    def run(self, subject: Purse, by: User) -> object:
        data = self.cleaned_data
        return actions.confirm_ending(self.ending, work_fen=data.get("worth"), work=data["work"], by=by)


class RefuseEnding(EndingWork):
    name = "refuse-ending"
    label = _("不同意了结，继续办")
    permission = "funding.confirm_ending"
    stages = (EndingStage.ASKED,)

    reason = ReasonField()

    def run(self, subject: Purse, by: User) -> object:
        return actions.refuse_ending(self.ending, reason=self.cleaned_data["reason"], by=by)


class RecountEnding(EndingWork):
    name = "recount-ending"
    label = _("重新清点应付")
    help = _("应付的数目不对、承接方不认时用；要由另一位重新确认。")
    permission = "funding.close_ending"
    stages = (EndingStage.PAYING,)

    reason = ReasonField()

    def run(self, subject: Purse, by: User) -> object:
        return actions.recount_ending(self.ending, reason=self.cleaned_data["reason"], by=by)


class CloseEnding(EndingWork):
    name = "close-ending"
    label = _("了结完毕，公告并归档")
    help = _("应付的都付清、余款都退回以后办。付了多少、退了多少由账簿写进公告。")
    permission = "funding.close_ending"
    stages = (EndingStage.RETURNING,)
    renamed = {"done": "said_done"}

    said_done = forms.CharField(
        label=_("做了什么、没做什么"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def run(self, subject: Purse, by: User) -> object:
        return actions.close_ending(self.ending, done=self.cleaned_data["said_done"], by=by)


# --- Grants --------------------------------------------------------------------------------------------


BEFORE_A_GRANT = ("asked_by_id", "examined_by_id", "approved_by_id", "proposal.proposer_id")


class GrantWork(DeskForm):
    """One word on a grant, with its reason."""

    stages: tuple[str, ...] = ()
    verb = ""

    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Grant) -> bool:
        return subject.stage in cls.stages

    def facts(self) -> list[tuple[Any, Any]]:
        return list(selectors.before_ones_eyes(self.subject))

    def run(self, subject: Grant, by: User) -> object:
        return getattr(actions, self.verb)(subject, reason=self.cleaned_data["reason"], by=by)


class Examine(GrantWork):
    name = "examine"
    label = _("审核通过")
    help = _("看预算、负面清单，有没有拆分。之后由另一个人审批。")
    permission = "funding.examine"
    stages, verb, after = (GrantStage.ASKED,), "examine", BEFORE_A_GRANT


class ReturnForCompletion(GrantWork):
    name = "return"
    label = _("退回补正")
    help = _("只能要求 {street_approval.completions} 次，请一次说清缺什么。")
    permission = "funding.examine"
    stages, verb, after = (GrantStage.ASKED,), "return_for_completion", BEFORE_A_GRANT


class Complete(GrantWork):
    name = "complete"
    label = _("已经补正")
    permission = "funding.plan"
    stages, verb = (GrantStage.INCOMPLETE,), "complete"


class Approve(GrantWork):
    name = "approve"
    label = _("审批同意")
    help = _("同意以后，钱从资金池里留出来。超过限额或三级办理的，报区里审定。")
    permission = "funding.approve"
    stages, verb, after = (GrantStage.EXAMINED,), "approve", BEFORE_A_GRANT


class Decide(GrantWork):
    name = "decide"
    label = _("区里审定同意")
    permission = "funding.district"
    stages, verb, after = (GrantStage.CLEARED,), "decide", BEFORE_A_GRANT


class RefuseGrant(GrantWork):
    name = "refuse"
    label = _("不予批准")
    permission = "funding.refuse_grant"
    stages, verb, after = (GrantStage.ASKED, GrantStage.EXAMINED, GrantStage.CLEARED), "refuse", BEFORE_A_GRANT


class WithdrawGrant(GrantWork):
    name = "withdraw"
    label = _("撤销申请")
    help = _("已经留出来的钱退回资金池。")
    permission = "funding.plan"
    verb = "withdraw"
    stages = (
        GrantStage.ASKED,
        GrantStage.INCOMPLETE,
        GrantStage.EXAMINED,
        GrantStage.CLEARED,
        GrantStage.APPROVED,
    )

    @classmethod
    def open_to(cls, subject: Grant) -> bool:
        return super().open_to(subject) and subject.proposal.stage == Stage.RAISING


# --- Neighbours' money ---------------------------------------------------------------------------------


class GivingWork(DeskForm):
    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return subject.proposal.stage in GIVING


class RecordPledge(GivingWork):
    name = "pledge"
    label = _("登记纸质认缴")
    help = _("一户一张，只登记住户自愿写下的数目。另一位照着照片核对以后才算。")
    permission = "funding.record_money"
    done = _("已登记，等另一位核对")
    renamed = {"photo": "photos", "stub": "photos", "signer": "signed"}

    photos = PhotosField(label=_("拍下认缴单"), most=1)
    household = DoorTextField(label=_("哪一户"))
    signed = forms.CharField(
        label=_("签名人"), max_length=40, required=False, help_text=_("不是在册的成年人就空着：未登记")
    )
    amount = YuanField(label=_("金额（元）"), min_fen=1)
    publishes_name = forms.BooleanField(label=_("本人签字同意公开姓名"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        door: Any = self.fields["household"]
        door.doors = self.subject.proposal.beneficiaries()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        door, name = cleaned.get("household"), cleaned.get("signed")
        if door and name:
            known = next((pk for pk, each in signers_of(door) if each == name and pk), None)
            if known is None:
                self.add_error("signed", _("这一户没有叫这个名字的成年人；不在册的请空着"))
            cleaned["signer"] = known and Person.objects.get(pk=known)
        return cleaned

    def run(self, subject: Purse, by: User) -> object:
        data = self.cleaned_data
        return actions.pledge_on_paper(
            subject.proposal,
            data["household"],
            signer=data.get("signer"),
            amount_fen=data["amount"],
            publishes_name=data["publishes_name"],
            photo=first_of(data["photos"]),
            by=by,
        )


class ReadPledge(DeskForm):
    name = "read"
    label = _("核对纸质认缴")
    after = ("line.first_by_id", "line.second_by_id")
    help = _("请只看照片。这里看不到第一次录的是什么；录入的人不能自己核对。")
    permission = "funding.confirm_money"
    done = _("已核对；看的不一样的，转另一位来看")
    renamed = {"amount_fen": "amount"}

    amount = YuanField(label=_("照片上写的金额（元）"), min_fen=1)
    publishes_name = forms.BooleanField(label=_("照片上签字同意公开姓名"), required=False)

    @classmethod
    def open_to(cls, subject: Pledge) -> bool:
        return subject.is_waiting and subject.withdrawn_at is None

    def facts(self) -> list[tuple[Any, Any]]:
        photo = format_html('<a href="{}">{}</a>', reverse("pledge_photo", args=[self.subject.pk]), _("看照片"))
        return [
            (_("哪一户"), self.subject.household.door),
            (_("签名人"), self.subject.speaker or _("未登记")),
            (_("认缴单"), photo),
        ]

    def run(self, subject: Pledge, by: User) -> object:
        data = self.cleaned_data
        return actions.read_pledge(subject, amount_fen=data["amount"], publishes_name=data["publishes_name"], by=by)


class VoidPledge(OneWord):
    name = "void"
    act = actions.void_pledge
    after = ("line.sheet.registered_by_id",)
    label = _("撤销登记错的认缴单")
    help = _("登记错了门牌，或者本人说没有签。由登记人以外的另一位来办；这一户会收到通知，可以重新认缴。")
    permission = "funding.confirm_money"
    done = _("已撤销，认缴已重新计算")
    reason = ReasonField(max_length=200)

    @classmethod
    def open_to(cls, subject: Pledge) -> bool:
        return subject.withdrawn_at is None and subject.line_id is not None


class WithdrawPledge(OneWord):
    name = "withdraw"
    act = actions.withdraw_pledge
    label = _("代撤回认缴")
    help = _("本户要求撤回。不用问为什么；这一户会收到通知。")
    permission = "funding.record_money"

    @classmethod
    def open_to(cls, subject: Pledge) -> bool:
        return subject.withdrawn_at is None


class AddSponsor(GivingWork):
    name = "sponsor"
    label = _("登记赞助单位")
    permission = "funding.plan"

    unit = forms.CharField(label=_("单位名称"), max_length=80)
    amount = YuanField(label=_("约定金额（元）"), required=False)
    agreement = forms.CharField(label=_("赞助协议"), max_length=120)
    contact = forms.CharField(label=_("联系方式（不公开）"), max_length=120, required=False)
    publishes_name = forms.BooleanField(label=_("同意公开名称"), required=False, initial=True)

    def run(self, subject: Purse, by: User) -> object:
        data = self.cleaned_data
        return actions.add_sponsor(
            subject.proposal,
            name=data["unit"],
            promised_fen=data["amount"] or 0,
            agreement=data["agreement"],
            contact=data["contact"],
            publishes_name=data["publishes_name"],
            by=by,
        )


class WithdrawSponsor(DeskForm):
    name = "sponsor-gone"
    label = _("登记赞助单位不再出")
    help = _("单位不出了，或者约定金额登记错了。已经到账的不变；还要出的，重新登记协议。")
    permission = "funding.plan"
    done = _("已登记，约定的钱不再算")

    sponsor = forms.ModelChoiceField(label=_("哪个单位"), queryset=Sponsor.objects.none(), empty_label=NO_CHOICE)
    reason = ReasonField(max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        standing: Any = self.fields["sponsor"]
        standing.queryset = self.subject.proposal.sponsors.filter(withdrawn_at=None).order_by("name")

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return subject.proposal.stage in GIVING and subject.proposal.sponsors.filter(withdrawn_at=None).exists()

    def run(self, subject: Purse, by: User) -> object:
        data = self.cleaned_data
        return actions.withdraw_sponsor(data["sponsor"], reason=data["reason"], by=by)


class RecordContribution(GivingWork):
    name = "contribution"
    label = _("登记到账")
    help = _("钱到社区账户、开了收据以后登记，由另一个人复核才算。平台不收钱。")
    permission = "funding.record_money"

    household = DoorTextField(label=_("哪一户"), required=False, help_text=_("单位出的不填；例如 301、1-301、1单元301"))
    sponsor = forms.ModelChoiceField(
        label=_("或哪个单位"), queryset=Sponsor.objects.none(), required=False, empty_label=NO_CHOICE
    )
    amount = YuanField(label=_("金额（元）"), min_fen=1)
    voucher = forms.CharField(label=_("凭证号（收据、转账）"), max_length=60)
    photo = PhotosField(label=_("拍下凭证"), most=1)
    former = forms.TypedChoiceField(
        label=_("这一户换过住户的：这笔钱是谁出的"),
        choices=[("", _("没有换过")), ("now", _("现在住的人")), ("before", _("原来认缴或者出过钱、已经搬走的人"))],
        coerce=lambda said: said == "before",
        empty_value=None,
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed: Any = self.fields["household"]
        typed.doors = doors_of(self.subject.proposal)
        sponsors: Any = self.fields["sponsor"]
        sponsors.queryset = self.subject.proposal.sponsors.filter(withdrawn_at=None).order_by("name")

    def run(self, subject: Purse, by: User) -> Contribution:
        data = self.cleaned_data
        return actions.record_contribution(
            subject.proposal,
            household=data["household"],
            sponsor=data["sponsor"],
            amount_fen=data["amount"],
            voucher=data["voucher"],
            photo=first_of(data["photo"]),
            by_former=data["former"],
            by=by,
        )


class RecordInKind(GivingWork):
    name = "in-kind"
    label = _("登记投工投劳")
    permission = "funding.record_money"

    who = forms.CharField(label=_("谁出"), max_length=40)
    what = forms.CharField(label=_("出什么"), max_length=120)
    hours = forms.DecimalField(label=_("工时（小时）"), max_digits=7, decimal_places=1, min_value=0.1, required=False)
    value = YuanField(label=_("折合（元）"), min_fen=1)

    def run(self, subject: Purse, by: User) -> InKind:
        data = self.cleaned_data
        return actions.record_in_kind(
            subject.proposal, who=data["who"], what=data["what"], hours=data["hours"], value_fen=data["value"], by=by
        )


def _what_moves(subject: Any) -> list[tuple[Any, Any]]:
    """Whose money it is, how much, by which voucher: what whoever says the word compares."""
    said = [
        (_("项目"), subject.proposal),
        (_("哪一户、哪个单位"), subject.name_public or "—"),
        (_("金额"), _("%s 元") % format_yuan(subject.amount_fen)),
    ]
    return [*said, (_("凭证号"), subject.voucher)] if subject.voucher else said


def _of_gift(given: InKind) -> list[tuple[Any, Any]]:
    return [
        (_("项目"), given.proposal),
        (_("谁出"), given.name_public),
        (_("出什么"), given.what),
        (_("工时"), _("%s 小时") % given.hours if given.hours else "—"),
        (_("折合"), _("%s 元") % format_yuan(given.value_fen)),
    ]


class ContributionWork(OneWord):
    permission = "funding.confirm_money"
    after = ("recorded_by_id",)
    stage = ContributionStage.RECORDED

    def facts(self) -> list[tuple[Any, Any]]:
        given: Contribution = self.subject
        if not given.voucher_photo:
            return _what_moves(given)
        link = format_html('<a href="{}">{}</a>', reverse("voucher", args=[given.pk]), _("看照片"))
        return [*_what_moves(given), (_("凭证照片"), link)]

    @classmethod
    def open_to(cls, subject: Contribution) -> bool:
        return subject.stage == cls.stage


class ConfirmContribution(ContributionWork):
    name = "confirm"
    act = actions.confirm_contribution
    label = _("复核无误，钱已到账")
    help = _("请对照凭证和银行流水。登记的人不能自己复核。")


class RejectContribution(ContributionWork):
    name = "reject"
    act = actions.reject_contribution
    label = _("与凭证不符")

    reason = ReasonField()


class ReverseContribution(ContributionWork):
    name = "reverse"
    act = actions.reverse_contribution
    label = _("记错了或退票了，冲正")
    help = _("原来的一笔不会删掉，另记一笔相反的。还没退的款按账上的余额重新分摊；已经退过或者已经花掉的，列入追收。")
    stage = ContributionStage.CONFIRMED

    reason = ReasonField()


class ConfirmInKind(OneWord):
    name = "confirm"
    act = actions.confirm_in_kind
    after = ("recorded_by_id",)
    label = _("确认已经兑现")
    permission = "funding.confirm_money"

    @classmethod
    def open_to(cls, subject: InKind) -> bool:
        done = subject.confirmed_at or subject.rejected_at
        return done is None and subject.proposal.stage not in (Stage.SETTLING, *ENDED)

    def facts(self) -> list[tuple[Any, Any]]:
        return _of_gift(self.subject)


class RejectInKind(OneWord):
    name = "reject"
    act = actions.reject_in_kind
    label = _("登记错了或者不出了，作废")
    permission = "funding.drop_in_kind"
    done = _("已作废")

    reason = ReasonField(max_length=200)

    @classmethod
    def open_to(cls, subject: InKind) -> bool:
        return subject.confirmed_at is None and subject.rejected_at is None

    def facts(self) -> list[tuple[Any, Any]]:
        return _of_gift(self.subject)


# --- Payments and refunds ----------------------------------------------------------------------------


class PaymentWork(OneWord):
    """Whoever accepted the work neither approves nor pays."""

    @classmethod
    def offered(cls, subject: Any, user: User) -> bool:
        return super().offered(subject, user) and not user.is_any(accepted_by(subject.proposal))

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        if user.is_any(accepted_by(subject.proposal)):
            return str(_("参加验收的人不能审批或支付，要由另一个人办理。"))
        return super().not_by_them(subject, user)

    def facts(self) -> list[tuple[Any, Any]]:
        payment: Payment = self.subject
        return [
            (
                _("款项"),
                _("%(what)s %(yuan)s 元") % {"what": payment.milestone, "yuan": format_yuan(payment.amount_fen)},
            ),
            (_("合同"), f"{payment.contract} {format_yuan(payment.contract.price_fen)}"),
            (_("合同照片"), paper_of(payment.contract, "file")),
            (_("发票号"), payment.invoice),
            (_("发票照片"), paper_of(payment, "invoice_photo")),
        ]


class ApprovePayment(PaymentWork):
    name = "approve"
    act = actions.approve_payment
    after = ("asked_by_id", "proposal.proposer_id")
    label = _("付款审批同意")
    help = _("发票、合同、现场三样对得上。申请、审批、付款是三个人。")
    permission = "funding.approve_payment"

    reason = ReasonField(required=False)

    @classmethod
    def open_to(cls, subject: Payment) -> bool:
        return subject.stage == PaymentStage.ASKED


class Pay(PaymentWork):
    name = "pay"
    act = actions.pay
    after = ("asked_by_id", "approved_by_id", "proposal.proposer_id")
    label = _("登记已付款")
    permission = "funding.pay"

    voucher = forms.CharField(label=_("付款凭证号"), max_length=60)

    @classmethod
    def open_to(cls, subject: Payment) -> bool:
        return subject.stage == PaymentStage.APPROVED


class RefusePayment(OneWord):
    name = "refuse"
    act = actions.refuse_payment
    label = _("不同意付款")
    permission = "funding.refuse_payment"

    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Payment) -> bool:
        return subject.stage in (PaymentStage.ASKED, PaymentStage.APPROVED)


class ReversePayment(OneWord):
    name = "reverse"
    act = actions.reverse_payment
    after = ("paid_by_id",)
    label = _("银行退回，冲正")
    help = _("原来的一笔不会删掉，另记一笔相反的；这一笔可以重新申请。付款的人不能自己冲正。")
    permission = "funding.reverse_payment"

    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Payment) -> bool:
        return subject.stage == PaymentStage.PAID


class RefundWork(OneWord):
    def facts(self) -> list[tuple[Any, Any]]:
        return [*_what_moves(self.subject), (_("为什么退"), self.subject.get_why_display())]


class PayRefund(RefundWork):
    name = "pay"
    act = actions.pay_refund
    label = _("登记已退款")
    permission = "funding.pay_back"

    voucher = forms.CharField(label=_("退款凭证号"), max_length=60)

    @classmethod
    def open_to(cls, subject: Refund) -> bool:
        return subject.annulled_at is None and subject.returned_at is None and subject.paid_at is None


class ConfirmRefund(RefundWork):
    name = "confirm"
    act = actions.confirm_refund
    after = ("paid_by_id",)
    label = _("复核退款")
    help = _("办理的人不能自己复核。")
    permission = "funding.confirm_refund"

    @classmethod
    def open_to(cls, subject: Refund) -> bool:
        return subject.annulled_at is None and subject.returned_at is None and subject.paid_at is not None


class ReverseRefund(RefundWork):
    name = "reverse"
    act = actions.reverse_refund
    after = ("paid_by_id",)
    label = _("银行退回，冲正")
    help = _("原来的一笔不会删掉，另记一笔相反的，并重新列一笔同样的退款。退款的人不能自己冲正。")
    permission = "funding.reverse_refund"

    reason = ReasonField(max_length=150)

    @classmethod
    def open_to(cls, subject: Refund) -> bool:
        return subject.annulled_at is None and subject.paid_at is not None and subject.grant_id is None


# --- What a giver owes --------------------------------------------------------------------------------


class SettleClaim(OneWord):
    name = "settle"
    act = actions.settle_claim
    label = _("登记还回或核销")
    help = _("另一个人复核以后才算。复核以前可以重新登记。")
    permission = "funding.settle_claim"

    how = forms.ChoiceField(
        label=_("结果"),
        choices=[(end.value, end.label) for end in (ClaimEnd.RETURNED, ClaimEnd.WRITTEN_OFF)],
        widget=forms.RadioSelect,
    )
    voucher = forms.CharField(
        label=_("凭证号或文号"), max_length=60, help_text=_("还回的填收款凭证号，核销的填批准核销的文号")
    )
    reason = ReasonField(label=_("说明"), required=False, max_length=500, help_text=_("核销的必须写明为什么"))

    @classmethod
    def open_to(cls, subject: Claim) -> bool:
        return subject.closed_at is None


class ConfirmClaim(DeskForm):
    name = "confirm"
    after = ("settled_by_id",)
    label = _("复核追收")
    help = _("办理的人不能自己复核。")
    permission = "funding.confirm_claim"

    read = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["read"].initial = as_read(self.subject)

    def run(self, subject: Claim, by: User) -> object:
        # Should it be refused, the page is drawn again with what is true now, and so is its mark.
        self.data = {**dict(self.data.items()), "read": as_read(subject)}
        return actions.confirm_claim(subject, read=self.cleaned_data["read"] or None, by=by)

    @classmethod
    def open_to(cls, subject: Claim) -> bool:
        return subject.closed_at is None and subject.settled_by_id is not None

    def facts(self) -> list[tuple[Any, Any]]:
        claim: Claim = self.subject
        return [
            *_what_moves(claim),
            (_("结果"), claim.get_how_display()),
            (_("说明"), claim.reason or "—"),
        ]
