"""The A4 sheet, its PDF, and photos of where it hung."""

from __future__ import annotations

import builtins
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image

from minshi.accounts.models import User
from minshi.audit.models import DayRoot
from minshi.disclosure import views
from minshi.disclosure.actions import correct, record_posting
from minshi.disclosure.models import Notice, PostingPhoto
from minshi.printing.sheets import qr_of
from minshi.refusals import NotAllowed, Refused

Post = Callable[..., Notice]


def _picture(comment: bytes = b"13812345678") -> SimpleUploadedFile:
    raw = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(raw, "JPEG", comment=comment)
    return SimpleUploadedFile("李迎新.jpg", raw.getvalue(), content_type="image/jpeg")


def _sheet(client: Client, notice: Notice, query: str = "") -> str:
    page = client.get(f"{notice.get_absolute_url()}print/{query}")
    assert page.status_code == 200
    return page.content.decode()


def test_the_sheet_has_everything_of_form_16(client: Client, notice: Notice) -> None:
    page = _sheet(client, notice)
    for words in (
        notice.title, notice.number, notice.issuer, notice.body, "36,800.00 元", "2026年11月3日", "2026年11月9日 24:00",
        "5 个工作日",
        "0871-00000002", "0871-00000001", "（盖章）", "张贴地点", "撤下日期", "2026年11月2日",
        "<svg", "打印时间",
        "个人信息",
    ):  # fmt: skip
        assert words in page


def test_the_code_leads_to_the_public_page(notice: Notice, settings: Any, client: Client) -> None:
    address = f"{settings.SITE_URL}{notice.get_absolute_url()}"
    page = _sheet(client, notice)
    assert qr_of(address) in page
    assert address in page


def test_large_letters_on_request(client: Client, notice: Notice) -> None:
    assert 'class="large"' not in _sheet(client, notice)
    assert 'class="large"' in _sheet(client, notice, "?large=1")
    assert "html.large { font-size: 18pt; }" in Path("static/css/sheet.css").read_text()


def test_a_corrected_sheet_says_it_is_void(client: Client, notice: Notice, clerk: User) -> None:
    new = correct(notice, reason="写错", by=clerk)
    assert f"以 {new.number} 为准" in _sheet(client, notice)


def test_it_carries_yesterdays_root(client: Client, notice: Notice, monkeypatch: pytest.MonkeyPatch) -> None:
    root = DayRoot(day=date(2026, 11, 1), seq=7, hash=bytes.fromhex("abcd"))
    monkeypatch.setattr(views, "yesterdays_root", lambda: root)
    assert "2026-11-01 存证：abcd" in _sheet(client, notice)


def test_it_carries_the_root_of_the_hour_that_left_last(
    client: Client, notice: Notice, settings: Any, tmp_path: Path
) -> None:
    settings.ROOTS_FILE = tmp_path / "roots.txt"
    assert "存证：" not in _sheet(client, notice)
    settings.ROOTS_FILE.write_text(f"7 {'ab' * 32} 2026-11-02T03:00:00+00:00\n")
    assert f"2026-11-02 11:00 存证：{'ab' * 32}" in _sheet(client, notice)


@pytest.mark.parametrize("query", ["", "?large=1"])
def test_the_sheet_as_a_file(client: Client, notice: Notice, query: str) -> None:
    pytest.importorskip("weasyprint")
    answer = client.get(f"/notices/{notice.number}.pdf{query}")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert client.get(f"/notices/{notice.number}.pdf{query}").content == answer.content


def test_the_text_of_a_notice_fetches_nothing(
    client: Client, post_notice: Post, caplog: pytest.LogCaptureFixture
) -> None:
    notice = post_notice(body="<img src='http://127.0.0.1:1/'><link rel=stylesheet href='file:///etc/passwd'>")
    assert client.get(f"/notices/{notice.number}.pdf").status_code in {200, 302}


def test_without_pango_the_page_to_print_is_offered(
    client: Client, notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def broken(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", broken)
    answer = client.get(f"/notices/{notice.number}.pdf")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{notice.get_absolute_url()}print/"


# --- Photos of where it hung --------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_a_photo_of_the_board_is_kept_without_what_hid_in_it(
    client_of: Callable[..., Client], notice: Notice, chief: User
) -> None:
    browser = client_of(chief)
    page = browser.post(
        f"{notice.get_absolute_url()}posting/", {"photos": _picture(), "where": "1号院大门公示栏"}, follow=True
    )
    assert "1号院大门公示栏" in page.content.decode()
    photo = PostingPhoto.objects.get()
    assert "李迎新" not in photo.picture.name
    answer = Client().get(f"/notices/photos/{photo.pk}/")
    raw = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"13812345678" not in raw


def test_what_is_no_picture_is_refused_and_the_place_kept(
    client_of: Callable[..., Client], notice: Notice, clerk: User
) -> None:
    evil = SimpleUploadedFile("x.jpg", b"<script>alert(1)</script>", content_type="image/jpeg")
    page = client_of(clerk).post(f"{notice.get_absolute_url()}posting/", {"photos": evil, "where": "大门公示栏"})
    assert page.status_code == 422
    assert "大门公示栏" in page.content.decode()
    assert not PostingPhoto.objects.exists()


def test_a_place_is_needed(notice: Notice, clerk: User) -> None:
    with pytest.raises(Refused) as refused:
        record_posting(notice, _picture(), where=" ", by=clerk)
    assert "where" in refused.value.fields


def test_taking_down_is_recorded_too(notice: Notice, clerk: User) -> None:
    assert record_posting(notice, _picture(), where="大门", taken_down=True, by=clerk).moment == "taken_down"


@pytest.mark.parametrize("who", ["resident", "stranger_clerk"])
def test_nobody_else_records_where_it_hung(
    client_of: Callable[..., Client], notice: Notice, request: pytest.FixtureRequest, who: str
) -> None:
    user = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        record_posting(notice, _picture(), where="大门", by=user)
    assert client_of(user).get(f"{notice.get_absolute_url()}posting/").status_code == 403


def test_a_missing_photo_is_not_found(client: Client, db: None) -> None:
    assert client.get("/notices/photos/1/").status_code == 404


def test_a_photo_cannot_be_exchanged(notice: Notice, clerk: User) -> None:
    record_posting(notice, _picture(), where="大门", by=clerk)
    with pytest.raises(Exception, match=r"append-only|permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE disclosure_postingphoto SET picture = 'other.jpg'")
