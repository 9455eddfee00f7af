"""Before the time is up its holder hears of it once more; a reminder itself is on nobody's desk."""

from __future__ import annotations

import pytest

from minshi.accounts.models import User
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.residents.models import Role
from proposals.models import Stage
from tests.conftest import Clock
from tests.way import Way

pytestmark = pytest.mark.django_db


def reminded(user: User) -> list[str]:
    return list(Message.objects.filter(user=user, title__startswith="快到期").values_list("title", flat=True))


def test_the_chief_who_holds_it_is_reminded(way: Way, chief: User, stranger_chief: User, clock: Clock) -> None:
    proposal = way.submitted()
    reminder = Deadline.objects.of(proposal).get(kind="reminder:stage:submitted")
    clock.move(seconds=(reminder.due - clock.now()).total_seconds() + 1)
    deadlines.sweep()
    assert reminded(chief) == [f"快到期：{Stage.SUBMITTED.label}：{proposal.title}"]
    assert not reminded(stranger_chief)


def test_the_proposer_who_holds_it_is_reminded(way: Way, chief: User, clock: Clock) -> None:
    proposal = way.cosigning()
    reminder = Deadline.objects.of(proposal).get(kind="reminder:stage:cosigning")
    clock.move(seconds=(reminder.due - clock.now()).total_seconds() + 1)
    deadlines.sweep()
    assert len(reminded(proposal.proposer)) == 1
    assert not reminded(chief)


def test_a_reminder_says_what_its_deadline_says_but_is_no_task(way: Way) -> None:
    proposal = way.submitted()
    due, reminder = Deadline.objects.of(proposal).open().order_by("-due")
    assert (reminder.role, reminder.place_path, reminder.basis) == (due.role, due.place_path, due.basis)
    assert due.basis.startswith("wd:")
    assert list(Deadline.objects.waiting_for([(Role.CHIEF, due.place_path)])) == [due]
