"""What this app shows on pages of the app below: panels of a project, the present stage, tasks of a person."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from funding import selectors
from funding.models import GroupMember, Pledge
from minshi.accounts.models import User
from minshi.faces.words import cn_until, yuan
from minshi.residents import speaking
from minshi.residents.rules import home_of
from proposals.models import Proposal, Source, Stage, bars_of
from proposals.panels import Panel, Present, Task, register, register_present, register_tasks

# --- Panels --------------------------------------------------------------------------------------


def money(proposal: Proposal) -> dict[str, Any] | None:
    """By source: what is sure, what is promised besides, what is missing."""
    found = selectors.coverage(proposal)
    if not found.lines:
        return None
    return {"found": found, "sources": _bars(found), "grants": selectors.grants_of(proposal)}


def _bars(found: selectors.Coverage) -> list[tuple[str, int]]:
    """What is there by source, each in its place on every bar, and behind them what is promised."""
    bars = bars_of({source: fen for source, fen in found.sure.items() if source != Source.IN_KIND})
    if found.households:
        own = list(Source).index(Source.SELF_RAISED)
        label, fen = bars[own]
        bars[own] = (_("%(label)s（%(number)d 户）") % {"label": label, "number": found.households}, fen)
    promised = sum(fen for source, fen in found.promised.items() if source != Source.IN_KIND)
    return [*bars, (_("已认缴、还没到账"), min(promised, max(0, found.needed_fen - found.sure_fen)))]


def supplier(proposal: Proposal) -> dict[str, Any] | None:
    group, chosen = selectors.group_of(proposal), selectors.last_award(proposal)
    if group is None and chosen is None:
        return None
    return {"group": group, "award": chosen, "contract": selectors.last_contract(proposal)}


def progress(proposal: Proposal) -> dict[str, Any] | None:
    contract = selectors.last_contract(proposal)
    if contract is None:
        return None
    return {
        "contract": contract,
        "entry": proposal.log_entries.prefetch_related("photos").first(),
        "entries": proposal.log_entries.count(),
        "acceptance": contract.acceptances.last(),
        "paid_fen": selectors.spent_fen(proposal),
    }


register(Panel("money", "funding/panel_money.html", money, draws_money=True))
register(Panel("supplier", "funding/panel_supplier.html", supplier))
register(Panel("progress", "funding/panel_progress.html", progress))


# --- The present stage ----------------------------------------------------------------------------


def _pledge_button(proposal: Proposal) -> tuple[str, str]:
    return _("我家也出一点"), f"/projects/{proposal.number}/pledge/"


def raising(proposal: Proposal) -> Present:
    found = selectors.coverage(proposal)
    if not found.lines:
        return Present(_("社区正在编制资金方案：谁出多少钱。"))
    if found.gap_fen:
        text = _("还差 %s 元。居民出资全凭自愿，出多少都行，不出也行。") % yuan(found.gap_fen)
        return Present(text, *_pledge_button(proposal))
    return Present(_("资金已经落实，接下来公示。"), _("每一笔都能查"), f"/projects/{proposal.number}/books/")


def funded(proposal: Proposal) -> Present:
    end = cn_until(proposal.gate_notice.ends_at) if proposal.gate_notice else ""
    text = _("资金安排公示到 %s，期满、异议都答复以后，由项目小组询价比选。") % end
    url = proposal.gate_notice.get_absolute_url() if proposal.gate_notice else ""
    return Present(text, _("看公示，有意见在这里提"), url)


def procuring(proposal: Proposal) -> Present:
    if selectors.group_of(proposal) is None:
        return Present(_("社区正在组织推选居民项目小组，由小组选承接方、盯施工。"))
    return Present(_("居民项目小组正在询价比选。"), _("看需求和报价"), f"/projects/{proposal.number}/suppliers/")


def awarded(proposal: Proposal) -> Present:
    end = cn_until(proposal.gate_notice.ends_at) if proposal.gate_notice else ""
    text = _("已选定承接方，公示到 %s，期满、异议都答复以后签合同。") % end
    return Present(text, _("看为什么选这一家"), f"/projects/{proposal.number}/suppliers/")


def delivering(proposal: Proposal) -> Present:
    contract = selectors.contract_of(proposal)
    if contract is None or contract.started_at is None:
        return Present(_("合同已签，准备开工。"), _("看合同要点"), f"/projects/{proposal.number}/suppliers/")
    return Present(_("正在实施，项目小组每几天记一次现场。"), _("看现场"), f"/projects/{proposal.number}/log/")


def accepting(proposal: Proposal) -> Present:
    url = f"/projects/{proposal.number}/log/"
    return Present(_("已经完工，等居民和监督委员会逐项验收。"), _("看做成什么样"), url)


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
        Task(each.title, _("正在筹钱，自愿出，不出也行"), f"/projects/{each.number}/pledge/", _("去看看"))
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
        tasks.append(Task(proposal.title, text, f"/projects/{proposal.number}/{page}/", button, proposal.due_at))
    return tasks


register_tasks(to_do_on_site)
register_tasks(to_pledge)
