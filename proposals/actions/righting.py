"""What was typed otherwise than it stands on its sheet is put right by a new version; its author hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.deadlines.actions import meet
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import mask_text, one_line, seen
from minshi.notifications.actions import tell, tell_doors
from minshi.refusals import NotAllowed, Refused
from minshi.residents.actions import stand_for
from minshi.residents.rules import person_of
from minshi.territory.models import Household
from proposals import rules, told
from proposals.actions.looking import LOOK, locked_look, show_on_page, wait_for_second
from proposals.actions.proposing import hidden_lines, rename
from proposals.actions.stages import in_public, new_version
from proposals.models import SPOT_LENGTH, WHY_LENGTH, WISH_LENGTH, Look, LookState, Proposal, Wish, WishChange
from proposals.selectors import entered_from, sides_of


@dataclass(frozen=True)
class Righted:
    """What a wish says on its sheet; ``door`` and ``name`` where it is somebody else's than was typed."""

    text: str
    spot: str = ""
    door: Household | None = None
    name: str = ""


def _begin(look: Look, why: str, by: User) -> Look:
    meet(look, LOOK)  # first: the sweeper too locks the deadline before what it is of
    look = locked_look(look)
    if not rules.may_correct(by, look, sides_of(entered_from(look))):
        raise NotAllowed(_("由这里的社区工作人员或者能对照原件的人更正"))
    if look.state != LookState.DIFFERS:
        raise Refused(_("这张原件没有等更正的地方，或者刚刚有人更正过了"))
    if not seen(why):
        raise Refused(why=_("请写明照原件改了什么"))
    return look


def _end(look: Look, by: User) -> Look:
    """Whoever typed it now does not look at it: another does."""
    look.typed_by, look.state, look.looked_by, look.looked_at, look.difference = by, LookState.WAITING, None, None, ""
    look.save(update_fields=["typed_by", "state", "looked_by", "looked_at", "difference"])
    wait_for_second(look)
    show_on_page(look)
    return look


@action
def correct_proposal(look: Look, *, why: str, title: str, category: str, by: User, **words: Any) -> Look:
    """Put a proposal right as it stands on its sheet, by a new version; ``words`` are fields of Version."""
    look = _begin(look, why, by)
    proposal = Proposal.objects.select_related("place", "proposer").get(sheet=look.sheet_id)
    lock(proposal)
    if not rules.may_still_correct(proposal):
        raise Refused(_("现在是“%(stage)s”，原文不能再改") % {"stage": proposal.get_stage_display()})
    rename(proposal, title, category)
    hidden = partial(in_public, place=proposal.place, author=proposal.proposer)
    masked = {name: hidden(word) if isinstance(word, str) else word for name, word in words.items()}
    if "lines" in words:
        masked["lines"] = hidden_lines(words["lines"], hidden)
    note = _("照纸质原件更正：%(why)s") % {"why": hidden(one_line(why))}
    new_version(proposal, by=by, why=note[:WHY_LENGTH], **masked)
    _tell_author(proposal.proposer, proposal.title, note, proposal.get_absolute_url(), look)
    return _end(look, by)


@action
def correct_wishes(look: Look, righted: Mapping[int, Righted], *, why: str, by: User) -> Look:
    """Put wishes of a page right as they stand on it, by their keys; what each said before is kept."""
    look = _begin(look, why, by)
    rows = Wish.objects.select_for_update(of=("self",)).select_related("by").filter(sheet=look.sheet_id)
    note = mask_text(one_line(why))[:WHY_LENGTH]
    for wished in rows.filter(pk__in=righted).order_by("pk"):
        _put_right(wished, righted[wished.pk], note, look, by)
    return _end(look, by)


def _put_right(wished: Wish, said: Righted, note: str, look: Look, by: User) -> None:
    hidden = partial(in_public, place=wished.place, author=wished.by)
    text, spot = hidden(said.text)[:WISH_LENGTH], hidden(said.spot)[:SPOT_LENGTH]
    if (text, spot) == (wished.text, wished.spot) and said.door is None:
        return
    if not rules.may_still_correct(wished):
        raise Refused(_("心愿“%(text)s”已经办结，不能再改") % {"text": wished.text[:20]})
    WishChange.objects.create(wish=wished, text=wished.text, spot=wished.spot, why=note, by=by)
    wished.text, wished.spot = text, spot
    if said.door is not None:
        wished.by, wished.wisher_name = stand_for(said.door, said.name, by=by), one_line(said.name)
        wished.place = said.door.place
    wished.save(update_fields=["text", "spot", "by", "wisher_name", "place"])
    _tell_author(wished.by, wished.text, note, wished.get_absolute_url(), look)


def _tell_author(author: User, what: str, why: str, url: str, look: Look) -> None:
    """Whoever wrote it; without a phone at their door, and there without the words."""
    title, matter = _("登记时有出入，已照您的纸质原件更正：%(what)s") % {"what": what[:40]}, f"look:{look.pk}"
    person = person_of(author)
    home = person.residence if person else None
    if author.phone or home is None:
        tell(author, title, why, url, event=told.LOOK_CORRECTED.name, matter=matter)
    else:
        plain = _("您家交来的纸质件登记时有出入，已照原件更正")
        tell_doors([home.household_id], plain, "", url, asked=False, event=told.LOOK_CORRECTED.name, matter=matter)
