"""An alarm leaves by webhook or mail, by neither database nor broker: on a way that does not hang on what broke."""

from __future__ import annotations

import json
import logging
import smtplib
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

log = logging.getLogger(__name__)

SECONDS = 10
"""Without a word of the other side after which it is given up."""
ALTOGETHER = 15.0
"""Seconds for all ways at once: whoever sends it has other things to do."""
LASTS = 60.0
"""Seconds that something has to be wrong: a restart, of the database too, is no alarm."""
AGAIN_AFTER = 6 * 3600.0
"""Seconds after which what is still wrong is said again."""


class NoAlarm(Exception):
    """It did not leave; the text says by which way and why, without an address or a password."""


class NotTaken(ValueError):
    """The other side answered, and said that it did not take it."""


@dataclass(frozen=True)
class Left:
    """A way that an alarm took: it left, or ``error`` says what stood in its way."""

    way: str
    error: Exception | None = None


def ways() -> dict[str, tuple[str, Callable[[str, str], None]]]:
    """The ways that are configured: name → address, and what sends to it."""
    every = {"webhook": (settings.ALARM_WEBHOOK, _post), "mail": (settings.ALARM_MAIL, _mail)}
    return {name: way for name, way in every.items() if way[0]}


def leave(lines: Iterable[str]) -> list[Left]:
    """To everybody configured, by all ways at once; none of them holds up another, or whoever sends."""
    text = "\n".join([f"{settings.SITE_URL}", *lines])
    found: dict[str, Left] = {}

    def take(name: str, address: str, way: Callable[[str, str], None]) -> None:
        try:
            way(address, text)
            found[name] = Left(name)
        except (OSError, ValueError, LookupError, smtplib.SMTPException) as error:
            found[name] = Left(name, error)

    used = ways()
    under_way = [threading.Thread(target=take, args=(name, *way), daemon=True) for name, way in used.items()]
    until = time.monotonic() + ALTOGETHER
    for thread in under_way:
        thread.start()
    for thread in under_way:
        thread.join(max(0.0, until - time.monotonic()))
    return [found.get(name, Left(name, TimeoutError())) for name in used]


def send(lines: Iterable[str]) -> None:
    """To everybody configured. Raises ``NoAlarm`` where a way fails, or there is none."""
    taken = leave(lines)
    failed = [f"{each.way}: {type(each.error).__name__}" for each in taken if each.error]
    if failed or not taken:
        raise NoAlarm("; ".join(failed) or "neither MINSHI_ALARM_WEBHOOK nor MINSHI_ALARM_MAIL is set")


def _post(address: str, text: str) -> None:
    """As the robots of 企业微信 and 钉钉 take it; they answer 200 also where they refuse, and say so inside."""
    if not address.startswith("https://"):
        raise ValueError("https only")
    data = json.dumps({"msgtype": "text", "text": {"content": text}}).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})  # noqa: S310  (https only)
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        said = answer.read(MOST_READ)
    if _refuses(said):
        raise NotTaken


MOST_READ = 64 * 1024


def _refuses(said: bytes) -> bool:
    try:
        answer = json.loads(said)
    except ValueError:
        return False  # another kind of receiver: 200 is its word
    return isinstance(answer, dict) and bool(answer.get("errcode"))


def why(error: Exception) -> str:
    """What stood in the way, for whoever tries it: without an address or a password."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return next((str(said) for kinds, said in _WHY if isinstance(cause, kinds)), str(_OTHERWISE))


_WHY: tuple[tuple[type | tuple[type, ...], object], ...] = (
    (NotTaken, gettext_lazy("对方收到了，但说不接受（多半是机器人的密钥或关键词不对）")),
    (smtplib.SMTPAuthenticationError, gettext_lazy("邮箱的登录名或密码没有被接受")),
    (smtplib.SMTPRecipientsRefused, gettext_lazy("邮件服务器不接受收件人的地址")),
    (smtplib.SMTPNotSupportedError, gettext_lazy("邮件服务器不能加密，不发")),
    (ssl.SSLError, gettext_lazy("对方的证书不对，或者不能加密")),
    (TimeoutError, gettext_lazy("对方没有应答")),
    (socket.gaierror, gettext_lazy("找不到这个地址的机器，地址多半写错了")),
    (ConnectionError, gettext_lazy("连不上对方")),
    ((ValueError, LookupError), gettext_lazy("设置里的地址写得不对")),
)
_OTHERWISE = gettext_lazy("对方没有接受")


def send_root(line: str) -> None:
    """To whoever asked for the chain's roots. One that does not leave is no loss: the next confirms all before it."""
    text = _(
        "存证链的根（序号、校验值、封存时间）。请留存：以后可以请运维人员用 check_chain --root 核对它是否还在链上。"
    )
    letter = f"{settings.SITE_URL}\n{line}\n\n{text}"
    ways: dict[str, tuple[str, Callable[[str, str], None]]] = {
        "mail": (settings.ROOTS_MAIL, partial(_mail, subject=_("民生小实事存证"))),
        "webhook": (settings.ROOTS_WEBHOOK, _post),
    }
    for name, (address, way) in ways.items():
        try:
            if address:
                way(address, letter)
        except (OSError, ValueError, LookupError, smtplib.SMTPException) as error:
            log.error("the root did not leave by %s: %s", name, type(error).__name__)


def _mail(address: str, text: str, subject: str = "") -> None:
    """``smtps://user:password@host:465/?from=…&to=…``; ``smtp://`` begins in the clear and must turn to TLS."""
    where = urlsplit(address)
    asked = parse_qs(where.query)
    letter = EmailMessage()
    letter["Subject"] = subject or _("民生小实事报警")
    letter["From"], letter["To"] = asked["from"][0], ", ".join(asked["to"])
    letter.set_content(text)
    context = ssl.create_default_context()
    host = where.hostname or ""
    if where.scheme == "smtps":
        line: smtplib.SMTP = smtplib.SMTP_SSL(host, where.port or 465, timeout=SECONDS, context=context)
    else:
        line = smtplib.SMTP(host, where.port or 587, timeout=SECONDS)
    with line:
        if where.scheme != "smtps":
            line.starttls(context=context)
        if where.username:
            line.login(unquote(where.username), unquote(where.password or ""))
        line.send_message(letter)


class Alarms:
    """Tells what has been wrong for a while, again while it stays so, and once that it is well."""

    def __init__(self) -> None:
        self.since: dict[str, float] = {}
        self.told: dict[str, float] = {}

    def look(self, wrong: Iterable[str]) -> None:
        now, here = time.monotonic(), list(wrong)
        self.since = {name: self.since.get(name, now) for name in here}
        lasting = [name for name in here if now >= self.since[name] + LASTS]
        news = [name for name in lasting if name not in self.told or now > self.told[name] + AGAIN_AFTER]
        over = [name for name in self.told if name not in here]
        if not news and not over:
            return
        lines = [_("不正常：%(name)s") % {"name": name} for name in news]
        lines += [_("已恢复：%(name)s") % {"name": name} for name in over]
        for line in lines:
            log.error("alarm: %s", line)
        try:
            send(lines)
        except NoAlarm as failure:
            log.critical("the alarm did not leave: %s", failure)
            if settings.ALARM_WEBHOOK or settings.ALARM_MAIL:
                return  # it is tried again in the next round
        for name in over:
            del self.told[name]
        self.told.update(dict.fromkeys(news, now))
