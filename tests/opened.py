"""The same few small pictures come a thousand times: each goes through a process of its own once a run."""

from __future__ import annotations

import subprocess

from django.conf import settings

from minshi.faces import pictures

SMALL = 20_000
each_time = pictures._in_its_own_process
"""The real thing, which tests/faces/test_pictures.py uses."""
_opened: dict[tuple[bytes, int, int], subprocess.CompletedProcess[bytes]] = {}


def once(content: bytes) -> subprocess.CompletedProcess[bytes]:
    if len(content) > SMALL:
        return each_time(content)
    key = content, settings.PICTURE_MEMORY_MB, settings.PICTURE_SECONDS
    if key not in _opened:
        _opened[key] = each_time(content)
    return _opened[key]
