"""微心愿: wished, wanted by others, answered, promoted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import rules
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.audit.actions import erase
from minshi.clock import now
from minshi.faces.pictures import reencoded, smaller
from minshi.lifecycle.action import TWICE, action, in_turn
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import seen
from minshi.paper import actions as paper
from minshi.paper.models import Sheet
from minshi.paper.numbers import number_of
from minshi.refusals import NotAllowed, Refused, refusing
from minshi.residents.actions import stand_for
from minshi.residents.models import ORGANISERS, Person, Role
from minshi.residents.rules import holds
from minshi.territory.models import Household, Territory
from proposals.actions.looking import ask_second_look
from proposals.actions.stages import in_public
from proposals.lifecycle import holder_place, street_or_district
from proposals.models import (
    MOST_WISH_PHOTOS,
    SPOT_LENGTH,
    UNIT_LENGTH,
    WISH_LENGTH,
    WISH_WAITS,
    Channel,
    Proposal,
    Wish,
    WishPhoto,
    WishStage,
    WishSupport,
)


@action
def wish(
    *,
    place: Territory,
    text: str,
    by: User,
    spot: str = "",
    category: str = "other",
    channel: str = Channel.ONLINE,
    urgent: bool = False,
    wisher_name: str = "",
    sheet: Sheet | None = None,
    slip_number: str | None = None,
    wisher: User | None = None,
    photos: Iterable[UploadedFile] = (),
    is_demo: bool = False,
) -> Wish:
    """Put a wish on the wall; ``wisher_name`` is for those who handle it, when it came on paper.

    ``wisher`` is whose it is where ``by`` typed it from a ``sheet``; ``slip_number`` is then its receipt.
    Raises ``Refused`` for one more than policy lets one person make in so many days.
    """
    hidden = partial(in_public, place=place, author=wisher or by, name=wisher_name)
    wished = Wish(
        place=place,
        text=hidden(text)[:WISH_LENGTH],
        spot=hidden(spot)[:SPOT_LENGTH],
        category=category,
        channel=channel,
        urgent=urgent,
        by=wisher or by,
        wisher_name=wisher_name,
        sheet=sheet,
        slip_number=slip_number,
        entered_by=by if wisher else None,
        is_demo=is_demo,
        stage=WishStage.NEW,
        holder_role=Role.CLERK,
        holder_place=holder_place(place, "community"),
        due_at=now(),
    )
    with refusing(wishes_of_one_person=("lines" if wisher else "text", "")):
        wished.save(force_insert=True)
    begin(wished, "wish", by=by)
    assert wished.holder_place
    _keep_photos(wished, photos, by=by)
    return wished


def _keep_photos(wished: Wish, photos: Iterable[UploadedFile], *, by: User) -> None:
    """As those of a proposal, decoded and drawn anew; nobody else sees them before they were looked at."""
    for ordinal, upload in enumerate(photos, start=1):
        if ordinal > MOST_WISH_PHOTOS:
            raise Refused(photos=_("最多放 %(most)d 张照片") % {"most": MOST_WISH_PHOTOS})
        photo = WishPhoto(wish=wished, ordinal=ordinal, by=by)
        picture = reencoded(upload)
        photo.image.save(picture.name or "photo.jpg", picture, save=False)
        small = smaller(picture)
        photo.small.save(small.name or "small.webp", small, save=False)
        photo.save()


@action
def look_at_wish_photos(wished: Wish, shown: Collection[int], *, by: User) -> None:
    """Whoever answers the wish says which of its photos (keys) give nobody away: these everybody sees from now on."""
    lock(wished)
    if not rules.has_perm("proposals.answer_wish", by, wished):
        raise NotAllowed(_("只有答复这件心愿的人可以决定照片能不能公开"))
    for photo in wished.photos.filter(taken_back_at=None):
        if photo.looked_at and photo.is_shown == (photo.pk in shown):
            continue  # pressed twice: it was said already, by whoever said it
        photo.is_shown, photo.looked_at, photo.looked_by = photo.pk in shown, now(), by
        photo.save(update_fields=["is_shown", "looked_at", "looked_by"])


@action
def take_back_wish_photos(wished: Wish, *, by: User) -> None:
    """Whoever wished does not want them seen any more: they are locked, and nobody sees or shows them again."""
    lock(wished)
    if not by.is_same(wished.by_id):
        raise NotAllowed(_("只有许愿人本人可以撤下照片；替人记的，请找社区"))
    wished.photos.filter(taken_back_at=None).update(is_shown=False, taken_back_at=now())


@action
def wish_once(*, place: Territory, text: str, by: User, **words: Any) -> Wish:
    """``wish`` from a page: the same words again, moments later, are the first wish."""
    in_turn(by, "wish")
    before = Wish.objects.filter(place=place, by=by, entered_by=None, at__gt=now() - TWICE)
    public = in_public(text, place=place, author=by, name=words.get("wisher_name", ""))[:WISH_LENGTH]
    if again := before.filter(text=public).order_by("-id").first():
        return _with_photos(again, words.get("photos", ()), by=by)
    return wish(place=place, text=text, by=by, **words)


def _with_photos(again: Wish, photos: Iterable[UploadedFile], *, by: User) -> Wish:
    """What comes with the same words, moments later, is kept where there was none."""
    if not again.photos.exists():
        _keep_photos(again, photos, by=by)
    return again


@action
def wish_too(same: Wish, *, by: User, **words: Any) -> Wish:
    """The same want as another's, say those who wish: in words of their own, answered with it from the beginning."""
    wished = wish_once(by=by, **words)
    if wished.joined_to_id is None:
        join_wish(wished, same, by=by)
    return wished


