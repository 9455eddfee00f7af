"""The page that asks one question: how much, if anything."""

from __future__ import annotations

import pytest

from funding.models import Pledge
from minshi.residents.models import Residence
from proposals.models import Proposal
from tests.cast import make_resident
from tests.way import Way

pytestmark = pytest.mark.walked("raising")


@pytest.fixture
def proposal(way: Way) -> Proposal:
    proposal = way.raising()
    way.planned(proposal)
    return proposal


def test_a_resident_promises_changes_and_withdraws(way: Way, proposal: Proposal, client_of) -> None:
    client, url = client_of(way.who("resident")), f"/projects/{proposal.number}/pledge/"
    page = client.get(url).content.decode()
    assert "全凭自愿" in page
    assert "20,000.00 元" in page
    assert client.post(url, {"choice": "20000"}).status_code == 302
    promised = Pledge.objects.get()
    assert (promised.amount_fen, promised.publishes_name) == (20_000, False)
    page = client.get(url).content.decode()
    assert promised.number in page
    assert "200.00 元" in page
    client.post(url, {"choice": "other", "amount": "88.80", "publishes_name": "on"})
    promised = Pledge.objects.standing().get()
    assert (promised.amount_fen, promised.name_public) == (8_880, "1栋 甲居民")
    client.post(f"{url}name/", {"publishes": "0"})
    client.post(f"{url}withdraw/")
    promised.refresh_from_db()
    assert promised.withdrawn_at
    assert promised.name_public == "1栋 甲*民"


@pytest.mark.parametrize("typed", ["1e3", "１００", "٣", "0.001", "-1", "NaN", "1_000", "", "9" * 30, "0", "0.00"])
def test_what_is_no_amount_is_refused_beside_the_field(way: Way, proposal: Proposal, client_of, typed: str) -> None:
    client = client_of(way.who("resident"))
    answer = client.post(f"/projects/{proposal.number}/pledge/", {"choice": "other", "amount": typed})
    assert answer.status_code == 422
    assert not Pledge.objects.exists()
    assert f'value="{typed}"' in answer.content.decode() or not typed


def test_who_may_not_promise_reads_why(way: Way, proposal: Proposal, client_of) -> None:
    url = f"/projects/{proposal.number}/pledge/"
    assert client_of(None).get(url).status_code == 302
    stranger = client_of(way.who("stranger"))
    assert "只有受益的住户可以认缴" in stranger.get(url).content.decode()
    assert stranger.post(url, {"choice": "20000"}).status_code == 422
    assert client_of(way.who("clerk")).post(url, {"choice": "20000"}).status_code == 403
    assert stranger.post(f"{url}withdraw/").status_code == 404


def test_a_minor_and_a_newcomer_read_their_own_reason(way: Way, proposal: Proposal, client_of) -> None:
    """A minor had the form and was refused once it was sent; who was confirmed elsewhere was told to register."""
    url = f"/projects/{proposal.number}/pledge/"
    minor = client_of(make_resident("丑少年", way.households[3], adult=False)).get(url).content.decode()
    assert "满18岁才能认缴" in minor and "代表我家认缴" not in minor
    waiting = client_of(make_resident("寅新来", way.households[3], confirmed=False)).get(url).content.decode()
    assert "您的住户身份还没有核实" in waiting
    stranger = client_of(way.who("stranger")).get(url).content.decode()
    assert "您家不在这件事的受益户里" in stranger and "请先登记" not in stranger


def test_nothing_chosen_is_said_as_what_it_is(way: Way, proposal: Proposal, client_of) -> None:
    answer = client_of(way.who("resident")).post(f"/projects/{proposal.number}/pledge/", {"choice": ""})
    assert answer.status_code == 422 and "请选一项。" in answer.content.decode()


def test_what_is_promised_is_not_said_to_be_there(way: Way, proposal: Proposal, client_of) -> None:
    """A sum of promises stood as 已落实 above a row that said 还没到账."""
    client_of(way.who("resident")).post(f"/projects/{proposal.number}/pledge/", {"choice": "5000"})
    page = client_of(None).get(proposal.get_absolute_url()).content.decode()
    assert "另有认缴 50.00 元还没到账" in page and "已落实 50.00 元" not in page


def test_the_page_costs_few_queries(way: Way, proposal: Proposal, client_of, django_assert_max_num_queries) -> None:
    client = client_of(way.who("resident"))
    with django_assert_max_num_queries(22):
        client.get(f"/projects/{proposal.number}/pledge/")


def test_who_moves_in_reads_nothing_of_the_pledge_before(way: Way, proposal: Proposal, client_of, clock) -> None:
    resident, url = way.who("resident"), f"/projects/{proposal.number}/pledge/"
    client_of(resident).post(url, {"choice": "20000"})
    promised = Pledge.objects.get()
    clock.move(minutes=5)
    Residence.objects.filter(person__user=resident, until=None).update(until=clock.now(), is_representative=False)
    clock.move(minutes=5)
    newcomer = client_of(make_resident("亥新来", promised.household, represents=True, since=clock.now()))
    page = newcomer.get(url).content.decode()
    for told in (promised.number, promised.name_public, "撤回，不出了"):
        assert told not in page
    for address in ("withdraw/", "name/"):
        assert newcomer.post(f"{url}{address}", {"publishes": "1"}).status_code == 404
    promised.refresh_from_db()
    assert promised.withdrawn_at is None
