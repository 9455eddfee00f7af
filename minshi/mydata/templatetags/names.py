"""``{% load names %}{% my_name_here act subject %}``: whether one's whole name stands beside this, and the one press
that changes it, on the page that shows it; for whoever said it, who is asked before."""

from __future__ import annotations

from typing import Any

from django import template

from minshi.accounts.requests import somebody_of
from minshi.mydata import actions
from minshi.residents.rules import person_of

register = template.Library()


@register.inclusion_tag("mydata/name_here.html", takes_context=True)
def my_name_here(context: template.Context, act: str, subject: int) -> dict[str, Any]:
    person = person_of(somebody_of(context["request"]))
    return {
        "csrf_token": context.get("csrf_token"),
        "person": person,
        "act": act,
        "subject": subject,
        "named": person is not None and actions.names_shown(person, act, subject),
        "back": context["request"].path,
    }
