"""What `python3 run.py` does before Django exists: finding, starting and stopping, and saying what is wrong."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import run
from minshi.servers import databases, environment, ground, postgres, services
from minshi.servers.children import Child, Family
from minshi.servers.progress import Trouble, reason


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def sleeper(place: Path, code: str = "import time; time.sleep(60)") -> Child:
    return Child("睡眠", [sys.executable, "-c", code], log=place / "log" / "sleeper.log")


def is_gone(pid: int, patience: float = 5) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


# --- What goes wrong is one clear line ---------------------------------------------------------


def test_a_taken_port_is_one_line_and_exit_1(place: Path, taken_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--port", str(taken_port)]) == 1
    said = capsys.readouterr().err
    assert said == f"✗ 端口 {taken_port} 已被占用：换一个，例如 python3 run.py --port {taken_port + 1}\n"


def test_a_second_start_on_the_same_data_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ground.only_one(place)
    assert run.main([]) == 1
    assert capsys.readouterr().err.startswith("✗ 已经有一个 run.py 在用")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--port", "99999"], "没有 99999 这个端口"),
        (["--port", "-1"], "没有 -1 这个端口"),
        (["--host", "192.0.2.77"], "没有 192.0.2.77 这个地址"),
        (["--host", "no such host"], "没有 no such host 这个地址"),
    ],
)
def test_where_it_cannot_listen_is_one_line(
    place: Path, asked: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(asked) == 1
    told = capsys.readouterr().err
    assert told.startswith("✗ ") and said in told and told.count("\n") == 1


def test_a_port_for_administrators_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)
    assert "端口 80 只有管理员能用" in ground.why_not_listen("127.0.0.1", 80)


def test_a_phone_is_told_an_address_it_can_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MINSHI_HOSTS", "MINSHI_SITE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert ground.address_of("127.0.0.1") == "127.0.0.1"
    assert ground.address_of("0.0.0.0") not in ("0.0.0.0", "")  # noqa: S104
    env = services.environ({"MINSHI_VAR": str(ground.var())}, "demo", 8000, "10.1.2.3")
    assert env["MINSHI_SITE_URL"] == "http://10.1.2.3:8000" and "10.1.2.3" in env["MINSHI_HOSTS"].split(",")
    assert "0.0.0.0:8000" in services.commands(8000, ground.var(), "0.0.0.0")["web"]  # noqa: S104


def test_without_a_locale_it_speaks_all_the_same() -> None:
    here = f"import sys; sys.path.insert(0, {str(ground.ROOT)!r})"
    code = f"{here}; from minshi.servers.progress import say; say(chr(0x6c11))"
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env)
    assert done.stdout.decode() == "民\n", done.stderr


def test_a_first_start_that_was_cut_off_begins_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(mark: Path, *_rest: object, **_more: object) -> None:
        if mark.name == "replay.done":
            raise KeyboardInterrupt
        mark.write_text("done")

    monkeypatch.setattr(services, "once", cut_off)
    with pytest.raises(KeyboardInterrupt):
        services.prepare(place, {})
    assert services.was_interrupted(place)
    with databases.bring_up(place, ours=True) as up:
        assert up.postgres
        up.postgres.sql("CREATE TABLE half (x int)", postgres.DATABASE)
        up.postgres.remake_database()
        assert up.postgres.sql("SELECT to_regclass('half') IS NULL", postgres.DATABASE).strip() == "t"
    services.begin_again(place)
    assert not services.was_interrupted(place) and not (place / "migrate.done").exists()


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_what_to_install(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "bin" / "python")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(Trouble, match="python3-venv"):
        environment.prepare()


def test_a_full_disk_is_said_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "bin" / "python")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))  # type: ignore[attr-defined]
    with pytest.raises(Trouble, match="磁盘空间不足"):
        environment.prepare()


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Of an environment in which nothing was installed yet."""
    (tmp_path / "python").touch()
    for name, value in {"VENV": tmp_path, "PYTHON": tmp_path / "python", "LOCKS": tmp_path}.items():
        monkeypatch.setattr(environment, name, value)
    file = tmp_path / "run.txt"
    file.write_text("a==1")
    return file


