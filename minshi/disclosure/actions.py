"""Posting and correcting notices; objecting, answering, and what silence does."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.audit.actions import erase
from minshi.clock import now
from minshi.deadlines.actions import meet, schedule
from minshi.disclosure import rules, signals
from minshi.disclosure.models import (
    GATES,
    Above,
    Concerned,
    Kind,
    Notice,
    Objection,
    Original,
    PostingPhoto,
    Remark,
    Ruling,
)
from minshi.faces.pictures import reencoded
from minshi.lifecycle.action import TWICE, action
from minshi.masking import mask_door, mask_name, mask_names, mask_text, one_line, readable, seen
from minshi.paper import actions as paper
from minshi.paper.models import Line
from minshi.policy import calendar
from minshi.policy.actions import lengthened, would_last
from minshi.policy.selectors import value
from minshi.policy.units import fraction
from minshi.refusals import NotAllowed, Refused, refuse_if
from minshi.residents import speaking
from minshi.residents.models import Person
from minshi.residents.naming import without_neighbours
from minshi.residents.rules import acting_as, home_of, person_of, role_in, standing_in
from minshi.territory.models import Household, Territory

ANSWER = "objection.answer"
"""The kind of the deadline an objection waits under."""

SECOND_READING = "objection.second_reading"
"""The kind of the deadline under which the sheet of a paper objection waits for another reader."""

SECOND_REMARK = "objection.remark"
"""The kind of the deadline under which what one of the district's officers called a remark waits for the other."""


# --- Notices ----------------------------------------------------------------------------------


@action
def post(
    *,
    kind: str,
    title: str,
    place: Territory,
    body: str,
    table: Iterable[tuple[str, object]] = (),
    basis: str = "",
    course: str = "",
    days: int | None = None,
    calendar_days: int | None = None,
    households: int = 0,
    doors: Iterable[int] | None = None,
    link: str = "",
    contact: str = "",
    issuer: str = "",
    supervision_phone: str = "",
    corrects: Notice | None = None,
    by: User | None,
) -> Notice:
    """Post a notice and start its period: ``days`` working days, by default those of the place's policy.

    ``doors`` (keys) are the households that benefit: theirs are the objections of which a third reopens it; without
    them it is ``households`` of the place. Names must come masked; numbers in the text are masked here. ``by=None``: a
    resident's step makes the platform announce something.
    """
    if by is not None and not rules.may_post(by, place):
        raise NotAllowed(_("只有这里的工作人员可以发布公示。"))
    old = _correctable(corrects, by) if corrects else None
    line = list(place.ancestors())
    office = rules.issuing_place(line)
    words = {
        "title": _public(one_line(title)),
        "basis": _public(basis),
        "course": _public(course),
        "table": [[_public(str(label)), _public(str(entry))] for label, entry in table],
        "body": _public(body),
        "issuer": issuer or (office.official_name or office.full_name) + _in_whose_stead(by, kind, place),
        "contact": contact or _how_to_object(office),
        "supervision_phone": supervision_phone or _supervision_phone(line, office),
        "link": link,
    }
    _refuse_incomplete(words)
    keys = None if doors is None else sorted(set(doors))
    households = households if keys is None else len(keys)
    moment = now()
    notice = Notice.objects.create(
        number=_next_number(rules.organisation_of(office), f"{moment:%Y%m}"),
        kind=kind,
        is_gate=kind in GATES,
        place=place,
        households=households,
        reopen_households=math.ceil(fraction(value("objection.reopen_share", place)) * households),
        posted_at=moment,
        posted_by=by,
        above=rules.above_whom_posts(by, place),
        **_period(kind, place, moment, days, calendar_days),
        **words,
    )
    if keys is not None:
        Concerned.objects.create(notice=notice, doors=keys)
    if old is not None:
        old.withdrawn_by = notice
        old.save(update_fields=["withdrawn_by"])
        signals.corrected.send(Notice, old=old, new=notice)
    return notice


