"""Putting a matter forward, mending it, taking it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.pictures import reencoded, smaller
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import TWICE, action, in_turn
from minshi.lifecycle.machine import begin, lock, why_not
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_name, one_line, seen
from minshi.paper import actions as paper
from minshi.paper.models import Sheet
from minshi.refusals import NotAllowed, Refused, refusing
from minshi.residents.actions import stand_for
from minshi.residents.models import Role
from minshi.residents.rules import holds, person_of
from minshi.territory.models import Household, Territory
from proposals.actions.benefits import listed
from proposals.actions.looking import ask_second_look
from proposals.actions.stages import advance, in_public, new_version, note_on_card
from proposals.actions.wishes import promote
from proposals.actions.withholding import PHOTOS, say_they_agreed
from proposals.lifecycle import period
from proposals.models import (
    HELP_LENGTH,
    ITEM_LENGTH,
    KEEPER_LENGTH,
    SPOT_LENGTH,
    TITLE_LENGTH,
    WHY_LENGTH,
    Card,
    CardPlace,
    Category,
    Channel,
    Kind,
    Photo,
    Proposal,
    Stage,
    Version,
    Wish,
    sum_of,
)
from proposals.selectors import was_accepted


@action
def submit(
    *,
    place: Territory,
    title: str,
    kind: str,
    category: str,
    need: str,
    plan: str,
    spot: str,
    cost_fen: int,
    shares: dict[str, int],
    keeper: str,
    by: User,
    people: int | None = None,
    lines: Iterable[Mapping[str, Any]] = (),
    help_wanted: str = "",
    parts: Iterable[Territory] = (),
    doors: Iterable[Household] = (),
    touches_common_parts: bool = False,
    channel: str = Channel.ONLINE,
    wish: Wish | None = None,
    photos: Iterable[UploadedFile] = (),
    shows_people: bool = False,
    sheet: Sheet | None = None,
    proposer: User | None = None,
    is_demo: bool = False,
) -> Proposal:
    """Put a proposal forward for ``place``; ``shares`` says who would pay what, in fen by ``Source``.

    ``lines`` are what it costs item by item (as ``Version.lines``): where there are some, ``cost_fen`` is their sum.
    ``shows_people``: people can be known on the photos, and ``by`` says that they agreed.
    ``parts`` (places beneath it) and ``doors`` are who benefits, without either all of ``place``. Its number is for
    life. ``proposer`` is whose it is where ``by`` typed it from that person's ``sheet``.
    Raises ``NotAllowed`` for whoever neither lives nor works there, ``Refused`` for one more than policy lets one
    person have open.
    """
    wrong = {}
    lines = list(lines)
    cost_fen = sum_of(lines) if lines else cost_fen
    owner, entered_by = (proposer, by) if proposer else (by, None)
    if not one_line(title):
        wrong["title"] = _("请写一句话说是什么事")
    if kind not in Kind.values:
        wrong["kind"] = _("请选服务类还是实物类")
    if category not in Category.values:
        wrong["category"] = _("请选一个类别")
    if sum(shares.values()) > cost_fen:
        wrong["shares"] = _("各方出资合计超过了预计费用 %(yuan)s 元") % {"yuan": format_yuan(cost_fen)}
    if wrong:
        raise Refused(**wrong)
    who = listed(place, parts, doors)
    hidden = partial(in_public, place=place, author=owner)
    proposal = Proposal(
        number=_next_number(),
        place=place,
        proposer=owner,
        proposer_public=_public_name(owner),
        title=hidden(one_line(title))[:TITLE_LENGTH],
        kind=kind,
        category=category,
        touches_common_parts=touches_common_parts,
        channel=channel,
        sheet=sheet,
        entered_by=entered_by,
        stage=Stage.SUBMITTED,
        is_demo=is_demo,
    )
    _hold_for_review(proposal)
    with refusing(open_proposals_of_one_person=("name" if proposer else "title", "")):
        proposal.save(force_insert=True)
    version = Version.objects.create(
        proposal=proposal,
        number=1,
        need=hidden(need),
        plan=hidden(plan),
        spot=hidden(spot)[:SPOT_LENGTH],
        people=people,
        cost_fen=cost_fen,
        lines=hidden_lines(lines, hidden),
        help_wanted=hidden(help_wanted)[:HELP_LENGTH],
        shares=shares,
        keeper=hidden(keeper)[:KEEPER_LENGTH],
        by=by,
        **who,
    )
    version.refresh_from_db(fields=["households"])
    begin(proposal, "submit", by=by, evidence={"channel": str(channel)} if entered_by else None)
    _make_card(proposal, version)
    for photo in photos:
        add_photo(proposal, photo, by=by)
    if shows_people and proposal.photos.exists():
        say_they_agreed(proposal, PHOTOS, by=by)
    if wish is not None:
        promote(wish, proposal, by=by)
    return proposal


def hidden_lines(lines: Iterable[Mapping[str, Any]], hidden: Callable[[str], str]) -> list[dict[str, Any]]:
    """Lines of the costs as they are public."""
    return [{**line, "item": hidden(line["item"])[:ITEM_LENGTH]} for line in lines]


@action
def submit_once(*, place: Territory, title: str, by: User, **words: Any) -> Proposal:
    """``submit`` from a page: the same title of the same place again, moments later, is the first one's receipt."""
    in_turn(by, "propose")
    return sent_moments_ago(place, title, by=by) or submit(place=place, title=title, by=by, **words)


