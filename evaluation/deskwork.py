"""What staff do in the admin in the stages of evaluation: each action as a form with reasons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluation.actions import accounts, aftercare, archive, callbacks, surveys
from evaluation.models import Aftercare, CallBack, CallBackStage, Check, CheckStage, FinalAccounts, Ruling, Survey
from evaluation.models.surveys import UNBOUGHT_RULINGS
from evaluation.selectors import latest
from funding.selectors import buys_nothing
from minshi.accounts.models import User
from minshi.clock import now
from minshi.desk.deskwork import DeskForm, ReasonField
from minshi.ledger.money import YuanField
from proposals.models import Proposal, Stage


def _text(label: Any, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=500, widget=forms.Textarea(attrs={"rows": 4}), **kwargs)


# --- Of a project -------------------------------------------------------------------------------


class OpenSurvey(DeskForm):
    name = "open-survey"
    label = _("开始满意度评议")
    help = _("受益户名单里的每一户一份。到截止时间自动出结果，谁也不能改。")
    permission = "evaluation.run"

    report = _text(_("整改了什么（第二轮起填写，大家看得到）"), required=False)

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage in (Stage.ACCEPTED, Stage.REWORK)

    def run(self, subject: Proposal, by: User) -> Survey:
        return surveys.open_survey(subject, by=by, **self.cleaned_data)


class RuleOnRating(DeskForm):
    name = "rule-on-rating"
    label = _("对评议结果作决定")
    help = _("评议没有达标，由街道决定并公示；有尾款的，定付不付。公示期满、异议都答复以后执行。")
    permission = "evaluation.rule"

    ruling = forms.ChoiceField(label=_("决定"), choices=Ruling.choices, widget=forms.RadioSelect)
    reason = ReasonField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if buys_nothing(self.subject):
            ruling: Any = self.fields["ruling"]
            ruling.choices = list(UNBOUGHT_RULINGS.items())

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        survey = latest(subject) if subject.stage == Stage.RATING else None
        return survey is not None and surveys.waits_for_ruling(survey)

    def run(self, subject: Proposal, by: User) -> object:
        survey = latest(subject)
        assert survey
        return surveys.rule(survey, by=by, **self.cleaned_data)


class ReturnSurplus(DeskForm):
    name = "return-surplus"
    label = _("退回结余")
    help = _("该付的付清以后，账上剩下的按来源比例退回：补助回资金池，住户和单位的由街道财务凭证退还。")
    permission = "evaluation.run"

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.RATED

    def run(self, subject: Proposal, by: User) -> object:
        return accounts.return_surplus(subject, by=by)


class MakeAccounts(DeskForm):
    name = "make-accounts"
    label = _("编制结算")
    help = _("数字由账簿算出，不用填写。编制后由街道经办或居务监督委员会复核。")
    permission = "evaluation.run"

    remark = _text(_("说明"), required=False)

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.RATED

    def run(self, subject: Proposal, by: User) -> FinalAccounts:
        return accounts.make_accounts(subject, by=by, **self.cleaned_data)


class Settle(DeskForm):
    name = "settle"
    label = _("公示结算")
    help = _("公示 {notice.accounts.days} 个工作日，期满、异议都答复以后才能归档。")
    permission = "evaluation.run"

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.RATED

    def run(self, subject: Proposal, by: User) -> object:
        return accounts.settle(subject, by=by)


class SetAftercare(DeskForm):
    name = "aftercare"
    label = _("登记后续管护")
    help = _("移交管护协议的内容。归档以后再改，会作为补充文件封存。")
    permission = "evaluation.run"

    keeper = forms.CharField(label=_("谁来管"), max_length=120, help_text=_("单位或自管小组，不写私人姓名"))
    duties = _text(_("管什么、多久管一次"))
    fund_fen = YuanField(label=_("每年管护费用（元）"), min_fen=0)
    fund_note = forms.CharField(label=_("费用从哪里来"), max_length=200)
    phone = forms.CharField(label=_("报修电话（办公电话）"), max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agreed = Aftercare.objects.filter(proposal=self.subject).first()
        known = {name: getattr(agreed, name) for name in self.fields} if agreed else {"keeper": self._keeper()}
        self.initial = {**known, **self.initial}

    def _keeper(self) -> str:
        version = self.subject.versions.order_by("-number").first()
        return version.keeper if version else ""

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage in aftercare.OPEN_STAGES

    def run(self, subject: Proposal, by: User) -> Aftercare:
        return aftercare.set_aftercare(subject, by=by, **self.cleaned_data)


class Archive(DeskForm):
    name = "archive"
    label = _("归档")
    help = _("一项目一档：缺一件也不能归档，缺什么会列出来。封存以后只能补充，不能改。")
    permission = "evaluation.run"

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.SETTLING

    def run(self, subject: Proposal, by: User) -> object:
        return archive.archive(subject, by=by)


OF_PROPOSAL = (OpenSurvey, RuleOnRating, ReturnSurplus, MakeAccounts, Settle, SetAftercare, Archive)


# --- Of other things ----------------------------------------------------------------------------


class ConfirmAccounts(DeskForm):
    name = "confirm"
    label = _("复核结算")
    help = _("和账簿、凭证逐笔对过以后再按。编制人自己不能复核。")
    permission = "evaluation.check_accounts"
    after = ("made_by_id",)

    @classmethod
    def open_to(cls, subject: FinalAccounts) -> bool:
        return subject.confirmed_at is None

    def run(self, subject: FinalAccounts, by: User) -> FinalAccounts:
        return accounts.confirm_accounts(subject, by=by)


class Contact(DeskForm):
    name = "contact"
    label = _("登记联系情况")
    help = _(
        "评议截止后 {callback.contact_days} 个工作日内联系。"
        "核实情况只有回访的人和评价人看得到；整改的人只看到“要整改什么”。"
    )
    permission = "evaluation.call_back"

    findings = _text(_("核实情况"), help_text=_("谈了什么、核实到什么，不写姓名和电话"))
    task = _text(_("要整改什么"), help_text=_("给整改的人看：只写事情，不写是哪一户、谁说的、评了几级"))
    shares_words = forms.BooleanField(label=_("评价人同意把原话告诉整改的人"), required=False)

    @classmethod
    def open_to(cls, subject: CallBack) -> bool:
        return subject.stage == CallBackStage.OPEN

    def run(self, subject: CallBack, by: User) -> object:
        return callbacks.contact(subject, by=by, **self.cleaned_data)


class Mend(DeskForm):
    name = "mend"
    label = _("登记整改结果")
    help = _("登记后请评价人确认；整改的人不能替评价人确认。")
    permission = "evaluation.mend"

    measures = _text(_("措施和结果"))

    @classmethod
    def open_to(cls, subject: CallBack) -> bool:
        return subject.stage == CallBackStage.CONTACTED

    def run(self, subject: CallBack, by: User) -> object:
        return callbacks.mend(subject, by=by, **self.cleaned_data)


class Look(DeskForm):
    name = "look"
    label = _("登记回看")
    help = _("到现场看过以后登记，会作为补充文件封存进档案。")
    permission = "evaluation.keep"

    in_order = forms.TypedChoiceField(
        label=_("现在怎么样"),
        choices=[("yes", _("完好可用")), ("no", _("有问题，要修"))],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
    )
    finding = _text(_("看到的情况"))

    @classmethod
    def open_to(cls, subject: Check) -> bool:
        return subject.stage == CheckStage.WAITING and now() >= subject.begins_at

    def run(self, subject: Check, by: User) -> object:
        return aftercare.look(subject, by=by, **self.cleaned_data)


OF_ACCOUNTS = (ConfirmAccounts,)
OF_CALLBACK = (Contact, Mend)
OF_CHECK = (Look,)
