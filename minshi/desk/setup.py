"""What an office needs before residents can begin, line by line: what stands, what is missing, where it is done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import today
from minshi.desk.views import register_links
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Kind, Notice, PostingPhoto
from minshi.faces.words import cn_datetime
from minshi.health.selectors import alarms_are
from minshi.lifecycle.action import action
from minshi.notifications import actions as notifications
from minshi.notifications.models import Outbox, TextTrial
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused
from minshi.residents import register
from minshi.residents.models import OFFICES, ORGANISERS, Role
from minshi.residents.rules import held_at
from minshi.territory import actions as territory
from minshi.territory.models import Household, LiesWithin, Territory

BELOW = {"district": "street", "street": "community"}
"""Whose list leads to which."""
LEVELS = tuple(OFFICES)
MOST_NAMED = 3


@dataclass(frozen=True)
class Line:
    """One thing that is needed; ``url`` leads to where it is done."""

    title: str
    stands: bool
    said: str
    url: str = ""


@dataclass(frozen=True)
class Beneath:
    """A place whose own list goes on from here, and what is missing there at a glance."""

    place: Territory
    url: str
    missing: list[str]


def has_list(place: Territory) -> bool:
    return place.level_id in LEVELS


def page_of(place: Territory) -> str:
    return reverse("admin:territory_territory_setup", args=[place.pk])


def lines_of(place: Territory) -> list[Line]:
    """In the order in which an office begins. ``place`` has an office (``has_list``)."""
    found: list[Line] = []
    if place.level_id in BELOW:
        found.append(_places(place))
    found.append(_posts(place))
    found.append(_described(place))
    found.append(_texts(place))
    if place.level_id == "district":
        found += [_rules(place), _holidays(), _alarms(place)]
    if place.level_id == "community":
        found += [_doors(place), _chiefs(place), _posted(place)]
    return found


@action
def announce_opening(place: Territory, *, by: User) -> Notice:
    """The community's first notice: what begins here, and whom to ask. Raises ``NotAllowed`` or ``Refused``."""
    _demand(by, place)
    Territory.objects.select_for_update(of=("self",)).get(pk=place.pk)
    if Notice.objects.filter(place=place).exists():
        raise Refused(_("这里已经有公示，不用再发开通公告"))
    return disclosure.post(
        kind=Kind.OTHER,
        title=_("%(place)s民生小实事开通公告") % {"place": place.name},
        place=place,
        body=_(
            "身边的小事、难事，可以在手机上提心愿、提事情，也可以请楼栋长或社区代填纸表。"
            "大家附议、表决，花的每一分钱、每一步办到哪里，都公示。没有手机的住户，由楼栋长上门告知。"
        ),
        by=by,
    )


@action
def open_for_residents(place: Territory, *, by: User) -> Territory:
    """Residents may wish and propose from now on. Raises ``Refused`` with what the list still misses."""
    _demand(by, place)
    if place.opened_at:
        raise Refused(_("这里已经开通"))
    if missing := [line.title for line in lines_of(place) if not line.stands]:
        raise Refused(_("清单还没有齐：%(lines)s") % {"lines": "、".join(missing)})
    return territory.mark_open(place, by=by)


@action
def try_text(place: Territory, *, by: User) -> TextTrial:
    """Raises ``NotAllowed`` or ``Refused``."""
    _demand_office(by, place)
    return notifications.try_text(place, by=by)


@action
def text_came(place: Territory, *, code: str, by: User) -> TextTrial:
    _demand_office(by, place)
    return notifications.text_came(place, code, by=by)


def _demand_office(by: User, place: Territory) -> None:
    if not (has_list(place) and register.keeps_register(by, place)):
        raise NotAllowed(_("只有这里的社区工作人员、街道经办和区牵头部门可以试发短信"))


def _demand(by: User, place: Territory) -> None:
    if place.level_id != "community":
        raise Refused(_("开通是社区的事"))
    if not register.keeps_register(by, place):
        raise NotAllowed(_("只有这里的社区工作人员、街道经办和区牵头部门可以开通"))


def beneath(place: Territory) -> list[Beneath]:
    """The places one level below, those that miss something first."""
    level = BELOW.get(place.level_id)
    below = list(Territory.objects.within(place).filter(level_id=level).order_by("path")) if level else []
    held = held_at([each.path for each in below], today()) if below else {}
    doors = set(_with_doors(below)) if level == "community" else {each.pk for each in below}
    rows = [Beneath(each, page_of(each), _missing(each, held[each.path], each.pk in doors)) for each in below]
    return sorted(rows, key=lambda row: (not row.missing, row.place.path))


def _missing(place: Territory, held: set[str], has_doors: bool) -> list[str]:
    empty = [str(Role(role).label) for role in OFFICES[place.level_id] if role not in held]
    said = [*empty, *([] if has_doors else [_("门牌")])]
    return said or ([_("开通")] if place.level_id == "community" and place.opened_at is None else [])


def _with_doors(places: Iterable[Territory]) -> Iterable[int]:
    doors = Household.objects.filter(LiesWithin(F("place__path"), OuterRef("path")), is_active=True)
    rows = Territory.objects.filter(Exists(doors), pk__in=[each.pk for each in places])
    return rows.values_list("pk", flat=True)


