"""What is said about a project, with the numbers that decide about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from minshi.faces.words import cn_until, filled, said_late
from minshi.policy import selectors as policy
from minshi.territory.models import Territory
from proposals.models import ENDED, Card, Proposal, Version


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


def who_benefits(version: Version, place: Territory) -> str:
    """Whom a version lists, for everybody: places by name; single doors as a number, since few doors are somebody's."""
    if version.places == [place.pk]:
        return _("整个%(place)s") % {"place": place.name}
    names = list(Territory.objects.filter(pk__in=version.places).order_by("path").values_list("name", flat=True))
    if not names:
        return _("单独列出的 %(n)d 户") % {"n": len(version.doors)}
    said = "、".join(names)
    return _("%(places)s和单独列出的 %(n)d 户") % {"places": said, "n": len(version.doors)} if version.doors else said


def changes_of_benefits(versions: Sequence[Version], place: Territory) -> list[tuple[Version, str, str]]:
    """The versions that list others than the one before, each with who was listed and who is."""
    return [
        (new, who_benefits(old, place), who_benefits(new, place))
        for old, new in pairwise(versions)
        if (old.places, old.doors) != (new.places, new.doors)
    ]
