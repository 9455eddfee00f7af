"""What came on paper is entered by the clerk for whoever wrote it: their name, their number, their quota."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.clock import now
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person, Residence
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household
from proposals import actions
from proposals.models import Proposal, Wish
from tests.proposals.hostile import WORDS
from tests.way import a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
PAPER, BOOK = "/projects/paper/", "/wishes/paper/"


def sheet(door: Household, name: str, **words: Any) -> dict[str, Any]:
    return {**WORDS, "door": door.address, "name": name, "scope": "yard", "sheet": a_picture(), **words}


def without_a_phone(door: Household, name: str) -> Person:
    person = Person.objects.create(name=name)
    Residence.objects.create(person=person, household=door, confirmed_at=now())
    return person


def test_a_paper_proposal_is_of_whoever_signed_it(
    households: list[Household], clerk: User, chief: User, client_of: ClientOf
) -> None:
    person = without_a_phone(households[6], "申老伯")
    answer = client_of(clerk).post(PAPER, sheet(households[6], "申老伯"), follow=True)
    proposal = Proposal.objects.get()
    assert proposal.number in answer.content.decode()
    person.refresh_from_db()
    assert (proposal.proposer, proposal.channel, proposal.entered_by) == (person.user, "paper", clerk)
    assert proposal.proposer_public == "申*伯" and proposal.sheet and proposal.sheet.stub
    assert proposal.place.level_id == "yard" and proposal.version.by == clerk
    assert person.user.phone is None and not person.user.has_usable_password()
    assert Message.objects.filter(user=person.user, title__contains="已收到").exists()
    submitted = StepRecord.objects.of(proposal).get(verb="submit")
    assert (submitted.by, submitted.evidence) == (clerk, {"channel": "paper"})
    assert Event.objects.filter(table_name="proposals_proposal").latest("id").actor == clerk.pk
    actions.pass_review(proposal, by=chief, reason="确实需要")


def test_a_resident_with_a_phone_has_it_among_their_own(
    household: Household, resident: User, clerk: User, client_of: ClientOf
) -> None:
    client_of(clerk).post(PAPER, sheet(household, "甲居民"))
    proposal = Proposal.objects.get()
    assert proposal.proposer == resident
    assert proposal.number in client_of(resident).get("/mine/").content.decode()


def test_who_is_not_in_the_register_is_named_all_the_same(
    households: list[Household], clerk: User, client_of: ClientOf
) -> None:
    client_of(clerk).post(PAPER, sheet(households[6], "外来的酉"))
    proposal = Proposal.objects.get()
    assert proposal.proposer not in (clerk, None) and proposal.proposer.person.name == "外来的酉"
    assert proposal.proposer.person.household is None


@pytest.mark.parametrize("missing", ["door", "name", "sheet", "title", "need"])
def test_what_is_missing_is_said_beside_its_field(
    households: list[Household], clerk: User, client_of: ClientOf, missing: str
) -> None:
    typed = {**sheet(households[6], "申老伯"), missing: ""}
    answer = client_of(clerk).post(PAPER, typed)
    assert answer.status_code == 422 and missing in answer.context["form"].errors
    assert not Proposal.objects.exists()
    if missing != "name":
        assert "申老伯" in answer.content.decode()


@pytest.mark.parametrize("who", ["resident", "chief", "party", "case_officer"])
def test_only_the_clerk_enters_for_others(
    households: list[Household], who: str, client_of: ClientOf, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who))
    for url in (PAPER, BOOK):
        assert client.get(url).status_code == 403
    assert client.post(PAPER, sheet(households[6], "申老伯")).status_code == 403


def test_a_clerk_of_elsewhere_finds_no_door_here(
    households: list[Household], stranger_clerk: User, client_of: ClientOf
) -> None:
    answer = client_of(stranger_clerk).post(PAPER, sheet(households[6], "申老伯"))
    assert answer.status_code == 422 and "door" in answer.context["form"].errors
    with pytest.raises(NotAllowed):
        actions.enter_wishes(
            households[6].place,
            [actions.Written(households[6], "申", "灯")],
            photo=None,
            receipt_id=uuid4(),
            by=stranger_clerk,
        )


def test_nobody_enters_their_own_as_anothers(household: Household, clerk: User) -> None:
    Residence.objects.create(person=clerk.person, household=household, confirmed_at=now())
    with pytest.raises(Refused, match="自己的请自己"):
        actions.enter_wishes(
            household.place,
            [actions.Written(household, clerk.person.name, "灯")],
            photo=a_picture(),
            receipt_id=uuid4(),
            by=clerk,
        )


# --- A page of the book ---------------------------------------------------------------------------


def page(lines: str, place: Any, **more: Any) -> dict[str, Any]:
    return {"lines": lines, "place": place.pk, "receipt": str(uuid4()), **more}


def test_a_page_of_the_book_is_entered_on_one_screen(
    households: list[Household], resident: User, community: Any, clerk: User, client_of: ClientOf
) -> None:
    lines = "101 甲居民 楼道灯不亮了 晚上看不清\n\n1栋302\t申老伯\t想要一张长椅\n202 酉阿姨 电话138-001-38000也打不通"
    answer = client_of(clerk).post(BOOK, page(lines, community, photos=a_picture()), follow=True)
    wished = list(Wish.objects.order_by("pk"))
    assert [wish.text for wish in wished] == ["楼道灯不亮了 晚上看不清", "想要一张长椅", "电话138****8000也打不通"]
    assert [wish.wisher_name for wish in wished] == ["甲居民", "申老伯", "酉阿姨"]
    assert wished[0].by == resident and {wish.entered_by for wish in wished} == {clerk}
    assert clerk not in {wish.by for wish in wished} and {wish.channel for wish in wished} == {"paper"}
    assert len({wish.slip_number for wish in wished}) == 3 and wished[0].sheet and wished[0].sheet.stub
    said = answer.content.decode()
    for wish in wished:
        assert wish.slip_number and wish.slip_number[:4] in said


@pytest.mark.parametrize(
    "line",
    [
        "1栋302 申老伯：想要一张长椅，2米长",
        "１栋 ３０２，申老伯，想要一张长椅，2米长",
        "1栋 302 申老伯 想要一张长椅，2米长",
    ],
)
def test_a_line_is_read_as_people_write_it(
    households: list[Household], community: Any, clerk: User, client_of: ClientOf, line: str
) -> None:
    """1栋 302 was taken for a door called 1栋 and somebody called 302."""
    assert client_of(clerk).post(BOOK, page(line, community, photos=a_picture())).status_code == 302
    assert [(wish.wisher_name, wish.text) for wish in Wish.objects.all()] == [("申老伯", "想要一张长椅，2米长")]


def test_a_door_that_is_several_is_said_with_its_yards(
    households: list[Household], yard: Any, community: Any, clerk: User, client_of: ClientOf
) -> None:
    there = add_place(parent=community, code=f"{community.code}-2", name="样板巷2号院", level="yard", by=None)
    again = add_place(parent=there, code=f"{there.code}-1", name="1栋", level="building", by=None)
    add_households(place=again, addresses=["302"], by=None)
    said = client_of(clerk).post(BOOK, page("1栋302 申老伯 灯", community, photos=a_picture())).content.decode()
    assert "有 2 户都叫这个：样板巷1号院1栋302、样板巷2号院1栋302。请写上院落和楼栋" in said
    sent = page("样板巷2号院1栋302 申老伯 灯", community, photos=a_picture())
    assert client_of(clerk).post(BOOK, sent).status_code == 302


def test_one_wrong_line_keeps_all_that_was_typed(
    households: list[Household], community: Any, clerk: User, client_of: ClientOf
) -> None:
    answer = client_of(clerk).post(BOOK, page("101 甲居民 灯\n999 某人 灯\n102 只有名字", community))
    said = answer.content.decode()
    assert answer.status_code == 422 and "第 2 行" in said and "第 3 行" in said and "101 甲居民 灯" in said
    assert not Wish.objects.exists()


def test_the_same_page_sent_twice_is_entered_once(
    households: list[Household], community: Any, clerk: User, client_of: ClientOf
) -> None:
    sent = page("101 甲居民 灯\n102 乙 椅子", community)
    for _press in range(2):
        assert client_of(clerk).post(BOOK, {**sent, "photos": a_picture()}).status_code == 302
    assert Wish.objects.count() == 2


def test_an_empty_page_is_none(community: Any, clerk: User, client_of: ClientOf, households: list[Household]) -> None:
    assert client_of(clerk).post(BOOK, page(" \n ", community)).status_code == 422
