"""The chief answers on the phone who asks for another name; what was typed stays, and nobody answers their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.mydata import actions
from minshi.mydata.models import Correction
from minshi.notifications.models import Message
from minshi.residents.models import Person
from tests.cast import make_resident

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
PAGE = "/residents/corrections/"


@pytest.fixture
def asked(resident: User, chief: User) -> Correction:
    found = actions.correct_name("甲新名", by=resident)
    assert found
    return found


def test_the_chief_hears_of_it_and_puts_it_right_with_one_press(
    asked: Correction, chief: User, resident: User, client_of: ClientOf
) -> None:
    client = client_of(chief)
    assert Message.objects.filter(user=chief, url=PAGE).exists()
    assert "1 位住户申请更正姓名" in client.get("/mine/").content.decode()
    page = client.get(PAGE).content.decode()
    assert "甲居民 → 甲新名" in page and "前答复" in page
    assert client.post(PAGE, {"correction": asked.pk, "verdict": "yes", "answer": ""}).status_code == 302
    assert Person.objects.get(user=resident).name == "甲新名"
    assert Message.objects.filter(user=resident, title__contains="已更正").exists()
    assert "现在没有等您答复的" in client.get(PAGE).content.decode()


def test_a_refusal_says_why_and_what_was_typed_stays(
    asked: Correction, chief: User, resident: User, client_of: ClientOf
) -> None:
    client = client_of(chief)
    for answer in ("", "\u2800", "不"):
        sent = client.post(PAGE, {"correction": asked.pk, "verdict": "no", "answer": answer})
        assert sent.status_code == 422, answer
    assert "不</textarea>" in sent.content.decode()
    assert client.post(PAGE, {"correction": asked.pk, "verdict": "no", "answer": "和证件不一样"}).status_code == 302
    asked.refresh_from_db()
    assert (asked.is_granted, asked.answered_by) == (False, chief)
    assert Person.objects.get(user=resident).name == "甲居民"


@pytest.mark.parametrize(
    "sent", [{}, {"correction": "x"}, {"correction": "9" * 30, "verdict": "yes"}, {"verdict": "?"}]
)
def test_wrong_input_is_answered(sent: dict[str, str], asked: Correction, chief: User, client_of: ClientOf) -> None:
    answer = client_of(chief).post(PAGE, sent)
    assert answer.status_code in (404, 422)
    asked.refresh_from_db()
    assert asked.answered_at is None


def test_twice_is_once(asked: Correction, chief: User, client_of: ClientOf) -> None:
    client = client_of(chief)
    client.post(PAGE, {"correction": asked.pk, "verdict": "yes"})
    again = client.post(PAGE, {"correction": asked.pk, "verdict": "no", "answer": "和证件不一样"})
    assert again.status_code == 422 and "已经答复过" in again.content.decode()


def test_nobody_answers_elsewhere_or_their_own(
    asked: Correction, resident: User, stranger_chief: User, chief: User, clerk: User, client_of: ClientOf
) -> None:
    assert client_of(resident).get(PAGE).status_code == 403
    far = client_of(stranger_chief)
    assert "甲新名" not in far.get(PAGE).content.decode()
    assert far.post(PAGE, {"correction": asked.pk, "verdict": "yes"}).status_code == 403
    own = actions.correct_name("丙新名", by=chief)
    assert own
    client = client_of(chief)
    assert "丙新名" not in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"correction": own.pk, "verdict": "yes"}).status_code == 403
    assert "丙新名" in client_of(clerk).get(PAGE).content.decode()


def test_the_street_has_it_there_too(asked: Correction, case_officer: User, client_of: ClientOf) -> None:
    client = client_of(case_officer)
    assert "甲新名" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"correction": asked.pk, "verdict": "yes"}).status_code == 302


def test_no_page_asks_once_per_row(
    chief: User, households: list, client_of: ClientOf, django_assert_max_num_queries: Callable
) -> None:
    for number in range(8):
        actions.correct_name(f"新名{number}", by=make_resident("旧名", households[number]))
    client = client_of(chief)
    client.get(PAGE)
    with django_assert_max_num_queries(12):
        client.get(PAGE)
