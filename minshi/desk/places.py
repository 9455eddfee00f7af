"""The staff's pages of places, their doors, and the rules that hold there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.bylaws import actions as bylaws
from minshi.bylaws.models import ADOPTED_LENGTH, TEXT_LENGTH, TITLE_LENGTH, Bylaw, BylawKind
from minshi.bylaws.rules import has_bylaws
from minshi.bylaws.selectors import BYLAW
from minshi.clock import today
from minshi.desk import setup
from minshi.desk.admin import ScopedAdmin, territories_of
from minshi.desk.deskwork import DeskForm
from minshi.desk.views import done_by_another, register_links
from minshi.faces.photos import PhotosField, first_of
from minshi.faces.words import cn_date
from minshi.health import actions as health
from minshi.health.models import AlarmTrial
from minshi.health.selectors import told_of
from minshi.ledger.money import format_yuan
from minshi.masking import mask_phone, one_line
from minshi.notifications.actions import waiting_trial
from minshi.policy import actions as policy
from minshi.policy.models import Parameter, Setting
from minshi.policy.rules import settable
from minshi.policy.selectors import rules_of
from minshi.policy.units import TIMES, Unit
from minshi.residents import doors, register, reshaping, striking
from minshi.residents.doors import PlainDoorsField
from minshi.residents.models import STRIKE_REASON_LENGTH, StrikeOff
from minshi.residents.waiting import STRIKE
from minshi.territory import actions as territory
from minshi.territory.models import Household, PlaceChange, Territory

YES, NO = _("是"), _("否")
SECOND = tuple(role for roles in striking.LADDER for role in roles)
done_by_another(BYLAW, Bylaw, "entered_by", roles=SECOND)
done_by_another(STRIKE, StrikeOff, "asked_by", roles=SECOND)
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
MOST_CHANGES = 20
MOST_TYPED = 60
"""Letters of a search that are looked at."""


def _rules_of(place: Territory) -> Iterable[tuple[str, str]]:
    yield gettext("%(place)s的规则") % {"place": place.name}, f"{reverse('bylaws')}?place={place.code}"


register_links(_rules_of)


class SetParameter(DeskForm):
    name = "set-parameter"
    label = _("定这里的规则参数")
    help = _("从写明的日期起用；已经开始的阶段还按原来的办。分数写成 2/3，几项写成 [30, 67, 3]，金额按分写整数。")
    permission = "policy.set"
    parameter = forms.ModelChoiceField(label=_("参数"), queryset=Parameter.objects.none())
    value = forms.CharField(label=_("新的值"), max_length=100)
    since = forms.DateField(label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(label=_("依据（文件名、文号）"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parameter: Any = self.fields["parameter"]
        parameter.queryset = settable(self.by, self.subject).order_by("row", "name")
        self.fields["since"].initial = today

    def clean_value(self) -> Any:
        """A whole number, a list or yes and no as typed, anything else as text; the action says whether it is taken."""
        text: str = self.cleaned_data["value"].strip()
        if text in (str(YES), str(NO)):
            return text == str(YES)
        try:
            # Not 1e3, NaN or a fraction of a number: a rule is exact.
            return json.loads(text, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            return text

    def run(self, subject: Territory, by: User) -> object:
        data = self.cleaned_data
        return policy.set_value(
            data["parameter"], subject, data["value"], since=data["since"], source=data["source"], by=by
        )


class AddPlace(DeskForm):
    name = "add-place"
    label = _("添小区、楼栋或十户")
    done = _("已添加")
    permission = "residents.keep_register"
    renamed = {"name": "title"}
    title = forms.CharField(label=_("名称"), max_length=80, help_text=_("例如 东风巷14号院、3栋"))
    level = forms.ChoiceField(label=_("是什么"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        level: Any = self.fields["level"]
        level.choices = [(each.code, each.name) for each in register.levels_below(self.subject)]

    @classmethod
    def open_to(cls, subject: Territory) -> bool:
        return bool(register.levels_below(subject))

    def run(self, subject: Territory, by: User) -> object:
        data = self.cleaned_data
        return register.add_place(subject, name=data["title"], level=data["level"], by=by)


class AddDoors(DeskForm):
    name = "add-doors"
    label = _("登记门牌")
    done = _("已登记")
    help = _("一户一行。住在里面的人以后自己登记，由楼栋长或社区确认。")
    permission = "residents.keep_register"
    addresses = forms.CharField(
        label=_("门牌"), widget=forms.Textarea(attrs={"rows": 12}), help_text=_("例如 1单元301")
    )

    @classmethod
    def open_to(cls, subject: Territory) -> bool:
        return register.has_doors(subject)

    def run(self, subject: Territory, by: User) -> object:
        return register.add_doors(subject, self.cleaned_data["addresses"].splitlines(), by=by)


class StrikeDoor(DeskForm):
    name = "strike"
    label = _("申请注销这一户")
    done = _("已申请，等另一位确认")
    help = _("登记错了，或者不再住人时用。要另一个人确认才注销；以后的名册里没有这一户，已经冻结的名册不变。")
    permission = "residents.keep_doors"
    reason = forms.CharField(
        label=_("为什么注销"),
        max_length=STRIKE_REASON_LENGTH,
        help_text=_("评议时和户数一起公布，不要写姓名、门牌"),
    )

    @classmethod
    def open_to(cls, subject: Household) -> bool:
        return subject.is_active and not subject.strikes.open().exists()

    @classmethod
    def _moved_on(cls, subject: Household) -> str:
        return super()._moved_on(subject) if not subject.is_active else str(_("这一户已经申请注销，正在等另一位确认"))

    def run(self, subject: Household, by: User) -> object:
        striking.ask_to_strike(subject, reason=self.cleaned_data["reason"], by=by)
        return subject


class RestoreDoor(DeskForm):
    name = "restore"
    label = _("恢复这一户")
    done = _("已恢复")
    help = _("注销错了，或者又有人住了。以后的名册里有这一户；已经冻结的名册不变。")
    permission = "residents.keep_doors"

    @classmethod
    def open_to(cls, subject: Household) -> bool:
        return not subject.is_active

    def run(self, subject: Household, by: User) -> object:
        return striking.restore_door(subject, by=by)


class Describe(DeskForm):
    name = "describe"
    label = _("改办公电话和机构代码")
    done = _("已更改")
    permission = "residents.keep_register"
    phone = forms.RegexField(
        label=_("办公电话"),
        regex=r"^(0[0-9]{2,3}-)?[0-9]{7,8}\Z",
        required=False,
        help_text=_("固定电话，例如 0871-12345678"),
    )
    organisation_code = forms.RegexField(
        label=_("机构代码"), regex=r"^[0-9A-Z]{9}\Z", required=False, help_text=_("九位，公示编号用它开头")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in ("phone", "organisation_code"):
            self.fields[field].initial = getattr(self.subject, field)

    def run(self, subject: Territory, by: User) -> object:
        return register.describe(subject, **self.cleaned_data, by=by)


class Reshape(DeskForm):
    """What is done to a yard, building or group as it stands on the ground."""

    permission = "residents.keep_register"
    reason = forms.CharField(
        label=_("依据或原因"), max_length=200, help_text=_("例如 某年某月某日社区居委会会议；记在这里的变更记录里")
    )

    @classmethod
    def open_to(cls, subject: Territory) -> bool:
        return register.has_doors(subject)


class Rename(Reshape):
    name = "rename"
    label = _("改名")
    done = _("已改名")
    help = _("下面各处和门牌的位置跟着改；已经发布的公示、名册、档案里还是原来的名称。")
    renamed = {"name": "title"}
    title = forms.CharField(label=_("新的名称"), max_length=80)
    field_order = ("title", "reason")

    def run(self, subject: Territory, by: User) -> object:
        data = self.cleaned_data
        return reshaping.rename(subject, name=data["title"], reason=data["reason"], by=by)


class Split(Reshape):
    name = "split"
    label = _("分出一处")
    done = _("已分出；新的一处还没有楼栋长，由社区代办")
    help = _("把一部分门牌分到旁边新的一处。有项目正按这里征集、表决的，办完以后再分；已经冻结的名册不变。")
    renamed = {"name": "title"}
    title = forms.CharField(label=_("新的一处叫什么"), max_length=80)
    doors = PlainDoorsField(label=_("分出去的门牌"), help_text=_("一行一户，例如 3单元301"))
    field_order = ("title", "doors", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        doors: Any = self.fields["doors"]
        doors.place, doors.doors = self.subject, Household.objects.filter(place=self.subject)

    def run(self, subject: Territory, by: User) -> object:
        data = self.cleaned_data
        return reshaping.split(subject, name=data["title"], doors=data["doors"], reason=data["reason"], by=by)


class Merge(Reshape):
    name = "merge"
    label = _("并入另一处")
    done = _("已并入")
    help = _("这里的门牌都归到另一处；门牌相同的，前面加上这里的名称。在办的项目、任职先办完、先结束。")
    into = forms.ModelChoiceField(label=_("并入哪一处"), queryset=Territory.objects.none())
    field_order = ("into", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        into: Any = self.fields["into"]
        community = self.subject.at_level("community") or self.subject
        others = Territory.objects.within(community).filter(level=self.subject.level_id, merged_into=None)
        into.queryset = others.exclude(pk=self.subject.pk).order_by("path")
        into.label_from_instance = territory.below_community

    def run(self, subject: Territory, by: User) -> object:
        return reshaping.merge(subject, **self.cleaned_data, by=by)


class EnterBylaw(DeskForm):
    """What residents adopted for this place; another compares it with the original and confirms it."""

    name = "enter-bylaw"
    label = _("登记自治章程、公约、议事规则、自管会")
    done = _("已登记，等另一位对照原件确认")
    help = _("照通过的原文写。确认以后公布，不能改，只能由新的替代。正文里的姓名、电话会自动隐去部分。")
    permission = "bylaws.enter"
    renamed = {"photos": "scan"}
    kind = forms.ChoiceField(label=_("种类"), choices=BylawKind)
    title = forms.CharField(label=_("名称"), max_length=TITLE_LENGTH)
    text = forms.CharField(label=_("全文"), max_length=TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 12}))
    members = forms.CharField(
        label=_("自管会成员"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
        help_text=_("只有自管会要写：一行一位，姓名 职务。公布时姓名隐去部分"),
    )
    adopted = forms.CharField(
        label=_("怎么通过的"), max_length=ADOPTED_LENGTH, help_text=_("哪次会议或表决，多少户参加、多少户同意")
    )
    adopted_on = forms.DateField(label=_("通过日期"), widget=DAY)
    since = forms.DateField(label=_("从哪天起施行"), widget=DAY)
    until = forms.DateField(label=_("到哪天为止（不含，长期的不写）"), widget=DAY, required=False)
    binds_owners = forms.BooleanField(
        label=_("里面写明：业主表决的结果作为正式决定"),
        required=False,
        help_text=_("没有写明的，这里的业主表决只是意见征询"),
    )
    scan = PhotosField(label=_("拍下通过的原件（不公开）"), most=1, required=False)

    @classmethod
    def open_to(cls, subject: Territory) -> bool:
        return has_bylaws(subject)

    def run(self, subject: Territory, by: User) -> object:
        data = self.cleaned_data
        return bylaws.enter(subject, **{**data, "scan": first_of(data["scan"])}, by=by)


class TryAlarms(DeskForm):
    name = "try-alarms"
    label = _("试发报警")
    permission = "health.try_alarms"
    help = _("现在就按设好的每一种办法各发一次，写明“这是一次试发，没有出事”。最多等十几秒，然后说发出去没有。")
    trial: AlarmTrial

    @classmethod
    def open_to(cls, subject: Territory) -> bool:
        return subject.level_id == "district"

    def run(self, subject: Territory, by: User) -> object:
        self.trial = health.try_alarms(by=by)
        return self.trial

    def said(self) -> str:
        return "；".join(told_of(self.trial))

    def said_as(self) -> int:
        return messages.SUCCESS if self.trial.left else messages.ERROR


class TryText(DeskForm):
    name = "try-text"
    label = _("发一条试发短信")
    done = _("已交去发。收到以后，在“收到了”里填短信上的四位数")
    help = _("发到您自己验证过的手机，和居民收的短信走同一条路。")
    permission = "residents.keep_register"

    @classmethod
    def open_to(cls, subject: Territory) -> bool:
        return setup.has_list(subject)

    def facts(self) -> list[tuple[Any, Any]]:
        return [(_("发到"), mask_phone(self.by.phone or "") or _("没有手机号"))]

    def run(self, subject: Territory, by: User) -> object:
        return setup.try_text(subject, by=by)


class TextCame(TryText):
    name = "text-came"
    label = _("试发的短信收到了")
    done = _("已登记：短信能收到")
    help = _("填短信上的四位数。没有收到，就再发一条；总是收不到，请运维人员看短信网关。")
    code = forms.RegexField(
        r"^[0-9]{4}$", label=_("短信上的四位数"), widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )

    @classmethod
    def offered(cls, subject: Any, user: User) -> bool:
        return super().offered(subject, user) and waiting_trial(subject, by=user) is not None

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        return gettext("没有等您收的试发短信：谁发的，就到谁的手机上。您要试，请先在这里“发一条试发短信”。")

    def run(self, subject: Territory, by: User) -> object:
        return setup.text_came(subject, code=self.cleaned_data["code"], by=by)


class AnnounceOpening(DeskForm):
    name = "announce-opening"
    label = _("发开通公告")
    done = _("已发布。请打印、张贴，再在公示的页面上拍照登记")
    help = _("这里的第一张公示：居民从此可以提什么、怎么提、问谁。发布以后打印出来，贴上公示栏。")
    permission = "residents.keep_register"

    @classmethod
    def open_to(cls, subject: Territory) -> bool:
        return subject.level_id == "community" and subject.opened_at is None

    def run(self, subject: Territory, by: User) -> object:
        return setup.announce_opening(subject, by=by)


class Open(AnnounceOpening):
    name = "open"
    label = _("开通，居民可以提心愿、提事情")
    done = _("已开通")
    help = _("开办清单齐了才能开通。")

    def run(self, subject: Territory, by: User) -> object:
        return setup.open_for_residents(subject, by=by)


class ConfirmDefaults(DeskForm):
    name = "confirm-defaults"
    label = _("按示范参数执行")
    done = _("已定：以前没有定过的参数，都按示范参数执行，写明了您的依据")
    help = _("本区没有定过的参数，一次都按示范参数定下来，页面上不再写“示范参数，非法定”。要改的，再逐项定。")
    permission = "policy.set"
    since = forms.DateField(label=_("从哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(label=_("依据（文件名、文号）"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today

    @classmethod
    def open_to(cls, subject: Territory) -> bool:
        return subject.level_id == "district"

    def facts(self) -> list[tuple[Any, Any]]:
        ruled = rules_of(self.subject)
        defaults = [each.parameter.title for each in ruled if each.is_default]
        return [(_("还是示范参数的"), _("%(n)d 项") % {"n": len(defaults)})]

    def run(self, subject: Territory, by: User) -> object:
        return policy.confirm_defaults(subject, **self.cleaned_data, by=by)


def changed(change: PlaceChange) -> str:
    """2026年11月27日“3栋”改名“三栋”（某某会议）."""
    words = {
        "day": cn_date(change.at),
        "before": change.before,
        "after": change.after,
        "n": change.doors,
        "reason": change.reason,
    }
    if change.kind == PlaceChange.Kind.RENAMED:
        return _("%(day)s “%(before)s”改名“%(after)s”（%(reason)s）") % words
    if change.kind == PlaceChange.Kind.SPLIT:
        return _("%(day)s “%(before)s”分出“%(after)s”，%(n)d 户（%(reason)s）") % words
    return _("%(day)s “%(before)s”并入“%(after)s”，%(n)d 户（%(reason)s）") % words


@admin.register(Territory)
class TerritoryAdmin(ScopedAdmin):
    place_path = "path"
    desk_forms = (
        AddPlace,
        AddDoors,
        Rename,
        Split,
        Merge,
        Describe,
        SetParameter,
        ConfirmDefaults,
        EnterBylaw,
        TryAlarms,
        TryText,
        TextCame,
        AnnounceOpening,
        Open,
    )
    list_display = ("name", "level", "code", "full_name")
    list_select_related = ("level",)
    search_fields = ("name", "code")
    fields = ("name", "official_name", "level", "code", "full_name", "organisation_code", "phone", "changed")

    @admin.display(description=_("变更记录"))
    def changed(self, place: Territory) -> str:
        """What became of it, the newest first; also what others became part of it."""
        said = Q(place=place) | Q(other=place)
        changes = PlaceChange.objects.filter(said).select_related("place", "other", "by")[:MOST_CHANGES]
        return "；".join(map(changed, changes)) or "—"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.setup_view)
        return [path("<int:pk>/setup/", view, name="territory_territory_setup"), *super().get_urls()]

    def setup_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What stands and what is missing before residents can begin here."""
        place = get_object_or_404(self.get_queryset(request).filter(level__in=setup.LEVELS), pk=pk)
        lines = setup.lines_of(place)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("%(place)s开办清单") % {"place": place.name},
            "lines": lines,
            "missing": sum(not line.stands for line in lines),
            "place": place,
            "opens": reverse("admin:territory_territory_do", args=[pk, Open.name]) if Open.open_to(place) else "",
            "beneath": setup.beneath(place),
            "opts": self.opts,
        }
        return render(request, "desk/setup.html", context)


