"""The world of every page in many copies: what grows with the city shows in what its statements read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings

from bench.copies import Copying, switch
from deliberation.models import Motion
from minshi.clock import as_owner
from proposals import actions
from tests.world import World, committed_world

MATTERS, TOWNS = 3, 20
BIG = 4000
"""Ballots of one vote of theirs that is over."""

BALLOTS = """
WITH unit AS (
    INSERT INTO rolls_unit (roll_id, ordinal, label, persons, area_m2, reach, reach_note)
    SELECT roll_id, 1000 + nth, '', 1, 0, 'reachable', ''
    FROM deliberation_motion, generate_series(1, %(ballots)s) AS nth WHERE id = %(motion)s
    RETURNING id
)
INSERT INTO deliberation_ballot (unit_id, motion_id, choice, channel, slip_number, check_number, by_id, cast_at)
SELECT unit.id, %(motion)s, 'agree', 'online', upper(left(md5('slip' || unit.id), 12)),
    upper(left(md5('check' || unit.id), 12)), (SELECT min(id) FROM accounts_user), minshi_now()
FROM unit
"""


ELSEWHERE = "8801/880101/"
"""A district of which nobody here knows anything, where six thousand things wait."""

WAITING = """
INSERT INTO deadlines_deadline (subject_type, subject_id, kind, due, set_at, title, url, role, place_path, basis,
    provisional, outcome, failures)
SELECT 'elsewhere', nth, 'task', minshi_now() + nth * interval '1 minute', minshi_now(), '修栏杆' || nth, '/',
    (ARRAY['clerk', 'case_officer', 'district_officer'])[nth %% 3 + 1], %(place)s, '', false, '', 0
FROM generate_series(1, 6000) AS nth
"""


@pytest.fixture(scope="package")
def grown(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world, and sixty times as much of it around; counted, and known to the planner."""
    sessions = override_settings(SESSION_ENGINE="django.contrib.sessions.backends.db")
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    with sessions, committed_world(django_db_blocker, tmp_path_factory.mktemp("media")) as built:
        cache.clear()
        with as_owner() as owner:
            for _table in Copying(owner, MATTERS).grow(1, TOWNS):
                pass
            built.things["big vote"] = Motion.objects.filter(stage="published").earliest("pk")
            switch(owner, "DISABLE")
            owner.execute(BALLOTS, {"motion": built["big vote"].pk, "ballots": BIG})
            owner.execute(WAITING, {"place": ELSEWHERE})
            switch(owner, "ENABLE")
            actions.refresh_totals()
            owner.execute("VACUUM ANALYZE")
        yield built
    cache.clear()
    logging.getLogger("django.request").setLevel(logging.NOTSET)


@pytest.fixture
def crowd(grown: World, db: None) -> World:
    return grown
