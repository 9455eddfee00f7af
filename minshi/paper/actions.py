"""Taking a sheet in, reading it twice, putting it right, taking it back.

Whether it is the time for it, and who may, the higher app asks first; it also says what a reading holds and what
follows once a line is settled. Each of these runs inside the higher app's action.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.pictures import reencoded
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import mask_text, seen
from minshi.paper.models import Line, Sheet
from minshi.paper.numbers import number_of
from minshi.paper.signals import differs
from minshi.refusals import NotAllowed, Refused, refuse_if
from minshi.residents import speaking
from minshi.residents.models import Person
from minshi.territory.models import Household, Territory

Reading = dict[str, Any]
Picture: TypeAlias = "ContentFile[bytes]"
"""A photo that was decoded and drawn anew."""


@action
def register(
    place: Territory,
    doors: Iterable[tuple[Household | None, Person | None]],
    *,
    about: str,
    stub: UploadedFile | Picture | None = None,
    receipt_id: UUID | None = None,
    correcting: Line | None = None,
    by: User,
) -> Sheet:
    """Write down that a sheet came in, with its doors and who signed for each (``None``: 未登记).

    ``receipt_id`` is made with the page, so that the first line's slip number is the same when it comes twice.
    ``stub`` may be drawn anew already (``picture_of``), where others wait for what the higher app has locked.
    """
    sheet = Sheet(place=place, about=about[:120], registered_by=by)
    if stub is not None:
        picture = stub if isinstance(stub, ContentFile) else picture_of(stub)
        sheet.stub.save(picture.name or "stub.jpg", picture, save=False)
    sheet.save(force_insert=True)
    _write_lines(sheet, doors, receipt_id=receipt_id, correcting=correcting)
    return sheet


def picture_of(upload: UploadedFile, field: str = "stub") -> Picture:
    """What is no photo is said of the one it came as: a page may take two."""
    try:
        return reencoded(upload)
    except Refused as refusal:
        raise refusal.renamed(photos=field) from None


@action
def add_lines(sheet: Sheet, doors: Iterable[tuple[Household | None, Person | None]], *, by: User) -> list[Line]:
    """What a later reader finds on a sheet and whoever registered it did not; its photo is the same."""
    return _write_lines(sheet, doors, after=sheet.lines.count())


def _write_lines(
    sheet: Sheet,
    doors: Iterable[tuple[Household | None, Person | None]],
    *,
    after: int = 0,
    receipt_id: UUID | None = None,
    correcting: Line | None = None,
) -> list[Line]:
    lines = []
    for ordinal, (door, signer) in enumerate(doors, start=after + 1):
        number = receipt_id if receipt_id and ordinal == 1 else uuid4()
        _refuse_foreign_signer(door, signer)
        line = Line.objects.create(
            sheet=sheet,
            ordinal=ordinal,
            household=door,
            signer=signer,
            slip_number=number_of(number),
            correcting=correcting,
        )
        lines.append(line)
    return lines


def _refuse_foreign_signer(door: Household | None, signer: Person | None) -> None:
    if door is not None and signer is not None and speaking.code(signer, door, any_adult=True) not in ("", "closed"):
        raise Refused(signer=_("签名的人要是这一户已经登记的成年人；不在册的请选“未登记”"))


@action
def read(
    line: Line,
    said: Reading,
    *,
    words: UploadedFile | None = None,
    needs_words: bool = False,
    correct_until: datetime | None = None,
    by: User,
) -> Line:
    """The first reading. ``words`` is the photo of the half without the door, which later readers read from."""
    lock(line)
    if line.voided_at or line.is_read:
        raise Refused(_("这张纸票已经录过或者撤销了") if needs_words else _("这张表已经录过或者撤销了"))
    if needs_words and words is None and not line.words:
        raise Refused(photo=_("请拍下纸票，另一位要照着照片核对"))
    if words is not None:
        picture = picture_of(words, "photo")
        line.words.save(picture.name or "words.jpg", picture, save=False)
    line.first, line.first_by, line.first_at, line.correct_until = said, by, now(), correct_until
    line.save(update_fields=["words", "first", "first_by", "first_at", "correct_until"])
    return line


@action
def read_again(line: Line, said: Reading, *, by: User) -> Line:
    """Read it without having seen what was read before: alike, it is settled; differing, a third person decides."""
    lock(line)
    refuse_if(why_not_read_again(line, by))
    if line.second is None:
        line.second, line.second_by = said, by
        held = said if said == line.first else None
    elif said in (line.first, line.second):
        line.third, line.third_by = said, by
        held = said
    else:
        raise Refused(_("和前两次录入都不一样，请找出纸质原件，三人一起看"))
    if held is not None:
        line.settled, line.settled_at = held, now()
    line.save(update_fields=["second", "second_by", "third", "third_by", "settled", "settled_at"])
    if held is None:
        differs.send(Line, line=line)
    return line


def why_not_read_again(line: Line, by: User) -> list[str]:
    """What stands between this person and the next reading of this line."""
    if line.voided_at or not line.is_read:
        return [_("这张纸票还没有录入，或者已经撤销")]
    if line.is_settled:
        return [_("这张纸票已经核对过了")]
    if by.is_any((line.first_by_id, line.second_by_id)):
        return [_("录入的人不能自己核对，请另一位来看")]
    return []


@action
def correct(line: Line, said: Reading, *, reason: str, by: User) -> Line:
    """The household says what it really said: once, while its days run, whoever was an adult there at registering.

    Also after moving: a correction is no change (domain.md 5). Raises ``NotAllowed`` and ``Refused``.
    """
    lock(line)
    if why := why_not_theirs(line, by):
        raise NotAllowed(*why)
    refuse_if(why_not_correct(line))
    wrong = {}
    if said == (line.settled or line.first):
        wrong["choice"] = _("录入的就是这一项，不用更正")
    if not reason.strip():
        wrong["reason"] = _("请写一句哪里录错了")
    if wrong:
        raise Refused(**wrong)
    return _put_right(line, said, reason, by)


@action
def correct_on_paper(line: Line, second: Line, *, by: User) -> Line:
    """A household without a phone corrects by a second sheet that carries the slip; two have read that alike.

    It came in time if it was registered in time, whenever the second reader came to it.
    """
    lock(line)
    refuse_if(why_not_correct(line, second.sheet.registered_at))
    if second.correcting_id != line.pk or second.settled is None:
        raise Refused(_("第二张纸要写明更正哪一张的回执号，并由两个人核对过"))
    return _put_right(line, second.settled, _("本人交来第二张纸更正"), by)


def _put_right(line: Line, said: Reading, reason: str, by: User) -> Line:
    line.corrected, line.corrected_by, line.corrected_at = said, by, now()
    line.correction = mask_text(reason.strip())[:200]
    line.save(update_fields=["corrected", "corrected_by", "corrected_at", "correction"])
    return line


def why_not_theirs(line: Line, user: User) -> list[str]:
    """Empty for whoever was an adult of the door when its sheet was registered."""
    return speaking.why_not_then(user, line.household_id, line.sheet.registered_at)


def why_not_correct(line: Line, at: datetime | None = None) -> list[str]:
    """What stands between a household and correcting this line, now or with a sheet registered ``at``."""
    if line.voided_at or not line.is_read:
        return [_("这张纸票还没有录入，或者已经撤销")]
    if line.corrected_at:
        return [_("您家已经更正过一次")]
    if line.correct_until is None or (at or now()) >= line.correct_until:
        return [_("更正的期限已经过了；有不同意见可以对结果公告提出")]
    return []


@action
def forget_photo(sheet: Sheet, *, by: None = None) -> None:
    """The picture of a sheet goes with whoever signed it; that there was a sheet, and what was read on it, stays."""
    if stub := sheet.stub.name:
        storage = sheet.stub.storage
        sheet.stub = ""
        sheet.save(update_fields=["stub"])
        transaction.on_commit(lambda: storage.delete(stub))


@action
def void(line: Line, *, reason: str, by: User, by_another: bool = False, when_settled: bool = False) -> Line:
    """Take back a line registered for the wrong door, or whose sheet never came in.

    ``by_another``: after the end nobody takes back alone what they registered. ``when_settled``: also what two have
    read alike, where the higher app lets that be taken back.
    """
    lock(line)
    if not seen(reason):
        raise Refused(reason=_("请写明为什么撤销，公布结果时会一并说明"))
    if line.voided_at or (line.is_settled and not when_settled):
        raise Refused(_("这张纸票已经核对或者撤销，不能再撤销"))
    if by_another and by.is_same(line.sheet.registered_by_id):
        raise Refused(_("投票结束后，撤销要由登记人以外的另一位来办"))
    line.voided_by, line.voided_at, line.void_reason = by, now(), mask_text(reason.strip())[:200]
    line.save(update_fields=["voided_by", "voided_at", "void_reason"])
    return line