def test_nothing_is_installed_when_the_lock_is_unchanged(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(environment, "install_fast", lambda wanted, step: asked.append(wanted) or True)
    for _ in range(2):
        environment.prepare()
    assert asked == [lock]
    lock.write_text("a==2")
    environment.prepare()
    assert asked == [lock, lock]


def test_the_tests_have_a_lock_of_their_own(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(environment, "install_fast", lambda wanted, step: asked.append(wanted.name) or True)
    lock.with_name("test.txt").write_text("a==1")
    environment.prepare()
    environment.prepare("test")
    assert asked == ["run.txt", "test.txt"]


def test_where_uv_does_not_manage_pip_does(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(environment, "install_fast", lambda wanted, step: False)
    monkeypatch.setattr(environment, "run", lambda trouble, *argv, **_: asked.append(" ".join(argv[1:])))
    environment.prepare()
    assert [said.startswith("-m pip install") and said.endswith(f"-r {lock}") for said in asked] == [True]


def test_uv_asks_the_registries_that_pip_was_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = (
        ":env:.index-url='https://first.example/simple'\n"
        "global.index-url='https://second.example/simple'\n"
        f"global.extra-index-url='file://{tmp_path} file://{tmp_path}/none https://third.example/simple'\n"
        f":env:.find-links='{tmp_path}'\n"
        f"global.find-links='{tmp_path}\\n/srv/none\\nhttps://b.example'\n"
        "global.timeout='60'\n"
    )
    monkeypatch.setattr(subprocess, "run", lambda argv, **_: subprocess.CompletedProcess(argv, 0, told, ""))
    assert environment.registries() == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://first.example/simple",
        "UV_INDEX": f"file://{tmp_path} https://third.example/simple",
        "UV_FIND_LINKS": f"{tmp_path},https://b.example",
    }


def locked(name: str) -> dict[str, str]:
    pinned = re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", (environment.LOCKS / f"{name}.txt").read_text(), re.MULTILINE)
    return dict(pinned)


def declared(*extras: str) -> set[str]:
    project = tomllib.loads((ground.ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return {re.split(r"[^A-Za-z0-9._-]", line)[0] for line in lines}


def test_production_holds_no_more_than_it_needs_and_every_lock_the_same_versions() -> None:
    production, run_, test = locked("production"), locked("run"), locked("test")
    assert (
        declared() <= set(production) and declared("servers") <= set(run_) and declared("servers", "dev") <= set(test)
    )
    assert production.items() < run_.items() < test.items()
    tools, servers = declared("dev") - declared(), declared("servers") - declared()
    assert not (tools | servers) & set(production)
    assert not tools & set(run_)


def test_the_reason_is_the_line_that_names_the_error() -> None:
    assert reason("x\nERROR: no such package\nhint: y\n") == "ERROR: no such package"
    assert reason("Traceback\n  File\nValueError: z\nIs it running?\n") == "ValueError: z"
    assert reason("initdb: error: no right\ninitdb: removing\n") == "initdb: error: no right"
    assert reason("OSError: [Errno 28] No space left on device: 'a'\n") == "磁盘空间不足"
    assert reason("") == "没有说明原因"


def test_an_unreachable_database_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgres://nobody@127.0.0.1:{ground.free_port()}/minshi")
    with pytest.raises(Trouble, match="连不上 DATABASE_URL"), databases.bring_up(place):
        pass


def test_an_unreachable_redis_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{ground.free_port()}/0")
    with pytest.raises(Trouble, match="连不上 REDIS_URL"), databases.bring_up(place):
        pass


def test_an_older_python_can_read_run_py_as_far_as_the_refusal() -> None:
    source = (ground.ROOT / "run.py").read_text()
    ast.parse(source, feature_version=(3, 7))
    assert source.index("version_info") < source.index("from minshi")


def test_what_runs_before_the_environment_needs_nothing_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ground.ROOT)!r}); import run"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


# --- What is remembered ------------------------------------------------------------------------


def test_passwords_and_ports_stay_and_are_for_the_owner_only(place: Path) -> None:
    facts = ground.recall(place)
    assert ground.recall(place) == facts
    assert stat.S_IMODE((place / "servers.json").stat().st_mode) == 0o600
    assert len({facts[name] for name in ("secret_key", "postgres", "minshi_owner", "minshi_app", "redis")}) == 5


def test_a_port_that_somebody_took_meanwhile_is_replaced(place: Path, taken_port: int) -> None:
    facts = ground.recall(place)
    ground.remember(place / "servers.json", {**facts, "redis_port": taken_port})
    again = ground.recall(place)
    assert again["redis_port"] != taken_port
    assert again["postgres_port"] == facts["postgres_port"]


def test_a_prepared_step_runs_once_for_each_state(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(services, "manage", lambda trouble, env, *argv, **_: ran.append(argv[0]))
    for state in ("one", "one", "two"):
        services.once(place / "mark", state, "做", {}, "replay")
    assert ran == ["replay", "replay"]


def test_an_empty_platform_has_places_and_nobody(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(services, "manage", lambda trouble, env, *argv, **_: ran.append(argv[0]))
    services.prepare(place, {}, empty=True)
    assert "load_divisions" in ran and "replay" not in ran
    said = run.first_steps(place)
    assert f"MINSHI_VAR={place} python3 run.py manage add_staff" in said


def test_an_empty_platform_does_not_begin_on_the_demos_data(place: Path) -> None:
    (place / "replay.done").touch()
    with pytest.raises(Trouble, match="演示城区"):
        services.prepare(place, {}, empty=True)


def test_a_step_that_failed_runs_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(trouble: str, env: dict[str, str], *argv: str, step: object) -> str:
        raise Trouble(trouble)

    monkeypatch.setattr(services, "manage", fail)
    with pytest.raises(Trouble):
        services.once(place / "mark", "one", "做", {}, "replay")
    assert not (place / "mark").exists()


# --- Which PostgreSQL --------------------------------------------------------------------------


def test_data_are_opened_by_the_version_that_made_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {Path("/new"): 18, Path("/old"): 15}
    monkeypatch.setattr(postgres, "version", versions.__getitem__)
    assert postgres.choose(versions, tmp_path) == Path("/new")
    (tmp_path / "PG_VERSION").write_text("15\n")
    assert postgres.choose(versions, tmp_path) == Path("/old")
    (tmp_path / "PG_VERSION").write_text("16\n")
    with pytest.raises(Trouble, match="是 PostgreSQL 16 的数据，这里只有 18、15"):
        postgres.choose(versions, tmp_path)
    with pytest.raises(Trouble, match="没有找到 PostgreSQL 15"):
        postgres.choose([], tmp_path / "elsewhere")


def test_an_unknown_way_to_servers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINSHI_SERVERS", "cloud")
    with pytest.raises(Trouble, match="machine 或 wheels"):
        next(databases.found(postgres))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has doors that nobody cannot pass")
def test_data_move_out_of_a_directory_only_root_can_enter(place: Path) -> None:
    assert ground.data_home(place) == place
    place.chmod(0o700)
    elsewhere = ground.data_home(place)
    assert elsewhere.is_relative_to("/var/lib/minshi")
    assert ground.data_home(place) == elsewhere
    elsewhere.rmdir()


# --- Processes ---------------------------------------------------------------------------------


def test_stopping_ends_the_grandchildren_too(place: Path) -> None:
    code = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(p.pid, flush=True); time.sleep(60)"
    )
    with Family() as family:
        child = family.start(sleeper(place, code))
        while not child.last_words():
            time.sleep(0.02)
    assert is_gone(int(child.last_words()))
    assert not child.is_alive


def test_children_end_when_their_parent_is_killed(place: Path) -> None:
    code = f"""
import sys, time
sys.path.insert(0, {str(ground.ROOT)!r})
from pathlib import Path
from minshi.servers.children import Child
child = Child("x", [sys.executable, "-c", "import time; time.sleep(60)"], log=Path({str(place / "x.log")!r}))
child.start()
print(child.process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert is_gone(pid)


# --- The real servers --------------------------------------------------------------------------


def test_hints_of_another_program_are_thrown_away(place: Path) -> None:
    left = place / "redis" / "appendonlydir"
    left.mkdir(parents=True)
    (left / "appendonly.aof.manifest").write_text("file appendonly.aof.1.base.rdb seq 1 type b\n")
    (left / "appendonly.aof.1.base.rdb").write_bytes(b"REDIS9999" + bytes(20))
    for path in (place / "redis", left, *left.iterdir()):
        ground.give(path)
    with databases.bring_up(place) as up:
        assert up.redis and up.redis.is_ready()


@pytest.mark.parametrize("way", ["", "wheels"])
def test_both_servers_start_keep_their_data_and_leave_nothing_running(
    place: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINSHI_SERVERS", way)
    with databases.bring_up(place) as up:
        server, redis = up.postgres, up.redis
        assert server and redis and server.child.process and redis.child.process
        server.sql("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)", "minshi")
        answer = server.sql(
            "SELECT pg_encoding_to_char(encoding), datctype, rolname, current_setting('fsync') FROM pg_database"
            " JOIN pg_roles r ON r.oid = datdba WHERE datname = 'minshi'"
        )
        assert answer.strip() == "UTF8|C.UTF-8|minshi_owner|on"
        pids = server.child.process.pid, redis.child.process.pid
        words = " ".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in pids)
        assert not any(up.env[name].split(":")[2].split("@")[0] in words for name in ("DATABASE_URL", "REDIS_URL"))
        if os.geteuid() == 0:
            assert Path(f"/proc/{pids[0]}").stat().st_uid != 0

        os.kill(pids[0], signal.SIGKILL)
        server.child.process.wait()
        server.start()
        assert server.sql("SELECT id FROM kept", "minshi").strip() == "7"
    assert all(is_gone(pid) for pid in pids)
    with databases.bring_up(place) as up:
        assert up.postgres
        assert up.postgres.sql("SELECT id FROM kept", "minshi").strip() == "7"


# --- Browser and print -------------------------------------------------------------------------


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "browser", lambda: None)
    monkeypatch.setattr(environment, "prints", lambda: False)
    monkeypatch.setattr(environment, "fetch_browser", lambda: None)


def test_what_cannot_be_tested_is_listed(bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    env, missing = environment.for_tests()
    assert env == {}
    assert [line[:5] for line in missing] == ["浏览器测试", "PDF 测"]


def test_in_ci_nothing_may_be_skipped(bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Trouble, match="CI 里不能跳过"):
        environment.for_tests()


def test_a_browser_that_does_not_start_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\necho snap is missing >&2\nexit 1\n")
    stub.chmod(0o755)
    monkeypatch.setenv("MINSHI_CHROMIUM", str(stub))
    monkeypatch.setattr(environment, "BROWSERS", ())
    monkeypatch.setattr(environment, "_of_playwright", lambda: None)
    assert environment.browser() is None
