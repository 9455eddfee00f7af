"""The roots are public: anybody may read them, as cheaply as any page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path, reverse

from minshi.audit.models import DayRoot

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_chain"),
    pytest.mark.urls(__name__),
]
urlpatterns = [path("", include("minshi.audit.urls")), path("", include("minshi.faces.urls"))]


@pytest.fixture
def forty_days(owner: Any) -> None:
    owner.execute(
        "INSERT INTO audit_dayroot "
        "SELECT date '2026-10-01' + n, n, sha256(n::text::bytea) FROM generate_series(0, 39) n"
    )


def test_the_first_page_shows_the_newest_days(client: Client, forty_days: None) -> None:
    page = client.get(reverse("chain"))
    text = page.content.decode()
    newest = DayRoot.objects.latest("day")
    assert newest.day == date(2026, 11, 9)
    assert newest.grouped in text
    assert [root.day for root in page.context["roots"]] == [newest.day - timedelta(days=n) for n in range(31)]


def test_no_count_of_this_minute_is_told(client: Client, forty_days: None, owner: Any) -> None:
    """It would tell, read twice, that somebody did something in between: where one door voted, which."""
    owner.execute(
        "INSERT INTO audit_link (seq, event_id, sealed_at, horizon, cluster, hash) "
        "VALUES (77777, 1, now(), 0, 0, sha256('today'))"
    )
    page = client.get(reverse("chain"))
    assert page.context["head"] == DayRoot.objects.latest("day")
    assert "结束时共 39 环" in page.content.decode()
    assert "77777" not in page.content.decode()


def test_older_days_are_a_page_further(client: Client, forty_days: None) -> None:
    older = client.get(reverse("chain")).context["older"]
    page = client.get(older)
    assert [str(root.day) for root in page.context["roots"]][::8] == ["2026-10-09", "2026-10-01"]
    assert (page.context["older"], page.context["newer"]) == ("", reverse("chain"))


def test_nonsense_in_the_address_is_no_error(client: Client, forty_days: None) -> None:
    for before in ("x", "2026-13-45", "' OR 1=1", "９", "0001-01-01"):
        assert client.get(reverse("chain"), {"before": before}).status_code == 200


def test_a_nul_in_the_address_is_refused_as_everywhere(client: Client, forty_days: None) -> None:
    assert client.get(reverse("chain"), {"before": "\0"}).status_code == 400


def test_an_empty_chain_says_what_will_be_here(client: Client) -> None:
    assert "第一天结束后就有" in client.get(reverse("chain")).content.decode()


def test_the_page_asks_two_questions_however_many_days(
    client: Client, forty_days: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        client.get(reverse("chain"))


def test_nothing_can_be_sent_to_it(client: Client) -> None:
    assert client.post(reverse("chain")).status_code == 405
