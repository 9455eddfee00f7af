"""What waits for somebody is asked together: one statement says which kinds of it there may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minshi.accounts.models import User
from proposals import panels
from tests.world import World


def test_asked_together_nothing_that_waits_is_left_out(world: World) -> None:
    found = set[str]()
    for key in User.objects.values_list("pk", flat=True):
        by_itself = []
        for _where, load in panels._tasks:
            if tasks := load(User.objects.get(pk=key)):
                found.add(f"{load.__module__.partition('.')[0]}.{load.__name__}")
                by_itself += [task.url for task in tasks]
        assert [task.url for task in panels.tasks_of(User.objects.get(pk=key))] == by_itself, key
    assert found >= {
        "proposals.to_revise",
        "proposals.to_cosign",
        "deliberation.votes_to_cast",
        "evaluation.to_rate",
        "funding.to_do_on_site",
        "funding.to_pledge",
    }


def test_who_has_nothing_to_do_is_asked_about_once(
    world: World, django_assert_num_queries: Callable[[int], Any]
) -> None:
    nobody = User.objects.create(username="nobody-here")
    with django_assert_num_queries(1):
        assert panels.tasks_of(nobody) == []
