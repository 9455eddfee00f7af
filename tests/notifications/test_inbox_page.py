"""The inbox: mine alone, paged by key, read by POST."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from minshi.accounts.models import User
from minshi.addresses import told
from minshi.clock import as_owner, now
from minshi.notifications.actions import tell
from minshi.notifications.models import Message
from minshi.notifications.selectors import unread_count

ClientOf = Callable[[User | None], Client]


def page(client: Client, address: str = "") -> str:
    return client.get(reverse("messages") + address).content.decode()


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get(reverse("messages")).headers["Location"].startswith(reverse("account_request_login_code"))


def test_i_see_my_messages_and_nobody_elses(client_of: ClientOf, resident: User, neighbour: User) -> None:
    tell(resident, "给甲的话", "第一行\n<b>第二行</b>", "/projects/")
    tell(neighbour, "给乙的话")
    seen = page(client_of(resident))
    assert "给甲的话" in seen
    assert "&lt;b&gt;第二行" in seen
    assert "给乙的话" not in seen


def test_an_empty_inbox_says_so(client_of: ClientOf, resident: User) -> None:
    assert "现在没有消息" in page(client_of(resident))


def test_opening_marks_as_read_and_goes_there(client_of: ClientOf, resident: User) -> None:
    tell(resident, "公示已张贴", url="/notices/")
    message = Message.objects.get()
    response = client_of(resident).post(reverse("message_open", args=[message.pk]))
    assert response.headers["Location"] == "/notices/"
    assert unread_count(resident) == 0


def test_looking_marks_nothing(client_of: ClientOf, resident: User) -> None:
    tell(resident, "公示已张贴")
    client = client_of(resident)
    page(client)
    assert client.get(reverse("message_open", args=[Message.objects.get().pk])).status_code == 405
    assert unread_count(resident) == 1


def test_another_persons_message_cannot_be_opened(client_of: ClientOf, resident: User, neighbour: User) -> None:
    tell(resident, "公示已张贴")
    message = Message.objects.get()
    assert client_of(neighbour).post(reverse("message_open", args=[message.pk])).status_code == 404
    client_of(neighbour).post(reverse("messages_read"), {"upto": told("message", message.pk)})
    assert unread_count(resident) == 1


def test_all_up_to_what_was_shown_are_marked(client_of: ClientOf, resident: User) -> None:
    tell(resident, "看到的")
    shown = told("message", Message.objects.get().pk)
    tell(resident, "后来的")
    client_of(resident).post(reverse("messages_read"), {"upto": shown})
    assert list(Message.objects.unread().values_list("title", flat=True)) == ["后来的"]


@pytest.mark.parametrize("upto", ["", "x", "-1", "９", "9" * 30])
def test_a_strange_number_marks_nothing(client_of: ClientOf, resident: User, upto: str) -> None:
    tell(resident, "公示已张贴")
    assert client_of(resident).post(reverse("messages_read"), {"upto": upto}).status_code == 302
    assert unread_count(resident) == 1


def test_pages_by_key_show_each_message_once(client_of: ClientOf, resident: User) -> None:
    for number in range(45):
        tell(resident, f"第{number:02}条")
    client = client_of(resident)
    seen: list[str] = []
    address = ""
    for _ in range(3):
        rows = client.get(reverse("messages") + address).context["rows"]
        seen += [row.title for row in rows]
        address = f"?before={told('message', rows[-1].pk)}"
    assert seen == [f"第{number:02}条" for number in reversed(range(45))]


def test_the_page_asks_the_same_for_few_and_many(client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    counts = []
    for more in (2, 60):
        for number in range(more):
            tell(resident, f"第{number}条")
        with CaptureQueriesContext(connection) as queries:
            page(client)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def unread(request: object) -> str:
    return Template("{% load inbox %}{% unread as n %}{{ n }}").render(Context({"request": request}))


def test_the_badge_costs_nothing_without_a_session(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert unread(RequestFactory().get("/")) == "0"
    assert len(queries) == 0


def test_the_badge_counts_on_the_partial_index(transactional_db: None, resident: User) -> None:
    for number in range(500):
        tell(resident, f"第{number}条")
    Message.objects.exclude(title="第499条").update(read_at=now())
    with as_owner() as owner:
        owner.execute("ANALYZE notifications_message")
    assert "message_unread" in Message.objects.of(resident).unread()[:100].explain()
    assert unread_count(resident) == 1


def test_going_back_and_opening_a_message_again_is_nothing_that_was_done_already(
    client_of: ClientOf, resident: User
) -> None:
    tell(resident, "给甲的话", "", "/projects/")
    client = client_of(resident)
    shown = page(client)
    for address in re.findall(r'action="(/messages/[^"]+/)"', shown):
        key = re.findall(r'name="form_key" value="([^"]+)"', shown)[-1]
        for _time in range(2):
            answer = client.post(address, {"form_key": key, "upto": ""}, follow=True)
            assert "刚才已经交过" not in answer.content.decode(), address
