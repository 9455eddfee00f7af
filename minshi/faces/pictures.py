"""Pictures as they are kept: decoded and drawn anew, so that nothing hidden in a file survives.

A plain re-save keeps the JPEG comment and EXIF; a new image made of the pixels keeps nothing (trust.md, Uploads).
"""

from __future__ import annotations

import io
import warnings
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from minshi.refusals import Refused

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 1600
SMALL_SIDE = 324


def reencoded(upload: UploadedFile) -> ContentFile[bytes]:
    """A new JPEG under a random name. Raises ``Refused`` for whatever is not a picture of sensible size."""
    try:
        upload.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            source = Image.open(upload, formats=FORMATS)
            if source.width * source.height > MOST_PIXELS:
                raise Refused(photos=_("照片太大，请用手机拍摄的普通照片"))
            upright = ImageOps.exif_transpose(source) or source
            pixels = upright.convert("RGB")
    except Refused:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(photos=_("这不是能打开的照片，请换一张（JPG、PNG 或 WebP）")) from None
    pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.new("RGB", pixels.size)
    clean.paste(pixels)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=82, optimize=True)
    return ContentFile(out.getvalue(), name=f"{uuid4().hex}.jpg")


def smaller(picture: ContentFile[bytes]) -> ContentFile[bytes]:
    """What a page shows of a picture of ours: a WebP of ten kilobytes or so, the whole stands behind a link."""
    picture.seek(0)
    pixels = Image.open(picture, formats=("JPEG",))
    pixels.thumbnail((SMALL_SIDE, SMALL_SIDE))
    out = io.BytesIO()
    pixels.save(out, "WEBP", quality=50)
    return ContentFile(out.getvalue(), name=f"{uuid4().hex}.webp")