@admin.register(Household)
class HouseholdAdmin(ScopedAdmin):
    desk_forms = (StrikeDoor, RestoreDoor)
    list_display = ("door", "community", "is_active")
    list_select_related = ("place__parent",)
    list_filter = ("is_active",)
    search_fields = ("address", "place__name")
    fields = ("door", "where", "floor", "area_m2", "is_active", "struck")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """As people write doors: 301, 1-301, 1栋301; or the name of the yard."""
        text = one_line(search_term)[:MOST_TYPED]
        if not text:
            return queryset, False
        named = Q(place__full_name__contains=text.replace(" ", "")) | Q(address__icontains=text)
        return queryset.filter(named | Q(pk__in=[door.pk for door in doors.find(text, queryset)])), False

    @admin.display(description=_("门牌"), ordering="address")
    def door(self, household: Household) -> str:
        return household.door

    @admin.display(description=_("在哪里"))
    def community(self, household: Household) -> str:
        return household.place.full_name.removesuffix(household.place.name) or household.place.full_name

    @admin.display(description=_("注销"))
    def struck(self, household: Household) -> str:
        """Who asked to strike it off and why, and what became of that."""
        last = household.strikes.order_by("-pk").first()
        if last is None:
            return "—"
        asked = _("%(who)s申请：%(reason)s") % {"who": last.asked_as, "reason": last.reason}
        if last.answered_at is None:
            return _("%(asked)s。等另一位确认") % {"asked": asked}
        outcome = _("同意") if last.is_granted else _("不同意，%(why)s") % {"why": last.answer}
        return _("%(asked)s。%(who)s：%(outcome)s") % {"asked": asked, "who": last.answered_as, "outcome": outcome}

    @admin.display(description=_("在哪里"))
    def where(self, household: Household) -> str:
        return household.place.full_name


