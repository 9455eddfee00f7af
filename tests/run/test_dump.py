"""The demo kept in a dump: when it is this release's, what a start makes of it, and what becomes of one that fails."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from minshi.servers import dump, services
from minshi.servers.progress import Trouble

FILES = {
    "tables": "proposals/migrations/0001_initial.py",
    "guards": "minshi/audit/guards/chain.sql",
    "steps": "proposals/lifecycle/stages.py",
    "step": "funding/lifecycle.py",
    "walks": "evaluation/replay/votes.py",
    "cases": "evaluation/demo/cases.json",
    "command": "evaluation/management/commands/replay.py",
    "numbers": "minshi/policy/defaults.py",
    "seeds": "minshi/policy/data/defaults.toml",
    "places": "minshi/territory/divisions.py",
    "passwords": "minshi/signin/demo.py",
}


def checkout(place: Path) -> Path:
    for name in (*FILES.values(), "funding/views.py"):
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return place


def kept(place: Path, key: str) -> Path:
    file = place / "2026-01.sql.gz"
    file.write_bytes(b"")
    with zipfile.ZipFile(dump.beside(file), "w") as pictures:
        pictures.writestr("key", key)
    return file


# --- Whose demo it is ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", dump.MADE_FROM)
def test_the_key_changes_with_each_kind_of_file_that_the_demo_is_made_from(kind: str, tmp_path: Path) -> None:
    before = dump.key(checkout(tmp_path / "one"))
    changed = tmp_path / "one" / FILES[kind]
    changed.write_text("changed")
    assert dump.key(tmp_path / "one") != before
    changed.unlink()
    assert dump.key(tmp_path / "one") != before


def test_the_key_is_the_same_in_each_checkout_and_no_page_changes_it(tmp_path: Path) -> None:
    one, other = (checkout(tmp_path / name) for name in ("one", "other"))
    (other / "funding" / "views.py").write_text("another page")
    assert dump.key(one) == dump.key(other)


def test_each_kind_is_found_in_this_release() -> None:
    for file in FILES.values():
        assert (dump.ground.ROOT / file).exists() or list((dump.ground.ROOT / file).parent.glob("*")), file
    for kind, pattern in dump.MADE_FROM.items():
        assert any(list((dump.ground.ROOT / app).rglob(pattern)) for app in dump.APPS), kind


def test_a_dump_of_other_files_is_not_used_and_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINSHI_KEPT", str(tmp_path))
    assert dump.of_this_release() is None and capsys.readouterr().out == ""
    file = kept(tmp_path, dump.key())
    assert dump.of_this_release() == file
    kept(tmp_path, "of another release")
    assert dump.of_this_release() is None
    said = capsys.readouterr().out
    assert "不是这一版的演示城区" in said and said.count("\n") == 1
    dump.beside(file).write_bytes(b"half a file")
    assert dump.of_this_release() is None
    dump.beside(file).unlink()
    assert dump.of_this_release() is None


def test_pictures_are_packed_once_each_and_nobodys_unsent_ones(tmp_path: Path) -> None:
    for name in ("site/a.jpg", "site/b.jpg", "paper/c.jpg", "unsent/d.jpg"):
        (tmp_path / "media" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "media" / name).write_bytes(name[:4].encode())
    dump._pack(tmp_path / "media", tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as packed:
        names = json.loads(packed.read("names.json"))
        assert set(names) == {"site/a.jpg", "site/b.jpg", "paper/c.jpg"}
        assert len(packed.namelist()) == 2 + 2
        assert packed.read("key").decode() == dump.key()


# --- What a first start does -----------------------------------------------------------------------


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Commands of manage.py in order; restoring fails where its file is called bad."""
    ran: list[str] = []

    def manage(trouble: str, env: dict[str, str], *argv: str, step: object = None) -> str:
        ran.append(argv[0])
        if argv[-1].startswith("bad"):
            raise Trouble("随源码带的演示城区用不上：核验没有通过")
        return ""

    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(services, "manage", manage)
    return ran


def test_a_first_start_puts_the_kept_demo_back_and_replays_nothing(place: Path, ran: list[str]) -> None:
    services.prepare(place, {}, kept=Path("good.sql.gz"))
    assert sorted(ran) == ["collectstatic", "restore_demo"]
    assert not services.was_interrupted(place)
    services.prepare(place, {}, kept=Path("good.sql.gz"))
    assert len(ran) == 2


def test_one_that_does_not_hold_is_dropped_and_the_demo_replayed(
    place: Path, ran: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    emptied: list[str] = []
    (place / "media").mkdir()
    services.prepare(place, {}, kept=Path("bad.sql.gz"), remake=lambda: emptied.append(ran[-1]))
    assert [name for name in ran if name != "collectstatic"] == ["restore_demo", "migrate", "replay"]
    assert len(emptied) == 1 and not (place / "media").exists()
    said = [line for line in capsys.readouterr().out.splitlines() if "核验没有通过" in line]
    assert len(said) == 1 and "从头走一遍" in said[0]


def test_putting_back_that_was_cut_off_begins_again(
    place: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(trouble: str, env: dict[str, str], *argv: str, step: object = None) -> str:
        if argv[0] == "restore_demo":
            raise KeyboardInterrupt
        return ""

    monkeypatch.setattr(services, "manage", cut_off)
    with pytest.raises(KeyboardInterrupt):
        services.prepare(place, {}, kept=Path("good.sql.gz"))
    assert services.was_interrupted(place)


def test_where_no_bytecode_may_lie_beside_the_sources_it_is_kept_with_the_data(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    env = services.environ({"MINSHI_VAR": str(place)}, "demo")
    assert env["PYTHONPYCACHEPREFIX"] == str(place / "bytecode") and not env["PYTHONDONTWRITEBYTECODE"]
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    assert "PYTHONPYCACHEPREFIX" not in services.environ({"MINSHI_VAR": str(place)}, "demo")