def sent_moments_ago(place: Territory, title: str, *, by: User) -> Proposal | None:
    """What this person put forward for the place under the same title just now."""
    return _sent_before(place, title, author=by).filter(proposer=by, entered_by=None).first()


def _sent_before(place: Territory, title: str, **author: Any) -> QuerySet[Proposal]:
    public = in_public(one_line(title), place=place, **author)[:TITLE_LENGTH]
    return Proposal.objects.filter(place=place, title=public, submitted_at__gt=now() - TWICE).order_by("-id")


@action
def submit_for(door: Household, name: str, *, photo: UploadedFile | None, by: User, **words: Any) -> Proposal:
    """Enter a paper proposal for whoever signed it: theirs is the name, the number, and every quota.

    The same title of the same person again, moments later, is the first one's number.
    """
    place: Territory = words["place"]
    _refuse_stranger(by, place)
    in_turn(by, "propose")
    before = _sent_before(place, words["title"], name=one_line(name))
    if again := before.filter(entered_by=by, proposer__person__name=one_line(name)).first():
        return again
    proposer = stand_for(door, name, by=by)
    if photo is None:
        raise Refused(sheet=_("请拍下有签名的纸质提议表"))
    sheet = paper.register(place, [], about=one_line(words["title"]), stub=photo, by=by)
    entered = submit(**words, channel=Channel.PAPER, sheet=sheet, proposer=proposer, by=by)
    ask_second_look(sheet, by=by)
    return entered


def _refuse_stranger(by: User, place: Territory) -> None:
    if not holds(by, place, Role.CLERK):
        raise NotAllowed(_("只有这里的社区工作人员可以代录纸质提议和心愿"))


def _next_number() -> str:
    """``2026-00117``: the year and a running number; the counter's row lock hands them out one by one."""
    year = now().year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO proposals_numbercounter (year, last) VALUES (%s, 1) "
            "ON CONFLICT (year) DO UPDATE SET last = proposals_numbercounter.last + 1 RETURNING last",
            [year],
        )
        return f"{year}-{cursor.fetchone()[0]:05d}"


def _public_name(user: User) -> str:
    person = person_of(user)
    return mask_name(person.name) if person else _("居民")


def _hold_for_review(proposal: Proposal) -> None:
    """A new row must have a holder from its first instant; ``begin`` then sets the exact ones."""
    proposal.holder_role = Role.CHIEF
    proposal.holder_place = proposal.place
    proposal.due_at = period(proposal.place, "review.days", now()).end


def _make_card(proposal: Proposal, version: Version) -> Card:
    card = Card.objects.create(
        proposal=proposal,
        number=proposal.number,
        title=proposal.title,
        place_name=proposal.place.name,
        place_full_name=proposal.place.full_name,
        kind=proposal.kind,
        category=proposal.category,
        stage=proposal.stage,
        submitted_at=proposal.submitted_at,
        due_at=proposal.due_at,
        households=version.households,
        people=version.people,
        budget_fen=version.budget_fen,
        is_demo=proposal.is_demo,
    )
    CardPlace.objects.bulk_create(
        CardPlace(card=card, place=above, submitted_at=proposal.submitted_at) for above in proposal.place.ancestors()
    )
    return card


