"""Two people write down the same thing at the same moment: the later one reads that it is there."""

from __future__ import annotations

import pytest

from minshi.refusals import Refused
from minshi.territory import actions
from minshi.territory.models import Territory
from tests.way import Way

pytestmark = pytest.mark.django_db


def test_what_is_there_already_is_a_sentence_and_no_fault(way: Way) -> None:
    def add() -> Territory:
        return actions.add_place(parent=way.yard, code="530103002001-9", name="新院", level="building", by=None)

    add()
    with pytest.raises(Refused, match="已经登记过"):
        add()
    assert Territory.objects.filter(name="新院").count() == 1
