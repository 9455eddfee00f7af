"""What is sent by whom it is not meant well: text that is no plain text, files that are no plain photo; and where to.

The forms are those that the pages draw: every address of the tables of tests/access, every step of the desk. A field
that comes to a form is tried by itself.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from PIL import Image, PngImagePlugin
from pillow_heif import register_heif_opener

from minshi.masking import readable

# --- Text ----------------------------------------------------------------------------------------

SCRIPT = "<script>hostile()</script>"
RARE = "𠮷𪚥👵🏽"
"""Beyond the basic plane: a surname, the heaviest character there is, and a person made of two signs."""

TEXTS = {
    "script": SCRIPT,
    "attribute": '" onfocus="hostile()" x=\'',
    "template": "{{ 7|add:35 }}{% now 'Y' %}",
    "turned": "路灯\u202e坏了\u2066又\u2069好\u202c",
    "unseen": "路\u200b灯\ufeff坏\u2060了\u00ad",
    "nothing": "\u3164\u2800\u200d",
    "rare": f"给{RARE}修台阶",
    "full width": "１２３４５",
    "other digits": "٣٤٥",
    "zero": "路\x00灯",
    "formula": "=HYPERLINK(1)",
    "stacked": "路" + "\u0335\u0310\u0489" * 40,
    "long": "长" * 20_000,
}
TOGETHER = f"{SCRIPT}\"'路\u200b灯\u202e坏{RARE}１２"
BROKEN_OUT = re.compile(r"<script>hostile|\sonfocus=\"hostile")
"""What a page holds that wrote such a text without escaping it."""
TURNED = "[\u200b\u200d\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad\u3164\u2800]"
"""What is not to be found in anything that is stored."""


def squeezed(text: str) -> str:
    """To compare what is shown with what was typed: without blanks and without what nobody sees."""
    return re.sub(r"\s", "", readable(text))


# --- Forms ---------------------------------------------------------------------------------------

TYPED = ("text", "search", "tel", "number", "date", "month", "datetime-local", "email", "url", "textarea", "password")
NOT_SHOWN_AGAIN = ("one-time-code", "username")
NOT_OURS = ("csrfmiddlewaretoken", "form_key", "kept_file", "shown_file")


@dataclass
class Field:
    """``values``: what a browser would send of it as the page is drawn."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    is_secret: bool = False

    @property
    def is_typed(self) -> bool:
        return self.kind in TYPED


@dataclass
class Form:
    """``where``: the page it stands on, ``page`` its address, ``who`` looks at it."""

    where: str
    who: str
    page: str
    action: str
    fields: dict[str, Field] = field(default_factory=dict)
    more: Callable[[], dict[str, Any]] = dict

    def __str__(self) -> str:
        return f"{self.where} as {self.who}"

    @property
    def typed(self) -> list[Field]:
        return [each for each in self.fields.values() if each.is_typed]

    @property
    def files(self) -> list[Field]:
        return [each for each in self.fields.values() if each.kind == "file"]

    def body(self, **instead: Any) -> dict[str, Any]:
        """As the page drew it, filled properly where the tables say how, and with these fields otherwise."""
        drawn: dict[str, Any] = {name: each.values for name, each in self.fields.items() if each.values}
        return {**drawn, **self.more(), **instead}


