"""Paper ballots: what a motion asks of a sheet, and what follows once it is read alike or put right."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from rules import has_perm

from deliberation import rules, told
from deliberation.models import Choice, Motion, MotionStage, PaperBallot
from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.words import cn_datetime, cn_until
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.notifications.actions import tell_doors
from minshi.paper import actions as paper
from minshi.paper.models import Line
from minshi.paper.numbers import number_of
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, refuse_if
from minshi.residents import speaking
from minshi.residents.models import Person
from minshi.rolls import actions as rolls
from minshi.rolls.models import Unit

COUNT = "SELECT count_paper_ballot(%s, %s, %s)"


@action
def register_paper(
    unit: Unit,
    *,
    receipt_id: UUID,
    signer: Person | None = None,
    stub: UploadedFile | None = None,
    photo: UploadedFile | None = None,
    choice: str = "",
    correcting: PaperBallot | None = None,
    by: User,
) -> PaperBallot:
    """Register the stub of a unit's paper before the end: from then on it is reserved for the paper.

    ``signer`` is one of the door's people, ``None`` 未登记. With ``photo`` (the half with the vote) and ``choice`` the
    sheet is read at once. The same ``receipt_id`` again returns the same stub.
    """
    motion = unit.roll.motion
    _refuse_stranger(by, motion)
    if earlier := unit.papers.filter(line__slip_number=number_of(receipt_id)).select_related("line__sheet").first():
        return earlier
    refuse_if(_why_not_register(unit, motion, signer))
    try:
        with transaction.atomic():
            sheet = paper.register(
                motion.place,
                [(unit.household, signer)],
                about=motion.question,
                stub=stub,
                receipt_id=receipt_id,
                by=by,
            )
            registered = PaperBallot.objects.create(unit=unit, line=sheet.lines.get())
    except IntegrityError:
        raise Refused(_("投票刚刚截止，或者这一户的纸票刚刚由别人登记了")) from None
    if choice or photo:
        return enter_paper(registered, choice, photo=photo, by=by)
    _tell_household(registered, _("已登记您家的纸质票"))
    return registered


def _refuse_stranger(by: User, motion: Motion) -> None:
    if not has_perm("deliberation.paper", by, motion):
        raise NotAllowed(_("只有这里的楼栋长等组织人和社区工作人员可以录纸票"))


def _why_not_register(unit: Unit, motion: Motion, signer: Person | None) -> list[str]:
    if motion.stage != MotionStage.OPEN or now() >= motion.closes_at:
        return [_("投票已经在 %(end)s 截止，不能再登记纸票") % {"end": cn_until(motion.closes_at)}]
    if standing := unit.papers.valid().select_related("line__sheet").first():
        return [_("这一户的纸票已经在 %(at)s 登记过") % {"at": cn_datetime(standing.line.sheet.registered_at)}]
    voices = speaking.entries_of([signer.pk])[signer.pk] if signer else ()
    if motion.ballots.filter(voice__in=voices).exclude(unit=unit).exists():
        return [_("签名的人在这次表决里已经代表另一户投过票，一个人只投一次；请这一户另一位成年人签名")]
    return []


@action
def enter_paper(registered: PaperBallot, choice: str, *, photo: UploadedFile | None = None, by: User) -> PaperBallot:
    """Read a registered sheet for the first time, from its photo; the household is told and may correct it."""
    motion = _share(registered, by)
    if motion.stage not in (MotionStage.OPEN, MotionStage.COUNTING):
        raise Refused(_("这次表决现在不能录纸票"))
    wrong = {}
    if choice not in Choice.values:
        wrong["choice"] = _("请按纸票上写的选一项")
    if photo is None and not registered.line.words:
        wrong["photo"] = _("请拍下纸票，另一位要照着照片核对")
    if wrong and not registered.line.is_read:
        raise Refused(**wrong)
    paper.read(
        registered.line,
        {"choice": choice},
        words=photo,
        needs_words=True,
        correct_until=_correct_until(motion, now()),
        by=by,
    )
    _tell_household(registered, _("已录入您家的纸质票，请核对"))
    return registered


def _share(registered: PaperBallot, by: User) -> Motion:
    """Share the motion's row and see it as it is under that lock: whoever closes or publishes it waits for us."""
    motion = registered.motion
    _refuse_stranger(by, motion)
    return _shared(motion)


def _share_to_read(registered: PaperBallot, line: Line, by: User) -> Motion:
    if not rules.may_read_again(by, registered.motion, line):
        raise NotAllowed(_("只有这里的楼栋长等组织人和社区工作人员可以录纸票"))
    return _shared(registered.motion)


def _shared(motion: Motion) -> Motion:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM deliberation_motion WHERE id = %s FOR SHARE", [motion.pk])
    motion.refresh_from_db(fields=["stage"])
    return motion


def _correct_until(motion: Motion, entered: datetime) -> datetime:
    """Three calendar days from the entry, or from the end where that is later: corrections belong to the count."""
    days = int(str(policy.value("paper.correction_calendar_days", motion.territory)))
    return calendar.period_end(max(entered, motion.closes_at - timedelta(microseconds=1)), calendar_days=days)


def _tell_household(registered: PaperBallot, title: str) -> None:
    """A door without a phone comes onto the chief's list with the lists of who took part, at their next fixed hour."""
    motion = registered.motion
    if registered.unit.household_id:
        every = motion.lists_every_hours or 24
        tell_doors(
            [registered.unit.household_id],
            title,
            motion.question,
            reverse("receipt", args=[registered.line.slip_number]),
            asked=False,
            since=calendar.next_fixed_hour(now(), every),
            then=registered.line.sheet.registered_at,
            event=told.PAPER_BALLOT.name,
            matter=f"ballot:{registered.pk}",
        )


