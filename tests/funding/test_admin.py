"""Staff walk the money and the work of a project through forms; nobody sees another place's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from funding import actions as funding
from funding.models import Acceptance, Allocation, Contract, Contribution, Grant, Payment, Pot, Purse, Refund
from minshi import clock as platform_clock
from minshi.residents.models import Person
from proposals.models import Source, Stage
from tests.way import Way, a_picture, wait_until_over


def do(client, subject, step: str, **data):
    """Post a step's form; its answer must be that it was done."""
    name = subject._meta.model_name
    answer = client.post(
        reverse(f"admin:funding_{name}_do", args=[subject.pk, step]), {"token": "as a browser sends", **data}
    )
    assert answer.status_code == 302, answer.context["form"].errors


@pytest.mark.walked("raising")
def test_a_project_walks_from_plan_to_payment_through_forms(way: Way, client_of) -> None:
    proposal = way.raising()
    purse = Purse.objects.get()
    desk = {
        name: client_of(way.who(name))
        for name in ("clerk", "case_officer", "approver", "cashier", "supervisor", "party")
    }
    street = proposal.place.at_level("street")
    answer = desk["cashier"].post(
        "/admin/funding/pot/add/",
        {"place": street.pk, "year": platform_clock.today().year, "title": "资金", "document": "文1"},
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    pot = Pot.objects.get()
    do(desk["cashier"], pot, "allocate", amount="30000", document="拨1")
    do(desk["approver"], Allocation.objects.get(), "confirm")

    do(desk["clerk"], purse, "plan", subsidy="12000", self_raised="8000", sponsor="", in_kind="", why="")
    do(desk["clerk"], purse, "ask", source=Source.SUBSIDY, pot=pot.pk, reason="按方案")
    grant = Grant.objects.get()
    do(desk["case_officer"], grant, "return", reason="请补预算依据")
    do(desk["clerk"], grant, "complete", reason="已补")
    do(desk["case_officer"], grant, "examine", reason="合理")
    do(desk["approver"], grant, "approve", reason="同意")
    do(
        desk["clerk"], purse, "contribution", household=way.households[0].door, sponsor="", amount="8000",
        voucher="收据1", photo=a_picture(),
    )  # fmt: skip
    do(desk["supervisor"], Contribution.objects.get(), "confirm")
    do(desk["clerk"], purse, "in-kind", who="王大力", what="出工", hours="8", value="300")
    do(desk["clerk"], purse, "announce")
    wait_until_over(proposal)

    lead = Person.objects.get(user=way.who("chief"))
    members = way.neighbours(2)
    do(desk["clerk"], purse, "group", lead=lead.pk, members=[person.pk for person in members], how="推选")
    do(desk["clerk"], purse, "enquiry", needs="路灯一盏")
    for number, price in enumerate(("18500", "19000", "19500")):
        do(
            desk["clerk"], purse, "quote", supplier=f"第{number}家", code="", contact="", price=price, days=20,
            warranty_months=12, note="", photos=a_picture(),
        )  # fmt: skip
    enquiry = proposal.enquiries.get()
    platform_clock.move(enquiry.closes_at - platform_clock.now() + timedelta(minutes=1))
    do(
        desk["party"], purse, "award", quote=enquiry.quotes.first().pk,
        judges=[lead.pk, *(person.pk for person in members)], reason="价低", few_reason="",
    )  # fmt: skip
    proposal.refresh_from_db()
    platform_clock.move(proposal.gate_notice.ends_at - platform_clock.now() + timedelta(minutes=1))
    do(desk["party"], purse, "sign", price="18500", integrity="on", file=a_picture())
    do(desk["clerk"], purse, "start")
    contract = Contract.objects.get()
    do(
        desk["clerk"], purse, "payment", milestone=contract.milestones.first().pk, invoice="2611", photos=a_picture(),
    )  # fmt: skip
    payment = Payment.objects.get()
    do(desk["approver"], payment, "approve", reason="")
    do(desk["cashier"], payment, "pay", voucher="付1")
    funding.log(proposal, text="装好了", by=way.who("chief"))
    do(desk["clerk"], purse, "finish", reason="装好了")
    residents = [person.pk for person in way.neighbours(4, first=5)]
    supervisor = Person.objects.get(user=way.who("supervisor"))
    do(
        desk["supervisor"], purse, "accept", held_on=f"{platform_clock.today():%Y-%m-%d}", residents=residents,
        supervisors=[supervisor.pk], opinion="合格", item_1="灯亮", passed_1="yes", note_1="",
    )  # fmt: skip
    assert Acceptance.objects.get().passed
    proposal.refresh_from_db()
    assert proposal.stage == Stage.ACCEPTED
    for name in ("clerk", "case_officer", "cashier", "supervisor"):
        page = desk[name].get(f"/admin/funding/purse/{purse.pk}/change/")
        assert page.status_code == 200
        assert "18,500" in page.content.decode() or "20,000.00" in page.content.decode()


@pytest.mark.walked("raising")
def test_refusals_stand_beside_the_fields_and_nothing_typed_is_lost(way: Way, client_of) -> None:
    proposal = way.raising()
    clerk = client_of(way.who("clerk"))
    url = reverse("admin:funding_purse_do", args=[proposal.pk, "plan"])
    answer = clerk.post(url, {"subsidy": "12000", "self_raised": "1e3", "why": "按商定"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "1e3" in page
    assert "按商定" in page
    answer = clerk.post(url, {"subsidy": "12000", "self_raised": "7000"})
    assert answer.status_code == 422
    assert "必须相等" in answer.content.decode()


@pytest.mark.walked("raising")
def test_nobody_sees_or_does_anything_elsewhere(way: Way, client_of) -> None:
    proposal = way.raising()
    way.planned(proposal)
    grant = way.asked(proposal)
    stranger = client_of(way.who("stranger_clerk"))
    assert stranger.get(f"/admin/funding/purse/{proposal.pk}/change/").status_code == 302
    assert stranger.get(reverse("admin:funding_grant_do", args=[grant.pk, "examine"])).status_code == 404
    assert "路灯" not in stranger.get("/admin/funding/grant/").content.decode()
    for name in ("clerk", "approver", "cashier", "supervisor"):
        url = reverse("admin:funding_grant_do", args=[grant.pk, "examine"])
        assert client_of(way.who(name)).post(url, {"reason": "合理"}).status_code == 403
    assert client_of(way.who("clerk")).get("/admin/funding/pot/add/").status_code == 403


@pytest.mark.parametrize(
    "model",
    ["pot", "allocation", "purse", "grant", "contribution", "inkind", "refund", "payment", "change"],
)
def test_every_list_opens(way: Way, client_of, model: str) -> None:
    assert client_of(way.who("clerk")).get(f"/admin/funding/{model}/").status_code == 200


@pytest.mark.walked("delivering")
def test_every_detail_opens_after_a_cancelled_project(way: Way, client_of, django_assert_max_num_queries) -> None:
    proposal = way.delivering()
    way.paid(proposal, "start")
    change = funding.ask_change(proposal, what="加高", reason="树挡光", new_price_fen=1_900_000, by=way.who("chief"))
    clerk = client_of(way.who("clerk"))
    do(clerk, proposal.purse, "cancel", reason="承接方倒闭", photos=a_picture())
    do(client_of(way.who("case_officer")), proposal.purse, "confirm-ending", worth="5550")
    refund = Refund.objects.filter(giver__isnull=False).first()
    assert refund
    do(client_of(way.who("cashier")), refund, "pay", voucher="退1")
    do(clerk, refund, "confirm")
    subjects = [
        change,
        refund,
        Payment.objects.get(),
        Grant.objects.get(),
        Contribution.objects.first(),
        proposal.purse,
    ]
    for subject in subjects:
        url = reverse(f"admin:funding_{subject._meta.model_name}_change", args=[subject.pk])
        with django_assert_max_num_queries(60, info=url):
            assert clerk.get(url).status_code == 200
