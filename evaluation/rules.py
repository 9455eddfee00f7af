"""Who may do what in evaluation, and what the answers of a survey say; each permission names one predicate."""

from __future__ import annotations

from fractions import Fraction
from json import dumps
from math import ceil
from typing import Any

import rules
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluation.models import Aftercare, CallBack, Check, FinalAccounts, Survey, Verdict
from minshi.accounts.models import User
from minshi.faces import words
from minshi.lifecycle import permits
from minshi.refusals import guarded
from minshi.residents import speaking
from minshi.residents.models import ORGANISERS, Role
from minshi.residents.rules import holds, home_of
from minshi.rolls.selectors import unit_of, why_not_speak_for
from proposals.models import Proposal

Subject = Proposal | Survey | CallBack | FinalAccounts | Aftercare | Check


@rules.predicate
def is_clerk(user: User, subject: Subject) -> bool:
    return holds(user, subject.territory, Role.CLERK)


@rules.predicate
def is_approver(user: User, subject: Subject) -> bool:
    return holds(user, subject.territory, Role.APPROVER)


@rules.predicate
def collects_paper(user: User, subject: Subject) -> bool:
    """Who takes a closed envelope in at the door. They know the door and its slip, and nothing of what is in it;
    ``reads_ratings`` knows slip and rating, and no door: never both."""
    return holds(user, subject.territory, Role.CLERK, *ORGANISERS)


ABOVE_THE_HOLDER = {1: Role.CASE_OFFICER, 2: Role.DISTRICT_OFFICER, 3: Role.DISTRICT_FINANCE}
"""By tier: whose office stands above the one that holds the project (domain.md 4.7)."""


def office_above(proposal: Proposal) -> Role:
    return ABOVE_THE_HOLDER[proposal.tier or 1]


@rules.predicate
def reads_ratings(user: User, subject: Proposal | Survey | CallBack) -> bool:
    """Who opens the envelopes and calls back: the supervisors, and the office above the holder.

    Never a clerk or an organiser of the place, whatever else they are: they live next door, or did the work.
    """
    proposal = subject if isinstance(subject, Proposal) else _proposal_of(subject)
    if holds(user, proposal.place, Role.CLERK, *ORGANISERS):
        return False
    return holds(user, proposal.place, Role.SUPERVISOR, office_above(proposal))


def _proposal_of(subject: Survey | CallBack) -> Proposal:
    return subject.survey.proposal if isinstance(subject, CallBack) else subject.proposal


@rules.predicate
def checks_accounts(user: User, subject: Subject) -> bool:
    """The street's case officer, or the residents' supervisors."""
    return holds(user, subject.territory, Role.CASE_OFFICER, Role.SUPERVISOR)


@rules.predicate
def mends(user: User, subject: Subject) -> bool:
    return holds(user, subject.territory, Role.CLERK, Role.CASE_OFFICER)


@rules.predicate
def is_rater(user: User, callback: CallBack) -> bool:
    """The household that gave the bad rating: whoever was an adult of it then, and nobody who moved in since."""
    answer = callback.answer
    return bool(answer.unit.household_id) and not speaking.why_not_then(user, answer.unit.household_id, answer.at)


@rules.predicate
def writes_for_rater(user: User, callback: CallBack) -> bool:
    """Who called back, from the rater's signed paper; never who mended."""
    return not user.is_same(callback.mended_by_id) and bool(reads_ratings(user, callback))


rules.add_perm("evaluation.run", is_clerk)
rules.add_perm("evaluation.rule", is_approver)
rules.add_perm("evaluation.check_accounts", checks_accounts)
rules.add_perm("evaluation.call_back", reads_ratings)
rules.add_perm("evaluation.mend", mends)
rules.add_perm("evaluation.confirm_callback", is_rater | writes_for_rater)
rules.add_perm("evaluation.keep", collects_paper)
permits.held_by(
    {
        "evaluation.run": gettext_lazy("这里的社区工作人员"),
        "evaluation.rule": gettext_lazy("这里的街道审批"),
        "evaluation.check_accounts": gettext_lazy("这里的街道经办或居务监督委员会"),
        "evaluation.call_back": gettext_lazy("打开评价信封、负责回访的人（居务监督委员会或上一级经办）"),
        "evaluation.mend": gettext_lazy("负责整改的社区工作人员或街道经办"),
        "evaluation.confirm_callback": gettext_lazy("打分的那一户"),
        "evaluation.keep": gettext_lazy("这里的楼栋长等组织人或社区工作人员"),
    }
)


NOT_ON_THE_ROLL = gettext_lazy("您家不在这件事的受益户名单里")


def why_not_rate(user: User, survey: Survey) -> list[str]:
    """What stands between this person and rating for their household; empty when they may."""
    unit = unit_of(user, survey.roll)
    if unit is None and home_of(user) is None:
        return speaking.why_not(user, act=_("打分"))
    if unit is None:  # said first: neither age nor a representative would change it
        return [str(NOT_ON_THE_ROLL)]
    return why_not_speak_for(unit, user, act=_("打分"))


# --- What the answers say -----------------------------------------------------------------------


def needed(roll: int, terms: dict[str, Any]) -> int:
    """How many households must answer: 30 and 30 %, or two thirds where fewer than 30 benefit (domain.md 4.11)."""
    least = int(terms["rating.minimum_households"])
    if roll < least:
        return max(1, ceil(Fraction(terms["rating.small_share"]) * roll))
    return max(least, ceil(Fraction(terms["rating.minimum_share"]) * roll))


def verdict(survey: Survey, answers: int, satisfied: int) -> Verdict:
    """80 % and more pass, 60 % and more are mended, fewer refuse the work; without enough answers, none of it.

    The database decides, by the survey's own terms (guards/surveys.sql).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT survey_verdict(%s, %s, %s, %s::jsonb)", [answers, satisfied, survey.needed, dumps(survey.terms)]
        )
        return Verdict(cursor.fetchone()[0])


def percent(survey: Survey) -> int:
    """Of a hundred who answered, how many were satisfied; 0 for a round that nobody answered."""
    return words.percent(survey.satisfied or 0, survey.answers_count or 0)


# --- What the guards refuse ------------------------------------------------------------------------

guarded(
    payment_while_no_survey_refuses=gettext_lazy("最近一轮满意度评议没有通过，重新验收合格以前不付这一笔"),
    accounts_after_payments=gettext_lazy("该付给承接方的钱还没有付清，也没有由两个人登记放弃，不能结算"),
)
