"""What time does to a rule that waits for its second person."""

from __future__ import annotations

from minshi.bylaws import actions
from minshi.bylaws.models import Bylaw
from minshi.bylaws.selectors import BYLAW, ENDING
from minshi.deadlines.actions import on
from minshi.deadlines.models import Deadline


@on(BYLAW)
def the_second_person_was_silent(deadline: Deadline) -> None:
    rows = Bylaw.objects.waiting().select_related("place", "entered_by")
    if bylaw := rows.filter(pk=deadline.subject_id).first():
        actions.wait_for_second(bylaw, late=deadline, by=None)


@on(ENDING)
def it_is_to_end(deadline: Deadline) -> None:
    actions.ends(Bylaw.objects.select_related("place").get(pk=deadline.subject_id), by=None)