@action
def correct(notice: Notice, *, reason: str, by: User | None, **changes: Any) -> Notice:
    """Post the corrected text under a new number; the old notice stays readable and leads to it.

    The period begins anew. ``changes`` are arguments of ``post``; what is not given stays as it was.
    """
    if not seen(reason):
        raise Refused(reason=_("请写明更正的原因。"))
    words = _without_objectors(notice, reason.strip())
    why = _("本公示更正编号 %(number)s 的公示：%(reason)s") % {"number": notice.number, "reason": words}
    same = {
        name: getattr(notice, name)
        for name in (
            "kind", "title", "place", "body", "table", "basis", "link", "households", "contact", "issuer",
            "supervision_phone",
        )
    }  # fmt: skip
    if "doors" not in changes:  # whose objections count is no matter of the wording
        same["doors"] = Concerned.objects.filter(notice=notice).values_list("doors", flat=True).first()
    if not {"days", "calendar_days"} & changes.keys():
        same |= {"days": notice.working_days or None, "calendar_days": notice.calendar_days or None}
    course = changes.pop("course", notice.course)
    return post(**same | changes, course=f"{why}\n{course}".strip(), corrects=notice, by=by)


def lengthen(newest: calendar.Calendar, *, by: User | None = None) -> list[Notice]:
    """Count running notices anew on a calendar published since; they may only end later. Returns those that do.

    Each by itself: in a city they are many, and nobody waits for the last of them.
    """
    at = now()
    running = Notice.objects.filter(withdrawn_by=None, ends_at__gt=at).exclude(
        counted__endswith=f";v{newest.number}", provisional=False
    )
    told = running.values_list("pk", "counted", "posted_at", "ends_at", "provisional").order_by("pk")
    longer = []
    for key, counted_by, since, end, provisional in list(told):
        counted = calendar.recounted(newest, counted_by, since)
        if counted and (would_last(end, counted.end, at) or (provisional and not counted.provisional)):
            longer += _lengthen(key, newest, by=by)
    return longer


@action
def _lengthen(key: int, newest: calendar.Calendar, *, by: User | None) -> list[Notice]:
    """This notice where it ends later, none where it only became firm, or was withdrawn a moment ago."""
    notice = Notice.objects.filter(withdrawn_by=None, pk=key).select_for_update(no_key=True, of=("self",)).first()
    counted = calendar.recounted(newest, notice.counted, notice.posted_at) if notice else None
    if notice is None or counted is None:
        return []
    before = notice.ends_at
    notice.ends_at = lengthened("disclosure.notice", notice.pk, notice.kind, before, counted.end, newest)
    notice.provisional = notice.provisional and counted.provisional
    notice.save(update_fields=["ends_at", "provisional"])
    if notice.ends_at == before:
        return []
    signals.lengthened.send(Notice, notice=notice, before=before)
    return [notice]


def _in_whose_stead(by: User | None, kind: str, place: Territory) -> str:
    """Where nobody holds the post that issues such a notice, the issuing line names who does it instead."""
    role = rules.ISSUERS.get(Kind(kind), rules.ISSUER)
    if by is None or not standing_in(by, place, role):
        return ""
    return _("（%(who)s代%(post)s发布）") % {"who": role_in(by, place), "post": role.label}


def _correctable(notice: Notice, by: User | None) -> Notice:
    locked = Notice.objects.select_for_update(no_key=True).select_related(None).get(pk=notice.pk)
    if by is not None and not rules.may_post(by, locked.place):
        raise NotAllowed(_("只有原公示所在地方的工作人员可以更正它。"))
    if locked.withdrawn_by_id:
        raise Refused(_("这份公示已经更正过了，请更正最新的那一份。"))
    if locked.reopened_at:
        raise Refused(_("这份公示已经达到重议的户数，不能更正：重新办理以后再公示。"))
    if locked.objections_open:
        raise Refused(_("还有 %(count)d 条异议没有答复，请先答复，再更正公示。") % {"count": locked.objections_open})
    if locked.objections_unread:
        raise Refused(
            _("还有 %(count)d 张书面异议没有核对，请先核对，再更正公示。") % {"count": locked.objections_unread}
        )
    return locked


def _public(text: str) -> str:
    """As it may hang on the board. An office's landline is where to ring and stays."""
    return mask_text(text.strip(), landlines=False)


