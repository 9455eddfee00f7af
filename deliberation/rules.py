"""Who may do what in deliberation, and what a rule of voting says; each permission names one predicate."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import rules
from django.utils.translation import gettext as _

from deliberation.models import Meeting, Motion, MotionStage, PaperBallot, Unit
from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.words import cn_datetime, cn_until, threshold
from minshi.residents.models import ORGANISERS, Person, Role
from minshi.residents.rules import holds, person_of
from minshi.territory.models import Household
from proposals.models import Proposal

Subject = Proposal | Motion | Meeting


@rules.predicate
def is_clerk(user: User, subject: Subject) -> bool:
    return holds(user, subject.territory, Role.CLERK)


@rules.predicate
def is_branch(user: User, subject: Subject) -> bool:
    return holds(user, subject.territory, Role.PARTY)


@rules.predicate
def collects_paper(user: User, subject: Subject) -> bool:
    """The organisers of the place, who go from door to door, and the community's staff."""
    return holds(user, subject.territory, Role.CLERK, *ORGANISERS)


@rules.predicate
def may_see_sheet(user: User, paper: PaperBallot) -> bool:
    """Whoever reads sheets there, and the household it speaks for."""
    person = person_of(user)
    is_theirs = bool(person and person.confirmed_at and person.household_id == paper.unit.household_id)
    return is_theirs or collects_paper(user, paper.unit.motion)


rules.add_perm("deliberation.run", is_clerk)
rules.add_perm("deliberation.study", is_branch)
rules.add_perm("deliberation.decide", is_branch)
rules.add_perm("deliberation.paper", collects_paper)
rules.add_perm("deliberation.see_sheet", may_see_sheet)


def why_not_speak(user: User, household: Household | None = None) -> list[str]:
    """What stands between this person and voting for a household; empty when they may.

    Its representative; until one is named, any adult member (domain.md 5). The casting statement in
    ``actions.ballots`` asks the same of the database.
    """
    person = person_of(user)
    if person is None or person.household_id is None:
        return [_("您还没有登记住在哪一户，请联系楼栋长或社区登记")]
    if person.confirmed_at is None:
        return [_("您的住户身份还没有核实，请联系楼栋长或社区核实")]
    if household is not None and person.household_id != household.pk:
        return [_("只能代表自己家投票")]
    if not person.is_adult:
        return [_("满18岁才能投票；您可以提议，也可以和家里大人商量")]
    if not person.is_representative and has_representative(person):
        return [_("您家已经定了户代表，请户代表来投；要换户代表，请到社区办理")]
    return []


def unit_of(user: User, motion: Motion) -> Unit | None:
    """The row of the electorate this person belongs to."""
    person = person_of(user)
    if person is None or person.household_id is None:
        return None
    return Unit.objects.filter(motion=motion, household_id=person.household_id).first()


def why_not_vote(user: User, motion: Motion, unit: Unit | None) -> list[str]:
    """What stands between this person and casting (or changing) the ballot of their household now."""
    if motion.stage != MotionStage.OPEN or now() >= motion.closes_at:
        return [_("投票已经在 %(end)s 截止") % {"end": cn_until(motion.closes_at)}]
    if reasons := why_not_speak(user):
        return reasons
    if unit is None:
        return [_("您家不在这次投票的名册里。名册在开始投票时已经固定，有疑问请联系社区")]
    if paper := unit.papers.filter(voided_at=None).first():
        at = cn_datetime(paper.registered_at)
        return [_("您家的纸质票已经在 %(at)s 登记，以纸质票为准；登记错了请联系社区") % {"at": at}]
    return []


def has_representative(person: Person) -> bool:
    return Person.objects.filter(household=person.household, is_representative=True).exists()


# --- Rules of voting ---------------------------------------------------------------------------

MORE_THAN_HALF = Fraction(1, 2)


def reached(part: int, whole: int, share: str) -> bool:
    """Whether ``part`` of ``whole`` reaches the share: "1/2" is more than half, any other is met exactly."""
    wanted = Fraction(share)
    if whole <= 0:
        return False
    return part > whole * wanted if wanted == MORE_THAN_HALF else part >= whole * wanted


def needed(whole: int, share: str) -> int:
    """The least number that reaches the share of ``whole``."""
    wanted = Fraction(share) * whole
    least = floor(wanted)
    return least if least == wanted and Fraction(share) != MORE_THAN_HALF else least + 1


def is_passed(motion: Motion, *, agree: int, against: int, abstain: int) -> bool:
    """Quorum of the roll, threshold of those who took part, and a tie fails."""
    turnout = agree + against + abstain
    quorum_of = motion.electorate if motion.quorum_base == "roll" else turnout
    threshold_of = motion.electorate if motion.threshold_base == "roll" else turnout
    return (
        agree > against
        and reached(turnout, quorum_of, motion.quorum)
        and reached(agree, threshold_of, motion.threshold)
    )


def as_sentence(motion: Motion) -> str:
    """The rule in one sentence, for the page."""
    return _(
        "名册 %(roll)d 户，至少 %(quorum)d 户参加（%(quorum_words)s），"
        "参加的里%(threshold_words)s同意才算通过，一样多不算通过。"
    ) % {
        "roll": motion.electorate,
        "quorum": needed(motion.electorate, motion.quorum),
        "quorum_words": threshold(motion.quorum),
        "threshold_words": threshold(motion.threshold),
    }
