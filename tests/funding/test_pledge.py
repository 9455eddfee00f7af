"""A household promises money of its own will, changes or withdraws it, and decides whether its name is shown."""

from __future__ import annotations

import pytest
from django.test import Client

from funding import actions as funding
from funding.models import Contribution, Pledge, Refund
from minshi.accounts.models import User
from minshi.audit.models import ClearValue, Event
from minshi.deadlines.models import Deadline
from minshi.mydata import actions as mydata
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person, Residence
from proposals.models import Proposal
from tests.cast import home_of
from tests.conftest import Clock
from tests.way import Way, a_picture

pytestmark = pytest.mark.walked("raising")


@pytest.fixture
def proposal(way: Way) -> Proposal:
    return way.raising()


def on_paper(way: Way, proposal: Proposal, *, door: int = 0, signer: Person | None = None, by: str = "chief") -> Pledge:
    return funding.pledge_on_paper(
        proposal, way.households[door], signer=signer, amount_fen=5_000, photo=a_picture(), by=way.who(by)
    )


def test_a_household_promises_once_and_may_change_it(way: Way, proposal: Proposal) -> None:
    resident, household = way.who("resident"), way.households[0]
    first = funding.pledge(proposal, household, amount_fen=20_000, by=resident)
    second = funding.pledge(proposal, household, amount_fen=30_000, by=resident)
    assert second.number == f"{proposal.number}-R002"
    assert list(Pledge.objects.standing()) == [second]
    first.refresh_from_db()
    assert first.withdrawn_at
    funding.withdraw_pledge(second, by=resident)
    assert not Pledge.objects.standing().exists()
    with pytest.raises(Refused, match="已经撤回"):
        funding.withdraw_pledge(second, by=resident)


def test_a_name_is_shown_only_with_consent_and_hidden_again_without(way: Way, proposal: Proposal) -> None:
    resident, household = way.who("resident"), way.households[0]
    promised = funding.pledge(proposal, household, amount_fen=20_000, by=resident)
    assert promised.name_public == "1栋 甲*民"
    funding.publish_name(promised, True, by=resident)
    assert promised.name_public == "1栋 甲居民"
    given = way.given(proposal, household, 20_000, "收据1")
    assert given.name_public == "1栋 甲居民"
    with pytest.raises(NotAllowed):
        funding.publish_name(promised, False, by=way.who("neighbour"))
    funding.publish_name(promised, False, by=resident)
    assert Contribution.objects.get().name_public == "1栋 甲*民"


def test_nobody_speaks_for_another_household(way: Way, proposal: Proposal) -> None:
    for name in ("neighbour", "stranger", "clerk", "chief"):
        with pytest.raises(NotAllowed):
            funding.pledge(proposal, way.households[0], amount_fen=100, by=way.who(name))


def test_paper_is_entered_by_the_places_own_people(way: Way, proposal: Proposal) -> None:
    promised = on_paper(way, proposal, signer=way.who("resident").person)
    assert (promised.on_paper, promised.name_public) == (True, "1栋 甲*民")
    with pytest.raises(NotAllowed):
        on_paper(way, proposal, door=1, by="stranger_chief")


def test_a_sheet_counts_once_another_has_read_it_alike(way: Way, proposal: Proposal) -> None:
    promised = on_paper(way, proposal)
    assert not Pledge.objects.standing().exists()
    assert Deadline.objects.open().get(kind="funding.pledge").role == "supervisor"
    with pytest.raises(NotAllowed):  # an organiser, who is no second person for money
        funding.read_pledge(promised, amount_fen=5_000, publishes_name=False, by=way.who("chief"))
    funding.read_pledge(promised, amount_fen=5_000, publishes_name=False, by=way.who("clerk"))
    assert Pledge.objects.standing().get() == promised
    assert promised.giver.person is None and promised.name_public == "1栋 一户"
    assert not Deadline.objects.open().filter(kind="funding.pledge").exists()


