"""What people type about wishes and proposals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.validators import MaxLengthValidator
from django.db.models import Count, Q, QuerySet
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.clock import today
from minshi.faces.photos import PhotosField
from minshi.ledger.money import YuanField, format_yuan, parse_yuan, yuan
from minshi.masking import readable
from minshi.paper.models import Line
from minshi.residents.doors import DoorLinesField, DoorTextField, find, read_places_and_doors
from minshi.residents.models import ORGANISERS, Role
from minshi.residents.rules import home_of, roles_of
from minshi.territory.models import Household, Territory
from proposals import selectors
from proposals.actions import Righted, Written
from proposals.models import (
    ANSWER_LENGTH,
    CALL_TEXT_LENGTH,
    CASH,
    DIFFERENCE_LENGTH,
    ENDED,
    HELP_LENGTH,
    ITEM_LENGTH,
    KEEPER_LENGTH,
    MOST_WISH_PHOTOS,
    PRIZE_LENGTH,
    QUESTION_LENGTH,
    REQUEST_LENGTH,
    RESOURCE_ABOUT,
    RESOURCE_TIMES,
    RESOURCE_TITLE,
    SPOT_LENGTH,
    THEME_LENGTH,
    TITLE_LENGTH,
    WHY_LENGTH,
    WISH_LENGTH,
    WITHHELD_LENGTH,
    Call,
    CallEntry,
    Category,
    Kind,
    Photo,
    Proposal,
    ResourceKind,
    Version,
    Wish,
    sum_of,
)
from proposals.rules import NOT_OPEN

LONGEST = 10_000
"""Of any text: longer ones are refused before they are looked at letter by letter."""


class PlainField(forms.CharField):
    """One line or a few of plain text, as it was typed, less what nobody can see (trust.md, Input)."""

    def __init__(self, *, rows: int = 0, **kwargs: Any) -> None:
        if rows:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        most = min(self.max_length or LONGEST, LONGEST)
        if len(typed) > 2 * most:  # line breaks and what is not seen do not count
            shown = {"limit_value": most, "show_value": len(typed)}
            raise forms.ValidationError(MaxLengthValidator.message, code="max_length", params=shown)
        text = readable(typed).strip()
        return text if isinstance(self.widget, forms.Textarea) else " ".join(text.split())


class CountField(forms.IntegerField):
    """A number of households or people in plain digits: Django's own takes 1_000 and ٣ as well."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        text = "" if value is None else str(value).strip()
        if text and not re.fullmatch("[0-9]{1,9}", text):
            raise forms.ValidationError(_("请用数字填写，例如 193"), code="not_a_count")
        return super().to_python(text)


def places_of(user: User) -> list[Territory]:
    """Where this person may put something forward: their building up to their community, and where they work."""
    home = home_of(user)
    paths = [held.path for held in roles_of(user) if held.role in (Role.CLERK, *ORGANISERS)]
    if home:
        paths += home.household.place.ancestor_paths()
    rows = Territory.objects.filter(path__in=paths, level__rank__gte=40).select_related("parent")
    return list(rows.order_by("-path"))


class PlaceField(forms.ModelChoiceField):
    """Where it is for, out of the places that are this person's.

    ``closed``: the community that is not open yet, where all of them lie in one: nothing is taken there.
    """

    closed: Territory | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Territory.objects.none(), empty_label=None, **kwargs)

    def offer(self, user: User) -> None:
        """The narrowest place first; the yard is chosen already."""
        places = places_of(user)
        closed = [place for place in places if place.level_id == "community" and place.opened_at is None]
        if in_open := [place for place in places if not any(each.contains(place) for each in closed)]:
            places = in_open
        else:
            self.closed = next(iter(closed), None)
        self.queryset = Territory.objects.filter(pk__in=[place.pk for place in places])
        self.choices = [(place.pk, self.label_from_instance(place)) for place in places]
        self.initial = next((place.pk for place in places if place.level_id == "yard"), None)

    def label_from_instance(self, obj: Any) -> str:
        """东风巷14号院（尚义社区）: a phone is too narrow for the whole line from the city down."""
        return f"{obj.name}（{obj.parent.name}）" if obj.parent else str(obj.name)


