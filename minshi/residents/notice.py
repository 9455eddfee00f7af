"""个人信息告知: which of its versions holds, and since when; what changes in it is a new version, and asked anew.

The words stand in ``templates/residents/consent.html``; ``WORDS`` is the digest of what each version said.
"""

from __future__ import annotations

from datetime import date

VERSION = 1
SINCE = date(2026, 11, 1)
CHANGES: dict[int, str] = {}
"""By version, what is another than in the one before, in a sentence for who agreed to that."""
WORDS = {1: "8afeab059507d2d8"}