def _places(place: Territory) -> Line:
    level = BELOW[place.level_id]
    number = Territory.objects.within(place).filter(level_id=level).count()
    said = _("%(n)d 个") % {"n": number} if number else _("还没有：请运维人员载入行政区划（load_divisions）")
    title = _("下面的街道") if level == "street" else _("下面的社区")
    return Line(title, bool(number), said, reverse("admin:territory_territory_changelist"))


def _posts(place: Territory) -> Line:
    held = held_at([place.path], today())[place.path]
    empty = [str(Role(role).label) for role in OFFICES[place.level_id] if role not in held]
    said = _("还没有人：%(posts)s") % {"posts": "、".join(empty)} if empty else _("都有人")
    return Line(_("工作人员"), not empty, said, reverse("admin:residents_rolegrant_add"))


def _described(place: Territory) -> Line:
    stands = bool(place.phone and place.organisation_code)
    said = _("已填") if stands else _("公示上要写监督电话，编号要用机构代码")
    url = reverse("admin:territory_territory_do", args=[place.pk, "describe"])
    return Line(_("办公电话和机构代码"), stands, said, url)


def _rules(place: Territory) -> Line:
    ruled = policy.rules_of(place)
    defaults = sum(setting.is_default for setting in ruled)
    said = _("%(n)d 项还是示范参数，非法定；确认或者另定，都要写依据") % {"n": defaults} if defaults else _("都有依据")
    url = reverse("admin:territory_territory_do", args=[place.pk, "confirm-defaults"])
    return Line(_("本区的规则参数"), not defaults, said, url)


def _holidays() -> Line:
    through = calendar.read().through
    stands = through >= today()
    said = _("到 %(day)s") % {"day": through} if stands else _("没有今年的：请运维人员录入节假日表（publish_calendar）")
    return Line(_("节假日表"), stands, said)


def _alarms(place: Territory) -> Line:
    tried: dict[str, Any] = alarms_are()
    url = reverse("admin:territory_territory_do", args=[place.pk, "try-alarms"])
    said = "；".join(tried["lines"]) or _("试过，发出去了")
    return Line(_("报警试发"), bool(tried["well"]), said, url)


def _texts(place: Territory) -> Line:
    """Whether a text has left by the outbox, and whether it arrived at the phone of whoever sent it."""
    trials = TextTrial.objects.filter(place=place)
    arrived = trials.exclude(arrived_at=None).order_by("-arrived_at").first()
    step, said = "try-text", _("还没有发过")
    if arrived is not None:
        said = _("%(at)s 收到过") % {"at": cn_datetime(arrived.arrived_at)}
    elif (sent := trials.order_by("-at", "-pk").first()) is not None:
        step, said = "text-came", _("%(at)s 发过，还没有登记收到") % {"at": cn_datetime(sent.at)}
        row = Outbox.objects.filter(pk=sent.text).exclude(state=Outbox.State.SENT).first()
        if row is not None:
            step, said = "try-text", _("%(at)s 交去发，%(state)s") % {
                "at": cn_datetime(sent.at), "state": _waits_for_gateway(row)
            }  # fmt: skip
    url = reverse("admin:territory_territory_do", args=[place.pk, step])
    return Line(_("试发短信"), arrived is not None, said, url)


def _waits_for_gateway(row: Outbox) -> str:
    words = _("没有发出去") if row.state == Outbox.State.DROPPED else _("还没有发出去")
    return f"{words}（{row.error}）" if row.error else words


def _doors(place: Territory) -> Line:
    number = Household.objects.filter(place__path__startswith=place.path, is_active=True).count()
    said = _("%(n)d 户") % {"n": number} if number else _("还没有：可以从 Excel 导入")
    url = reverse("admin:territory_household_changelist" if number else "admin:intake_intake_add")
    return Line(_("门牌"), bool(number), said, url)


def _chiefs(place: Territory) -> Line:
    doors = Household.objects.filter(place=OuterRef("pk"), is_active=True)
    places = list(Territory.objects.within(place).filter(Exists(doors)).order_by("path"))
    held = held_at([each.path for each in places], today()) if places else {}
    without = [each for each in places if not held[each.path] & set(ORGANISERS)]
    url = reverse("admin:residents_residence_changelist")
    return Line(_("楼栋长、十户长"), bool(places) and not without, _without_chiefs(places, without), url)


def _without_chiefs(places: list[Territory], without: list[Territory]) -> str:
    if not places:
        return _("先登记门牌")
    if not without:
        return _("每处都有人")
    names = "、".join(each.full_name.removeprefix(_community_of(each)) for each in without[:MOST_NAMED])
    return _("%(n)d 处没有人：%(names)s") % {"n": len(without), "names": names + ("……" if without[MOST_NAMED:] else "")}


def _community_of(place: Territory) -> str:
    community = place.at_level("community")
    return community.full_name if community else ""


def _posted(place: Territory) -> Line:
    here = Notice.objects.filter(place__path__startswith=place.path)
    if not here.exists():
        url = reverse("admin:territory_territory_do", args=[place.pk, "announce-opening"])
        return Line(_("公示栏"), False, _("先发开通公告，打印出来贴上公示栏"), url)
    stands = PostingPhoto.objects.filter(notice__in=here).exists()
    said = _("贴过，有照片") if stands else _("第一张公示打印、贴出以后，在公示的页面上拍照登记")
    return Line(_("公示栏"), stands, said, f"{reverse('notices')}?place={place.code}")


def _links(place: Territory) -> Iterator[tuple[str, str]]:
    if has_list(place):
        yield _("%(place)s开办清单") % {"place": place.name}, page_of(place)


register_links(_links)