@action
def wish_at_door(door: Household, name: str, *, text: str, by: User, **words: Any) -> Wish:
    """What somebody said at their door to whoever came round: a wish of theirs, typed by ``by``.

    The same words of the same person, moments later, are the first wish. Raises ``NotAllowed`` or ``Refused``.
    """
    if not holds(by, door.place, Role.CLERK, *ORGANISERS):
        raise NotAllowed(_("只有走访这里的网格员、楼栋长等组织人和社区工作人员可以上门记心愿"))
    in_turn(by, "wish")
    public = in_public(text, place=door.place, name=name)[:WISH_LENGTH]
    before = Wish.objects.filter(entered_by=by, channel=Channel.DOOR, at__gt=now() - TWICE)
    if again := before.filter(wisher_name=name, text=public, place=door.place).order_by("-id").first():
        return _with_photos(again, words.get("photos", ()), by=by)
    wisher = stand_for(door, name, by=by)
    said = {"text": text, "wisher": wisher, "wisher_name": name, "channel": Channel.DOOR, **words}
    return wish(place=door.place, by=by, **said)


@dataclass(frozen=True)
class Written:
    """One line of a 心愿本: whose door, whose name, what they wish."""

    door: Household
    name: str
    text: str


@action
def enter_wishes(
    place: Territory, lines: Sequence[Written], *, photo: UploadedFile | None, receipt_id: UUID, by: User
) -> list[Wish]:
    """A page of a 心愿本 on one screen: each line is a wish of the person who wrote it, with a receipt of its own.

    The same ``receipt_id`` again returns the same wishes.
    """
    if not holds(by, place, Role.CLERK):
        raise NotAllowed(_("只有这里的社区工作人员可以代录纸质提议和心愿"))
    numbers = [number_of(receipt_id if not row else uuid5(receipt_id, str(row))) for row in range(len(lines))]
    with connection.cursor() as cursor:  # twice at once: the second waits and then sees the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"wishes:{receipt_id}"])
    _refuse_another_page(number_of(receipt_id), lines)
    if earlier := list(Wish.objects.filter(slip_number__in=numbers).order_by("pk")):
        return earlier
    if not lines:
        raise Refused(lines=_("请写下心愿，一行一条"))
    if any(not place.contains(line.door.place) for line in lines):
        raise Refused(lines=_("有的门牌不在这里"))
    if photo is None:
        raise Refused(photo=_("请拍下这一页，另一位要照着照片对照"))
    sheet = paper.register(place, [], about=_("心愿本"), stub=photo, by=by)
    entered = [_enter(line, number, sheet, by=by) for number, line in zip(numbers, lines, strict=True)]
    ask_second_look(sheet, by=by)
    return entered


def _enter(line: Written, number: str, sheet: Sheet, *, by: User) -> Wish:
    wisher = stand_for(line.door, line.name, by=by)
    said: dict[str, Any] = {"text": line.text, "wisher_name": line.name, "slip_number": number}
    try:
        return wish(place=line.door.place, channel=Channel.PAPER, sheet=sheet, wisher=wisher, by=by, **said)
    except Refused as refusal:
        raise Refused(lines=_("%(name)s：%(why)s") % {"name": line.name, "why": refusal}) from None


def _refuse_another_page(first: str, lines: Sequence[Written]) -> None:
    """A browser's "back" brings the last page's form with its number: what is typed there now is no repeat."""
    sheet = Wish.objects.filter(slip_number=first).values("sheet")
    earlier = list(Wish.objects.filter(sheet__in=sheet).order_by("pk").values_list("wisher_name", "text"))
    if earlier and earlier != [(line.name, _as_kept(line)) for line in lines]:
        raise Refused(receipt=_("这个页面刚才已经登记过一页。您现在录的是另一页，请再按一次登记"))


def _as_kept(line: Written) -> str:
    return in_public(line.text, place=line.door.place, name=line.name)[:WISH_LENGTH]


@action
def support(wished: Wish, *, by: User) -> None:
    """Somebody else wants it too; each person once."""
    lock(wished)
    if by.is_same(wished.by_id):
        raise Refused(_("这是您自己的心愿"))
    _support, created = WishSupport.objects.get_or_create(wish=wished, by=by)
    if not created:
        raise Refused(_("您已经点过“我也想要”"))
    # Under the row lock; the count is kept so that the wall needs no counting.
    Wish.objects.filter(pk=wished.pk).update(supporters=F("supporters") + 1)