def _refuse_incomplete(words: dict[str, Any]) -> None:
    missing = {}
    if not words["title"]:
        missing["title"] = _("请写明公示的标题。")
    elif len(words["title"]) > 120:
        missing["title"] = _("标题请不超过 120 个字。")
    if not words["body"]:
        missing["body"] = _("请写明公示的正文。")
    if missing:
        raise Refused(**missing)


def _period(
    kind: str, place: Territory, moment: datetime, days: int | None, calendar_days: int | None
) -> dict[str, Any]:
    """The columns of the period, counted from the day after posting (民法典 201, 203)."""
    if days is None and calendar_days is None:
        days = int(value(rules.PERIODS[Kind(kind)], place))
    period = calendar.period(moment, working_days=days, calendar_days=calendar_days)
    return {
        "working_days": days or 0,
        "calendar_days": calendar_days or 0,
        "starts_on": moment.date() + timedelta(days=1),
        "ends_at": period.end,
        "counted": period.basis,
        "provisional": period.provisional,
    }


def _next_number(organisation: str, month: str) -> str:
    """One row per organisation and month, locked until the end of the transaction: a number never skips."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO disclosure_series AS series (organisation, month, last) VALUES (%s, %s, 1) "
            "ON CONFLICT (organisation, month) DO UPDATE SET last = series.last + 1 RETURNING last",
            [organisation, month],
        )
        return f"{organisation}-{month}-{cursor.fetchone()[0]:06d}"


def _how_to_object(office: Territory) -> str:
    if not office.phone:
        return _("公示期内，可以到%(office)s当面或书面提出，也可以在本公示的网页上提出。可以不公开姓名，都会答复。") % {
            "office": office.name
        }
    return _(
        "公示期内，可以到%(office)s当面或书面提出，可以打电话 %(phone)s，也可以在本公示的网页上提出。"
        "可以不公开姓名，都会答复。"
    ) % {"office": office.name, "phone": office.phone}


def _supervision_phone(line: list[Territory], office: Territory) -> str:
    """Whoever stands above the issuer supervises; else the issuer's own number."""
    above = [place.phone for place in line if place.phone and len(place.path) < len(office.path)]
    return above[-1] if above else office.phone


@action
def record_posting(
    notice: Notice, picture: UploadedFile, *, where: str, taken_down: bool = False, by: User
) -> PostingPhoto:
    """Keep a photo of the sheet where it hangs, or of the place it was taken down from."""
    if not rules.may_record_posting(by, notice.place):
        raise NotAllowed(_("只有这里的工作人员和楼栋长等可以记录张贴情况。"))
    place = _public(one_line(where))
    if not 0 < len(place) <= 80:
        raise Refused(where=_("请写明张贴在哪里（80 个字以内）。"))
    moment = PostingPhoto.Moment.TAKEN_DOWN if taken_down else PostingPhoto.Moment.PUT_UP
    return PostingPhoto.objects.create(notice=notice, moment=moment, where=place, picture=reencoded(picture), by=by)


# --- Objections -------------------------------------------------------------------------------


