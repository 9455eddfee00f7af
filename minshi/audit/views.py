"""The public page of the chain: one root for every day that is over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from minshi import paging
from minshi.audit import roots
from minshi.audit.models import DayRoot
from minshi.prefix import absolute

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


@require_safe
def witness(request: HttpRequest) -> HttpResponse:
    """How anybody keeps the hourly roots for everybody, and compares them with what is published later."""
    newest = roots.newest()
    return render(request, "audit/witness.html", {"address": absolute(reverse("roots_file")), "newest": newest})


@require_safe
def roots_file(request: HttpRequest) -> HttpResponse:
    """Every hour's root from ``since`` on; whoever kept some asks for those since the first of them."""
    response = HttpResponse(roots.published(request.GET.get("since", "")), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
