"""A register comes to the desk as a file: looked at row by row, carried out by the worker, always in sight."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.intake import actions, sheets
from minshi.intake.models import Intake, State
from minshi.territory.actions import add_place
from minshi.territory.models import Household, Territory
from minshi.unsent.models import UnsentFile
from tests.desk.test_scope import do_of, list_of, page_of
from tests.intake.files import HEADS, book, text
from tests.intake.test_import import ROWS, read

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
ADD = "/admin/intake/intake/add/"


def handed_in(client: Client, place: Territory, content: bytes, name: str = "户册.xlsx") -> str:
    sent = {"place": place.pk, "file": SimpleUploadedFile(name, content)}
    return client.post(ADD, sent, follow=True).content.decode()


def test_a_file_is_shown_row_by_row_before_anything_changes(
    client_of: ClientOf, clerk: User, community: Territory
) -> None:
    client, before = client_of(clerk), Household.objects.count()
    page = handed_in(client, community, book([HEADS, ("金沙小区", 1, 1, 101, 50), ("金沙小区", 1, 1, "张三家", 50)]))
    assert "还没有导入" in page and "不能导入 1" in page and "看不出是哪一户" in page
    assert "有 1 行不能导入，所以一行也没有导入" in page and "再交一次" in page
    assert "张三家" in page and ">导入</a>" not in page
    assert Household.objects.count() == before
    intake = Intake.objects.get()
    assert "101" in client.get(page_of(intake), {"outcome": "add"}).content.decode()
    answer = client.get(reverse("admin:intake_intake_rows", args=[intake.pk]))
    rows = sheets.opened(answer.content)[0][1]
    assert rows[2][1][13:] == ["不能导入", "看不出是哪一户，请写成 1单元301、1-301 或 12号", "户册", "3"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x89PNG\r\n" + bytes(200), "不是能打开的表格"),
        (b" " * (sheets.MOST_BYTES + 1), "表太大"),
        (text([("姓名", "电话"), ("示例甲", "1")]), "没有找到这一列"),
        (b"", "文件是空的"),
    ],
    ids=["picture", "blanks", "wrong sheet", "empty"],
)
def test_what_is_no_register_is_said_beside_the_file(
    client_of: ClientOf, clerk: User, community: Territory, content: bytes, why: str
) -> None:
    page = handed_in(client_of(clerk), community, content)
    assert why in page and not Intake.objects.exists()
    assert f'value="{community.pk}" selected' in page and not UnsentFile.objects.exists()


def test_the_work_is_seen_without_javascript_until_it_is_done(
    client_of: ClientOf, clerk: User, community: Territory
) -> None:
    client, intake = client_of(clerk), read(community, ROWS, clerk)
    assert client.post(do_of(intake, "start")).status_code == 302
    actions.reach(intake, 0.4)
    page = client_of(clerk).get(page_of(intake))  # another browser
    assert "40%" in page.content.decode() and page.headers["Refresh"] == "5"
    actions.carry_out()
    page = client.get(page_of(intake))
    assert "Refresh" not in page.headers and "<progress" not in page.content.decode()
    intake.refresh_from_db()
    assert intake.state == State.DONE
    assert "户册已导入" in client.get(reverse("messages")).content.decode()
    assert client.post(do_of(intake, "take-back")).status_code == 302
    actions.carry_out()
    assert not Household.objects.filter(place__full_name__contains="金沙小区").exists()


def test_only_those_who_keep_the_register_here_find_its_files(
    client_of: ClientOf,
    clerk: User,
    case_officer: User,
    supervisor: User,
    community: Territory,
) -> None:
    intake = read(community, ROWS, clerk)
    rows = reverse("admin:intake_intake_rows", args=[intake.pk])
    assert client_of(supervisor).get(list_of(Intake)).status_code == 403
    assert client_of(supervisor).get(rows).status_code == 404
    seen = {cell for _number, row in sheets.opened(client_of(case_officer).get(rows).content)[0][1] for cell in row}
    assert "139****0001" in seen and not {"13900000001", "示例丙"} & seen
    seen = {cell for _number, row in sheets.opened(client_of(clerk).get(rows).content)[0][1] for cell in row}
    assert {"13900000001", "示例丙"} <= seen


def test_a_file_for_a_place_of_others_is_refused(client_of: ClientOf, clerk: User, street: Territory) -> None:
    other = add_place(parent=street, code="990101001999", name="别的社区", level="community", by=None)
    page = handed_in(client_of(clerk), other, text([HEADS, ("院", 1, 1, 101, 50)]))
    assert not Intake.objects.exists() and "选" in page


def test_the_desk_names_the_community_without_doors(
    client_of: ClientOf, clerk: User, case_officer: User, household: Household, street: Territory
) -> None:
    assert "还没有门牌" not in client_of(case_officer).get("/admin/").content.decode()
    add_place(parent=street, code="990101001999", name="新设社区", level="community", by=None)
    page = client_of(case_officer).get("/admin/").content.decode()
    assert "新设社区还没有门牌" in page and ADD in page
    assert "还没有门牌" not in client_of(clerk).get("/admin/").content.decode()


def test_the_template_is_handed_out(client_of: ClientOf, clerk: User) -> None:
    answer = client_of(clerk).get(reverse("admin:intake_intake_template"))
    assert [name for name, _rows in sheets.opened(answer.content)] == ["户册", "示例", "说明"]