@action
def object_to(
    notice: Notice,
    *,
    facts: str,
    request: str = "",
    anonymous: bool = False,
    channel: str = Objection.Channel.ONLINE,
    name: str = "",
    phone: str = "",
    household: Household | None = None,
    signer: Person | None = None,
    photo: UploadedFile | None = None,
    by: User,
) -> Objection:
    """Object to a running notice, for oneself online or (desk, phone, paper) as written down by ``by``.

    ``name``, ``phone`` and ``household`` are the objector's where somebody else writes, and so is ``signer``, one of
    the household's people or ``None`` (未登记); online they are the signed-in person's own. On paper ``photo`` is the
    signed sheet: the objection holds the gate at once, and its household counts when two have read the sheet alike.
    Sends ``objected``, and ``reopened`` when this was one household too many.
    """
    facts, request = readable(facts), readable(request)
    online = channel == Objection.Channel.ONLINE
    on_paper = channel == Objection.Channel.PAPER
    if not online and not rules.may_enter(by, notice.place):
        raise NotAllowed(_("只有这里的社区和街道工作人员可以替别人登记异议。"))
    notice = Notice.objects.select_for_update(no_key=True, of=("self",)).select_related("place").get(pk=notice.pk)
    said = {"by": by, "original__facts": facts, "original__request": request, "anonymous": anonymous}
    if online and (again := notice.objections.open().filter(at__gt=now() - TWICE, **said).first()):
        return again  # sent twice; the notice's lock made the second wait for the first
    speaker = person_of(by) if online else signer
    name = speaker.name if speaker and (online or not one_line(name)) else one_line(name)
    _refuse_objection(notice, speaker, by=by if online else None, facts=facts, name=name, anonymous=anonymous)
    if online:
        household = rules.household_of(by, notice)
    else:
        _refuse_same_name(notice, household, name if speaker is None else "")
        _refuse_wrong_household(notice, household, signer)
    if on_paper and photo is None:
        raise Refused(photo=_("请拍下有签名的整张书面异议，另一位要照着照片核对。"))
    if photo is not None and not on_paper:  # nobody would keep it, and whoever took it believes that it is there
        raise Refused(photo=_("只有书面提出的才留照片；是书面提出的请改选书面，不是的请去掉照片。"))
    level = rules.first_level(notice.place)
    due = _answer_period(notice, level)
    line = _take_in_sheet(notice, household, signer, photo, by=by) if on_paper else None
    counts = household is not None and not on_paper and rules.counts(notice, _key(speaker), household)
    lived = household or (home.household if online and (home := home_of(by)) else None)
    hides = _Hidden(
        notice.place, [name, speaker.name if speaker else ""], [lived] if lived else [], anonymous=anonymous
    )
    objection = Objection.objects.create(
        notice=notice,
        ordinal=notice.objections_total + 1,
        by=by if online else None,
        entered_by=None if online else by,
        speaker=speaker,
        household=household if counts else None,
        door=None if online or on_paper else household,
        line=line,
        channel=channel,
        anonymous=anonymous,
        name=_("匿名") if anonymous else mask_name(name),
        facts=hides(mask_text(facts.strip())),
        request=hides(mask_text(request.strip())),
        level=level,
        due_at=due.end,
    )
    Original.objects.create(objection=objection, name=name, phone=one_line(phone), facts=facts, request=request)
    _set_task(objection, due)
    if on_paper:
        _ask_second_reader(objection, rules.ANSWERERS[level][0])
    signals.objected.send(Objection, objection=objection, household=household)
    _announce_reopening(notice)
    return objection


def _key(person: Person | None) -> int | None:
    return person.pk if person else None


def _refuse_objection(
    notice: Notice, speaker: Person | None, *, by: User | None, facts: str, name: str, anonymous: bool
) -> None:
    """After the notice's lock is held: the clock is read behind it."""
    if notice.withdrawn_by_id:
        raise Refused(_("这份公示已经更正，请对更正后的公示提出。"))
    if now() >= notice.ends_at:
        raise Refused(
            _("公示期已经结束，不能再提异议。有问题仍可以打监督电话 %(phone)s。") % {"phone": notice.supervision_phone}
        )
    standing = notice.objections.open()
    voices = speaking.entries_of([speaker.pk])[speaker.pk] if speaker else ()
    spoken = standing.filter(Q(by__in=by.keys if by else ()) | Q(speaker__in=voices)).exists()
    if spoken and by:
        raise Refused(_("您对这份公示提出的异议正在办理，答复后可以再提。"))
    if spoken:
        raise Refused(_("这个人对这份公示提出的异议正在办理，答复后可以再提。"))
    wrong = {}
    if len(seen(facts)) < 5:
        wrong["facts"] = _("请写明哪里不对、为什么（至少 5 个字）。")
    if by is None and not name and not anonymous:
        wrong["name"] = _("请写明异议人的姓名；不愿公开的，请勾选匿名公开。")
    if wrong:
        raise Refused(**wrong)


def _refuse_same_name(notice: Notice, household: Household | None, name: str) -> None:
    """Who is in no register is known by door and name; under the notice's lock."""
    if household is None or not name:
        return
    standing = notice.objections.open().filter(speaker=None, original__name=name)
    if standing.filter(Q(door=household) | Q(household=household) | Q(line__household=household)).exists():
        raise Refused(name=_("这个人对这份公示提出的异议正在办理，答复后可以再提。"))


