"""附议: one question on a phone, and sheets of signatures entered door by door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.addresses import told
from minshi.deadlines import actions as deadlines
from minshi.notifications.models import Message
from minshi.paper import actions as paper
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Household
from proposals import actions
from proposals.actions.cosigning import to_ask
from proposals.models import Channel, Stage
from tests.cast import make_resident, struck_off
from tests.way import Way, a_picture, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def test_one_press_counts_for_the_household(way: Way, client_of: ClientOf, neighbour: User) -> None:
    proposal = way.cosigning(households=40)
    client = client_of(neighbour)
    assert "代表我家附议" in client.get(f"/projects/{proposal.number}/cosign/").content.decode()
    client.post(f"/projects/{proposal.number}/cosign/")
    assert proposal.cosigns.get().household == neighbour.person.household
    assert "您家已经附议" in client.get(f"/projects/{proposal.number}/cosign/").content.decode()


def test_a_second_press_is_refused_in_words(way: Way, client_of: ClientOf, neighbour: User) -> None:
    proposal = way.cosigning(households=40)
    client = client_of(neighbour)
    client.post(f"/projects/{proposal.number}/cosign/")
    answer = client.post(f"/projects/{proposal.number}/cosign/")
    assert answer.status_code == 422
    assert "一户只算一次" in answer.content.decode()
    assert proposal.cosigns.count() == 1


def test_who_lives_elsewhere_sees_why_there_is_no_button(way: Way, client_of: ClientOf, stranger: User) -> None:
    proposal = way.cosigning()
    client = client_of(stranger)
    page = client.get(f"/projects/{proposal.number}/cosign/").content.decode()
    assert "受益户是整个样板巷1号院，由受益的住户附议" in page and "代表我家附议" not in page
    assert client.post(f"/projects/{proposal.number}/cosign/").status_code == 403


def test_before_it_begins_nobody_is_told_that_it_is_over(way: Way, client_of: ClientOf, neighbour: User) -> None:
    page = client_of(neighbour).get(f"/projects/{way.submitted().number}/cosign/").content.decode()
    assert "初审通过以后才开始附议" in page and "不用再附议" not in page


def test_a_minor_reads_why_there_is_no_button(way: Way, client_of: ClientOf, households: list[Household]) -> None:
    """There was one; it was refused once pressed."""
    proposal = way.cosigning(households=40)
    minor = make_resident("丑少年", households[3], adult=False)
    page = client_of(minor).get(f"/projects/{proposal.number}/cosign/").content.decode()
    assert "满18岁才能附议" in page and "代表我家附议</button>" not in page


def test_who_is_not_confirmed_waits_for_the_chief(way: Way, client_of: ClientOf, households: list[Household]) -> None:
    proposal = way.cosigning()
    newcomer = make_resident("新来的", households[9], confirmed=False)
    client = client_of(newcomer)
    assert "等楼栋长或社区确认" in client.get(f"/projects/{proposal.number}/cosign/").content.decode()
    assert client.post(f"/projects/{proposal.number}/cosign/").status_code == 403


def test_after_its_end_the_page_says_where_it_is(way: Way, client_of: ClientOf, neighbour: User) -> None:
    proposal = way.cosigned()
    answer = client_of(neighbour).post(f"/projects/{proposal.number}/cosign/")
    assert answer.status_code == 422 and "等待表决" in answer.content.decode()


# --- On paper --------------------------------------------------------------------------------------


def typed(doors: list[Household]) -> str:
    return "\n".join(door.address for door in doors)


def signed(doors: list[Household]) -> list[tuple[Household, None]]:
    return [(door, None) for door in doors]


def test_the_chief_registers_a_list_door_by_door(way: Way, client_of: ClientOf, chief: User) -> None:
    proposal = way.cosigning(households=40)
    client = client_of(chief)
    url = f"/projects/{proposal.number}/cosign/paper/"
    assert url in client.get(f"/projects/{proposal.number}/cosign/").content.decode()
    client.post(url, {"photos": a_picture(), "doors": typed(way.households[:3])})
    assert sorted(proposal.cosigns.values_list("household_id", "channel")) == [
        (door.pk, Channel.PAPER) for door in way.households[:3]
    ]
    assert not proposal.cosigns.counted()


def test_the_second_reader_sees_the_photo_and_types_the_doors(
    way: Way, client_of: ClientOf, chief: User, clerk: User, neighbour: User
) -> None:
    proposal = way.cosigning()
    sheet = actions.cosign_on_paper(proposal, signed(way.households[5:7]), photo=a_picture(), by=chief)
    client = client_of(clerk)
    assert "有纸质附议签名册等您核对" in client.get("/mine/").content.decode()
    page = client.get("/cosign/read/").content.decode()
    assert reverse("cosign_photo", args=[sheet.pk]) in page
    assert not any(door.door in page for door in way.households[5:7])
    assert client.get(reverse("cosign_photo", args=[sheet.pk]))["Content-Type"] == "image/jpeg"
    assert client_of(neighbour).get(reverse("cosign_photo", args=[sheet.pk])).status_code == 403
    client.post("/cosign/read/", {"sheet": told("signed_list", sheet.pk), "doors": typed(way.households[5:7])})
    proposal.refresh_from_db()
    assert (proposal.stage, proposal.cosigns.counted().count()) == (Stage.COSIGNED, 2)


def test_who_registered_a_list_does_not_read_it_again(way: Way, client_of: ClientOf, chief: User) -> None:
    proposal = way.cosigning()
    sheet = actions.cosign_on_paper(proposal, signed(way.households[:2]), photo=a_picture(), by=chief)
    client = client_of(chief)
    assert "现在没有等您核对的" in client.get("/cosign/read/").content.decode()
    answer = client.post("/cosign/read/", {"sheet": told("signed_list", sheet.pk), "doors": typed(way.households[:2])})
    assert answer.status_code == 422 and not proposal.cosigns.counted()


def test_what_two_saw_differently_is_asked_of_a_third_door_by_door(
    way: Way, client_of: ClientOf, chief: User, clerk: User, second_clerk: User
) -> None:
    proposal = way.cosigning(households=40)
    first, second, third = way.households[:3]
    sheet = actions.cosign_on_paper(proposal, signed([first, second]), photo=a_picture(), by=chief)
    actions.read_list(sheet, signed([first, third]), by=clerk)
    assert [row.household for row in proposal.cosigns.counted()] == [first]
    client = client_of(second_clerk)
    page = client.get("/cosign/read/").content.decode()
    assert f"{second.door} 签了吗" in page and f"{third.door} 签了吗" in page
    lines = {line.household_id: f"line_{line.ordinal}" for line in sheet.lines.all()}
    answer = client.post("/cosign/read/", {"sheet": told("signed_list", sheet.pk), lines[second.pk]: "no"})
    assert answer.status_code == 422
    client.post(
        "/cosign/read/", {"sheet": told("signed_list", sheet.pk), lines[second.pk]: "no", lines[third.pk]: "yes"}
    )
    assert {row.household for row in proposal.cosigns.counted()} == {first, third}
    assert [row.household for row in proposal.cosigns.filter(is_void=True)] == [second]


def test_the_address_names_the_signer_or_nobody(
    way: Way, client_of: ClientOf, chief: User, resident: User, neighbour: User
) -> None:
    proposal = way.cosigning(households=100)
    home = resident.person.household
    lines = f"{home.address} {resident.person.name}\n{way.households[4].address}　某某"
    client_of(chief).post(f"/projects/{proposal.number}/cosign/paper/", {"photos": a_picture(), "doors": lines})
    assert dict(proposal.cosigns.values_list("household_id", "speaker_id")) == {
        home.pk: resident.person.pk,
        way.households[4].pk: None,
    }
    page = client_of(resident).get(f"/projects/{proposal.number}/cosign/").content.decode()
    assert "等另一位核对以后就算" in page and "代表我家附议" not in page
    assert Message.objects.filter(user=resident, title="已登记您家在纸上的附议").exists()


def test_a_whole_sheet_counts_also_beyond_what_was_needed(way: Way) -> None:
    proposal = way.cosigning()
    assert actions.cosigns_needed(proposal) == 2
    way.sign_on_paper(proposal, way.households[:5])
    assert (proposal.stage, proposal.cosigns.counted().count()) == (Stage.COSIGNED, 5)


def test_a_door_that_signed_online_is_not_counted_again(way: Way, chief: User, neighbour: User) -> None:
    proposal = way.cosigning(households=40)
    actions.cosign(proposal, neighbour.person.household, by=neighbour)
    assert way.sign_on_paper(proposal, way.households[:3]).lines.count() == 2
    with pytest.raises(Refused):
        actions.cosign_on_paper(proposal, signed(way.households[:3]), photo=a_picture(), by=chief)


def test_a_registered_door_is_reserved_until_two_read_otherwise(
    way: Way, chief: User, clerk: User, second_clerk: User, resident: User
) -> None:
    proposal = way.cosigning(households=100)
    home = resident.person.household
    sheet = actions.cosign_on_paper(proposal, signed([home, way.households[5]]), photo=a_picture(), by=chief)
    with pytest.raises(Refused, match="一户只算一次"):
        actions.cosign(proposal, home, by=resident)
    actions.read_list(sheet, signed([way.households[5]]), by=clerk)
    actions.read_doors(sheet, {line.pk: False for line in to_ask(sheet, second_clerk)}, by=second_clerk)
    actions.cosign(proposal, home, by=resident)
    assert proposal.cosigns.counted().count() == 2


def test_doors_elsewhere_are_refused_with_their_line(
    way: Way, client_of: ClientOf, chief: User, stranger: User
) -> None:
    proposal = way.cosigning(households=40)
    lines = f"{way.households[0].address}\n9-9999 张三\n{way.households[0].address} 李四"
    answer = client_of(chief).post(
        f"/projects/{proposal.number}/cosign/paper/", {"photos": a_picture(), "doors": lines}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "第 2 行" in page and "第 3 行" in page and "第 1 行" not in page
    assert not proposal.cosigns.exists()


def test_neither_a_neighbour_nor_a_foreign_chief_enters_paper(
    way: Way, client_of: ClientOf, neighbour: User, stranger_chief: User
) -> None:
    proposal = way.cosigning()
    for user in (neighbour, stranger_chief):
        assert client_of(user).get(f"/projects/{proposal.number}/cosign/paper/").status_code == 403
        with pytest.raises(NotAllowed):
            actions.cosign_on_paper(proposal, signed(way.households[:1]), photo=a_picture(), by=user)


def test_a_list_registered_before_the_end_is_read_before_it_lapses(
    way: Way, chief: User, clerk: User, case_officer: User, resident: User
) -> None:
    proposal = way.cosigning()
    sheet = actions.cosign_on_paper(proposal, signed(way.households[3:5]), photo=a_picture(), by=chief)
    due = proposal.due_at
    wait_until_over(proposal)
    assert (proposal.stage, proposal.due_at) == (Stage.COSIGNING, due)
    with pytest.raises(Refused, match="截止"):
        actions.cosign(proposal, resident.person.household, by=resident)
    with pytest.raises(Refused, match="截止"):
        actions.cosign_on_paper(proposal, signed(way.households[5:7]), photo=a_picture(), by=chief)
    late = Message.objects.filter(user=case_officer, title__startswith="逾期：纸质附议等核对")
    assert not late.exists()
    platform_clock.move(timedelta(days=7))
    deadlines.sweep()
    proposal.refresh_from_db()
    assert proposal.stage == Stage.COSIGNING and late.exists()
    actions.read_list(sheet, signed(way.households[3:5]), by=clerk)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.COSIGNED


def test_it_lapses_once_the_last_list_was_read_and_is_not_enough(way: Way, chief: User, clerk: User) -> None:
    proposal = way.cosigning()
    sheet = actions.cosign_on_paper(proposal, signed(way.households[3:4]), photo=a_picture(), by=chief)
    wait_until_over(proposal)
    actions.read_list(sheet, signed(way.households[3:4]), by=clerk)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.LAPSED


def test_supporters_that_came_by_merging_carry_it_on(way: Way, chief: User) -> None:
    light, lamp = way.cosigning(title="院门照明", households=40), way.cosigning(households=40)
    way.sign_on_paper(light, way.households[:3])
    way.sign_on_paper(lamp, way.households[3:4])
    actions.merge(light, lamp, by=chief, reason="同一盏灯")
    lamp.refresh_from_db()
    assert lamp.stage == Stage.COSIGNED


def test_a_list_that_came_by_merging_is_read_for_what_it_was_merged_into(way: Way, chief: User, clerk: User) -> None:
    light, lamp = way.cosigning(title="院门照明", households=40), way.cosigning(households=40)
    sheet = actions.cosign_on_paper(light, signed(way.households[:4]), photo=a_picture(), by=chief)
    actions.merge(light, lamp, by=chief, reason="同一盏灯")
    assert (lamp.cosigns.unread().count(), lamp.cosigns.counted().count()) == (4, 0)
    actions.read_list(sheet, signed(way.households[:4]), by=clerk)
    lamp.refresh_from_db()
    assert (lamp.stage, lamp.cosigns.counted().count()) == (Stage.COSIGNED, 4)


def test_supporters_of_one_that_waits_for_review_are_counted_when_it_passes(way: Way, chief: User) -> None:
    light, lamp = way.cosigning(title="院门照明", households=40), way.submitted(households=40)
    way.sign_on_paper(light, way.households[:4])
    assert light.stage == Stage.COSIGNED
    bench = way.cosigning(title="长凳", households=100)
    way.sign_on_paper(bench, way.households[:4])
    struck_off(*Household.objects.filter(address__gte="90040"))  # sixty doors are struck off
    seat = way.submitted(title="凳子")
    actions.merge(bench, seat, by=chief, reason="同一张凳")
    seat.refresh_from_db()
    actions.pass_review(seat, by=chief)
    assert (lamp.stage, seat.stage) == (Stage.SUBMITTED, Stage.COSIGNED)


def test_the_page_asks_the_same_few_queries(
    way: Way, client_of: ClientOf, neighbour: User, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    proposal = way.cosigning(households=100)
    client = client_of(neighbour)
    way.sign_on_paper(proposal, way.households[2:9])
    with django_assert_max_num_queries(9):
        client.get(f"/projects/{proposal.number}/cosign/")


# --- What the database refuses -----------------------------------------------------------------------


def refused(sql: str, *params: object) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


WITH_LINE = """
    INSERT INTO proposals_cosign (proposal_id, household_id, line_id, speaker_id, by_id, channel, is_void)
    VALUES (%s, %s, %s, NULL, %s, %s, false)