def test_nobody_reads_the_same_sheet_twice(way: Way, proposal: Proposal) -> None:
    promised = on_paper(way, proposal, by="clerk")
    with pytest.raises(Refused, match="不能自己核对"):
        funding.read_pledge(promised, amount_fen=5_000, publishes_name=False, by=way.who("clerk"))


def test_a_third_decides_the_amount_and_the_name(way: Way, proposal: Proposal) -> None:
    promised = on_paper(way, proposal, signer=way.who("resident").person)
    funding.read_pledge(promised, amount_fen=50_000, publishes_name=True, by=way.who("clerk"))
    assert not Pledge.objects.standing().exists()
    funding.read_pledge(promised, amount_fen=50_000, publishes_name=True, by=way.who("supervisor"))
    standing = Pledge.objects.standing().get()
    assert (standing.amount_fen, standing.name_public) == (50_000, "1栋 甲居民")
    assert standing.giver == home_of(way.who("resident"))


def test_a_sheet_reserves_its_door_and_replaces_what_stood_once_it_is_read(way: Way, proposal: Proposal) -> None:
    resident, door = way.who("resident"), way.households[0]
    earlier = funding.pledge(proposal, door, amount_fen=20_000, by=resident)
    promised = on_paper(way, proposal, signer=resident.person)
    assert Pledge.objects.standing().get() == earlier
    with pytest.raises(Refused, match="正等另一位核对"):
        funding.pledge(proposal, door, amount_fen=30_000, by=resident)
    with pytest.raises(Refused, match="已经登记过"):
        on_paper(way, proposal)
    funding.read_pledge(promised, amount_fen=5_000, publishes_name=False, by=way.who("clerk"))
    assert Pledge.objects.standing().get() == promised


def test_the_household_withdraws_a_sheet_that_waits(way: Way, proposal: Proposal) -> None:
    resident, door = way.who("resident"), way.households[0]
    promised = on_paper(way, proposal, signer=resident.person)
    assert Message.objects.filter(user=resident, title__startswith="已登记您家在纸上的认缴").exists()
    funding.withdraw_pledge(promised, by=resident)
    with pytest.raises(Refused, match="已经撤回"):
        funding.read_pledge(promised, amount_fen=5_000, publishes_name=False, by=way.who("clerk"))
    funding.pledge(proposal, door, amount_fen=30_000, by=resident)


def test_a_sheet_registered_by_mistake_is_voided_by_another_and_the_door_promises_again(
    way: Way, proposal: Proposal, refused_sql
) -> None:
    resident, door = way.who("resident"), way.households[0]
    promised = on_paper(way, proposal, signer=resident.person, by="clerk")
    funding.read_pledge(promised, amount_fen=5_000, publishes_name=False, by=way.who("supervisor"))
    with pytest.raises(Refused, match="由另一位来办"):
        funding.void_pledge(promised, reason="登记错了门牌", by=way.who("clerk"))
    sql = "UPDATE paper_line SET voided_by_id = first_by_id, voided_at = now(), void_reason = 'x' WHERE id = %s"
    refused_sql("voided by another person", sql, promised.line_id)
    with pytest.raises(Refused, match="请写明为什么撤销"):
        funding.void_pledge(promised, reason="\u3164", by=way.who("supervisor"))
    funding.void_pledge(promised, reason="登记错了门牌", by=way.who("supervisor"))
    assert not Pledge.objects.standing().exists() and not Deadline.objects.open().filter(kind="funding.pledge").exists()
    assert Message.objects.get(user=resident, event="pledge.voided").body == "登记错了门牌"
    funding.pledge(proposal, door, amount_fen=30_000, by=resident)
    with pytest.raises(Refused, match="已经撤回"):
        funding.void_pledge(promised, reason="又一次", by=way.who("supervisor"))


def test_what_staff_take_back_for_a_household_is_told_to_it(way: Way, proposal: Proposal) -> None:
    promised = on_paper(way, proposal, signer=way.who("resident").person)
    funding.withdraw_pledge(promised, by=way.who("clerk"))
    assert Message.objects.filter(user=way.who("resident"), event="pledge.withdrawn").exists()


