"""Paper ballots: registered by one, read by another, settled by a third; and what the household says to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rules import has_perm

from deliberation import rules
from deliberation.models import (
    Ballot,
    BallotChannel,
    Choice,
    Motion,
    MotionStage,
    PaperBallot,
    Reach,
    Unit,
)
from deliberation.receipts import receipt_of
from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.pictures import reencoded
from minshi.faces.words import cn_datetime, cn_until
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import mask_text
from minshi.notifications.actions import tell_all
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, refuse_if


@action
def register_paper(
    unit: Unit, *, receipt_id: UUID, photo: UploadedFile | None = None, choice: str = "", by: User
) -> PaperBallot:
    """Register the stub of a household's paper before the end: from then on it is reserved for the paper.

    With ``photo`` and ``choice`` the sheet is read at once. The same ``receipt_id`` again returns the same stub.
    """
    motion = unit.motion
    _refuse_stranger(by, motion)
    receipt = receipt_of(receipt_id)
    if earlier := PaperBallot.objects.filter(unit=unit, receipt=receipt).first():
        return earlier
    refuse_if(_why_not_register(unit, motion))
    paper = PaperBallot(unit=unit, registered_by=by, receipt=receipt)
    try:
        with transaction.atomic():
            paper.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("投票刚刚截止，或者这一户的纸票刚刚由别人登记了")) from None
    paper.refresh_from_db(fields=["registered_at"])
    if choice or photo:
        return enter_paper(paper, choice, photo=photo, by=by)
    _tell_household(paper, _("已登记您家的纸质票"))
    return paper


def _refuse_stranger(by: User, motion: Motion) -> None:
    if not has_perm("deliberation.paper", by, motion):
        raise NotAllowed(_("只有这里的楼栋长等组织人和社区工作人员可以录纸票"))


def _why_not_register(unit: Unit, motion: Motion) -> list[str]:
    if motion.stage != MotionStage.OPEN or now() >= motion.closes_at:
        return [_("投票已经在 %(end)s 截止，不能再登记纸票") % {"end": cn_until(motion.closes_at)}]
    if paper := unit.papers.filter(voided_at=None).first():
        return [_("这一户的纸票已经在 %(at)s 登记过") % {"at": cn_datetime(paper.registered_at)}]
    return []


@action
def enter_paper(paper: PaperBallot, choice: str, *, photo: UploadedFile | None = None, by: User) -> PaperBallot:
    """Read a registered sheet for the first time, from its photo; the household is told and may correct it."""
    lock(paper)
    motion = paper.unit.motion
    _refuse_stranger(by, motion)
    if motion.stage not in (MotionStage.OPEN, MotionStage.COUNTING):
        raise Refused(_("这次表决现在不能录纸票"))
    if paper.voided_at or paper.choice:
        raise Refused(_("这张纸票已经录过或者撤销了"))
    wrong = {}
    if choice not in Choice.values:
        wrong["choice"] = _("请按纸票上写的选一项")
    if photo is None and not paper.photo:
        wrong["photo"] = _("请拍下纸票，另一位要照着照片核对")
    if wrong:
        raise Refused(**wrong)
    moment = now()
    if photo is not None:
        picture = reencoded(photo)
        paper.photo.save(picture.name or "ballot.jpg", picture, save=False)
    paper.choice, paper.entered_by, paper.entered_at = choice, by, moment
    paper.correct_until = _correct_until(motion, moment)
    paper.save(update_fields=["photo", "choice", "entered_by", "entered_at", "correct_until"])
    _tell_household(paper, _("已录入您家的纸质票，请核对"))
    return paper


def _correct_until(motion: Motion, entered: datetime) -> datetime:
    """Three calendar days from the entry, or from the end where that is later: corrections belong to the count."""
    days = int(str(policy.value("paper.correction_calendar_days", motion.territory)))
    return calendar.period_end(max(entered, motion.closes_at - timedelta(microseconds=1)), calendar_days=days)


def _tell_household(paper: PaperBallot, title: str) -> None:
    users = User.objects.filter(
        person__household=paper.unit.household_id,
        person__confirmed_at__isnull=False,
        person__is_adult=True,
        is_active=True,
    )
    tell_all(users, title, paper.unit.motion.question, f"/receipts/{paper.receipt}/")


@action
def confirm_paper(paper: PaperBallot, choice: str, *, by: User) -> PaperBallot:
    """Read the sheet again without having seen the first reading. Alike, it is a ballot; else a third decides."""
    lock(paper)
    motion = paper.unit.motion
    _refuse_stranger(by, motion)
    if choice not in Choice.values:
        raise Refused(choice=_("请按照片上写的选一项"))
    refuse_if(_why_not_confirm(paper, motion, by))
    if not paper.doubt and choice != paper.choice:
        paper.doubt, paper.doubted_by = choice, by
        paper.save(update_fields=["doubt", "doubted_by"])
        return paper
    if paper.doubt and choice not in (paper.choice, paper.doubt):
        raise Refused(choice=_("和前两次录入都不一样，请找出纸票原件，三人一起看"))
    if choice != paper.choice:
        paper.choice, paper.doubt = paper.doubt, paper.choice
        paper.entered_by, paper.doubted_by = paper.doubted_by, paper.entered_by
    paper.confirmed_by, paper.confirmed_at = by, now()
    paper.save(update_fields=["choice", "doubt", "entered_by", "doubted_by", "confirmed_by", "confirmed_at"])
    if paper.corrected_at is None:
        assert paper.entered_by
        _store(paper, paper.choice, paper.receipt, paper.entered_by)
    return paper


def _why_not_confirm(paper: PaperBallot, motion: Motion, by: User) -> list[str]:
    if motion.stage != MotionStage.COUNTING:
        return [_("投票结束、开始计票后才核对纸票")]
    if paper.voided_at or not paper.choice:
        return [_("这张纸票还没有录入，或者已经撤销")]
    if paper.is_settled:
        return [_("这张纸票已经核对过了")]
    if by.pk in (paper.entered_by_id, paper.doubted_by_id):
        return [_("录入的人不能自己核对，请另一位来看")]
    return []


def _store(paper: PaperBallot, choice: str, receipt: str, by: User) -> None:
    """Make it the unit's ballot, in place of any that came before on another channel."""
    facts = {"choice": choice, "channel": BallotChannel.PAPER, "receipt": receipt, "by": by}
    ballot = Ballot.objects.select_for_update().filter(unit=paper.unit).first()
    if ballot is None:
        Ballot.objects.create(unit=paper.unit, motion=paper.unit.motion, **facts)
        return
    for name, fact in facts.items():
        setattr(ballot, name, fact)
    ballot.save(update_fields=list(facts))


