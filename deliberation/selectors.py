"""Reading for pages, and the published file of ballots."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from deliberation import rules
from deliberation.models import (
    Ballot,
    BallotChange,
    CheckLetter,
    Choice,
    Decision,
    Meeting,
    Member,
    Motion,
    MotionStage,
    PaperBallot,
    PartyStudy,
    Plan,
    WorkingGroup,
)
from minshi import paging
from minshi.accounts.models import User
from minshi.clock import today
from minshi.faces.kept import state_of
from minshi.faces.words import percent
from minshi.paper import numbers
from minshi.paper.models import Line
from minshi.residents import speaking
from minshi.residents.models import OFFICES, ORGANISERS, STAFF_ROLES, Residence, Role, RoleGrant
from minshi.residents.rules import SECONDS, home_of, person_of, roles_of, second_hands, second_in, title_in
from minshi.rolls import selectors as rolls
from minshi.rolls.models import Channel, Unit, UnitKind
from minshi.territory.models import Household
from proposals.models import Card, Proposal, Source, Version, bars_of

# --- Motions -----------------------------------------------------------------------------------


def running_motion(number: str) -> Motion | None:
    """The project's motion that is not yet published."""
    return (
        Motion.objects.select_related("place", "roll", "proposal__place", "proposal__card")
        .filter(proposal__number=number)
        .exclude(stage=MotionStage.PUBLISHED)
        .first()
    )


def motions_of(proposal: Proposal) -> list[Motion]:
    """All of them, the newest first, each with how many of its sheets were taken back after its end or corrected."""
    lines = Line.objects.filter(paper_ballot__unit__roll=OuterRef("roll")).order_by()
    counted = lines.values("paper_ballot__unit__roll").annotate(number=Count("pk")).values("number")
    rows = proposal.motions.annotate(
        voided=Coalesce(Subquery(counted.filter(voided_at__gte=OuterRef("closes_at"))), 0),
        corrected=Coalesce(Subquery(counted.filter(corrected_at__isnull=False)), 0),
    )
    return list(rows.select_related("notice", "roll").order_by("-ordinal"))


def ballot_by(user: User, unit: Unit | None) -> Ballot | None:
    """The ballot of a unit, if this person cast it."""
    return Ballot.objects.filter(unit=unit, by=user).first() if unit else None


@dataclass(frozen=True)
class Result:
    """A motion as its page shows it."""

    motion: Motion
    rule: str
    turnout: int
    quorum: int
    majority: int
    voided: int
    corrected: int

    @property
    def areas(self) -> str:
        return areas_said(self.motion)

    @property
    def parts(self) -> list[tuple[str, list[rules.Group]]]:
        """One query, asked where it is shown."""
        return parts_of(self.motion) if self.motion.stage == MotionStage.PUBLISHED else []


def result_of(motion: Motion, proposal: Proposal) -> Result:
    """Of ``motions_of``. While it runs the turnout is the card's, counted every few hours; then the published one."""
    is_out = motion.stage == MotionStage.PUBLISHED
    turnout = motion.turnout if is_out else proposal.card.turnout
    return Result(
        motion=motion,
        rule=rules.as_sentence(motion),
        turnout=turnout,
        quorum=rules.needed(motion.electorate, motion.quorum),
        majority=rules.needed(turnout, motion.threshold) if turnout else 0,
        voided=motion.__dict__["voided"],
        corrected=motion.__dict__["corrected"],
    )


def state_of_motions(number: str) -> str:
    """For the stamp of a project's votes: of an open one what is counted every few hours, of a published one all."""

    def rows() -> Iterable[QuerySet[Any, Any]]:
        sheets = Line.objects.filter(
            paper_ballot__unit__roll__motion__proposal__number=number,
            paper_ballot__unit__roll__motion__stage=MotionStage.PUBLISHED,
        )
        return (
            Card.objects.filter(number=number).values_list("title", "place_full_name", "turnout"),
            Motion.objects.filter(proposal__number=number).order_by("ordinal"),
            sheets.order_by("paper_ballot__unit__roll")
            .values("paper_ballot__unit__roll")
            .annotate(voided=Count("voided_at"), corrected=Count("corrected_at")),
        )

    return state_of(f"motions:{number}", rows)


def state_of_receipts(number: str, ordinal: int) -> str:
    """For the stamp of a vote's receipts: once it is published none of its ballots changes any more."""
    motion = Motion.objects.filter(proposal__number=number, ordinal=ordinal)
    return state_of(f"receipts:{number}:{ordinal}", lambda: [motion])


