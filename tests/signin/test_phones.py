"""Phone numbers and codes as people write them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from minshi.signin.phones import CodeField, PhoneField


@pytest.mark.parametrize(
    "written",
    [
        "13800000001",
        " 138 0000 0001 ",
        "138-0000-0001",
        "+86 138-0000-0001",
        "+8613800000001",
        "0086 13800000001",
        "8613800000001",
        "(+86) 138.0000.0001",
        "１３８００００００００１"[:3] + "０００００００１",
        "＋８６　138　0000　0001",
        "138\u200b0000\u202d0001",
    ],
)
def test_many_ways_to_write_one_number(written: str) -> None:
    assert PhoneField().clean(written) == "13800000001"


@pytest.mark.parametrize(
    "written",
    [
        "12800000001",
        "1380000000",
        "138000000011",
        "+1 202 555 0100",
        "0871-63123456",
        "138OOOOOOO1",
        "٠١٢٣٤٥٦٧٨٩٠",
        "1380000000٣",
        "一三八",
        "'; DROP TABLE",
        "1" * 41,
        "+",
        "👴",
    ],
)
def test_what_is_no_mobile_number_of_here_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        PhoneField().clean(written)


@pytest.mark.parametrize("written", ["123456", " 123 456 ", "１２３４５６", "123-456"])
def test_many_ways_to_write_a_code(written: str) -> None:
    assert CodeField().clean(written) == "123456"


@pytest.mark.parametrize("written", ["12345", "1234567", "12345a", "١٢٣٤٥٦", "+12345"])
def test_what_is_no_code_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        CodeField().clean(written)
