"""Who may do what in deliberation, and what a rule of voting says; each permission names one predicate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import floor

import rules
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliberation.models import Ballot, CheckLetter, Choice, Meeting, Motion, MotionStage
from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.faces.words import cn_datetime, cn_until, threshold
from minshi.lifecycle import permits
from minshi.paper.models import Line
from minshi.refusals import guarded
from minshi.residents import speaking
from minshi.residents.models import ORGANISERS, Person, Role, RoleGrant
from minshi.residents.rules import holds, home_of, is_second, lives_in, person_of, roles_of
from minshi.rolls.models import Unit, UnitKind
from minshi.rolls.selectors import why_not_speak_for
from minshi.territory.models import Territory
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
def may_see_sheet(user: User, line: Line) -> bool:
    """Whoever has read this very sheet, and the household it speaks for; who is to read it next sees it there."""
    if user.is_any((line.first_by_id, line.second_by_id, line.third_by_id)):
        return True
    paper = (line.correcting or line).paper_ballot
    return is_theirs(user, paper.unit, paper.line.sheet.registered_at)


@rules.predicate
def prints_letters(user: User, letter: CheckLetter) -> bool:
    """At the street, somebody without a role in the place and who does not live there; where the street has nobody
    the district's lead office stands in."""
    return not user.is_same(letter.asked_by_id) and stands_apart(user, letter.territory)


@rules.predicate
def counts_areas(user: User, motion: Motion) -> bool:
    """Who adds up areas reads what areas chose, and an area may be known: somebody who stands apart, as for letters.

    Where the street has not two of them the district's office counts, too; the database asks the same of them.
    """
    return any(user.is_same(pk) for pk in counters_of(motion.territory))


def may_read_again(user: User, motion: Motion, line: Line) -> bool:
    """Who reads a ballot again: whoever takes paper in there; where nobody of these is left, the next beyond them."""
    return collects_paper(user, motion) or is_second(user, motion.territory, (line.first_by_id, line.second_by_id))


def counters_of(place: Territory) -> list[int]:
    """The keys of everybody who may add up areas of a vote held here; one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT area_counters(%s) AS counter ORDER BY counter", [place.pk])
        return [pk for (pk,) in cursor.fetchall()]


def stands_apart(user: User, place: Territory) -> bool:
    """Of the street's office, without a role in the place and not living there; where the street has nobody, of the
    district's."""
    if lives_in(user, place) or _has_a_part_in(user, place):
        return False
    return holds(user, place, *STREET) or (
        holds(user, place, Role.DISTRICT_OFFICER)
        and not RoleGrant.objects.active(today()).filter(role__in=STREET, place__in=place.ancestors()).exists()
    )


STREET = (Role.CASE_OFFICER, Role.APPROVER, Role.CASHIER)
IN_THE_PLACE = (Role.CLERK, Role.PARTY, Role.SUPERVISOR, *ORGANISERS)


def _has_a_part_in(user: User, place: Territory) -> bool:
    """Whether they hold a role of the community in it, above it or beneath it."""
    return any(
        held.role in IN_THE_PLACE and (place.path.startswith(held.path) or held.path.startswith(place.path))
        for held in roles_of(user)
    )


rules.add_perm("deliberation.run", is_clerk)
rules.add_perm("deliberation.study", is_branch)
rules.add_perm("deliberation.decide", is_branch)
rules.add_perm("deliberation.paper", collects_paper)
rules.add_perm("deliberation.see_sheet", may_see_sheet)
rules.add_perm("deliberation.print_letter", prints_letters)
rules.add_perm("deliberation.count_areas", counts_areas)
permits.held_by(
    {
        "deliberation.run": gettext_lazy("这里的社区工作人员"),
        "deliberation.study": gettext_lazy("这里的社区党组织"),
        "deliberation.decide": gettext_lazy("这里的社区党组织"),
        "deliberation.paper": gettext_lazy("这里的楼栋长等组织人或社区工作人员"),
        "deliberation.see_sheet": gettext_lazy("核对过这张纸票的人和这一户"),
        "deliberation.print_letter": gettext_lazy("街道不在这个地方任职的工作人员"),
        "deliberation.count_areas": gettext_lazy("街道不在这个地方任职的工作人员，街道不够两位的还有区里的"),
    }
)


guarded(
    areas_are_counted_by_two=gettext_lazy("按面积计的表决，要由两位计票人各自把面积加过一遍，才能公布"),
    binding_vote_cites_a_rule=gettext_lazy("这里没有施行中的规则写明业主表决作为正式决定，只能作意见征询"),
)


def is_theirs(user: User, unit: Unit, at: datetime) -> bool:
    """Whether what the unit said at that moment is this person's to read: an adult of the door then, wherever they
    live now (who moved in later reads nothing), the person themselves, or an owner of the unit."""
    person = person_of(user)
    if person is None:
        return False
    if unit.household_id:
        return not speaking.why_not_then(user, unit.household_id, at)
    mine = speaking.entries_of([person.pk])[person.pk]
    return unit.person_id in mine or unit.shares.filter(ownership__person__in=mine).exists()


def why_not_speak(user: User, motion: Motion, unit: Unit | None, mine: Ballot | None = None) -> list[str]:
    """What stands between this person and speaking for their unit; empty when they may.

    Through the household's representative; whoever cast a ballot may change it (domain.md 5). The guards of a ballot
    ask the same function.
    """
    if unit is None:
        return speaking.why_not(user, act=_("投票"))
    is_own = mine is not None and user.is_same(mine.by_id)
    return why_not_speak_for(unit, user, act=_("投票"), any_adult=is_own)


