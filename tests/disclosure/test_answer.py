"""Answering, handing up, and what silence does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from minshi.accounts.models import User
from minshi.clock import CHINA
from minshi.deadlines.actions import sweep
from minshi.deadlines.models import Deadline
from minshi.disclosure import signals
from minshi.disclosure.actions import answer, climb, object_to, withdraw_objection
from minshi.disclosure.models import Notice, Objection
from minshi.refusals import NotAllowed, Refused
from tests.cast import grant
from tests.conftest import Clock
from tests.disclosure.conftest import FACTS

TEXT = "已现场核实，把晾衣绳移到东侧。"


@pytest.fixture
def answers() -> Iterator[list[Objection]]:
    heard: list[Objection] = []

    def hear(sender: object, objection: Objection, **kwargs: object) -> None:
        heard.append(objection)

    signals.answered.connect(hear)
    yield heard
    signals.answered.disconnect(hear)


def test_the_clerk_answers_in_public(
    objection: Objection, notice: Notice, clerk: User, answers: list[Objection]
) -> None:
    done = answer(objection, text=f"{TEXT}有事请打13812345678。", outcome="upheld", by=clerk)
    notice.refresh_from_db()
    assert notice.objections_open == 0
    assert done.answer == f"{TEXT}有事请打138****5678。"
    assert done.answered_as == "一社区工作人员"
    assert not Deadline.objects.of(objection).open().exists()
    assert answers == [objection]


def test_also_after_the_period(objection: Objection, clerk: User, clock: Clock) -> None:
    clock.set("2026-11-20 10:00")
    assert answer(objection, text=TEXT, outcome="explained", by=clerk).answered_at is not None


@pytest.mark.parametrize(
    "who", ["resident", "neighbour", "chief", "supervisor", "case_officer", "district_officer", "stranger_clerk"]
)
def test_nobody_else_answers_for_the_community(objection: Objection, request: pytest.FixtureRequest, who: str) -> None:
    with pytest.raises(NotAllowed, match="社区答复"):
        answer(objection, text=TEXT, outcome="explained", by=request.getfixturevalue(who))
    assert Deadline.objects.of(objection).open().exists()


def test_nobody_answers_their_own(notice: Notice, clerk: User) -> None:
    with pytest.raises(NotAllowed):
        answer(object_to(notice, facts=FACTS, by=clerk), text=TEXT, outcome="explained", by=clerk)


@pytest.mark.parametrize(
    ("text", "outcome", "field"),
    [("", "upheld", "text"), ("好的", "upheld", "text"), (TEXT, "", "outcome"), (TEXT, "x", "outcome")],
)
def test_an_answer_has_text_and_outcome(objection: Objection, clerk: User, text: str, outcome: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        answer(objection, text=text, outcome=outcome, by=clerk)
    assert set(refused.value.fields) == {field}


def test_it_is_answered_once(objection: Objection, clerk: User) -> None:
    answer(objection, text=TEXT, outcome="upheld", by=clerk)
    with pytest.raises(Refused, match="已经答复"):
        answer(objection, text="改成不采纳。", outcome="dismissed", by=clerk)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE disclosure_objection SET answer = '改成不采纳'")


# --- Climbing -----------------------------------------------------------------------------------


def test_a_silent_community_climbs_to_the_street_after_three_working_days(
    objection: Objection, case_officer: User, clerk: User, clock: Clock
) -> None:
    clock.set("2026-11-05 23:59:50")
    sweep()
    objection.refresh_from_db()
    assert objection.level == "community"
    clock.set("2026-11-06 00:00:01")
    sweep()
    objection.refresh_from_db()
    assert objection.level == "street"
    assert objection.due_at == datetime(2026, 11, 21, tzinfo=CHINA)
    assert Deadline.objects.of(objection).open().get().role == "case_officer"
    with pytest.raises(NotAllowed):
        answer(objection, text=TEXT, outcome="upheld", by=clerk)
    answer(objection, text=TEXT, outcome="upheld", by=case_officer)


def test_a_silent_street_climbs_to_the_district_and_stays_due_there(
    objection: Objection, district_officer: User, clock: Clock
) -> None:
    for day in ("2026-11-06 00:01", "2026-11-21 00:01", "2026-12-31 00:01"):
        clock.set(day)
        sweep()
    objection.refresh_from_db()
    assert objection.level == "district"
    assert Deadline.objects.of(objection).open().get().role == "district_officer"
    answer(objection, text=TEXT, outcome="explained", by=district_officer)
    assert not Deadline.objects.of(objection).open().exists()


def test_a_sweep_climbs_once(objection: Objection, clock: Clock) -> None:
    clock.set("2026-11-06 00:01")
    sweep()
    sweep()
    objection.refresh_from_db()
    assert objection.level == "street"


def test_an_answered_objection_does_not_climb(objection: Objection, clerk: User, clock: Clock) -> None:
    answer(objection, text=TEXT, outcome="upheld", by=clerk)
    clock.set("2026-11-20 00:00")
    sweep()
    objection.refresh_from_db()
    assert objection.level == "community"


def test_the_clerk_hands_it_up_with_a_reason(objection: Objection, clerk: User) -> None:
    with pytest.raises(Refused) as refused:
        climb(objection, by=clerk)
    assert "reason" in refused.value.fields
    done = climb(objection, reason="涉及街道的规划。", by=clerk)
    assert (done.level, done.climb_reason) == ("street", "涉及街道的规划。")


def test_only_who_holds_it_hands_it_up(objection: Objection, case_officer: User, resident: User) -> None:
    for user in (case_officer, resident):
        with pytest.raises(NotAllowed):
            climb(objection, reason="不想办", by=user)


def test_the_district_cannot_hand_it_further(objection: Objection, district_officer: User, clerk: User) -> None:
    grant(clerk, "case_officer", objection.notice.place)
    objection = climb(objection, reason="转街道。", by=User.objects.get(pk=clerk.pk))
    objection = climb(objection, reason="转区。", by=User.objects.get(pk=clerk.pk))
    with pytest.raises(Refused, match="直接答复"):
        climb(objection, reason="再转。", by=district_officer)


# --- Whoever answers has read the original ---------------------------------------------------------------


def test_who_objected_is_named_in_no_word_that_others_write_beside_it(
    notice: Notice, resident: User, clerk: User
) -> None:
    objection = object_to(notice, facts=FACTS, by=resident)
    climb(objection, reason="甲居民女士（1栋101室）反映的事归街道", by=clerk)
    objection.refresh_from_db()
    assert objection.climb_reason == "甲*民女士（1栋（门牌已隐去））反映的事归街道"


def test_the_answer_and_what_the_author_says_to_take_it_back_hide_name_and_door(
    notice: Notice, resident: User, neighbour: User, clerk: User
) -> None:
    first, second = (object_to(notice, facts=FACTS, by=user) for user in (resident, neighbour))
    done = answer(first, text="已上门告诉甲 居民，101室门前不挂。", outcome="explained", by=clerk)
    assert done.answer == "已上门告诉甲*民，（门牌已隐去）门前不挂。"
    taken = withdraw_objection(second, reason="我是102户乙邻居，已经说好了", by=neighbour)
    assert taken.answer == "我是（门牌已隐去）乙*居，已经说好了"


def test_of_who_is_not_to_be_named_not_even_a_masked_name_stays(notice: Notice, resident: User, clerk: User) -> None:
    objection = object_to(notice, facts="我是甲居民，住101，会挡住窗户。", anonymous=True, by=resident)
    assert objection.facts == "我是匿名，住（门牌已隐去），会挡住窗户。"
    assert objection.original.facts == "我是甲居民，住101，会挡住窗户。"
    done = answer(objection, text="甲居民反映的情况属实，换个位置。", outcome="upheld", by=clerk)
    assert done.answer == "匿名反映的情况属实，换个位置。"


def test_a_neighbour_named_in_an_objection_is_masked_too(notice: Notice, resident: User, neighbour: User) -> None:
    objection = object_to(notice, facts="乙邻居家同意，我不同意，会挡窗户。", by=resident)
    assert objection.facts == "乙*居家同意，我不同意，会挡窗户。"
