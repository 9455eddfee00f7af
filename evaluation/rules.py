"""Who may do what in evaluation, and what the answers of a survey say; each permission names one predicate."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

import rules
from django.utils.translation import gettext as _

from deliberation.rules import has_representative
from evaluation.models import Aftercare, CallBack, Check, FinalAccounts, Survey, Verdict
from minshi.accounts.models import User
from minshi.faces import words
from minshi.residents.models import ORGANISERS, Role
from minshi.residents.rules import holds, person_of
from minshi.territory.models import Household
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
    return holds(user, subject.territory, Role.CLERK, *ORGANISERS)


@rules.predicate
def checks_accounts(user: User, subject: Subject) -> bool:
    """The street's case officer, or the residents' supervisors."""
    return holds(user, subject.territory, Role.CASE_OFFICER, Role.SUPERVISOR)


@rules.predicate
def mends(user: User, subject: Subject) -> bool:
    return holds(user, subject.territory, Role.CLERK, Role.CASE_OFFICER)


@rules.predicate
def is_rater(user: User, callback: CallBack) -> bool:
    """The household that gave the bad rating."""
    person = person_of(user)
    return bool(person and person.confirmed_at and person.household_id == callback.answer.household_id)


@rules.predicate
def writes_for_rater(user: User, callback: CallBack) -> bool:
    """Somebody else than who mended, from the rater's signed paper."""
    return callback.mended_by_id != user.pk and collects_paper(user, callback)


rules.add_perm("evaluation.run", is_clerk)
rules.add_perm("evaluation.rule", is_approver)
rules.add_perm("evaluation.check_accounts", checks_accounts)
rules.add_perm("evaluation.call_back", mends)
rules.add_perm("evaluation.confirm_callback", is_rater | writes_for_rater)
rules.add_perm("evaluation.keep", collects_paper)


def why_not_rate(user: User, survey: Survey) -> list[str]:
    """What stands between this person and rating for their household; empty when they may."""
    person = person_of(user)
    if person is None or person.household_id is None:
        return [_("您还没有登记住在哪一户，请联系楼栋长或社区登记")]
    if person.confirmed_at is None:
        return [_("您的住户身份还没有核实，请联系楼栋长或社区核实")]
    if not person.is_adult:
        return [_("满18岁才能代表家里打分")]
    if not person.is_representative and has_representative(person):
        return [_("您家已经定了户代表，请户代表来打分；要换户代表，请到社区办理")]
    assert person.household
    if not is_asked(survey, person.household):
        return [_("您家不在这件事的受益户名单里")]
    return []


def is_asked(survey: Survey, household: Household) -> bool:
    return survey.proposal.beneficiaries().filter(pk=household.pk).exists()


# --- What the answers say -----------------------------------------------------------------------


def needed(roll: int, terms: dict[str, Any]) -> int:
    """How many households must answer: 30 and 30 %, or two thirds where fewer than 30 benefit (domain.md 4.11)."""
    least = int(terms["rating.minimum_households"])
    if roll < least:
        return max(1, ceil(Fraction(terms["rating.small_share"]) * roll))
    return max(least, ceil(Fraction(terms["rating.minimum_share"]) * roll))


def verdict(survey: Survey, answers: int, satisfied: int) -> Verdict:
    """80 % and more pass, 60 % and more are mended, fewer refuse the work; without enough answers, none of it."""
    if answers < survey.needed:
        return Verdict.TOO_FEW
    share = Fraction(satisfied, answers)
    if share >= Fraction(survey.terms["rating.pass"]):
        return Verdict.PASSED
    return Verdict.MEND if share >= Fraction(survey.terms["rating.refuse"]) else Verdict.REFUSED


def percent(survey: Survey) -> int:
    """Of a hundred who answered, how many were satisfied; 0 for a round that nobody answered."""
    return words.percent(survey.satisfied or 0, survey.answers_count or 0)