def _refuse_wrong_household(notice: Notice, household: Household | None, signer: Person | None) -> None:
    if household is not None and not notice.place.contains(household.place):
        raise Refused(household=_("这一户不在公示的范围内，请不填户号登记。"))
    if signer is None:
        return
    if household is None or speaking.code(signer, household, any_adult=True) not in ("", "closed"):
        raise Refused(signer=_("签名的人要是这一户已经登记的成年人；不在册的请选“未登记”"))


class _Hidden:
    """Takes out of whatever is written for everybody who objected: their name, and their door beyond the building.

    Where they asked not to be named not even a masked name stays.
    """

    def __init__(self, place: Territory, names: Iterable[str], doors: Iterable[Household], *, anonymous: bool) -> None:
        self.place, self.names, self.doors = place, [name for name in names if name], list(doors)
        self.by = str(_("匿名")) if anonymous else ""

    def __call__(self, text: str) -> str:
        for door in self.doors:
            text = mask_door(text, door.address, by=str(_("（门牌已隐去）")))
        return without_neighbours(mask_names(text, self.names, by=self.by), self.place)


def _hidden_of(objection: Objection) -> _Hidden:
    """Of one that was made, for what others write beside it: they have read the original."""
    said = Original.objects.filter(pk=objection.pk).first()
    names, doors = [said.name if said else ""], [objection.household]
    if objection.speaker is not None:
        names.append(objection.speaker.name)
    if objection.line is not None:
        doors.append(objection.line.household)
    writer = objection.by or (objection.speaker.user if objection.speaker else None)
    if writer is not None and (home := home_of(writer)) is not None:
        doors.append(home.household)
    return _Hidden(objection.notice.place, names, [door for door in doors if door], anonymous=objection.anonymous)


def _without_objectors(notice: Notice, text: str) -> str:
    for objection in notice.objections.select_related(
        "original", "speaker__user", "by", "household", "line__household"
    ):
        text = _hidden_of(objection)(text)
    return text


def _beside(objection: Objection, text: str) -> str:
    """What stands beside an objection for everybody to read: it tells in clear neither who objected nor their door."""
    return _hidden_of(objection)(_public(text))


def _answer_period(notice: Notice, level: str) -> calendar.Period:
    days = value(rules.DAYS_TO_ANSWER[Objection.Level(level)], notice.place, at=notice.posted_at)
    return calendar.period(now(), working_days=int(days))


def _set_task(objection: Objection, due: calendar.Period) -> None:
    """On the desk of whoever answers at this level; its end is handled in reactions."""
    schedule(
        objection,
        ANSWER,
        due.end,
        role=rules.ANSWERERS[objection.level][0],
        place_path=objection.notice.place.path,
        title=_("答复异议：%(title)s") % {"title": objection.notice.title},
        url=objection.get_absolute_url(),
        basis=due.basis,
        provisional=due.provisional,
    )


# --- On paper -----------------------------------------------------------------------------------


def _reading(household: Household | None, objects: bool = True) -> paper.Reading:
    """What two people must read alike: whose door stands on the sheet, and that it objects to this notice."""
    return {"household": household.pk if household else None, "objects": objects}


def _take_in_sheet(
    notice: Notice, household: Household | None, signer: Person | None, photo: UploadedFile | None, *, by: User
) -> Line:
    """Whoever registers a sheet has read it for the first time."""
    sheet = paper.register(notice.place, [(household, signer)], about=notice.title, stub=photo, by=by)
    return paper.read(sheet.lines.get(), _reading(household), by=by)


def _ask_second_reader(objection: Objection, role: str) -> None:
    """On the desk of the first who may read it again; its end is handled in reactions."""
    place = objection.notice.place
    due = calendar.period(now(), working_days=int(value("paper.second_reading_days", place)))
    schedule(
        objection,
        SECOND_READING,
        due.end,
        role=role,
        place_path=place.path,
        title=_("核对书面异议：%(title)s") % {"title": objection.notice.title},
        url=reverse("objection_read"),
        basis=due.basis,
        provisional=due.provisional,
    )