NOT_ON_THE_ROLL = gettext_lazy("您家不在这次投票的名册里。名册在开始投票时已经固定，有疑问请联系社区")


def why_not_vote(user: User, motion: Motion, unit: Unit | None, mine: Ballot | None = None) -> list[str]:
    """What stands between this person and casting (or changing) the ballot of their unit now."""
    if motion.stage != MotionStage.OPEN or now() >= motion.closes_at:
        return [_("投票已经在 %(end)s 截止") % {"end": cn_until(motion.closes_at)}]
    if unit is None and home_of(user) is not None:  # said first: neither age nor a representative would change it
        return [str(NOT_ON_THE_ROLL)]
    if reasons := why_not_speak(user, motion, unit, mine):
        return reasons
    if unit is None:
        return [str(NOT_ON_THE_ROLL)]
    if paper := unit.papers.valid().select_related("line__sheet").first():
        at = cn_datetime(paper.line.sheet.registered_at)
        return [_("您家的纸质票已经在 %(at)s 登记，以纸质票为准；登记错了请联系社区") % {"at": at}]
    return [] if mine else why_not_heard(user, motion)


def why_not_heard(user: User, motion: Motion) -> list[str]:
    """One person speaks once on one matter: whoever spoke at an earlier door does not at the new one."""
    if motion.ballots.filter(voice__in=Person.objects.filter(user__in=user.keys).values("pk")).exists():
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


def standing_of(motion: Motion) -> str:
    """What an owners' count is worth (domain.md 5), for the notice of its result; "" for any other vote."""
    if motion.bylaw:
        return _("业主表决的结果作为正式决定，依据%(rule)s。") % {"rule": motion.bylaw}
    return _("仅为意见征询，不是业主大会的法定表决。") if motion.is_poll else ""


# --- What may be told of a result ----------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """A part of a result by itself: a building, a channel, or what was folded together (``names`` are several)."""

    names: tuple[str, ...]
    counts: tuple[int, ...]
    """How many said each of ``Choice``, in its order."""

    @property
    def ballots(self) -> int:
        return sum(self.counts)

    def tells_on_nobody(self, least: int) -> bool:
        """Enough of them, and neither all alike nor all but one: that one would know what each of the others chose."""
        return self.ballots >= least and max(self.counts) < self.ballots - 1

    def __add__(self, other: Group) -> Group:
        counts = tuple(one + more for one, more in zip(self.counts, other.counts, strict=True))
        return Group(self.names + other.names, counts)


NOTHING = Group((), (0,) * len(Choice.values))


def why_not_that_many(proposal: Proposal, doors: Collection[int], count: int, least: int) -> str:
    """A group is an odd number from ``least`` on; where fewer doors benefit than that, all of them are the group."""
    there = set(proposal.beneficiaries().values_list("pk", flat=True))
    if 0 < len(there) < least:
        if there <= set(doors):
            return ""
        return _("这里只有 %(doors)d 户，比规定的 %(least)d 人少：每户都要有人在小组里") % {
            "doors": len(there),
            "least": least,
        }
    if count < least or count % 2 == 0:
        return _("至少 %(least)d 人，而且是单数；现在选了 %(count)d 人") % {"least": least, "count": count}
    return ""


def folded(groups: Sequence[Group], least: int) -> list[Group]:
    """Those that may stand by themselves, then the rest as one: at least two, so that none follows from the total.

    Nothing where not even that is possible: then only the total is told.
    """
    spoke = sorted((group for group in groups if group.ballots), key=lambda group: group.ballots, reverse=True)
    alone = [group for group in spoke if group.tells_on_nobody(least)]
    hidden = [group for group in spoke if group not in alone]
    while hidden and (len(hidden) < 2 or not sum(hidden, NOTHING).tells_on_nobody(least)):
        if not alone:
            return []
        hidden.append(alone.pop())
    return [*alone, sum(sorted(hidden, key=lambda group: group.names), NOTHING)] if hidden else alone


@dataclass(frozen=True)
class Area:
    """What some of the choices add up to, in units and m²."""

    names: tuple[str, ...]
    units: int
    m2: Decimal

    def __add__(self, other: Area) -> Area:
        return Area(self.names + other.names, self.units + other.units, self.m2 + other.m2)


ROLLS_OF_AREAS = 4
"""So many times the smallest group a roll must have to be told by area: in a smaller one a sum has one way to come."""


def folded_areas(areas: Sequence[Area], absent: int, roll: int, least: int) -> list[Area]:
    """Areas by choice, the small ones as one with the next larger, so that nobody's area follows from a sum.

    ``absent`` units took no part: they are told by what is missing from the whole, and so must be none or enough.
    """
    if roll < ROLLS_OF_AREAS * least or 0 < absent < least:
        return []
    spoke = sorted((area for area in areas if area.units), key=lambda area: area.units, reverse=True)
    alone = [area for area in spoke if area.units >= least]
    hidden = [area for area in spoke if area.units < least]
    while hidden and (len(hidden) < 2 or sum(area.units for area in hidden) < least):
        if not alone:
            return []
        hidden.append(alone.pop())
    return [*alone, sum(hidden[1:], hidden[0])] if hidden else alone


def may_stand_together(cells: Sequence[Group], least: int) -> bool:
    """Whether two tables of one result may both be told: each cell that they cut out of each other tells on nobody."""
    return all(cell.tells_on_nobody(least) for cell in cells if cell.ballots)
