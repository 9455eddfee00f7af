"""Passwords that are long enough and still guessed at once: one sign again and again, a walk along the keyboard, the
login itself in whatever dress."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from minshi.accounts.models import User

FEWEST_SIGNS = 5
"""Different ones, in twelve or more."""
MOST_WALKED = 0.6
"""Of all steps from one sign to the next: those to the same or to a neighbour on the keyboard, in the alphabet or
among the figures."""
FEWEST_OF_ITS_OWN = 6
"""Different letters that have nothing to do with the login."""
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS = {pair for row in ROWS for one, other in pairwise(row) for pair in ((one, other), (other, one))}
DRESS = str.maketrans("014358@$!|", "olaesbasll")
"""Figures and signs that are written for letters."""


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class VariedPasswordValidator:
    """Not one sign, one syllable or one row of keys."""

    def validate(self, password: str, user: object = None) -> None:
        said = _plain(password)
        if len(set(said)) < FEWEST_SIGNS or _repeats(said) or _is_a_walk(said):
            raise ValidationError(
                _("这个密码太好猜：同几个字符反复，或者按键盘、字母表顺序排的，都不要用。"), code="password_too_plain"
            )

    def get_help_text(self) -> str:
        return _("不要用同几个字符反复，也不要按键盘或字母表的顺序。")


def _repeats(said: str) -> bool:
    """One piece twice or more often, the last one perhaps cut short."""
    return any(said == (said[:size] * len(said))[: len(said)] for size in range(1, len(said) // 2 + 1))


def _is_a_walk(said: str) -> bool:
    steps = list(pairwise(said))
    return sum(one == other or (one, other) in NEIGHBOURS for one, other in steps) > MOST_WALKED * len(steps)


class NotTheLoginValidator:
    """Not made of the login name or the phone number: neither backwards, twice, with figures nor in their dress."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None:
            return
        for word in filter(None, (user.username, user.phone)):
            if _is_made_of(_plain(password), _plain(word)):
                raise ValidationError(
                    _("密码不能是登录名或手机号加几个数字、倒过来写这一类，请换一个别人想不到的。"),
                    code="password_of_the_login",
                )

    def get_help_text(self) -> str:
        return _("不要用登录名或手机号变来变去。")


def _is_made_of(password: str, word: str) -> bool:
    if word.isdigit():
        return word in password or word[::-1] in password
    core = _letters(word)
    if len(core) < 3:
        return False
    said = _letters(password)
    if set(said) <= set(core):
        return True
    rest = said.replace(core, "").replace(core[::-1], "")
    return rest != said and len(set(rest)) < FEWEST_OF_ITS_OWN


def _letters(text: str) -> str:
    """What is left in letters: figures in the place of letters among them, figures at either end not."""
    return "".join(sign for sign in text.strip("0123456789").translate(DRESS) if sign.isalpha())
