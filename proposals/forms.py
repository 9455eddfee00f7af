"""What people type about wishes and proposals."""

from __future__ import annotations

import unicodedata
from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.faces.photos import PhotosField
from minshi.ledger.money import YuanField
from minshi.residents.rules import person_of, roles_of
from minshi.territory.models import Territory
from proposals.models import TITLE_LENGTH, Card, Category, Kind, Source, Stage, Version

INVISIBLE = {"Cf", "Cc", "Co", "Cs"}


def plain(text: str) -> str:
    """NFKC without invisible or direction-changing characters (trust.md, Input); line breaks stay."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKC", text)
        if letter == "\n" or unicodedata.category(letter) not in INVISIBLE
    ).strip()


class PlainField(forms.CharField):
    """One line or a few of plain text."""

    def __init__(self, *, rows: int = 0, **kwargs: Any) -> None:
        if rows:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return plain(super().to_python(value) or "")


def places_of(user: User) -> list[Territory]:
    """Where this person may put something forward: their building up to their community, and where they work."""
    person = person_of(user)
    paths = [held.path for held in roles_of(user)]
    if person and person.household and person.confirmed_at:
        paths += person.household.place.ancestor_paths()
    rows = Territory.objects.filter(path__in=paths, level__rank__gte=40).select_related("level").order_by("-path")
    return list(rows)


class PlaceField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.full_name)


class WordsForm(forms.Form):
    """What, where, who benefits, what it costs, who pays what, who looks after it."""

    title = PlainField(label=_("给这件事起个名字"), max_length=TITLE_LENGTH, help_text=_("例如：院门口装一盏路灯"))
    need = PlainField(label=_("现在有什么不方便"), rows=4, max_length=1000)
    plan = PlainField(label=_("打算怎么做"), rows=4, max_length=2000)
    spot = PlainField(label=_("具体在哪里"), max_length=120)
    households = forms.IntegerField(
        label=_("大约多少户受益"), min_value=1, max_value=100_000, required=False, help_text=_("不填就按全院住户算")
    )
    people = forms.IntegerField(label=_("大约多少人受益"), min_value=1, max_value=1_000_000, required=False)
    kind = forms.ChoiceField(label=_("是服务还是工程"), choices=Kind)
    category = forms.ChoiceField(label=_("属于哪一类"), choices=Category)
    touches_common_parts = forms.BooleanField(label=_("要占用或改动公共部位（楼道、屋顶、绿地等）"), required=False)
    cost = YuanField(label=_("估计要花多少钱（元）"), help_text=_("估不准没关系，议事会上还要细算"))
    subsidy = YuanField(label=_("想请街道补助（元）"), required=False)
    district = YuanField(label=_("想请区里支持（元）"), required=False)
    self_raised = YuanField(label=_("邻居们自愿凑（元）"), required=False)
    sponsor = YuanField(label=_("单位或商户赞助（元）"), required=False)
    keeper = PlainField(label=_("办好以后谁来管"), max_length=120, help_text=_("例如：院落自管小组"))

    def shares(self) -> dict[str, int]:
        """Who would pay what, in fen by source; nothing that was left empty."""
        named = {
            Source.SUBSIDY: "subsidy",
            Source.DISTRICT: "district",
            Source.SELF_RAISED: "self_raised",
            Source.SPONSOR: "sponsor",
        }
        amounts = {str(source): self.cleaned_data.get(name) or 0 for source, name in named.items()}
        return {source: fen for source, fen in amounts.items() if fen}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cost = cleaned.get("cost")
        if cost is not None and sum(self.shares().values()) > cost:
            self.add_error("cost", _("各方出的钱加起来超过了估计的费用，请核对"))
        return cleaned


class ProposeForm(WordsForm):
    """A new proposal; the negative list is asked as questions."""

    place = PlaceField(label=_("给哪里办"), queryset=Territory.objects.none())
    liable = forms.TypedChoiceField(
        label=_("这件事本来就该物业或别的单位负责吗"),
        choices=(("no", _("不是")), ("yes", _("是，该他们负责"))),
        widget=forms.RadioSelect,
        initial="no",
    )
    private = forms.TypedChoiceField(
        label=_("只是自己一家的事吗"),
        choices=(("no", _("不是，是大家的事")), ("yes", _("是自己家的事"))),
        widget=forms.RadioSelect,
        initial="no",
    )
    photos = PhotosField(label=_("拍几张现在的样子"), required=False)
    field_order = ("place", "title", "need", "plan", "spot", "liable", "private", "photos")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = places_of(by)
        field: Any = self.fields["place"]
        field.queryset = Territory.objects.filter(pk__in=[place.pk for place in places]).order_by("-path")
        field.initial = next((place.pk for place in places if place.level_id == "yard"), None)

    def clean_liable(self) -> str:
        if self.cleaned_data["liable"] == "yes":
            raise forms.ValidationError(_("该由责任单位办的，请先找物业或责任单位；他们不办，可以写成心愿由社区转办"))
        return "no"

    def clean_private(self) -> str:
        if self.cleaned_data["private"] == "yes":
            raise forms.ValidationError(_("民生小实事办大家的事；自己家的难处请联系社区，有别的办法帮您"))
        return "no"


class ReviseForm(WordsForm):
    """The same words, mended, with what was changed. What the proposal is stays as it was proposed."""

    why = PlainField(label=_("改了什么"), max_length=200)

    def __init__(self, *args: Any, version: Version | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "kind", "category", "touches_common_parts"):
            del self.fields[name]


class ReasonForm(forms.Form):
    """A reason in a few words, public."""

    reason = PlainField(label=_("理由（大家都看得到）"), rows=3, max_length=500, required=False)


class WishForm(forms.Form):
    place = PlaceField(label=_("在哪里"), queryset=Territory.objects.none())
    text = PlainField(label=_("您的心愿"), rows=3, max_length=200)
    spot = PlainField(label=_("具体位置"), max_length=120, required=False)
    category = forms.ChoiceField(label=_("属于哪一类"), choices=Category, initial=Category.OTHER)
    urgent = forms.BooleanField(label=_("急事，有危险"), required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = places_of(by)
        field: Any = self.fields["place"]
        field.queryset = Territory.objects.filter(pk__in=[place.pk for place in places]).order_by("-path")
        field.initial = next((place.pk for place in places if place.level_id == "yard"), None)


SHOWN = (("running", _("正在办")), ("done", _("办成了")), ("reserve", _("储备库")))


class CardFilter(django_filters.FilterSet):
    """The library's filters: an allow-list, each of them an indexed column of the card."""

    q = django_filters.CharFilter(label=_("名称里有"), method="named")
    category = django_filters.ChoiceFilter(label=_("类别"), choices=Category, empty_label=_("全部"))
    kind = django_filters.ChoiceFilter(label=_("类型"), choices=Kind, empty_label=_("全部"))
    tier = django_filters.ChoiceFilter(
        label=_("级别"), choices=((1, _("一级")), (2, _("二级")), (3, _("三级"))), empty_label=_("全部")
    )
    stage = django_filters.ChoiceFilter(label=_("阶段"), choices=Stage, empty_label=_("全部"))

    class Meta:
        model = Card
        fields: tuple[str, ...] = ()

    def named(self, cards: Any, name: str, value: str) -> Any:
        return cards.filter(title__icontains=plain(value)[:40])
