"""第二眼: another looks at the sheet beside what was typed, and names what differs; silence climbs."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines.actions import meet, schedule
from minshi.deadlines.models import Deadline
from minshi.lifecycle.action import action
from minshi.masking import mask_text, one_line, seen
from minshi.notifications.actions import tell_all
from minshi.paper.models import Sheet
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role
from proposals import rules, told
from proposals.actions.stages import note_on_card
from proposals.lifecycle import Second, above_of, holder_place, period, second_of
from proposals.models import DIFFERENCE_LENGTH, Look, LookState, Proposal
from proposals.selectors import entered_from, sides_of

LOOK = "paper.look"
"""The kind of the deadline under which a sheet waits for its second look, or what differs for its correction."""


def ask_second_look(sheet: Sheet, *, by: User) -> Look:
    """What was typed from this sheet runs; another person is to look at it within the days of the place."""
    look = Look.objects.create(sheet=sheet, typed_by=by)
    wait_for_second(look)
    return look


def wait_for_second(look: Look) -> None:
    """On the desk of the first of the line who neither typed it nor wrote it."""
    sides = sides_of(entered_from(look))
    _wait_for(look, second_of(look.sheet.place, without=_not_by(look, sides), own=sides.buildings))


def _not_by(look: Look, sides: rules.Sides) -> list[int]:
    return [look.typed_by_id, *sides.authors]


def _wait_for(look: Look, whom: Second) -> None:
    role, place, people = whom
    is_above = role in (Role.CASE_OFFICER, Role.DISTRICT_OFFICER)
    span = period(look.sheet.place, "second_look.climb_days" if is_above else "second_look.days", now())
    titles = {
        LookState.WAITING: _("请对照纸质原件：%(about)s"),
        LookState.DIFFERS: _("请照纸质原件更正：%(about)s"),
    }
    title, url = titles[LookState(look.state)] % {"about": look.sheet.about}, reverse("look", args=[look.pk])
    schedule(
        look,
        LOOK,
        span.end,
        role=role,
        place_path=place.path,
        title=title,
        url=url,
        basis=span.basis,
        provisional=span.provisional,
    )
    tell_all(people, title, look.difference, url, event=told.LOOK_ASKED.name, matter=f"look:{look.pk}")


@action
def climb_look(look: Look, deadline: Deadline, *, by: None = None) -> bool:
    """Nobody looked, or put it right, in time: the street is to, then the district; false where nobody stands above."""
    look = locked_look(look)
    if look.is_over:
        return True
    above = above_of(look.sheet.place, deadline.role, without=_not_by(look, sides_of(entered_from(look))))
    if above is None:
        return False
    _wait_for(look, above)
    return True


def locked_look(look: Look) -> Look:
    rows = Look.objects.select_for_update(of=("self",)).select_related("sheet__place", "typed_by")
    return rows.get(pk=look.pk)


@action
def look_at_sheet(look: Look, *, difference: str = "", by: User) -> Look:
    """Say that what was typed is what stands on the sheet, or name the ``difference``.

    What may still be put right waits for that; otherwise the difference stands beside it, for everybody.
    """
    meet(look, LOOK)  # first: the sweeper too locks the deadline before what it is of
    look = locked_look(look)
    if why := rules.why_not_look(by, look, sides_of(entered_from(look))):
        raise NotAllowed(*why)
    if look.state != LookState.WAITING:
        raise Refused(_("这张原件刚刚由别人对照过了"))
    look.looked_by, look.looked_at, look.state = by, now(), LookState.ALIKE
    if seen(difference):
        look.difference = mask_text(one_line(difference))[:DIFFERENCE_LENGTH]
        correctable = any(rules.may_still_correct(each) for each in entered_from(look))
        look.state = LookState.DIFFERS if correctable else LookState.NOTED
    look.save(update_fields=["state", "looked_by", "looked_at", "difference"])
    if look.state == LookState.DIFFERS:
        _wait_for(look, (Role.CLERK, holder_place(look.sheet.place, "community"), [look.typed_by]))
    show_on_page(look)
    return look


def show_on_page(look: Look) -> None:
    """A project's page says whether somebody has looked."""
    for proposal in Proposal.objects.filter(sheet=look.sheet_id):
        note_on_card(proposal)
