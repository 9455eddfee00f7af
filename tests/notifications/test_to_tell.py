"""Whoever has no phone stands on the chief's list of people to tell, by door, with a slip to leave and a tick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from deliberation import actions as deliberation
from deliberation.actions.paper import register_paper, void_paper
from deliberation.models import Motion
from minshi.accounts.models import User
from minshi.addresses import told
from minshi.clock import CHINA, now
from minshi.notifications.actions import tell_doors, tick
from minshi.notifications.models import Message, Outbox, ToTell
from minshi.notifications.selectors import doors_to_tell, doors_waiting
from minshi.refusals import NotAllowed
from minshi.residents.models import Person
from minshi.territory.models import Household
from tests.cast import home_of, make_resident
from tests.way import Way, a_picture

ClientOf = Callable[[User | None], Client]


def on_the_list() -> set[int]:
    return set(ToTell.objects.waiting().values_list("household", flat=True))


def test_only_doors_that_no_text_reaches_are_on_the_list(
    households: list[Household], resident: User, neighbour: User
) -> None:
    closed = make_resident("停用的", households[2])
    closed.is_active = False
    closed.save()
    without = make_resident("没有手机", households[3])
    User.objects.filter(pk=without.pk).update(phone=None)
    Person.objects.create(name="没有账号")
    tell_doors([door.pk for door in households], "请投票", sms=True)
    reached = {home_of(resident).household_id, home_of(neighbour).household_id}
    assert on_the_list() == {door.pk for door in households} - reached
    assert {text.message.user for text in Outbox.objects.all() if text.message and text.message.user.phone} == {
        resident,
        neighbour,
    }


def test_somebody_who_says_they_live_there_keeps_no_door_off_the_list(households: list[Household]) -> None:
    claims = make_resident("只是登记", households[4], confirmed=False)
    assert claims.phone
    tell_doors([households[4].pk], "请投票", sms=True)
    assert on_the_list() == {households[4].pk}


def test_what_is_no_text_is_nobodys_errand(households: list[Household]) -> None:
    tell_doors([door.pk for door in households], "结果出来了")
    assert not ToTell.objects.exists()


def test_a_vote_puts_the_doors_without_a_phone_on_the_list(way: Way) -> None:
    proposal = way.cosigned()
    ToTell.objects.all().delete()
    motion = deliberation.open_motion(proposal, by=way.who("clerk"))
    asked = set(motion.roll.units.values_list("household", flat=True))
    told = set(
        Message.objects.filter(event="deliberation.motion:open").values_list(
            "user__person__residences__household", flat=True
        )
    )
    assert told
    assert on_the_list() == asked - told
    assert Outbox.objects.filter(message__event="deliberation.motion:open").count() == len(told)


def test_what_is_over_is_off_the_list(way: Way, clock: Any) -> None:
    proposal = way.cosigned()
    ToTell.objects.all().delete()
    motion = deliberation.open_motion(proposal, by=way.who("clerk"))
    assert on_the_list()
    way.to_counting(motion)
    assert not on_the_list()


def test_a_door_whose_paper_ballot_came_in_hears_of_it_from_the_next_fixed_hour_on(way: Way, clock: Any) -> None:
    """Whoever reads the list twice learns no minute (domain.md 5), and nobody learns how the door voted."""
    proposal = way.voting()
    ToTell.objects.all().delete()
    motion = Motion.objects.get(proposal=proposal)
    unit = motion.roll.units.get(household=way.households[7])
    clock.move(hours=(9 - now().astimezone(CHINA).hour) % 24)
    first = register_paper(unit, receipt_id=uuid4(), stub=a_picture(), by=way.who("chief"))
    assert ToTell.objects.get().since == now().astimezone(CHINA).replace(hour=12, minute=0, second=0, microsecond=0)
    assert on_the_list() == set()
    clock.move(hours=3)
    assert on_the_list() == {way.households[7].pk}
    assert ToTell.objects.values_list("title", "body").get() == ("已登记您家的纸质票", motion.question)
    void_paper(first, reason="没有收回", by=way.who("clerk"))
    assert ToTell.objects.waiting().count() == 1
    clock.move(hours=6)
    assert "已撤销" in ToTell.objects.waiting().latest("pk").title


def test_a_door_with_a_phone_hears_of_its_paper_ballot_at_once_and_is_on_no_list(way: Way) -> None:
    proposal = way.voting()
    ToTell.objects.all().delete()
    unit = Motion.objects.get(proposal=proposal).roll.units.get(household=way.households[0])
    register_paper(unit, receipt_id=uuid4(), stub=a_picture(), by=way.who("chief"))
    assert Message.objects.filter(user=way.who("resident"), event="ballot.on_paper").exists()
    assert not ToTell.objects.exists()


# --- The page -----------------------------------------------------------------------------------------


@pytest.fixture
def waiting(households: list[Household], chief: User) -> list[Household]:
    tell_doors([door.pk for door in households[6:9]], "请投票：装路灯", "到 11月30日 24:00 截止", sms=True)
    tell_doors([households[6].pk], "您家的异议有答复了", sms=True)
    return households[6:9]


def test_the_chief_reads_door_by_door_what_to_tell(client_of: ClientOf, chief: User, waiting: list[Household]) -> None:
    assert doors_waiting(chief) == 3
    page = client_of(chief).get(reverse("to_tell")).content.decode()
    for door in waiting:
        assert door.door in page
    assert page.count('<form class="card"') == 3
    assert "您家的异议有答复了" in page


def test_a_tick_takes_the_door_off_the_list_and_says_who_told_it(
    client_of: ClientOf, chief: User, waiting: list[Household]
) -> None:
    rows = list(ToTell.objects.filter(household=waiting[0]).values_list("pk", flat=True))
    tell_doors([waiting[0].pk], "后来的事", sms=True)
    response = client_of(chief).post(reverse("to_tell"), {"row": [told("to_tell", row) for row in rows]})
    assert response.headers["Location"] == reverse("to_tell")
    assert set(ToTell.objects.exclude(told_at=None).values_list("pk", "told_by")) == {(row, chief.pk) for row in rows}
    assert [row.title for row in doors_to_tell(chief)[0].rows] == ["后来的事"], "what was not shown is not ticked"


def test_each_door_has_its_slip(client_of: ClientOf, chief: User, waiting: list[Household]) -> None:
    sheet = client_of(chief).get(reverse("to_tell_print")).content.decode()
    assert sheet.count('<section class="slip">') == 3
    assert "到 11月30日 24:00 截止" in sheet


def test_the_desk_names_how_many_wait(client_of: ClientOf, clerk: User, waiting: list[Household]) -> None:
    assert "3 户没有手机" in client_of(clerk).get(reverse("admin:index")).content.decode()


def test_another_place_sees_and_ticks_nothing(
    client_of: ClientOf, stranger_clerk: User, resident: User, waiting: list[Household]
) -> None:
    rows = list(ToTell.objects.values_list("pk", flat=True))
    assert doors_waiting(stranger_clerk) == 0
    assert (
        client_of(stranger_clerk).post(reverse("to_tell"), {"row": [told("to_tell", row) for row in rows]}).status_code
        == 404
    )
    assert client_of(resident).get(reverse("to_tell")).status_code == 403
    with pytest.raises(NotAllowed):
        tick(rows, by=resident)
    assert tick(rows, by=stranger_clerk) == 0
    assert ToTell.objects.waiting().count() == len(rows)


def test_a_refund_is_told_without_its_sum_to_whoever_brings_the_slip(way: Way) -> None:
    proposal = way.raising()
    way.planned(proposal)
    way.given(proposal, way.households[5], 200_000, "收据1")
    ToTell.objects.all().delete()
    way.ending(proposal, "整院要拆迁")
    row = ToTell.objects.get(household=way.households[5])
    assert "要退给您家" in row.title
    assert "2,000" not in row.title + row.body
