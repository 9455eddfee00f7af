"""Who may do what in deliberation, and what a rule of voting says; each permission names one predicate."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import rules
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliberation.models import Ballot, Meeting, Motion, MotionStage, PaperBallot
from minshi.accounts.models import User
from minshi.clock import now
from minshi.faces.words import cn_datetime, cn_until, threshold
from minshi.lifecycle import permits
from minshi.residents import speaking
from minshi.residents.models import ORGANISERS, Role
from minshi.residents.rules import holds, home_of, person_of
from minshi.rolls.models import Unit, UnitKind
from minshi.rolls.selectors import why_not_speak_for
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
    return is_theirs(user, paper.unit) or collects_paper(user, paper.motion)


rules.add_perm("deliberation.run", is_clerk)
rules.add_perm("deliberation.study", is_branch)
rules.add_perm("deliberation.decide", is_branch)
rules.add_perm("deliberation.paper", collects_paper)
rules.add_perm("deliberation.see_sheet", may_see_sheet)
permits.held_by(
    {
        "deliberation.run": gettext_lazy("这里的社区工作人员"),
        "deliberation.study": gettext_lazy("这里的社区党组织"),
        "deliberation.decide": gettext_lazy("这里的社区党组织"),
        "deliberation.paper": gettext_lazy("这里的楼栋长等组织人或社区工作人员"),
        "deliberation.see_sheet": gettext_lazy("核对纸票的人和这一户"),
    }
)


def is_theirs(user: User | None, unit: Unit) -> bool:
    """Whether this person lives behind the unit's door, or is the unit."""
    person, home = person_of(user), home_of(user)
    if unit.household_id:
        return home is not None and home.household_id == unit.household_id
    return person is not None and person.pk == unit.person_id


def why_not_speak(user: User, motion: Motion, unit: Unit | None, mine: Ballot | None = None) -> list[str]:
    """What stands between this person and speaking for their unit; empty when they may.

    Through the household's representative; whoever cast a ballot may change it (domain.md 5). The guards of a ballot
    ask the same function.
    """
    if unit is None:
        return speaking.why_not(user, act=_("投票"))
    is_own = mine is not None and mine.by_id == user.pk
    return why_not_speak_for(unit, user, act=_("投票"), any_adult=is_own)


def why_not_vote(user: User, motion: Motion, unit: Unit | None, mine: Ballot | None = None) -> list[str]:
    """What stands between this person and casting (or changing) the ballot of their unit now."""
    if motion.stage != MotionStage.OPEN or now() >= motion.closes_at:
        return [_("投票已经在 %(end)s 截止") % {"end": cn_until(motion.closes_at)}]
    if reasons := why_not_speak(user, motion, unit, mine):
        return reasons
    if unit is None:
        return [_("您家不在这次投票的名册里。名册在开始投票时已经固定，有疑问请联系社区")]
    if paper := unit.papers.valid().select_related("line__sheet").first():
        at = cn_datetime(paper.line.sheet.registered_at)
        return [_("您家的纸质票已经在 %(at)s 登记，以纸质票为准；登记错了请联系社区") % {"at": at}]
    return [] if mine else why_not_heard(user, motion)


def why_not_heard(user: User, motion: Motion) -> list[str]:
    """One person speaks once on one matter: whoever spoke at an earlier door does not at the new one."""
    person = person_of(user)
    if person and motion.ballots.filter(voice=person.pk).exists():
        return [_("您在这次表决里已经代表原来的家投过票，一个人只投一次；现在这一户请另一位成年人来投")]
    return []


# --- Rules of voting ---------------------------------------------------------------------------

MORE_THAN_HALF = Fraction(1, 2)


def needed(whole: int, share: str) -> int:
    """The least number that reaches the share of ``whole``."""
    wanted = Fraction(share) * whole
    least = floor(wanted)
    return least if least == wanted and Fraction(share) != MORE_THAN_HALF else least + 1


def counted_in(motion: Motion) -> str:
    """户 or 人: what the units of its roll are counted in."""
    return _("户") if motion.roll.kind == UnitKind.HOUSEHOLD else _("人")


def as_sentence(motion: Motion) -> str:
    """The rule in one sentence, for the page."""
    sentence = _(
        "名册 %(roll)d %(unit)s，至少 %(quorum)d %(unit)s参加（%(quorum_words)s），"
        "参加的里%(threshold_words)s同意才算通过，一样多不算通过。"
    ) % {
        "roll": motion.electorate,
        "unit": counted_in(motion),
        "quorum": needed(motion.electorate, motion.quorum),
        "quorum_words": threshold(motion.quorum),
        "threshold_words": threshold(motion.threshold),
    }
    return sentence + _("面积也要同样够。") if motion.by_area else sentence
