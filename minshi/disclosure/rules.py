"""Who may post, object for another, and answer; which period and whose number a notice has."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minshi.accounts.models import User
from minshi.disclosure.models import Above, Kind, Notice, Objection
from minshi.refusals import guarded
from minshi.residents import speaking
from minshi.residents.models import OFFICES, ORGANISERS, STAFF_ROLES, Role
from minshi.residents.rules import holds, home_of, roles_of
from minshi.territory.models import Household, Territory

Level = Objection.Level

PERIODS: dict[str, str] = dict.fromkeys(Kind.values, "notice.result.days") | {
    Kind.INITIATION: "notice.initiation.days",
    Kind.FUNDING: "notice.funding.days",
    Kind.AWARD: "notice.award.days",
    Kind.ACCEPTANCE: "notice.acceptance.days",
    Kind.SATISFACTION: "notice.satisfaction.days",
    Kind.ACCOUNTS: "notice.accounts.days",
    Kind.CHANGE: "notice.change.days",
    Kind.AGENDA: "agenda.days",
}
"""The policy parameter (working days) of each kind; what has none of its own is displayed as a result is."""

ISSUER = Role.CLERK
ISSUERS = {Kind.INITIATION: Role.PARTY}
"""Whose word a notice is, where it is not the clerk's."""

DAYS_TO_ANSWER = {
    Level.COMMUNITY: "objection.community_days",
    Level.STREET: "objection.street_days",
    Level.DISTRICT: "objection.street_days",
}

ANSWERERS: dict[str, tuple[Role, ...]] = {
    Level.COMMUNITY: (Role.CLERK,),
    Level.STREET: (Role.CASE_OFFICER, Role.APPROVER),
    Level.DISTRICT: (Role.DISTRICT_OFFICER,),
}
"""The first of each holds the task."""

ABOVE = {Level.COMMUNITY: Level.STREET, Level.STREET: Level.DISTRICT, Level.DISTRICT: Level.DISTRICT}
"""Who is next when a level stays silent; the district is reminded for as long as it takes."""


WHO_STANDS_ABOVE = {Level.COMMUNITY: Above.STREET, Level.STREET: Above.DISTRICT, Level.DISTRICT: Above.ABOVE}
"""Above whoever posted a notice, by the level of their office; above the district two of its officers decide."""

CALLERS: dict[str, tuple[Role, ...]] = {
    Above.STREET: (Role.CASE_OFFICER, Role.APPROVER),
    Above.DISTRICT: (Role.DISTRICT_OFFICER,),
    Above.ABOVE: (Role.DISTRICT_OFFICER,),
}
"""Who calls an objection from outside a remark (domain.md 7)."""

WHY_NO_REMARK = {
    "of_the_place": gettext_lazy("提出的人是这里的住户，这条异议要答复，不能记为意见建议。"),
    "unknown": gettext_lazy(
        "还不知道提出的人是不是这里的住户（书面异议等核对，或者住户身份等确认），弄清楚以后才能记。"
    ),
}
"""What a code of ``why_no_remark`` says."""

ANSWERS = (Objection.Outcome.UPHELD, Objection.Outcome.DISMISSED, Objection.Outcome.EXPLAINED)
"""What an answer may come to; taking it back is its author's alone."""

READERS = (Role.CLERK, Role.PARTY, Role.SUPERVISOR, Role.CASE_OFFICER, Role.APPROVER, Role.DISTRICT_OFFICER)
"""Who reads the sheet of an objection again: another clerk, else Party branch or supervisor, else above."""

READERS_ABOVE: dict[str, Role] = {
    Role.CLERK: Role.CASE_OFFICER,
    Role.CASE_OFFICER: Role.DISTRICT_OFFICER,
    Role.DISTRICT_OFFICER: Role.DISTRICT_OFFICER,
}
"""On whose desk the second reading is next when nobody did it in time."""


def may_post(user: User | None, place: Territory) -> bool:
    return holds(user, place, *STAFF_ROLES)


def may_enter(user: User | None, place: Territory) -> bool:
    """Write down an objection made at the desk, on the phone or on paper."""
    return holds(user, place, Role.CLERK, Role.CASE_OFFICER)


def paths_of_reading(user: User | None) -> list[str]:
    """Where this person reads sheets of objections again."""
    return [held.path for held in roles_of(user) if held.role in READERS]


def may_read_again(user: User | None, notice: Notice) -> bool:
    return holds(user, notice.place, *READERS)


def may_see_sheet(user: User | None, objection: Objection) -> bool:
    """Whoever reads sheets there or answers, and who signed it."""
    signer = objection.speaker
    mine = user is not None and signer is not None and user.is_same(signer.user_id)
    return mine or may_read_again(user, objection.notice) or may_read_original(user, objection)


def is_own(user: User, objection: Objection) -> bool:
    """Whether it is this person's word, whoever wrote it down."""
    return user.is_same(objection.by_id) or (objection.speaker is not None and user.is_same(objection.speaker.user_id))


def open_ones_of(user: User | None, notice: Notice) -> set[int]:
    """Of this notice's objections those that this person may take back."""
    if user is None or not notice.objections_open:
        return set()
    mine = Q(by__in=user.keys) | Q(speaker__user__in=user.keys)
    return set(notice.objections.open().filter(mine).values_list("pk", flat=True))


def may_record_posting(user: User | None, place: Territory) -> bool:
    return holds(user, place, *STAFF_ROLES, *ORGANISERS)


def may_answer(user: User | None, objection: Objection) -> bool:
    return holds(user, objection.notice.place, *ANSWERERS[objection.level])


