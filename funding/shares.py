"""Dividing a sum in proportion, to the fen: pure arithmetic, the rule that is shown to people."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from django.utils.translation import gettext_lazy as _

K = TypeVar("K", bound=Hashable)

RULE = _("按各方出的钱占的比例退；除不尽的零头，一分一分给余数最大的，余数相同的给排在前面的。")


def split(total_fen: int, weights: Mapping[K, int]) -> dict[K, int]:
    """Divide ``total_fen`` in proportion to ``weights``; the parts add up to it exactly.

    Everybody gets the whole fen of their share, what is left goes fen by fen to the largest remainders, among
    equals to whoever comes first. So nobody gets more than they gave while ``total_fen`` is not more than all gave.
    """
    whole = sum(weights.values())
    if total_fen < 0 or min(weights.values(), default=0) < 0:
        raise ValueError("shares are not negative")
    if whole == 0:
        if total_fen:
            raise ValueError("nobody to divide among")
        return dict.fromkeys(weights, 0)
    parts = {key: total_fen * weight // whole for key, weight in weights.items()}
    left = total_fen - sum(parts.values())
    by_remainder = sorted(weights, key=lambda key: -(total_fen * weights[key] % whole))
    for key in by_remainder[:left]:
        parts[key] += 1
    return parts
