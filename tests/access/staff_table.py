"""The staff's desk: who sees which rows of which thing, and who may take which step with it.

Every thing in the admin has the same addresses, so a row here stands for all of them. Nobody adds, edits or deletes
a row by hand; a step is the only way to change one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from evaluation.actions import callbacks
from funding import actions as funding
from funding.models import Milestone
from minshi.clock import now
from minshi.disclosure import actions as disclosure
from minshi.intake.models import Intake
from minshi.mydata import actions as mydata
from minshi.signin import joining, lostnumbers, staff
from proposals import actions as proposals
from tests.access.addresses import HIDDEN, NOT_TAKEN, ONWARD, REFUSED, SHOWN, SIGN_IN
from tests.access.table import (
    APPROVER,
    BY_FACTOR,
    CASE_OFFICER,
    CASHIER,
    CLERK,
    DISTRICT,
    EVERYBODY,
    FORMER,
    NOBODY,
    OPERATOR,
    PARTY,
    STAFF,
    STAFF_HERE,
    SUPERVISOR,
    TAKEN,
    Row,
    Who,
    only,
    pk,
)
from tests.cast import home_of, make_resident
from tests.way import a_picture
from tests.world import World

STREET = CASE_OFFICER | APPROVER | CASHIER
DISTRICT_OFFICER = only("district_officer")
PLANNERS = CLERK | CASE_OFFICER
SECOND_EYES = CLERK | SUPERVISOR | PARTY
KEEPERS = CASHIER | APPROVER | DISTRICT
FAR_KEEPERS = only("stranger_approver", "stranger_cashier")  # each opens pots of their own street
ANSWERERS = CLERK | CASE_OFFICER
ACCOUNT_KEEPERS = CLERK | CASE_OFFICER | APPROVER | DISTRICT_OFFICER
STOPPERS = CLERK | CASE_OFFICER | APPROVER | DISTRICT_OFFICER
REGISTER = CLERK | CASE_OFFICER | DISTRICT_OFFICER  # who keeps it here
REGISTERS = REGISTER | only("next_clerk", "stranger_clerk", "stranger_officer")
FIRST_CLERK = only("clerk")
"""Who recorded or asked for it in the world: the second of two people is another."""


@dataclass(frozen=True)
class Thing:
    """A kind of row: who gets its list, who finds a row of this yard (or of what is above it) in theirs.

    ``finds`` is whose eyes look for that row.
    """

    lists: Who = STAFF
    sees: Who = STAFF_HERE
    adds: Who = NOBODY
    finds: str = "clerk"


OF_THE_STREET = Thing(sees=STREET | DISTRICT, finds="case_officer")

THINGS: dict[str, Thing] = {
    "proposals.proposal": Thing(),
    "proposals.wish": Thing(),
    "proposals.resource": Thing(),
    "proposals.resourcerequest": Thing(),
    "proposals.handling": Thing(),
    "proposals.question": Thing(),
    "proposals.call": Thing(adds=CLERK | CASE_OFFICER | only("next_clerk", "stranger_clerk", "stranger_officer")),
    "deliberation.motion": Thing(),
    "deliberation.meeting": Thing(),
    "deliberation.workinggroup": Thing(),
    "deliberation.partystudy": Thing(),
    "deliberation.decision": Thing(),
    "funding.pot": Thing(sees=STREET | DISTRICT, finds="case_officer", adds=KEEPERS | FAR_KEEPERS),
    "funding.allocation": OF_THE_STREET,
    "funding.purse": Thing(),
    "funding.grant": Thing(),
    "funding.pledge": Thing(),
    "funding.contribution": Thing(),
    "funding.inkind": Thing(),
    "funding.refund": Thing(),
    "funding.claim": Thing(),
    "funding.waiver": Thing(),
    "funding.planchange": Thing(),
    "funding.carryover": OF_THE_STREET,
    "funding.payment": Thing(),
    "funding.change": Thing(),
    "evaluation.survey": Thing(),
    "evaluation.callback": Thing(),
    "evaluation.finalaccounts": Thing(),
    "evaluation.aftercare": Thing(),
    "evaluation.check": Thing(),
    "evaluation.archive": Thing(),
    "disclosure.notice": Thing(),
    "disclosure.objection": Thing(),
    "residents.residence": Thing(),
    "mydata.correction": Thing(),
    "mydata.consent": Thing(),
    "residents.rolegrant": Thing(adds=APPROVER | DISTRICT_OFFICER | only("stranger_approver")),
    "territory.territory": Thing(),
    "territory.household": Thing(),
    "intake.intake": Thing(lists=REGISTERS, sees=REGISTER, adds=REGISTERS),
    "policy.setting": Thing(sees=STAFF),  # the platform's defaults concern everybody
    "deadlines.deadline": Thing(),
    "ledger.account": Thing(),
    "ledger.entry": Thing(),
    "signin.joining": Thing(),
    "signin.lostnumber": Thing(),
    "signin.securityevent": Thing(lists=DISTRICT_OFFICER, sees=DISTRICT_OFFICER, finds="district_officer"),
    "health.alarmtrial": Thing(lists=DISTRICT_OFFICER, sees=DISTRICT_OFFICER, finds="district_officer"),
    "audit.event": Thing(lists=DISTRICT_OFFICER, sees=DISTRICT_OFFICER, finds="district_officer"),
}

EMPTY = {
    "proposals.resourcerequest",  # it is between two residents, until nobody answers
    "health.alarmtrial",
    "mydata.correction",
    "mydata.consent",
    "signin.joining",
    "signin.lostnumber",
    "funding.change",
    "funding.carryover",
    "funding.claim",
    "funding.planchange",
    "funding.waiver",
}
"""No row of it in the world; its steps make one."""


# --- Steps ---------------------------------------------------------------------------------------

Before = Callable[[World], Any]


def _asked(world: World) -> Any:
    milestone = Milestone.objects.get(contract__proposal=world["rated"], kind="start")
    return funding.ask_payment(milestone, invoice="26112000000000009999", file=a_picture(), by=world.who("clerk"))


def _approved(world: World) -> Any:
    payment = _asked(world)
    funding.approve_payment(payment, by=world.who("approver"))
    return payment


def _changed(world: World) -> Any:
    return funding.ask_change(
        world["delivering"], what="多砌一米", reason="墙比图上长", new_price_fen=1_860_000, by=world.who("clerk")
    )


def _cancelled(world: World) -> Any:
    world.way.ending(world["funded"])


def _refunded(world: World) -> Any:
    _cancelled(world)
    refund = world["funded"].refunds.filter(paid_at=None).earliest("pk")
    funding.pay_refund(refund, voucher="退1", by=world.who("cashier"))


def _paid(world: World) -> Any:
    funding.pay(_approved(world), voucher="付9999", by=world.who("cashier"))


def _claimed(world: World) -> Any:
    """Money that went back before its cheque bounced."""
    _refunded(world)
    refund = world["funded"].refunds.get(voucher="退1")
    funding.confirm_refund(refund, by=world.who("clerk"))
    given = refund.proposal.contributions.get(giver=refund.giver_id, stage="confirmed")
    funding.reverse_contribution(given, reason="支票退票", by=world.who("supervisor"))


def _settled(world: World) -> Any:
    _claimed(world)
    claim = world["funded"].claims.get()
    funding.settle_claim(claim, how="returned", voucher="收回1", by=world.who("cashier"))


def _waived(world: World) -> Any:
    milestone = Milestone.objects.get(contract__proposal=world["rated"], kind="start")
    return funding.waive(milestone, reason="承接方不要了", file=a_picture(), by=world.who("clerk"))


def _reset_asked(world: World) -> Any:
    return staff.ask_reset(
        world.who("clerk"), reason="换了手机，当面核实", phone="13870000041", by=world.who("approver")
    )


def _rethought(world: World) -> Any:
    return funding.ask_plan_change(
        world["delivering"], reason="地下有管线", new_price_fen=2_900_000, file=a_picture(), by=world.who("clerk")
    )


def _next_years_pot(world: World) -> Any:
    pot = world["grant"].pot
    return funding.open_pot(
        place=pot.place, year=pot.year + 1, title=pot.title, document="文2", by=world.who("cashier")
    )


def _urgent(world: World) -> Any:
    return proposals.wish(place=world.place("yard"), text="电线垂下来了", urgent=True, by=world.who("clerk"))


def _told_by_telephone(world: World) -> Any:
    told = {"channel": "phone", "wisher_name": "丙居民", "by": world.who("clerk")}
    wished = proposals.wish(place=world.place("yard"), text="换一个灯泡", **told)
    proposals.answer_wish(wished, "fulfil", by=world.who("case_officer"), reason="换好了")
    return wished


def _unanswered(world: World) -> Any:
    """Whoever offers it did not say anything: it waits with the community."""
    proposals.climb_request(world["request"], by=None)
    return world["request"]


def _sponsored(world: World) -> Any:
    return funding.add_sponsor(world["raising"], name="小卖部", agreement="协议", promised_fen=1, by=world.who("clerk"))


def _carried(world: World) -> Any:
    later = _next_years_pot(world)
    return funding.carry_over(world["grant"].pot, later, amount_fen=1, document="结1", by=world.who("cashier"))


def _objected_from_outside(world: World) -> Any:
    return disclosure.object_to(world["notice"], facts="院外的路也该修一修", by=world.who("stranger"))


def _name_is_wrong(world: World) -> Any:
    return mydata.correct_name("甲改名", by=world.who("resident"))


def _judged_call(world: World) -> Any:
    return world["judged_call"]


def _asks_in_words(world: World) -> Any:
    return mydata.ask_right("删除", "请删掉旧的门牌叫法", by=world.who("resident"))


def _is_named(world: World) -> Any:
    user = world.who("resident")
    mydata.publish_name("proposals.proposal", user.proposals.earliest("pk").pk, True, by=user)
    return user.person.consents.get()


def _two_accounts(world: World) -> Any:
    other = make_resident("甲居民", None)
    return joining.ask(world.who("resident"), other, reason="同一个人", basis="核对过", by=world.who("clerk"))


def _number_is_lost(world: World) -> Any:
    home, facts = home_of(world.who("resident")), {"reason": "停机", "basis": "核对过"}
    return lostnumbers.ask(home, phone="13712340000", **facts, by=world.who("clerk"))


REGISTERED = ("add-place", "add-doors", "describe", "rename", "split", "merge")


def _imported(world: World) -> Any:
    """As the worker leaves it."""
    clerk = world.who("clerk")
    Intake.objects.filter(pk=world["intake"].pk).update(state="done", done_by=clerk, done_at=now())


def _called_back(world: World) -> Any:
    facts = {"findings": "上门看过，灯不够亮", "task": "换一盏亮些的灯"}
    return callbacks.contact(world["callback"], **facts, by=world.who("supervisor"))


def _grant(*steps: str) -> Before:
    """The street's grant, some steps further."""
    holders = {"examine": "case_officer", "approve": "approver", "return_for_completion": "case_officer"}

    def take(world: World) -> None:
        for step in steps:
            getattr(funding, step)(world["grant"], reason="看过了", by=world.who(holders[step]))

    return take


