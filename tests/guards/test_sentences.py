"""What people read when a guard refuses stands where it can be translated; the guard names it and gives the numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from minshi import refusals
from minshi.clock import CHINA
from minshi.faces.words import cn_datetime
from minshi.guards.loading import files
from minshi.refusals import Refused, guarded, guarded_names, refusing

NAMED = re.compile(r"\bCONSTRAINT = '(\w+)'(?:,\s*DETAIL = jsonb_build_object\((.*?)\)::text)?", re.DOTALL)
CHINESE = re.compile("[\u4e00-\u9fff]")


def code(file: Path) -> str:
    return re.sub(r"--.*", "", file.read_text())


def test_every_named_refusal_has_its_sentence_and_the_other_way_round() -> None:
    named = {name for file in files() for name, _numbers in NAMED.findall(code(file))}
    assert named == guarded_names()


def test_a_guard_gives_the_numbers_that_its_sentence_says() -> None:
    for file in files():
        for name, numbers in NAMED.findall(code(file)):
            said = set(re.findall(r"%\((\w+)\)s", str(refusals._sentences[name])))
            assert said == set(re.findall(r"'(\w+)',", numbers)), name


def test_no_words_for_people_stand_in_a_guard() -> None:
    spoken = [file for file in files() if CHINESE.search(code(file))]
    assert spoken == []


def test_no_guard_writes_a_date_as_people_would_read_it() -> None:
    """It gives the moment; the one place that words dates says it. The chain hashes its own canonical text."""
    wording = [file.name for file in files() if re.search(r"\bto_char\(", code(file)) and file.name != "sealing.sql"]
    assert wording == []


@pytest.fixture
def guard(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(refusals, "_sentences", {})
    guarded(enough_of_them="至少 %(least)s 个", said_plainly="不行")
    yield


def refuse(using: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE 'not so' USING ERRCODE = 'check_violation'{using}; END $$")


@pytest.mark.usefixtures("guard")
def test_a_refusal_is_the_sentence_with_the_numbers_of_the_guard() -> None:
    with pytest.raises(Refused, match="至少 3 个"), refusing():
        refuse(""", CONSTRAINT = 'enough_of_them', DETAIL = '{"least": 3}'""")
    with pytest.raises(Refused, match="不行"), refusing():
        refuse(", CONSTRAINT = 'said_plainly'")
    with pytest.raises(Refused) as refused, refusing(said_plainly=("price", "太贵了")):
        refuse(", CONSTRAINT = 'said_plainly'")
    assert refused.value.fields == {"price": "太贵了"}


@pytest.mark.usefixtures("guard")
@pytest.mark.parametrize("using", ["", ", CONSTRAINT = 'of_nobody'"])
def test_a_fault_stays_a_fault(using: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), refusing():
        refuse(using)


def test_a_moment_that_a_guard_gives_is_said_as_pages_say_it(guard: None) -> None:
    moment = datetime(2031, 12, 27, 12, 50, tzinfo=CHINA)
    given = f", CONSTRAINT = 'enough_of_them', DETAIL = jsonb_build_object('least', '{moment}'::timestamptz)::text"
    with pytest.raises(Refused, match=f"至少 {cn_datetime(moment)} 个"), refusing():
        refuse(given)
    assert cn_datetime(moment).endswith("12月27日 12:50")