@action
def read_again(objection: Objection, household: Household | None, *, objects: bool = True, by: User) -> Objection:
    """Read a sheet without having seen what was read before: alike, its household counts; else a third decides.

    ``household`` is the door that stands on the sheet, ``None`` where it is none of the place. Sends ``read_alike``,
    and ``reopened`` when this was one household too many.
    """
    if not rules.may_read_again(by, objection.notice):
        raise NotAllowed(_("只有这里的社区和街道工作人员可以核对书面异议。"))
    objection = _locked(objection)
    if rules.is_own(by, objection):
        raise NotAllowed(_("不能核对自己提出的异议。"))
    if household is not None and not objection.notice.place.contains(household.place):
        raise Refused(household=_("这一户不在公示的范围内，请不填门牌。"))
    notice = Notice.objects.select_for_update(no_key=True, of=("self",)).get(pk=objection.notice_id)
    assert objection.line is not None
    line = paper.read_again(objection.line, _reading(household, objects), by=by)
    if line.settled is not None:
        meet(objection, SECOND_READING)
        objection.refresh_from_db(fields=["household", "speaker"])
        signals.read_alike.send(Objection, objection=objection)
        _announce_reopening(notice)
    return objection


@action
def ask_above(objection: Objection, role: str, *, by: User | None) -> Objection:
    """Nobody read the sheet again in time: the level above is to, and is told. The gate stays shut until it is read."""
    objection = _locked(objection)
    if objection.line is None or objection.line.is_settled:
        return objection
    above = rules.READERS_ABOVE[role]
    _ask_second_reader(objection, above)
    signals.unread.send(Objection, objection=objection, role=above, place=objection.notice.place)
    return objection


@action
def ask_again(objection: Objection, role: str, *, by: User | None) -> None:
    """Nobody stands above who could read it: whoever is to hears of it again."""
    signals.unread.send(Objection, objection=objection, role=role, place=objection.notice.place)


def _announce_reopening(notice: Notice) -> None:
    """The database has counted; ``notice`` still shows what was before."""
    before = notice.reopened_at
    notice.refresh_from_db(
        fields=[
            "objections_total", "objections_open", "objections_unread", "objecting_households", "reopened_at",
        ]
    )  # fmt: skip
    if before is None and notice.reopened_at is not None:
        news = signals.reopened_again if rules.is_reopened_again(notice) else signals.reopened
        news.send(Notice, notice=notice)


# --- The level above ----------------------------------------------------------------------------


@action
def rule(notice: Notice, *, level: str, confirms: bool, reason: str, as_role: str, by: User) -> Ruling:
    """The level above decides on what a third objected to twice; above the district this waits for a second person.

    Who may is for the caller, who knows whose the matter is. What sends it back takes effect with ``send_back``.
    """
    notice = Notice.objects.select_for_update(no_key=True, of=("self",)).get(pk=notice.pk)
    if not seen(reason):
        raise Refused(reason=_("请写明理由，大家都看得到"))
    if notice.ruling is not None or not rules.is_reopened_again(notice):
        raise Refused(_("这份公示现在没有要由上一级决定的"))
    if by.is_same(notice.posted_by_id):
        raise NotAllowed(_("公示是您发布的，要由另一个人来决定"))
    if confirms:
        refuse_if(notice.what_runs())
    return Ruling.objects.create(
        notice=notice,
        level=level,
        confirms=confirms,
        reason=_without_objectors(notice, _public(reason)),
        by=by,
        as_role=as_role,
    )


@action
def second_ruling(ruling: Ruling, *, agrees: bool, as_role: str, by: User) -> Ruling:
    """Another human confirms what the first proposed, or does not: then somebody proposes anew."""
    ruling = Ruling.objects.select_for_update(of=("self",)).get(pk=ruling.pk)
    if ruling.is_in_force or ruling.dropped_at is not None:
        raise Refused(_("这个决定已经办完，不用再确认"))
    if by.is_any((ruling.by_id, ruling.notice.posted_by_id)):
        raise NotAllowed(_("要由另一个人来确认：提出的人和发布公示的人不能确认"))
    if agrees:
        ruling.second, ruling.second_as, ruling.second_at = by, as_role, now()
    else:
        ruling.dropped_at = now()
    ruling.save(update_fields=["second", "second_as", "second_at", "dropped_at"])
    return ruling


@action
def send_back(notice: Notice, *, by: User | None) -> None:
    """The level above sends it back: whoever announced it does it anew, as after the first time."""
    signals.reopened.send(Notice, notice=notice)


