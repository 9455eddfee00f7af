"""What time does to what waits for a second person's word."""

from __future__ import annotations

from minshi.deadlines.actions import on
from minshi.deadlines.models import Deadline
from minshi.health import signs
from minshi.signin import actions, joining, lostnumbers
from minshi.signin.models import Joining, LostNumber


@signs.warns("codes near the ceiling")
def codes_near_the_ceiling() -> bool:
    """The city's texts for signing in are nearly used up for the day."""
    return actions.is_near_ceiling()


@on(joining.WAITS)
def nobody_looked_at_two_accounts(deadline: Deadline) -> None:
    joining.remind(Joining.objects.get(pk=deadline.subject_id), deadline, by=None)


@on(lostnumbers.WAITS)
def nobody_looked_at_a_number(deadline: Deadline) -> None:
    lostnumbers.remind(LostNumber.objects.get(pk=deadline.subject_id), deadline, by=None)
