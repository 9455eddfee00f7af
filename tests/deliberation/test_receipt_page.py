"""/receipts/<code>/: what a receipt stands for, and correcting what was entered for a household."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from deliberation import actions
from deliberation.models import Ballot, Motion, PaperBallot
from minshi.accounts.models import User
from minshi.mydata import actions as my_data
from minshi.paper import numbers
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def code(motion: Motion, resident: User) -> str:
    return numbers.shown(actions.cast(motion, "against", receipt_id=uuid4(), by=resident).number)


@pytest.fixture
def paper(motion: Motion, household: Any, chief: User) -> PaperBallot:
    unit = motion.roll.units.get(household=household)
    return actions.register_paper(unit, receipt_id=uuid4(), photo=a_picture(), choice="agree", by=chief)


def test_its_household_sees_the_choice(
    code: str, resident: User, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of(resident)
    with django_assert_max_num_queries(8):
        page = client.get(f"/receipts/{code}/").content.decode()
    assert "不同意" in page
    assert code in page
    assert "我要改" in page
    assert "<dd>样板巷1号院1栋101</dd>" in page, "the whole door: 101 alone is in every building"


def test_who_moved_out_reads_it_and_is_not_told_to_change_it(code: str, resident: User, client_of: ClientOf) -> None:
    my_data.move_out(by=resident)
    page = client_of(resident).get(f"/receipts/{code}/").content.decode()
    assert "不同意" in page and "我要改" not in page and "前可以改" not in page


@pytest.mark.parametrize("who", [None, "neighbour", "clerk"])
def test_others_see_that_it_counts_and_not_what_it_says(
    request: pytest.FixtureRequest, code: str, client_of: ClientOf, who: str | None
) -> None:
    page = client_of(request.getfixturevalue(who) if who else None).get(f"/receipts/{code}/").content.decode()
    assert "已收到您家的票" in page
    assert "不同意" not in page
    assert "101" not in page


def test_after_publication_everybody_sees_that_it_was_counted_and_no_more(
    code: str, motion: Motion, way: Way, resident: User, client_of: ClientOf
) -> None:
    way.vote_on_paper(motion.proposal, agree=8)
    page = client_of(None).get(f"/receipts/{code}/").content.decode()
    assert "已经计入结果" in page
    for secret in ("不同意", "收到时间", "手机", "纸质", "101"):
        assert secret not in page.split("怎么核对")[0]
    assert "不同意" in client_of(resident).get(f"/receipts/{code}/").content.decode()


def test_it_is_found_however_it_is_written(code: str, client_of: ClientOf) -> None:
    client = client_of(None)
    for written in (code.replace("-", ""), code.lower(), code.replace("-", " ")):
        assert client.get("/receipts/", {"number": written}, follow=True).status_code == 200


def test_a_slip_of_the_pen_is_noticed(code: str, client_of: ClientOf) -> None:
    other = "2" if code[0] != "2" else "3"
    page = client_of(None).get(f"/receipts/{other}{code[1:]}/")
    assert page.status_code == 404
    assert "抄错" in page.content.decode()


def test_a_number_nobody_has_is_not_found(client_of: ClientOf) -> None:
    unknown = numbers.shown(numbers.number_of(uuid4()))
    page = client_of(None).get(f"/receipts/{unknown}/")
    assert page.status_code == 404
    assert "没有这一张" in page.content.decode()


def test_any_wrong_character_and_any_swap_is_noticed() -> None:
    for _time in range(20):
        receipt = numbers.number_of(uuid4())
        assert numbers.is_number(receipt)
        for place in range(numbers.LENGTH):
            for character in numbers.ALPHABET:
                if character != receipt[place]:
                    assert not numbers.is_number(receipt[:place] + character + receipt[place + 1 :])
        swapped = receipt[1] + receipt[0] + receipt[2:]
        assert swapped == receipt or not numbers.is_number(swapped)


def test_a_replaced_one_says_so(motion: Motion, code: str, resident: User, client_of: ClientOf) -> None:
    actions.cast(motion, "agree", receipt_id=uuid4(), by=resident)
    assert "被后来的一票替换" in client_of(resident).get(f"/receipts/{code}/").content.decode()


def test_a_sheets_receipt_leads_to_the_correction_while_counting(
    motion: Motion, paper: PaperBallot, resident: User, client_of: ClientOf, way: Way
) -> None:
    client, page = client_of(resident), f"/receipts/{numbers.shown(paper.slip_number)}/"
    assert "那时可以更正" in client.get(page).content.decode()
    way.to_counting(motion)
    assert "我要更正" in client_of(resident).get(page).content.decode()
    assert "我要更正" not in client_of(None).get(page).content.decode()


def test_the_household_corrects_it_there(
    motion: Motion, paper: PaperBallot, resident: User, client_of: ClientOf, way: Way
) -> None:
    way.to_counting(motion)
    client, page = client_of(resident), f"/receipts/{numbers.shown(paper.slip_number)}/correct/"
    assert client.get(page).status_code == 200
    refused = client.post(page, {"choice": "agree", "reason": "录错了", "receipt": str(uuid4())})
    assert refused.status_code == 422
    assert "不用更正" in refused.content.decode()
    done = client.post(page, {"choice": "against", "reason": "录错了", "receipt": str(uuid4())})
    assert done.status_code == 302
    assert Ballot.objects.get().choice == "against"
    assert "已经计入" in client.get(done.url).content.decode()


def test_nobody_else_opens_the_correction(
    motion: Motion, paper: PaperBallot, neighbour: User, client_of: ClientOf
) -> None:
    assert client_of(neighbour).get(f"/receipts/{paper.slip_number}/correct/").status_code == 403
