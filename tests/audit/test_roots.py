"""Each hour a root leaves the database: who rebuilds the chain, or cuts its end, is found by it."""

from __future__ import annotations

import html
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from minshi.audit import actions, roots
from minshi.audit.chain import faults
from minshi.audit.models import Event, Link
from minshi.health import alarms, tasks
from tests.audit.conftest import Connection
from tests.audit.rebuilding import guarded, rebuild, unguarded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fresh_chain")]


@pytest.fixture(autouse=True)
def outside(settings: Any, tmp_path: Path) -> Path:
    settings.ROOTS_FILE = tmp_path / "elsewhere" / "roots.txt"
    return settings.ROOTS_FILE


@pytest.fixture
def groups(clock: Any) -> list[Group]:
    clock.set("2026-11-03 12:00")
    made = [Group.objects.create(name=f"组{number}") for number in range(4)]
    actions.seal()
    return made


def lost() -> list[str]:
    return [fault.where for fault in roots.lost()]


def test_the_newest_link_leaves_once(groups: list[Group], outside: Path) -> None:
    assert roots.leave()
    newest = Link.objects.latest("seq")
    assert outside.read_text().split()[:2] == [str(newest.seq), bytes(newest.hash).hex()]
    assert not roots.leave(), "nothing was sealed since"
    Group.objects.create(name="又一组")
    actions.seal()
    assert roots.leave()
    assert len(outside.read_text().splitlines()) == 2 and lost() == []


def test_a_chain_made_anew_over_another_truth_is_found(groups: list[Group], owner: Connection, capsys: Any) -> None:
    roots.leave()
    kept = Link.objects.latest("seq").seq
    event = Event.objects.of(groups[1])[0]
    unguarded(owner, "audit_event", "audit_link", "audit_dayroot", "auth_group")
    owner.execute("UPDATE auth_group SET name = 'x' WHERE id = %s", [groups[1].pk])
    owner.execute('UPDATE audit_event SET after = after || \'{"name": "x"}\' WHERE id = %s', [event.pk])
    rebuild(owner)
    guarded(owner, "audit_event", "audit_link", "audit_dayroot", "auth_group")
    assert list(faults()) == [], "by itself the chain fits"
    assert lost() == [f"audit_link {kept}"]
    with pytest.raises(SystemExit):
        call_command("check_chain")
    assert f"root-lost audit_link {kept}" in capsys.readouterr().err


def test_an_end_cut_off_is_found(groups: list[Group], owner: Connection) -> None:
    roots.leave()
    last = Link.objects.latest("seq")
    unguarded(owner, "audit_event", "audit_link", "audit_dayroot", "auth_group")
    owner.execute("DELETE FROM audit_link WHERE seq = %s", [last.seq])
    owner.execute("DELETE FROM audit_event WHERE id = %s", [last.event_id])
    owner.execute("DELETE FROM auth_group WHERE id = %s", [groups[-1].pk])
    guarded(owner, "audit_event", "audit_link", "audit_dayroot", "auth_group")
    assert list(faults()) == [], "by itself the chain fits"
    assert lost() == [f"audit_link {last.seq}"]
    assert not roots.leave(), "an older root is not written after a newer one"


def test_a_line_that_a_full_disk_cut_short_is_none(groups: list[Group], outside: Path) -> None:
    roots.leave()
    with outside.open("a") as file:
        file.write("9 abc")
    assert lost() == []


def test_the_newest_that_left_is_read_from_the_end(groups: list[Group], outside: Path) -> None:
    assert roots.newest() is None
    roots.leave()
    Group.objects.create(name="又一组")
    actions.seal()
    roots.leave()
    newest, link = roots.newest(), Link.objects.latest("seq")
    assert newest and (newest.seq, newest.hash, newest.at) == (link.seq, bytes(link.hash).hex(), link.sealed_at)
    with outside.open("a") as file:
        file.write("99 cut sho")
    assert roots.newest() == newest, "a line that a full disk cut short is none"