def _grant_withdrawn(world: World) -> Any:
    """All that the plan asks for was asked: only then there is something to ask again."""
    return funding.withdraw(world["grant"], reason="重新申请", by=world.who("clerk"))


def _enquiry(world: World) -> Any:
    world.way.project_group(world["procuring"])
    enquiry = funding.open_enquiry(world["procuring"], needs="水泵一台", by=world.who("clerk"))
    return funding.add_quote(
        enquiry,
        supplier="电器行",
        price_fen=1_900_000,
        days=20,
        warranty_months=12,
        file=a_picture(),
        by=world.who("clerk"),
    )


@dataclass(frozen=True)
class Step:
    """Who may take it with a row it is open to; ``before`` makes there be such a row."""

    who: Who
    before: Before | None = None


STEPS: dict[str, dict[str, Step]] = {
    "proposals.proposal": {
        "pass-review": Step(CLERK),
        "return": Step(CLERK),
        "decline": Step(CLERK),
        "recuse": Step(CLERK),
        "change-benefits": Step(CLERK),
        "merge": Step(CLERK),
        "split": Step(CLERK),
        "cosign-on-paper": Step(CLERK),
        "void-cosign": Step(CLERK),
        "open-handling": Step(CLERK),
        "accept": Step(CASE_OFFICER),
        "escalate": Step(CASE_OFFICER),
        "take-lead": Step(CASE_OFFICER),
        "hand-back": Step(CASE_OFFICER),
        "open-vote": Step(CLERK),
        "choose-group": Step(CLERK),
        "post-agenda": Step(CLERK),
        "study": Step(PARTY),
        "open-formal-vote": Step(CLERK),
        "decide": Step(PARTY),
        "take-up": Step(CLERK),
        "keep-reserved": Step(CLERK),
        "vote-again": Step(CLERK),
        "consult-again": Step(PARTY),
        "open-survey": Step(CLERK),
        "return-surplus": Step(CLERK),
        "make-accounts": Step(CLERK),
        "settle": Step(CLERK),
        "aftercare": Step(CLERK),
        "archive": Step(CLERK),
    },
    "proposals.call": {"results": Step(CLERK | CASE_OFFICER, _judged_call)},
    "proposals.question": {
        "answer": Step(ANSWERERS),
        "hide": Step(ANSWERERS | only("district_officer")),
    },
    "proposals.wish": {
        **{name: Step(ANSWERERS) for name in ("claim", "hand-over", "fulfil", "decline")},
        "arrive": Step(ANSWERERS, _urgent),
        "look-at-photos": Step(ANSWERERS),
        "join": Step(ANSWERERS),
        "part": Step(ANSWERERS, lambda world: world["joined_wish"]),
        "agree": Step(CLERK, _told_by_telephone),  # the street said that it is done
        "contest": Step(CLERK, _told_by_telephone),
    },
    "proposals.resource": {
        **{name: Step(ANSWERERS, lambda world: world["offered"]) for name in ("confirm", "decline")},
        "take-off": Step(ANSWERERS),
    },
    "proposals.resourcerequest": {name: Step(CLERK, _unanswered) for name in ("agree", "refuse")},
    "deliberation.motion": {"publish": Step(CLERK)},
    "deliberation.meeting": {name: Step(CLERK) for name in ("record-minutes", "agree-plan", "call-off")},
    "funding.pot": {"allocate": Step(KEEPERS), "carry-over": Step(KEEPERS, _next_years_pot)},
    "funding.allocation": {"confirm": Step(KEEPERS - CASHIER), "reject": Step(KEEPERS)},  # the cashier recorded it
    "funding.purse": {
        "plan": Step(PLANNERS),
        "ask": Step(PLANNERS, _grant_withdrawn),
        "pledge": Step(CLERK),
        "sponsor": Step(PLANNERS),
        "sponsor-gone": Step(PLANNERS, _sponsored),
        "contribution": Step(CLERK),
        "in-kind": Step(CLERK),
        "announce": Step(PLANNERS),
        "open-suppliers": Step(PLANNERS),
        "group": Step(CLERK),
        "enquiry": Step(CLERK),
        "quote": Step(CLERK, _enquiry),
        "recuse": Step(CLERK, _enquiry),
        "award": Step(SECOND_EYES, _enquiry),
        "ask-anew": Step(CLERK, _enquiry),
        "plan-anew": Step(CLERK),
        "drop-award": Step(CLERK),
        "sign": Step(SECOND_EYES),
        "payment": Step(CLERK),
        "waive": Step(CLERK),
        "change": Step(CLERK),
        "change-plan": Step(CLERK),
        "finish": Step(CLERK),
        "accept": Step(CLERK | SUPERVISOR),
        "cancel": Step(STOPPERS),
        "confirm-ending": Step(STAFF_HERE - CASHIER - FIRST_CLERK),
        "refuse-ending": Step(STAFF_HERE - CASHIER),
        "recount-ending": Step(STOPPERS, lambda w: funding.confirm_ending(w["ending"], by=w.who("case_officer"))),
        "close-ending": Step(STOPPERS, _cancelled),
    },
    "funding.grant": {
        "examine": Step(CASE_OFFICER),
        "return": Step(CASE_OFFICER),
        "complete": Step(PLANNERS, _grant("return_for_completion")),
        "approve": Step(APPROVER, _grant("examine")),
        "refuse": Step(CASE_OFFICER),
        "withdraw": Step(PLANNERS),
    },
    "funding.pledge": {"read": Step(SECOND_EYES), "withdraw": Step(CLERK), "void": Step(SECOND_EYES)},
    "funding.contribution": {name: Step(SECOND_EYES - FIRST_CLERK) for name in ("confirm", "reject", "reverse")},
    "funding.inkind": {"confirm": Step(SECOND_EYES - FIRST_CLERK), "reject": Step(SECOND_EYES)},
    "funding.refund": {
        "pay": Step(CLERK | CASHIER, _cancelled),
        "confirm": Step(SECOND_EYES, _refunded),  # the cashier paid it
        "reverse": Step(SECOND_EYES | APPROVER, _refunded),
    },
    "funding.planchange": {name: Step(CASE_OFFICER | APPROVER, _rethought) for name in ("confirm", "drop")},
    "funding.carryover": {"confirm": Step(KEEPERS - CASHIER, _carried), "reject": Step(KEEPERS, _carried)},
    "funding.waiver": {name: Step(APPROVER, _waived) for name in ("confirm", "annul")},
    "funding.claim": {
        "settle": Step(CLERK | CASHIER, _claimed),
        "confirm": Step(SECOND_EYES | APPROVER, _settled),
    },
    "funding.payment": {
        "approve": Step(APPROVER, _asked),
        "pay": Step(CASHIER, _approved),
        "refuse": Step(APPROVER | CASHIER, _asked),
        "reverse": Step(APPROVER, _paid),  # the cashier paid it
    },
    "funding.change": {name: Step(CASE_OFFICER | APPROVER, _changed) for name in ("approve", "refuse")},
    "evaluation.callback": {
        "contact": Step(SUPERVISOR | only("district_officer")),
        "mend": Step(ANSWERERS, _called_back),
    },
    "disclosure.notice": {"correct": Step(CLERK | CASE_OFFICER | DISTRICT_OFFICER)},
    "disclosure.objection": {
        "answer": Step(CLERK),
        "climb": Step(CLERK),
        "remark": Step(CASE_OFFICER | APPROVER, _objected_from_outside),
    },
    "residents.residence": {
        **{name: Step(CLERK) for name in ("confirm", "refuse", "represent", "move-out")},
        "appoint": Step(CLERK | APPROVER | DISTRICT_OFFICER),
        "ask-joining": Step(ACCOUNT_KEEPERS),
        "lost-number": Step(CLERK),
    },
    "signin.joining": {
        "confirm": Step(DISTRICT, _two_accounts),
        "drop": Step(DISTRICT | only("clerk"), _two_accounts),
    },
    "signin.lostnumber": {
        "confirm": Step(only("second_clerk") | PARTY | SUPERVISOR | CASE_OFFICER | DISTRICT_OFFICER, _number_is_lost),
        "drop": Step(PARTY | SUPERVISOR | CASE_OFFICER | DISTRICT_OFFICER | CLERK, _number_is_lost),
    },
    "residents.rolegrant": {
        "second-role": Step(APPROVER | DISTRICT_OFFICER),
        "hand-over": Step(APPROVER | DISTRICT_OFFICER),
        "ask-joining": Step(ACCOUNT_KEEPERS),
        "revoke": Step(CLERK | APPROVER),
        "record-election": Step(CLERK | APPROVER),
        "reset-access": Step(APPROVER | DISTRICT_OFFICER),
        **{
            name: Step(CASE_OFFICER | CASHIER | DISTRICT, _reset_asked)  # another than the approver, who asked
            for name in ("confirm-reset", "drop-reset")
        },
    },
    "mydata.correction": {name: Step(CLERK | CASE_OFFICER, _name_is_wrong) for name in ("grant", "refuse")}
    | {"done": Step(CLERK | CASE_OFFICER, _asks_in_words)},
    "mydata.consent": {"take-back": Step(CLERK | CASE_OFFICER, _is_named)},
    "intake.intake": {
        "start": Step(REGISTER),
        "take-back": Step(REGISTER, _imported),
    },
    "territory.household": {"strike": Step(CLERK | CASE_OFFICER | DISTRICT_OFFICER)},
    "territory.territory": {
        **{name: Step(CLERK | CASE_OFFICER | DISTRICT_OFFICER) for name in REGISTERED},
        "enter-bylaw": Step(CLERK),
        "set-parameter": Step(CASE_OFFICER | APPROVER | DISTRICT_OFFICER),
    },
}