def test_who_signed_for_one_door_does_not_sign_for_another(way: Way, proposal: Proposal) -> None:
    with pytest.raises(Refused, match="这一户已经登记的成年人"):
        on_paper(way, proposal, door=1, signer=way.who("resident").person)


def test_the_database_counts_a_sheet_only_as_two_read_it(way: Way, proposal: Proposal, refused_sql) -> None:
    promised = on_paper(way, proposal)
    refused_sql("as two have read", "UPDATE funding_pledge SET is_waiting = false WHERE id = %s", promised.pk)
    refused_sql("as two have read", "UPDATE funding_pledge SET amount_fen = 9 WHERE id = %s", promised.pk)
    sql = (
        "INSERT INTO funding_pledge (proposal_id, household_id, giver_id, ordinal, amount_fen, publishes_name,"
        " name_public, line_id, is_waiting, by_id)"
        " SELECT proposal_id, household_id, giver_id, 9, 100, false, '', line_id, false, by_id FROM funding_pledge"
    )
    refused_sql("a pledge on paper waits", sql)
    funding.read_pledge(promised, amount_fen=5_000, publishes_name=False, by=way.who("clerk"))
    refused_sql("as two have read", "UPDATE funding_pledge SET amount_fen = 9 WHERE id = %s", promised.pk)
    refused_sql("as two have read", "UPDATE funding_pledge SET is_waiting = true WHERE id = %s", promised.pk)


def test_only_households_that_benefit_are_asked(way: Way, proposal: Proposal, refused_sql) -> None:
    stranger = way.who("stranger")
    household = stranger.person.household
    with pytest.raises(Refused, match="受益住户"):
        funding.pledge(proposal, household, amount_fen=100, by=stranger)
    sql = (
        "INSERT INTO funding_pledge (proposal_id, household_id, giver_id, speaker_id, ordinal, amount_fen,"
        " publishes_name, name_public, is_waiting, by_id) VALUES (%s, %s, %s, %s, 9, 100, false, '', false, %s)"
    )
    home = home_of(stranger)
    refused_sql("does not benefit", sql, proposal.pk, household.pk, home.pk, home.person_id, stranger.pk)
    mine = way.households[0].pk
    next_door = home_of(way.who("neighbour"))
    refused_sql("its giver's door", sql, proposal.pk, mine, next_door.pk, next_door.person_id, stranger.pk)
    giver = home_of(way.who("resident")).pk
    refused_sql("may not speak", sql, proposal.pk, mine, giver, home.person_id, stranger.pk)


def test_money_that_arrived_is_no_longer_a_promise(way: Way, proposal: Proposal) -> None:
    resident, household = way.who("resident"), way.households[0]
    promised = funding.pledge(proposal, household, amount_fen=20_000, by=resident)
    way.given(proposal, household, 20_000, "收据1")
    with pytest.raises(Refused, match="已经收到"):
        funding.withdraw_pledge(promised, by=resident)
    with pytest.raises(Refused, match="已经收到"):
        funding.pledge(proposal, household, amount_fen=1, by=resident)
    with pytest.raises(Refused, match="愿意出多少"):
        funding.pledge(proposal, way.households[1], amount_fen=0, by=way.who("neighbour"))


def test_two_promises_of_a_household_stand_never_together(way: Way, proposal: Proposal, refused_sql) -> None:
    promised = funding.pledge(proposal, way.households[0], amount_fen=20_000, by=way.who("resident"))
    sql = (
        "INSERT INTO funding_pledge (proposal_id, household_id, giver_id, speaker_id, ordinal, amount_fen,"
        " publishes_name, name_public, is_waiting, by_id) SELECT proposal_id, household_id, giver_id, speaker_id,"
        " 9, 100, false, '', false, by_id FROM funding_pledge"
    )
    refused_sql("one_pledge_per_household", sql)
    refused_sql("as two have read", "UPDATE funding_pledge SET amount_fen = 1 WHERE id = %s", promised.pk)


