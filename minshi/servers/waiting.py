"""The page that is there before the site: what is being done, and how far it is. It goes when the site answers."""

from __future__ import annotations

import socket
import threading
import time
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from minshi.servers import progress

AGAIN = 2
"""Seconds after which the page asks again by itself; it needs no script."""
PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{again}"><title>正在准备 · 民生小实事</title>
<style>
body {{ font: 18px/1.7 "Noto Sans CJK SC", "PingFang SC", sans-serif; color: #1c2b25; background: #f6f8f7;
  max-width: 34rem; margin: 0 auto; padding: 2rem 1.25rem }}
h1 {{ font-size: 1.5rem; color: #08483a }}
ol {{ list-style: none; padding: 0 }}
li {{ padding: .35rem 0; border-bottom: 1px solid #dbe4df }}
li b {{ color: #096c4d }}
progress {{ display: block; width: 100%; height: .8rem; accent-color: #096c4d }}
</style></head><body>
<h1>民生小实事正在准备</h1>
<p>已经 {seconds} 秒。准备好以后，这一页自己变成首页，不用动它。</p>
<ol>{steps}</ol>
</body></html>
"""


def page() -> bytes:
    """What was done and what is being done now."""
    begun = progress.steps[0].began if progress.steps else time.monotonic()
    said = PAGE.format(again=AGAIN, seconds=int(time.monotonic() - begun), steps="".join(map(_line, progress.steps)))
    return said.encode()


def _line(step: progress.Step) -> str:
    what = escape(step.what)
    if step.took is not None:
        return f"<li>{what} ✓ {step.took:.0f} 秒</li>"
    if step.percent is None:
        return f'<li aria-current="step"><b>{what} …</b></li>'
    bar = f'<progress max="100" value="{step.percent}"></progress>'
    return f'<li aria-current="step"><b>{what} … {step.percent}%</b>{bar}</li>'


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        said = page()
        self.send_response(503)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(said)),
            "Cache-Control": "no-store",
            "Retry-After": str(AGAIN),
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    do_HEAD = do_POST = do_GET

    def log_message(self, *_said: object) -> None:
        """The terminal is for the steps."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # The site binds the same port beside it (gunicorn --reuse-port): at no moment does nobody answer.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Who went away meanwhile is nobody's trouble."""


class WaitingPage:
    """Answers on the site's port until the block ends or ``go`` is called."""

    def __init__(self, host: str, port: int) -> None:
        self.server: _Server | None = _Server((host, port), _Answer)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def go(self) -> None:
        """The site answers now. Whoever knocked before is answered still."""
        if self.server:
            self.server.shutdown()
            self.server.timeout = 0
            self.server.handle_request()
            self.server.server_close()
        self.server = None

    def __enter__(self) -> WaitingPage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go()