@action
def add_photo(
    proposal: Proposal, upload: UploadedFile, *, by: User, caption: str = "", moment: str = "before"
) -> Photo:
    """Keep a picture; it is decoded and drawn anew, so nothing that was hidden in the file survives."""
    caption = in_public(caption, place=proposal.place, author=proposal.proposer)
    photo = Photo(proposal=proposal, caption=caption, moment=moment, by=by)
    picture = reencoded(upload)
    photo.image.save(picture.name or "photo.jpg", picture, save=False)
    small = smaller(picture)
    photo.small.save(small.name or "small.webp", small, save=False)
    photo.save()
    note_on_card(proposal)
    return photo


@action
def resubmit(
    proposal: Proposal,
    *,
    by: User,
    why: str,
    title: str | None = None,
    category: str | None = None,
    photos: Iterable[UploadedFile] = (),
    shows_people: bool = False,
    dropped: Iterable[Photo] = (),
    benefits: tuple[Iterable[Territory], Iterable[Household]] | None = None,
    **words: Any,
) -> StepRecord:
    """The proposer sends the mended words (fields of Version) back to review, under another title if they wish.

    ``photos`` come besides those that are there, ``dropped`` are taken out; ``benefits`` (places, doors) says anew who
    benefits.
    """
    if not seen(why):
        raise Refused(why=_("请写明改了什么"))
    lock(proposal)
    if reasons := why_not(proposal, "resubmit", by):
        raise NotAllowed(*reasons)
    rename(proposal, title, category)
    for photo in dropped:
        drop_photo(proposal, photo)
    for upload in photos:
        add_photo(proposal, upload, by=by)
    if shows_people and proposal.photos.exists():
        say_they_agreed(proposal, PHOTOS, by=by)
    most = {"spot": SPOT_LENGTH, "keeper": KEEPER_LENGTH, "help_wanted": HELP_LENGTH}
    hidden = partial(in_public, place=proposal.place, author=proposal.proposer)
    masked = {name: hidden(word)[: most.get(name)] if isinstance(word, str) else word for name, word in words.items()}
    if "lines" in words:
        masked["lines"] = hidden_lines(words["lines"], hidden)
    if benefits is not None:
        masked |= listed(proposal.place, *benefits)
    record = advance(proposal, "resubmit", by=by, reason=why)
    new_version(proposal, by=by, why=hidden(why)[:WHY_LENGTH], **masked)
    return record


def rename(proposal: Proposal, title: str | None, category: str | None) -> None:
    """Another title or category; what was left out stays."""
    before = (proposal.title, proposal.category)
    if title is not None:
        if not seen(one_line(title)):
            raise Refused(title=_("请写一句话说是什么事"))
        said = in_public(one_line(title), place=proposal.place, author=proposal.proposer)
        proposal.title = said[:TITLE_LENGTH]
    if category is not None:
        if category not in Category.values:
            raise Refused(category=_("请选一个类别"))
        proposal.category = category
    if before != (proposal.title, proposal.category):
        proposal.save(update_fields=["title", "category"])
        note_on_card(proposal, title=proposal.title, category=proposal.category)


def drop_photo(proposal: Proposal, photo: Photo) -> None:
    """Taken out by whoever put it there: a face may be on it. The audit keeps that there was one."""
    if photo.proposal_id != proposal.pk:
        raise Refused(dropped=_("这张照片不是这件事的"))
    if photo.withheld_at is not None:
        raise Refused(dropped=_("这张照片已经收回，原件要锁住"))
    image, small = photo.image, photo.small
    photo.delete()
    transaction.on_commit(lambda: (image.delete(save=False), small.delete(save=False)))
    note_on_card(proposal)


@action
def withdraw(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """The proposer takes it back, as long as nobody has taken it on: afterwards there may be money and contracts."""
    if by.is_same(proposal.proposer_id) and was_accepted(proposal):
        raise Refused(_("这件事已经有人接单筹钱，不能撤回；不办的，请社区按了结办：付清应付、退回余款"))
    return advance(proposal, "withdraw", by=by, reason=reason)
