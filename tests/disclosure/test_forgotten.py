"""Who closed their account is forgotten in their objections too: the clear words go, the masked ones and the digests
stay.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minshi.accounts.models import User
from minshi.audit.models import ClearValue, Event
from minshi.deadlines.actions import sweep
from minshi.disclosure.actions import answer, object_to, read_again
from minshi.disclosure.models import Notice, Objection, Original
from minshi.mydata import actions as mydata
from minshi.residents.models import Person
from minshi.territory.models import Household
from tests.conftest import Clock
from tests.way import a_picture

pytestmark = pytest.mark.django_db

SAID = "我是甲居民，晾衣绳会挡住一楼的窗户，请打13812345678。"
Object = Callable[..., Objection]


@pytest.fixture
def online(notice: Notice, resident: User) -> Objection:
    return object_to(notice, facts=SAID, request="请给甲居民回话", by=resident)


@pytest.fixture
def on_paper(notice: Notice, household: Household, resident: User, clerk: User) -> Objection:
    facts = {"facts": SAID, "channel": "paper", "name": "甲居民", "phone": "13812345678", "photo": a_picture()}
    return object_to(notice, household=household, signer=resident.person, by=clerk, **facts)


def close(user: User) -> User:
    mydata.close(by=User.objects.get(pk=user.pk))
    return User.objects.get(pk=user.pk)


def answered(objection: Objection, by: User) -> None:
    answer(objection, text="已向住户解释清楚。", outcome="explained", by=by)


def clear_of(objection: Objection) -> set[str]:
    """What is known in clear: in the original, and beside the events of it."""
    original = Original.objects.get(pk=objection.pk)
    known = {original.name, original.phone, original.facts, original.request}
    events = Event.objects.filter(table_name="disclosure_original", row_pk=str(objection.pk))
    for row in ClearValue.objects.filter(event_id__in=events.values("pk")):
        known |= {row.old or "", row.new or ""}
    return known - {""}


def test_what_was_objected_online_is_erased_when_the_days_of_a_closed_account_are_over(
    online: Objection, resident: User, clerk: User, clock: Clock
) -> None:
    answered(online, clerk)
    close(resident)
    assert SAID in clear_of(online)
    clock.move(days=31)
    sweep()
    assert clear_of(online) == set()
    online.refresh_from_db()
    assert online.facts == "我是甲*民，晾衣绳会挡住一楼的窗户，请打138****5678。" and online.name == "甲*民"
    written = Event.objects.filter(table_name="disclosure_original", row_pk=str(online.pk), op="I").get()
    assert written.after["facts"].startswith("sha256:")


def test_on_paper_the_photo_of_the_signed_sheet_goes_with_the_words(
    on_paper: Objection, household: Household, resident: User, clerk: User, supervisor: User,
    django_capture_on_commit_callbacks: Callable,
) -> None:  # fmt: skip
    read_again(on_paper, household, by=supervisor)
    answered(on_paper, clerk)
    assert on_paper.line
    picture = on_paper.line.sheet.stub
    assert picture.storage.exists(picture.name)
    with django_capture_on_commit_callbacks(execute=True):
        assert mydata.forget(close(resident), by=None)
    on_paper.line.sheet.refresh_from_db()
    assert clear_of(on_paper) == set() and not on_paper.line.sheet.stub
    assert not picture.storage.exists(picture.name)
    assert on_paper.line.sheet.registered_by == clerk


def test_what_staff_wrote_down_on_the_phone_under_that_name_is_erased_too(
    notice: Notice, household: Household, resident: User, clerk: User
) -> None:
    told = {"facts": SAID, "channel": "phone", "name": "甲居民", "phone": "13812345678"}
    said = object_to(notice, household=household, by=clerk, **told)
    other = object_to(notice, household=household, by=clerk, **{**told, "name": "同住的别人"})
    for each in (said, other):
        answered(each, clerk)
    assert mydata.forget(close(resident), by=None)
    assert clear_of(said) == set() and "同住的别人" in clear_of(other)


def test_an_unanswered_one_keeps_its_words_for_whoever_answers_and_is_erased_later(
    online: Objection, resident: User, clerk: User
) -> None:
    closed = close(resident)
    assert mydata.forget(closed, by=None) is False
    assert SAID in clear_of(online) and Person.objects.get(user=closed).name == "甲居民"
    answered(online, clerk)
    assert mydata.forget(closed, by=None)
    assert clear_of(online) == set() and Person.objects.get(user=closed).name == "已注销"


def test_an_unread_sheet_keeps_its_photo_for_its_reader(
    on_paper: Objection, household: Household, resident: User, clerk: User, supervisor: User
) -> None:
    answered(on_paper, clerk)
    closed = close(resident)
    assert mydata.forget(closed, by=None) is False
    read_again(on_paper, household, by=supervisor)
    assert mydata.forget(closed, by=None)


def test_anothers_objection_stays(online: Objection, neighbour: User, clerk: User) -> None:
    answered(online, clerk)
    assert mydata.forget(close(neighbour), by=None)
    assert SAID in clear_of(online)
