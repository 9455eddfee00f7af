"""A project's card as it stands in every list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from minshi.disclosure.models import Notice
from minshi.faces.templatetags.faces import badge, item, notice_item
from minshi.faces.words import cn_date, percent, yuan
from proposals.models import ENDED, Card, Photo, Resource, Stage, Wish, WishStage
from proposals.wording import until

register = template.Library()

PHOTOS_SHOWN = 3


@register.simple_tag
def card_of(card: Card, heading: str = "h3", moment: datetime | None = None) -> SafeString:
    """Title, place, stage, and the one figure that matters in that stage; ``moment`` where the card brings none."""
    stage, kind = card.get_stage_display(), "plain"
    if card.stage == Stage.ARCHIVED:
        kind = "done"
    elif card.stage in ENDED:
        kind = "wrong"
    over = card.act_ends_at is not None and (moment or card.read_at) >= card.act_ends_at
    waiting = card.stage in (Stage.COSIGNING, Stage.VOTING, Stage.RATING) and not over
    return item(
        card.title,
        card.get_absolute_url(),
        " · ".join(part for part in (card.place_name, _figure(card), until(card, moment)) if part),
        stage="" if waiting else badge(stage, kind),
        waits=stage if waiting else "",
        heading=heading,
    )


@register.simple_tag
def wish_card(wish: Wish, heading: str = "h3") -> SafeString:
    """A wish on the wall; who wished is nobody's business here."""
    wanted = _("%(n)d 人也想要") % {"n": wish.supporters} if wish.supporters else ""
    kind = {WishStage.NEW: "waits", WishStage.DECLINED: "wrong"}.get(WishStage(wish.stage), "done")
    return item(
        f"“{wish.text}”",
        wish.get_absolute_url(),
        " · ".join(part for part in (wish.place.name, cn_date(wish.at), wanted) if part),
        stage=badge(wish.get_stage_display(), kind),
        heading=heading,
    )


@register.simple_tag
def resource_card(resource: Resource, heading: str = "h3") -> SafeString:
    """What somebody offers: a unit by its name, a resident by none."""
    return item(
        resource.title,
        resource.get_absolute_url(),
        " · ".join((resource.offered_by, resource.place.name, resource.times)),
        stage=badge(resource.get_kind_display(), "plain"),
        heading=heading,
    )


def _figure(card: Card) -> str:
    if card.stage == Stage.COSIGNING:
        return _("已附议 %(n)d 户") % {"n": card.cosigns}
    if card.stage == Stage.VOTING:
        return _("%(n)d / %(all)d 户已投") % {"n": card.turnout, "all": card.electorate}
    if card.stage == Stage.ARCHIVED and card.rating_answers:
        return _("满意 %(n)d%%") % {"n": percent(card.rating_satisfied, card.rating_answers)}
    if card.budget_fen:
        return _("预算 %(yuan)s 元") % {"yuan": yuan(card.budget_fen)}
    return ""


@register.simple_tag
def notice_of(notice: Notice, moment: datetime, place: str = "", number: str | None = None) -> SafeString:
    """A notice in a list: while it runs, until when one may object; afterwards, that it is over."""
    runs = notice.withdrawn_by_id is None and notice.ends_at > moment
    over = _("已更正") if notice.withdrawn_by_id else _("公示期满")
    facts = (notice.get_kind_display(), place, "" if runs else over)
    return notice_item(
        notice.title,
        notice.get_absolute_url(),
        " · ".join(str(fact) for fact in facts if fact),
        number=notice.number if number is None else number,
        until=notice.ends_at if runs else None,
    )


@register.inclusion_tag("proposals/photos.html")
def photos_of(photos: Sequence[Photo], title: str) -> dict[str, Any]:
    return {"shown": photos[:PHOTOS_SHOWN], "more": photos[PHOTOS_SHOWN:], "title": title}
