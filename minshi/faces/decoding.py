"""The program that opens an uploaded picture, alone in a process of its own (trust.md, Uploads).

It knows no database, no settings and no secret; it takes bytes on its input and writes a new JPEG to its output, within
the memory and time it binds itself to before it looks at them. ``minshi.faces.pictures`` starts it, by its path.
"""

import io
import resource
import sys
import warnings
from typing import NamedTuple

from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
TOO_LARGE, NO_PICTURE, NO_ROOM = 3, 4, 5
"""How it ends when it writes nothing."""
HEIC = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"))


class Limits(NamedTuple):
    """Megabytes of memory, seconds of the processor, most pixels of a JPEG and of others, and the longest side kept."""

    memory: int
    seconds: int
    jpeg_pixels: int
    pixels: int
    side: int

    @property
    def words(self) -> list[str]:
        return [str(each) for each in self]


def bind(limits: Limits) -> None:
    """From here on: no more memory, no more time, no file written, no dump."""
    room = limits.memory * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def is_heic(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in HEIC


def opened(content: bytes) -> Image.Image:
    formats: tuple[str, ...] = FORMATS
    if is_heic(content):
        # A quarter of a second that only newer phones' photos cost.
        from pillow_heif import register_heif_opener  # noqa: PLC0415

        register_heif_opener(thumbnails=False)
        formats = ("HEIF",)
    return Image.open(io.BytesIO(content), formats=formats)


def redrawn(content: bytes, limits: Limits) -> bytes:
    """A new JPEG of the pixels alone: a plain re-save would keep comments and places. Raises as Pillow does."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        source = opened(content)
        if source.width * source.height > (limits.jpeg_pixels if source.format == "JPEG" else limits.pixels):
            raise Image.DecompressionBombError
        source.draft("RGB", (limits.side, limits.side))
        upright = ImageOps.exif_transpose(source) or source
        pixels = in_colour(upright)
    pixels.thumbnail((limits.side, limits.side))
    clean = Image.new("RGB", pixels.size)
    clean.paste(pixels)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def in_colour(picture: Image.Image) -> Image.Image:
    """Plain colours: what is see-through lies on white, sixteen bits of grey become eight."""
    if picture.mode.startswith("I"):
        picture = picture.point(lambda grey: grey * (1 / 256)).convert("L")
    if picture.has_transparency_data:
        glass = picture.convert("RGBA")
        paper = Image.new("RGBA", glass.size, "white")
        return Image.alpha_composite(paper, glass).convert("RGB")
    return picture.convert("RGB")


def main(words: list[str]) -> int:
    limits = Limits(*map(int, words))
    bind(limits)
    try:
        sys.stdout.buffer.write(redrawn(sys.stdin.buffer.read(), limits))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return TOO_LARGE
    except MemoryError:
        return NO_ROOM
    except Exception:  # whatever a library makes of a broken or hostile file: it is no picture
        return NO_PICTURE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
