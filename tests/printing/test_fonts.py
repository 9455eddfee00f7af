"""Characters that no font has are named: an empty box would be taken for what hides a name."""

from __future__ import annotations

import pytest

from minshi.printing import fonts
from minshi.printing.pdf import laid_out
from tests.printing.conftest import Drawn
from tests.printing.test_sheets import _with_pango

__all__ = ["_with_pango"]

RARE = "𡌴𱖎🎉"
NOWHERE = "\U000e8888\U00102222"
"""For private use: no font of ours has a glyph for these."""


def test_what_every_chinese_font_has_is_drawn() -> None:
    assert fonts.lacking("关于“睦邻驿站”立项的公示（盖章）〔2026〕■□＊ 　Ａé") == []


def test_what_no_font_has_is_found_once_in_its_order() -> None:
    first, second = NOWHERE
    assert fonts.lacking(f"a{second}民{first}{second}") == [second, first]


def test_what_is_not_drawn_by_itself_is_not_missed() -> None:
    assert fonts.lacking("\u200d\ufe0f\u3000\xa0\n") == []


def test_it_is_named_by_its_number() -> None:
    assert fonts.named("赵𱖎，𱖎", ["𱖎"]) == "赵〔字库缺：U+3158E〕，〔字库缺：U+3158E〕"


def test_nothing_is_missed_where_the_fonts_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_charset", lambda: None)
    fonts.is_drawn.cache_clear()
    try:
        assert fonts.lacking(NOWHERE) == []
    finally:
        fonts.is_drawn.cache_clear()


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["title", "body", "issuer", "table"])
@pytest.mark.parametrize("characters", [*RARE, *NOWHERE])
def test_rare_characters_print_or_are_named(drawn: Drawn, where: str, characters: str) -> None:
    said = f"关于赵{characters}家门口的公示"
    html = drawn(**{where: [("提议人", said)] if where == "table" else said})
    if fonts.is_drawn(characters):
        assert said in html and "字库缺" not in html
    else:
        assert characters not in html
        assert f"赵〔字库缺：U+{ord(characters):04X}〕家门口" in html
        assert "标有“字库缺”的字" in html
    assert fonts.lacking(html) == []
    assert laid_out(html) is not None


@pytest.mark.django_db
def test_the_note_stands_only_where_something_is_named(drawn: Drawn) -> None:
    assert "字库缺" not in drawn(title="关于院里路灯的公示")