"""


def test_no_signature_on_paper_without_its_line(way: Way, chief: User) -> None:
    proposal = way.cosigning(households=100)
    for channel in (Channel.PAPER, Channel.DOOR):
        refused(WITH_LINE, proposal.pk, way.households[0].pk, None, chief.pk, channel)


def test_no_signature_for_another_door_than_its_line_names(way: Way, chief: User) -> None:
    proposal, other = way.cosigning(households=100), way.cosigning(title="长凳")
    sheet = actions.cosign_on_paper(proposal, signed(way.households[:1]), photo=a_picture(), by=chief)
    line = sheet.lines.get()
    refused(WITH_LINE, other.pk, way.households[1].pk, line.pk, chief.pk, Channel.PAPER)


def test_no_sheet_comes_after_the_end(way: Way, chief: User) -> None:
    proposal = way.cosigning(households=100)
    actions.cosign_on_paper(proposal, signed(way.households[:1]), photo=a_picture(), by=chief)
    wait_until_over(proposal)
    late = paper.register(proposal.place, signed(way.households[1:2]), about="院里装灯", stub=a_picture(), by=chief)
    line = paper.read(late.lines.get(), {"signed": True}, by=chief)
    refused(WITH_LINE, proposal.pk, way.households[1].pk, line.pk, chief.pk, Channel.PAPER)


def test_nobody_frees_a_door_that_was_not_read_otherwise(way: Way, chief: User) -> None:
    proposal = way.cosigning(households=100)
    actions.cosign_on_paper(proposal, signed(way.households[:1]), photo=a_picture(), by=chief)
    refused("UPDATE proposals_cosign SET is_void = true WHERE proposal_id = %s", proposal.pk)
