"""Numbers on slips: short enough to write down, and a slip of the pen is noticed.

A slip number follows from one its sender made, so that a repeat gets the same one. Eleven characters carry
it, the twelfth checks them: any one wrong character, and any two swapped, are found (31 is a prime).
"""

from __future__ import annotations

import hashlib
import logging
import re
from uuid import UUID

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1, I and L: nobody has to guess."""
BASE = len(ALPHABET)
LENGTH = 12


def number_of(made: UUID) -> str:
    """The number that belongs to one the sender made: the same again for a repeat."""
    value = int.from_bytes(hashlib.sha256(b"minshi receipt" + made.bytes).digest())
    digits = []
    for _place in range(LENGTH - 1):
        value, digit = divmod(value, BASE)
        digits.append(digit)
    return "".join(ALPHABET[digit] for digit in [*digits, _check(digits)])


def _check(digits: list[int]) -> int:
    return sum(place * digit for place, digit in enumerate(digits, start=1)) % BASE


def normal(text: str) -> str:
    """As it is kept: capitals, without the dashes and spaces people write."""
    return "".join(character for character in text.upper() if character in ALPHABET)


def is_number(text: str) -> bool:
    digits = [ALPHABET.index(character) for character in normal(text)]
    return len(digits) == LENGTH and _check(digits[:-1]) == digits[-1]


def shown(number: str) -> str:
    """7K3M-9QWX-2TBD."""
    return "-".join(number[start : start + 4] for start in range(0, LENGTH, 4))


NUMBER = re.compile(r"(?<![0-9A-Za-z])[2-9A-Za-z]{4}-?[2-9A-Za-z]{4}-?[2-9A-Za-z]{4}(?![0-9A-Za-z])")


def hidden(text: str) -> str:
    """Without any number of ours: a log keeps the time and the place it came from, and would join them to it."""
    return NUMBER.sub(lambda found: "…" if is_number(found[0]) else found[0], text)


class WithoutNumbers(logging.Filter):
    """No log carries a slip or check number (domain.md 5): they stand in addresses, which Django logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        cleaned = hidden(said)
        if cleaned != said:
            record.msg, record.args = cleaned, ()
        return True
