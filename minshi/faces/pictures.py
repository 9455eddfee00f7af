"""Pictures as they are kept: decoded and drawn anew, so that nothing hidden in a file survives.

A plain re-save keeps the JPEG comment and EXIF; a new image made of the pixels keeps nothing (trust.md, Uploads).
"""

from __future__ import annotations

import io
import warnings
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

from minshi.masking import seen
from minshi.refusals import Refused

register_heif_opener(thumbnails=False)
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
MOST_PIXELS = {"JPEG": 60_000_000}
"""A phone's largest photo; a JPEG is made smaller while it is decoded (trust.md, Uploads)."""
MOST_PIXELS_OF_OTHERS = 24_000_000
LONGEST_SIDE = 1600
SMALL_SIDE = 324


def reencoded(upload: UploadedFile) -> ContentFile[bytes]:
    """A new JPEG under a random name. Raises ``Refused``, naming the file, for whatever is no picture we can keep."""
    try:
        upload.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            source = Image.open(upload, formats=FORMATS)
            if source.width * source.height > MOST_PIXELS.get(source.format or "", MOST_PIXELS_OF_OTHERS):
                raise Refused(photos=_("“%(name)s”太大，请用手机拍摄的普通照片") % {"name": _shown(upload)})
            source.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(source) or source
            pixels = _in_colour(upright)
    except Refused:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(photos=_why_not(upload)) from None
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.new("RGB", pixels.size)
    clean.paste(pixels)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=82, optimize=True)
    return ContentFile(out.getvalue(), name=f"{uuid4().hex}.jpg")


def _in_colour(picture: Image.Image) -> Image.Image:
    """Plain colours: what is see-through lies on white, sixteen bits of grey become eight."""
    if picture.mode.startswith("I"):
        picture = picture.point(lambda grey: grey * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        glass = picture.convert("RGBA")
        paper = Image.new("RGBA", glass.size, "white")
        return Image.alpha_composite(paper, glass).convert("RGB")
    return picture.convert("RGB")


def _why_not(upload: UploadedFile) -> str:
    return _("“%(name)s”不是能打开的照片，请换一张（JPG、PNG、WebP 或 HEIC）") % {"name": _shown(upload)}


def _shown(upload: UploadedFile) -> str:
    """The file as who chose it knows it."""
    return seen(str(upload.name or ""))[-40:] or _("这个文件")


def answer_with(picture: FieldFile) -> FileResponse:
    """A kept picture as an answer; 404 where its file is gone, which is no fault of whoever asks."""
    try:
        return FileResponse(picture.open("rb"), content_type="image/jpeg")
    except (FileNotFoundError, ValueError):
        raise Http404 from None


def size_of(picture: FieldFile) -> tuple[int, int] | None:
    """Width and height, so that a page keeps its place; nothing where the file is gone or is no picture."""
    try:
        with picture.open("rb") as file, Image.open(file, formats=FORMATS) as kept:
            return kept.size
    except (OSError, ValueError):
        return None


def smaller(picture: ContentFile[bytes]) -> ContentFile[bytes]:
    """What a page shows of a picture of ours: a WebP of ten kilobytes or so, the whole stands behind a link."""
    picture.seek(0)
    pixels = Image.open(picture, formats=("JPEG",))
    pixels.thumbnail((SMALL_SIDE, SMALL_SIDE))
    out = io.BytesIO()
    pixels.save(out, "WEBP", quality=50)
    return ContentFile(out.getvalue(), name=f"{uuid4().hex}.webp")
