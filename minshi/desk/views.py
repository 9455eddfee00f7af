"""What waits for me and until when: the admin's first page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.clock import now
from minshi.deadlines.models import Deadline
from minshi.policy import calendar
from minshi.residents.rules import Held, roles_of
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
        {"name": name, "label": label, "none": none, **_rows(list(rows[: MOST_ROWS + 1]), moment, roles)}
        for name, label, rows, none in groups
    ]
    return context


def _rows(deadlines: list[Deadline], moment: datetime, roles: tuple[Held, ...]) -> dict[str, Any]:
    shown = deadlines[:MOST_ROWS]
    paths = {deadline.place_path for deadline in shown}
    places = dict(Territory.objects.filter(path__in=paths).values_list("path", "name"))
    rows = [{**_row(deadline, moment, roles), "place": places.get(deadline.place_path, "")} for deadline in shown]
    return {"more": len(deadlines) > MOST_ROWS, "rows": rows}


def _row(deadline: Deadline, moment: datetime, roles: tuple[Held, ...]) -> dict[str, Any]:
    left = calendar.working_days_left(moment, deadline.due)
    return {
        "title": deadline.title,
        "url": _page_of(deadline),
        "holder": next(held.label for held in roles if _holds(held, deadline)),
        "since": deadline.set_at,
        "due": deadline.due,
        "left": _("已逾期") if deadline.due <= moment else _("%(days)d 个工作日") % {"days": left},
    }


def _holds(held: Held, deadline: Deadline) -> bool:
    return held.role == deadline.role and deadline.place_path.startswith(held.path)


def _page_of(deadline: Deadline) -> str:
    """The thing's page at the desk where something can be done with it there, else the page its app named."""
    model = apps.get_model(deadline.subject_type)
    if not admin.site.is_registered(model) or not getattr(admin.site.get_model_admin(model), "desk_forms", ()):
        return deadline.url
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[deadline.subject_id])
