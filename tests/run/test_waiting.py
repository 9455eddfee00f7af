"""Before the site is there: what is being done and how far it is, at the terminal and on the site's own address."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from minshi.servers import environment, ground, progress, services
from minshi.servers.children import Child
from minshi.servers.progress import step
from minshi.servers.waiting import WaitingPage

SITE = """
import http.server, socket, sys
class Server(http.server.HTTPServer):
    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(self.server_address)
class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"home")
Server(("127.0.0.1", int(sys.argv[1])), Site).serve_forever()
"""


@pytest.fixture(autouse=True)
def _nothing_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "steps", [])


@pytest.fixture
def port() -> Iterator[int]:
    yield ground.free_port()


def test_at_once_a_page_says_what_is_being_done_and_how_far_it_is(port: int) -> None:
    with WaitingPage("127.0.0.1", port):
        with step("建立 <环境>"):
            pass
        with step("走一遍演示城区") as this:
            this.reach(0.37)
            status, said = services.fetch(port, "/projects/")
            page = said.decode()
    assert status == 503
    assert "建立 &lt;环境&gt; ✓" in page
    assert "走一遍演示城区 … 37%" in page and 'value="37"' in page
    assert 'http-equiv="refresh"' in page and "<script" not in page


def test_between_the_page_and_the_site_somebody_always_answers(port: int, tmp_path: Path) -> None:
    with WaitingPage("127.0.0.1", port) as page:
        site = Child("site", [sys.executable, "-c", SITE, str(port)], log=tmp_path / "log")
        assert services.fetch(port, "/")[0] == 503
        site.start()
        try:
            seen = [services.fetch(port, "/")[0]]
            end = time.monotonic() + 20
            while seen[-1] != 200 and time.monotonic() < end:
                seen.append(services.fetch(port, "/")[0])
            page.go()
            seen += [services.fetch(port, "/")[0] for _ in range(20)]
        finally:
            site.stop()
    assert set(seen) <= {200, 503}
    assert seen[-20:] == [200] * 20


def test_the_page_holds_its_port_against_others(port: int) -> None:
    with WaitingPage("127.0.0.1", port):
        assert "已被占用" in ground.why_not_listen("127.0.0.1", port)
    assert ground.why_not_listen("127.0.0.1", port) == ""


def test_the_sites_process_may_listen_beside_the_page() -> None:
    assert "--reuse-port" in services.commands(8000, ground.var())["web"]


def test_how_far_a_command_is_comes_from_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    code = "import sys, time; [print(n, '/', 4, flush=True) or time.sleep(.3) for n in (1, 2)]"
    with step("走") as this:
        environment.run("不行", sys.executable, "-c", code, how_far=services.steps_of, step=this)
        assert this.percent == 50
    assert "%" not in capsys.readouterr().out  # no terminal: nothing is written over


def test_how_far_installing_is_is_counted_in_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "run.txt"
    lock.write_text("a==1 \\\n    --hash=sha256:0\nb==2\n# via c==3\n")
    monkeypatch.setattr(ground, "site_packages", lambda: tmp_path)
    assert environment._unpacked(lock, "") == 0
    assert environment._fetched(lock, "Collecting a==1\n  Downloading …\n") == 0.25
    (tmp_path / "a-1.dist-info").mkdir()
    assert environment._unpacked(lock, "") == 0.5
    assert environment._fetched(lock, "Collecting a==1\nCollecting b==2\n") == 0.75


def test_a_port_that_nobody_holds_is_free_after_the_page(port: int) -> None:
    with WaitingPage("127.0.0.1", port) as page:
        page.go()
        page.go()
    with socket.create_server(("127.0.0.1", port)):
        pass
