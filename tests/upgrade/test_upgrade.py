"""A database of an earlier release upgrades, keeps its chain and its books, and goes on: somebody votes in it."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from tests import kept

HERE = Path(__file__).parent
DUMPS = sorted(HERE.glob("*.sql.gz"))
TRIED = sorted({DUMPS[0], DUMPS[-1]}) if DUMPS else []
"""The oldest and the newest: what lies between was the newest once."""
ROOT = HERE.parents[1]


def address(role: str, database: str) -> str:
    use = connections[role].settings_dict
    return f"postgres://{use['USER']}:{use['PASSWORD']}@{use['HOST']}:{use['PORT']}/{database}"


@pytest.fixture(params=TRIED, ids=lambda dump: dump.name, scope="module")
def upgraded(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[dict[str, str]]:
    """The dump in a database of its own, migrated as a deployment would, for all that is asked of it; then gone."""
    name = f"upgrade_{os.getpid()}"
    with psycopg.connect(address("owner", "postgres"), autocommit=True) as owner:
        kept.drop(owner, name)
        owner.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")  # type: ignore[arg-type]
    try:
        with psycopg.connect(address("owner", name)) as restored:
            restored.execute(gzip.decompress(request.param.read_bytes()))
        urls = {"DATABASE_URL": address("default", name), "DATABASE_OWNER_URL": address("owner", name)}
        env = {**os.environ, **urls, "MINSHI_ENV": "demo", "DJANGO_SETTINGS_MODULE": "minshi.settings"}
        run(env, "manage.py", "migrate", "--database", "owner", "--no-input", "--verbosity", "0")
        yield env
    finally:
        with psycopg.connect(address("owner", "postgres"), autocommit=True) as owner:
            kept.drop(owner, name)


def run(env: dict[str, str], *argv: str) -> str:
    done = subprocess.run([sys.executable, *argv], env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_there_is_a_release_to_come_from() -> None:
    assert DUMPS, "python3 run.py dump tests/upgrade/NAME.sql.gz"


@pytest.mark.django_db
def test_it_upgrades_and_somebody_votes(upgraded: dict[str, str]) -> None:
    told: dict[str, Any] = json.loads(run(upgraded, "tests/upgrade/walk.py").splitlines()[-1])
    assert told["voted"] == "agree"
    assert told["staff"] > 5
    assert told["ledger"] == []
    assert told["chain"] == []


@pytest.mark.django_db
def test_its_guards_are_those_of_a_new_database(upgraded: dict[str, str]) -> None:
    """Triggers and functions, whatever the dump came with: those of the files and no others."""
    assert_alike(upgraded, TRIGGERS, FUNCTIONS)


@pytest.mark.django_db
def test_its_tables_are_those_of_a_new_database(upgraded: dict[str, str]) -> None:
    """A new database takes the short way, an older one every step: both end with the same tables."""
    assert_alike(upgraded, COLUMNS, CONSTRAINTS, INDEXES)


@pytest.mark.django_db
def test_what_its_figures_are_made_of_is_counted(upgraded: dict[str, str]) -> None:
    with psycopg.connect(upgraded["DATABASE_OWNER_URL"]) as restored:
        places = restored.execute(MADE_OF).fetchall()
    assert [made for made, _counted in places] == [counted for _made, counted in places]


@pytest.mark.django_db
def test_how_long_wishes_took_is_known(upgraded: dict[str, str]) -> None:
    with psycopg.connect(upgraded["DATABASE_OWNER_URL"]) as restored:
        done = restored.execute(
            "SELECT done_at IS NOT NULL AND done_at >= at FROM proposals_wish WHERE stage = 'fulfilled'"
        ).fetchall()
    assert done and all(is_known for (is_known,) in done)


@pytest.mark.django_db
def test_it_is_then_the_database_of_this_release(upgraded: dict[str, str]) -> None:
    run(upgraded, "manage.py", "check_release")


@pytest.mark.django_db
def test_a_community_in_use_comes_out_open_though_it_knows_only_paper(upgraded: dict[str, str]) -> None:
    with psycopg.connect(upgraded["DATABASE_OWNER_URL"]) as restored:
        closed = restored.execute(CLOSED_IN_USE).fetchall()
        used = restored.execute("SELECT count(*) FROM proposals_proposal").fetchone()
    assert closed == [] and used and used[0]


CLOSED_IN_USE = """
SELECT community.name FROM territory_territory AS community
JOIN territory_territory AS place ON starts_with(place.path, community.path)
WHERE community.level_id = 'community' AND community.opened_at IS NULL AND (
    EXISTS (SELECT FROM proposals_proposal WHERE place_id = place.id)
    OR EXISTS (SELECT FROM proposals_wish WHERE place_id = place.id)
    OR EXISTS (SELECT FROM residents_rolegrant WHERE place_id = place.id AND role = 'chief')
)
"""


def assert_alike(upgraded: dict[str, str], *queries: str) -> None:
    with psycopg.connect(upgraded["DATABASE_OWNER_URL"]) as restored, connections["default"].cursor() as new:
        for query in queries:
            new.execute(query)
            there = restored.execute(query).fetchall()  # type: ignore[arg-type]
            assert plain(there) == plain(new.fetchall())


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Without casts and brackets: PostgreSQL writes a restored expression with others of them."""
    return [
        tuple(re.sub(r"::[a-z ]+(\[\])?|[()\s]", "", part) if isinstance(part, str) else part for part in row)
        for row in rows
    ]


MADE_OF = """
SELECT ARRAY[total.reaching, total.raising, total.rated], ARRAY[
    count(*) FILTER (WHERE card.households > 0 AND card.stage <> ALL (
        ARRAY['submitted', 'returned', 'cosigning', 'cosigned', 'voting', 'consulting', 'deciding', 'reserved',
              'declined', 'withdrawn', 'merged', 'not_passed', 'lapsed', 'cancelled'])),
    count(*) FILTER (WHERE card.self_raised_fen > 0), count(*) FILTER (WHERE card.rating_answers > 0)
]::integer[]
FROM proposals_placetotal AS total JOIN proposals_cardplace AS stands ON stands.place_id = total.place_id
JOIN proposals_card AS card ON card.proposal_id = stands.card_id AND card.counted = card.version
GROUP BY total.place_id
"""
COLUMNS = """
SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, is_nullable,
       column_default, collation_name
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""
GIVEN = "'_key$|_[0-9a-f]{8}(_uniq|_like|_fk_.*)?$'"
"""What Django or PostgreSQL named by themselves: another name for a column that came with its table or later."""
CONSTRAINTS = f"""
SELECT c.relname, k.conname AS name, k.convalidated, pg_get_constraintdef(k.oid) AS rule
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.connamespace = 'public'::regnamespace AND k.conname !~ {GIVEN}
UNION ALL
SELECT c.relname, '', k.convalidated, pg_get_constraintdef(k.oid) FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid WHERE k.connamespace = 'public'::regnamespace AND k.conname ~ {GIVEN}
ORDER BY 1, 2, 4
"""
INDEXES = f"""
SELECT tablename, CASE WHEN indexname ~ {GIVEN} THEN replace(indexdef, indexname, '') ELSE indexdef END
FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2
"""

TRIGGERS = """
SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace ORDER BY 1, 2
"""
FUNCTIONS = """
SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 1, 2
"""
