"""An alarm leaves by webhook or mail, by neither database nor broker: on a way that does not hang on what broke."""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
import time
import urllib.request
from collections.abc import Iterable
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)

SECONDS = 10
LASTS = 60.0
"""Seconds that something has to be wrong: a restart, of the database too, is no alarm."""
AGAIN_AFTER = 6 * 3600.0
"""Seconds after which what is still wrong is said again."""


class NoAlarm(Exception):
    """It did not leave; the text says by which way and why, without an address or a password."""


def send(lines: Iterable[str]) -> None:
    """To everybody configured. Raises ``NoAlarm`` where a way fails, or there is none."""
    text = "\n".join([f"{settings.SITE_URL}", *lines])
    failed = []
    ways = {"webhook": (settings.ALARM_WEBHOOK, _post), "mail": (settings.ALARM_MAIL, _mail)}
    used = {name: way for name, way in ways.items() if way[0]}
    for name, (address, way) in used.items():
        try:
            way(address, text)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            failed.append(f"{name}: {type(error).__name__}")
    if failed or not used:
        raise NoAlarm("; ".join(failed) or "neither MINSHI_ALARM_WEBHOOK nor MINSHI_ALARM_MAIL is set")


def _post(address: str, text: str) -> None:
    """As the robots of 企业微信 and 钉钉 take it."""
    if not address.startswith("https://"):
        raise ValueError("https only")
    data = json.dumps({"msgtype": "text", "text": {"content": text}}).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})  # noqa: S310  (https only)
    with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310
        return


def send_root(line: str) -> None:
    """To whoever asked for the chain's roots. One that does not leave is no loss: the next confirms all before it."""
    if not settings.ROOTS_MAIL:
        return
    text = _(
        "存证链的根（序号、校验值、封存时间）。请留存：以后可以请运维人员用 check_chain --root 核对它是否还在链上。"
    )
    try:
        _mail(settings.ROOTS_MAIL, f"{settings.SITE_URL}\n{line}\n\n{text}", subject=_("民生小实事存证"))
    except (OSError, ValueError, KeyError, smtplib.SMTPException) as error:
        log.error("the root did not leave by mail: %s", type(error).__name__)


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