ELSEWHERE = {
    "deliberation.motion count-areas": "of a vote by area that is over: tests/deliberation",
    "disclosure.objection second-remark": "the district's second officer: tests/disclosure",
    "funding.purse deliver-in-kind": "where nothing is bought: tests/funding",
    "proposals.proposal rule-above": "what a third reopened twice: tests/proposals",
    "proposals.proposal second-above": "the district's second officer: tests/proposals",
    "proposals.proposal decline-handling": "handed back, or at tier 3: tests/proposals",
    "proposals.proposal not-agree": "after three meetings without a plan: tests/deliberation",
    "proposals.proposal rule-on-rating": "after three rounds without enough: tests/evaluation",
    "funding.purse ask-for-help": "raising at tier 1: tests/funding",
    "funding.purse start": "between signing and starting: tests/funding",
    "funding.grant decide": "above the cap: tests/funding",
    "evaluation.finalaccounts confirm": "between making and confirming: tests/evaluation",
    "residents.residence keep-representative": "where somebody asked to represent: tests/residents",
    "territory.household restore": "of a door struck off: tests/residents",
    "territory.territory confirm-defaults": "of a district, not of the yard's places: tests/desk",
    "territory.territory try-alarms": "of a district, not of the yard's places: tests/health",
    "territory.territory try-text": "of a place with an office, not of a yard: tests/desk",
    "territory.territory text-came": "of a place with an office, not of a yard: tests/desk",
    "territory.territory announce-opening": "of a community that is not open: tests/desk",
    "territory.territory open": "of a community that is not open: tests/desk",
    "evaluation.check look": "half a year after the archive: tests/evaluation",
}
"""Steps the world has no open row for, and where they are asked for instead."""


