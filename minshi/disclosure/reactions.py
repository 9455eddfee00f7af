"""What a deadline's end does to an objection."""

from __future__ import annotations

from minshi.deadlines.actions import on
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions
from minshi.disclosure.models import Objection


@on(actions.ANSWER)
def silence_climbs(deadline: Deadline) -> None:
    """The community did not answer in time: the street must, then the district."""
    objection = Objection.objects.open().filter(pk=deadline.subject_id).first()
    if objection is not None:
        actions.climb(objection, by=None)


@on(actions.SECOND_READING)
def unread_climbs(deadline: Deadline) -> None:
    """Nobody read the sheet a second time: whoever stands above is to, until it is done."""
    actions.ask_above(Objection.objects.get(pk=deadline.subject_id), deadline.role, by=None)
