"""Taking a picture back: who can be known on it did not agree to be shown, or does not any more."""

from __future__ import annotations

import hashlib

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import one_line, seen
from minshi.notifications.actions import tell
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role
from minshi.residents.rules import holds
from proposals import told
from proposals.actions.stages import in_public, note_on_card
from proposals.models import WITHHELD_LENGTH, Photo, Proposal, Withholdable


def may_withhold(user: User, proposal: Proposal, uploader: int | None) -> bool:
    """Whoever put it there; and the community and the street, whom anybody on it may ask (form 37)."""
    return user.is_same(uploader) or holds(user, proposal.place, Role.CLERK, Role.CASE_OFFICER)


@action
def withhold_photo(photo: Photo, *, reason: str, by: User) -> Photo:
    """Raises ``NotAllowed`` and ``Refused``."""
    proposal = lock(photo.proposal)
    withhold(lock(photo), proposal, photo.by, reason=reason, by=by)
    return photo


def withhold(photo: Withholdable, proposal: Proposal, uploader: User | None, *, reason: str, by: User) -> None:
    """At once, under the same number; whoever put it there hears of it. Both are locked by the caller."""
    if not may_withhold(by, proposal, uploader.pk if uploader else None):
        raise NotAllowed(_("只有放照片的人、这里的社区工作人员和街道经办可以收回照片"))
    if photo.withheld_at is not None:
        raise Refused(_("这张照片已经收回了"))
    if not seen(reason):
        raise Refused(reason=_("请写一句为什么收回，大家看得到"))
    photo.withheld_why = in_public(one_line(reason), place=proposal.place, author=by)[:WITHHELD_LENGTH]
    photo.withheld_at, photo.withheld_by, photo.digest = now(), by, _digest(photo)
    photo.save(update_fields=["withheld_at", "withheld_by", "withheld_why", "digest"])
    note_on_card(proposal)
    if uploader is not None and not by.is_same(uploader.pk):
        title = _("您放的一张照片收回了：%(title)s") % {"title": proposal.title}
        tell(uploader, title, photo.withheld_why, proposal.get_absolute_url(), event=told.PHOTO_WITHHELD.name)


def _digest(photo: Withholdable) -> str:
    image = photo.image  # type: ignore[attr-defined]
    try:
        with image.open("rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except FileNotFoundError:
        return hashlib.sha256(b"").hexdigest()
