"""A form sent before one had signed in: afterwards it stands there filled, with one button; nothing else was done."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from funding import actions as funding
from funding.models import Pledge
from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.signin import drafts
from proposals import actions as proposals
from proposals.models import Proposal, Stage, Wish
from tests.desk.test_scope import do_of
from tests.signin.conftest import PASSWORD, last_code
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def signs_in(browser: Client, asked: Any, phone: str) -> Any:
    """From the answer of a form to the page after the code, as a browser follows it."""
    page = browser.get(asked.headers["Location"]).content.decode()
    hidden = re.search(r'name="next" value="([^"]+)"', page.partition("<h1>")[2])
    following = {"next": hidden[1]} if hidden else {}
    browser.post("/signin/", {"phone": phone, **following})
    arrived = browser.post("/signin/code/", {"code": last_code(phone), **following})
    return browser.get(arrived.headers["Location"])


def presses(browser: Client, page: Any) -> Any:
    """The one button of the page, with what its form holds."""
    action, inside = re.findall(r'<form method="post" action="([^"]+)">(.*?)</form>', page.content.decode(), re.DOTALL)[
        -1
    ]
    return browser.post(action, dict(re.findall(r'name="([^"]+)" value="([^"]*)"', inside)))


def make_wish(by: User, way: Way) -> Wish:
    return proposals.wish(place=way.yard, text="想要一张长椅", category="other", by=by)


def test_wanting_a_wish_too_is_one_press_after_signing_in(way: Way, resident: User, neighbour: User) -> None:
    wished, browser = make_wish(resident, way), Client()
    page = signs_in(browser, browser.post(reverse("support_wish", args=[wished.pk])), str(neighbour.phone))
    assert page.status_code == 200 and "我也想要" in page.content.decode()
    assert not wished.supports.exists(), "nothing is sent by itself"
    presses(browser, page)
    assert wished.supports.filter(by=neighbour).exists()


def test_taking_back_a_pledge_is_one_press_after_signing_in(way: Way, neighbour: User) -> None:
    proposal = way.raising()
    funding.pledge(proposal, way.households[1], amount_fen=5000, by=neighbour)
    browser = Client()
    asked = browser.post(reverse("withdraw_pledge", args=[proposal.number]))
    page = signs_in(browser, asked, str(neighbour.phone))
    assert "撤回，不出了" in page.content.decode() and Pledge.objects.kept().filter(proposal=proposal).exists()
    presses(browser, page)
    assert not Pledge.objects.kept().filter(proposal=proposal).exists()


def test_a_button_says_and_keeps_which_way_it_was(way: Way, neighbour: User) -> None:
    proposal = way.raising()
    funding.pledge(proposal, way.households[1], amount_fen=5000, by=neighbour)
    browser = Client()
    asked = browser.post(reverse("publish_name", args=[proposal.number]), {"publishes": "1"})
    page = signs_in(browser, asked, str(neighbour.phone))
    assert "同意公开我的姓名" in page.content.decode()
    presses(browser, page)
    assert Pledge.objects.kept().get(proposal=proposal).publishes_name


def test_a_long_form_stands_there_as_it_was_typed(way: Way, resident: User, client_of: ClientOf) -> None:
    words = {"title": "修门口那段台阶", "need": "下雨滑，<老人>摔过", "cost": "1200", "place": str(way.yard.pk)}
    browser = Client()
    asked = browser.post(reverse("propose"), words)
    assert "写的内容没有丢" in browser.get(asked["Location"]).content.decode(), "said before the way in, too"
    assert "写的内容没有丢" not in browser.get("/signin/?next=/mine/").content.decode()
    page = signs_in(browser, asked, str(resident.phone))
    text = page.content.decode()
    assert page.status_code == 200
    assert "修门口那段台阶" in text and "下雨滑，&lt;老人&gt;摔过" in text and "您刚才填的还在" in text
    assert not Proposal.objects.exists()
    again = browser.get(reverse("propose")).content.decode()
    assert "修门口那段台阶" in again, "a page that is loaded anew has it still"
    browser.post(reverse("propose"), {"title": "x"})
    assert "修门口那段台阶" not in browser.get(reverse("propose")).content.decode(), "sent once, it is gone"


def test_an_objection_is_kept_though_its_page_is_public(way: Way, resident: User) -> None:
    notice, browser = way.announced().gate_notice, Client()
    assert notice
    asked = browser.post(reverse("object", args=[notice.number]), {"facts": "围墙另一侧也要算进去"})
    assert "围墙另一侧也要算进去" in signs_in(browser, asked, str(resident.phone)).content.decode()
    assert not notice.objections.exists()


def test_another_person_in_the_same_browser_never_sees_it(
    way: Way, resident: User, neighbour: User, client_of: ClientOf
) -> None:
    browser = client_of(resident)
    browser.get(reverse("propose"))
    del browser.cookies["sessionid"]  # the session ended while the form was being filled
    asked = browser.post(reverse("propose"), {"title": "我家漏水的事"})
    page = signs_in(browser, asked, str(neighbour.phone)).content.decode()
    assert "我家漏水的事" not in page
    assert drafts.KEY not in browser.session


def test_its_author_sees_it_after_a_session_that_ended(way: Way, resident: User, client_of: ClientOf) -> None:
    browser = client_of(resident)
    browser.get(reverse("propose"))
    del browser.cookies["sessionid"]
    asked = browser.post(reverse("propose"), {"title": "我家漏水的事"})
    assert "我家漏水的事" in signs_in(browser, asked, str(resident.phone)).content.decode()


def test_the_choice_of_a_ballot_is_not_kept(way: Way, resident: User) -> None:
    proposal, browser = way.voting(), Client()
    asked = browser.post(reverse("vote", args=[proposal.number]), {"choice": "against"})
    assert asked.headers["Location"].startswith("/signin/")
    assert drafts.KEY not in browser.session
    page = signs_in(browser, asked, str(resident.phone)).content.decode()
    assert not re.search(r'value="against"[^>]*checked', page)


def test_a_review_survives_a_code_that_is_no_longer_fresh(
    way: Way, chief: User, client_of: ClientOf, clock: Any
) -> None:
    proposal, browser = way.submitted(), client_of(chief)
    clock.move(hours=13)
    path = reverse("review", args=[proposal.number])
    asked = browser.post(path, {"verdict": "decline", "reason": "这是物业该做的事"})
    assert asked.headers["Location"].startswith("/signin/fresh/")
    browser.post(asked.headers["Location"])
    browser.post(asked.headers["Location"], {"code": last_code(str(chief.phone))})
    assert "这是物业该做的事" in browser.get(path).content.decode()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.SUBMITTED


def test_a_form_of_the_desk_survives_too(way: Way, clerk: User, factor: Any) -> None:
    proposal, browser = way.submitted(), Client()
    wait_until_over(proposal)
    path = do_of(proposal, "decline")
    present = factor(clerk)
    asked = browser.post(path, {"reason": "归物业办，已经转给他们"})
    following = {"next": path}
    assert "/admin/login/" in asked.headers["Location"] or "/staff/signin/" in asked.headers["Location"]
    browser.post("/staff/signin/", {"login": clerk.username, "password": PASSWORD, **following})
    browser.post("/staff/factor/check/", {"code": present, **following})
    page = browser.get(path)
    assert page.status_code == 200 and "归物业办，已经转给他们" in page.content.decode()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.SUBMITTED and Deadline.objects.of(proposal).open().exists()


def test_an_address_that_is_a_button_says_so(way: Way, resident: User, client_of: ClientOf) -> None:
    page = client_of(resident).get(reverse("support_wish", args=[make_wish(resident, way).pk]))
    assert page.status_code == 405 and page.headers["Allow"] == "POST"
    assert "这个地址是一个按钮" in page.content.decode()


def test_an_address_that_is_a_button_says_so_to_visitors_too(db: None) -> None:
    assert "这个地址是一个按钮" in Client().get(reverse("elder")).content.decode()


def test_a_book_sent_to_a_closed_door_is_not_kept(way: Way) -> None:
    browser = Client()
    browser.post(reverse("propose"), {"need": "长" * (drafts.MOST_CHARACTERS + 1)})
    assert drafts.KEY not in browser.session