class ReadListForm(forms.Form):
    """A signed list as it is read from its photo: the doors, line by line. It does not show what was read before."""

    sheet = forms.CharField(widget=forms.HiddenInput, max_length=16)
    doors = DoorLinesField(required=False)

    def __init__(self, *args: Any, doors: QuerySet[Household], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed: Any = self.fields["doors"]
        typed.doors = doors


class SheetForm(forms.Form):
    """A signed list as it comes in: its photo, and its doors line by line."""

    photos = PhotosField(label=_("拍下整张签名册"), most=1, help_text=_("只有登记和核对的人看得到"))
    doors = DoorLinesField(error_messages={"required": _("请写下签了名的户，一行一户")})

    def __init__(self, *args: Any, doors: QuerySet[Household], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed: Any = self.fields["doors"]
        typed.doors = doors


class ReadDoorsForm(forms.Form):
    """Single doors of a list, each looked for on the photo: did it sign?"""

    ANSWERS = (("yes", _("签了")), ("no", _("没有签")))

    sheet = forms.CharField(widget=forms.HiddenInput, max_length=16)

    def __init__(self, *args: Any, lines: Sequence[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            door = line.household.door if line.household else ""
            self.fields[f"line_{line.ordinal}"] = forms.ChoiceField(
                label=_("%(door)s 签了吗？") % {"door": door},
                choices=self.ANSWERS,
                widget=forms.RadioSelect,
                error_messages={"required": _("请看着照片选一项")},
            )

    def answers(self) -> dict[int, bool]:
        """Whether each door signed, by its line's key."""
        return {line.pk: self.cleaned_data[f"line_{line.ordinal}"] == "yes" for line in self.lines}


MOST_PARTS = 40
"""Places right beneath one that are offered to tick; where there are more they are typed."""


def parts_of(places: Sequence[Territory]) -> QuerySet[Territory]:
    """The places right beneath these, of each as many as a phone can show; none that was merged and is empty."""
    standing = Territory.objects.filter(parent__in=[place.pk for place in places], merged_into=None)
    few = standing.values("parent").annotate(number=Count("pk")).filter(number__lte=MOST_PARTS).values("parent")
    return standing.filter(parent__in=few).select_related("parent").order_by("-parent__path", "path")


def typed_list(version: Version, place: Territory, *, without: Iterable[int] = ()) -> list[str]:
    """Who is listed, as somebody would type it; nothing where it is all of the place, or of what is ticked."""
    if version.places == [place.pk]:
        return []
    named = Territory.objects.filter(pk__in=set(version.places) - set(without)).select_related("parent")
    doors = Household.objects.filter(pk__in=version.doors).select_related("place__parent").order_by("pk")
    names = [f"{part.parent.name if part.parent else ''}{part.name}" for part in named]
    return [*names, *(door.door for door in doors)]


class BenefitsForm(forms.Form):
    """Who benefits: all of the place, or places beneath it that are ticked, and doors or buildings that are typed."""

    offered: set[int]
    """Keys of the places that can be ticked."""
    parts = forms.ModelMultipleChoiceField(
        label=_("其中哪几处"),
        queryset=Territory.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    doors = PlainField(
        label=_("单独哪几户"),
        rows=3,
        max_length=2000,
        required=False,
        help_text=_("一行一户，例如 1-301、1单元301；也可以写整栋，例如 3栋"),
    )

    def offer_parts(self, places: Sequence[Territory]) -> None:
        """What can be ticked, said with the place above it where there are several of these."""
        parts: Any = self.fields["parts"]
        parts.queryset = parts_of(places)
        self.offered = {part.pk for part in parts.queryset}
        several = len({part.parent_id for part in parts.queryset}) > 1
        parts.label_from_instance = lambda part: f"{part.name}（{part.parent.name}）" if several else part.name

    def show_listed(self, version: Version, place: Territory) -> None:
        """What is listed now, to begin with."""
        ticked = self.offered & set(version.places)
        self.initial["parts"] = sorted(ticked)
        self.initial["doors"] = "\n".join(typed_list(version, place, without=ticked))

    @property
    def names_some(self) -> bool:
        """Whether anything was ticked, typed or wrong."""
        return any(self[name].value() or self[name].errors for name in ("parts", "doors") if name in self.fields)

    def benefits_of(self) -> Territory | None:
        """Whose parts and doors these are; none where that was not said yet."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        place = self.benefits_of()
        if place is None or "parts" in self.errors or "doors" in self.errors:
            return cleaned
        ticked = list(cleaned.get("parts") or ())
        if astray := [part.name for part in ticked if not place.contains(part)]:
            told = _("%(parts)s不在“%(place)s”里面，请去掉，或者改选给哪里办")
            self.add_error("parts", told % {"parts": "、".join(astray), "place": place.name})
        try:
            typed, single = read_places_and_doors(cleaned.get("doors") or "", place)
        except forms.ValidationError as wrong:
            self.add_error("doors", wrong)
        else:
            cleaned["parts"], cleaned["doors"] = [*ticked, *typed], single
        return cleaned


Typed = tuple[str, str, str]
"""A line of the costs as somebody typed it: item, quantity, price."""


class LinesInput(forms.Widget):
    """Rows of three inputs, drawn by templates/proposals/cost_lines.html."""

    use_fieldset = True
    NAMES = ("item", "quantity", "price")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Typed]:
        columns = [data.getlist(f"{name}_{part}") if hasattr(data, "getlist") else [] for part in self.NAMES]
        rows: list[Any] = list(zip_longest(*columns, fillvalue=""))
        while rows and not any(part.strip() for part in rows[-1]):
            rows.pop()
        return rows


MOST_LINES, ROWS_SHOWN = 20, 3
QUANTITY = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")


class LinesField(forms.Field):
    """What it costs item by item; cleans to what ``Version.lines`` keeps. What is wrong is said of its row."""

    widget = LinesInput

    def clean(self, value: Any) -> list[dict[str, Any]]:
        typed = [(n, row) for n, row in enumerate(value or [], start=1) if any(part.strip() for part in row)]
        if len(typed) > MOST_LINES:
            raise forms.ValidationError(_("最多分 %(most)d 项") % {"most": MOST_LINES})
        lines, wrong = [], []
        for n, row in typed:
            try:
                lines.append(_line_of(*row))
            except forms.ValidationError as error:
                wrong.append(_("第 %(n)d 行：%(why)s") % {"n": n, "why": "".join(error.messages)})
        if wrong:
            raise forms.ValidationError(wrong)
        return lines

    def prepare_value(self, value: Any) -> list[Typed]:
        return [typed_line(row) if isinstance(row, Mapping) else row for row in value or []]


def _line_of(item: str, quantity: str, price: str) -> dict[str, Any]:
    named = " ".join(readable(item[: 2 * ITEM_LENGTH]).split())
    if not named or len(named) > ITEM_LENGTH:
        raise forms.ValidationError(_("写上是什么，不超过 %(most)d 个字") % {"most": ITEM_LENGTH})
    number = quantity.strip() or "1"
    if not QUANTITY.fullmatch(number) or not Decimal(number):
        raise forms.ValidationError(_("数量用数字写，例如 2 或 3.5"))
    if not price.strip():
        raise forms.ValidationError(_("写上单价（元）"))
    return {"item": named, "quantity": number, "price_fen": parse_yuan(price)}


def typed_line(line: Mapping[str, Any]) -> Typed:
    """A line as somebody would type it."""
    return line["item"], line["quantity"], str(yuan(line["price_fen"]))


class WordsForm(BenefitsForm):
    """What, where, who benefits, what it costs, who pays what, who looks after it."""

    title = PlainField(label=_("给这件事起个名字"), max_length=TITLE_LENGTH, help_text=_("例如：院门口装一盏路灯"))
    need = PlainField(label=_("现在有什么不方便"), rows=4, max_length=1000)
    plan = PlainField(label=_("打算怎么做"), rows=4, max_length=2000)
    spot = PlainField(label=_("具体在哪里"), max_length=SPOT_LENGTH)
    people = CountField(label=_("大约多少人受益"), min_value=1, max_value=1_000_000, required=False)
    # Nothing is chosen for who skips them: the kind can never be changed afterwards.
    kind = forms.ChoiceField(label=_("是服务还是工程"), choices=[("", _("请选一项")), *Kind.choices])
    category = forms.ChoiceField(label=_("属于哪一类"), choices=[("", _("请选一项")), *Category.choices])
    touches_common_parts = forms.BooleanField(label=_("要占用或改动公共部位（楼道、屋顶、绿地等）"), required=False)
    lines = LinesField(label=_("一项一项算"), required=False)
    cost = YuanField(
        label=_("估计要花多少钱（元）"),
        help_text=_("估不准没关系，议事会上还要细算；一项一项写了的不用填，合计自动算"),
        required=False,
    )
    subsidy = YuanField(label=_("想请街道补助（元）"), required=False)
    district = YuanField(label=_("想请区里支持（元）"), required=False)
    self_raised = YuanField(label=_("邻居们自愿凑（元）"), required=False)
    sponsor = YuanField(label=_("单位或商户赞助（元）"), required=False)
    keeper = PlainField(label=_("办好以后谁来管"), max_length=KEEPER_LENGTH, help_text=_("例如：院落自管小组"))
    help_wanted = PlainField(
        label=_("还需要什么帮忙"),
        rows=2,
        max_length=HELP_LENGTH,
        required=False,
        help_text=_("例如：懂电的师傅、借梯子、开会的地方"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cost"].depends = True  # type: ignore[attr-defined]  # on the lines: without any it is required

    def line_rows(self) -> list[Typed]:
        """The lines as the page draws them, with room for a few more."""
        rows: list[Typed] = list(self["lines"].value() or [])[:MOST_LINES]
        return [*rows, *[("", "", "")] * min(2 if rows else ROWS_SHOWN, MOST_LINES - len(rows))]

    def shares(self) -> dict[str, int]:
        """Who would pay what, in fen by source; nothing that was left empty."""
        amounts = {str(source): self.cleaned_data.get(source) or 0 for source in CASH}
        return {source: fen for source, fen in amounts.items() if fen}

    def money_was_given(self) -> bool:
        """Whether any share is there to be seen, typed or from before."""
        return any(field.value() for field in self.share_fields())

    def share_fields(self) -> list[forms.BoundField]:
        """One for each source of money, called like it."""
        return [self[source] for source in CASH]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cost = self._cost(cleaned)
        if cost is not None and sum(self.shares().values()) > cost:
            self.add_error("cost", _("各方出的钱加起来超过了估计的费用，请核对"))
        return cleaned

    def _cost(self, cleaned: dict[str, Any]) -> int | None:
        """What the lines come to; without any, what was typed."""
        typed: int | None = cleaned.get("cost")
        if not cleaned.get("lines"):
            if typed is None and not {"cost", "lines"} & self.errors.keys():
                self.add_error("cost", forms.Field.default_error_messages["required"])
            return typed
        total = sum_of(cleaned["lines"])
        if typed is not None and typed not in (total, self.get_initial_for_field(self.fields["cost"], "cost")):
            told = _("一项一项加起来是 %(sum)s 元，和这里写的不一样；请改上面的，或者把这里清空")
            self.add_error("cost", told % {"sum": format_yuan(total)})
            return None
        self.errors.pop("cost", None)
        cleaned["cost"] = total
        return total


WITH_PEOPLE = _("认得出人的，先问过他们同不同意公开；以后不同意了，可以收回")
"""Beside every picture that everybody will see."""


class AgreedField(forms.BooleanField):
    """Whether people can be known on the photos, who agreed; kept as a consent of whoever says so."""

    def __init__(self) -> None:
        label = _("照片里认得出人，他们都同意公开（认不出人的不用勾）")
        super().__init__(label=label, required=False)


class ProposeForm(WordsForm):
    """A new proposal; the negative list is asked as questions."""

    place = PlaceField(label=_("给哪里办"))
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
    photos = PhotosField(label=_("拍几张现在的样子"), required=False, help_text=WITH_PEOPLE)
    shows_people = AgreedField()
    field_order = ("place", "title", "need", "plan", "spot", "photos", "shows_people")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place_field.offer(by)
        self.offer_parts(list(self.place_field.queryset))

    @property
    def place_field(self) -> Any:
        return self.fields["place"]

    @property
    def has_places(self) -> bool:
        return bool(self.place_field.choices)

    @property
    def closed(self) -> Territory | None:
        found: Territory | None = self.place_field.closed
        return found

    def benefits_of(self) -> Territory | None:
        return self.cleaned_data.get("place")

    def keep_to(self, step: str) -> None:
        """Say of this step alone what is wrong: the others have not been asked for yet."""
        for name in set(self.errors) - set(STEPS[step].fields):
            del self.errors[name]

    def missing(self) -> list[tuple[str, Any, list[tuple[Any, str]]]]:
        """Step by step what is still missing or wrong, each with the name of its field and a sentence."""
        found = [
            (
                slug,
                step.title,
                [(self[name].label, str(self.errors[name][0])) for name in step.fields if name in self.errors],
            )
            for slug, step in STEPS.items()
        ]
        return [each for each in found if each[2]]

    def parts_of_steps(self) -> list[tuple[str, Any, list[tuple[Any, str]]]]:
        """Step by step what was answered, in words."""
        return [
            (slug, step.title, [(self[name].label, said) for name in step.fields if (said := self._said(name))])
            for slug, step in STEPS.items()
        ]

    def _said(self, name: str) -> str:
        value = self.cleaned_data.get(name)
        field = self.fields[name]
        if value in (None, "", []) or value is False:
            return ""
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
            return str(dict(field.choices).get(value, ""))  # type: ignore[arg-type]
        if isinstance(field, YuanField):
            return _("%(sum)s 元") % {"sum": format_yuan(value)}
        if name == "lines":
            return "；".join(f"{item} {quantity} × {price}" for item, quantity, price in map(typed_line, value))
        if name in ("parts", "doors"):
            return "、".join(each.name if isinstance(each, Territory) else each.door for each in value)
        if isinstance(field, forms.BooleanField):
            return str(_("是"))
        return "" if name == "photos" else str(value)

    def clean_liable(self) -> str:
        if self.cleaned_data["liable"] == "yes":
            raise forms.ValidationError(_("该由责任单位办的，请先找物业或责任单位；他们不办，可以写成心愿由社区转办"))
        return "no"

    def clean_private(self) -> str:
        if self.cleaned_data["private"] == "yes":
            raise forms.ValidationError(_("民生小实事办大家的事；自己家的难处请联系社区，有别的办法帮您"))
        return "no"


@dataclass(frozen=True)
class StepOfForm:
    """A short step of the form: what it is called, and its fields."""

    title: Any
    fields: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What the form sends for them."""
        of_lines = tuple(f"lines_{part}" for part in LinesInput.NAMES) if "lines" in self.fields else ()
        return tuple(name for name in self.fields if name not in ("lines", "photos")) + of_lines


STEPS = {
    "what": StepOfForm(_("什么事"), ("title", "need", "plan")),
    "where": StepOfForm(_("在哪里"), ("place", "spot")),
    "who": StepOfForm(_("谁受益"), ("parts", "doors", "people")),
    "kind": StepOfForm(_("哪一类"), ("kind", "category", "touches_common_parts", "liable", "private")),
    "money": StepOfForm(_("要多少钱"), ("lines", "cost", *map(str, CASH), "keeper")),
    "photos": StepOfForm(_("照片和帮忙"), ("photos", "shows_people", "help_wanted")),
}
"""The form of a new proposal in short steps; each of its fields stands in one."""


SCOPES = (("yard", _("全院")), ("building", _("这栋楼")), ("community", _("全社区")))


class PaperProposeForm(ProposeForm):
    """纸质提议表, entered for whoever signed it: their door and name; the place is theirs."""

    door = DoorTextField(label=_("提出人的门牌"))
    name = PlainField(label=_("提出人的姓名"), max_length=40)
    scope = forms.ChoiceField(label=_("给哪里办"), choices=SCOPES, initial="yard")
    sheet = PhotosField(label=_("拍下有签名的提议表"), most=1, help_text=_("只有录入、对照的人和本人看得到"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        del self.fields["place"], self.fields["parts"]  # where it is for follows from the door: the parts are typed
        self.offered = set()
        self.fields["doors"].label = _("只有哪几栋、哪几户受益")
        typed: Any = self.fields["door"]
        typed.doors = doors_kept_by(by)

    def benefits_of(self) -> Territory | None:
        return self.where() if self.cleaned_data.get("door") and self.cleaned_data.get("scope") else None

    def where(self) -> Territory:
        """What the proposal is for, out of the places the door stands in; without a yard, the door's own."""
        at: Territory = self.cleaned_data["door"].place
        return at.at_level(self.cleaned_data["scope"]) or (at if at.level.rank > 40 else at.at_level("community") or at)


def doors_kept_by(user: User) -> QuerySet[Household]:
    """The doors of the communities this person works in."""
    mine = Q(pk__in=[])
    for held in roles_of(user):
        if held.role == Role.CLERK:
            mine |= Q(place__path__startswith=held.path)
    return Household.objects.filter(mine, is_active=True)


def doors_walked_by(user: User) -> QuerySet[Household]:
    """And of the yards and buildings where they are an organiser."""
    mine = Q(pk__in=[])
    for held in roles_of(user):
        if held.role in (Role.CLERK, *ORGANISERS):
            mine |= Q(place__path__startswith=held.path)
    return Household.objects.filter(mine, is_active=True)


WISH_PHOTOS = _("最多三张，可以一次选几张。办的人先看，没有人脸、门牌、车牌的才公开。")


class DoorWishForm(forms.Form):
    """What somebody says at their door, typed by whoever came round."""

    door = DoorTextField(label=_("谁家（门牌）"))
    name = PlainField(label=_("许愿人的姓名"), max_length=40, help_text=_("不公开，办的人要找他"))
    text = PlainField(label=_("他的心愿"), rows=3, max_length=WISH_LENGTH)
    spot = PlainField(label=_("具体位置"), max_length=SPOT_LENGTH, required=False)
    category = forms.ChoiceField(label=_("属于哪一类"), choices=Category, initial=Category.OTHER)
    photos = PhotosField(label=_("照片"), most=MOST_WISH_PHOTOS, required=False, help_text=WISH_PHOTOS)
    urgent = forms.BooleanField(label=_("急事，有危险"), required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed: Any = self.fields["door"]
        typed.doors = doors_walked_by(by)


class WishLinesField(forms.CharField):
    """A page of a 心愿本, line by line: door, name, wish. What is wrong is said of its line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("一行一条：门牌 姓名 心愿"),
            help_text=_("例如：1-301 张三 楼道灯不亮了。中间空一格"),
            max_length=12_000,
            widget=forms.Textarea(attrs={"rows": 12, "autocomplete": "off"}),
            **kwargs,
        )
        self.doors: QuerySet[Household] = Household.objects.none()

    def clean(self, value: Any) -> list[Written]:
        typed = [(row, line.strip()) for row, line in enumerate((super().clean(value) or "").splitlines(), start=1)]
        typed = [(row, line) for row, line in typed if line]
        if len(typed) > MOST_WISHES:
            raise forms.ValidationError(_("一次最多录 %(most)d 条") % {"most": MOST_WISHES})
        wrong, written = [], []
        for row, line in typed:
            try:
                written.append(self._written(line))
            except forms.ValidationError as error:
                facts = {"n": row, "line": line[:30], "why": "".join(error.messages)}
                wrong.append(_("第 %(n)d 行“%(line)s”：%(why)s") % facts)
        if wrong:
            raise forms.ValidationError(wrong)
        return written

    def _written(self, line: str) -> Written:
        door, name, text = _three_of(readable(line))
        if not text:
            raise forms.ValidationError(_("要有门牌、姓名和心愿，中间空一格"))
        if len(name) > MOST_NAME:
            raise forms.ValidationError(_("姓名不超过 %(most)d 个字") % {"most": MOST_NAME})
        if len(text) > WISH_LENGTH:
            raise forms.ValidationError(_("心愿不超过 %(most)d 个字") % {"most": WISH_LENGTH})
        found = find(door, self.doors)
        if not found:
            raise forms.ValidationError(_("没有找到这一户"))
        if len(found) > 1:
            names = "、".join(each.door for each in found[:MOST_SHOWN])
            several = {"n": len(found), "names": names}
            raise forms.ValidationError(_("有 %(n)d 户都叫这个：%(names)s。请写上院落和楼栋") % several)
        return Written(found[0], name, text)


_WORD = re.compile(r"[^\s,，、:：;；]+")
MOST_NAME, MOST_SHOWN = 40, 4


def _three_of(line: str) -> tuple[str, str, str]:
    """3栋 1-301 张三 灯坏了 → (3栋 1-301, 张三, 灯坏了), a space, a comma or a colon between; a name has no digits."""
    words = list(_WORD.finditer(line))
    at = next((n for n, word in enumerate(words) if n and not any(map(str.isdigit, word[0]))), len(words))
    if at + 1 >= len(words):
        return "", "", ""
    return " ".join(word[0] for word in words[:at]), words[at][0], line[words[at + 1].start() :]


MOST_WISHES = 40


class WishBookForm(forms.Form):
    place = PlaceField(label=_("哪个社区的心愿本"))
    lines = WishLinesField()
    photos = PhotosField(label=_("拍下这一页"), most=1, help_text=_("只有录入和对照的人看得到"))
    receipt = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: Any = self.fields["place"]
        offered.offer(by)
        typed: Any = self.fields["lines"]
        typed.doors = doors_kept_by(by)

    def clean_receipt(self) -> UUID:
        return self.cleaned_data["receipt"] or uuid4()

    def renew(self) -> None:
        """Nothing came of what was sent: the next try is another, also where the last page's form came back."""
        typed: Any = self.data.copy()  # type: ignore[attr-defined]  # what was sent, a QueryDict
        typed["receipt"] = str(uuid4())
        self.data = typed


class ReviseForm(WordsForm):
    """The same words, mended, with what was changed: also the title, the category and the photos.

    For whom it is and whether it touches common parts decide who votes and how long: these stay as proposed.
    """

    why = PlainField(label=_("改了什么"), max_length=WHY_LENGTH)
    photos = PhotosField(label=_("再放几张照片"), required=False, help_text=WITH_PEOPLE)
    shows_people = AgreedField()
    dropped = forms.ModelMultipleChoiceField(
        label=_("不要的照片"), queryset=Photo.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, proposal: Proposal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kind", "touches_common_parts"):
            del self.fields[name]
        self.proposal = proposal
        self.offer_parts([proposal.place])
        self.show_listed(proposal.version, proposal.place)
        dropped: Any = self.fields["dropped"]
        dropped.queryset = proposal.photos.filter(withheld_at=None).order_by("pk")
        dropped.label_from_instance = lambda photo: _("第 %(n)d 张") % {"n": self._place_of(photo)}

    def benefits_of(self) -> Territory:
        return self.proposal.place

    def _place_of(self, photo: Photo) -> int:
        dropped: Any = self.fields["dropped"]
        return [each.pk for each in dropped.queryset].index(photo.pk) + 1


class LookForm(forms.Form):
    """第二眼: is what was typed what stands on the sheet?"""

    verdict = forms.ChoiceField(
        label=_("录入的和原件一样吗"),
        choices=(("alike", _("一致")), ("differs", _("有不一样的地方"))),
        widget=forms.RadioSelect,
        error_messages={"required": _("请对着照片看过以后选一项")},
    )
    difference = PlainField(
        label=_("哪里不一样"),
        rows=3,
        max_length=DIFFERENCE_LENGTH,
        required=False,
        help_text=_("例如：原件写的是 3 单元，录成了 2 单元。一致的不用写；不要写姓名和电话。"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_named = bool(cleaned.get("difference"))
        if cleaned.get("verdict") == "differs" and not is_named and "difference" not in self.errors:
            self.add_error("difference", _("请写明哪里不一样，录入的人照着更正"))
        if cleaned.get("verdict") == "alike" and is_named:
            self.add_error("verdict", _("写了不一样的地方，请选“有不一样的地方”；一致的请把它删掉"))
        return cleaned


class RightWordsForm(ReviseForm):
    """A proposal as it stands on its sheet; its photos are its own, and who benefits is the reviewer's to put right."""

    why = PlainField(label=_("照原件改了什么"), max_length=WHY_LENGTH - 20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("photos", "shows_people", "dropped", "parts", "doors"):
            del self.fields[name]


class RightWishesForm(forms.Form):
    """The wishes of a page, each as it stands there; whose it is is typed only where that was wrong."""

    why = PlainField(label=_("照原件改了什么"), max_length=WHY_LENGTH)

    def __init__(self, *args: Any, wishes: Sequence[Wish], by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wishes = wishes
        for wished in wishes:
            text = PlainField(label=_("心愿"), rows=2, max_length=WISH_LENGTH, initial=wished.text)
            spot = PlainField(label=_("具体位置"), max_length=SPOT_LENGTH, required=False, initial=wished.spot)
            door = DoorTextField(label=_("门牌录错了才填"), required=False)
            door.doors = doors_kept_by(by)
            name = PlainField(label=_("姓名录错了才填"), max_length=40, required=False)
            for field, made in (("text", text), ("spot", spot), ("door", door), ("name", name)):
                self.fields[f"{field}_{wished.pk}"] = made

    def rows(self) -> list[tuple[Wish, list[forms.BoundField]]]:
        """Each wish with its fields."""
        names = ("text", "spot", "door", "name")
        return [(wished, [self[f"{name}_{wished.pk}"] for name in names]) for wished in self.wishes]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for wished in self.wishes:
            door, name = (f"{field}_{wished.pk}" for field in ("door", "name"))
            if not {door, name} & self.errors.keys() and bool(cleaned.get(door)) != bool(cleaned.get(name)):
                self.add_error(name if cleaned.get(door) else door, _("是谁的心愿录错了，请把门牌和姓名都写上"))
        return cleaned

    def righted(self) -> dict[int, Righted]:
        """What each wish says on the page, by its key."""
        data = self.cleaned_data
        return {
            pk: Righted(data[f"text_{pk}"], data[f"spot_{pk}"], data[f"door_{pk}"], data[f"name_{pk}"])
            for pk in (wished.pk for wished in self.wishes)
        }


class ReasonForm(forms.Form):
    """A reason in a few words, public."""

    reason = PlainField(
        label=_("理由（大家都看得到）"),
        rows=3,
        max_length=500,
        error_messages={"required": _("请写明理由，对方和大家都看得到")},
    )


class ChangeBenefitsForm(BenefitsForm):
    """Who benefits, as whoever reviews finds it right; with a reason."""

    reason = PlainField(
        label=_("为什么改（大家都看得到）"),
        rows=3,
        max_length=WHY_LENGTH,
        error_messages={"required": _("请写明为什么改，提议人和大家都看得到")},
    )

    def __init__(self, *args: Any, version: Version, place: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = place
        self.offer_parts([place])
        self.show_listed(version, place)

    def benefits_of(self) -> Territory:
        return self.place


VERDICTS = {
    # verb → (label, ready sentences to tap and change)
    "pass_review": (_("通过"), (_("情况属实，大家都受益"), _("院里确实需要"))),
    "return_for_revision": (_("退回修改"), (_("请写清楚装在哪里"), _("请说明大约要多少钱"))),
    "decline": (_("不通过"), (_("这件事该物业负责，已帮您转告"), _("和已经在办的项目重复"))),
    "merge": (_("转并"), (_("和另一件说的是同一回事"),)),
    "recuse": (_("我回避，换人审"), (_("我和这件事有利害关系，按规定回避"),)),
}


def added_to(typed: str, ready: str) -> str:
    """What somebody typed, with a ready sentence behind it; tapped twice it stands there once."""
    typed = typed.strip()
    if not typed or ready in typed:
        return typed or ready
    return typed + ("" if typed[-1] in "。！？；，、.!?;," else "；") + ready


class ReviewForm(forms.Form):
    """初审: one verdict with its reason. ``fill`` is a ready sentence somebody tapped, to be changed and sent."""

    verdict = forms.ChoiceField(
        label=_("您的意见"),
        choices=[(verb, label) for verb, (label, _ready) in VERDICTS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择通过、退回修改、不通过、转并或回避")},
    )
    into = forms.ChoiceField(label=_("并到哪一件"), required=False)
    reason = PlainField(
        label=_("理由（大家都看得到）"),
        rows=3,
        max_length=500,
        required=False,
        help_text=_("通过的可以不写；退回、不通过、转并、回避一定要写。"),
    )

    def __init__(self, data: Any = None, *, similar: Sequence[Proposal], fill: str | None = None) -> None:
        if fill is not None and data is not None:
            data = data.copy()
            data["reason"] = added_to(data.get("reason", ""), fill)
        super().__init__(data)
        into: Any = self.fields["into"]
        into.choices = [("", _("请选择")), *((other.number, f"{other.number} {other.title}") for other in similar)]
        if fill is not None:
            self._errors = ErrorDict()  # nothing was sent yet, so nothing is wrong yet

    def rows(self) -> list[dict[str, Any]]:
        """The verdicts as the page draws them, each with its ready sentences."""
        chosen = self["verdict"].value()
        return [
            {"verb": verb, "label": label, "ready": ready, "chosen": verb == chosen, "is_merge": verb == "merge"}
            for verb, (label, ready) in VERDICTS.items()
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("verdict") == "merge" and not cleaned.get("into") and "into" not in self.errors:
            self.add_error("into", _("请选择并到哪一件"))
        return cleaned


class AskForm(forms.Form):
    text = PlainField(
        label=_("您的问题"),
        rows=3,
        max_length=QUESTION_LENGTH,
        help_text=_("一次问一件事；不要写姓名和电话。"),
        error_messages={"required": _("请写下您的问题")},
    )


class AnswerForm(forms.Form):
    text = PlainField(
        label=_("答复（大家都看得到）"),
        rows=5,
        max_length=ANSWER_LENGTH,
        error_messages={"required": _("请写下答复，大家都看得到")},
    )


class PartWishForm(forms.Form):
    reason = PlainField(label=_("哪里不一样"), rows=2, max_length=WHY_LENGTH)


class JudgeWishForm(forms.Form):
    """Whether a wish is done, by whoever wished; what is missing is said only where it is not."""

    is_done = forms.ChoiceField(
        label=_("办好了吗"), choices=(("yes", _("办好了")), ("no", _("还没有办好"))), widget=forms.RadioSelect
    )
    reason = PlainField(label=_("还差什么（没有办好时填）"), rows=2, max_length=WHY_LENGTH, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("is_done") == "no" and not cleaned.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("请写还差什么，办的人好接着办"))
        return cleaned


class OfferForm(forms.Form):
    """能人/资源登记表 (form 34). Whoever takes sheets in says also whose it is and how they are reached."""

    kind = forms.ChoiceField(label=_("是哪一种"), choices=ResourceKind, widget=forms.RadioSelect)
    title = PlainField(label=_("能提供什么"), max_length=RESOURCE_TITLE, help_text=_("例如：会修自行车、能借活动室"))
    about = PlainField(label=_("说明"), rows=3, max_length=RESOURCE_ABOUT, required=False)
    times = PlainField(label=_("什么时候可以"), max_length=RESOURCE_TIMES, help_text=_("例如：周六上午"))
    place = PlaceField(label=_("给哪里"))
    category = forms.ChoiceField(label=_("适合哪一类事"), choices=Category, initial=Category.OTHER)
    unit = PlainField(
        label=_("单位名称"), max_length=60, required=False, help_text=_("单位提供的才填，会公开；个人不填，名字不公开")
    )
    offerer_name = PlainField(label=_("替谁登记：姓名或联系人"), max_length=40, required=False)
    contact = PlainField(
        label=_("怎么联系他"), max_length=40, required=False, help_text=_("不公开，有人找他时社区去问")
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place_field.offer(by)
        if not any(held.role == Role.CLERK for held in roles_of(by)):
            del self.fields["offerer_name"], self.fields["contact"]

    @property
    def place_field(self) -> Any:
        return self.fields["place"]

    @property
    def has_places(self) -> bool:
        return bool(self.place_field.choices)


class AskResourceForm(forms.Form):
    text = PlainField(
        label=_("请他帮什么"), rows=3, max_length=REQUEST_LENGTH, help_text=_("写清楚什么事、什么时候；电话不用写")
    )


class AnswerRequestForm(forms.Form):
    """Whoever offers it says yes or no, and when and where, or why not."""

    agrees = forms.ChoiceField(
        label=_("能帮吗"), choices=(("yes", _("能帮")), ("no", _("这次帮不上"))), widget=forms.RadioSelect
    )
    answer = PlainField(
        label=_("约在什么时候、哪里；帮不上的说明原因"),
        rows=3,
        max_length=WHY_LENGTH,
        help_text=_("只有找您的人看得到；电话号码会自动隐去"),
    )


class WithholdForm(forms.Form):
    """Why a picture is taken back."""

    reason = PlainField(
        label=_("为什么收回"), max_length=WITHHELD_LENGTH, help_text=_("大家看得到，例如：照片里的人不同意公开")
    )


class WishForm(forms.Form):
    place = PlaceField(label=_("在哪里"))
    text = PlainField(label=_("您的心愿"), rows=3, max_length=WISH_LENGTH)
    spot = PlainField(label=_("具体位置"), max_length=SPOT_LENGTH, required=False)
    category = forms.ChoiceField(label=_("属于哪一类"), choices=Category, initial=Category.OTHER)
    photos = PhotosField(label=_("照片"), most=MOST_WISH_PHOTOS, required=False, help_text=WISH_PHOTOS)
    urgent = forms.BooleanField(label=_("急事，有危险"), required=False)

    NONE = "none"
    """None of what others wish is the same."""

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.place_field.offer(by)

    def clean(self) -> dict[str, Any]:
        """Once it says what is wished, others' like wishes are shown; nothing that is urgent waits for that."""
        cleaned = super().clean() or {}
        if self.closed:
            self.add_error(None, NOT_OPEN)
        if not self.errors and not cleaned["urgent"]:
            cleaned["same"] = self._same_as(selectors.wishes_before(cleaned["place"], cleaned["text"], by=self.by))
        return cleaned

    def _same_as(self, like: Sequence[Wish]) -> Wish | None:
        if not like:
            return None
        self.fields["same"] = forms.ChoiceField(
            label=_("附近已经有相近的心愿，是同一件事吗？"),
            choices=[
                *((str(wish.pk), _("是同一件事，加入：“%(text)s”") % {"text": wish.text}) for wish in like),
                (self.NONE, _("都不是，仍然提交我的")),
            ],
            widget=forms.RadioSelect,
            help_text=_("加入的一起办、一起答复，您写的话也留着；以后随时可以分开。"),
        )
        said = self.data.get("same", "")
        if said != self.NONE and said not in {str(wish.pk) for wish in like}:
            self.add_error("same", _("请看看是不是同一件事，选一项再按"))
        return next((wish for wish in like if str(wish.pk) == said), None)

    @property
    def place_field(self) -> Any:
        return self.fields["place"]

    @property
    def has_places(self) -> bool:
        return bool(self.place_field.choices)

    @property
    def closed(self) -> Territory | None:
        found: Territory | None = self.place_field.closed
        return found


class CallForm(forms.Form):
    """提案大赛: the theme, until when, how it is judged, what there is to win."""

    place = PlaceField(label=_("哪里的提案大赛"))
    theme = PlainField(label=_("主题"), max_length=THEME_LENGTH, help_text=_("例如：让老人出门更方便"))
    text = PlainField(label=_("征集什么"), rows=4, max_length=CALL_TEXT_LENGTH)
    criteria = PlainField(label=_("怎么评"), rows=4, max_length=CALL_TEXT_LENGTH, help_text=_("一行一条"))
    prizes = PlainField(label=_("奖品（只发实物）"), rows=3, max_length=CALL_TEXT_LENGTH)
    last_day = forms.DateField(
        label=_("最后一天"), help_text=_("当天 24:00 截止"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        paths = [held.path for held in roles_of(by) if held.role in (Role.CLERK, Role.CASE_OFFICER)]
        offered: Any = self.fields["place"]
        offered.queryset = Territory.objects.filter(path__in=paths).select_related("parent").order_by("path")

    def clean_last_day(self) -> date:
        day: date = self.cleaned_data["last_day"]
        if day.year > today().year + 1:
            raise forms.ValidationError(_("太远了，请选明年年底以前的一天"))
        return day


class EnterForm(forms.Form):
    """With which of one's own proposals."""

    proposal = forms.ModelChoiceField(
        label=_("拿哪一件参加"), queryset=Proposal.objects.none(), empty_label=_("请选一件")
    )

    def __init__(self, *args: Any, call: Call, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Proposal.objects.within(call.place).filter(proposer__in=by.keys, call_entry=None)
        offered: Any = self.fields["proposal"]
        offered.queryset = mine.exclude(stage__in=ENDED).order_by("-id")


class ResultForm(forms.Form):
    """What each entry is given, and why; what is left empty is given nothing."""

    reason = PlainField(label=_("评选说明（大家都看得到）"), rows=4, max_length=500)

    def __init__(self, *args: Any, entries: Sequence[CallEntry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries
        for entry in entries:
            label = f"{entry.proposal.number} {entry.proposal.title}"
            self.fields[f"prize_{entry.pk}"] = PlainField(
                label=label, max_length=PRIZE_LENGTH, required=False, help_text=_("得什么奖、什么奖品")
            )

    def prizes(self) -> dict[int, str]:
        return {entry.pk: self.cleaned_data[f"prize_{entry.pk}"] for entry in self.entries}