class _Forms(HTMLParser):
    """The forms of a page that are sent, with the fields that a person fills."""

    def __init__(self, where: str, who: str, page: str) -> None:
        super().__init__()
        self.said = (where, who, page)
        self.found: list[Form] = []
        self.form: Form | None = None
        self.text: Field | None = None
        self.select: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            where, who, page = self.said
            is_sent = given.get("method", "").lower() == "post"
            action = urlsplit(urljoin(page, given.get("action") or page))
            self.form = Form(where, who, page, f"{action.path}?{action.query}".rstrip("?")) if is_sent else None
        elif self.form is not None and tag == "option" and self.select is not None:
            if "selected" in given or (not self.select.values and given.get("value")):
                self.select.values = [given.get("value", "")]
        elif self.form is not None and given.get("name") and given["name"] not in NOT_OURS:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        assert self.form is not None
        kind = given.get("type", "text") if tag == "input" else tag
        found = self.form.fields.setdefault(given["name"], Field(given["name"], kind))
        found.is_secret |= kind == "password" or given.get("autocomplete") in NOT_SHOWN_AGAIN
        if tag == "textarea":
            self.text = found
        elif tag == "select":
            self.select = found
        elif kind == "radio":
            if "checked" in given or not found.values:
                found.values = [given.get("value", "")]
        elif kind == "checkbox":
            found.values += [given.get("value", "on")] if "checked" in given else []
        elif kind in ("button", "submit"):
            found.values = found.values or [given.get("value", "")]
        elif kind != "file":
            found.values.append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.values = ["".join([*self.text.values, data])]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.text = None
        elif tag == "select":
            self.select = None
        elif tag == "form" and self.form is not None:
            self.found.append(self.form)
            self.form = None


def forms_of(where: str, who: str, page: str, html: str) -> Iterator[Form]:
    """The forms of a page that somebody writes into, or gives files to."""
    reader = _Forms(where, who, page)
    reader.feed(html)
    for form in reader.found:  # the name beside a new password is there for the browser's own store
        if "username" in form.fields and any(each.kind == "password" for each in form.typed):
            form.fields["username"].is_secret = True
    yield from (form for form in reader.found if form.typed or form.files)


# --- Files ---------------------------------------------------------------------------------------

SECRET = b"13800138000"
LEFT = (SECRET, b"<script", b"hostile", b"PK\x03\x04")
"""What a picture that is kept must not hold any more."""


@dataclass(frozen=True)
class File:
    name: str
    content: bytes
    is_picture: bool
    """Whether it may be taken: its pixels then, and nothing else of it."""


