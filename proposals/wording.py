"""What is said about a project, with the numbers that decide about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from minshi.faces.words import cn_until, filled, said_late
from minshi.policy import selectors as policy
from proposals.models import ENDED, Card, Proposal


def worded(text: object, proposal: Proposal) -> str:
    """The text with the policy's values in place of their names: as pinned for its stage, else as in force there."""

    def value_of(name: str) -> Any:
        pinned = proposal.terms.get(name)
        return policy.value(name, proposal.place) if pinned is None else pinned

    return filled(text, value_of)


def until(card: Card, moment: datetime | None = None) -> str:
    """Until when people can take part; where nobody can any more, until when its holder has to act, or how late."""
    if card.stage in ENDED or card.due_at is None:
        return ""
    moment = moment or card.read_at
    if card.act_ends_at and moment < card.act_ends_at:
        return _("%(day)s 截止") % {"day": cn_until(card.act_ends_at)}
    if late := said_late(card.due_at, moment):
        return late
    if card.act_ends_at:
        return _("%(day)s 已截止") % {"day": cn_until(card.act_ends_at)}
    return _("%(day)s 前办好") % {"day": cn_until(card.due_at)}
