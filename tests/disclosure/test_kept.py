"""The board and a notice are kept for visitors until one of the rows they show changes: then it is seen at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from minshi.accounts.models import User
from minshi.clock import now
from minshi.disclosure.actions import answer, call_remark, correct, object_to, record_posting, withdraw_objection
from minshi.disclosure.models import Notice, Objection
from minshi.policy.actions import set_value
from tests.conftest import Clock
from tests.disclosure.conftest import FACTS
from tests.kept_pages import seen_at_once
from tests.way import Way, a_picture

Post = Callable[..., Notice]
ClientOf = Callable[[User | None], Client]


def test_whatever_comes_to_a_notice_is_seen_at_once(
    client: Client,
    client_of: ClientOf,
    notice: Notice,
    resident: User,
    neighbour: User,
    stranger: User,
    clerk: User,
    case_officer: User,
) -> None:
    page, said, reader = notice.get_absolute_url(), list[Objection](), client_of(neighbour)
    for change in (
        lambda: said.append(object_to(notice, facts=FACTS, by=resident)),
        lambda: said.append(object_to(notice, facts="栏杆松了没有人修。", by=neighbour)),
        lambda: said.append(object_to(notice, facts="院外的路不好走。", by=stranger)),
        lambda: answer(said[0], text="换一个位置。", outcome="upheld", by=clerk),
        lambda: withdraw_objection(said[1], reason="弄清楚了", by=neighbour),
        lambda: call_remark(said[2], reason="提出的人不住在院里。", by=case_officer),
        lambda: answer(said[2], text="路由街道修。", outcome="explained", by=clerk),
        lambda: record_posting(notice, a_picture(), where="大门公示栏", by=clerk),
        lambda: correct(notice, reason="预算写错", by=clerk),
    ):
        assert seen_at_once(client, page, change, by=reader)


def test_so_is_whoever_holds_the_post_that_answers(client: Client, objection: Objection, clerk: User) -> None:
    path = objection.notice.get_absolute_url()
    assert seen_at_once(client, path, lambda: clerk.grants.update(until=now().date() - timedelta(days=1)))


def test_a_rule_of_the_place_is_seen_at_once(client: Client, way: Way, post_notice: Post) -> None:
    """Pages say where numbers are only samples; once the place has set its own they do not, or of fewer."""
    project, notice = way.submitted(), post_notice()

    def set_their_own(name: str) -> None:
        set_value(name, notice.place, 4, since=now().date(), source="街道发文", by=None)

    assert seen_at_once(client, notice.get_absolute_url(), lambda: set_their_own("objection.community_days"))
    assert seen_at_once(client, project.get_absolute_url(), lambda: set_their_own("objection.street_days"))


def test_the_board_follows_each_of_its_notices(
    client: Client, notice: Notice, post_notice: Post, resident: User, clerk: User
) -> None:
    for change in (
        lambda: post_notice(title="另一份公示"),
        lambda: object_to(notice, facts=FACTS, by=resident),
        lambda: answer(Objection.objects.get(), text="换一个位置。", outcome="upheld", by=clerk),
        lambda: correct(notice, reason="预算写错", by=clerk),
    ):
        assert seen_at_once(client, "/notices/", change)


def test_a_period_that_ends_is_over_on_both(client: Client, notice: Notice, clock: Clock) -> None:
    clock.set("2026-11-09 23:59")
    assert seen_at_once(client, "/notices/", lambda: clock.set("2026-11-10 00:00"))
    clock.set("2026-11-09 23:59")
    assert seen_at_once(client, notice.get_absolute_url(), lambda: clock.set("2026-11-10 00:00"))


def test_who_has_it_is_asked_for_one_statement(client: Client, notice: Notice) -> None:
    for path in ("/notices/", notice.get_absolute_url()):
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        assert len(asked) == 1


def test_what_names_its_state_is_made_with_the_sites_key(client: Client, notice: Notice, objection: Objection) -> None:
    """It is made of who spoke, too: without the key somebody could try each neighbour until it is the same."""
    for path in ("/", "/projects/", "/wishes/", "/notices/", notice.get_absolute_url()):
        before = client.get(path)["ETag"]
        assert client.get(path)["ETag"] == before
        with override_settings(SECRET_KEY="another"):
            assert client.get(path)["ETag"] != before


def test_whoever_is_signed_in_sees_what_is_theirs(
    client: Client, notice: Notice, objection: Objection, resident: User, client_of: ClientOf
) -> None:
    path = notice.get_absolute_url()
    client.get(path)
    own = client_of(resident).get(path)
    assert "我要撤回这条异议" in own.content.decode() and "ETag" not in own
    assert "我要撤回这条异议" not in client.get(path).content.decode()


def test_other_addresses_of_the_board_are_not_kept(client: Client, notice: Notice) -> None:
    assert "ETag" not in client.get(f"/notices/?place={notice.place.code}")
    assert "ETag" not in client.get("/notices/?anything=1")


def test_who_objected_may_take_it_back_from_the_kept_page_and_nobody_else(
    client_of: ClientOf, objection: Objection, resident: User, neighbour: User, clerk: User
) -> None:
    path, withdraw = objection.notice.get_absolute_url(), f"/objections/{objection.pk}/withdraw/"
    seen = {who: client_of(who).get(path).content.decode() for who in (objection.by, neighbour, clerk, None)}
    mine = [who for who, page in seen.items() if withdraw in page]
    assert mine == [objection.by]
    assert [who for who, page in seen.items() if "记录张贴照片" in page] == [clerk]
