"""Yuan as people type and read them, and exact fen."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from minshi.ledger.money import YuanField, format_yuan, parse_yuan, yuan

LARGEST = 99_999_999_999


class PledgeForm(forms.Form):
    amount = YuanField(label="金额", min_fen=100, max_fen=5_000_000)
    extra = YuanField(required=False)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("8600", 860_000),
        ("0.1", 10),
        ("0.29", 29),
        (" 1234.5 ", 123_450),
        ("999999999.99", LARGEST),
    ],
)
def test_plain_yuan_become_exact_fen(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "", ".5", "1.", "1.005", "1e3", "1_000", "1,000", "１００", "٣", "-1", "+1", "¥1", "1元", "1 0",
        "NaN", "Infinity", "0x10", "1234567890", "1\n2", "1.5\n.1", "一百", "1\u200b", "−5", "=1",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(forms.ValidationError, match="请用数字填写金额"):
        parse_yuan(text)


@given(st.text())
def test_no_text_is_half_understood(text: str) -> None:
    try:
        fen = parse_yuan(text)
    except forms.ValidationError:
        return
    assert text.strip().isascii()
    assert Decimal(text.strip()) == yuan(fen)


@given(st.integers(0, LARGEST))
def test_what_is_shown_can_be_typed_again(fen: int) -> None:
    assert parse_yuan(str(yuan(fen))) == fen
    assert parse_yuan(format_yuan(fen).replace(",", "")) == fen


def test_yuan_always_have_two_places() -> None:
    assert [str(yuan(fen)) for fen in (0, 5, 1000, -123)] == ["0.00", "0.05", "10.00", "-1.23"]
    assert [format_yuan(fen) for fen in (0, 5, 123_400, -57_050_000)] == [
        "0.00",
        "0.05",
        "1,234.00",
        "-570,500.00",
    ]


def test_a_form_gives_fen() -> None:
    form = PledgeForm({"amount": "12.50"})
    assert form.is_valid()
    assert form.cleaned_data == {"amount": 1250, "extra": None}


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong() -> None:
    form = PledgeForm({"amount": "1,000", "extra": "abc"})
    assert not form.is_valid()
    assert 'value="1,000"' in str(form["amount"])
    assert "请用数字填写金额" in str(form["extra"].errors)


def test_a_form_shows_fen_as_yuan() -> None:
    form = PledgeForm(initial={"amount": 123_450})
    assert 'value="1234.50"' in str(form["amount"])
    assert 'inputmode="decimal"' in str(form["amount"])


@pytest.mark.parametrize(("typed", "reason"), [("0.99", "不能少于 1.00 元"), ("50000.01", "不能超过 50,000.00 元")])
def test_a_form_says_how_much_is_allowed(typed: str, reason: str) -> None:
    form = PledgeForm({"amount": typed})
    assert reason in form.errors["amount"][0]


def test_a_form_knows_whether_the_amount_changed() -> None:
    assert not PledgeForm({"amount": "12.5"}, initial={"amount": 1250}).has_changed()
    assert PledgeForm({"amount": "12.51"}, initial={"amount": 1250}).has_changed()
    assert PledgeForm({"amount": "lots"}, initial={"amount": 1250}).has_changed()