@action
def correct_paper(paper: PaperBallot, choice: str, *, reason: str, receipt_id: UUID, by: User) -> PaperBallot:
    """The household says that what was entered for it is not what it voted; within three calendar days, once."""
    lock(paper)
    if reasons := rules.why_not_speak(by, paper.unit.household):
        raise NotAllowed(*reasons)
    refuse_if(why_not_correct(paper))
    wrong = {}
    if choice not in Choice.values:
        wrong["choice"] = _("请选一项")
    elif choice == paper.choice:
        wrong["choice"] = _("录入的就是这一项，不用更正")
    if not reason.strip():
        wrong["reason"] = _("请写一句哪里录错了")
    if wrong:
        raise Refused(**wrong)
    paper.corrected_by, paper.corrected_at = by, now()
    paper.correction = mask_text(reason.strip())[:200]
    paper.save(update_fields=["corrected_by", "corrected_at", "correction"])
    _store(paper, choice, receipt_of(receipt_id), by)
    return paper


def why_not_correct(paper: PaperBallot) -> list[str]:
    motion = paper.unit.motion
    if paper.voided_at or not paper.choice:
        return [_("这张纸票还没有录入，或者已经撤销")]
    if paper.corrected_at:
        return [_("您家已经更正过一次")]
    if motion.stage == MotionStage.PUBLISHED or (paper.correct_until and now() >= paper.correct_until):
        return [_("更正的期限已经过了；有不同意见可以对结果公告提出")]
    if motion.stage != MotionStage.COUNTING:
        return [_("投票 %(end)s 截止后开始计票，那时可以更正") % {"end": cn_until(motion.closes_at)}]
    return []


@action
def void_paper(paper: PaperBallot, *, reason: str, by: User) -> PaperBallot:
    """Take back a stub that was registered for the wrong household, or whose sheet never came in.

    While counting, only somebody else than who registered it.
    """
    lock(paper)
    motion = paper.unit.motion
    _refuse_stranger(by, motion)
    if not reason.strip():
        raise Refused(reason=_("请写明为什么撤销，公布结果时会一并说明"))
    if paper.voided_at or paper.is_settled or motion.stage not in (MotionStage.OPEN, MotionStage.COUNTING):
        raise Refused(_("这张纸票已经核对或者撤销，不能再撤销"))
    if motion.stage == MotionStage.COUNTING and by.pk == paper.registered_by_id:
        raise Refused(_("投票结束后，撤销要由登记人以外的另一位来办"))
    paper.voided_by, paper.voided_at, paper.void_reason = by, now(), mask_text(reason.strip())[:200]
    paper.save(update_fields=["voided_by", "voided_at", "void_reason"])
    _tell_household(paper, _("您家的纸质票登记已撤销：%(reason)s") % {"reason": paper.void_reason})
    return paper


@action
def mark_unreachable(unit: Unit, *, note: str, by: User) -> Unit:
    """联系不上: noted with when and how it was tried. The household stays in the denominator and may still vote."""
    _refuse_stranger(by, unit.motion)
    if unit.motion.stage == MotionStage.PUBLISHED:
        raise Refused(_("结果已经公布，名册不再变动"))
    if not note.strip():
        raise Refused(note=_("请写明什么时候、怎么联系过"))
    unit.reach, unit.reach_by, unit.reach_note = Reach.UNREACHABLE, by, mask_text(note.strip())[:120]
    unit.save(update_fields=["reach", "reach_by", "reach_note"])
    return unit