# --- The consent to be named is taken back ---------------------------------------------------------------


def everything_public(client: Client, proposal: Proposal) -> str:
    pages = [f"/projects/{proposal.number}/{part}" for part in ("", "books/", "books/?all=1", "log/")]
    return "".join(client.get(page).content.decode() for page in pages)


@pytest.fixture
def named(way: Way, proposal: Proposal) -> Pledge:
    """A household that gave under its name."""
    way.planned(proposal)
    promised = funding.pledge(
        proposal, way.households[0], amount_fen=20_000, publishes_name=True, by=way.who("resident")
    )
    way.given(proposal, way.households[0], 20_000, "收据1")
    return promised


def test_who_takes_it_back_is_named_neither_in_what_goes_back_nor_in_what_is_claimed(
    way: Way, proposal: Proposal, named: Pledge, client_of
) -> None:
    way.ending(proposal, "整院要拆迁")
    assert "1栋 甲居民" in everything_public(client_of(None), proposal)
    client, url = client_of(way.who("resident")), f"/projects/{proposal.number}/pledge/"
    assert "改为不公开" in client.get(url).content.decode()  # although the promise ended with the project
    assert client.post(f"{url}name/", {"publishes": "0"}).status_code == 302
    refund = Refund.objects.get(giver__person=way.who("resident").person)
    assert refund.name_public == "1栋 甲*民"
    assert "甲居民" not in everything_public(client_of(None), proposal)
    assert "改为不公开" not in client.get(url).content.decode()
    with pytest.raises(Refused, match="不能再改为公开姓名"):
        funding.publish_name(Pledge.objects.get(), True, by=way.who("resident"))


def test_who_moved_takes_it_back_too(way: Way, proposal: Proposal, named: Pledge, client_of, clock: Clock) -> None:
    resident = way.who("resident")
    clock.move(minutes=5)
    Residence.objects.filter(person__user=resident, until=None).update(until=clock.now(), is_representative=False)
    url = f"/projects/{proposal.number}/pledge/name/"
    assert client_of(way.who("neighbour")).post(url, {"publishes": "0"}).status_code == 404
    assert "1栋 甲居民" in everything_public(client_of(None), proposal)
    assert client_of(resident).post(url, {"publishes": "0"}).status_code == 302
    assert "甲居民" not in everything_public(client_of(None), proposal)


def test_a_new_promise_without_the_name_hides_what_came_under_the_old_one(way: Way, proposal: Proposal) -> None:
    resident, door = way.who("resident"), way.households[0]
    way.planned(proposal)
    funding.pledge(proposal, door, amount_fen=20_000, publishes_name=True, by=resident)
    given = way.given(proposal, door, 20_000, "收据1")
    funding.reverse_contribution(given, reason="支票退票了", by=way.who("supervisor"))
    funding.pledge(proposal, door, amount_fen=10_000, by=resident)
    given.refresh_from_db()
    assert given.name_public == "1栋 甲*民"
    assert not Pledge.objects.filter(publishes_name=True).exists()


def test_who_closed_their_account_is_named_no_more(
    way: Way, proposal: Proposal, named: Pledge, client_of, clock: Clock
) -> None:
    resident = way.who("resident")
    mydata.close(by=User.objects.get(pk=resident.pk))
    clock.move(days=40)
    mydata.forget(User.objects.get(pk=resident.pk), by=None)
    assert Contribution.objects.get().name_public == "1栋 甲*民"
    assert "甲居民" not in everything_public(client_of(None), proposal)
    rows = {"funding_pledge": [named.pk], "funding_contribution": [Contribution.objects.get().pk]}
    for table, keys in rows.items():
        events = Event.objects.filter(table_name=table, row_pk__in=map(str, keys)).values("pk")
        assert not ClearValue.objects.filter(event_id__in=events).exists()