def above_whom_posts(user: User | None, place: Territory) -> Above:
    """Who stands above whoever posts this: their nearest office's level, or the place's where that is higher."""
    there = [held for held in roles_of(user) if held.role in STAFF_ROLES and place.path.startswith(held.path)]
    nearest = max((len(held.path) for held in there), default=0)
    roles = {held.role for held in there if len(held.path) == nearest}
    levels = [Level(level) for level, offices in OFFICES.items() if roles & {*offices}]
    return max((WHO_STANDS_ABOVE[level] for level in (first_level(place), *levels)), key=list(Above).index)


def may_call_remark(user: User | None, objection: Objection) -> bool:
    """Whoever stands above the poster of the notice; that it is another human, ``has_part`` says."""
    return holds(user, objection.notice.place, *CALLERS[objection.notice.above])


def has_part(user: User, objection: Objection) -> bool:
    """Whether this person posted the notice, or made this objection or wrote it down: they do not call it a remark."""
    return is_own(user, objection) or user.is_any((objection.notice.posted_by_id, objection.entered_by_id))


def why_no_remark(objection: Objection) -> str:
    """Why this is no remark to anybody; empty where it comes from outside for all that is known of that moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT why_no_remark(%s)", [objection.pk])
        found = str(cursor.fetchone()[0])
    return str(WHY_NO_REMARK[found]) if found else ""


def may_read_original(user: User | None, objection: Objection) -> bool:
    """Whoever answers at any level, and who said it."""
    answerers = [role for roles in ANSWERERS.values() for role in roles]
    return (user is not None and is_own(user, objection)) or holds(user, objection.notice.place, *answerers)


def first_level(place: Territory) -> Level:
    """The community answers first; what concerns a whole street or district begins there."""
    if place.level_id in {"city", "district"}:
        return Level.DISTRICT
    return Level.STREET if place.level_id == "street" else Level.COMMUNITY


def issuing_place(line: Sequence[Territory]) -> Territory:
    """Of a place's line (the city first) the nearest that is an organisation: yards and buildings are none."""
    offices = [place for place in line if place.organisation_code or place.code.isdigit()]
    return offices[-1] if offices else line[-1]


def organisation_of(office: Territory) -> str:
    """Nine characters; where no organisation code is known yet, the end of the statistical code stands in."""
    digits = "".join(character for character in office.code if character.isdigit())
    return office.organisation_code.upper() or digits[-9:].rjust(9, "0")


def household_of(user: User | None, notice: Notice) -> Household | None:
    """The household this person speaks for here: theirs, confirmed, of age, and one of those that benefit.

    Minors and the unconfirmed are heard and not counted, nor is who spoke for another household before moving.
    """
    home = home_of(user)
    if user is None or home is None or not notice.place.contains(home.household.place):
        return None
    if speaking.why_not(user, any_adult=True, act="") or not counts(notice, home.person_id, home.household):
        return None
    return home.household


def is_beside(user: User | None, notice: Notice) -> bool:
    """Whether this person lives in the notice's place without benefiting: heard and answered, and not counted."""
    home = home_of(user)
    return bool(home and notice.place.contains(home.household.place) and not _benefits(notice, home.household))


def counts(notice: Notice, person: int | None, household: Household) -> bool:
    """Whether what this person says for the household counts among those that benefit; one person is one voice."""
    return _benefits(notice, household) and not spoke_elsewhere(notice, person, household)


def _benefits(notice: Notice, household: Household) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT counts_for_notice(%s, %s)", [notice.pk, household.pk])
        return bool(cursor.fetchone()[0])


def spoke_elsewhere(notice: Notice, person: int | None, household: Household) -> bool:
    """One person is one voice: whoever spoke for another household on this notice does not count for a second."""
    if person is None:
        return False
    spoken = notice.objections.filter(speaker__in=speaking.entries_of([person])[person], household__isnull=False)
    return spoken.exclude(household=household).exists()


def what_blocks(notice: Notice | None, kind: str) -> list[str]:
    """What a step still waits for that may be taken when its notice of this kind has passed; empty once it has.

    Without such a notice nothing passes. Inside a transaction the notice's row is shared before it is read, so
    that no objection slips in after the answer.
    """
    if notice is None or notice.kind != kind:
        return [_("还没有发布%(kind)s") % {"kind": Kind(kind).label}]
    if connection.in_atomic_block:
        if notice.is_passed:
            return []
        notice = Notice.objects.get(pk=notice.pk)
    return notice.what_blocks()


def is_reopened_again(notice: Notice) -> bool:
    """Whether a third objected to this content for the second time, and nobody above has confirmed it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_reopened_again(%s)", [notice.pk])
        return bool(cursor.fetchone()[0])


def in_force(notice: Notice | None) -> Notice | None:
    """The notice itself, or the last of those that corrected it."""
    while notice is not None and notice.withdrawn_by is not None:
        notice = notice.withdrawn_by
    return notice


guarded(
    remark_of_the_place=WHY_NO_REMARK["of_the_place"],
    remark_too_early=WHY_NO_REMARK["unknown"],
    remark_by_who_has_part=gettext_lazy("公示是您发布的，或者这条异议是您提出、登记的，要由另一个人来认定。"),
    content_reopened_unanswered=gettext_lazy(
        "同样的内容上次公示被重议，还有 %(count)s 条异议没有答复：请先改内容，或者把异议都答复，再公示。"
    ),
    content_reopened_twice=gettext_lazy("同样的内容已经两次被重议，不能再公示：请改了内容再公示。"),
)
