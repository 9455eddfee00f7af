"""What staff do in the admin with a project that is voted on, consulted and decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from deliberation import actions, selectors
from deliberation.actions.exits import most_tries, tries_of
from deliberation.actions.meetings import Vote
from deliberation.models import (
    AreaCount,
    Criterion,
    Meeting,
    MeetingStage,
    Motion,
    MotionStage,
    Outcome,
    Party,
    PartyStudy,
    Purpose,
    Resolution,
)
from deliberation.models.decisions import MOST_POINTS
from minshi.accounts.models import User
from minshi.clock import CHINA, today
from minshi.desk.deskwork import DeskForm, ReasonField
from minshi.faces.photos import PhotosField, first_of
from minshi.ledger.money import YuanField
from minshi.residents.doors import NamedDoorsField
from minshi.residents.models import Person
from minshi.territory.models import Household
from proposals.models import ENDED, Proposal, Source, Stage

MOST_RESOLUTIONS = 5


def _text(label: Any, *, rows: int = 4, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class OpenVote(DeskForm):
    name = "open-vote"
    label = _("开始居民表决")
    help = _("名册和规则在按下以后就固定了，到截止时间自动结束。")
    permission = "deliberation.run"
    purpose = Purpose.CANVASS

    question = forms.CharField(label=_("问题（居民看得懂的一句话）"), max_length=100, required=False)
    detail = forms.CharField(label=_("补充说明"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["question"].widget.attrs["placeholder"] = _("%(title)s，您家同意吗？") % {
            "title": self.subject.title
        }
        self.fields["detail"].help_text = _("不填就用方案和预算")

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.COSIGNED

    def run(self, subject: Proposal, by: User) -> Motion:
        return actions.open_motion(subject, purpose=self.purpose, **self.cleaned_data, by=by)


class OpenFormalVote(OpenVote):
    name = "open-formal-vote"
    label = _("开始正式表决")
    purpose = Purpose.FORMAL

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.DECIDING and selectors.running_motion(subject.number) is None


class PublishResult(DeskForm):
    name = "publish"
    label = _("计票并公布结果")
    help = _("公布以后谁也不能再改。没有核对的纸票要先核对或者撤销。")
    permission = "deliberation.run"

    @classmethod
    def open_to(cls, subject: Motion) -> bool:
        return subject.stage == MotionStage.COUNTING

    def run(self, subject: Motion, by: User) -> Motion:
        return actions.publish(subject, by=by)


class CountAreas(DeskForm):
    name = "count-areas"
    label = _("复核面积")
    help = _("请用计算器把每一行加起来，自己加自己的。这些面积不要抄走、不要告诉别人：有人认得出是哪一户。")
    done = _("已记下：加出来和选票一致")
    permission = "deliberation.count_areas"

    agree_m2 = forms.DecimalField(label=_("同意的加起来（平方米）"), max_digits=12, decimal_places=2, min_value=0)
    against_m2 = forms.DecimalField(label=_("不同意的加起来（平方米）"), max_digits=12, decimal_places=2, min_value=0)
    abstain_m2 = forms.DecimalField(label=_("弃权的加起来（平方米）"), max_digits=12, decimal_places=2, min_value=0)

    @classmethod
    def open_to(cls, subject: Motion) -> bool:
        counted = subject.stage in (MotionStage.COUNTING, MotionStage.PUBLISHED)
        return subject.by_area and counted and subject.area_counts.count() < 2

    @classmethod
    def offered(cls, subject: models.Model, user: User) -> bool:
        return super().offered(subject, user) and not AreaCount.objects.filter(motion=subject.pk, by=user).exists()

    def facts(self) -> list[tuple[Any, Any]]:
        return list(selectors.areas_to_add(self.subject))

    def run(self, subject: Motion, by: User) -> object:
        return actions.count_areas(subject, **self.cleaned_data, by=by)


def _who_and_where(person: Person) -> str:
    door = person.household.door if person.household else ""
    return f"{person.name} · {door}"


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Person) -> str:
        return _who_and_where(obj)


class PeopleField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Person) -> str:
        return _who_and_where(obj)


class ChooseGroup(DeskForm):
    name = "choose-group"
    label = _("登记居民小组")
    permission = "deliberation.run"

    help = _("连召集人在内是单数；户数比规定的人数少的，每户都在小组里。没有账号的人写在下面，附推选表照片。")
    renamed = {"photo": "photos"}
    lead = PersonField(
        label=_("召集人"),
        queryset=Person.objects.none(),
        required=False,
        help_text=_("召集人没有账号的，这里不选，写在下面第一行"),
    )
    members = PeopleField(
        label=_("成员"), queryset=Person.objects.none(), required=False, help_text=_("召集人不用再选")
    )
    on_paper = NamedDoorsField(label=_("没有账号的成员，一行一个：门牌和姓名"), required=False)
    photos = PhotosField(label=_("拍下居民签名的推选表"), most=1, required=False)
    how = forms.CharField(label=_("怎么选出来的"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        doors = Household.objects.filter(place__path__startswith=self.subject.place.path)
        people = Person.objects.settled().filter(is_adult=True, user__is_active=True).behind(doors)
        for name in ("lead", "members"):
            field: Any = self.fields[name]
            field.queryset = people.select_related("user")
        typed: Any = self.fields["on_paper"]
        typed.doors = doors.select_related("place__parent")

    def facts(self) -> list[tuple[Any, Any]]:
        group = selectors.group_of(self.subject)
        if group is None:
            return []
        names = "、".join(member.name_public for member in group.members.all())
        said: list[tuple[Any, Any]] = [(_("现在的小组"), names)]
        if group.sheet is not None:
            url = reverse("group_sheet", args=[self.subject.number])
            said.append((_("推选表"), format_html('<a href="{}">{}</a>', url, _("看照片"))))
        return said

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        early = (Stage.SUBMITTED, Stage.RETURNED, Stage.COSIGNING)
        return subject.stage not in (*early, *ENDED)

    def run(self, subject: Proposal, by: User) -> object:
        data = self.cleaned_data
        return actions.choose_group(
            subject,
            members=[person.user for person in data["members"]],
            lead=data["lead"].user if data["lead"] else None,
            on_paper=data["on_paper"],
            photo=first_of(data["photos"]),
            how=data["how"],
            by=by,
        )


class PostAgenda(DeskForm):
    name = "post-agenda"
    label = _("公告议事会议题")
    help = _("会前公告的议题才能表决。")
    permission = "deliberation.run"

    begins_at = forms.DateTimeField(
        label=_("开会时间"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    venue = forms.CharField(label=_("地点"), max_length=120)
    agenda = _text(_("议题"), max_length=1000)

    def clean_begins_at(self) -> Any:
        moment = self.cleaned_data["begins_at"]
        return moment.astimezone(CHINA)

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.CONSULTING

    def run(self, subject: Proposal, by: User) -> Meeting:
        return actions.post_agenda(subject, **self.cleaned_data, by=by)


class RecordMinutes(DeskForm):
    name = "record-minutes"
    label = _("公布会议纪要")
    help = _("纪要大家都看得到：写到人的，只写姓氏或者身份。")
    permission = "deliberation.run"

    chair = forms.CharField(label=_("主持人"), max_length=60)
    expected = forms.IntegerField(label=_("应到人数"), min_value=1, max_value=9999)
    present = forms.IntegerField(label=_("实到人数"), min_value=0, max_value=9999)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for value, label in Party.choices:
            self.fields[f"party_{value}"] = forms.CharField(
                label=_("%(party)s，谁来的") % {"party": label},
                max_length=120,
                required=False,
                help_text=_("没来就空着"),
            )
        self.fields["minutes"] = _text(_("商议经过和结论"), rows=8, max_length=5000)
        self.fields["dissent"] = _text(_("不同意见"), rows=3, max_length=2000, required=False)
        for number in range(1, MOST_RESOLUTIONS + 1):
            self._add_resolution(number)

    def _add_resolution(self, number: int) -> None:
        at = {"number": number}
        self.fields[f"text_{number}"] = forms.CharField(label=_("动议 %(number)d") % at, max_length=300, required=False)
        for name, label in (("agree", _("同意")), ("against", _("不同意")), ("abstain", _("弃权"))):
            self.fields[f"{name}_{number}"] = forms.IntegerField(
                label=_("动议 %(number)d：%(label)s（人）") % {**at, "label": label},
                min_value=0,
                max_value=9999,
                required=False,
            )

    @classmethod
    def open_to(cls, subject: Meeting) -> bool:
        return subject.stage == MeetingStage.ANNOUNCED

    def _resolutions(self) -> list[Vote]:
        data = self.cleaned_data
        return [
            {
                "text": data[f"text_{number}"],
                "agree": data[f"agree_{number}"] or 0,
                "against": data[f"against_{number}"] or 0,
                "abstain": data[f"abstain_{number}"] or 0,
            }
            for number in range(1, MOST_RESOLUTIONS + 1)
            if data[f"text_{number}"]
        ]

    def run(self, subject: Meeting, by: User) -> Meeting:
        data = self.cleaned_data
        came = {party: data[f"party_{party}"] for party in Party.values if data[f"party_{party}"]}
        said = {name: data[name] for name in ("chair", "expected", "present", "minutes", "dissent")}
        return actions.record_minutes(subject, parties=came, resolutions=self._resolutions(), **said, by=by)


class CallOff(DeskForm):
    name = "call-off"
    label = _("会议没有开成")
    permission = "deliberation.run"
    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Meeting) -> bool:
        return subject.stage == MeetingStage.ANNOUNCED

    def run(self, subject: Meeting, by: User) -> Meeting:
        return actions.call_off(subject, reason=self.cleaned_data["reason"], by=by)


class AgreePlan(DeskForm):
    name = "agree-plan"
    label = _("写下商定的方案")
    help = _("会上通过的方案成为项目的新版本，接着等党组织研究和集体决议。")
    permission = "deliberation.run"

    resolution = forms.ModelChoiceField(label=_("依据哪一条通过的动议"), queryset=Resolution.objects.none())
    text = _text(_("商定的方案"), rows=6, max_length=2000)
    cost_fen = YuanField(label=_("预算（元）"), min_fen=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["resolution"]
        field.queryset = self.subject.resolutions.filter(passed=True)
        for value, label in Source.choices:
            self.fields[value] = YuanField(label=_("%(source)s（元）") % {"source": label}, min_fen=0, required=False)
        self.fields["keeper"] = forms.CharField(label=_("建好后谁管"), max_length=120)
        self.fields["suppliers"] = forms.CharField(label=_("想找什么样的承接方"), max_length=200, required=False)

    @classmethod
    def open_to(cls, subject: Meeting) -> bool:
        is_held = subject.stage == MeetingStage.RECORDED and not hasattr(subject, "plan")
        return is_held and subject.proposal.stage == Stage.CONSULTING

    def run(self, subject: Meeting, by: User) -> object:
        data = self.cleaned_data
        shares = {source: data[source] or 0 for source in Source.values}
        words = {name: data[name] for name in ("resolution", "text", "cost_fen", "keeper", "suppliers")}
        return actions.agree_plan(subject, shares=shares, **words, by=by)


class RecordStudy(DeskForm):
    name = "study"
    label = _("记录前置研究意见")
    permission = "deliberation.study"

    opinion = forms.ChoiceField(label=_("意见"), choices=PartyStudy.Opinion.choices)
    text = _text(_("书面意见"), rows=6, max_length=2000)
    held_on = forms.DateField(label=_("研究日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    sat = forms.CharField(label=_("参会人"), max_length=200, help_text=_("公开：写身份和人数"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["held_on"].initial = today

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.DECIDING

    def run(self, subject: Proposal, by: User) -> PartyStudy:
        return actions.record_party_study(subject, **self.cleaned_data, by=by)


class Decide(DeskForm):
    name = "decide"
    label = _("记录集体决议")
    help = _("评分用来说明和排序，怎么定由人来定。立项的，马上公示。")
    permission = "deliberation.decide"

    outcome = forms.ChoiceField(label=_("结论"), choices=Outcome.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        evidence = selectors.evidence_for(self.subject)
        for value, label in Criterion.choices:
            self.fields[value] = forms.IntegerField(
                label=_("%(criterion)s（0 到 %(most)d 分）") % {"criterion": label, "most": MOST_POINTS},
                min_value=0,
                max_value=MOST_POINTS,
            )
            self.fields[f"{value}_note"] = forms.CharField(
                label=_("%(criterion)s：依据") % {"criterion": label}, max_length=200, initial=evidence.get(value, "")
            )
        tiers = [("", "—"), (1, _("一级：居民自己办")), (2, _("二级：街道帮助")), (3, _("三级：区里帮助"))]
        self.fields["tier"] = forms.TypedChoiceField(
            label=_("级别（立项时）"), choices=tiers, coerce=int, empty_value=None, required=False
        )
        self.fields["tier_reason"] = forms.CharField(label=_("定级理由（立项时）"), max_length=300, required=False)
        self.fields["reason"] = ReasonField()
        self.fields["sat"] = forms.CharField(label=_("参加决议的人"), max_length=300, help_text=_("公开：写身份和人数"))
        self.fields["dissent"] = _text(_("不同意见"), rows=3, max_length=1000, required=False)

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.DECIDING

    def _marks(self) -> Mapping[str, tuple[int, str]]:
        data = self.cleaned_data
        return {criterion: (data[criterion], data[f"{criterion}_note"]) for criterion in Criterion.values}

    def run(self, subject: Proposal, by: User) -> object:
        names = ("outcome", "tier", "tier_reason", "reason", "sat", "dissent")
        return actions.decide(subject, marks=self._marks(), **{name: self.cleaned_data[name] for name in names}, by=by)


class TakeUp(DeskForm):
    name = "take-up"
    label = _("从储备库提出再议")
    permission = "deliberation.run"
    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.RESERVED

    def run(self, subject: Proposal, by: User) -> object:
        return actions.take_up(subject, reason=self.cleaned_data["reason"], by=by)


class KeepReserved(DeskForm):
    name = "keep-reserved"
    label = _("复核：继续储备")
    permission = "deliberation.run"
    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == Stage.RESERVED

    def run(self, subject: Proposal, by: User) -> object:
        return actions.keep_reserved(subject, reason=self.cleaned_data["reason"], by=by)


class WayOut(DeskForm):
    """Out of consulting or deciding without a plan that is decided on, with its reason."""

    permission = "deliberation.run"
    verb = ""
    stage = Stage.CONSULTING
    reason = ReasonField()

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return subject.stage == cls.stage

    def run(self, subject: Proposal, by: User) -> object:
        return getattr(actions, self.verb)(subject, reason=self.cleaned_data["reason"], by=by)


class VoteAgain(WayOut):
    name, verb, label = "vote-again", "vote_again", _("回到居民表决")
    help = _("要问的事或者费用和上次表决时不一样了，再问一次每户。")


class NotAgree(WayOut):
    name, verb, label = "not-agree", "not_agree", _("多次商议没有商定，结束")
    help = _("有钱、有合同的，转入了结：付清应付、退回余款。")

    @classmethod
    def open_to(cls, subject: Proposal) -> bool:
        return super().open_to(subject) and tries_of(subject) >= most_tries(subject)


class ConsultAgain(WayOut):
    name, verb, label = "consult-again", "consult_again", _("退回重新商议")
    help = _("正式表决没有通过，或者方案不能照这样办。")
    permission = "deliberation.decide"
    stage = Stage.DECIDING


OF_PROPOSAL = (
    OpenVote,
    ChooseGroup,
    PostAgenda,
    RecordStudy,
    OpenFormalVote,
    Decide,
    TakeUp,
    KeepReserved,
    VoteAgain,
    NotAgree,
    ConsultAgain,
)
OF_MEETING = (RecordMinutes, AgreePlan, CallOff)
OF_MOTION = (PublishResult, CountAreas)
