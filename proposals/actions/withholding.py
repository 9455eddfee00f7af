"""Taking a picture back: who can be known on it did not agree to be shown, or does not any more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import one_line, seen
from minshi.mydata.actions import agree
from minshi.mydata.models import Consent
from minshi.mydata.signals import Opened
from minshi.notifications.actions import tell
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person, Role
from minshi.residents.rules import holds, person_of
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
    if proposal.merged_into:
        note_on_card(proposal.merged_into)
    if uploader is not None and not by.is_same(uploader.pk):
        title = _("您放的一张照片收回了：%(title)s") % {"title": proposal.title}
        tell(uploader, title, photo.withheld_why, proposal.get_absolute_url(), event=told.PHOTO_WITHHELD.name)


PHOTOS = Photo._meta.label_lower
"""The act of who says, with the photos they put there, that everybody on them agreed; its subject is the project."""


def say_they_agreed(proposal: Proposal, act: str, *, by: User) -> None:
    """Kept as a consent of whoever put the photos there, to be taken back like any other."""
    person, url = person_of(by), proposal.get_absolute_url()
    if person is not None:
        what, place = Consent.What.PHOTO, proposal.place
        agree(person, act, proposal.pk, what=what, title=proposal.title, url=url, place=place, by=by)


def photos_opened(act: str, subject: int, person: Person) -> Opened | None:
    """Those of one project that this person put there."""
    if act != PHOTOS:
        return None
    proposal = Proposal.objects.select_related("place").filter(pk=subject).first()
    if proposal is None or person.user is None:
        raise NotAllowed(_("只有放照片的人可以收回"))
    lock(proposal)
    photos = proposal.photos.filter(by__in=person.user.keys, withheld_at=None).select_related("by")
    return opened_photos(proposal, person.user, list(photos))


def opened_photos(proposal: Proposal, user: User, photos: Sequence[Withholdable]) -> Opened:
    def write(publishes: bool) -> str:
        for photo in photos:
            withhold(lock(photo), proposal, user, reason=_("照片里的人不再同意公开"), by=user)
        return ""

    why_not = _("照片公开不公开，放照片的时候说明")
    return Opened(proposal.title, proposal.get_absolute_url(), proposal.place, write, why_not)


def _digest(photo: Withholdable) -> str:
    image = photo.image  # type: ignore[attr-defined]
    try:
        with image.open("rb") as stream:
            return hashlib.sha256(stream.read()).hexdigest()
    except FileNotFoundError:
        return hashlib.sha256(b"").hexdigest()
