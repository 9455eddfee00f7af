"""The board of a place among all boards: a kind it has none of, and a word nobody wrote, are soon known."""

from __future__ import annotations

from django.test import Client

from bench.plans import plans_of
from minshi.disclosure.models import Kind, Notice
from tests.world import World


def test_a_kind_that_a_place_has_none_of_reads_that_kind_alone(crowd: World, client: Client) -> None:
    rare = min(Kind.values, key=lambda kind: Notice.objects.filter(kind=kind).count())
    of_it = Notice.objects.filter(kind=rare).count()
    for place in ("", crowd.place("other_street").code):
        asked = plans_of(lambda place=place: client.get("/notices/", {"kind": rare, "place": place}), by_index=True)
        read = [rows for plan in asked for table, _how, rows in plan.scans if table == "disclosure_notice"]
        assert read and max(read) <= of_it + 50 < Notice.objects.count()


def test_a_word_in_few_titles_is_found_and_reads_no_others(crowd: World, client: Client) -> None:
    assert Notice.objects.named("不知所云").count() == 0
    asked = plans_of(lambda: client.get("/notices/", {"q": "不知所云"}), by_index=True)
    read = [rows for plan in asked for table, _how, rows in plan.scans if table == "disclosure_notice"]
    assert sum(read) < 50


def test_common_words_single_letters_and_numbers_find_what_they_did(crowd: World) -> None:
    notice = Notice.objects.earliest("pk")
    for word in (notice.title[:2], notice.title[1:5], notice.title[0], notice.number[-6:]):
        found = set(Notice.objects.named(word).values_list("pk", flat=True))
        said = {each.pk for each in Notice.objects.all() if word.lower() in (each.title + "\n" + each.number).lower()}
        assert found == said, word
