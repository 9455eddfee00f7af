"""Kunming's real divisions load from data, once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from minshi.territory import divisions
from minshi.territory.models import LEVELS, Level, Territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def _loaded(db: None) -> None:
    divisions.load(divisions.published(), by=None)


@pytest.mark.usefixtures("_loaded")
def test_the_whole_city_is_there_with_its_paths() -> None:
    counted = dict(Territory.objects.values_list("level_id").annotate(number=Count("pk")).order_by())
    assert counted == {"city": 1, "district": 14, "street": 150, "community": 1738}
    city = Territory.objects.get(code="5301")
    assert (city.path, city.parent) == ("5301/", None)
    for place in Territory.objects.exclude(pk=city.pk).select_related("parent"):
        assert place.path == f"{place.parent.path}{place.code}/"
        assert place.full_name == place.parent.full_name + place.name
    assert Territory.objects.within(Territory.objects.get(name="盘龙区")).filter(level="street").count() == 12


@pytest.mark.usefixtures("_loaded")
def test_a_community_is_called_as_people_call_it_and_keeps_its_official_name() -> None:
    place = Territory.objects.get(official_name="佳园社区居委会")
    assert place.name == "佳园社区"
    assert place.full_name == "昆明市盘龙区青云街道佳园社区"
    assert place.at_level("street").name == "青云街道"
    assert not Territory.objects.filter(name__endswith="会", level="community").exists()


@pytest.mark.usefixtures("_loaded")
def test_no_two_places_under_one_are_called_the_same() -> None:
    assert not Territory.objects.values("parent", "name").annotate(number=Count("pk")).filter(number__gt=1).exists()


@pytest.mark.usefixtures("_loaded")
def test_what_the_statistics_made_up_says_so() -> None:
    assert Territory.objects.filter(name__contains="虚拟").count() == 6


@pytest.mark.parametrize(
    ("official", "short"),
    [
        ("翠湖西路社区居民委员会", "翠湖西路社区"),
        ("佳园社区居委会", "佳园社区"),
        ("白邑村委会", "白邑村"),
        ("奔多村村民委员会", "奔多村"),
        ("青云街道", "青云街道"),
        ("工业园区虚拟社区", "工业园区虚拟社区"),
    ],
)
def test_short_names(official: str, short: str) -> None:
    assert divisions.short_name(official) == short


def test_a_second_load_adds_only_what_is_missing_and_changes_nothing(capsys, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(40):
        call_command("load_divisions")
    Territory.objects.filter(code="530103").update(phone="0871-12345678")
    Territory.objects.filter(official_name="朵格村委会").delete()
    call_command("load_divisions")
    assert capsys.readouterr().out.split("\n")[:2] == ["新增地方 1903 个", "新增地方 1 个"]
    assert Territory.objects.get(code="530103").phone == "0871-12345678"


# --- A file of one's own ---------------------------------------------------------------------------


def load(tmp_path: Path, text: str) -> None:
    file = tmp_path / "places"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    call_command("load_divisions", str(file))


CSV = "代码,名称\n9901,样板市\n990101,样板区\n990101001,甲街道\n990101001001,一社区居委会\n"
JSON = '{"city": ["9901", "样板市"], "districts": [["990101", "样板区"]], "streets": [], "communities": []}'


def test_another_city_comes_from_a_file_with_all_levels(tmp_path: Path) -> None:
    load(tmp_path, "\ufeff" + CSV)
    assert Territory.objects.get(code="990101001001").full_name == "样板市样板区甲街道一社区"
    assert set(Level.objects.values_list("code", flat=True)) == {code for code, _name, _rank in LEVELS}
    load(tmp_path, CSV + "990101001002,二社区居委会\n")
    assert Territory.objects.filter(level="community").count() == 2


def test_the_same_form_as_the_statistics_is_read_too(tmp_path: Path) -> None:
    load(tmp_path, JSON)
    assert Territory.objects.get(name="样板区").parent == Territory.objects.get(name="样板市")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "文件里没有地方"),
        ("9901", "要有代码和名称"),
        ("9901,样板市\n99010,样板区", "“99010”不是 4、6、9 或 12 位"),
        ("９９０１,样板市", "不是 4、6、9 或 12 位"),
        ("9901,样板市\n9901,样板市", "9901 写了两次"),
        ("9901,样板市\n990101001,甲街道", "990101001 甲街道 的上一级不在文件里"),
        ("9901,\u200b", "9901 没有名称"),
        ('{"city": 5}', "这个 JSON 要有 city"),
        ("{", "这个 JSON 要有 city"),
        ("[" * 100_000, "文件里没有地方"),
        ("[" * 200_000, "看不懂这个文件"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_and_nothing_is_loaded(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CommandError, match=re.escape(said)):
        load(tmp_path, text)
    assert not Territory.objects.exists()


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="读不了"):
        call_command("load_divisions", str(tmp_path / "nowhere.csv"))
