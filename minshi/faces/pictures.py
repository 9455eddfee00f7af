"""Pictures as they are kept: decoded and drawn anew, so that nothing hidden in a file survives.

A plain re-save keeps the JPEG comment and EXIF; a new image made of the pixels keeps nothing (trust.md, Uploads). What
somebody sent is opened in a process of its own (``decoding``), which may die of it.
"""

from __future__ import annotations

import io
import subprocess
import sys
from threading import BoundedSemaphore
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from PIL import Image

from minshi.faces import decoding
from minshi.masking import seen
from minshi.refusals import Refused

MOST_PIXELS, MOST_PIXELS_OF_OTHERS = 60_000_000, 24_000_000
"""A phone's largest JPEG, which is made smaller while it is decoded, and what else is taken (trust.md, Uploads)."""
LONGEST_SIDE = 1600
SMALL_SIDE = 324
_one_at_a_time = BoundedSemaphore(1)


def reencoded(upload: UploadedFile) -> ContentFile[bytes]:
    """A new JPEG under a random name. Raises ``Refused``, naming the file, for whatever is no picture we can keep."""
    if not _one_at_a_time.acquire(timeout=2 * settings.PICTURE_SECONDS):
        raise Refused(photos=_("现在同时传照片的人多，“%(name)s”没来得及处理，请再交一次") % {"name": _shown(upload)})
    try:
        upload.seek(0)
        ended = _in_its_own_process(upload.read())  # read in turn as well: who waits holds none of it
    except subprocess.TimeoutExpired:
        raise Refused(photos=_too_much(upload)) from None
    finally:
        _one_at_a_time.release()
    if ended.returncode:
        raise Refused(photos=_why_not(upload, ended.returncode))
    return ContentFile(ended.stdout, name=f"{uuid4().hex}.jpg")


def _in_its_own_process(content: bytes) -> subprocess.CompletedProcess[bytes]:
    """Without a shell, without our environment; killed when it takes too long."""
    limits = decoding.Limits(
        memory=settings.PICTURE_MEMORY_MB,
        seconds=settings.PICTURE_SECONDS,
        jpeg_pixels=MOST_PIXELS,
        pixels=MOST_PIXELS_OF_OTHERS,
        side=LONGEST_SIDE,
    )
    return subprocess.run(
        [sys.executable, "-I", decoding.__file__, *limits.words],
        input=content,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=2 * settings.PICTURE_SECONDS,
        env={},
        check=False,
    )


def _why_not(upload: UploadedFile, code: int) -> str:
    if code == decoding.TOO_LARGE:
        return _("“%(name)s”太大，请用手机拍摄的普通照片") % {"name": _shown(upload)}
    if code == decoding.NO_PICTURE:
        return _("“%(name)s”不是能打开的照片，请换一张（JPG、PNG、WebP 或 HEIC）") % {"name": _shown(upload)}
    return _too_much(upload)


def _too_much(upload: UploadedFile) -> str:
    """It was stopped: more memory or time than any photo needs."""
    return _("“%(name)s”处理起来太费劲，可能已经损坏，请换一张手机拍摄的普通照片") % {"name": _shown(upload)}


def _shown(upload: UploadedFile) -> str:
    """The file as who chose it knows it."""
    return seen(str(upload.name or ""))[-40:] or _("这个文件")


def answer_with(picture: FieldFile, kind: str = "image/jpeg") -> FileResponse:
    """A kept picture as an answer; 404 where its file is gone, which is no fault of whoever asks."""
    try:
        return FileResponse(picture.open("rb"), content_type=kind)
    except (FileNotFoundError, ValueError):
        raise Http404 from None


def size_of(picture: FieldFile) -> tuple[int, int] | None:
    """Width and height, so that a page keeps its place; nothing where the file is gone or is no picture."""
    try:
        with picture.open("rb") as file, Image.open(file, formats=("JPEG",)) as kept:
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
