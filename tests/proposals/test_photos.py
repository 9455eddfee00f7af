"""照片: decoded and drawn anew; whatever hides in a file does not survive, whatever is no picture is refused."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from minshi.accounts.models import User
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from proposals import actions
from proposals.actions.proposing import drop_photo
from proposals.models import Photo, Proposal
from tests.proposals.hostile import WORDS
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def upload(content: bytes, name: str = "photo.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def with_secrets() -> bytes:
    """GPS in EXIF, a phone number as comment, a page behind the end."""
    exif = Image.Exif()
    exif[0x010E] = "主人电话13812345678"
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 2.0, 30.0)})
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (10, 90, 70)).save(out, "JPEG", exif=exif, comment=b"13812345678")
    return out.getvalue() + b"<script>alert(1)</script><?php system('id'); ?>"


def test_nothing_hidden_in_a_file_survives(way: Way, resident: User) -> None:
    proposal = way.submitted()
    photo = actions.add_photo(proposal, upload(with_secrets()), by=resident)
    for file in (photo.image, photo.small):
        kept = file.open("rb").read()
        for secret in (b"13812345678", b"script", b"php", b"Exif"):
            assert secret not in kept
        drawn = Image.open(io.BytesIO(kept))
        assert not dict(drawn.getexif()) and "comment" not in drawn.info


def test_the_small_one_is_small(way: Way, resident: User) -> None:
    out = io.BytesIO()
    Image.effect_noise((3000, 2000), 60).convert("RGB").save(out, "JPEG")
    photo = actions.add_photo(way.submitted(), upload(out.getvalue()), by=resident)
    assert max(photo.image.width, photo.image.height) == 1600
    assert max(photo.small.width, photo.small.height) == 324
    assert photo.small.size < 25_000


def test_its_name_is_not_the_name_it_came_with(way: Way, resident: User) -> None:
    photo = actions.add_photo(way.submitted(), upload(a_picture().read(), "../../李迎新家门口.php.jpg"), by=resident)
    assert "李" not in photo.image.name and "php" not in photo.image.name and ".." not in photo.image.name


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 25 billion pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 160_000, 160_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


@pytest.mark.parametrize(
    "content",
    [b"", b"not a picture", SVG, GIF, bomb(), b"\xff\xd8\xff\xe0" + b"A" * 500, b"<html>", b"%PDF-1.7"],
    ids=["empty", "text", "svg", "gif", "bomb", "half a jpeg", "html", "pdf"],
)
def test_what_is_no_photo_is_refused_in_words(way: Way, resident: User, content: bytes) -> None:
    proposal = way.submitted()
    with pytest.raises(Refused) as refused:
        actions.add_photo(proposal, upload(content), by=resident)
    assert "photos" in refused.value.fields
    assert not Photo.objects.exists()


def test_a_bad_photo_leaves_no_half_proposal_and_keeps_what_was_typed(way: Way, client_of: Any, resident: User) -> None:
    answer = client_of(resident).post(
        "/projects/propose/", {**WORDS, "place": way.yard.pk, "photos": [a_picture(), upload(SVG, "灯.jpg")]}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“灯.jpg”不是能打开的照片" in page
    assert WORDS["need"] in page
    assert not Proposal.objects.exists()


def test_it_is_served_as_a_picture_and_nothing_else(way: Way, client: Client, resident: User) -> None:
    photo = actions.add_photo(way.submitted(), upload(with_secrets()), by=resident)
    for url, kind in ((f"/photos/{photo.pk}/", "image/jpeg"), (f"/photos/{photo.pk}/small/", "image/webp")):
        answer = client.get(url)
        assert answer["Content-Type"] == kind
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"".join(answer.streaming_content)


def test_a_lost_file_is_not_found(way: Way, client: Client, resident: User) -> None:
    photo = actions.add_photo(way.submitted(), a_picture(), by=resident)
    photo.image.storage.delete(photo.image.name)
    assert client.get(f"/photos/{photo.pk}/").status_code == 404
    assert client.get("/photos/999999999999999999999/").status_code == 404


def test_beyond_three_they_wait_behind_a_word(way: Way, client: Client) -> None:
    proposal = way.submitted(photos=[a_picture() for _each in range(5)])
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert "另外 2 张照片" in page
    assert page.count('loading="lazy"') == 5


def test_a_picture_that_was_taken_back_is_read_nowhere_and_stands_as_its_number_and_digest(
    way: Way, client: Client, clerk: User
) -> None:
    proposal = way.submitted()
    user = proposal.proposer
    photo = actions.add_photo(proposal, upload(a_picture().read()), by=user)
    small, whole = reverse("photo_small", args=[photo.pk]), reverse("photo", args=[photo.pk])
    assert small in client.get(proposal.get_absolute_url()).content.decode()
    mine = client_for(user)
    page = reverse("withhold_photo", args=[photo.pk])
    assert page in mine.get(proposal.get_absolute_url()).content.decode()
    assert client_for(way.who("neighbour")).get(page).status_code == 403
    assert mine.post(page, {"reason": " "}).status_code == 422
    assert mine.post(page, {"reason": "里面的人不同意公开，电话13812345678"}).status_code == 302
    shown = client.get(proposal.get_absolute_url()).content.decode()
    photo.refresh_from_db()
    assert small not in shown and photo.digest[:16] in shown and "13812345678" not in shown
    for address in (small, whole):
        answer = client.get(address)
        assert answer.status_code == 410 and photo.digest in answer.content.decode()
    assert photo.digest == hashlib.sha256(photo.image.open("rb").read()).hexdigest()
    assert "已经收回" in mine.post(page, {"reason": "再来一次"}).content.decode()
    assert "已经收回" in (late := mine.get(page).content.decode()) and 'name="reason"' not in late
    with pytest.raises(IntegrityError, match="stays locked"), transaction.atomic():
        Photo.objects.filter(pk=photo.pk).update(withheld_at=None, withheld_by=None, withheld_why="", digest="")


def test_the_community_takes_one_back_for_whoever_is_on_it_and_the_uploader_hears(way: Way, clerk: User) -> None:
    proposal = way.submitted()
    photo = actions.add_photo(proposal, upload(a_picture().read()), by=proposal.proposer)
    with pytest.raises(NotAllowed):
        actions.withhold_photo(photo, reason="不认识", by=way.who("neighbour"))
    actions.withhold_photo(photo, reason="照片里的人来说不同意", by=clerk)
    assert Message.objects.filter(user=proposal.proposer, title__contains="收回了").exists()
    with pytest.raises(Refused, match="锁住"):
        drop_photo(proposal, Photo.objects.get(pk=photo.pk))


def client_for(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
