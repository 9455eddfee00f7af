"""A change knows the page it came from, and only its name."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from minshi.audit.actors import acting, origin
from minshi.audit.models import Event

seen: list[str] = []


def view(request: HttpRequest, phone: str = "") -> HttpResponse:
    seen.append(origin.get())
    if phone == "fail":
        raise ZeroDivisionError
    if request.method == "POST":
        with transaction.atomic(), acting(None):
            Group.objects.create(name="丙组")
    return HttpResponse()


urlpatterns = [path("named/<phone>/", view, name="a_page"), path("nameless/<phone>/", view)]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def _forget() -> None:
    seen.clear()


@pytest.fixture
def visitor(settings: object) -> Client:
    settings.MIDDLEWARE = ["minshi.audit.middleware.OriginMiddleware"]  # type: ignore[attr-defined]
    return Client()


def test_the_origin_is_the_name_of_the_route_and_is_forgotten_after(visitor: Client) -> None:
    visitor.get("/named/13800000001/?q=13800000001")
    assert (seen, origin.get()) == (["a_page"], "")


def test_a_nameless_route_is_told_by_its_view(visitor: Client) -> None:
    visitor.get("/nameless/13800000001/")
    assert seen == [f"{__name__}.view"]


def test_the_origin_is_forgotten_after_an_error(visitor: Client) -> None:
    with pytest.raises(ZeroDivisionError):
        visitor.get("/named/fail/")
    assert (seen, origin.get()) == (["a_page"], "")


@pytest.mark.django_db
def test_the_origin_stands_in_the_event(visitor: Client) -> None:
    visitor.post("/named/13800000001/")
    assert Event.objects.get(table_name="auth_group").origin == "a_page"
