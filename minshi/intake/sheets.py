"""A file that somebody sends as a register: opened where it can do no harm, or refused with a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from threading import BoundedSemaphore

from django.utils.translation import gettext as _

from minshi.intake import opening
from minshi.refusals import Refused

LIMITS = opening.Limits(memory=768, seconds=25, unpacked=300, rows=40_000, columns=40, signs=12_000_000)
"""A community of 30,000 households is 1 MB packed, 20 MB unpacked, and takes 3 s; the site's own process grows by
100 MB while it looks at one."""
MOST_BYTES = 10 * 1024 * 1024
TURN, WAIT = 15, 35
"""Seconds until it is given up: to come to turn, and to be read. The form's transaction is open meanwhile, and one
that idles for a minute is ended by the database."""
_one_at_a_time = BoundedSemaphore(1)

Sheets = list[tuple[str, list[tuple[int, list[str]]]]]


def opened(content: bytes) -> Sheets:
    """The sheets of an xlsx, xls, ods or csv. Raises ``Refused`` beside the field ``file``."""
    if len(content) > MOST_BYTES:
        raise Refused(file=_too_large())
    if not _one_at_a_time.acquire(timeout=TURN):
        raise Refused(file=_("现在同时读表的人多，请过一会儿再交一次"))
    try:
        ended = subprocess.run(
            [sys.executable, "-I", opening.__file__, *LIMITS.words],
            input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=WAIT, env={}, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Refused(file=_too_large()) from None
    finally:
        _one_at_a_time.release()
    if ended.returncode == opening.LOCKED:
        raise Refused(file=_("这个表设了密码，请去掉密码再交"))
    if ended.returncode == opening.UNSOLVED:
        raise Refused(file=_("表里的公式还没有算出结果：请用 Excel 或 WPS 打开，保存一次再交"))
    if ended.returncode == opening.NO_TABLE:
        raise Refused(file=_("这不是能打开的表格；请交 Excel（xlsx）或 csv，照模板填"))
    if ended.returncode:
        raise Refused(file=_too_large())
    return [(name, [(number, cells) for number, cells in rows]) for name, rows in json.loads(ended.stdout)]


def _too_large() -> str:
    return _("表太大：一次最多 %(rows)s 行、%(mb)d MB。请删掉空行、图片，或者一个小区一个表") % {
        "rows": f"{LIMITS.rows:,}",
        "mb": MOST_BYTES // 1024 // 1024,
    }
