"""What is told is in the inbox and the outbox exactly when what it speaks of was committed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from minshi.accounts.models import User
from minshi.notifications import actions
from minshi.notifications.actions import tell, tell_all, tell_role
from minshi.notifications.models import Message, Outbox
from minshi.notifications.selectors import unread_count
from minshi.residents.models import Role
from minshi.territory.models import Territory
from tests.cast import grant


def titles(user: User) -> list[str]:
    return list(Message.objects.of(user).newest().values_list("title", flat=True))


def test_a_message_is_in_the_inbox_and_only_asked_ones_go_to_the_phone(resident: User) -> None:
    tell(resident, "公示已张贴", url="/notices/1/")
    tell(resident, "请投票", sms=True)
    assert titles(resident) == ["请投票", "公示已张贴"]
    assert Outbox.objects.get().message == Message.objects.get(title="请投票")
    assert unread_count(resident) == 2


def test_the_same_key_tells_one_person_once_and_another_too(resident: User, neighbour: User) -> None:
    for _ in range(3):
        tell(resident, "期限快到了", key="deadline:7", sms=True)
    tell_all([resident, neighbour], "期限快到了", key="deadline:7", sms=True)
    assert (titles(resident), titles(neighbour)) == (["期限快到了"], ["期限快到了"])
    assert Outbox.objects.count() == 2


def test_without_a_key_the_same_may_be_said_again(resident: User) -> None:
    tell(resident, "有新的异议")
    tell(resident, "有新的异议")
    assert len(titles(resident)) == 2


def test_many_are_told_in_one_statement(resident: User, neighbour: User, chief: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        tell_all([resident, neighbour, chief, resident], "今晚七点议事", sms=True)
    assert len(queries) == 1
    assert Message.objects.count() == Outbox.objects.count() == 3


def test_a_rolled_back_transaction_tells_nobody(transactional_db: None, resident: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(resident, "没有发生的事", sms=True)
        raise RuntimeError
    assert not Message.objects.exists()
    assert not Outbox.objects.exists()


def test_the_address_stays_on_this_site(resident: User) -> None:
    for address in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        with pytest.raises(IntegrityError), transaction.atomic():
            tell(resident, "看看", url=address)


def test_one_hint_for_a_transaction_however_many_texts(
    transactional_db: None, resident: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints: list[Any] = []
    monkeypatch.setattr(actions.current_app, "send_task", lambda *args, **kwargs: hints.append(args))
    with transaction.atomic():
        for number in range(5):
            tell(resident, f"第{number}条", sms=True)
        assert hints == []
    assert len(hints) == 1


# --- To a role --------------------------------------------------------------------------------


def test_a_role_is_told_where_it_is_held(
    clerk: User, second_clerk: User, stranger_clerk: User, community: Territory
) -> None:
    tell_role(Role.CLERK, community, "有新提议")
    assert [len(titles(user)) for user in (clerk, second_clerk, stranger_clerk)] == [1, 1, 0]


def test_where_nobody_holds_it_the_next_place_above_is_told(
    chief: User, resident: User, building: Territory, yard: Territory
) -> None:
    tell_role(Role.CHIEF, building, "请初审")
    assert len(titles(chief)) == 1
    grant(resident, Role.CHIEF, building)
    tell_role(Role.CHIEF, building, "请初审")
    assert (len(titles(chief)), len(titles(resident))) == (1, 1)


def test_an_ended_role_and_a_closed_account_are_passed_over(
    clerk: User, second_clerk: User, community: Territory, clock: Any
) -> None:
    second_clerk.is_active = False
    second_clerk.save()
    tell_role(Role.CLERK, community, "有新提议")
    assert (len(titles(clerk)), len(titles(second_clerk))) == (1, 0)


def test_what_nobody_could_take_goes_to_whoever_runs_the_servers(yard: Territory, caplog: Any) -> None:
    operator = User.objects.create_superuser("operator")
    tell_role(Role.APPROVER, yard, "请审批")
    assert titles(operator) == ["请审批"]
    assert "nobody holds approver" in caplog.text
