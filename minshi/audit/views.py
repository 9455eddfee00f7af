"""The public page of the chain: one root for every day that is over."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from minshi.audit.models import DayRoot, Link

PER_PAGE = 31


@require_safe
def chain(request: HttpRequest) -> HttpResponse:
    roots = DayRoot.objects.all()
    if before := _day(request.GET.get("before", "")):
        roots = roots.filter(day__lt=before)
    page = list(roots[: PER_PAGE + 1])
    has_older = len(page) > PER_PAGE
    page = page[:PER_PAGE]
    return render(
        request,
        "audit/roots.html",
        {
            "roots": page,
            "head": Link.objects.order_by("-seq").values("seq", "sealed_at").first(),
            "newer": reverse("chain") if before else "",
            "older": f"{reverse('chain')}?before={page[-1].day:%Y-%m-%d}" if has_older else "",
        },
    )


def _day(text: str) -> date | None:
    """Whatever is no day is no filter."""
    try:
        return parse_date(text)
    except ValueError:
        return None