def _jpeg(size: tuple[int, int] = (320, 240), **how: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(out, "JPEG", **how)
    return out.getvalue()


def _saved(picture: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def _segment(mark: int, content: bytes) -> bytes:
    """A piece of a JPEG, which stands after its first two bytes."""
    return bytes((0xFF, mark)) + struct.pack(">H", len(content) + 2) + content


def _with(*segments: bytes) -> bytes:
    plain = _jpeg()
    return plain[:2] + b"".join(segments) + plain[2:]


def _place() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 2.0, 30.0), 3: "E", 4: (102.0, 42.0, 11.0)})
    return exif


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png(*chunks: bytes, size: tuple[int, int] = (40, 30), pixels: bytes | None = None) -> bytes:
    head = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\x00" + b"\x80" * size[0]) * size[1]) if pixels is None else pixels
    whole = (_chunk(b"IHDR", head), *chunks, _chunk(b"IDAT", rows), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(whole)


def _zip(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", content)
    return out.getvalue()


def _moving(kind: str) -> bytes:
    still = Image.new("RGB", (40, 30))
    return _saved(still, kind, save_all=True, append_images=[Image.new("RGB", (40, 30), "red")] * 3)


def _text_of_png() -> bytes:
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", SECRET.decode())
    return _saved(Image.new("RGB", (40, 30)), "PNG", pnginfo=said)


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='hostile()'><script>hostile()</script></svg>"
XXE = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><svg>&b;</svg>"
NAMES = (
    "../../../../etc/cron.d/pic.jpg", "..\\..\\windows\\pic.jpg", "/etc/passwd", "pic\x00.php.jpg", "pic\u202egpj.exe",
    "<script>hostile()<!script>.jpg", "\"; filename=\"other.php", "con.jpg", "'; DROP TABLE residents_person; --.jpg",
    f"{'长' * 300}.jpg", ".htaccess", "", "pic.jpg\r\nX-Hostile: yes", f"{RARE}.jpg", "=cmd|' /C calc'!A0.jpg",
)  # fmt: skip


@cache
def files() -> tuple[File, ...]:
    """Each with its reason to be sent; made once, the heavy ones last."""
    register_heif_opener(thumbnails=False)
    photo = _jpeg()
    heic = _saved(Image.new("RGB", (64, 48), (40, 90, 140)), "HEIF", exif=_place().tobytes())
    taken = {
        "gps.jpg": _jpeg(exif=_place().tobytes()),
        "comment.jpg": _jpeg(comment=SECRET),
        "xmp.jpg": _with(_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>" + SECRET)),
        "maker.jpg": _with(_segment(0xED, b"Photoshop 3.0\x00" + SECRET), _segment(0xFE, b"<script>hostile()")),
        "archive.jpg": photo + _zip(SECRET),
        "page.jpg": photo + b"<html><script>hostile()</script>" + SECRET,
        "text.png": _text_of_png(),
        "gps.heic": heic,
        "moving.webp": _moving("WEBP"),
        "program.php": photo,
        "four inks.jpg": _saved(Image.new("CMYK", (64, 48)), "JPEG"),
        "a point.jpg": _jpeg((1, 1)),
        "a line.png": _png(size=(1, 9000)),
        "bomb of rows.png": _png(size=(4000, 6000), pixels=zlib.compress(b"\x00" * 300_000_000, 9)),
    }
    left = {
        "drawing.jpg": SVG,
        "entity.jpg": XXE,
        "page.jpg": b"<!DOCTYPE html><script>hostile()</script>",
        "script.gif.jpg": b"GIF89a/*" + b"\x00" * 40 + b"*/=1;hostile()",
        "moving.jpg": _moving("GIF"),
        "paper.jpg": b"%PDF-1.7\n" + photo,
        "program.jpg": b"\x7fELF" + bytes(200) + photo,
        "archive.jpg": _zip(b"\x00" * 60_000_000),
        "broken.heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(range(256)) * 8,
        "half.heic": heic[: len(heic) // 2],
        "half.jpg": photo[: len(photo) // 3],
        "half.png": _text_of_png()[:40],
        "empty.jpg": b"",
        "two bytes.jpg": b"\xff\xd8",
        "segment.jpg": b"\xff\xd8" + _segment(0xE0, b"JFIF") * 4000,
        "tall.png": _png(size=(1, 2**31 - 1), pixels=b""),
        "bomb.png": _saved(Image.new("1", (30_000, 30_000)), "PNG"),
        "bomb of text.png": _png(_chunk(b"zTXt", b"a\x00\x00" + zlib.compress(b"x" * 80_000_000))),
        "vast.jpg": _saved(Image.new("L", (9000, 7000)), "JPEG"),
        "shreds.tiff": _saved(Image.new("RGB", (40, 30)), "TIFF"),
        "shreds.bmp": _saved(Image.new("RGB", (40, 30)), "BMP"),
        "noise.jpg": bytes(range(256)) * 55_000,
    }
    made = [File(name, content, True) for name, content in taken.items()]
    made += [File(name, content, False) for name, content in left.items()]
    for turn, name in enumerate(NAMES):
        made.append(File(name, photo if turn % 2 else SVG, bool(turn % 2)))
    return tuple(made)


def left_in(content: bytes) -> list[str]:
    """What of a file that was sent is still in the one that is kept; and whether that is a plain picture at all."""
    found = [mark.decode(errors="replace") for mark in LEFT if mark in content]
    try:
        with Image.open(io.BytesIO(content)) as kept:
            extra = {"exif", "comment", "xmp", "icc_profile", "photoshop"} & kept.info.keys()
            kind = kept.format
    except Exception as error:
        return [*found, f"no picture: {type(error).__name__}"]
    return [*found, *sorted(extra), *([] if kind in ("JPEG", "WEBP") else [f"kept as {kind}"])]
