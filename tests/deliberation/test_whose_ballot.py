"""What a door said is read by who lived there then; later readers of a sheet see the half with the vote alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from deliberation import actions, selectors
from deliberation.models import Motion, PaperBallot
from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.words import cn_datetime
from minshi.paper import numbers
from minshi.residents.models import Residence
from minshi.territory.models import Household
from tests.cast import make_resident
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def moves_out(user: User, clock: Any) -> None:
    clock.move(minutes=10)
    Residence.objects.filter(person__user=user, until=None).update(until=now(), is_representative=False)
    clock.move(minutes=10)


@pytest.fixture
def slip(motion: Motion, resident: User) -> str:
    return numbers.shown(actions.cast(motion, "against", receipt_id=uuid4(), by=resident).number)


@pytest.fixture
def paper(motion: Motion, household: Household, chief: User) -> PaperBallot:
    unit = motion.roll.units.get(household=household)
    return actions.register_paper(unit, receipt_id=uuid4(), photo=a_picture(), choice="against", by=chief)


def mine(motion: Motion) -> str:
    return f"/projects/{motion.proposal.number}/votes/1/mine/"


def test_the_household_reads_its_check_number_apart_from_its_slip(
    motion: Motion, slip: str, resident: User, son: User, client_of: ClientOf
) -> None:
    check = numbers.shown(motion.ballots.get().check_number)
    for who in (resident, son):
        page = client_of(who).get(mine(motion)).content.decode()
        assert check in page and "不同意" in page
        assert slip not in page
        assert check not in client_of(who).get(f"/receipts/{slip}/").content.decode()


@pytest.mark.parametrize("who", ["neighbour", "chief", "clerk", "case_officer", "district_officer"])
def test_nobody_else_reads_it(
    request: pytest.FixtureRequest, motion: Motion, slip: str, client_of: ClientOf, who: str
) -> None:
    assert client_of(request.getfixturevalue(who)).get(mine(motion)).status_code == 403


def test_who_moved_in_later_reads_nothing_and_who_moved_out_still_does(
    motion: Motion, slip: str, household: Household, resident: User, client_of: ClientOf, clock: Any
) -> None:
    moves_out(resident, clock)
    newcomer = make_resident("亥新来", household, represents=True, since=now())
    assert client_of(newcomer).get(mine(motion)).status_code == 403
    page = client_of(newcomer).get(f"/receipts/{slip}/").content.decode()
    assert "不同意" not in page and "收到时间" not in page
    assert "不同意" in client_of(resident).get(mine(motion)).content.decode()


def test_nor_when_it_was_given(
    motion: Motion, slip: str, household: Household, resident: User, client_of: ClientOf, clock: Any
) -> None:
    moment = cn_datetime(motion.ballots.get().cast_at)
    moves_out(resident, clock)
    newcomer = client_of(make_resident("亥新来", household, represents=True, since=now()))
    sent = {"choice": "agree", "receipt": str(uuid4()), "motion": motion.pk}
    answer = newcomer.post(f"/projects/{motion.proposal.number}/vote/", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "原来住的人已经投过票" in page
    assert moment not in page
    assert motion.ballots.get().choice == "against"


def test_nor_do_they_see_the_photo_of_the_sheet(
    paper: PaperBallot, household: Household, resident: User, client_of: ClientOf, clock: Any
) -> None:
    moves_out(resident, clock)
    newcomer = make_resident("亥新来", household, represents=True, since=now())
    photo = reverse("paper_photo", args=[paper.line_id])
    assert client_of(newcomer).get(photo).status_code == 403
    assert client_of(resident).get(photo).status_code == 200
    assert client_of(newcomer).get(f"/receipts/{paper.slip_number}/correct/").status_code == 403


# --- The second reader -----------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["", "agree", "nonsense"])
@pytest.mark.parametrize("who", ["stranger_chief", "stranger_clerk", "clerk", "second_clerk"])
def test_no_key_and_no_number_shows_another_sheet(
    request: pytest.FixtureRequest,
    motion: Motion,
    paper: PaperBallot,
    way: Way,
    client_of: ClientOf,
    who: str,
    choice: str,
) -> None:
    way.to_counting(motion)
    client = client_of(request.getfixturevalue(who))
    for asked in (paper.pk, paper.line_id, "", "x" * 30, selectors.reading_key(paper.line_id + 1)):
        answer = client.post("/paper/confirm/", {"paper": asked, "choice": choice})
        assert answer.status_code in (403, 422)
        assert b"<img" not in answer.content.split(b"<main")[1]
    if who.startswith("stranger"):
        answer = client.post("/paper/confirm/", {"paper": selectors.reading_key(paper.line_id), "choice": choice})
        assert answer.status_code == 403


def test_a_stub_without_its_photo_is_no_error(
    motion: Motion, household: Household, way: Way, chief: User, clerk: User, client_of: ClientOf
) -> None:
    unit = motion.roll.units.get(household=household)
    stub = actions.register_paper(unit, receipt_id=uuid4(), by=chief)
    way.to_counting(motion)
    client = client_of(clerk)
    for asked in (selectors.reading_key(stub.line_id), stub.pk):
        for choice in ("", "agree"):
            assert client.post("/paper/confirm/", {"paper": asked, "choice": choice}).status_code in (403, 422)
    page = client.get("/paper/confirm/")
    assert page.status_code == 200
    assert 'name="paper"' not in page.content.decode(), "a sheet that nobody has read waits for no second reader"


def test_a_refused_reading_stays_on_the_screen(
    motion: Motion, paper: PaperBallot, way: Way, clerk: User, client_of: ClientOf
) -> None:
    way.to_counting(motion)
    key = selectors.reading_key(paper.line_id)
    answer = client_of(clerk).post("/paper/confirm/", {"paper": key, "choice": ""})
    assert answer.status_code == 422
    assert f"/paper/confirm/{key}/photo/" in answer.content.decode()


def test_the_list_of_sheets_does_not_tell_which_was_read_a_moment_ago(
    motion: Motion, paper: PaperBallot, way: Way, chief: User, clerk: User, client_of: ClientOf
) -> None:
    way.to_counting(motion)
    pages = [
        f"/projects/{motion.proposal.number}/paper/",
        f"/projects/{motion.proposal.number}/paper/{paper.unit.ordinal}/",
    ]
    client = client_of(chief)

    def read() -> list[str]:
        return [client.get(page).content.decode().split("<main")[1].split("csrf")[0] for page in pages]

    before = read()
    actions.confirm_paper(paper, "against", by=clerk)
    assert read() == before


def test_one_door_is_answered_once_its_sheet_is_registered(
    motion: Motion, slip: str, household: Household, chief: User, client_of: ClientOf
) -> None:
    unit = motion.roll.units.get(household=household)
    page = f"/projects/{motion.proposal.number}/paper/{unit.ordinal}/"
    client = client_of(chief)
    assert "已经投过票" not in client.get(page).content.decode()
    client.post(page, {"receipt": str(uuid4())})
    answer = client.get(page).content.decode()
    assert "已经投过票" in answer
    assert "手机" not in answer.split("<main")[1].split("</main>")[0]
