"""The residents' group compares, recuses, chooses with its reason, and signs behind the award notice."""

from __future__ import annotations

import pytest
from django.db import connection

from funding import actions as funding
from funding.models import Award, Contract, Group, MilestoneKind
from minshi.disclosure import actions as disclosure
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person
from proposals.models import Source, Stage
from tests.way import Way, a_picture


def person(way: Way, name: str) -> Person:
    return Person.objects.get(user=way.who(name))


@pytest.mark.walked("procuring")
def test_the_group_is_odd_of_residents_who_benefit(way: Way, refused_sql) -> None:
    proposal = way.procuring()
    clerk, chief = way.who("clerk"), person(way, "chief")
    with pytest.raises(Refused, match="单数，现在是 2 人"):
        funding.form_group(proposal, [chief, person(way, "neighbour")], how="推选", by=clerk)
    with pytest.raises(Refused, match="单数，现在是 4 人"):
        funding.form_group(proposal, [chief, *way.neighbours(3)], how="推选", by=clerk)
    with pytest.raises(Refused, match="有 1 人不是"):
        funding.form_group(proposal, [chief, person(way, "neighbour"), person(way, "stranger")], how="推选", by=clerk)
    with pytest.raises(NotAllowed):
        funding.form_group(proposal, [chief, *way.neighbours(2)], how="推选", by=way.who("chief"))
    group = way.project_group(proposal)
    again = way.project_group(proposal, 5)
    assert list(Group.objects.filter(ended_at=None)) == [again]
    assert again.members.get(is_lead=True).name_public == "丙*长"
    sql = "INSERT INTO funding_groupmember (group_id, person_id, name_public, is_lead) VALUES (%s, %s, '', false)"
    refused_sql("odd number", sql, group.pk, person(way, "neighbour").pk)


@pytest.mark.walked("procuring")
def test_above_the_limit_three_quotes_or_a_reason(way: Way, refused_sql, clock) -> None:
    proposal = way.procuring()
    enquiry = way.quoted(proposal, 1_900_000, 1_950_000)
    quote = enquiry.quotes.first()
    with pytest.raises(Refused, match=r"须有 3 家以上报价，现在 2 家"):
        funding.award(enquiry, quote, reason="价低", by=way.who("party"))
    columns = "(enquiry_id, quote_id, reason, few_reason, notice_id, by_id)"
    sql = f"INSERT INTO funding_award {columns} VALUES (%s, %s, '好', '', %s, %s)"
    refused_sql("no reason why", sql, enquiry.pk, quote.pk, proposal.gate_notice_id, way.who("party").pk)
    with pytest.raises(Refused, match="为什么选这一家"):
        funding.award(enquiry, quote, reason=" ", few_reason="只有两家做这个", by=way.who("party"))
    with pytest.raises(NotAllowed):
        funding.award(enquiry, quote, reason="价低", few_reason="只有两家做这个", by=way.who("resident"))
    funding.award(enquiry, quote, reason="价低", few_reason="本地只有两家做这个", by=way.who("chief"))
    assert proposal.pk == enquiry.proposal_id
    proposal.refresh_from_db()
    assert (proposal.stage, proposal.gate_notice.kind) == (Stage.AWARDED, "award")
    assert ["不足规定家数的理由", "本地只有两家做这个"] in proposal.gate_notice.table


@pytest.mark.walked("procuring")
def test_quotes_are_compared_when_the_days_are_over_and_below_the_limit_at_once(way: Way) -> None:
    proposal = way.procuring()
    way.project_group(proposal)
    clerk = way.who("clerk")
    enquiry = funding.open_enquiry(proposal, needs="路灯一盏", by=clerk)
    words = {"days": 10, "by": clerk}
    dear = funding.add_quote(enquiry, supplier="贵的", price_fen=1_000_001, file=a_picture(), **words)
    with pytest.raises(Refused, match="报价期还没有结束"):
        funding.award(enquiry, dear, reason="好", few_reason="急", by=way.who("party"))
    with pytest.raises(Refused, match="已经报过价"):
        funding.add_quote(enquiry, supplier="贵的", price_fen=1, file=a_picture(), **words)
    with pytest.raises(Refused, match="不能超过 60 天"):
        funding.add_quote(enquiry, supplier="慢的", price_fen=1, days=61, file=a_picture(), by=clerk)
    cheap = funding.add_quote(enquiry, supplier="便宜的", price_fen=1_000_000, file=a_picture(), **words)
    funding.award(enquiry, cheap, reason="够用", by=way.who("party"))
    assert Award.objects.get().judges.count() == 3