# --- The admin's own addresses -------------------------------------------------------------------

SITE: tuple[Row, ...] = (
    Row("admin:index", see=BY_FACTOR, others=SIGN_IN),
    Row("admin:search", see=BY_FACTOR, others=SIGN_IN, query="s"),
    Row("admin:login", others=REFUSED),
    Row("admin:logout", others=ONWARD, visitors=ONWARD, besides=((BY_FACTOR, NOT_TAKEN),), send=EVERYBODY),
    Row("admin:password_change", see=BY_FACTOR, others=SIGN_IN, send=BY_FACTOR, taken=TAKEN | {SHOWN}),
    Row("admin:password_change_done", see=BY_FACTOR, others=SIGN_IN),
    Row("admin:autocomplete", others=SIGN_IN, besides=((BY_FACTOR, REFUSED),), query="term&app_label&model_name"),
    Row("admin:jsi18n", see=BY_FACTOR, others=SIGN_IN),
    Row("admin:view_on_site", lambda w: [1, 1], others=SIGN_IN, besides=((BY_FACTOR, HIDDEN),)),
    Row(
        "admin:territory_territory_setup",
        lambda w: [w.place("community").pk],
        see=STAFF_HERE,
        others=SIGN_IN,
        besides=((BY_FACTOR, HIDDEN),),
    ),
    Row("admin:intake_intake_template", see=REGISTERS, others=SIGN_IN, besides=((BY_FACTOR, REFUSED),)),
    Row("admin:intake_intake_rows", pk("intake"), see=REGISTER, others=SIGN_IN, besides=((BY_FACTOR, HIDDEN),)),
    Row("admin:app_list", lambda w: ["proposals"], see=STAFF, others=SIGN_IN, besides=((OPERATOR | FORMER, HIDDEN),)),
)
