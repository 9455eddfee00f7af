"""What a run of a few tests finds from the run before: a database made already, and nothing that was in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import run
from minshi.servers import ground, postgres
from tests import kept

pytestmark = pytest.mark.drill(only=True)

NAME, KEPT, EARLIER = "test_of_kept", "test_of_kept_00000000000000aa", "test_of_kept_00000000000000bb"


# --- The servers -----------------------------------------------------------------------------


def roles(env: dict[str, str]) -> list[str]:
    with psycopg.connect(env["DATABASE_OWNER_URL"]) as link:
        return [name for (name,) in link.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'minshi%'")]


def mark(env: dict[str, str]) -> None:
    with psycopg.connect(env["DATABASE_OWNER_URL"]) as link:
        link.execute("CREATE TABLE mark ()")


def is_marked(env: dict[str, str]) -> bool:
    with psycopg.connect(env["DATABASE_OWNER_URL"]) as link:
        row = link.execute("SELECT to_regclass('mark') IS NOT NULL").fetchone()
        return bool(row and row[0])


@pytest.fixture
def alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock is held until a process ends: here one process plays several in turn."""
    monkeypatch.setattr(ground, "only_one", lambda place: True)
    return place


def test_the_data_stay_until_fresh_ones_are_asked_for(alone: Path) -> None:
    with run.kept_servers(fresh=False) as env:
        mark(env)
    with run.kept_servers(fresh=False) as env:
        assert is_marked(env)
    with run.kept_servers(fresh=True) as env:
        assert not is_marked(env)
        assert len(roles(env)) == 2


def test_what_is_damaged_is_made_anew(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with run.kept_servers(fresh=False) as env:
        mark(env)
    shutil.rmtree(ground.data_home(alone / "test") / "pg" / "global")
    with run.kept_servers(fresh=False) as env:
        assert not is_marked(env)
    assert "重新建" in capsys.readouterr().out


def test_who_comes_meanwhile_gets_servers_to_throw_away(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with run.kept_servers(fresh=False) as first, run.kept_servers(fresh=False) as second:
        assert first["DATABASE_URL"] != second["DATABASE_URL"]
        assert first["REDIS_URL"] != second["REDIS_URL"]
    assert "用临时的" in capsys.readouterr().out
    assert [path.name for path in place.iterdir() if path.name.startswith("test")] == ["test"]


@pytest.mark.parametrize(
    ("asked", "ci", "options", "keeps"),
    [
        ([], "", ["--durations=10"], False),
        (["--fresh"], "", ["--durations=10"], False),
        (["tests/x.py"], "", ["--reuse-db", "tests/x.py"], True),
        (["--fresh", "tests/x.py"], "", ["--reuse-db", "tests/x.py"], True),
        (["tests/x.py"], "true", ["tests/x.py"], False),
    ],
)
def test_only_what_is_asked_for_by_hand_is_kept(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], ci: str, options: list[str], keeps: bool
) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(run, "pytest", lambda options, *rest, **more: seen.update(options=options, **more) or 0)
    run.test(asked)
    assert seen["options"] == options
    assert ("servers" in seen) == keeps


def test_a_major_version_that_went_away_is_no_reason_to_stop(
    alone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with run.kept_servers(fresh=False):
        pass
    (ground.data_home(alone / "test") / "pg" / "PG_VERSION").write_text(f"{postgres.OLDEST - 1}\n")
    with run.kept_servers(fresh=False) as env:
        assert len(roles(env)) == 2
    assert "重新建" in capsys.readouterr().out


# --- The database ----------------------------------------------------------------------------


@pytest.fixture
def server(django_db_setup: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[Any]]:
    """Other names on the tests' own server: the database these tests run in is left alone."""
    monkeypatch.setattr(kept, "_name", lambda: NAME)
    monkeypatch.setattr(kept, "_kept", lambda: KEPT)
    with kept._server() as server:
        for name in (NAME, KEPT, EARLIER):  # of a run that was killed
            server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {NAME}")
        yield server
        for name in (NAME, KEPT, EARLIER):
            server.execute(f"DROP DATABASE IF EXISTS {name}")


def database_of(server: psycopg.Connection[Any], name: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=server.info.host, port=server.info.port, user=server.info.user, password=server.info.password, dbname=name
    )


def names(server: psycopg.Connection[Any]) -> set[str]:
    rows = server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{NAME}%"])
    return {name for (name,) in rows}


def test_what_a_killed_run_left_is_not_in_the_next_copy(server: psycopg.Connection[Any]) -> None:
    with database_of(server, NAME) as link:
        link.execute("CREATE TABLE door (id bigint GENERATED ALWAYS AS IDENTITY)")
    kept.keep()
    with database_of(server, NAME) as link:
        link.execute("INSERT INTO door DEFAULT VALUES")
    left_open = database_of(server, NAME)
    assert kept.copy()
    left_open.close()
    with database_of(server, NAME) as link:
        assert link.execute("INSERT INTO door DEFAULT VALUES RETURNING id").fetchone() == (1,)


def test_one_is_kept_and_one_of_other_migrations_is_none(
    server: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(kept, "_kept", lambda: EARLIER)
        kept.keep()
    assert not kept.copy()
    assert names(server) == {EARLIER}
    server.execute(f"CREATE DATABASE {NAME}")  # as Django would, to migrate it
    kept.keep()
    assert names(server) == {NAME, KEPT}


def test_an_edited_migration_asks_for_another_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "funding" / "migrations" / "0001_initial.py"
    file.parent.mkdir(parents=True)
    monkeypatch.setattr(kept, "settings", type("Settings", (), {"BASE_DIR": tmp_path}))
    file.write_text("operations = []")
    before = kept._kept()
    assert kept._kept() == before
    file.write_text("operations = [1]")
    assert kept._kept() != before
