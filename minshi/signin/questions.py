"""A small question for strangers who try one number or one login name again and again: a picture, or in words.

Each question is good for one answer and some minutes; the answer goes along as a digest that nobody else can make.
It slows a machine down and stops nobody who means it: what keeps people from being shut out is the room of their own
browser (``browsers``).
"""

from __future__ import annotations

import secrets
import unicodedata
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from django import forms
from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont

from minshi.policy import selectors as policy
from minshi.signin.limits import exceeds
from minshi.signin.models import keyed

SALT = "question"
GOOD_FOR = timedelta(minutes=10)
FIGURES = 5
WIDTH, HEIGHT, LETTER = 220, 76, 44


@dataclass(frozen=True)
class Question:
    """``picture`` is a data URI of figures to copy; without one ``words`` asks a sum."""

    token: str
    words: str
    picture: str = ""


def after() -> int:
    """How many tries from browsers that nobody knows go without a question."""
    return int(policy.value("signin.question_after", None))


def in_the_way(form: forms.BaseForm, sent: QueryDict, tried: int) -> Question | None:
    """What has to be answered before this form is taken, said on it; ``None`` when nothing stands in the way."""
    if tried < after() or _is_answered(sent):
        return None
    wrong = bool(sent.get("answer")) and "in_words" not in sent
    form.add_error(
        None, _("答案不对，或者已经过期，请再答一题。") if wrong else _("试的次数多了，请先答一题，再继续。")
    )
    return ask(in_words="in_words" in sent or sent.get("asked") == "words")


def ask(*, in_words: bool) -> Question:
    if in_words:
        one, other = 11 + secrets.randbelow(80), 11 + secrets.randbelow(80)
        words = _("%(one)s加上%(other)s，一共是多少？（写数字）")
        return Question(_token(str(one + other)), words % {"one": _numeral(one), "other": _numeral(other)})
    figures = "".join(secrets.choice("2345678") for _figure in range(FIGURES))
    return Question(_token(figures), _("请照图写下 %(count)d 个数字") % {"count": FIGURES}, _picture(figures))


def _token(answer: str) -> str:
    nonce = secrets.token_hex(8)
    return signing.dumps({"nonce": nonce, "digest": keyed("answer", nonce, answer)}, salt=SALT)


def _is_answered(sent: QueryDict) -> bool:
    """Once: the first answer uses the question up, right or wrong."""
    try:
        asked = signing.loads(sent.get("question", ""), salt=SALT, max_age=GOOD_FOR)
    except signing.BadSignature:
        return False
    answer = unicodedata.normalize("NFKC", sent.get("answer", "")[:20]).replace(" ", "")
    if exceeds(1, 2 * GOOD_FOR, "question", asked["nonce"]):
        return False
    return bool(asked["digest"] == keyed("answer", asked["nonce"], answer))


def _numeral(number: int) -> str:
    """Of two figures, as it is spoken: 27 is 二十七."""
    tens, ones = divmod(number, 10)
    numerals = _("零一二三四五六七八九")
    first, last = numerals[tens] if tens > 1 else "", numerals[ones] if ones else ""
    return _("%(first)s十%(last)s") % {"first": first, "last": last}


def _picture(figures: str) -> str:
    chance = secrets.SystemRandom()
    sheet = Image.new("L", (WIDTH, HEIGHT), 255)
    font = ImageFont.load_default(LETTER)
    for place, figure in enumerate(figures):
        tile = Image.new("L", (LETTER, HEIGHT), 0)
        ImageDraw.Draw(tile).text((10, 8), figure, font=font, fill=255)
        tile = tile.rotate(chance.uniform(-24, 24), Image.Resampling.BICUBIC)
        at = 4 + place * (WIDTH - 10) // len(figures) + chance.randrange(4), chance.randrange(-6, 7)
        sheet.paste(chance.randrange(20, 70), (*at, at[0] + LETTER, at[1] + HEIGHT), tile)
    lines = ImageDraw.Draw(sheet)
    for _line in range(7):
        ends = [(chance.randrange(WIDTH), chance.randrange(HEIGHT)) for _end in range(2)]
        lines.line(ends, fill=chance.randrange(60, 160), width=2)
    out = BytesIO()
    sheet.save(out, "PNG")
    return f"data:image/png;base64,{b64encode(out.getvalue()).decode()}"
