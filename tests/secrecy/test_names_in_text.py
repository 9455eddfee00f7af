"""Who lives there is written out in no text for everybody, whoever wrote it and wherever it stands."""

from __future__ import annotations

import pytest
from django.test import Client

from minshi.residents import naming
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from proposals.models import Proposal, Wish
from tests.cast import make_resident
from tests.secrecy.watchers import HREF, Watcher
from tests.way import Way

pytestmark = pytest.mark.django_db
NAMES = ("甲居民", "乙邻居", "丙楼长", "高峰")


def leaks(client: Client, *seeds: str) -> list[str]:
    """Where a visitor reads one of these names."""
    visitor, waiting, read = Watcher("visitor", client), list(seeds), dict[str, str]()
    while waiting:
        path = waiting.pop()
        if path in read or not path.startswith(("/projects/2", "/wishes/", "/notices/")) or path.endswith(".pdf"):
            continue
        read[path] = visitor.read(path)
        waiting += HREF.findall(read[path])
    assert read
    return [f"{name} on {path}" for path, text in read.items() for name in NAMES if name in text]


@pytest.fixture
def written(way: Way, household: Household) -> tuple[Proposal, Wish]:
    """A proposal and a wish with names in them, and minutes, and a reason."""
    way.who("neighbour")
    make_resident("高峰", way.households[5])
    proposal = way.consulting(
        title="乙邻居门口的灯",
        need="甲居民和乙邻居晚上看不清，高峰先生摔过",
        plan="请 乙 邻 居 出工",
        spot="乙邻居家门口",
    )
    way.recorded_meeting(proposal)
    resident, clerk = way.who("resident"), way.who("clerk")
    wished = proposals.wish(place=household.place, text="甲居民想要一张长椅", spot="乙邻居窗下", by=resident)
    proposals.answer_wish(wished, "decline", reason="甲居民家的事请自己办，乙邻居也这样说", by=clerk)
    return proposal, wished


def test_nobody_who_lives_there_is_written_out(written: tuple[Proposal, Wish], client_of) -> None:
    proposal, wished = written
    assert proposal.title == "乙*居门口的灯"
    assert leaks(client_of(None), proposal.get_absolute_url(), wished.get_absolute_url()) == []


def test_a_name_that_is_written_out_is_found(
    way: Way, household: Household, client_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.actions.stages.without_neighbours", lambda text, place, known=(): text)
    way.who("neighbour")
    wished = proposals.wish(place=household.place, text="乙邻居想要一张长椅", by=way.who("resident"))
    assert leaks(client_of(None), wished.get_absolute_url())


def test_a_word_that_is_also_a_name_stays_where_nobody_is_addressed(
    way: Way, community: Territory, household: Household
) -> None:
    make_resident("高峰", household)
    assert naming.without_neighbours("早高峰堵车", community) == "早高峰堵车"
    assert naming.without_neighbours("高峰大爷摔倒", community) == "高*大爷摔倒"
    assert naming.without_neighbours("高峰堵车", community, known=["高峰"]) == "高*堵车"


def test_who_only_says_that_they_live_there_changes_no_text(community: Territory, household: Household) -> None:
    make_resident("楼道灯", household, confirmed=False)
    assert naming.without_neighbours("楼道灯不亮", community) == "楼道灯不亮"


def test_who_lives_elsewhere_is_not_looked_for(way: Way, community: Territory) -> None:
    stranger = way.who("stranger").person
    assert naming.without_neighbours(f"{stranger.name}来过", community) == f"{stranger.name}来过"
