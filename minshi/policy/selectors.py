"""What holds here: the rule of the nearest place that gave one, else the platform's default."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from minshi.deadlines.rounds import asked_once
from minshi.faces.words import cn_until
from minshi.policy.calendar import china_date
from minshi.policy.models import Lengthening, Setting
from minshi.territory.models import Territory


class UnknownParameter(LookupError):
    """Code asked for a rule nobody has declared: a mistake, not a refusal."""


def _date(at: datetime | date | None) -> date | None:
    return None if at is None else china_date(at)


@asked_once
def value(name: str, place: Territory | None, at: datetime | date | None = None) -> Any:
    """The value of one parameter in ``place`` (now, or at ``at``); one query."""
    rows = Setting.objects.filter(parameter__name=name).in_force(place, _date(at))
    found = rows.values_list("value", flat=True).first()
    if found is None:
        raise UnknownParameter(name)
    return found


def lengthening_said(subject: Model) -> str:
    """Why a window ends later than it was announced, in one sentence; "" where it ends as announced. One query."""
    rows = Lengthening.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk, kind="window")
    found = list(rows.select_related("version").order_by("pk"))
    if not found:
        return ""
    first, last = found[0], found[-1]
    words = {"old": cn_until(first.old_end), "source": last.version.source, "new": cn_until(last.new_end)}
    return _("原定 %(old)s 截止；%(source)s公布后，顺延到 %(new)s") % words


def terms(names: str | Iterable[str], place: Territory | None, at: datetime | date | None = None) -> dict[str, Any]:
    """The values of many parameters as plain JSON, to be pinned when a stage begins; one query.

    A name that ends in a dot stands for all that begin with it: ``["review.", "vote.min_age"]``.
    """
    names = [names] if isinstance(names, str) else list(names)
    rows = Setting.objects.named(names).in_force(place, _date(at)).values_list("parameter__name", "value")
    found: dict[str, Any] = dict(rows)
    for name in names:
        if not any(key.startswith(name) if name.endswith(".") else key == name for key in found):
            raise UnknownParameter(name)
    return found


def rules_of(place: Territory | None, names: Iterable[str] = (), at: datetime | date | None = None) -> list[Setting]:
    """The settings in force with parameter, place and source, for the page that shows them; one query."""
    rows = Setting.objects.named(names) if names else Setting.objects.all()
    rules = rows.in_force(place, _date(at))
    return sorted(rules, key=lambda rule: (rule.parameter.row or 0, rule.parameter.pk))


def is_default(place: Territory | None, names: Iterable[str] = (), at: datetime | date | None = None) -> bool:
    """Whether no place here has ruled on any of these (on anything): the page says 示范参数，非法定."""
    rows = Setting.objects.named(names) if names else Setting.objects.all()
    return not rows.over(place).begun(_date(at)).exclude(place=None).exists()