@pytest.mark.walked("procuring")
def test_who_stands_near_a_supplier_does_not_choose(way: Way, refused_sql) -> None:
    proposal = way.procuring()
    enquiry = way.quoted(proposal)
    clerk, chief = way.who("clerk"), person(way, "chief")
    with pytest.raises(Refused, match="不在项目小组"):
        funding.recuse(enquiry, person(way, "neighbour"), reason="亲戚", by=clerk)
    funding.recuse(enquiry, chief, reason="老板是我外甥", by=way.who("chief"))
    quote = enquiry.quotes.first()
    with pytest.raises(Refused, match="现在是 2 人；因回避不足的，请先补选"):
        funding.award(enquiry, quote, reason="价低", by=way.who("party"))
    with pytest.raises(Refused, match="已经回避的人不能"):
        funding.award(enquiry, quote, judges=[chief, *way.neighbours(2)], reason="价低", by=way.who("party"))
    group = way.project_group(proposal, 5)
    members = [member.person for member in group.members.all() if member.person_id != chief.pk]
    funding.award(enquiry, quote, judges=members[:3], reason="价低", by=way.who("party"))
    award = Award.objects.get()
    sql = "INSERT INTO funding_judge (award_id, person_id, name_public) VALUES (%s, %s, '')"
    refused_sql("may not judge", sql, award.pk, chief.pk)
    refused_sql("may not judge", sql, award.pk, person(way, "neighbour").pk)


@pytest.mark.walked("procuring")
def test_a_quote_beyond_the_plan_is_not_chosen(way: Way) -> None:
    proposal = way.procuring()
    enquiry = way.quoted(proposal, 2_000_001, 2_000_002, 2_000_003)
    with pytest.raises(Refused, match=r"超过了资金方案里可以花的 20,000\.00 元"):
        funding.award(enquiry, enquiry.quotes.first(), reason="没别的", by=way.who("party"))


@pytest.mark.walked("awarded")
def test_the_contract_waits_for_the_award_notice(way: Way, clock, refused_sql, whole) -> None:
    proposal = way.awarded()
    award = Award.objects.get()
    with pytest.raises(Refused, match="公示期到"):
        funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("party"))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO ledger_account (key, kind, title, place_path, may_be_negative, balance_fen)"
                       " VALUES ('payee:x', 'payee', '', '', false, 0) RETURNING id")  # fmt: skip
        account = cursor.fetchone()[0]
    sql = (
        "INSERT INTO funding_contract (proposal_id, award_id, supplier_id, account_id, first_price_fen, price_fen,"
        " days, warranty_months, integrity, file, signed_by_id)"
        " VALUES (%s, %s, %s, %s, %s, %s, 20, 0, true, 'x.jpg', %s)"
    )
    facts = (proposal.pk, award.pk, award.quote.supplier_id, account)
    refused_sql("notice has not passed", sql, *facts, 1_850_000, 1_850_000, way.who("party").pk)
    clock.move(seconds=(proposal.gate_notice.ends_at - clock.now()).total_seconds() + 60)
    refused_sql("not what was awarded", sql, *facts, 1_850_001, 1_850_001, way.who("party").pk)
    refused_sql("do not make its price", sql, *facts, 1_850_000, 1_850_000, way.who("party").pk)
    with pytest.raises(Refused, match="廉洁条款"):
        funding.sign(proposal, integrity=False, file=a_picture(), by=way.who("party"))
    with pytest.raises(Refused, match="不能高于"):
        funding.sign(proposal, integrity=True, price_fen=1_850_001, file=a_picture(), by=way.who("party"))
    with pytest.raises(NotAllowed):
        funding.sign(proposal, integrity=True, file=a_picture(), by=way.who("resident"))
    contract = funding.sign(proposal, integrity=True, price_fen=1_800_001, file=a_picture(), by=way.who("party"))
    whole()
    assert proposal.stage == Stage.DELIVERING
    amounts = {part.kind: part.amount_fen for part in contract.milestones.all()}
    assert amounts == {
        MilestoneKind.START: 540_000,
        MilestoneKind.ACCEPTANCE: 1_206_001,
        MilestoneKind.RETENTION: 54_000,
    }
    assert contract.hold.stage == "held"
    assert Contract.objects.get().account.key.startswith("payee:")
    refused_sql("do not make", "UPDATE funding_milestone SET amount_fen = 1 WHERE kind = 'retention'")
    refused_sql("no approved change", "UPDATE funding_contract SET price_fen = 1800002")


@pytest.mark.walked("awarded")
def test_a_third_objecting_to_the_award_sends_it_back(way: Way) -> None:
    proposal = way.awarded()
    people = [way.who("resident"), way.who("neighbour"), *(one.user for one in way.neighbours(2))]
    for user in people:
        disclosure.object_to(proposal.gate_notice, facts="这家活干得不好，换一家", by=user)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.PROCURING
    assert Award.objects.get().annulled_at
    enquiry = proposal.enquiries.get()
    funding.award(enquiry, enquiry.quotes.last(), reason="重新比较后选这一家", by=way.who("party"))
    assert Award.objects.count() == 2


@pytest.mark.walked("consulting")
def test_without_public_money_the_same_holds(way: Way) -> None:
    proposal = way.delivering(tier=1)
    assert set(proposal.funding_plans.get().amounts()) == {Source.SELF_RAISED}
