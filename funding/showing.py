"""What this app shows on pages of the app below: panels of a project, the present stage, tasks of a person."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from funding import selectors
from funding.models import (
    OUTCOMES,
    Contract,
    Contribution,
    ContributionStage,
    Ending,
    EndingStage,
    Enquiry,
    Group,
    GroupMember,
    Plan,
    Pledge,
)
from minshi.accounts.models import User
from minshi.clock import today
from minshi.disclosure.selectors import notice_says
from minshi.faces.words import yuan
from minshi.lifecycle.models import StepRecord
from minshi.paper import numbers
from minshi.residents import speaking
from minshi.residents.models import Role
from minshi.residents.rules import home_of, person_of, who_acts
from proposals.lifecycle import MONEY_STAGES
from proposals.models import CASH, Proposal, Source, Stage, bars_of
from proposals.panels import (
    Found,
    Own,
    Panel,
    Present,
    Task,
    once,
    register,
    register_finder,
    register_own,
    register_present,
    register_tasks,
)

# --- Panels --------------------------------------------------------------------------------------


def money(proposal: Proposal) -> dict[str, Any] | None:
    """By source: what is sure, what is promised besides, what is missing."""
    found = once(selectors.coverage, proposal)
    if not found.lines:
        return None
    is_over = proposal.is_ended or proposal.stage in (Stage.RATED, Stage.SETTLING, Stage.ENDING)
    stayed: dict[str, int] = {source: int(getattr(proposal.card, f"{source}_fen")) for source in CASH}
    return {
        "found": found,
        "sources": bars_of(stayed) if is_over else _bars(found),
        "is_money": bool(found.needed_fen or found.found_fen),
        "gap": 0 if is_over else found.gap_fen,
        "total": sum(stayed.values()) if is_over else found.needed_fen,
        "promised": 0 if is_over else _drawn_as_promised(found),
        "caption": _("到账的钱，退回的已经减去") if is_over else _("需要的钱"),
        "grants": selectors.grants_of(proposal),
    }


def _bars(found: selectors.Coverage) -> list[tuple[str, int]]:
    """What is there by source, each in its place on every bar, and behind them what is promised."""
    bars = bars_of({source: fen for source, fen in found.sure.items() if source != Source.IN_KIND})
    if found.households:
        own = list(Source).index(Source.SELF_RAISED)
        label, fen = bars[own]
        bars[own] = (_("%(label)s（%(number)d 户）") % {"label": label, "number": found.households}, fen)
    return [*bars, (_("已认缴、还没到账"), _drawn_as_promised(found))]


def _drawn_as_promised(found: selectors.Coverage) -> int:
    """Fen of cash promised, as far as it is needed."""
    return min(found.found_fen - found.sure_fen, max(0, found.needed_fen - found.sure_fen))


def supplier(proposal: Proposal) -> dict[str, Any] | None:
    group, chosen = selectors.group_of(proposal), selectors.last_award(proposal)
    if group is None and chosen is None:
        return None
    return {"group": group, "award": chosen, "contract": once(selectors.last_contract, proposal)}


def progress(proposal: Proposal) -> dict[str, Any] | None:
    contract = once(selectors.last_contract, proposal)
    if contract is None or contract.ended_at:
        begun = selectors.unbought_since(proposal) if proposal.stage in WORKED_ON else None
        if begun:
            return _unbought(proposal, begun)
    if contract is None:
        return None
    return {
        **_site(proposal),
        "contract": contract,
        "acceptance": contract.acceptances.last(),
        "paid_fen": (paid := selectors.paid_on(contract)),
        "before_fen": selectors.spent_fen(proposal) - paid,
        "hold": selectors.hold_says(contract),
    }


def _site(proposal: Proposal) -> dict[str, Any]:
    return {
        "entry": proposal.log_entries.prefetch_related("photos").first(),
        "entries": proposal.log_entries.count(),
    }


def _unbought(proposal: Proposal, begun: datetime) -> dict[str, Any]:
    """Of what is only in kind: no price, no payment, nothing retained."""
    finished = StepRecord.objects.of(proposal).filter(verb="finish").order_by("-id")
    return {
        **_site(proposal),
        "begun": begun,
        "finished": None if proposal.stage == Stage.DELIVERING else finished.values_list("at", flat=True).first(),
        "acceptance": proposal.acceptances.filter(contract=None).last(),
        "before_fen": selectors.spent_fen(proposal),
    }


def _may_have_ended(proposal: Proposal) -> bool:
    """Without asking: where money was looked for, and wherever the card says that some came."""
    came = any(getattr(proposal.card, f"{source}_fen") for source in CASH)
    return came or proposal.stage in (Stage.ENDING, *MONEY_STAGES, *OUTCOMES)


def ending(proposal: Proposal) -> dict[str, Any] | None:
    """Why it stops, what was paid and is still owed, what went back and still waits."""
    found = selectors.shown_ending(proposal) if _may_have_ended(proposal) else None
    if found is None:
        return None
    contracts = [
        (contract, selectors.paid_fen(contract), selectors.owed_fen(found, contract))
        for contract in proposal.contracts.select_related("supplier").order_by("pk")
    ]
    refunds = list(proposal.refunds.standing().values_list("returned_at", "amount_fen"))
    return {
        "ending": found,
        "kind": "done" if found.stage == EndingStage.CLOSED else "waits",
        "is_agreed": found.confirmed_by_id is not None,
        "contracts": contracts,
        "returned_fen": sum(fen for returned_at, fen in refunds if returned_at),
        "waiting_fen": sum(fen for returned_at, fen in refunds if not returned_at),
    }


WORKED_ON = (
    # Where the work has begun, or was brought to its end: only there it is asked whether anything was bought.
    Stage.DELIVERING,
    Stage.ACCEPTING,
    Stage.ACCEPTED,
    Stage.RATING,
    Stage.REWORK,
    Stage.RATED,
    Stage.SETTLING,
    Stage.ARCHIVED,
    Stage.ENDING,
    *OUTCOMES,
)

register(Panel("money", "funding/panel_money.html", money, (Plan,), draws_money=True))
register(Panel("supplier", "funding/panel_supplier.html", supplier, (Group, Enquiry)))
register(Panel("progress", "funding/panel_progress.html", progress, (Plan, Contract)))
register(Panel("ending", "funding/panel_ending.html", ending, (Ending,)))


# --- The present stage ----------------------------------------------------------------------------


def _pledge_button(proposal: Proposal) -> tuple[str, str]:
    return _("我家也出一点"), reverse("pledge", args=[proposal.number])


def raising(proposal: Proposal) -> Present:
    found = once(selectors.coverage, proposal)
    if not found.lines:
        return Present(_("社区正在编制资金方案：谁出多少钱。"))
    missing = _what_is_missing(proposal, found)
    if found.missing_fen(Source.SELF_RAISED) and found.gap_fen:
        return Present(missing + _("居民出资全凭自愿，出多少都行，不出也行。"), *_pledge_button(proposal))
    if missing:
        return Present(missing, _("每一笔都能查"), reverse("books", args=[proposal.number]))
    promised = found.found_fen - found.sure_fen
    if promised:
        words = {"sure": yuan(found.sure_fen), "promised": yuan(promised)}
        text = _("已落实 %(sure)s 元，另有认缴 %(promised)s 元还没到账，接下来公示。") % words
    else:
        text = (
            _("资金已经落实，共 %s 元，接下来公示。") % yuan(found.sure_fen)
            if found.needed_fen
            else _("不用花钱，接下来公示。")
        )
    return Present(text, _("每一笔都能查"), reverse("books", args=[proposal.number]))


def _what_is_missing(proposal: Proposal, found: selectors.Coverage) -> str:
    """By whose word it is waited for: what offices examine, what nobody asked for yet, what neighbours may give."""
    examined = selectors.asked_by_grants(proposal)
    parts = []
    for source, label in (
        (Source.SUBSIDY, _("街道补助")),
        (Source.DISTRICT, _("区级财政")),
        (Source.SELF_RAISED, _("居民自筹")),
        (Source.SPONSOR, _("单位赞助")),
    ):
        missing = min(found.missing_fen(source), found.gap_fen)
        waits = min(examined.get(source, 0), missing)
        if waits:
            parts.append(_("%(source)s %(yuan)s 元正在审批") % {"source": label, "yuan": yuan(waits)})
        if missing - waits:
            parts.append(_("%(source)s还差 %(yuan)s 元") % {"source": label, "yuan": yuan(missing - waits)})
    if found.in_kind_gap_fen:
        parts.append(_("折合 %s 元的投工投劳还没有着落") % yuan(found.in_kind_gap_fen))
    return "，".join(parts) + "。" if parts else ""


def funded(proposal: Proposal) -> Present:
    said = notice_says(proposal.gate_notice, _("资金安排正在公示"))
    url = proposal.gate_notice.get_absolute_url() if proposal.gate_notice else ""
    text = (
        _("%(notice)s。不花钱，期满、异议都答复以后开始实施。")
        if selectors.buys_nothing(proposal)
        else _("%(notice)s。期满、异议都答复以后，由项目小组询价比选。")
    ) % {"notice": said}
    return Present(text, _("看公示，有意见在这里提"), url)


def procuring(proposal: Proposal) -> Present:
    if selectors.group_of(proposal) is None:
        return Present(_("社区正在组织推选居民项目小组，由小组选承接方、盯施工。"))
    enquiry = selectors.last_enquiry(proposal)
    if enquiry is None or enquiry.ended_at:
        return Present(_("居民项目小组准备询价。"))
    return Present(_("居民项目小组正在询价比选。"), _("看需求和报价"), reverse("suppliers", args=[proposal.number]))


def awarded(proposal: Proposal) -> Present:
    said = notice_says(proposal.gate_notice, _("已选定承接方，正在公示"))
    text = _("%(notice)s。期满、异议都答复以后签合同。") % {"notice": said}
    return Present(text, _("看为什么选这一家"), reverse("suppliers", args=[proposal.number]))


def delivering(proposal: Proposal) -> Present:
    contract = selectors.contract_of(proposal)
    if contract and contract.started_at is None:
        return Present(_("合同已签，准备开工。"), _("看合同要点"), reverse("suppliers", args=[proposal.number]))
    log = (_("看现场"), reverse("log", args=[proposal.number]))
    last = proposal.acceptances.filter(contract=contract).order_by("-round").first()
    if last is not None and not last.passed:
        return Present(_("验收不合格，正在整改，改好了再验收。"), *log)
    return Present(_("正在实施，项目小组每几天记一次现场。"), *log)


def accepting(proposal: Proposal) -> Present:
    url = reverse("log", args=[proposal.number])
    entered = StepRecord.objects.of(proposal).filter(target=Stage.ACCEPTING).exclude(source=Stage.ACCEPTING)
    record = entered.order_by("-id").first()
    acts = who_acts(proposal.place, Role.SUPERVISOR, today())
    who = _("监督委员会") if acts == Role.SUPERVISOR else _("%(who)s（代监督委员会）") % {"who": Role(acts).label}
    if record is not None and record.verb != "finish":
        words = {"why": record.label, "who": who}
        text = _("%(why)s，等居民和%(who)s重新逐项验收。") % words
    else:
        text = _("已经完工，等居民和%(who)s逐项验收。") % {"who": who}
    around = selectors.panel_around(proposal)
    return Present(f"{text}{selectors.neighbours_said(around)}。" if around else text, _("看做成什么样"), url)


def ending_now(proposal: Proposal) -> Present:
    found = selectors.ending_of(proposal)
    if (found is None or found.stage == EndingStage.COUNTING) and selectors.contract_of(proposal) is None:
        return Present(_("这件事不办了，正等另一位确认。"))
    if found is None or found.stage == EndingStage.COUNTING:
        return Present(_("这件事不办了。正在清点已验收的活该付多少，由另一位确认。"))
    books = reverse("books", args=[proposal.number])
    if found.stage == EndingStage.PAYING and found.contract:
        owed = selectors.owed_fen(found, found.contract)
        text = _("这件事不办了。先付清已验收的活，还欠 %s 元，付清再退余款。") % yuan(owed)
        return Present(text, _("每一笔都能查"), books)
    waiting = list(proposal.refunds.owed().values_list("amount_fen", flat=True))
    if owed := selectors.owed_to_suppliers_fen(proposal):
        paid = _("银行退回的 %s 元是承接方的，要重新付") % yuan(owed)
    else:
        paid = _("应付的已经付清") if proposal.contracts.exists() else _("没有签过合同，没有应付的款")
    if waiting:
        words = {"paid": paid, "n": len(waiting), "sum": yuan(sum(waiting))}
        text = _("这件事不办了。%(paid)s，还有 %(n)d 笔、%(sum)s 元余款等着退。") % words
    elif proposal.refunds.filter(returned_at__isnull=False).exists():
        text = _("这件事不办了。%(paid)s，余款已经退回，接下来公告、归档。") % {"paid": paid}
    elif selectors.buys_nothing(proposal):
        text = _("这件事不办了。没有花过钱，接下来公告、归档。")
    else:
        text = _("这件事不办了。%(paid)s，没有余款要退，接下来公告、归档。") % {"paid": paid}
    return Present(text, _("每一笔都能查"), books)


register_present(Stage.ENDING, ending_now)
register_present(Stage.RAISING, raising)
register_present(Stage.FUNDED, funded)
register_present(Stage.PROCURING, procuring)
register_present(Stage.AWARDED, awarded)
register_present(Stage.DELIVERING, delivering)
register_present(Stage.ACCEPTING, accepting)


# --- Tasks ------------------------------------------------------------------------------------------


def to_pledge(user: User) -> list[Task]:
    """Projects of my place that still look for money and that my household has not answered; never pressing."""
    home = home_of(user)
    if home is None or speaking.why_not(user, any_adult=True, act=""):
        return []
    promised = Pledge.objects.standing().filter(household=home.household_id)
    looking = Proposal.objects.filter(
        stage=Stage.RAISING, frozen_beneficiaries__household=home.household_id, funding_plans__isnull=False
    )
    looking = looking.exclude(pk__in=promised.values("proposal")).distinct()[:10]
    return [
        Task(each.title, _("正在筹钱，自愿出，不出也行"), reverse("pledge", args=[each.number]), _("去看看"))
        for each in looking
    ]


def to_do_on_site(user: User) -> list[Task]:
    """What the project group sees to: the log while the work goes on."""
    mine = GroupMember.objects.filter(
        person__user=user,
        group__ended_at=None,
        group__proposal__stage__in=(Stage.PROCURING, Stage.AWARDED, Stage.DELIVERING, Stage.REWORK),
    ).select_related("group__proposal")
    said = {
        Stage.PROCURING: (_("您是项目小组成员，正在询价比选"), "suppliers", _("看报价")),
        Stage.AWARDED: (_("您是项目小组成员，公示期满后签合同"), "suppliers", _("看结果")),
        Stage.DELIVERING: (_("您是项目小组成员，请记现场情况"), "log", _("去记一条")),
        Stage.REWORK: (_("您是项目小组成员，请记整改情况"), "log", _("去记一条")),
    }
    tasks = []
    for member in mine:
        proposal = member.group.proposal
        text, page, button = said[Stage(proposal.stage)]
        tasks.append(Task(proposal.title, text, reverse(page, args=[proposal.number]), button, proposal.due_at))
    return tasks


# --- One's own, and numbers ---------------------------------------------------------------------------

MOST_OWN = 20


def pledges(user: User) -> list[Own]:
    """What this person pledged or gave, wherever they live now."""
    person = person_of(user)
    if person is None:
        return []
    promised = Pledge.objects.filter(speaker=person).select_related("proposal").order_by("-pk")[:MOST_OWN]
    given = Contribution.objects.filter(giver__person=person).exclude(stage=ContributionStage.REJECTED)
    return [
        *(
            Own(_("认缴和出资"), each.proposal.title, _pledged(each), _pledge_page(each), each.number)
            for each in promised
        ),
        *(
            Own(
                _("认缴和出资"),
                each.proposal.title,
                _("%(state)s %(yuan)s 元") % {"state": each.get_stage_display(), "yuan": yuan(each.amount_fen)},
                reverse("books", args=[each.proposal.number]),
                each.voucher,
            )
            for each in given.select_related("proposal").order_by("-pk")[:MOST_OWN]
        ),
    ]


def _pledge_page(promised: Pledge) -> str:
    return reverse("pledge", args=[promised.proposal.number])


def _pledged(promised: Pledge) -> str:
    if promised.withdrawn_at:
        return _("认缴过，已撤回")
    if promised.is_waiting:
        return _("纸质认缴已登记，等核对")
    return _("认缴 %(yuan)s 元") % {"yuan": yuan(promised.amount_fen)}


def by_number(number: str) -> list[Found]:
    """A pledge by its number or the slip of its sheet, a sum received or paid back by its voucher."""
    found: list[Found] = []
    if promised := re.fullmatch(r"([0-9]{4}-[0-9]{5,9})-R([0-9]{1,6})", number):
        rows = Pledge.objects.filter(proposal__number=promised[1], ordinal=int(promised[2]))
        found += [Found(each.proposal.title, _pledge_page(each)) for each in rows.select_related("proposal")]
    if numbers.is_number(number):
        rows = Pledge.objects.filter(line__slip_number=numbers.normal(number)).select_related("proposal")
        found += [Found(each.proposal.title, _pledge_page(each)) for each in rows]
    given = Contribution.objects.filter(voucher__iexact=number, stage=ContributionStage.CONFIRMED)
    found += [
        Found(each.proposal.title, reverse("books", args=[each.proposal.number]))
        for each in given.select_related("proposal").order_by("pk")[:MOST_OWN]
    ]
    return found


register_own(pledges)
register_finder(by_number)
register_tasks(
    to_do_on_site,
    where="""EXISTS (
        SELECT FROM funding_groupmember AS member
        JOIN funding_group AS standing ON standing.id = member.group_id AND standing.ended_at IS NULL
        JOIN proposals_proposal AS project ON project.id = standing.proposal_id
            AND project.stage IN ('procuring', 'awarded', 'delivering', 'rework')
        WHERE member.person_id = me.person
    )""",
)
register_tasks(
    to_pledge,
    where="""EXISTS (
        SELECT FROM proposals_beneficiary AS listed
        JOIN proposals_proposal AS asking ON asking.id = listed.proposal_id AND asking.stage = 'raising'
        WHERE listed.household_id = me.door
    )""",
)