@admin.register(Setting)
class SettingAdmin(ScopedAdmin):
    """What was ruled in my territories and above them, with the platform's defaults."""

    list_display = ("parameter", "shown_value", "where", "since", "source")
    list_select_related = ("parameter", "place")
    search_fields = ("parameter__title", "parameter__name")
    fields = ("parameter", "shown_value", "where", "since", "source", "note")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        mine = territories_of(request.user)
        if not mine:
            return Setting.objects.none()
        above = Territory.objects.filter(path__in=mine)
        paths = {path for place in above for path in place.ancestor_paths()}
        concerns = Q(place=None) | Q(place__path__in=paths)
        for mine_path in mine:
            concerns |= Q(place__path__startswith=mine_path)
        return Setting.objects.filter(concerns)

    @admin.display(description=_("值"))
    def shown_value(self, setting: Setting) -> str:
        value, unit = setting.value, setting.parameter.unit
        if isinstance(value, bool):
            return str(YES if value else NO)
        if unit == Unit.FEN:
            return _("%(yuan)s 元") % {"yuan": format_yuan(value)}
        said = str(setting.parameter.get_unit_display()) if unit in TIMES or unit == Unit.PERCENT else ""
        return f"{value} {said}".strip()

    @admin.display(description=_("地方"))
    def where(self, setting: Setting) -> str:
        return setting.place.full_name if setting.place else str(_("各地（示范参数，非法定）"))

    @admin.display(description=_("说明"))
    def note(self, setting: Setting) -> str:
        return setting.parameter.note or "—"
