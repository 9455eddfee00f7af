"""What anyone reads about a project's money and work."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding import actions as funding
from tests.way import Way, a_picture


@pytest.mark.walked("raising")
def test_the_books_say_every_fen_and_nobody_who_did_not_agree(
    way: Way, client_of, django_assert_max_num_queries
) -> None:
    proposal = way.raising()
    way.planned(proposal)
    way.granted(proposal)
    shown = funding.pledge(proposal, way.households[1], amount_fen=100, publishes_name=True, by=way.who("neighbour"))
    way.who("resident")
    way.given(proposal, way.households[0], 12_345, "收据001")
    way.given(proposal, way.households[1], 100, "收据002")
    client = client_of(None)
    with django_assert_max_num_queries(22):
        page = client.get(f"/projects/{proposal.number}/books/").content.decode()
    assert "123.45" in page
    assert "收据001" in page
    assert shown.name_public == "1栋 乙邻居"
    assert "1栋 乙邻居" in page
    assert "1栋 甲*民" in page
    assert "甲居民" not in page
    assert "同意" in page  # the approver's reason, beside the grant
    assert "124.45" in page


@pytest.mark.walked("raising")
def test_more_givers_cost_no_more_queries(way: Way, client_of) -> None:
    proposal = way.raising()
    way.planned(proposal)
    way.given(proposal, way.households[0], 100, "收据1")
    url, client = f"/projects/{proposal.number}/books/", client_of(None)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for number, household in enumerate(way.households[1:6]):
        way.given(proposal, household, 100, f"收据{number + 2}")
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)


@pytest.mark.walked("covered")
def test_the_way_of_the_money_is_on_the_projects_page(way: Way, client_of) -> None:
    proposal = way.covered()
    client = client_of(None)
    page = client.get(f"/projects/{proposal.number}/").content.decode()
    assert "居民自筹（4 户）" in page
    assert "资金已经落实" in page
    funding.announce_funding(proposal, by=way.who("clerk"))
    assert "资金安排正在公示，到" in client.get(f"/projects/{proposal.number}/").content.decode()


@pytest.mark.walked("procuring")
def test_prices_are_shown_when_the_days_for_quoting_are_over(way: Way, client_of, clock) -> None:
    proposal = way.procuring()
    way.project_group(proposal)
    enquiry = funding.open_enquiry(proposal, needs="路灯一盏", by=way.who("clerk"))
    funding.add_quote(enquiry, supplier="光明电器", price_fen=1_234_500, days=9, file=a_picture(), by=way.who("clerk"))
    url, client = f"/projects/{proposal.number}/suppliers/", client_of(None)
    page = client.get(url).content.decode()
    assert "已收到 1 家报价" in page
    assert "12,345.00" not in page
    clock.move(seconds=(enquiry.closes_at - clock.now()).total_seconds() + 60)
    assert "12,345.00" in client.get(url).content.decode()


@pytest.mark.walked("delivering")
def test_the_group_keeps_the_log_from_the_phone(way: Way, client_of) -> None:
    proposal = way.delivering()
    base = f"/projects/{proposal.number}"
    chief = client_of(way.who("chief"))
    page = chief.get(f"{base}/log/").content.decode()
    assert "现场公示牌" in page
    assert "记一条现场情况" in page
    answer = chief.post(f"{base}/log/add/", {"text": "立杆", "problem": "", "photos": [a_picture()]})
    assert answer.status_code == 302
    page = client_of(None).get(f"{base}/log/").content.decode()
    assert "立杆" in page
    assert "丙*长" in page
    photo = proposal.log_entries.get().photos.get()
    picture = client_of(None).get(f"/site-photos/{photo.pk}/")
    assert picture["Content-Type"] == "image/jpeg"
    assert "记一条现场情况" not in page
    assert chief.post(f"{base}/log/add/", {"text": ""}).status_code == 422
    for name in ("resident", "stranger", "stranger_clerk"):
        assert client_of(way.who(name)).get(f"{base}/log/add/").status_code == 403
        assert client_of(way.who(name)).post(f"{base}/start/").status_code == 403
    assert chief.post(f"{base}/finish/", {"reason": "灯装好了"}).status_code == 302
    assert chief.get(f"{base}/log/add/").status_code == 200
    assert client_of(None).get(f"{base}/acceptance/").status_code == 200


@pytest.mark.walked("accepted")
def test_the_acceptance_is_public_item_by_item(way: Way, client_of) -> None:
    proposal = way.accepted()
    page = client_of(None).get(f"/projects/{proposal.number}/acceptance/").content.decode()
    for word in ("灯杆稳固", "居务监督委员会 庚*督", "逐项合格，同意验收", "看验收公示"):
        assert word in page
    assert "庚监督" not in page
    project = client_of(None).get(f"/projects/{proposal.number}/").content.decode()
    assert "第1电器行" not in project
    assert "第2电器行" in project
    assert "合同价 18,500.00 元" in project


@pytest.mark.walked("raising")
def test_a_vouchers_picture_is_for_staff_of_the_place(way: Way, client_of) -> None:
    proposal = way.raising()
    given = funding.record_contribution(
        proposal, household=way.households[0], amount_fen=1, voucher="收据1", photo=a_picture(), by=way.who("clerk")
    )
    url = f"/vouchers/{given.pk}/"
    assert client_of(way.who("supervisor")).get(url).status_code == 200
    for name in ("resident", "chief", "stranger_clerk"):
        assert client_of(way.who(name)).get(url).status_code == 403
    assert client_of(None).get(url).status_code == 302
    assert client_of(way.who("clerk")).get("/vouchers/999999/").status_code == 404


@pytest.mark.parametrize("page", ["books", "suppliers", "log", "acceptance"])
def test_a_project_without_money_says_what_will_be_here(way: Way, client_of, page: str) -> None:
    proposal = way.submitted()
    assert client_of(None).get(f"/projects/{proposal.number}/{page}/").status_code == 200
    assert client_of(None).get(f"/projects/2000-00001/{page}/").status_code == 404
