"""What time does to people."""

from __future__ import annotations

from minshi.deadlines.actions import on
from minshi.deadlines.models import Deadline
from minshi.residents import actions
from minshi.residents.models import Person, RoleGrant


@on(actions.ADULTHOOD)
def a_minor_is_adult(deadline: Deadline) -> None:
    actions.come_of_age(Person.objects.get(pk=deadline.subject_id), by=None)


@on(actions.TERM_OVER)
def a_role_has_ended(deadline: Deadline) -> None:
    actions.give_back_the_phone(RoleGrant.objects.select_related("user").get(pk=deadline.subject_id).user)
