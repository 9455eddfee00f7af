"""What ``--once`` asks of a platform that has started: its home page, each process's heartbeat, a clerk who gets in."""

from __future__ import annotations

import html
import http.cookiejar
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from minshi.servers.children import Family
from minshi.servers.progress import Trouble, step
from minshi.servers.services import fetch

CHECK = "/staff/factor/check/"
CODE_LASTS = 30  # seconds


def prove(family: Family, port: int, patience: float = 120) -> None:
    """The home page answers, and worker, beat and sweeper have each been heard of."""
    with step("检查首页和各进程的心跳"):
        status, _ = fetch(port, "/")
        if status != 200:
            raise Trouble(f"首页返回 {status}（日志 {family.children[0].log}）")
        end = time.monotonic() + patience
        while time.monotonic() < end:
            status, body = fetch(port, "/healthz")
            health: dict[str, Any] = json.loads(body) if status in (200, 503) else {}
            # Heard of since this start: an earlier one's heartbeats are still in the database.
            running = time.monotonic() - family.children[0].started
            if status == 200 and all(age is not None and age < running for age in health["heartbeats"].values()):
                return
            family.mind()
            time.sleep(0.2)
    raise Trouble(f"/healthz 返回 {status}：{body.decode(errors='replace')}")


def let_a_clerk_in(port: int, site_url: str) -> None:
    """As a newcomer would: the name, password and six digits of the page that shows them, then the desk."""
    with step("用社工的身份登录工作台"):
        # Beneath the path of the site, if it has one: cookies are for what is there alone.
        site = f"http://127.0.0.1:{port}{urllib.parse.urlsplit(site_url).path.rstrip('/')}"
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        password, code = _shown(browser, site)
        if not _fill(browser, f"{site}/staff/signin/", login="clerk", password=password).endswith(CHECK):
            raise Trouble("社工的登录名和密码进不去")
        end = time.monotonic() + 2 * CODE_LASTS
        while not _fill(browser, site + CHECK, code=code).endswith("/admin/"):
            used = code
            while used == code:  # somebody came in with it before
                if time.monotonic() > end:
                    raise Trouble("社工的动态码进不去")
                time.sleep(1)
                _password, code = _shown(browser, site)


def _shown(browser: urllib.request.OpenerDirector, site: str) -> tuple[str, str]:
    """The staff's password and the clerk's code of this moment."""
    page = browser.open(f"{site}/demo/codes/", timeout=30).read().decode()
    password = re.search(r"密码都是 <code>([^<]+)</code>", page)
    code = re.search(r"<code>clerk</code>.*?>(\d{6})<", page, re.DOTALL)
    if password is None or code is None:
        raise Trouble("演示账号那一页上没有社工")
    return html.unescape(password[1]), code[1]


def _fill(browser: urllib.request.OpenerDirector, address: str, **fields: str) -> str:
    """Send a page's form; returns where one is then, the same page where it was not taken."""
    page = browser.open(address, timeout=30).read().decode()
    mark = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    sent = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": mark[1] if mark else ""}).encode()
    try:
        with browser.open(address, sent, timeout=30) as answer:
            where: str = answer.geturl()
    except urllib.error.HTTPError as refused:
        if refused.code != 422:
            raise
        return address
    return where
