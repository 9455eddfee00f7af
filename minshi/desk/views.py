"""What waits for me and until when: the admin's first page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from minshi.clock import now
from minshi.deadlines.models import Deadline
from minshi.policy import calendar
from minshi.residents.models import Role
from minshi.residents.rules import roles_of, title_in
from minshi.territory.models import Territory

MOST_ROWS = 50
"""Of one group on the desk; a desk with more is said to have more."""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by unfold for the admin's index."""
    roles = roles_of(request.user)  # type: ignore[arg-type]
    moment = now()
    waiting = Deadline.objects.waiting_for([(held.role, held.path) for held in roles]).order_by("due")
    week = moment + timedelta(days=7)
    groups = (
        ("overdue", _("已逾期"), waiting.filter(due__lte=moment), _("没有逾期的事。")),
        ("week", _("七天内到期"), waiting.filter(due__gt=moment, due__lte=week), _("七天内没有到期的事。")),
        ("later", _("之后"), waiting.filter(due__gt=week), _("没有其他等您办的事。")),
    )
    context["roles"] = roles
    context["groups"] = [
        {"name": name, "label": label, "none": none, **_rows(list(rows[: MOST_ROWS + 1]), moment)}
        for name, label, rows, none in groups
    ]
    return context


def _rows(deadlines: list[Deadline], moment: datetime) -> dict[str, Any]:
    shown = deadlines[:MOST_ROWS]
    places = dict(
        Territory.objects.filter(path__in={deadline.place_path for deadline in shown}).values_list("path", "name")
    )
    return {"more": len(deadlines) > MOST_ROWS, "rows": [_row(deadline, places, moment) for deadline in shown]}


def _row(deadline: Deadline, places: dict[str, str], moment: datetime) -> dict[str, Any]:
    left = calendar.working_days_left(moment, deadline.due)
    return {
        "title": deadline.title,
        "url": deadline.url,
        "holder": title_in(places.get(deadline.place_path, ""), deadline.role) if deadline.role in Role else "",
        "since": deadline.set_at,
        "due": deadline.due,
        "left": _("已逾期") if deadline.due <= moment else _("%(days)d 个工作日") % {"days": left},
    }
