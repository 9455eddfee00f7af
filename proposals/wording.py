"""What is said about a project, with the numbers that decide about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from minshi.faces.words import cn_until, filled, said_late
from minshi.ledger.money import format_yuan
from minshi.policy import selectors as policy
from minshi.residents.naming import without_neighbours
from minshi.territory.models import Territory, paths_down_to
from proposals.models import ENDED, Card, Proposal, Source, Version


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


Part = tuple[str, str]
"""A place by its path, and a unit (单元) of it; "" is all of the place."""


def told_beneficiaries(proposal: Proposal) -> str:
    """How many doors benefit and where they are, as a notice tells it: places by name, single doors by their number.

    Single doors are told of their unit, their building, or the place around it: of the nearest in which as many are
    listed as a result may tell by itself (policy ``ballots.smallest_group``). No door is named.
    """
    version, own = proposal.version, proposal.place
    doors = list(proposal.beneficiaries().values_list("place__path", "key"))
    if version.places == [own.pk]:
        return _("%(n)d 户：%(who)s") % {"n": len(doors), "who": who_benefits(version, own)}
    whole = list(Territory.objects.filter(pk__in=version.places).order_by("path").values_list("path", flat=True))
    listed: Counter[Part] = Counter()
    single: Counter[Part] = Counter()
    for path, key in doors:
        around = next((each for each in whole if path.startswith(each)), None)
        if around is None:
            single[path, _unit_of(key)] += 1
        else:
            listed[around, ""] += 1
    least = int(policy.value("ballots.smallest_group", own))
    parts = {**listed, **_folded(single, own.path, least)}
    said = "、".join(_part_said(part, n, own, parts) for part, n in sorted(parts.items(), key=_the_rest_last(own)))
    return _("%(n)d 户：%(who)s") % {"n": len(doors), "who": said}


def _unit_of(key: str) -> str:
    """The unit in a door's reading (building/unit/number); "" where the register holds none."""
    return key.split("/")[1] if key.count("/") == 2 else ""


def _folded(groups: Counter[Part], top: str, least: int) -> dict[Part, int]:
    """What is too few to be told joins what lies around it, from the inside out; at the top it is told however few."""
    waiting, told = dict(groups), {}
    while waiting:
        path, unit = part = max(waiting, key=lambda each: (each[0].count("/"), each[1]))
        n = waiting.pop(part)
        if n >= least or (path, unit) == (top, ""):
            told[part] = n
        else:
            around = (path if unit else path[: path.rindex("/", 0, -1) + 1], "")
            waiting[around] = waiting.get(around, 0) + n
    return told


def _the_rest_last(own: Territory) -> Callable[[tuple[Part, int]], tuple[bool, Part]]:
    return lambda row: (row[0][0] == own.path, (row[0][0], row[0][1] or "~"))


def _part_said(part: Part, n: int, own: Territory, parts: Iterable[Part]) -> str:
    path, unit = part
    if path == own.path and not unit:
        return _("分散在%(place)s的 %(n)d 户") % {"place": own.name, "n": n}
    inside = [each for each in paths_down_to(path) if len(each) > len(own.path)] or [own.path]
    names = Territory.objects.filter(path__in=inside).order_by("path").values_list("name", flat=True)
    facts = {"place": "".join(names), "unit": unit, "n": n}
    if unit:
        return _("%(place)s%(unit)s单元 %(n)d 户") % facts
    is_rest = any(other[0] == path and other[1] for other in parts)
    return _("%(place)s其他单元 %(n)d 户") % facts if is_rest else _("%(place)s %(n)d 户") % facts


def changes_of_benefits(versions: Sequence[Version], place: Territory) -> list[tuple[Version, str, str]]:
    """The versions that list others than the one before, each with who was listed and who is."""
    return [
        (new, who_benefits(old, place), who_benefits(new, place))
        for old, new in pairwise(versions)
        if (old.places, old.doors) != (new.places, new.doors)
    ]


Change = tuple[str, str, str]
"""What of a version is another than in the one before: the field's name, what it said, what it says."""


def differences(versions: Sequence[Version], place: Territory) -> list[tuple[Version, list[Change]]]:
    """Each version after the first with what it changed in words and money, the newest first.

    Words of long ago are shown as they would be written today: who moved in since is masked in them, too.
    """
    told = [(new, _changed(_said(old), _said(new))) for old, new in pairwise(versions)]
    changed = [each for each in reversed(told) if each[1]]
    shown = iter(_hidden([word for _new, changes in changed for change in changes for word in change], place))
    return [(new, [(next(shown), next(shown), next(shown)) for _change in changes]) for new, changes in changed]


def _changed(before: dict[str, str], after: dict[str, str]) -> list[Change]:
    return [(label, before[label] or "—", said or "—") for label, said in after.items() if before[label] != said]


BETWEEN = "\x01"
"""Between texts that are masked at once: nothing that is kept has it (``readable``)."""


def _hidden(words: Sequence[str], place: Territory) -> list[str]:
    return without_neighbours(BETWEEN.join(words), place).split(BETWEEN) if words else []


def _said(version: Version) -> dict[str, str]:
    money = {_("预计费用"): _yuan(version.cost_fen)}
    money |= {str(source.label): _yuan(version.share_fen(source)) for source in Source}
    words = {_("要解决什么"): version.need, _("打算怎么做"): version.plan, _("具体位置"): version.spot}
    return {**words, **money, _("建好后谁管"): version.keeper}


def _yuan(fen: int) -> str:
    return _("%(yuan)s 元") % {"yuan": format_yuan(fen)}
