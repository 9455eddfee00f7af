"""Addresses the face links to, without the apps that will fill them, and views that go wrong on purpose."""

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from minshi.refusals import NotAllowed, Refused


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html", {"sample_policy": "sample" in request.GET, "demo_data": "demo" in request.GET})


def told(request: HttpRequest) -> HttpResponse:
    messages.warning(request, "请再看一遍。")
    return render(request, "base.html")


def not_allowed(request: HttpRequest) -> HttpResponse:
    raise NotAllowed("您不是这一户的代表。", "请到社区登记。")


def refused(request: HttpRequest) -> HttpResponse:
    raise Refused("公示还没有结束。", amount="超过批准的数额。")


def denied(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def bad(request: HttpRequest) -> HttpResponse:
    raise BadRequest


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


NAMES = ("projects", "wishes", "mine", "notices", "how")
urlpatterns = [
    path("", page, name="home"),
    *[path(f"{name}/", page, name=name) for name in NAMES],
    path("wishes/12/", page),
    path("accounts/login/code/", page, name="account_request_login_code"),
    path("accounts/logout/", page, name="account_logout"),
    path("told/", told),
    path("not-allowed/", not_allowed),
    path("refused/", refused),
    path("denied/", denied),
    path("bad/", bad),
    path("broken/", broken),
    path("admin/", admin.site.urls),
    path("", include("minshi.faces.urls")),
]
handler400 = "minshi.faces.views.bad_request"
handler403 = "minshi.faces.views.permission_denied"
handler404 = "minshi.faces.views.page_not_found"
handler500 = "minshi.faces.views.server_error"