@action
def confirm_paper(registered: PaperBallot, choice: str, *, by: User) -> PaperBallot:
    """Read the sheet again without having seen the first reading. Alike, it is a ballot; else a third decides."""
    motion = _share_to_read(registered, registered.line, by)
    if choice not in Choice.values:
        raise Refused(choice=_("请按照片上写的选一项"))
    if motion.stage != MotionStage.COUNTING:
        raise Refused(_("投票结束、开始计票后才核对纸票"))
    line = paper.read_again(registered.line, {"choice": choice}, by=by)
    if line.settled is not None:
        _count(registered)
    return registered


def _count(registered: PaperBallot, slip: str | None = None) -> None:
    """Make it the unit's ballot, in place of any that came before on another channel."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(COUNT, [registered.pk, number_of(uuid4()), slip])
    except IntegrityError:
        raise Refused(
            _("签名的人在这次表决里已经代表另一户投过票。请撤销这张登记，由另一位成年人签名，或登记为“未登记”")
        ) from None


@action
def correct_paper(registered: PaperBallot, choice: str, *, reason: str, receipt_id: UUID, by: User) -> PaperBallot:
    """The household says that what was entered for it is not what it voted; within three calendar days, once."""
    motion = _shared(registered.motion)
    if why := paper.why_not_theirs(registered.line, by):
        raise NotAllowed(*why)
    refuse_if(why_not_correct(registered, motion))
    if choice not in Choice.values:
        raise Refused(choice=_("请选一项"))
    paper.correct(registered.line, {"choice": choice}, reason=reason, by=by)
    _count(registered, number_of(receipt_id))
    return registered


def why_not_correct(registered: PaperBallot, motion: Motion | None = None) -> list[str]:
    """What stands between a household and correcting what was entered for it."""
    motion, line = motion or registered.motion, registered.line
    unread = line.voided_at is not None or not line.is_read
    if unread or line.corrected_at or motion.stage == MotionStage.PUBLISHED:
        return paper.why_not_correct(line) or [_("更正的期限已经过了；有不同意见可以对结果公告提出")]
    if motion.stage != MotionStage.COUNTING:
        return [_("投票 %(end)s 截止后开始计票，那时可以更正") % {"end": cn_until(motion.closes_at)}]
    return paper.why_not_correct(line)


@action
def bring_correction(registered: PaperBallot, *, photo: UploadedFile, choice: str, by: User) -> Line:
    """A household without a phone brings a second sheet with the slip; it is read by two and then takes effect."""
    motion = _share(registered, by)
    lock(registered.line)
    refuse_if(why_not_correct(registered, motion))
    if choice not in Choice.values:
        raise Refused(choice=_("请按纸票上写的选一项"))
    if registered.line.second_sheet:
        raise Refused(_("更正的第二张纸已经登记过，等另一位核对"))
    sheet = paper.register(
        motion.place,
        [(registered.unit.household, registered.line.signer)],
        about=motion.question,
        correcting=registered.line,
        by=by,
    )
    return paper.read(sheet.lines.get(), {"choice": choice}, words=photo, needs_words=True, by=by)


@action
def confirm_correction(second: Line, choice: str, *, by: User) -> Line:
    """Another person reads the second sheet alike: what it says is the unit's ballot from now on."""
    assert second.correcting
    registered = PaperBallot.objects.select_related("line__sheet", "unit__roll__motion").get(line=second.correcting)
    motion = _share_to_read(registered, second, by)
    if choice not in Choice.values:
        raise Refused(choice=_("请按照片上写的选一项"))
    if motion.stage != MotionStage.COUNTING:
        raise Refused(_("投票结束、开始计票后才核对纸票"))
    second = paper.read_again(second, {"choice": choice}, by=by)
    if second.settled is not None:
        registered.line = paper.correct_on_paper(registered.line, second, by=by)
        _count(registered, second.slip_number)
    return second


@action
def void_paper(registered: PaperBallot, *, reason: str, by: User) -> PaperBallot:
    """Take back a stub that was registered for the wrong household, or whose sheet never came in.

    While counting, only somebody else than who registered it. Where a second sheet waits for its readers, that one.
    """
    motion = _share(registered, by)
    if not reason.strip():
        raise Refused(reason=_("请写明为什么撤销，公布结果时会一并说明"))
    if motion.stage not in (MotionStage.OPEN, MotionStage.COUNTING):
        raise Refused(_("这张纸票已经核对或者撤销，不能再撤销"))
    line = registered.line.unread_second or registered.line
    line = paper.void(line, reason=reason, by_another=motion.stage == MotionStage.COUNTING, by=by)
    registered.refresh_from_db(fields=["is_void"])
    _tell_household(registered, _("您家的纸质票登记已撤销：%(reason)s") % {"reason": line.void_reason})
    return registered


@action
def mark_unreachable(unit: Unit, *, note: str, by: User) -> Unit:
    """联系不上: noted with when and how it was tried. The household stays in the denominator and may still vote."""
    _refuse_stranger(by, unit.roll.motion)
    if unit.roll.motion.stage == MotionStage.PUBLISHED:
        raise Refused(_("结果已经公布，名册不再变动"))
    return rolls.mark_unreachable(unit, note=note, by=by)
