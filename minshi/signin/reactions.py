"""What time does to what waits for a second person's word."""

from __future__ import annotations

from minshi.deadlines.actions import on
from minshi.deadlines.models import Deadline
from minshi.signin import joining, lostnumbers
from minshi.signin.models import Joining, LostNumber


@on(joining.WAITS)
def nobody_looked_at_two_accounts(deadline: Deadline) -> None:
    joining.remind(Joining.objects.get(pk=deadline.subject_id), deadline, by=None)


@on(lostnumbers.WAITS)
def nobody_looked_at_a_number(deadline: Deadline) -> None:
    lostnumbers.remind(LostNumber.objects.get(pk=deadline.subject_id), deadline, by=None)