@action
def answer_wish(wished: Wish, verb: str, *, by: User, reason: str = "", unit: str = "") -> StepRecord:
    """Claim, hand over, be there, say it is done, or decline; whoever wished is told.

    ``unit`` is whose it is once it is handed over; the community goes on asking them, in its days, and then the street.
    """
    if verb == "hand_over" and not seen(unit):
        raise Refused(unit=_("请写转给哪个单位"))
    reason, unit = (in_public(text, place=wished.place, author=wished.by) for text in (reason, unit))
    record = take(wished, verb, by=by, reason=reason, evidence={"unit": unit} if unit else {})
    if reason:
        wished.answer = reason
    if unit:
        wished.handed_to = unit[:UNIT_LENGTH]
    wished.save(update_fields=["answer", "handed_to"])
    return record


@action
def judge_wish(wished: Wish, *, is_done: bool, by: User, reason: str = "") -> StepRecord:
    """Whoever wished says whether it is done; if not, ``reason`` says what is missing, and it is worked on again.

    Where it was told to somebody who wrote it down, the community or the chief asks and says so, but not whoever said
    that it is done. Raises ``NotAllowed`` or ``Refused``.
    """
    if is_done:
        return take(wished, "agree", by=by)
    reason = in_public(reason, place=wished.place, author=wished.by, name=wished.wisher_name)
    return take(wished, "contest", by=by, reason=reason, setting={"anew": True})


@action
def join_wish(wished: Wish, other: Wish, *, by: User) -> StepRecord:
    """The same want twice: ``other`` is answered for both, and each wisher hears it. ``part_wish`` undoes it.

    Whoever wished says so themselves, or who answers both. Raises ``Refused`` where ``other`` waits for nobody or is
    another office's, or where others were joined to ``wished``: these are brought to ``other`` themselves.
    """
    for each in sorted((wished, other), key=lambda wish: wish.pk):
        lock(each)
    wished.refresh_from_db()
    other.refresh_from_db()
    if other.pk == wished.pk:
        raise Refused(other=_("请填另一件心愿的编号"))
    if other.stage not in WISH_WAITS:
        raise Refused(other=_("那一件现在是“%(stage)s”，不能再并进去") % {"stage": other.get_stage_display()})
    if other.holder_place_id != wished.holder_place_id:
        raise Refused(other=_("那一件不在您这里办，请让现在的承办人来并"))
    if wished.joined.exists():
        raise Refused(other=_("已经有别的心愿并到这一件，请把它们并到那一件"))
    if not (by.is_same(wished.by_id) or rules.has_perm("proposals.answer_wish", by, other)):
        raise NotAllowed(_("只有许愿人本人或答复这两件心愿的人可以把它们并起来"))
    return take(wished, "join", by=by, setting={"joined_to": other}, evidence={"wish": other.pk})


@action
def part_wish(wished: Wish, *, by: User, reason: str) -> StepRecord:
    """It is another matter after all: it is answered by itself, from the beginning."""
    reason = in_public(reason, place=wished.place, author=wished.by, name=wished.wisher_name)
    return take(wished, "part", by=by, reason=reason)


@action
def accept_silence(wished: Wish, *, by: User | None = None) -> StepRecord:
    """Whoever wished said nothing in their days: it is done."""
    return take(wished, "accept_silence", by=by)


@action
def promote(wished: Wish, proposal: Proposal, *, by: User) -> StepRecord:
    """The wish goes on as a proposal."""
    wished.proposal = proposal
    wished.save(update_fields=["proposal"])
    return take(wished, "promote", by=by, evidence={"proposal": proposal.number})


@action
def follow_calendar_of_wish(pk: int, due: datetime, *, by: User | None = None) -> None:
    """As ``follow_calendar``, for a wish."""
    Wish.objects.filter(pk=pk).update(due_at=due)


@action
def remind_of_wish(wished: Wish, *, by: User | None = None) -> StepRecord:
    """The street too let its days pass: it stays due there, and is asked again."""
    return take(wished, "overdue", by=by)


@action
def climb_wish(wished: Wish, *, by: User | None = None) -> StepRecord:
    """Nobody answered in time: the street holds it now."""
    role, place = street_or_district(wished.place)
    return take(wished, "climb", by=by, setting={"role": role, "place": place})


@action
def forget_wisher(person: Person, *, by: None = None) -> None:
    """Who closed their account is not named beside their wishes any more, nor in the record of them; photos that were
    not for everybody are gone with it."""
    hidden = WishPhoto.objects.filter(wish__by=person.user_id, is_shown=False)
    for photo in hidden:
        transaction.on_commit(partial(_delete_files, photo))
    hidden.filter(taken_back_at=None).update(taken_back_at=now())
    for wished in Wish.objects.filter(by=person.user_id).exclude(wisher_name=""):
        wished.wisher_name = ""
        wished.save(update_fields=["wisher_name"])
        erase(Wish, [wished.pk], by=None)


def _delete_files(photo: WishPhoto) -> None:
    photo.image.delete(save=False)
    photo.small.delete(save=False)
