"""The yardstick: the smallest Django that does the same kind of thing, in one file.

``/vote/`` has session, CSRF and user and inserts one row; ``/page/`` reads one row and draws 14 KB.
Session store, pool, password hashing and server are the platform's own, so that only the work differs.
"""

from __future__ import annotations

import os

import django
from django.conf import settings

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.bare_settings"
django.setup()

from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import redirect, render  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402


class BareVote(models.Model):
    voter = models.BigIntegerField()
    choice = models.CharField(max_length=10)

    class Meta:
        app_label = "bench"
        db_table = "bench_bare_vote"

    def __str__(self) -> str:
        return self.choice


class BarePage(models.Model):
    text = models.TextField()

    class Meta:
        app_label = "bench"
        db_table = "bench_bare_page"

    def __str__(self) -> str:
        return self.text


@login_required
@require_POST
def vote(request: HttpRequest) -> HttpResponse:
    BareVote.objects.create(voter=request.user.pk, choice=request.POST["choice"])
    return redirect("/done/")


def page(request: HttpRequest) -> HttpResponse:
    row = BarePage.objects.get(pk=1)
    return render(request, "bare.html", {"title": "一个页面", "paragraphs": row.text.split("\n")})


urlpatterns = [path("vote/", vote), path("page/", page)]
application = get_wsgi_application()
assert settings.ROOT_URLCONF == "bench.bare"
