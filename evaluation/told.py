"""What people are told of ratings, call-backs, final accounts and aftercare."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from evaluation.models import Check, Survey
from evaluation.models.surveys import silent
from funding.told import GROUP
from minshi.faces.words import cn_until
from minshi.lifecycle.models import StepRecord
from minshi.notifications.catalogue import Audience, Doors, Event, Lines, Post, Told, ToldBy, Unheard, Way
from minshi.residents.models import Role
from proposals.lifecycle import holder_place
from proposals.told import CLERK, HOLDER, IN_YOUR_NAME, PROPOSER, project, project_named

# --- The whole way ----------------------------------------------------------------------------------

STAGES = project(
    Unheard("open_survey", "the survey's own opening asks the households"),
    Unheard("ask_again", "the survey's own opening asks the households"),
    Told("accept_again", PROPOSER, _("验收公示被重议，重新验收：%(title)s"), "%(reason)s"),
    Told("accept_again", HOLDER, _("请重新验收：%(title)s"), _("请在 %(due)s 前办理")),
    Unheard("extend_survey", "the survey's own extension asks whoever has not answered"),
    Told("count_survey", HOLDER, _("请核对测评表：%(title)s"), _("评议已经截止，请在 %(due)s 前核对完")),
    Told("pass_survey", PROPOSER, _("满意度达标：%(title)s"), _("结果已公示")),
    Told("pass_survey", GROUP, _("满意度达标：%(title)s"), _("结果已公示")),
    Told("mend", GROUP, _("请整改后再评：%(title)s"), "%(reason)s"),
    Told("mend", PROPOSER, _("满意度不够，整改后再评：%(title)s"), "%(reason)s"),
    Told("mend", CLERK, _("请督促整改：%(title)s"), "%(reason)s"),
    Told("refuse_work", PROPOSER, _("满意度太低，重新验收：%(title)s"), "%(reason)s"),
    Told("refuse_work", GROUP, _("满意度太低，重新验收：%(title)s"), "%(reason)s"),
    Told("refuse_work", HOLDER, _("请重新验收：%(title)s"), "%(reason)s"),
    Told("ask_street", HOLDER, _("请决定：%(title)s的满意度评议"), "%(reason)s"),
    Told("ask_street", PROPOSER, _("评议结果报街道决定：%(title)s"), "%(reason)s"),
    Told("rule_on_rating", PROPOSER, _("街道对评议作出决定：%(title)s"), "%(reason)s"),
    Told("rule_on_rating", CLERK, _("街道对评议作出决定：%(title)s"), "%(reason)s"),
    Unheard("settle_hold", "the retained part's own step tells clerk and group"),
    Told("result_stands", CLERK, _("满意度公示期满，请编制结算：%(title)s")),
    Told("rate_again", GROUP, _("满意度公示被重议，请整改：%(title)s"), "%(reason)s"),
    Told("rate_again", PROPOSER, _("满意度公示被重议，整改后再评：%(title)s"), "%(reason)s"),
    Told("rate_again", CLERK, _("满意度公示被重议，请督促整改：%(title)s"), "%(reason)s"),
    Told("settle", PROPOSER, _("结算已公示：%(title)s")),
    Told("settle", HOLDER, _("结算公示期满后请归档：%(title)s"), _("请在 %(due)s 前办理")),
    Told("account_again", HOLDER, _("结算公示被重议，请重新结算：%(title)s")),
    Told("account_again", PROPOSER, _("结算公示被重议，重新结算：%(title)s")),
    Told("archive", PROPOSER, _("已归档：%(title)s"), _("全部材料可以查看")),
    Told("archive", GROUP, _("已归档：%(title)s"), _("全部材料可以查看")),
)

# --- Surveys ----------------------------------------------------------------------------------------


def _asked(survey: Survey, record: StepRecord) -> Doors:
    return Doors([door for door in survey.roll.units.values_list("household", flat=True) if door])


def _silent(survey: Survey, record: StepRecord) -> Doors:
    return Doors([door for door in silent(survey.roll_id).values_list("household", flat=True) if door])


HOUSEHOLDS = Audience(_("名册上的住户：户代表，没有的每位成年人"), _asked)
SILENT = Audience(_("还没有评价的住户"), _silent)
RATING_DUE = _("评价有截止时间")

SURVEYS = Lines(
    "evaluation.survey",
    (
        Told(
            "open",
            HOUSEHOLDS,
            _("请给“%(title)s”打分"),
            _("到 %(end)s 截止，每户一份"),
            way=Way.BOTH,
            right=RATING_DUE,
            until=lambda survey: survey.closes_at,
        ),
        Told(
            "extend",
            SILENT,
            _("还差您家的评价：%(title)s"),
            _("到 %(end)s 截止，每户一份"),
            way=Way.BOTH,
            right=RATING_DUE,
            until=lambda survey: survey.closes_at,
        ),
        Unheard("count", "the project's own step tells who reads the sheets"),
        Unheard("close", "what follows from the result is a step of the project, which is told"),
    ),
    facts=lambda survey, record: {"title": survey.proposal.title, "end": cn_until(survey.closes_at)},
    url=lambda survey: reverse("rate", args=[survey.proposal.number]),
    about=lambda survey: project_named(survey.proposal),
)

# --- Call-backs and checks ----------------------------------------------------------------------------

CALLBACKS = Lines(
    "evaluation.callback",
    (
        ToldBy("open", ("callback.opened",)),
        Told("contact", CLERK, _("差评已回访，请整改：%(title)s"), _("要整改的写在页面上")),
        ToldBy("mend", ("callback.mended",)),
        Told("confirm", CLERK, _("评价人确认已整改：%(title)s")),
        Told("contest", CLERK, _("评价人认为没有整改好：%(title)s"), _("请再整改")),
        Told("lapse", CLERK, _("差评回访到期，评价人没有回应：%(title)s")),
        ToldBy("overdue", ("callback.late",)),
    ),
    facts=lambda callback, record: {"title": callback.survey.proposal.title},
    url=lambda callback: callback.get_absolute_url(),
)


def _check_facts(check: Check, record: StepRecord) -> dict[str, Any]:
    return {
        "title": check.aftercare.proposal.title,
        "finding": check.finding,
        "begins": cn_until(check.begins_at),
    }


KEEPER = Audience(_("社区工作人员"), lambda check, record: Post(Role.CLERK, holder_place(check.territory, "community")))
STREET = Audience(_("街道经办"), lambda check, record: Post(Role.CASE_OFFICER, holder_place(check.territory, "street")))
PROPOSER_OF_CHECK = Audience(_("提议人"), lambda check, record: [check.aftercare.proposal.proposer])

CHECKS = Lines(
    "evaluation.check",
    (
        Unheard("plan", "the keeper is reminded when the time comes, months later"),
        Told("look", PROPOSER_OF_CHECK, _("管护回看已办：%(title)s"), "%(finding)s"),
        Told(
            "look",
            KEEPER,
            _("管护回看发现问题：%(title)s"),
            "%(finding)s",
            when=lambda check, record: not check.in_order,
        ),
        Told("overdue", STREET, _("管护回看逾期：%(title)s")),
        Told("overdue", KEEPER, _("您承办的管护回看已逾期：%(title)s")),
    ),
    facts=_check_facts,
    url=lambda check: check.get_absolute_url(),
)

# --- What is no step ----------------------------------------------------------------------------------

# As of a paper ballot: the slip at once, the chief's list at the next fixed hour.
PAPER_RATING = Event("rating.on_paper", _("交测评表那一户的成年人"), Way.BOTH, IN_YOUR_NAME)
CALLBACK_OPENED = Event("callback.opened", _("回访的人"))
CALLBACK_MENDED = Event("callback.mended", _("评价人那一户的成年人"), Way.BOTH, _("请在期限内确认整改好没有"))
CALLBACK_LATE = Event("callback.late", _("上一级"))
ACCOUNTS_TO_CHECK = Event("accounts.to_check", _("街道经办、居务监督委员会"))
ACCOUNTS_LATE = Event("accounts.late", _("街道经办的上一级"))
ACCOUNTS_CHECKED = Event("accounts.checked", _("社区工作人员"))
