"""Reading a project's money: what covers its plan, its public books, what its card and site board say."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from deliberation.models import MotionStage
from funding.models import (
    Award,
    Claim,
    ClaimEnd,
    Contract,
    Contribution,
    ContributionStage,
    Ending,
    EndingStage,
    Enquiry,
    Grant,
    Group,
    HoldStage,
    InKind,
    Milestone,
    MilestoneKind,
    Payment,
    PaymentStage,
    Plan,
    PlanChange,
    PlanLine,
    Pledge,
    Purse,
    Refund,
    Waiver,
)
from funding.shares import split
from minshi.accounts.models import User
from minshi.disclosure.models import Notice
from minshi.faces.kept import state_of
from minshi.faces.words import cn_date
from minshi.ledger.models import Account, Posting
from minshi.ledger.money import format_yuan
from minshi.lifecycle.models import StepRecord
from minshi.residents.models import Residence
from minshi.residents.speaking import adults_then
from minshi.territory.models import Territory
from proposals.models import CASH, ENDED, PUBLIC, SOURCES, Card, Proposal, Source, Stage, bars_of
from proposals.wording import told_beneficiaries


def purse_of(proposal: Proposal) -> Purse | None:
    return Purse.objects.select_related("account").filter(proposal=proposal).first()


def plan_of(proposal: Proposal) -> Plan | None:
    """The plan that holds now, with its lines."""
    return Plan.objects.filter(proposal=proposal).prefetch_related("lines").order_by("-number").first()


def buys_nothing(proposal: Proposal) -> bool:
    """Whether the plan that holds has no money in it: work, goods and venues alone need no quotes (domain.md 4).

    The database asks the same: ``funding_buys_nothing``.
    """
    plan = plan_of(proposal)
    return plan is not None and not plan.cash_fen


def planned_in_kind_fen(proposal: Proposal) -> int:
    """What the plan that holds expects in work, goods and venues (the database's ``funding_planned_in_kind``)."""
    plan = plan_of(proposal)
    return plan.amounts().get(Source.IN_KIND, 0) if plan else 0


def first_fen(asked: PlanChange) -> int:
    """What a change beyond the plan is measured against: the price signed, or what was planned in kind."""
    return asked.contract.first_price_fen if asked.contract else planned_in_kind_fen(asked.proposal)


def contract_of(proposal: Proposal) -> Contract | None:
    """The contract that runs now."""
    return (
        Contract.objects.filter(proposal=proposal, ended_at=None)
        .select_related("supplier", "award__notice", "proposal__place")
        .first()
    )


def unbought_since(proposal: Proposal) -> datetime | None:
    """When the work began of a project that buys nothing; nothing for any other."""
    begun = StepRecord.objects.of(proposal).filter(verb="deliver_in_kind").order_by("-id")
    return begun.values_list("at", flat=True).first()


def begun_at(proposal: Proposal) -> datetime | None:
    """When the work began that goes on now: as its contract says, or, where nothing is bought, as its step does."""
    contract = contract_of(proposal)
    return contract.started_at if contract else unbought_since(proposal)


def ending_of(proposal: Proposal) -> Ending | None:
    """The ending that runs, or is asked for, now."""
    return Ending.objects.running().filter(proposal=proposal).select_related("proposal__place", "contract").first()


def shown_ending(proposal: Proposal) -> Ending | None:
    """The newest that was not turned down, be it only asked for; one query."""
    found = Ending.objects.filter(proposal=proposal).exclude(stage=EndingStage.REFUSED)
    return found.select_related("contract").order_by("-pk").first()


def last_ending(proposal: Proposal) -> Ending | None:
    """The ending that was agreed on or brought about, whether it is over or not."""
    found = Ending.objects.filter(proposal=proposal).exclude(stage__in=(EndingStage.ASKED, EndingStage.REFUSED))
    return found.select_related("contract__supplier").order_by("-pk").first()


def paid_fen(contract: Contract) -> int:
    return sum(contract.payments.filter(stage=PaymentStage.PAID).values_list("amount_fen", flat=True))


def paid_on(contract: Contract) -> int:
    """``paid_fen`` of a contract that came with its milestones and their payments."""
    return sum(
        payment.amount_fen
        for part in contract.milestones.all()
        for payment in part.payments.all()
        if payment.stage == PaymentStage.PAID
    )


def hold_says(contract: Contract | None) -> str:
    """What became of the retained part of the newest contract (``last_contract``), by its payment where it was paid."""
    if contract is None:
        return _("没有尾款")
    part = next((part for part in contract.milestones.all() if part.kind == MilestoneKind.RETENTION), None)
    if part and any(payment.stage == PaymentStage.PAID for payment in part.payments.all()):
        return _("尾款已付")
    if part and part.is_given_up:
        return _("尾款已由两个人登记放弃，不再付")
    if contract.ended_at and contract.hold.stage != HoldStage.RELEASED:
        return _("合同已经中止，没有付尾款")
    if part and not part.amount_fen:
        return _("没有尾款")
    said = {
        HoldStage.HELD: _("尾款暂扣"),
        HoldStage.RELEASED: _("尾款可以支付"),
        HoldStage.REFUSED: _("尾款不予支付"),
    }
    return said[HoldStage(contract.hold.stage)]


def owed_fen(ending: Ending, contract: Contract) -> int:
    """What two people found to be owed on it, or the bank sent back, and is neither paid nor given up yet."""
    if ending.contract_id != contract.pk:
        return 0
    owed = Q(kind=MilestoneKind.ENDING) | Q(pk__in=_sent_back())
    return sum(_unsettled(Milestone.objects.filter(owed, contract=contract)).values_list("amount_fen", flat=True))


def reached_fen(contract: Contract) -> int:
    """What is owed on it by its own milestones so far, paid parts included: started, accepted, released.

    What two have given up with the supplier's word is not.
    """
    last = contract.acceptances.order_by("-round").first()
    paid = dict(contract.payments.filter(stage=PaymentStage.PAID).values_list("milestone", "amount_fen"))
    parts = list(contract.milestones.all())
    worth = {part.pk: part.amount_fen for part in parts}
    if any(part.kind == MilestoneKind.ENDING for part in parts):  # its ending has divided what was open
        worth = split(contract.price_fen, {part.pk: part.percent for part in parts})
    reached = set(paid)
    for part in parts:
        if (
            (part.kind == MilestoneKind.START and contract.started_at)
            or (part.kind == MilestoneKind.ACCEPTANCE and last and last.passed)
            or (part.kind == MilestoneKind.RETENTION and contract.hold.stage == HoldStage.RELEASED)
        ):
            reached.add(part.pk)
    given_up = set(Waiver.objects.confirmed().filter(milestone__contract=contract).values_list("milestone", flat=True))
    return sum(paid.get(pk, worth[pk]) for pk in reached - given_up)


def given_up_fen(contract: Contract) -> int:
    """What of its price two have given up: nobody pays it."""
    given_up = Waiver.objects.confirmed().filter(milestone__contract=contract)
    return given_up.aggregate(fen=Sum("amount_fen"))["fen"] or 0


def retention_given_up(proposal: Proposal) -> bool:
    """Whether two have given up the retained part of the newest contract."""
    contract = last_contract(proposal)
    parts = contract.milestones.all() if contract else []
    return any(part.is_given_up for part in parts if part.kind == MilestoneKind.RETENTION)


def panel_around(proposal: Proposal) -> Territory | None:
    """Where residents of its panel are found who do not benefit, once those who do all have a hand in it; else none.

    Asked while it waits for acceptance; by the rule that its stage pinned. The guard of a panel asks the same.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT funding_panel_around(%s, %s)", [proposal.pk, json.dumps(proposal.terms)])
        path: str = cursor.fetchone()[0]
    return Territory.objects.filter(path=path).first() if path else None


def neighbours_said(around: Territory) -> str:
    """Why residents who do not benefit sit on a panel, and where they live; for the notice and the page."""
    return _(
        "已登记的受益住户里，没有参加项目小组、没有经手这件事的成年人不到验收组的半数；经手的人不以居民身份验收，"
        "由%(place)s不受益的住户补上"
    ) % {"place": around.name}


def panel_residents(proposal: Proposal, around: Territory | None) -> set[int]:
    """The keys of everybody who may sit on it as a resident (``funding_may_accept``)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT funding_may_accept(%s, %s)", [proposal.pk, around.path if around else ""])
        return {pk for (pk,) in cursor.fetchall()}


def group_of(proposal: Proposal) -> Group | None:
    """The project group that stands now, with its members."""
    return Group.objects.filter(proposal=proposal, ended_at=None).prefetch_related("members__person").first()


def last_contract(proposal: Proposal) -> Contract | None:
    """The contract that runs, else the last that did, with its milestones, payments and hold."""
    given_up = {"is_given_up": Exists(Waiver.objects.confirmed().filter(milestone=OuterRef("pk")))}
    parts = Milestone.objects.annotate(**given_up)
    return (
        Contract.objects.filter(proposal=proposal)
        .select_related("supplier", "hold")
        .prefetch_related(Prefetch("milestones", parts), "milestones__payments", "changes")
        .order_by("-pk")
        .first()
    )


def last_award(proposal: Proposal) -> Award | None:
    """The choice that stands, with its judges."""
    return (
        Award.objects.filter(enquiry__proposal=proposal, annulled_at=None)
        .select_related("quote__supplier", "notice")
        .prefetch_related("judges")
        .order_by("-pk")
        .first()
    )


def last_enquiry(proposal: Proposal) -> Enquiry | None:
    """The newest enquiry, with its quotes and recusals."""
    return (
        Enquiry.objects.filter(proposal=proposal)
        .prefetch_related("quotes__supplier", "recusals")
        .order_by("-pk")
        .first()
    )


def grants_of(proposal: Proposal) -> list[Grant]:
    return list(Grant.objects.filter(proposal=proposal).select_related("pot").order_by("pk"))


def decisions_on(grants: Iterable[Grant]) -> dict[int, list[StepRecord]]:
    """Who decided what on each of these grants, when and why; one query."""
    found: dict[int, list[StepRecord]] = defaultdict(list)
    pks = [grant.pk for grant in grants]
    for record in StepRecord.objects.filter(subject_type="funding.grant", subject_id__in=pks).order_by("id"):
        found[record.subject_id].append(record)
    return found


def before_ones_eyes(grant: Grant) -> list[tuple[str, str]]:
    """What whoever decides on a grant has to see: plan and lines, the vote, the notices, what else this place got."""
    proposal = grant.proposal
    lines = "，".join(
        _("%(source)s %(yuan)s 元") % {"source": line.get_source_display(), "yuan": format_yuan(line.amount_fen)}
        for line in grant.plan.lines.all()
    )
    notices = "；".join(
        _("%(title)s（%(number)s，异议 %(objections)d 件）")
        % {"title": notice.title, "number": notice.number, "objections": notice.objections_total}
        for notice in Notice.objects.filter(link=proposal.get_absolute_url(), withdrawn_by=None).order_by("pk")
    )
    return [
        (_("方案"), grant.plan.version.plan),
        (_("费用"), _("%s 元") % format_yuan(grant.plan.cost_fen)),
        (_("谁出多少"), lines),
        (_("受益"), told_beneficiaries(proposal)),
        (_("表决"), _vote_on(proposal)),
        (_("公示"), notices or "—"),
        (_("这个社区今年还得过"), _got_here(grant)),
    ]


def _vote_on(proposal: Proposal) -> str:
    vote = proposal.motions.filter(stage=MotionStage.PUBLISHED).order_by("-pk").first()
    if vote is None:
        return "—"
    facts = {"turnout": vote.turnout, "electorate": vote.electorate, "agree": vote.agree}
    return _("%(turnout)d / %(electorate)d 户参加，%(agree)d 户同意") % facts


def _got_here(grant: Grant) -> str:
    """Public money granted this year to other projects of the same community: what was split shows here."""
    community = grant.territory.at_level("community") or grant.territory
    others = Grant.objects.reserved().filter(proposal__place__path__startswith=community.path, pot__year=grant.pot.year)
    rows = list(others.exclude(proposal=grant.proposal_id).select_related("proposal").order_by("pk"))
    whole = _("%(count)d 项，共 %(yuan)s 元") % {
        "count": len({row.proposal_id for row in rows}),
        "yuan": format_yuan(sum(row.amount_fen for row in rows)),
    }
    each = "；".join(f"{row.proposal} {format_yuan(row.amount_fen)}" for row in rows[:20])
    return f"{whole}：{each}" if rows else whole


# --- What covers the plan ------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """Fen by source: what is there or approved (``sure``), and what is promised besides (``promised``)."""

    lines: dict[str, int]
    sure: dict[str, int]
    promised: dict[str, int]
    households: int

    @property
    def needed_fen(self) -> int:
        return sum(self.lines.get(source, 0) for source in CASH)

    @property
    def found_fen(self) -> int:
        return sum(self.sure.get(source, 0) + self.promised.get(source, 0) for source in CASH)

    @property
    def sure_fen(self) -> int:
        return sum(self.sure.get(source, 0) for source in CASH)

    @property
    def gap_fen(self) -> int:
        """Money still missing; more from one source may stand in for less from another."""
        return max(0, self.needed_fen - self.found_fen)

    def missing_fen(self, source: str) -> int:
        """What of this source's line is neither there nor promised."""
        return max(0, self.lines.get(source, 0) - self.sure.get(source, 0) - self.promised.get(source, 0))

    @property
    def in_kind_gap_fen(self) -> int:
        found = self.sure.get(Source.IN_KIND, 0) + self.promised.get(Source.IN_KIND, 0)
        return max(0, self.lines.get(Source.IN_KIND, 0) - found)


def coverage(proposal: Proposal, plan: Plan | None = None) -> Coverage:
    """Six queries, whatever the number of givers. Promises end with the project, and with its accounts."""
    plan = plan or plan_of(proposal)
    sure: dict[str, int] = defaultdict(int)
    promised: dict[str, int] = defaultdict(int)
    for source, fen in kept_by_grants(proposal).items():
        sure[source] += fen
    received = _received(proposal)
    for (giver, _sponsor), fen in received.items():
        sure[own_source(giver)] += fen
    pledges = Pledge.objects.standing().filter(proposal=proposal).values_list("giver", "amount_fen")
    for giver, fen in pledges:
        promised[Source.SELF_RAISED] += max(0, fen - received.get((giver, None), 0))
    for sponsor, fen in proposal.sponsors.filter(withdrawn_at=None).values_list("pk", "promised_fen"):
        promised[Source.SPONSOR] += max(0, fen - received.get((None, sponsor), 0))
    for confirmed_at, fen in proposal.in_kind.filter(rejected_at=None).values_list("confirmed_at", "value_fen"):
        (sure if confirmed_at else promised)[Source.IN_KIND] += fen
    if proposal.stage in (*ENDED, Stage.SETTLING):
        promised.clear()
    givers = {giver for giver, _fen in pledges} | {giver for giver, _sponsor in received if giver}
    return Coverage(plan.amounts() if plan else {}, dict(sure), dict(promised), len(givers))


def asked_by_grants(proposal: Proposal) -> dict[str, int]:
    """Fen that an office has been asked for and has not decided on, by source."""
    rows = Grant.objects.standing().filter(proposal=proposal).exclude(pk__in=Grant.objects.reserved())
    return dict(rows.values_list("source").annotate(fen=Sum("amount_fen")))


def given_by_grants(proposal: Proposal) -> dict[str, int]:
    """Fen approved by public source."""
    rows = Grant.objects.reserved().filter(proposal=proposal).values_list("source").annotate(fen=Sum("amount_fen"))
    return dict(rows)


def kept_by_grants(proposal: Proposal) -> dict[str, int]:
    """The same without what has gone back to its pot."""
    kept = given_by_grants(proposal)
    if not kept:
        return kept
    for grant in Grant.objects.filter(proposal=proposal, refunds__annulled_at=None, refunds__isnull=False).distinct():
        back = grant.refunds.standing().aggregate(fen=Sum("amount_fen"))["fen"] or 0
        kept[grant.source] = kept.get(grant.source, 0) - back
    return kept


def _received(proposal: Proposal) -> dict[tuple[int | None, int | None], int]:
    """Fen confirmed by (giver, sponsor)."""
    rows = Contribution.objects.filter(proposal=proposal, stage=ContributionStage.CONFIRMED)
    summed = rows.values_list("giver", "sponsor").annotate(fen=Sum("amount_fen"))
    return {(giver, sponsor): fen for giver, sponsor, fen in summed}


def spent_fen(proposal: Proposal) -> int:
    paid = Payment.objects.filter(contract__proposal=proposal, stage=PaymentStage.PAID)
    return paid.aggregate(fen=Sum("amount_fen"))["fen"] or 0


def unpaid_parts(proposal: Proposal) -> list[Milestone]:
    """Parts of the price that are still owed: neither paid nor given up by two (domain.md 4).

    Of the contract that runs all parts, but the retained one once the residents refused it; of an earlier one what
    had been paid and the bank sent back. The database counts the same: ``funding_owed_fen``.
    """
    parts = _unsettled(Milestone.objects.filter(contract__proposal=proposal, amount_fen__gt=0))
    running = Q(contract__ended_at=None) & ~Q(kind=MilestoneKind.RETENTION, contract__hold__stage=HoldStage.REFUSED)
    sent_back = Q(pk__in=_sent_back())
    return list(parts.filter(running | sent_back).select_related("contract__supplier"))


def _unsettled(parts: QuerySet[Milestone]) -> QuerySet[Milestone]:
    """Those of these that are neither paid nor given up by two."""
    paid = Payment.objects.filter(milestone=OuterRef("pk"), stage=PaymentStage.PAID)
    given_up = Waiver.objects.filter(milestone=OuterRef("pk"), confirmed_at__isnull=False)
    return parts.filter(~Exists(paid), ~Exists(given_up))


def _sent_back() -> QuerySet[Payment, Any]:
    return Payment.objects.filter(stage=PaymentStage.REVERSED).values("milestone")


def owed_to_suppliers_fen(proposal: Proposal) -> int:
    return sum(part.amount_fen for part in unpaid_parts(proposal))


def due_to_suppliers_fen(proposal: Proposal) -> int:
    """What suppliers have to get yet of a project that receives no more money: in an ending what it found or finds."""
    ending, contract = ending_of(proposal), contract_of(proposal)
    if contract is None or ending is None or ending.stage == EndingStage.ASKED:
        return owed_to_suppliers_fen(proposal)
    if ending.stage == EndingStage.COUNTING:
        return owed_before_fen(proposal) + max(0, reached_fen(contract) - paid_fen(contract))
    return owed_before_fen(proposal) + owed_fen(ending, contract)


def owed_before_fen(proposal: Proposal) -> int:
    """What suppliers of contracts that have ended are owed still: the bank sent it back.

    The database counts the same: ``funding_owed_before_fen``.
    """
    return sum(part.amount_fen for part in unpaid_parts(proposal) if part.contract.ended_at)


Giver = tuple[str, int]
"""("giver" | "sponsor" | "grant", its key)."""


def given_by(proposal: Proposal) -> dict[Giver, int]:
    """Fen that each giver has put in for good, in a fixed order: the weights of what goes back."""
    given: dict[Giver, int] = {}
    grants = Grant.objects.filter(proposal=proposal, stage="placed").order_by("pk")
    for pk, fen in grants.values_list("pk", "amount_fen"):
        given["grant", pk] = fen
    rows = Contribution.objects.filter(proposal=proposal, stage=ContributionStage.CONFIRMED).order_by("pk")
    for residence, sponsor, fen in rows.values_list("giver", "sponsor", "amount_fen"):
        giver = ("giver", residence) if residence else ("sponsor", sponsor)
        given[giver] = given.get(giver, 0) + fen
    for claim in Claim.objects.filter(proposal=proposal, how=ClaimEnd.RETURNED, closed_at__isnull=False):
        given[giver_of(claim)] = given.get(giver_of(claim), 0) + claim.amount_fen - claim.got_fen
    return given


def gave_then(proposal: Proposal, giver: Residence) -> QuerySet[User]:
    """Whom to tell of what a giver gave who lives there no more: the adults of the door at that time."""
    first = (
        Contribution.objects.filter(proposal=proposal, giver=giver).order_by("pk").values_list("recorded_at", flat=True)
    )
    return adults_then(giver.household_id, first[0])


def shares_of(proposal: Proposal, left_fen: int) -> dict[Giver, int]:
    """Who gets what of ``left_fen``, so that all that ever goes back is in proportion to what each has given.

    Whoever has got less than that part so far shares what is left; nobody gives back what is theirs already.
    """
    given = given_by(proposal)
    got: dict[Giver, int] = defaultdict(int)
    for refund in Refund.objects.standing().filter(proposal=proposal):
        if given.get(giver_of(refund)):
            got[giver_of(refund)] += refund.amount_fen
    if not any(given.values()):
        return {}
    fair = split(left_fen + sum(got.values()), given)
    return split(left_fen, {giver: max(0, fen - got[giver]) for giver, fen in fair.items()})


def giver_of(row: Refund | Claim) -> Giver:
    if isinstance(row, Refund) and row.grant_id:
        return "grant", row.grant_id
    return ("giver", row.giver_id) if row.giver_id else ("sponsor", row.sponsor_id or 0)


GIVERS: dict[str, Source] = {
    Account.Kind.HOUSEHOLD: Source.SELF_RAISED,
    Account.Kind.SPONSOR: Source.SPONSOR,
}
OFFICES = {SOURCES[source].office: source for source in PUBLIC}
"""Whose account an entry touches says which source it is; a pot is its office's."""


def column_of(kind: str, office: str | None) -> tuple[str, int]:
    """(the figure's name, its sign): what a payee has was paid; what is missing at anybody else's was given."""
    if kind == Account.Kind.PAYEE:
        return "spent_fen", 1
    return f"{GIVERS[kind] if kind in GIVERS else OFFICES[office or '']}_fen", -1


def card_facts(proposal: Proposal) -> dict[str, int]:
    """What the project's card says about money: what has moved by the ledger, as the yearly report sums it too.

    What is ordered back and not paid yet is still there; what was reversed is moved back.
    """
    facts = {f"{source}_fen": 0 for source in CASH} | {"spent_fen": 0}
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, office, sum(fen)::bigint FROM funding_moved(%s) GROUP BY 1, 2", [proposal.pk])
        for kind, office, fen in cursor.fetchall():
            name, sign = column_of(kind, office)
            facts[name] += sign * fen
    if plan := plan_of(proposal):
        facts["budget_fen"] = plan.cost_fen if plan.cash_fen else 0
    return facts


# --- Public books --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One movement as the public reads it.

    ``source`` is a ``Source``, whoever may read it by machine: of income where it came from, of what is returned
    where it goes back to; a payment has none.
    """

    at: datetime
    what: str
    who: str
    voucher: str
    fen: int
    key: str
    source: str = ""


@dataclass
class Books:
    """Everything that came in, went out and went back, to the fen; the sums are those of the lines."""

    income: list[Line] = field(default_factory=list)
    spending: list[Line] = field(default_factory=list)
    returned: list[Line] = field(default_factory=list)
    in_kind: list[InKind] = field(default_factory=list)

    @property
    def income_fen(self) -> int:
        return sum(line.fen for line in self.income)

    @property
    def spending_fen(self) -> int:
        return sum(line.fen for line in self.spending)

    @property
    def returned_fen(self) -> int:
        return sum(line.fen for line in self.returned)

    @property
    def balance_fen(self) -> int:
        return self.income_fen - self.spending_fen - self.returned_fen

    @property
    def in_kind_fen(self) -> int:
        return sum(given.value_fen for given in self.in_kind)

    def by_source(self) -> dict[str, int]:
        """Fen that came in and stayed, by ``Source``: what was reversed is not counted."""
        summed: dict[str, int] = defaultdict(int)
        for line in self.income:
            summed[line.source] += line.fen
        return dict(summed)

    def sources(self) -> list[tuple[str, int]]:
        """(label, fen) of what came in, for drawing."""
        return bars_of(self.by_source())


def state_of_books(number: str) -> str:
    """Every row that a project's books show, for the stamp of their kept page."""

    def rows() -> Iterable[QuerySet[Any, Any]]:
        of = {"proposal__number": number}
        grants, payments = Grant.objects.filter(**of), Payment.objects.filter(contract__proposal__number=number)
        purses = Purse.objects.filter(**of)
        postings = Posting.objects.filter(account__in=purses.values("account"))
        decided = StepRecord.objects.filter(subject_type="funding.grant", subject_id__in=grants.values("pk"))
        return (
            Card.objects.filter(number=number).values_list("title", "place_full_name"),
            *(model.objects.filter(**of).order_by("pk") for model in (Contribution, InKind, Refund, Claim, Plan)),
            PlanLine.objects.filter(plan__proposal__number=number).order_by("pk"),
            grants.order_by("pk"),
            postings.order_by("pk").values_list("pk", "amount_fen", "entry__key", "entry__voucher"),
            payments.order_by("pk").values_list("pk", "milestone__kind", "contract__supplier"),
            decided.order_by("pk"),
        )

    return state_of(f"books:{number}", rows)


def books(proposal: Proposal) -> Books:
    """The project's purse from the ledger, with names as they may be public; eight queries."""
    found = Books(in_kind=list(proposal.in_kind.filter(confirmed_at__isnull=False).order_by("pk")))
    if (purse := purse_of(proposal)) is None:
        return found
    sides = {"payment": found.spending, "refund": found.returned, "recovery": found.returned}
    warrants = _warrants(proposal)
    postings = Posting.objects.filter(account=purse.account_id).select_related("entry").order_by("pk")
    for posting in postings:
        entry = posting.entry
        # What was undone stands beside what it undoes, with the other sign.
        side = sides.get(entry.kind, found.income)
        fen = posting.amount_fen if side is found.income else -posting.amount_fen
        source, what, who = warrants[entry.kind][int(entry.key.rpartition(":")[2])]
        if entry.reverses_id:
            what = _("冲正：%s") % what
        side.append(Line(entry.at, what, who, entry.voucher, fen, entry.key, source))
    return found


Warrant = tuple[str, str, str]
"""(source, what, who) of the row behind an entry."""


def _warrants(proposal: Proposal) -> dict[str, dict[int, Warrant]]:
    """What the public reads of each row behind an entry, by the entry's kind and the row's number in its key."""
    contributions = Contribution.objects.filter(proposal=proposal).values_list("pk", "giver", "name_public")
    grants = Grant.objects.filter(proposal=proposal).select_related("pot")
    payments = Payment.objects.filter(contract__proposal=proposal)
    refunds = Refund.objects.filter(proposal=proposal).select_related("grant")
    return {
        "contribution": {
            pk: (own_source(giver), str(own_source(giver).label), name) for pk, giver, name in contributions
        },
        "placing": {grant.pk: (grant.source, grant.get_source_display(), str(grant.pot)) for grant in grants},
        "payment": {
            payment.pk: ("", payment.milestone.get_kind_display(), str(payment.contract.supplier))
            for payment in payments.select_related("milestone", "contract__supplier")
        },
        "refund": {refund.pk: (source_of(refund), refund.get_why_display(), refund.name_public) for refund in refunds},
        **_claimed(proposal),
    }


def _claimed(proposal: Proposal) -> dict[str, dict[int, Warrant]]:
    claims = list(Claim.objects.filter(proposal=proposal))
    said = {"claim": _("应收，正在追收"), "cover": _("追收的钱已由后来的到账补足"), "recovery": _("追收回来的退款")}
    return {
        kind: {claim.pk: (own_source(claim.giver_id), what, claim.name_public) for claim in claims}
        for kind, what in said.items()
    }


def own_source(giver: int | None) -> Source:
    """What is not an office's money comes from a giver of the household's, else from a sponsor."""
    return Source.SELF_RAISED if giver else Source.SPONSOR


def source_of(refund: Refund) -> Source:
    return Source(refund.grant.source) if refund.grant else own_source(refund.giver_id)


# --- The site board (forms.md 23) -----------------------------------------------------------------


def board(proposal: Proposal, contract: Contract | None, begun: datetime | None = None) -> list[tuple[str, str]]:
    """What stands on the board at the site, as (label, text); without a contract nothing was bought."""
    group = group_of(proposal)
    office = proposal.place.at_level("community")
    sources = "、".join(str(Source(source).label) for source in coverage(proposal).lines)
    bought = [
        (_("合同价"), _("%s 元") % format_yuan(contract.price_fen)),
        (_("钱从哪来"), sources),
        (_("承接方"), str(contract.supplier)),
    ] if contract else [(_("谁来出力"), sources)]  # fmt: skip
    return [
        (_("项目"), proposal.title),
        (_("内容"), proposal.version.plan),
        *bought,
        (_("项目小组"), "、".join(str(member) for member in group.members.all()) if group else ""),
        (_("开工"), cn_date(contract.started_at if contract else begun)),
        (_("工期"), _("%d 天") % contract.days if contract else ""),
        (_("监督电话"), office.phone if office else ""),
    ]
