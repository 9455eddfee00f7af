"""Paper on the chief's phone: door by door, one sheet a page; read again by another without the first reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from deliberation import actions, selectors
from deliberation.models import Ballot, Motion, PaperBallot
from minshi.accounts.models import User
from minshi.rolls.models import Reach
from tests.way import Way, a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.walked("voting")]
ClientOf = Callable[[User | None], Client]


def door(motion: Motion, ordinal: int = 1) -> str:
    return f"/projects/{motion.proposal.number}/paper/{ordinal}/"


@pytest.fixture
def paper(motion: Motion, household: Any, chief: User) -> PaperBallot:
    unit = motion.roll.units.get(household=household)
    return actions.register_paper(unit, receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)


def test_the_doors_that_have_not_voted_are_listed(
    motion: Motion, chief: User, resident: User, client_of: ClientOf, django_assert_max_num_queries: Any, clock: Any
) -> None:
    client = client_of(chief)
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    # Not this minute: whoever reads the list before and after would know when the door voted.
    assert door(motion, 1) in client.get(f"/projects/{motion.proposal.number}/paper/").content.decode()
    clock.move(hours=6)
    with django_assert_max_num_queries(16):
        page = client.get(f"/projects/{motion.proposal.number}/paper/").content.decode()
    assert "102" in page
    assert door(motion, 2) in page
    assert door(motion, 1) not in page


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("chief", 200),
        ("clerk", 200),
        ("resident", 403),
        ("neighbour", 403),
        ("stranger", 403),
        ("stranger_chief", 403),
        ("stranger_clerk", 403),
        ("party", 403),
        ("case_officer", 403),
    ],
)
def test_who_takes_paper_in(
    request: pytest.FixtureRequest, motion: Motion, client_of: ClientOf, who: str, status: int
) -> None:
    client = client_of(request.getfixturevalue(who))
    for page in (f"/projects/{motion.proposal.number}/paper/", door(motion), f"{door(motion)}unreachable/"):
        assert client.get(page).status_code == status


def test_a_visitor_is_asked_to_sign_in(motion: Motion, client_of: ClientOf) -> None:
    assert client_of(None).get(door(motion)).status_code == 302


@pytest.mark.parametrize("path", ["", "1/", "1/void/", "4/unreachable/"])
def test_a_chief_proves_afresh_who_holds_the_phone(
    motion: Motion, paper: PaperBallot, chief: User, client_of: ClientOf, clock: Any, path: str
) -> None:
    client = client_of(chief)
    address = f"/projects/{motion.proposal.number}/paper/{path}"
    assert client.get(address).status_code == 200
    clock.move(hours=13)
    assert client.get(address).headers["Location"].startswith("/signin/fresh/?")
    assert client.post(address).headers["Location"].startswith("/signin/fresh/?")


def test_so_does_whoever_reads_a_sheet_again(motion: Motion, chief: User, client_of: ClientOf, clock: Any) -> None:
    client = client_of(chief)
    assert client.get("/paper/confirm/").status_code == 200
    clock.move(hours=13)
    assert client.get("/paper/confirm/").headers["Location"].startswith("/signin/fresh/?")


def test_a_sheet_is_registered_with_its_photo(motion: Motion, chief: User, client_of: ClientOf) -> None:
    client = client_of(chief)
    sent = {"choice": "agree", "photos": a_picture(), "receipt": str(uuid4())}
    answered = client.post(door(motion), sent)
    assert answered.url == f"/projects/{motion.proposal.number}/paper/"
    paper = PaperBallot.objects.get()
    assert (paper.unit.ordinal, paper.choice, paper.line.first_by) == (1, "agree", chief)
    assert "已录入" in client.get(door(motion)).content.decode()


def test_only_the_stub_may_come_first_and_the_reading_later(
    motion: Motion, chief: User, clerk: User, client_of: ClientOf
) -> None:
    client_of(chief).post(door(motion), {"receipt": str(uuid4())})
    assert PaperBallot.objects.get().choice == ""
    client_of(clerk).post(door(motion), {"choice": "abstain", "photos": a_picture(), "receipt": str(uuid4())})
    assert PaperBallot.objects.get().line.first_by == clerk


def test_a_choice_without_a_photo_is_said_beside_the_photo(motion: Motion, chief: User, client_of: ClientOf) -> None:
    page = client_of(chief).post(door(motion), {"choice": "agree", "receipt": str(uuid4())})
    assert page.status_code == 422
    assert "请拍下纸票" in page.content.decode()
    assert not PaperBallot.objects.exists()


def test_what_is_no_picture_is_refused(motion: Motion, chief: User, client_of: ClientOf) -> None:
    hostile = SimpleUploadedFile("x.jpg", b"<?php evil ?>", "image/jpeg")
    page = client_of(chief).post(door(motion), {"choice": "agree", "photos": hostile, "receipt": str(uuid4())})
    assert page.status_code == 422
    assert not PaperBallot.objects.exists()


def test_a_stub_is_taken_back_with_a_reason(
    motion: Motion, paper: PaperBallot, chief: User, client_of: ClientOf
) -> None:
    page = f"{door(motion, paper.unit.ordinal)}void/"
    client = client_of(chief)
    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": ""}).status_code == 422
    assert client.post(page, {"reason": "登记错了门牌"}).status_code == 302
    assert not PaperBallot.objects.valid().exists()


def test_who_could_not_be_reached_is_noted(motion: Motion, chief: User, client_of: ClientOf) -> None:
    client = client_of(chief)
    assert client.post(f"{door(motion, 4)}unreachable/", {"note": ""}).status_code == 422
    assert client.post(f"{door(motion, 4)}unreachable/", {"note": "两次敲门无人"}).status_code == 302
    assert motion.roll.units.get(ordinal=4).reach == Reach.UNREACHABLE


# --- The second reading --------------------------------------------------------------------------


def test_the_queue_shows_the_photo_and_not_the_first_reading(
    motion: Motion, paper: PaperBallot, clerk: User, client_of: ClientOf, way: Way, django_assert_max_num_queries: Any
) -> None:
    way.to_counting(motion)
    client = client_of(clerk)
    with django_assert_max_num_queries(10):
        page = client.get("/paper/confirm/").content.decode()
    key = selectors.reading_key(paper.line_id)
    assert f"/paper/confirm/{key}/photo/" in page
    assert client.get(f"/paper/confirm/{key}/photo/").status_code == 200
    assert f"/{paper.line_id}/" not in page
    assert "名册第" not in page
    assert "checked" not in page


def test_alike_it_counts_and_the_next_comes_up(
    motion: Motion, paper: PaperBallot, clerk: User, client_of: ClientOf, way: Way
) -> None:
    way.to_counting(motion)
    client = client_of(clerk)
    answered = client.post(
        "/paper/confirm/", {"paper": selectors.reading_key(paper.line_id), "choice": "agree"}, follow=True
    )
    assert "两次一致" in answered.content.decode()
    assert "现在没有等您核对的" in answered.content.decode()
    assert Ballot.objects.get().channel == "paper"


def test_differently_it_goes_to_a_third(
    motion: Motion, paper: PaperBallot, clerk: User, second_clerk: User, client_of: ClientOf, way: Way
) -> None:
    way.to_counting(motion)
    answered = client_of(clerk).post(
        "/paper/confirm/", {"paper": selectors.reading_key(paper.line_id), "choice": "against"}, follow=True
    )
    assert "转第三位" in answered.content.decode()
    assert "前两位看的不一样" in client_of(second_clerk).get("/paper/confirm/").content.decode()


def test_my_own_entry_does_not_come_up(
    motion: Motion, paper: PaperBallot, chief: User, client_of: ClientOf, way: Way
) -> None:
    way.to_counting(motion)
    client = client_of(chief)
    assert "现在没有等您核对的" in client.get("/paper/confirm/").content.decode()
    refused = client.post("/paper/confirm/", {"paper": selectors.reading_key(paper.line_id), "choice": "agree"})
    assert refused.status_code == 422
    assert "不能自己核对" in refused.content.decode()


@pytest.mark.parametrize("who", ["stranger_clerk", "stranger_chief"])
def test_from_elsewhere_neither_seen_nor_confirmed(
    request: pytest.FixtureRequest, motion: Motion, paper: PaperBallot, client_of: ClientOf, way: Way, who: str
) -> None:
    way.to_counting(motion)
    client = client_of(request.getfixturevalue(who))
    assert "现在没有等您核对的" in client.get("/paper/confirm/").content.decode()
    assert (
        client.post("/paper/confirm/", {"paper": selectors.reading_key(paper.line_id), "choice": "agree"}).status_code
        == 403
    )
    assert not Ballot.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("resident", 200), ("chief", 200), ("clerk", 403), ("neighbour", 403), ("stranger", 403), ("stranger_clerk", 403)],
)
def test_who_sees_the_photo_of_a_sheet(
    request: pytest.FixtureRequest, motion: Motion, paper: PaperBallot, client_of: ClientOf, who: str, status: int
) -> None:
    answered = client_of(request.getfixturevalue(who)).get(reverse("paper_photo", args=[paper.line_id]))
    assert answered.status_code == status
    if status == 200:
        assert "no-store" in answered.headers["Cache-Control"]


def test_a_visitor_does_not_see_it(paper: PaperBallot, client_of: ClientOf) -> None:
    assert client_of(None).get(reverse("paper_photo", args=[paper.line_id])).status_code == 302


def test_the_chiefs_tasks_name_both(
    motion: Motion, paper: PaperBallot, chief: User, clerk: User, client_of: ClientOf, way: Way
) -> None:
    assert "上门收纸票" in client_of(chief).get("/mine/").content.decode()
    way.to_counting(motion)
    assert "有纸票等您核对" in client_of(clerk).get("/mine/").content.decode()
    assert "上门收纸票" not in client_of(chief).get("/mine/").content.decode()


def test_a_long_list_of_doors_is_opened_building_by_building(
    motion: Motion, chief: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "MOST_DOORS", 3)
    client, page = client_of(chief), f"/projects/{motion.proposal.number}/paper/"
    for unit in motion.roll.units.order_by("-ordinal")[:5]:
        actions.register_paper(unit, receipt_id=uuid4(), by=chief)
    first = client.get(page).content.decode()
    left = motion.roll.units.order_by("ordinal")[: motion.electorate - 5]
    assert not any(f'"{door(motion, unit.ordinal)}"' in first for unit in left)
    assert f"还有 {len(left)}" in first or f"{len(left)} 户" in first
    one = left[0].household
    assert one
    opened = client.get(page, {"building": one.place.code}).content.decode()
    shown = [unit for unit in left if f'"{door(motion, unit.ordinal)}"' in opened]
    assert [unit.household.place_id for unit in shown if unit.household] == [one.place_id] * min(3, len(shown))
    assert 0 < len(shown) <= 3
    sheets = [unit for unit in motion.roll.units.order_by("-ordinal")[:5] if door(motion, unit.ordinal) in first]
    assert len(sheets) == 3 and "after=" in first
    behind = client.get(page, {"after": sheets[0].ordinal}).content.decode()
    assert sum(door(motion, unit.ordinal) in behind for unit in motion.roll.units.order_by("-ordinal")[:2]) == 2