# --- Remarks ------------------------------------------------------------------------------------


@action
def call_remark(objection: Objection, *, reason: str, by: User) -> Remark:
    """Call an objection from outside a remark: it holds the gate no more, and is answered all the same (domain.md 7).

    Whoever stands above the poster of the notice does; of the district's own two of its officers, and this waits for
    the second. Sends ``remarked``.
    """
    objection = _open_objection(objection)
    if not rules.may_call_remark(by, objection):
        raise NotAllowed(_("只有%(who)s可以把异议记为意见建议。") % {"who": objection.notice.get_above_display()})
    if not objection.notice.is_gate:
        raise Refused(_("这份公示后面没有等它的下一步，不用记，答复就行。"))
    if objection.remark is not None:
        raise Refused(_("这条异议已经记为意见建议，或者正等另一位确认。"))
    if not seen(reason):
        raise Refused(reason=_("请写明为什么记为意见建议，大家都看得到。"))
    remark = Remark.objects.create(
        objection=objection,
        level=objection.notice.above,
        reason=_beside(objection, reason),
        by=by,
        as_role=_calls_as(by, objection),
    )
    if not remark.is_in_force:
        _ask_second_caller(objection)
    signals.remarked.send(Remark, remark=remark)
    return remark


@action
def second_remark(remark: Remark, *, agrees: bool, by: User) -> Remark:
    """Another of the district's officers confirms what the first called a remark, or drops it. Sends ``remarked``."""
    meet(remark.objection, SECOND_REMARK)
    objection = _open_objection(remark.objection)
    remark = Remark.objects.select_for_update(of=("self",)).get(pk=remark.pk)
    remark.objection = objection
    if not rules.may_call_remark(by, objection):
        raise NotAllowed(_("只有%(who)s可以把异议记为意见建议。") % {"who": objection.notice.get_above_display()})
    if remark.is_in_force or remark.dropped_at is not None:
        raise Refused(_("这条已经办完，不用再确认。"))
    if by.is_same(remark.by_id):
        raise NotAllowed(_("要由另一个人来确认：提出的人自己不能确认。"))
    remark.second, remark.second_as, remark.second_at = by, _calls_as(by, objection), now()
    remark.dropped_at = None if agrees else now()
    remark.save(update_fields=["second", "second_as", "second_at", "dropped_at"])
    signals.remarked.send(Remark, remark=remark)
    return remark


@action
def remind_of_remark(objection: Objection, *, by: None = None) -> None:
    """No second has said anything in time: the district's officers hear of it again, and the gate stays shut."""
    if objection.remark is not None:
        signals.remarked.send(Remark, remark=objection.remark)


def _calls_as(by: User, objection: Objection) -> str:
    return acting_as(by, objection.notice.place, *rules.CALLERS[objection.notice.above])


def _ask_second_caller(objection: Objection) -> None:
    """On the desk of the district's other officer; its end is handled in reactions."""
    place = objection.notice.place
    due = calendar.period(now(), working_days=int(value("objection.remark_days", place)))
    schedule(
        objection,
        SECOND_REMARK,
        due.end,
        role=rules.CALLERS[Above.ABOVE][0],
        place_path=place.path,
        title=_("请另一位确认记为意见建议：%(title)s") % {"title": objection.notice.title},
        url=objection.get_absolute_url(),
        basis=due.basis,
        provisional=due.provisional,
    )


# --- Answers ------------------------------------------------------------------------------------


@action
def answer(objection: Objection, *, text: str, outcome: str, by: User | None) -> Objection:
    """Answer an objection, for everybody to read beside it. ``by`` answers at the level that holds it."""
    # First: the sweeper too locks the deadline before the objection.
    for kind in (ANSWER, SECOND_REMARK):
        meet(objection, kind)
    objection = _open_objection(objection)
    if not rules.may_answer(by, objection) or by is None:
        raise NotAllowed(_("这条异议由%(who)s，您不能答复。") % {"who": objection.get_level_display()})
    if rules.is_own(by, objection):
        raise NotAllowed(_("不能答复自己提出的异议。"))
    wrong = {}
    if outcome not in rules.ANSWERS:
        wrong["outcome"] = _("请选择结论。")
    if len(seen(text)) < 5:
        wrong["text"] = _("请写明核查情况和答复（至少 5 个字）。")
    if wrong:
        raise Refused(**wrong)
    objection.answer = _beside(objection, text)
    objection.outcome = outcome
    objection.answered_at = now()
    objection.answered_by = by
    objection.answered_as = acting_as(by, objection.notice.place, *rules.ANSWERERS[objection.level])
    objection.save(update_fields=["answer", "outcome", "answered_at", "answered_by", "answered_as"])
    signals.answered.send(Objection, objection=objection)
    return objection


