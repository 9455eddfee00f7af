"""Photos as phones and drawing programs make them, and files that are none."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pillow_heif import register_heif_opener

from minshi.faces import decoding, pictures
from minshi.faces.photos import PhotosField
from minshi.faces.pictures import LONGEST_SIDE, reencoded
from minshi.refusals import Refused
from tests import opened

register_heif_opener(thumbnails=False)  # to make them, not to read them


@pytest.fixture(autouse=True)
def _opened_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_in_its_own_process", opened.each_time)


def upload(picture: Image.Image, kind: str, name: str = "照片", **how: Any) -> SimpleUploadedFile:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return SimpleUploadedFile(f"{name}.{kind.lower()}", out.getvalue(), f"image/{kind.lower()}")


def drawn(file: SimpleUploadedFile) -> Image.Image:
    kept = Image.open(io.BytesIO(reencoded(file).read()))
    assert (kept.format, kept.mode) == ("JPEG", "RGB")
    return kept


def colour(picture: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    found = picture.getpixel(at)
    assert isinstance(found, tuple)
    return found


def near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(found, wanted, strict=True))


def test_what_is_see_through_becomes_white() -> None:
    glass = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    glass.paste((200, 0, 0, 255), (32, 0, 64, 64))
    kept = drawn(upload(glass, "PNG"))
    assert near(colour(kept, (8, 32)), (255, 255, 255)) and near(colour(kept, (56, 32)), (200, 0, 0))
    half = drawn(upload(Image.new("RGBA", (64, 64), (0, 0, 0, 128)), "PNG"))
    assert near(colour(half, (32, 32)), (127, 127, 127))


def test_a_palette_and_grey_with_a_see_through_colour_become_white() -> None:
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([0, 0, 0, 10, 10, 200])
    palette.paste(1, (32, 0, 64, 64))
    kept = drawn(upload(palette, "PNG", transparency=0))
    assert near(colour(kept, (8, 32)), (255, 255, 255)) and near(colour(kept, (56, 32)), (10, 10, 200))
    assert near(colour(drawn(upload(Image.new("LA", (64, 64), (0, 0)), "PNG")), (32, 32)), (255, 255, 255))
    assert near(colour(drawn(upload(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "WEBP")), (32, 32)), (255, 255, 255))


@pytest.mark.parametrize(("grey", "seen"), [(0, 0), (0x4000, 64), (0x8000, 128), (0xFFFF, 255)])
def test_sixteen_bits_of_grey_stay_grey(grey: int, seen: int) -> None:
    deep = Image.new("I;16", (64, 64), grey)
    assert near(colour(drawn(upload(deep, "PNG")), (32, 32)), (seen, seen, seen))


def test_a_phones_fifty_megapixels_are_taken_and_made_small() -> None:
    kept = drawn(upload(Image.new("RGB", (8160, 6120), (40, 90, 140)), "JPEG", quality=70))
    assert max(kept.size) == LONGEST_SIDE and near(colour(kept, (300, 300)), (40, 90, 140))


@pytest.mark.parametrize("size", [(7000, 9000), (9000, 7000)])
def test_more_than_sixty_are_refused_by_name(size: tuple[int, int]) -> None:
    with pytest.raises(Refused) as refused:
        reencoded(upload(Image.new("L", size, 0), "JPEG", "IMG_2042"))
    assert "IMG_2042.jpeg”太大" in str(refused.value.fields["photos"])


def test_a_drawing_of_more_than_twenty_four_is_refused() -> None:
    with pytest.raises(Refused):
        reencoded(upload(Image.new("L", (5000, 5000), 0), "PNG"))


def test_a_photo_lying_on_its_side_stands_up() -> None:
    lying = Image.new("RGB", (64, 32), "white")
    exif = Image.Exif()
    exif[0x0112] = 6
    assert drawn(upload(lying, "JPEG", exif=exif)).size == (32, 64)


def test_what_newer_phones_take_is_kept_upright_and_without_its_secrets() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "电话13800138000"
    taken = upload(Image.new("RGB", (640, 320), (40, 90, 140)), "HEIF", exif=exif.tobytes())
    assert taken.read()[4:8] == b"ftyp"
    kept = reencoded(taken).read()
    found = Image.open(io.BytesIO(kept))
    assert (found.format, found.size) == ("JPEG", (320, 640))
    assert near(colour(found, (100, 100)), (40, 90, 140)) and b"13800138000" not in kept


def test_one_of_more_than_twenty_four_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        reencoded(upload(Image.new("L", (5008, 5008), 0), "HEIF", quality=10))
    assert "太大" in str(refused.value.fields["photos"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "不是能打开的照片"),
        (b"%PDF-1.7 nothing to see", "不是能打开的照片"),
        (b"\xff\xd8\xff\xe0 broken", "不是能打开的照片"),
        (b"", "不是能打开的照片"),
    ],
)
def test_the_wrong_file_is_named(content: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        reencoded(SimpleUploadedFile("院门口.heic", content, "image/heic"))
    told = str(refused.value.fields["photos"])
    assert "“院门口.heic”" in told and said in told


def test_a_phones_whole_photo_is_not_too_heavy() -> None:
    heavy = SimpleUploadedFile("大.jpg", b"x" * (14 * 1024 * 1024))
    assert PhotosField().clean([heavy]) == [heavy]


# --- In a process of its own --------------------------------------------------------------------------


def a_photo(name: str = "院门口") -> SimpleUploadedFile:
    return upload(Image.new("RGB", (64, 48), (40, 90, 140)), "JPEG", name)


def said_of(file: SimpleUploadedFile) -> str:
    with pytest.raises(Refused) as refused:
        reencoded(file)
    return str(refused.value.fields["photos"])


def test_the_web_process_opens_nothing_that_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *args, **kwargs: pytest.fail("opened here"))
    kept = reencoded(a_photo()).read()
    assert kept.startswith(b"\xff\xd8\xff")


def test_what_needs_more_memory_than_any_photo_is_refused_by_name(settings: Any) -> None:
    settings.PICTURE_MEMORY_MB = 120
    assert "“航拍.png”处理起来太费劲" in said_of(upload(Image.new("RGBA", (5500, 4300)), "PNG", "航拍"))
    settings.PICTURE_MEMORY_MB = 1024
    assert reencoded(upload(Image.new("RGBA", (5500, 4300)), "PNG"))


def test_what_needs_more_of_the_processor_is_stopped() -> None:
    child = os.fork()
    if child == 0:  # as the program does it: bound before it looks
        decoding.bind(decoding.Limits(4096, 1, 1, 1, 100))
        while True:
            pass
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(
    "program",
    ["import time; time.sleep(60)", "import os; os.abort()", "import sys; sys.exit(9)", "raise MemoryError"],
)
def test_a_program_that_hangs_or_dies_costs_a_sentence(
    program: str, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.PICTURE_SECONDS = 1
    (tmp_path / "program.py").write_text(program)
    monkeypatch.setattr(decoding, "__file__", str(tmp_path / "program.py"))
    assert "“院门口.jpeg”处理起来太费劲" in said_of(a_photo())
    monkeypatch.undo()
    assert reencoded(a_photo()), "the next one is taken"


def test_it_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    (tmp_path / "program.py").write_text("import os, sys; sys.stdout.write(repr(dict(os.environ)) + repr(sys.path))")
    monkeypatch.setattr(decoding, "__file__", str(tmp_path / "program.py"))
    told = reencoded(a_photo()).read().decode()
    assert "secret" not in told and "DATABASE" not in told


def test_a_small_file_of_a_huge_picture_is_refused() -> None:
    """A bomb: twenty kilobytes that would be a gigabyte of pixels."""
    bomb = upload(Image.new("1", (30000, 30000)), "PNG", "炸弹")
    assert bomb.size < 200_000 and "太大" in said_of(bomb)


@pytest.mark.parametrize("end", [200, 300])
def test_a_photo_that_broke_off_is_refused(end: int) -> None:
    whole = upload(Image.effect_noise((400, 300), 60), "JPEG").read()
    assert "不是能打开的照片" in said_of(SimpleUploadedFile("断了.jpg", whole[:end], "image/jpeg"))


def test_what_calls_itself_a_photo_and_is_another_thing_is_refused() -> None:
    drawing = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'
    assert "不是能打开的照片" in said_of(SimpleUploadedFile("画.png", drawing, "image/png"))
    moving = upload(Image.new("P", (20, 20)), "GIF", save_all=True, append_images=[Image.new("P", (20, 20), 1)])
    assert "不是能打开的照片" in said_of(moving)


def test_of_a_photo_that_is_another_file_as_well_the_pixels_are_kept() -> None:
    both = a_photo().read() + b"PK\x03\x04 13800138000 <script>alert(1)</script>"
    kept = reencoded(SimpleUploadedFile("两样.jpg", both, "image/jpeg")).read()
    assert b"PK\x03\x04" not in kept and b"script" not in kept and b"13800138000" not in kept


def test_four_inks_become_three_colours() -> None:
    kept = drawn(upload(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG"))
    found = colour(kept, (32, 32))
    assert found[0] > 200 and max(found[1:]) < 60


def test_an_empty_file_is_named() -> None:
    """Of six photos one did not arrive: 所提交的是空文件 said not which."""
    there, lost = SimpleUploadedFile("一.jpg", b"x", "image/jpeg"), SimpleUploadedFile("二.jpg", b"", "image/jpeg")
    with pytest.raises(ValidationError, match=r"“二\.jpg”是空的"):
        PhotosField().clean([there, lost])
