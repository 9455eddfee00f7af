"""Small pictures for a demo: a yard drawn with a few shapes, and a sheet of paper."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

SKIES = ((206, 222, 230), (226, 220, 206), (198, 214, 204), (216, 208, 222))
WALLS = ((222, 206, 184), (204, 188, 170), (214, 196, 176), (190, 182, 172))


def yard(number: int) -> SimpleUploadedFile:
    """Houses, a path and a tree; which ones follows from the number."""
    return _upload("yuan.jpg", _yard(number % 8))


def sheet() -> SimpleUploadedFile:
    """A form filled in by hand, too small to read."""
    return _upload("zhi.jpg", _sheet())


def _upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/jpeg")


@cache
def _yard(number: int) -> bytes:
    picture = Image.new("RGB", (640, 420), SKIES[number % len(SKIES)])
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 290, 640, 420), fill=(176, 170, 156))
    draw.polygon(((250, 420), (390, 420), (345, 290), (305, 290)), fill=(206, 200, 186))
    for house in range(2 + number % 2):
        left = 20 + house * 215
        draw.rectangle((left, 90 + 18 * house, left + 180, 300), fill=WALLS[(number + house) % len(WALLS)])
        for floor in range(4):
            for window in range(3):
                x, y = left + 18 + window * 54, 108 + 18 * house + floor * 44
                draw.rectangle((x, y, x + 32, y + 26), fill=(120, 140, 150))
    x = 470 - 60 * (number % 3)
    draw.rectangle((x, 250, x + 12, 330), fill=(110, 86, 62))
    draw.ellipse((x - 52, 150, x + 64, 270), fill=(96, 134, 92))
    return _jpeg(picture)


@cache
def _sheet() -> bytes:
    picture = Image.new("RGB", (180, 250), (250, 248, 242))
    draw = ImageDraw.Draw(picture)
    for line in range(24, 230, 18):
        draw.line((20, line, 160, line), fill=(150, 150, 150))
    draw.ellipse((26, 92, 38, 104), outline=(40, 40, 60), width=3)
    return _jpeg(picture)


def _jpeg(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