@action
def withdraw_objection(objection: Objection, *, reason: str, by: User) -> Objection:
    """Whoever said it takes it back, while nobody has answered: it stays readable, holds nothing, counts no more."""
    for kind in (ANSWER, SECOND_READING, SECOND_REMARK):
        meet(objection, kind)
    objection = _open_objection(objection)
    if not rules.is_own(by, objection):
        raise NotAllowed(_("只有提出的人可以撤回这条异议。"))
    if not reason.strip():
        raise Refused(reason=_("请写一句为什么撤回，大家都看得到。"))
    objection.answer = _beside(objection, reason)
    objection.outcome = Objection.Outcome.WITHDRAWN
    objection.answered_at, objection.answered_by, objection.answered_as = now(), by, _("提出人本人")
    objection.save(update_fields=["answer", "outcome", "answered_at", "answered_by", "answered_as"])
    return objection


@action
def forget_objector(person: Person, *, by: None = None) -> bool:
    """Erase what somebody who closed their account said in clear, and the photo of the sheet they signed.

    What is public stays, masked, and the digests with it. True where one of theirs still waits for its answer or its
    second reader, who read the original: it is erased later.
    """
    theirs = Q(by=person.user_id) | Q(speaker=person)
    for door in ("household", "door"):  # on the phone or at the desk
        theirs |= Q(**{f"{door}__residences__person": person, "original__name": person.name})
    is_needed = False
    for objection in Objection.objects.filter(theirs).select_related("line__sheet", "original").distinct():
        if _is_awaited(objection):
            is_needed = True
            continue
        said = objection.original
        said.name = said.phone = said.facts = said.request = ""
        said.save(update_fields=Original.PERSONAL)
        erase(Original, [said.pk], by=None)
        if objection.line is not None:
            paper.forget_photo(objection.line.sheet, by=None)
    return is_needed


def _is_awaited(objection: Objection) -> bool:
    is_unread = objection.line is not None and not objection.line.is_settled
    return objection.answered_at is None or (is_unread and objection.outcome != Objection.Outcome.WITHDRAWN)


@action
def climb(objection: Objection, *, reason: str = "", by: User | None) -> Objection:
    """Hand an objection to the level above with its own days: by who holds it, or (None) after silence.

    At the district it stays and stays due: an unanswered objection is never lost.
    """
    meet(objection, ANSWER)
    objection = _open_objection(objection)
    if by is not None:
        if not rules.may_answer(by, objection):
            raise NotAllowed(_("这条异议由%(who)s，您不能转交。") % {"who": objection.get_level_display()})
        if objection.level == Objection.Level.DISTRICT:
            raise Refused(_("已经到区一级，请直接答复。"))
        if not seen(reason):
            raise Refused(reason=_("请写明为什么转给上一级。"))
    objection.level = rules.ABOVE[Objection.Level(objection.level)]
    objection.climbed_at = now()
    objection.climb_reason = _beside(objection, reason) if by else _("到期没有答复，自动转上一级")
    due = _answer_period(objection.notice, objection.level)
    objection.due_at = due.end
    objection.save(update_fields=["level", "climbed_at", "climb_reason", "due_at"])
    _set_task(objection, due)
    return objection


def _locked(objection: Objection) -> Objection:
    rows = Objection.objects.select_for_update(of=("self",)).select_related("notice__place", "line__sheet", "speaker")
    return rows.get(pk=objection.pk)


def _open_objection(objection: Objection) -> Objection:
    locked = _locked(objection)
    if locked.answered_at is not None:
        raise Refused(_("这条异议已经答复。"))
    return locked