def test_the_list_says_each_hour_and_hash_in_order_and_no_count(
    groups: list[Group], outside: Path, client: Client, clock: Any
) -> None:
    address = reverse("roots_file")
    assert client.get(address).content == b""
    roots.leave()
    first = bytes(Link.objects.latest("seq").hash).hex()
    clock.set("2026-11-03 14:59")
    Group.objects.create(name="又一组")
    actions.seal()
    roots.leave()
    second = bytes(Link.objects.latest("seq").hash).hex()
    answer = client.get(address)
    assert answer.content.decode() == f"2026-11-03T12 {first}\n2026-11-03T14 {second}\n"
    assert answer["Content-Type"].startswith("text/plain")
    assert client.get(address, {"since": "2026-11-03T13"}).content.decode() == f"2026-11-03T14 {second}\n"
    page = client.get(reverse("witness")).content.decode()
    assert address in page and second in page and reverse("witness") in client.get(reverse("chain")).content.decode()


def test_the_check_of_the_page_keeps_the_list_and_finds_what_is_gone(
    groups: list[Group], client: Client, tmp_path: Path
) -> None:
    shown = client.get(reverse("witness")).content.decode()
    check = tmp_path / "keep_roots.py"
    check.write_text(html.unescape(shown.partition("<pre><code>")[2].partition("</code></pre>")[0]))
    lines = [f"2026-11-{day:02}T12 {day:064x}" for day in range(1, 29)]
    published: list[str] = lines[:27]

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            since = parse_qs(urlsplit(self.path).query).get("since", [""])[0]
            self.send_response(200)
            self.end_headers()
            self.wfile.write("".join(f"{line}\n" for line in published if line >= since).encode())

        def log_message(self, *args: Any) -> None: ...

    def run() -> tuple[int, str]:
        command = [sys.executable, "-I", str(check), f"http://127.0.0.1:{site.server_port}/trust/roots.txt"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    with HTTPServer(("127.0.0.1", 0), Site) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        assert run() == (0, "都还在；新留了 27 个，一共 27 个。\n")
        published.append(lines[27])
        assert run() == (0, "都还在；新留了 1 个，一共 28 个。\n")
        published[3] = published[3][:-1] + "f"  # the chain made anew from there on
        code, said = run()
        assert code == 1 and lines[3] in said and lines[4] not in said
        del published[20:]
        assert all(line in run()[1] for line in lines[20:])
        site.shutdown()


def test_each_hours_root_goes_to_whoever_asked_for_it(
    groups: list[Group], settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(alarms, "_mail", lambda address, text, subject: sent.append((address, text)))
    tasks.leave_root()
    assert not sent, "nobody asked"
    settings.ROOTS_MAIL = "smtps://mail.example.cn/?from=a@example.cn&to=b@example.cn"
    tasks.leave_root()
    assert not sent, "nothing was sealed since"
    Group.objects.create(name="又一组")
    actions.seal()
    tasks.leave_root()
    ((address, text),) = sent
    assert address == settings.ROOTS_MAIL and bytes(Link.objects.latest("seq").hash).hex() in text
    posted: list[tuple[str, str]] = []
    monkeypatch.setattr(alarms, "_post", lambda address, text: posted.append((address, text)))
    settings.ROOTS_WEBHOOK = "https://witness.example.cn/"
    alarms.send_root("1 hash")
    assert posted[0][0] == settings.ROOTS_WEBHOOK and "1 hash" in posted[0][1]
    settings.ROOTS_WEBHOOK = ""

    def away(*args: Any, **kwargs: Any) -> None:
        raise OSError("b@example.cn")

    monkeypatch.setattr(alarms, "_mail", away)
    Group.objects.create(name="再一组")
    actions.seal()
    tasks.leave_root()
    assert "the root did not leave by mail" in caplog.text and "example.cn" not in caplog.text