def last_motion(proposal: Proposal) -> Motion | None:
    return proposal.motions.select_related("place", "proposal__place").order_by("-ordinal").first()


HEADER = "核对号,选择\n"


def export_lines(motion: Motion) -> Iterator[str]:
    """The published file: each choice beside its check number.

    In the order of these numbers, which are made by chance: the file is shuffled, and everybody shuffles it alike.
    """
    labels = {str(value): str(label) for value, label in Choice.choices}
    yield "\ufeff" + HEADER  # so that a spreadsheet reads it as UTF-8
    for number, choice in motion.ballots.order_by("check_number").values_list("check_number", "choice").iterator():
        yield f"{numbers.shown(number)},{labels[choice]}\n"


def digest_of(motion: Motion) -> str:
    """SHA-256 of the published file, byte by byte: anyone can compute it from the download."""
    digest = hashlib.sha256()
    for line in export_lines(motion):
        digest.update(line.encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Slip:
    """A slip number as everybody may see it: counted, or replaced by a later ballot of its household."""

    number: str
    is_counted: bool


def receipts_page(motion: Motion, after: str, number: int = 100) -> paging.Page[Slip]:
    """The next slip numbers after one, in their order, which says nothing of when."""
    counted = motion.ballots.values_list("slip_number", Value(True))
    replaced = BallotChange.objects.filter(unit__roll=motion.roll_id).values_list("slip_number", Value(False))
    behind = numbers.normal(after)
    # Of each as many as are shown: else every slip of the vote would be put in order for a page of them.
    first = [rows.filter(slip_number__gt=behind).order_by("slip_number")[: number + 1] for rows in (counted, replaced)]
    slips = first[0].union(first[1], all=True)
    found = [Slip(*row) for row in slips.order_by("slip_number")[: number + 1]]
    return paging.Page(found[:number], found[number - 1].number if len(found) > number else "", not behind)


def areas_of(motion: Motion) -> list[rules.Area]:
    """The published sums of area, folded; nothing where even these would tell."""
    if not motion.by_area or motion.smallest_group is None:
        return []
    said = {row[0]: row[1:] for row in _by_choice(motion)}
    areas = [rules.Area((str(choice.label),), *said.get(choice.value, (0, Decimal(0)))) for choice in Choice]
    absent = motion.roll.size - sum(area.units for area in areas)
    return rules.folded_areas(areas, absent, motion.roll.size, motion.smallest_group)


def _by_choice(motion: Motion) -> Iterable[tuple[str, int, Decimal]]:
    rows = motion.ballots.order_by().values_list("choice")
    return rows.annotate(units=Count("pk"), m2=Sum("unit__area_m2"))


def area_sums(motion: Motion) -> str:
    """Which sums of area are told, in a sentence."""
    found = [("、".join(area.names), f"{area.m2:.0f}") for area in areas_of(motion)]
    told = "；".join(_("%(names)s共约 %(m2)s 平方米") % {"names": names, "m2": m2} for names, m2 in found)
    told = told or _("户数少，分开公布会看出哪一户选了什么，只说够不够")
    return _("按面积：%(told)s。每户的面积不公布，") % {"told": told} + _hands_said(motion)


def _hands_said(motion: Motion) -> str:
    """Who has added them up; fewer than two only where no others were to be found, or in an older vote."""
    hands = motion.area_counts.count()
    if hands >= 2:
        return _("由两位计票人复核，他们在这里没有任职、也不住在这里。")
    if area_counts_missing(motion):
        return _("由街道两位计票人复核，他们在这里没有任职、也不住在这里。")
    return _("在这里没有任职、也不住在这里的计票人，街道和区里只有 %(n)d 位。") % {"n": hands}


def areas_said(motion: Motion) -> str:
    """The sums, and whether two have added them up."""
    hands = motion.area_counts.count()
    if hands < 2 and motion.stage == MotionStage.PUBLISHED and not area_counts_missing(motion):
        return area_sums(motion)
    words = [_("还没有人复核。"), _("已有一位复核，还要一位。"), _("两位已经各自加过，和公布的一致。")]
    return area_sums(motion) + words[min(hands, 2)]


def area_counts_missing(motion: Motion) -> int:
    """How many must still add up its areas before it is published; the database refuses it by the same answer."""
    if not motion.by_area:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT area_counts_missing(m) FROM deliberation_motion AS m WHERE m.id = %s", [motion.pk])
        missing: int = cursor.fetchone()[0]
    return missing


def next_counter(motion: Motion) -> RoleGrant:
    """As whom the next one counts: of those who have not, the office nearest to the place."""
    held = RoleGrant.objects.active(today()).filter(
        user__in=counters_waited_for(motion), role__in=COUNTING, place__path__in=motion.territory.ancestor_paths()
    )
    return min(held.select_related("place"), key=lambda each: (COUNTING.index(each.role), each.pk))


COUNTING = [str(role) for level in ("street", "district") for role in OFFICES[level]]


def counters_said(motion: Motion) -> str:
    """Whose turn it is, as a post."""
    holder = next_counter(motion)
    return title_in(holder.place.name, holder.role)


def counters_waited_for(motion: Motion) -> list[User]:
    """Everybody who may still add them up, and has not; nobody once enough have."""
    if not area_counts_missing(motion):
        return []
    done = set(motion.area_counts.values_list("by", flat=True))
    users = User.objects.filter(pk__in=rules.counters_of(motion.territory))
    return [user for user in users if not user.is_any(done)]


def areas_to_add(motion: Motion) -> list[tuple[str, str]]:
    """For a counter: the areas of each choice, the smallest first, without a door, a number or a time."""
    found: dict[str, list[str]] = {choice: [] for choice in Choice.values}
    for choice, m2 in motion.ballots.order_by("unit__area_m2").values_list("choice", "unit__area_m2"):
        found[choice].append(str(m2))
    return [(str(Choice(choice).label), "、".join(areas) or "—") for choice, areas in found.items()]


def parts_of(motion: Motion) -> list[tuple[str, list[rules.Group]]]:
    """The published result by building and by channel, folded so that it tells on nobody (domain.md 5)."""
    least = motion.smallest_group
    if least is None or motion.turnout < 2 * least or motion.roll.kind != UnitKind.HOUSEHOLD:
        return []
    cells = _cells(motion)
    buildings = rules.folded(_gathered(cells, 0), least)
    channels = rules.folded(_gathered(cells, 1), least)
    crossed = [
        sum((cell for cell in cells if cell.names[0] in one.names and cell.names[1] in other.names), rules.NOTHING)
        for one in buildings
        for other in channels
    ]
    if not rules.may_stand_together(crossed, least):
        channels = []
    found = [(_("分楼栋"), buildings), (_("分方式"), channels)]
    return [(title, groups) for title, groups in found if len(groups) > 1]


def _cells(motion: Motion) -> list[rules.Group]:
    """What was said in each building by each channel."""
    said = motion.ballots.order_by().values_list("unit__household__place__name", "channel", "choice")
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for building, channel, choice, how_many in said.annotate(how_many=Count("pk")):
        counted.setdefault((building, str(Channel(channel).label)), {})[choice] = how_many
    return [
        rules.Group(names, tuple(choices.get(choice, 0) for choice in Choice.values))
        for names, choices in sorted(counted.items())
    ]


def _gathered(cells: list[rules.Group], which: int) -> list[rules.Group]:
    names = dict.fromkeys(cell.names[which] for cell in cells)
    mine = {name: [cell for cell in cells if cell.names[which] == name] for name in names}
    return [rules.Group((name,), sum(each, rules.NOTHING).counts) for name, each in mine.items()]


Found = Ballot | BallotChange | PaperBallot


def ballot_of(slip: str) -> Found | None:
    """Whatever this slip number stands for: a ballot that counts, one that was replaced, or a sheet of paper."""
    around = ("unit__roll__motion__place", "unit__roll__motion__proposal__place", "unit__household__place__parent")
    return (
        Ballot.objects.select_related(*around).filter(slip_number=slip).first()
        or papers().filter(line__slip_number=slip).first()
        or BallotChange.objects.select_related(*around).filter(slip_number=slip).first()
    )


def spoken_at(found: Found) -> datetime:
    """When its household said so: who lived there then may read it. On paper the day it came in."""
    if isinstance(found, PaperBallot):
        return found.line.sheet.registered_at
    paper = papers().filter(unit=found.unit_id, is_void=False).first() if found.channel == Channel.PAPER else None
    return paper.line.sheet.registered_at if paper else found.cast_at


def ballot_to_read(user: User, motion: Motion) -> Ballot | None:
    """The ballot on this motion that is this person's to read: of the door they lived behind when it was given."""
    person = person_of(user)
    if person is None:
        return None
    lived = Residence.objects.filter(person=person).values_list("household", flat=True)
    units = rolls.units_with(person, lived, motion.roll, owned=True)
    candidates = motion.ballots.filter(unit__in=units).select_related("unit__household", "unit__roll")
    return next((ballot for ballot in candidates if rules.is_theirs(user, ballot.unit, spoken_at(ballot))), None)


def to_vote(user: User) -> list[Motion]:
    """Open motions in which this person's household has not voted and this person may."""
    home = home_of(user)
    if home is None or speaking.why_not(user, act=""):
        return []
    sheets = PaperBallot.objects.valid().filter(unit=OuterRef("pk"))
    units = (
        Unit.objects.filter(~Exists(sheets), ballot=None, household=home.household_id)
        .filter(roll__motion__stage=MotionStage.OPEN, roll__motion__proposal__isnull=False)
        .select_related("roll__motion__proposal")
        .order_by("roll__motion__closes_at")[:10]
    )
    return [unit.roll.motion for unit in units]


# --- Paper -------------------------------------------------------------------------------------


def paths_of_paper(user: User) -> list[str]:
    """Where this person may handle paper ballots."""
    return [held.path for held in roles_of(user) if held.role in (Role.CLERK, *ORGANISERS)]


def taking_paper(user: User) -> list[Motion]:
    """Open motions of the places where this person handles paper."""
    paths = paths_of_paper(user)
    if not paths:
        return []
    mine = Q()
    for path in paths:
        mine |= Q(place__path__startswith=path)
    running = Motion.objects.open().filter(mine, proposal__isnull=False)
    return list(running.select_related("proposal").order_by("closes_at")[:10])


def reads_paper(user: User) -> bool:
    """Whether this person reads ballots again anywhere: who takes paper in, or the next where nobody else is left."""
    return bool(paths_of_paper(user)) or _left_to(user) != NOTHING


NOTHING = Q(pk__in=[])
COUNTED_NOW = Q(paper_ballot__unit__roll__motion__stage=MotionStage.COUNTING) | Q(
    correcting__paper_ballot__unit__roll__motion__stage=MotionStage.COUNTING
)


def _left_to(user: User) -> Q:
    """Lines of sheets that nobody who takes paper in there is left to read, so that this person does (domain.md 6).

    Remembered on the object: a page asks it for each kind of sheet.
    """
    if not hasattr(user, "_lines_left"):
        user._lines_left = _lines_left(user)  # type: ignore[attr-defined]
    left: Q = user._lines_left  # type: ignore[attr-defined]
    return left


def _lines_left(user: User) -> Q:
    wide = [held.path for held in roles_of(user) if held.role in STAFF_ROLES and held.role != Role.CLERK]
    here = reduce(or_, (Q(sheet__place__path__startswith=path) for path in wide), NOTHING)
    waiting = Line.objects.waiting_for(user).filter(COUNTED_NOW, here) if wide else Line.objects.none()
    kinds = list(waiting.order_by().values_list("sheet__place__path", "first_by", "second_by").distinct())
    mine = second_in(user, {(path, frozenset(read)) for path, *read in kinds})
    left = (kind for kind in kinds if (kind[0], frozenset(kind[1:])) in mine)
    return reduce(or_, (Q(sheet__place__path=at, first_by=one, second_by=two) for at, one, two in left), NOTHING)


def other_readers(motion: Motion) -> list[User]:
    """Whoever reads its sheets again because nobody who takes paper in there is left; nobody where somebody is."""
    papers_in = PaperBallot.objects.unsettled().filter(unit__roll=motion.roll_id)
    found: dict[int, User] = {}
    for hands in papers_in.values_list("line__first_by", "line__second_by", "line__sheet__registered_by").distinct():
        for held in second_hands(motion.territory, hands):
            if held.role not in SECONDS[0]:
                found[held.user_id] = held.user
    return list(found.values())


def _counted_here(user: User) -> QuerySet[PaperBallot]:
    """The sheets of motions that are being counted where this person handles paper, or is left to."""
    mine = Q(line__in=Line.objects.filter(_left_to(user)))
    for path in paths_of_paper(user):
        mine |= Q(unit__roll__motion__place__path__startswith=path)
    return papers().filter(mine, unit__roll__motion__stage=MotionStage.COUNTING, is_void=False)


def _corrections_here(user: User) -> QuerySet[Line]:
    mine = _left_to(user)
    for path in paths_of_paper(user):
        mine |= Q(sheet__place__path__startswith=path)
    second = Line.objects.filter(mine, correcting__paper_ballot__unit__roll__motion__stage=MotionStage.COUNTING)
    return second.select_related("sheet__place", "correcting__paper_ballot__unit__household__place")


# A later reader sees the half with the vote and must not find out whose it is: neither the order in which sheets come
# up nor what names them in an address follows from a door, or from when its sheet came in.


def to_confirm(user: User) -> PaperBallot | None:
    """Some sheet that waits for a second reading by this person."""
    return _counted_here(user).filter(line__in=Line.objects.waiting_for(user)).order_by("?").first()


def correction_to_confirm(user: User) -> Line | None:
    """Some second sheet that waits for a reading by this person."""
    return _corrections_here(user).filter(pk__in=Line.objects.waiting_for(user)).order_by("?").first()


def reading_key(line: Line | int) -> str:
    """What names a sheet to its later readers: without the server's secret nobody finds the sheet from it."""
    pk = line if isinstance(line, int) else line.pk
    return salted_hmac("deliberation.reading", str(pk), algorithm="sha256").hexdigest()[:24]


def sheet_to_read(user: User, key: str) -> PaperBallot | None:
    """The sheet that a later reader was shown by this key, while it is being counted here."""
    lines = _counted_here(user).values_list("line", flat=True)
    found = next((pk for pk in lines if constant_time_compare(reading_key(pk), key)), None)
    return papers().filter(line=found).first() if found else None


def correction_to_read(user: User, key: str) -> Line | None:
    lines = _corrections_here(user)
    return next((line for line in lines if constant_time_compare(reading_key(line), key)), None)


def photo_to_read(user: User, key: str) -> Line | None:
    """The line whose photo waits for this reader."""
    sheet = sheet_to_read(user, key)
    line = sheet.line if sheet else correction_to_read(user, key)
    return line if line and line.words and Line.objects.waiting_for(user).filter(pk=line.pk).exists() else None


def papers() -> QuerySet[PaperBallot]:
    """Paper ballots with all that their pages show."""
    return PaperBallot.objects.select_related(
        "line__sheet",
        "unit__household__place__parent",
        "unit__roll__motion__place",
        "unit__roll__motion__proposal__place",
    )


def doors_of(motion: Motion) -> QuerySet[Household]:
    """The doors on its roll."""
    return Household.objects.filter(pk__in=motion.roll.units.values("household"))


def lists_as_of(motion: Motion) -> datetime | None:
    """The fixed hour of which lists tell who took part; None once the window is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nullif(lists_as_of(m), 'infinity') FROM deliberation_motion AS m WHERE id = %s", [motion.pk]
        )
        moment: datetime | None = cursor.fetchone()[0]
    return moment


MOST_DOORS = 300
"""Of a door-to-door list on one page; a longer one is opened building by building."""
BY_DOOR = paging.Key(
    lambda sheet: str(sheet.unit.ordinal), paging.number, lambda rows, n: rows.filter(unit__ordinal__gt=n)
)


@dataclass(frozen=True)
class ToVisit:
    """Who is left: all of them, or of a longer list how many in which ``buildings`` (code, name, number)."""

    number: int
    units: list[Unit]
    buildings: list[tuple[str, str, int]]
    has_more: bool = False


def to_visit(motion: Motion, as_of: datetime | None, building: str = "") -> ToVisit:
    """The doors of a building, or of all of them where they are not too many for one page."""
    left = units_to_visit(motion, as_of)
    rows = list((left.filter(household__place__code=building) if building else left)[: MOST_DOORS + 1])
    if not building and len(rows) <= MOST_DOORS:
        return ToVisit(len(rows), rows, [])
    places = left.order_by("household__place__path").values_list("household__place__code", "household__place__name")
    buildings = list(places.annotate(number=Count("pk")))
    number = sum(each[2] for each in buildings)
    return ToVisit(number, rows[:MOST_DOORS] if building else [], buildings, bool(building) and len(rows) > MOST_DOORS)


def units_to_visit(motion: Motion, as_of: datetime | None) -> QuerySet[Unit]:
    """Who had not voted yet at the last fixed hour, for the door-to-door list; a registered sheet is off it at once."""
    until = Q() if as_of is None else Q(cast_at__lte=as_of)
    sheets = PaperBallot.objects.valid().filter(unit=OuterRef("pk"))
    ballots, earlier = (
        Ballot.objects.filter(until, unit=OuterRef("pk")),
        BallotChange.objects.filter(until, unit=OuterRef("pk")),
    )
    left = motion.roll.units.filter(~Exists(sheets), ~Exists(ballots), ~Exists(earlier))
    return left.select_related("household__place").order_by("ordinal")


# --- Check numbers by letter ---------------------------------------------------------------------


def is_at_the_street(user: User) -> bool:
    return any(held.role in rules.STREET for held in roles_of(user))


def has_moved(unit: Unit) -> bool:
    """Whether a letter to this door would be opened by others than those who voted."""
    return bool(unit.household_id and speaking.changed_hands({unit.household_id: spoken_at(unit.ballot)}))


def letters_to_print(user: User) -> list[CheckLetter]:
    """Letters that wait for somebody at the street, where this person is one who may."""
    mine = Q(pk__in=[])
    for held in roles_of(user):
        if held.role in (*rules.STREET, Role.DISTRICT_OFFICER):
            mine |= Q(unit__roll__motion__place__path__startswith=held.path)
    waiting_here = CheckLetter.objects.filter(mine, printed_at=None).order_by("pk")
    sheets = PaperBallot.objects.valid().filter(unit=OuterRef("unit")).values("line__sheet__registered_at")
    spoken = Coalesce(Subquery(sheets[:1]), F("unit__ballot__cast_at"))
    letters = waiting_here.select_related("unit__household__place__parent", "unit__roll__motion__place")
    found = [letter for letter in letters.annotate(spoken=spoken) if rules.prints_letters(user, letter)]
    # Nobody opens a letter in the place of those who voted.
    said = {each.unit.household_id: each.spoken for each in found if each.unit.household_id}
    gone = speaking.changed_hands(said)
    return [letter for letter in found if letter.unit.household_id not in gone]


def papers_of(motion: Motion, after: str = "") -> paging.Page[PaperBallot]:
    """The sheets that came in, by door, a page of them."""
    valid = papers().filter(is_void=False, unit__roll=motion.roll_id).order_by("unit__ordinal")
    return paging.page_of(valid, BY_DOOR, after, MOST_DOORS)


# --- Meetings and decisions --------------------------------------------------------------------


def group_of(proposal: Proposal) -> WorkingGroup | None:
    """The standing group with its members."""
    return proposal.groups.filter(ended_at=None).select_related("sheet").prefetch_related("members").first()


def members_of(proposal: Proposal) -> list[Member]:
    """The members of the standing group, the one who leads it first."""
    return list(
        Member.objects.filter(group__proposal=proposal, group__ended_at=None)
        .select_related("user", "household__place")
        .order_by("-is_lead", "pk")
    )


def meetings_of(proposal: Proposal) -> list[Meeting]:
    return list(
        proposal.meetings.select_related("agenda_notice", "plan")
        .prefetch_related("attendances", "resolutions")
        .order_by("-ordinal")
    )


def study_of(proposal: Proposal) -> PartyStudy | None:
    """The newest study of the present version."""
    return proposal.studies.filter(version=proposal.version).first()


def decisions_of(proposal: Proposal) -> list[Decision]:
    return list(proposal.decisions.select_related("study", "motion", "notice", "version").prefetch_related("marks"))


def shares_of(plan: Plan | Version | None) -> list[tuple[str, int]]:
    """Who pays what, as (label, fen), in the order of every bar."""
    return bars_of(plan.shares) if plan is not None and any(plan.shares.values()) else []


def evidence_for(proposal: Proposal) -> dict[str, str]:
    """What the data say to a criterion, offered where the decision is written."""
    version = proposal.version
    vote = proposal.motions.filter(stage=MotionStage.PUBLISHED).order_by("-ordinal").first()
    words: dict[str, Any] = {"reach": _("受益 %(n)d 户") % {"n": version.households}}
    if vote:
        words["participation"] = _("表决 %(turnout)d / %(electorate)d 户参加，%(agree)d 户同意") % {
            "turnout": vote.turnout,
            "electorate": vote.electorate,
            "agree": vote.agree,
        }
    if version.cost_fen:
        raised = percent(version.share_fen(Source.SELF_RAISED), version.cost_fen)
        words["self_raised"] = _("自筹占预算 %(percent)d%%") % {"percent": raised}
    return words
