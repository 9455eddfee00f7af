"""Elder mode: one tap, no account, remembered on the device."""

import pytest
from django.test import Client

pytestmark = pytest.mark.urls("tests.faces.probe_urls")


def test_the_first_visit_offers_it_and_either_answer_ends_the_offer(client: Client) -> None:
    assert "字小看不清" in client.get("/").content.decode()
    client.post("/elder/", {"elder": "0", "next": "/"})
    assert "字小看不清" not in client.get("/").content.decode()


def test_it_is_remembered_for_a_year_and_can_be_left_again(client: Client) -> None:
    answer = client.post("/elder/", {"elder": "1", "next": "/wishes/?kind=3"})
    assert (answer.status_code, answer["Location"]) == (302, "/wishes/?kind=3")
    assert answer.cookies["elder"]["max-age"] == 60 * 60 * 24 * 365
    page = client.get("/wishes/").content.decode()
    assert '<html lang="zh-CN" class="elder">' in page
    assert "标准模式" in page
    client.post("/elder/", {"elder": "0"})
    assert 'class="elder"' not in client.get("/wishes/").content.decode()


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "\\\\evil"]
)
def test_it_never_leads_away_from_the_site(client: Client, elsewhere: str) -> None:
    assert client.post("/elder/", {"elder": "1", "next": elsewhere})["Location"] == "/"


def test_it_is_not_switched_by_a_link(client: Client) -> None:
    assert client.get("/elder/?elder=1").status_code == 405


def test_it_needs_no_token_so_that_anonymous_pages_carry_no_cookie(client: Client) -> None:
    assert Client(enforce_csrf_checks=True).post("/elder/", {"elder": "1", "next": "/"}).status_code == 302
    assert not client.get("/").cookies


def test_caches_know_that_the_cookie_changes_the_page(client: Client) -> None:
    assert "Cookie" in client.get("/")["Vary"]


def test_a_cookie_that_says_neither_is_offered_it_like_everybody(client: Client) -> None:
    """Else a page drawn for it, without the offer, is what the next visitor gets."""
    client.cookies["elder"] = "2"
    without = client.get("/").content.decode()
    del client.cookies["elder"]
    assert client.get("/").content.decode() == without
    assert "字小看不清" in without
