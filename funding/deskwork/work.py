"""The project group, suppliers, contract, work, acceptance: entered by staff on the group's behalf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from funding import actions, selectors
from funding.actions.payments import why_not_payable
from funding.actions.suppliers import GROUPING, eligible_judges, standing_award
from funding.deskwork.fields import NO_CHOICE, PeopleField, PersonField, candidates_of, paper_of, residents_of, text
from funding.models import Change, ChangeStage, Enquiry, Milestone, Payment, PlanChange, Purse, Quote, Side, Waiver
from minshi.accounts.models import User
from minshi.desk.deskwork import DeskForm, OneWord, ReasonField
from minshi.faces.photos import PhotosField, first_of
from minshi.faces.words import percent
from minshi.ledger.money import YuanField, format_yuan
from minshi.refusals import Refused
from minshi.residents.doors import DoorLinesField
from minshi.residents.models import Person, Role
from minshi.residents.rules import STAND_INS
from minshi.territory.models import Household, Territory
from proposals.models import Stage
from proposals.wording import worded

MOST_ITEMS = 8


class PurseWork(DeskForm):
    """Offered while the project stands in one of ``stages``."""

    stages: tuple[str, ...] = ()
    permission = "funding.deliver"

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return subject.proposal.stage in cls.stages

    @classmethod
    def worded(cls, text: object, subject: Purse) -> str:
        return worded(text, subject.proposal)

    @property
    def enquiry(self) -> Enquiry:
        found = Enquiry.objects.filter(proposal=self.subject.proposal, ended_at=None).first()
        if found is None:  # somebody was a moment faster
            raise Refused(_("这次询价刚刚由别人结束，请看现在到了哪一步"))
        return found


def _is_asking(subject: Purse) -> bool:
    return Enquiry.objects.filter(proposal=subject.proposal, ended_at=None).exists()


class FormGroup(PurseWork):
    name = "group"
    label = _("登记项目小组")
    help = _("居民推选，三人以上、单数，工作人员不进小组。重新登记就换掉原来的小组。")
    permission = "funding.form_group"
    stages = GROUPING

    lead = PersonField(label=_("组长"), queryset=Person.objects.none(), empty_label=NO_CHOICE)
    members = PeopleField(
        label=_("组员"),
        queryset=Person.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("组长不用再勾"),
    )
    how = forms.CharField(label=_("怎么产生的"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = candidates_of(self.subject.proposal)
        for name in ("lead", "members"):
            field: Any = self.fields[name]
            field.queryset = people
        working = self.subject.proposal.groups.filter(ended_at=None).first()
        if working:  # who ran the consultation usually goes on
            self.fields["members"].initial = list(
                people.filter(user__group_memberships__group=working).values_list("pk", flat=True)
            )

    def run(self, subject: Purse, by: User) -> object:
        data = self.cleaned_data
        people = [data["lead"], *data["members"]]
        return actions.form_group(subject.proposal, people, lead=data["lead"], how=data["how"], by=by)


class OpenEnquiry(PurseWork):
    name = "enquiry"
    label = _("发起询价")
    stages = (Stage.PROCURING,)

    needs = text(_("需求：买什么、做什么、有什么要求"), rows=5, max_length=2000)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return super().open_to(subject) and not _is_asking(subject)

    def run(self, subject: Purse, by: User) -> object:
        return actions.open_enquiry(subject.proposal, needs=self.cleaned_data["needs"], by=by)


class EnquiryStep(PurseWork):
    stages = (Stage.PROCURING,)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return super().open_to(subject) and _is_asking(subject)


class AddQuote(EnquiryStep):
    name = "quote"
    label = _("登记报价")

    supplier = forms.CharField(label=_("承接方名称"), max_length=80)
    code = forms.RegexField(
        label=_("统一社会信用代码"), regex=r"^[0-9A-Za-z]{18}$", required=False, help_text=_("18 位；个体户没有可不填")
    )
    contact = forms.CharField(label=_("联系方式（不公开）"), max_length=120, required=False)
    price = YuanField(label=_("报价（元）"), min_fen=1)
    days = forms.IntegerField(label=_("工期（日历天）"), min_value=1, max_value=365)
    warranty_months = forms.IntegerField(label=_("质保（月）"), min_value=0, max_value=240, initial=12)
    note = forms.CharField(label=_("说明"), max_length=300, required=False)
    photos = PhotosField(label=_("拍下盖章的报价单"), most=1)

    def run(self, subject: Purse, by: User) -> Quote:
        data = dict(self.cleaned_data)
        paper = first_of(data.pop("photos"))
        return actions.add_quote(self.enquiry, price_fen=data.pop("price"), file=paper, **data, by=by)


class Recuse(EnquiryStep):
    name = "recuse"
    label = _("登记回避")
    permission = "funding.form_group"

    person = PersonField(label=_("谁"), queryset=Person.objects.none(), empty_label=NO_CHOICE)
    reason = ReasonField(label=_("为什么回避"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group = selectors.group_of(self.subject.proposal)
        field: Any = self.fields["person"]
        field.queryset = Person.objects.at_home().filter(project_memberships__group=group)

    def run(self, subject: Purse, by: User) -> object:
        return actions.recuse(self.enquiry, self.cleaned_data["person"], reason=self.cleaned_data["reason"], by=by)


class OtherWay(PurseWork):
    """Where the next step cannot be taken: another one, with its reason."""

    verb = ""
    reason = ReasonField()

    def run(self, subject: Purse, by: User) -> object:
        return getattr(actions, self.verb)(subject.proposal, reason=self.cleaned_data["reason"], by=by)


class AskForHelp(OtherWay):
    name, verb, label = "ask-for-help", "ask_for_help", _("居民筹不够，提请街道办理")
    help = _("一级办理的项目在筹资中可以提请一次；街道接单后可以申请街道补助。")
    permission = "funding.plan"
    stages = (Stage.RAISING,)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return super().open_to(subject) and (subject.proposal.tier or 1) == 1


class AskAnew(OtherWay):
    name, verb, label = "ask-anew", "ask_anew", _("报价都不合适，重新询价")
    help = _("这次询价结束，报价留存；小组再写需求、再收报价。")
    stages = (Stage.PROCURING,)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return super().open_to(subject) and _is_asking(subject)


class PlanAnew(OtherWay):
    name, verb, label = "plan-anew", "plan_anew", _("报价都超过方案，重新商议")
    help = _("多筹钱还是少做一点，由大家重新商定；已经到账的钱不动。")
    stages = (Stage.PROCURING,)


class DropAward(OtherWay):
    name, verb, label = "drop-award", "drop_award", _("承接方退出，重新选")
    help = _("还没签合同时用：可以选下一家，也可以重新询价。")
    stages = (Stage.AWARDED,)


class QuoteField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        facts = {
            "who": obj.supplier,
            "fen": format_yuan(obj.price_fen),
            "days": obj.days,
            "months": obj.warranty_months,
        }
        return gettext("%(who)s　%(fen)s 元，%(days)d 天，质保 %(months)d 个月") % facts


class ChooseSupplier(EnquiryStep):
    name = "award"
    label = _("选定承接方，发布成交公示")
    help = _("由没有回避的小组成员选，单数。登记报价的人不能办这一步。")
    permission = "funding.award"

    quote = QuoteField(label=_("选哪一家"), queryset=Quote.objects.none(), widget=forms.RadioSelect, empty_label=None)
    judges = PeopleField(label=_("谁参加评选"), queryset=Person.objects.none(), widget=forms.CheckboxSelectMultiple)
    reason = ReasonField(label=_("为什么选这一家"))
    few_reason = forms.CharField(label=_("报价不足规定家数的理由"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        quotes: Any = self.fields["quote"]
        quotes.queryset = self.enquiry.quotes.select_related("supplier")
        eligible = [person.pk for person in eligible_judges(self.enquiry)]
        judges: Any = self.fields["judges"]
        judges.queryset = Person.objects.at_home().filter(pk__in=eligible)
        judges.initial = eligible

    def run(self, subject: Purse, by: User) -> object:
        return actions.award(self.enquiry, **self.cleaned_data, by=by)


class Sign(PurseWork):
    name = "sign"
    label = _("登记合同")
    help = _("成交公示期满、异议都答复以后才能签。登记报价的人不能办这一步。")
    permission = "funding.award"
    stages = (Stage.AWARDED,)

    price = YuanField(label=_("合同价（元）"), min_fen=1, help_text=_("不能高于选定的报价"))
    integrity = forms.BooleanField(label=_("合同里有廉洁条款"))
    file = PhotosField(label=_("拍下签了字的合同"), most=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if chosen := standing_award(self.subject.proposal):
            self.fields["price"].initial = chosen.quote.price_fen

    def run(self, subject: Purse, by: User) -> object:
        data = self.cleaned_data
        return actions.sign(
            subject.proposal, integrity=data["integrity"], price_fen=data["price"], file=first_of(data["file"]), by=by
        )


class StartWork(PurseWork):
    name = "start"
    label = _("登记开工")
    stages = (Stage.DELIVERING,)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        contract = selectors.contract_of(subject.proposal)
        return super().open_to(subject) and contract is not None and contract.started_at is None

    def run(self, subject: Purse, by: User) -> object:
        return actions.start_work(subject.proposal, by=by)


class AskChange(PurseWork):
    name = "change"
    label = _("申请变更（{change.share}以内）")
    stages = (Stage.DELIVERING,)

    what = text(_("改什么"), max_length=1000)
    reason = text(_("为什么改"), max_length=1000)
    price = YuanField(label=_("新的合同价（元）"), min_fen=1)
    days = forms.IntegerField(label=_("新的工期（日历天）"), min_value=1, max_value=365, required=False)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return super().open_to(subject) and selectors.contract_of(subject.proposal) is not None

    def run(self, subject: Purse, by: User) -> Change:
        data = self.cleaned_data
        return actions.ask_change(
            subject.proposal,
            what=data["what"],
            reason=data["reason"],
            new_price_fen=data["price"],
            new_days=data["days"],
            by=by,
        )


class AskPlanChange(PurseWork):
    name = "change-plan"
    label = _("变更超过{change.share}，申请重新商议")
    help = _("差多少由系统算。街道另一位确认以后停下来重新商定方案；有合同的合同中止，已付的不退。")
    stages = (Stage.DELIVERING,)
    renamed: ClassVar[dict[str, str]] = {"file": "photos"}

    price = YuanField(label=_("估计的新价（元）"), min_fen=1)
    changes_content = forms.BooleanField(label=_("改了商定的内容"), required=False)
    reason = ReasonField()
    photos = PhotosField(label=_("拍下书面依据"), most=1)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        proposal = subject.proposal
        if not super().open_to(subject) or PlanChange.objects.waiting().filter(proposal=proposal).exists():
            return False
        return selectors.buys_nothing(proposal) or selectors.contract_of(proposal) is not None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if selectors.buys_nothing(self.subject.proposal):
            planned = format_yuan(selectors.planned_in_kind_fen(self.subject.proposal))
            self.fields["price"].label = gettext("估计要投工投劳多少（折合元）")
            self.fields["price"].help_text = gettext("方案里是 %(yuan)s 元；办不成的，照方案填并勾“改了商定的内容”") % {
                "yuan": planned
            }

    def run(self, subject: Purse, by: User) -> object:
        data = self.cleaned_data
        return actions.ask_plan_change(
            subject.proposal,
            reason=data["reason"],
            new_price_fen=data["price"],
            changes_content=data["changes_content"],
            file=first_of(data["photos"]),
            by=by,
        )


class ConfirmPlanChange(OneWord):
    name = "confirm"
    act: ClassVar[Callable[..., object]] = actions.change_plan
    after: ClassVar[tuple[str, ...]] = ("asked_by_id", "proposal.proposer_id")
    label = _("确认：停下来，重新商议")
    help = _("申请的人不能自己确认。确认以后，有合同的合同中止，已付的不退；已经投的工和物照记。")
    permission = "funding.decide_change"

    @classmethod
    def open_to(cls, subject: PlanChange) -> bool:
        return subject.confirmed_at is None and subject.dropped_at is None

    def facts(self) -> list[tuple[Any, Any]]:
        asked: PlanChange = self.subject
        first = selectors.first_fen(asked)
        prices = {
            "old": format_yuan(first),
            "new": format_yuan(asked.new_price_fen),
            "percent": percent(abs(asked.new_price_fen - first), first),
        }
        return [
            (
                _("签约价和估计的新价") if asked.contract else _("方案里和现在估计的投工投劳"),
                gettext("%(old)s 元 → %(new)s 元，相差 %(percent)d%%") % prices,
            ),
            (_("改内容"), gettext("是") if asked.changes_content else gettext("否")),
            (_("理由"), asked.reason),
            (_("书面依据"), paper_of(asked, "file")),
        ]


class DropPlanChange(ConfirmPlanChange):
    name = "drop"
    act = actions.drop_plan_change
    after = ()
    label = _("不同意，照原来的办")
    help = _("照原来的方案和合同继续。")


class Finish(PurseWork):
    name = "finish"
    label = _("登记完工，申请验收")
    stages = (Stage.DELIVERING,)

    reason = text(_("做完了什么"), max_length=500)

    def run(self, subject: Purse, by: User) -> object:
        return actions.finish(subject.proposal, reason=self.cleaned_data["reason"], by=by)


class NeighboursField(DoorLinesField):
    """Residents who do not benefit, by door and name; its value is a list of people."""

    def __init__(self) -> None:
        widget = forms.Textarea(attrs={"rows": 4, "autocomplete": "off"})
        super().__init__(label=_("附近不受益的居民，一行一位：门牌和姓名"), widget=widget, required=False)

    def clean(self, value: Any) -> Any:
        signed = super().clean(value)
        if nobody := "、".join(door.door for door, person in signed if person is None):
            raise forms.ValidationError(gettext("%(doors)s没有登记过叫这个名字的成年住户，请核对") % {"doors": nobody})
        return [person for _door, person in signed]


class AcceptWork(PurseWork):
    name = "accept"
    label = _("登记验收")
    help = _(
        "验收组至少 {acceptance.panel} 人，居民不少于{acceptance.residents_share}，监督委员会至少 "
        "{acceptance.supervisors} 人；提议、审批、付款的人不参加。逐项都合格才是合格。"
    )
    permission = "funding.accept"
    stages = (Stage.ACCEPTING,)

    held_on = forms.DateField(label=_("验收日期"), widget=forms.DateInput(attrs={"type": "date"}))
    residents = PeopleField(label=_("居民"), queryset=Person.objects.none(), widget=forms.CheckboxSelectMultiple)
    neighbours = NeighboursField()
    supervisors = PeopleField(
        label=_("居务监督委员会"), queryset=Person.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    others = PeopleField(
        label=_("其他人"), queryset=Person.objects.none(), widget=forms.CheckboxSelectMultiple, required=False
    )
    opinion = text(_("结论"), max_length=1000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        proposal = self.subject.proposal
        paths = proposal.place.ancestor_paths()
        staff = Person.objects.filter(
            user__grants__place__path__in=paths, user__grants__revoked_at=None, user__is_staff=True
        ).distinct()
        supervisors = staff.filter(user__grants__role=Role.SUPERVISOR)
        if not supervisors.exists():
            supervisors = staff.filter(user__grants__role__in=STAND_INS[Role.SUPERVISOR])
        around = selectors.panel_around(proposal)
        self._ask_neighbours(around)
        for name, people in (
            ("residents", residents_of(proposal).filter(pk__in=selectors.panel_residents(proposal, None))),
            ("supervisors", supervisors),
            ("others", staff.exclude(pk__in=supervisors)),
        ):
            field: Any = self.fields[name]
            field.queryset = people
        for number in range(1, MOST_ITEMS + 1):
            self._add_item(number)

    def _ask_neighbours(self, around: Territory | None) -> None:
        """Only where the households that benefit cannot make up half the panel; by door and name, so that no register
        of other people is laid open."""
        if around is None:
            del self.fields["neighbours"]
            return
        field: Any = self.fields["neighbours"]
        field.place, field.doors = around, Household.objects.filter(place__path__startswith=around.path, is_active=True)
        field.help_text = gettext("%(why)s。例如：2栋301 张三") % {"why": selectors.neighbours_said(around)}
        self.fields["residents"].required = False

    def _add_item(self, number: int) -> None:
        is_first = number == 1
        self.fields[f"item_{number}"] = forms.CharField(label=_("第 %d 项") % number, max_length=120, required=is_first)
        self.fields[f"passed_{number}"] = forms.ChoiceField(
            label=_("第 %d 项结论") % number, choices=(("yes", _("合格")), ("no", _("不合格"))), required=is_first
        )
        self.fields[f"note_{number}"] = forms.CharField(
            label=_("第 %d 项说明") % number, max_length=200, required=False
        )

    def _items(self) -> list[tuple[str, bool, str]]:
        data = self.cleaned_data
        numbers = [number for number in range(1, MOST_ITEMS + 1) if data.get(f"item_{number}")]
        return [(data[f"item_{n}"], data[f"passed_{n}"] == "yes", data[f"note_{n}"]) for n in numbers]

    def run(self, subject: Purse, by: User) -> object:
        data = self.cleaned_data
        sides = (
            (Side.RESIDENT, "residents"),
            (Side.RESIDENT, "neighbours"),
            (Side.SUPERVISOR, "supervisors"),
            (Side.OTHER, "others"),
        )
        panel = [(person, str(side)) for side, name in sides for person in data.get(name, ())]
        return actions.accept_work(
            subject.proposal, panel=panel, items=self._items(), opinion=data["opinion"], held_on=data["held_on"], by=by
        )


class MilestoneField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return gettext("%(what)s　%(fen)s 元") % {"what": obj, "fen": format_yuan(obj.amount_fen)}


class AskPayment(PurseWork):
    name = "payment"
    label = _("申请付款")
    help = _("审批和付款由另外两个人办。")

    milestone = MilestoneField(
        label=_("哪一笔"), queryset=Milestone.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    invoice = forms.CharField(label=_("发票号"), max_length=40)
    photos = PhotosField(label=_("拍下发票"), most=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["milestone"]
        field.queryset = _unpaid(self.subject)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return any(not why_not_payable(part) for part in _unpaid(subject))

    def run(self, subject: Purse, by: User) -> Payment:
        data = self.cleaned_data
        return actions.ask_payment(data["milestone"], invoice=data["invoice"], file=first_of(data["photos"]), by=by)


def _unpaid(subject: Purse) -> Any:
    """Milestones that are owed, which nobody has asked for or given up yet."""
    owed = [part.pk for part in selectors.unpaid_parts(subject.proposal)]
    parts = Milestone.objects.filter(pk__in=owed)
    parts = parts.exclude(payments__in=Payment.objects.live()).exclude(waivers__in=Waiver.objects.standing())
    return parts.select_related("contract__proposal", "contract__hold")


class Waive(PurseWork):
    name = "waive"
    label = _("登记放弃付款")
    help = _("承接方书面确认不再要的，才能登记；由另一个人复核以后才算。")
    permission = "funding.waive"
    renamed: ClassVar[dict[str, str]] = {"file": "photos"}

    milestone = MilestoneField(
        label=_("哪一笔"), queryset=Milestone.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    reason = ReasonField(label=_("为什么不付"), max_length=500)
    photos = PhotosField(label=_("拍下承接方的书面确认"), most=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["milestone"]
        field.queryset = _unpaid(self.subject)

    @classmethod
    def open_to(cls, subject: Purse) -> bool:
        return bool(_unpaid(subject))

    def run(self, subject: Purse, by: User) -> Waiver:
        data = self.cleaned_data
        return actions.waive(data["milestone"], reason=data["reason"], file=first_of(data["photos"]), by=by)


class ConfirmWaiver(OneWord):
    name = "confirm"
    act = actions.confirm_waiver
    after: ClassVar[tuple[str, ...]] = ("by_id", "proposal.proposer_id")
    label = _("复核放弃付款")
    help = _("请看承接方的书面确认。登记的人不能自己复核。")
    permission = "funding.approve_payment"

    @classmethod
    def open_to(cls, subject: Waiver) -> bool:
        return subject.confirmed_at is None and subject.annulled_at is None

    def facts(self) -> list[tuple[Any, Any]]:
        waiver: Waiver = self.subject
        return [
            (_("款项"), f"{waiver.milestone} {format_yuan(waiver.amount_fen)}"),
            (_("为什么不付"), waiver.reason),
            (_("承接方的书面确认"), paper_of(waiver, "file")),
        ]


class AnnulWaiver(ConfirmWaiver):
    name = "annul"
    act = actions.annul_waiver
    after = ()
    label = _("不放弃了，作废")
    help = _("复核以前可以作废，这一笔可以再申请付款。")


class ApproveChange(OneWord):
    name = "approve"
    act = actions.approve_change
    after = ("asked_by_id", "proposal.proposer_id")
    label = _("同意变更")
    permission = "funding.decide_change"

    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Change) -> bool:
        return subject.stage == ChangeStage.ASKED


class RefuseChange(ApproveChange):
    name = "refuse"
    act = actions.refuse_change
    label = _("不同意变更")
