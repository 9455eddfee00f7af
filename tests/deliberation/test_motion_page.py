"""/projects/<number>/votes/: only the turnout while it is open, then a result anyone can check."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from deliberation import actions, selectors
from deliberation.models import Motion
from minshi.accounts.models import User
from tests.kept_pages import seen_at_once
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def visitor(client_of: ClientOf) -> Client:
    return client_of(None)


def url(motion: Motion) -> str:
    return f"/projects/{motion.proposal.number}/votes/"


@pytest.fixture
def published(motion: Motion, way: Way, resident: User) -> Motion:
    actions.cast(motion, "against", receipt_id=uuid4(), by=resident)
    return way.vote_on_paper(motion.proposal, agree=8)


def test_while_it_is_open_only_the_turnout_is_told(
    motion: Motion, resident: User, visitor: Client, django_assert_max_num_queries: Any, clock: Any
) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    clock.move(hours=6)
    actions.refresh_turnouts()
    with django_assert_max_num_queries(5):
        page = visitor.get(url(motion)).content.decode()
    assert '<span class="figure">1</span> / 12' in page
    assert "要达到 8 户" in page
    assert "不公布选了什么" in page
    assert "更新一次，刚投的票要过一会儿才算进这个数" in page, "whoever has just voted does not miss their ballot"
    assert "其中同意" not in page


def test_there_is_no_export_and_no_list_before_publication(motion: Motion, visitor: Client, way: Way) -> None:
    for page in (f"{url(motion)}1/ballots.csv", f"{url(motion)}1/receipts/"):
        assert visitor.get(page).status_code == 404
    way.to_counting(motion)
    assert visitor.get(f"{url(motion)}1/ballots.csv").status_code == 404
    assert "正在核对纸票" not in visitor.get(url(motion)).content.decode()
    assert "正在核对纸质票" in visitor.get(url(motion)).content.decode()


def test_the_result_is_drawn_and_in_a_table(
    published: Motion, visitor: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(5):
        page = visitor.get(url(published)).content.decode()
    for words in ("通过", "名册", "不同意", "其中纸质票", published.digest, "三分之二"):
        assert words in page


def test_its_size_does_not_grow_with_the_ballots(published: Motion, visitor: Client, clerk: User, way: Way) -> None:
    """The receipts are on pages of their own, found by key."""
    page = visitor.get(url(published)).content.decode()
    for ballot in published.ballots.all():
        assert ballot.slip_number not in page.replace("-", "")


def test_the_export_is_the_file_of_the_digest_and_recounts_to_the_result(published: Motion, visitor: Client) -> None:
    answered = visitor.get(f"{url(published)}1/ballots.csv")
    content = b"".join(answered.streaming_content)
    assert hashlib.sha256(content).hexdigest() == published.digest
    assert "attachment" in answered.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == published.turnout == 9
    assert sum(row["选择"] == "同意" for row in rows) == published.agree == 8


def test_the_list_of_receipts_pages_by_key(published: Motion, visitor: Client) -> None:
    page = visitor.get(f"{url(published)}1/receipts/").content.decode()
    assert all(f"{ballot.slip_number[:4]}-" in page for ballot in published.ballots.all())
    first = selectors.receipts_page(published, "", number=5)
    second = selectors.receipts_page(published, first.next, number=5)
    assert (len(first.rows), len(second.rows), second.next) == (5, 4, "")


def test_a_visitor_who_has_the_receipts_is_told_that_none_changed(published: Motion, visitor: Client) -> None:
    path = f"{url(published)}1/receipts/"
    kept = visitor.get(path)["ETag"]
    assert visitor.get(path, headers={"If-None-Match": kept}).status_code == 304
    other = f"{path}?after={published.ballots.order_by('slip_number')[3].slip_number}"
    assert "ETag" not in visitor.get(other)
    assert visitor.get(f"{url(published)}2/receipts/").status_code == 404


def test_a_vote_is_shown_as_it_is_and_no_ballot_changes_an_open_one(
    motion: Motion, way: Way, resident: User, visitor: Client, client_of: ClientOf, clock: Any
) -> None:
    def vote() -> None:
        actions.cast(motion, "against", receipt_id=uuid4(), by=resident)

    reader = client_of(resident)
    assert not seen_at_once(visitor, url(motion), vote, by=reader)
    clock.move(hours=6)
    assert seen_at_once(visitor, url(motion), actions.refresh_turnouts, by=reader)
    assert seen_at_once(visitor, url(motion), lambda: way.vote_on_paper(motion.proposal, agree=8), by=reader)
    assert "看我家的核对号" in reader.get(url(motion)).content.decode()
    assert "看我家的核对号" not in visitor.get(url(motion)).content.decode()


def test_a_poll_says_that_it_is_only_one(way: Way, clerk: User, visitor: Client) -> None:
    proposal = way.deciding(touches_common_parts=True)
    motion = actions.open_motion(proposal, purpose="formal", by=clerk)
    assert "仅为意见征询" in visitor.get(url(motion)).content.decode()


def test_where_no_place_ruled_it_says_that_the_rule_is_a_sample(motion: Motion, visitor: Client) -> None:
    assert "示范参数，非法定" in visitor.get(url(motion)).content.decode()


def test_a_project_without_a_vote_says_what_will_be_here(way: Way, visitor: Client) -> None:
    page = visitor.get(f"/projects/{way.submitted().number}/votes/")
    assert "还没有开始投票" in page.content.decode()


def test_the_projects_page_shows_it(published: Motion, visitor: Client) -> None:
    page = visitor.get(published.proposal.get_absolute_url()).content.decode()
    assert published.question in page
    assert "看规则、结果和怎么核对" in page


def test_my_things_name_the_vote_until_i_have_voted(motion: Motion, neighbour: User, client_of: ClientOf) -> None:
    assert "等您代表家里投票" in client_of(neighbour).get("/mine/").content.decode()
    actions.cast(motion, "agree", receipt_id=uuid4(), by=neighbour)
    assert "等您代表家里投票" not in client_of(neighbour).get("/mine/").content.decode()
