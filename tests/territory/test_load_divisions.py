"""Kunming's real divisions load from data, once."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db.models import Count

from minshi.territory import divisions
from minshi.territory.models import Territory

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
