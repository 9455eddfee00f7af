"""The public page of the chain: one root for every day that is over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from minshi import paging
from minshi.audit.models import DayRoot

DAY = paging.Key(lambda root: f"{root.day:%Y-%m-%d}", paging.day, lambda roots, day: roots.filter(day__lt=day))
PER_PAGE = 31


@require_safe
def chain(request: HttpRequest) -> HttpResponse:
    page = paging.page_of(DayRoot.objects.all(), DAY, request.GET.get("before", ""), PER_PAGE)
    return render(
        request,
        "audit/roots.html",
        {
            "roots": page.rows,
            # Of the last day that is over: a count of this minute would tell that somebody voted in it.
            "head": DayRoot.objects.first(),
            "newer": "" if page.is_first else reverse("chain"),
            "older": reverse("chain") + paging.link({}, before=page.next) if page.next else "",
        },
    )
