"""Keeping what is being written, step by step, until it is put forward or forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.accounts.models import User
from minshi.clock import Instant, now
from minshi.faces.pictures import reencoded
from minshi.lifecycle.action import action, in_turn
from minshi.lifecycle.machine import why_not
from minshi.masking import readable
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person
from proposals.actions.proposing import sent_moments_ago, submit_once
from proposals.models import MOST_DRAFT_PHOTOS, MOST_DRAFTS, Draft, DraftPhoto, Proposal, Wish

MOST_KEPT = 40_000
"""Characters of one draft: what all its fields may take, several times over."""

GONE = gettext_lazy("这份没写完的提议已经交上去或者删掉了")
WRITTEN_MEANWHILE = gettext_lazy("这份刚在另一处改过，请看一遍再提交")

Typed = Mapping[str, list[str]]


@action
def begin_draft(typed: Typed, *, by: User, wish: Wish | None = None) -> Draft:
    in_turn(by, "draft")
    if Draft.objects.filter(user__in=by.keys).count() >= MOST_DRAFTS:
        raise Refused(_("您已经有 %(most)d 份没写完的，请先写完或者删掉一份") % {"most": MOST_DRAFTS})
    draft = Draft.objects.create(user=by, wish=wish, typed=_kept(typed))
    if wish and by.is_same(wish.by_id):
        _bring_photos(wish, draft)
    return draft


def _bring_photos(wish: Wish, draft: Draft) -> None:
    """What everybody sees of one's own wish goes along; they may leave it out. Another's photos stay with their wish,
    where they can take them back."""
    for photo in wish.photos.filter(is_shown=True).order_by("ordinal"):
        with suppress(FileNotFoundError), photo.image.open("rb") as file:
            kept = DraftPhoto(draft=draft, name=_("心愿的照片%(n)d.jpg") % {"n": photo.ordinal})
            kept.image.save(f"{uuid4().hex}.jpg", ContentFile(file.read()), save=False)
            kept.save()


@action
def write_draft(draft: Draft, typed: Typed, *, by: User) -> Draft:
    """Keep what was typed in one step, right or not; the other steps stay. Its days begin anew."""
    row = _theirs(draft, by)
    row.typed = _kept({**row.typed, **typed})
    row.at = now()
    row.save(update_fields=["typed", "at"])
    return row


def _kept(typed: Typed) -> dict[str, list[str]]:
    kept = {name: [readable(text) for text in texts] for name, texts in typed.items()}
    if sum(len(text) for texts in kept.values() for text in texts) > MOST_KEPT:
        raise Refused(_("写得太长，存不下；请写短一些"))
    return kept


@action
def keep_draft_photos(draft: Draft, photos: Iterable[UploadedFile], dropped: Iterable[int] = (), *, by: User) -> None:
    """Take photos in beside those that are there, less the ``dropped`` ones (their keys)."""
    row, photos = _theirs(draft, by), list(photos)
    _delete(row.photos.filter(pk__in=list(dropped)))
    if row.photos.count() + len(photos) > MOST_DRAFT_PHOTOS:
        raise Refused(photos=_("最多放 %(most)d 张照片") % {"most": MOST_DRAFT_PHOTOS})
    for photo in photos:
        picture = reencoded(photo)
        kept = DraftPhoto(draft=row, name=readable(photo.name or "")[-120:])
        kept.image.save(picture.name or "photo.jpg", picture, save=False)
        kept.save()


@action
def drop_draft(draft: Draft, *, by: User) -> None:
    _gone(Draft.objects.filter(pk=_theirs(draft, by).pk))


@action
def submit_draft(draft: Draft, *, by: User, **words: Any) -> Proposal:
    """Put forward what was written, with its photos, once; the draft is gone with it.

    ``words`` are those of ``submit``, out of ``draft`` as it was read. Whoever is a moment late gets the receipt of the
    first. Where the wish it began with was answered otherwise meanwhile, it stands by itself. Raises ``Refused`` where
    something else was written meanwhile: it would be gone with the draft.
    """
    in_turn(by, "propose")
    row = Draft.objects.select_for_update(of=("self",)).filter(pk=draft.pk, user__in=by.keys).first()
    if row is None:
        if again := sent_moments_ago(words["place"], words["title"], by=by):
            return again
        raise NotAllowed(GONE)
    if row.typed != draft.typed:
        raise Refused(WRITTEN_MEANWHILE)
    photos = [_as_upload(photo) for photo in row.photos.order_by("pk")]
    wish = row.wish if row.wish and not why_not(row.wish, "promote", by) else None
    proposal = submit_once(by=by, wish=wish, photos=photos, **words)
    _gone(Draft.objects.filter(pk=row.pk))
    return proposal


def _as_upload(photo: DraftPhoto) -> UploadedFile:
    with photo.image.open("rb") as file:
        return SimpleUploadedFile(photo.name or "photo.jpg", file.read(), "image/jpeg")


def forget_drafts() -> int:
    """What nobody came back to."""
    days = int(policy.value("drafts.days", None))
    return _gone(Draft.objects.filter(at__lt=Instant() - timedelta(days=days)))


@action
def forget_drafts_of(person: Person, *, by: None = None) -> None:
    if person.user_id:
        _gone(Draft.objects.filter(user=person.user_id))


def _theirs(draft: Draft, by: User) -> Draft:
    row = Draft.objects.select_for_update(of=("self",)).filter(pk=draft.pk, user__in=by.keys).first()
    if row is None:
        raise NotAllowed(GONE)
    return row


def _gone(drafts: QuerySet[Draft]) -> int:
    keys = list(drafts.values_list("pk", flat=True))
    _delete(DraftPhoto.objects.filter(draft__in=keys))
    Draft.objects.filter(pk__in=keys).delete()
    return len(keys)


def _delete(photos: QuerySet[DraftPhoto]) -> None:
    """Rows and files; the files once the rows are gone for good."""
    gone = list(photos)
    DraftPhoto.objects.filter(pk__in=[photo.pk for photo in gone]).delete()
    for photo in gone:
        transaction.on_commit(lambda image=photo.image: image.delete(save=False))  # type: ignore[misc]
