"""Forms filled from a post, an offer, what somebody agreed to or asked for: whole, and for whom they concern alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.clock import now
from minshi.mydata import actions as mydata
from minshi.printing import sheets
from minshi.printing.pdf import laid_out
from minshi.residents.models import Role, RoleGrant
from minshi.signin import security
from minshi.signin.models import SecurityEvent
from minshi.territory.models import Household, Territory
from proposals import actions, papers
from proposals.models import Resource

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"{name}_print", args=args), query)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


def is_hidden(client: Client, name: str, *args: Any) -> bool:
    return {client.get(reverse(f"{name}_{form}", args=args)).status_code for form in ("print", "pdf")} == {404}


@pytest.fixture
def post(chief: User) -> RoleGrant:
    held = RoleGrant.objects.get(user=chief, role=Role.CHIEF)
    RoleGrant.objects.filter(pk=held.pk).update(basis="2026年5月全院推选，38户到会")
    held.refresh_from_db()
    return held


def test_the_form_of_a_post_is_printed_by_its_holder_and_whoever_fills_it(
    post: RoleGrant, chief: User, clerk: User, resident: User, households: list[Household], client_of: ClientOf
) -> None:
    for who in (chief, clerk):
        told = page(client_of(who), "paper_post", post.pk)
        for said in (chief.person.name, str(chief.phone), "☑ 楼栋长", "全院推选", f"<td>{len(households)}</td>"):
            assert said in told, said
    assert is_hidden(client_of(resident), "paper_post", post.pk)
    assert client_of(None).get(reverse("paper_post_print", args=[post.pk])).status_code == 302


def test_what_names_somebody_else_is_noted_when_it_is_taken_out(
    post: RoleGrant, chief: User, clerk: User, client_of: ClientOf
) -> None:
    page(client_of(chief), "paper_post", post.pk)
    noted = SecurityEvent.objects.filter(kind=SecurityEvent.Kind.TAKEN_OUT)
    assert not noted.exists()  # it is one's own
    page(client_of(clerk), "paper_post", post.pk)
    assert noted.get().user == clerk and noted.get().about == f"residents.rolegrant {post.pk}"


def test_each_sheet_is_noted_however_many_are_taken_out_in_an_hour(clerk: User) -> None:
    most = security.MOST_AN_HOUR + 5
    for number in range(most):
        security.note_taken_out(f"mydata.correction {number}", by=clerk)
    assert SecurityEvent.objects.filter(user=clerk, kind=SecurityEvent.Kind.TAKEN_OUT).count() == most


def test_of_an_office_there_is_no_such_form(clerk: User, approver: User, client_of: ClientOf) -> None:
    held = RoleGrant.objects.get(user=clerk, role=Role.CLERK)
    assert is_hidden(client_of(clerk), "paper_post", held.pk) and is_hidden(client_of(approver), "paper_post", held.pk)


@pytest.fixture
def offered(neighbour: User, community: Territory) -> Resource:
    return actions.offer(place=community, kind="skill", title="会修自行车", times="周六上午", by=neighbour)


def test_whoever_offers_is_named_on_their_own_print_alone(
    offered: Resource, neighbour: User, clerk: User, resident: User, client_of: ClientOf
) -> None:
    own, seen = (page(client_of(who), "paper_offer", offered.pk) for who in (neighbour, clerk))
    for told in (own, seen):
        assert "会修自行车" in told and "周六上午" in told and "☑ 能人手艺" in told
    assert neighbour.person.name in own and str(neighbour.phone) in own
    assert neighbour.person.name not in seen and str(neighbour.phone) not in seen
    assert is_hidden(client_of(resident), "paper_offer", offered.pk)
    assert reverse("paper_offer_print", args=[offered.pk]) in (
        client_of(neighbour).get(offered.get_absolute_url()).content.decode()
    )


def test_of_somebody_else_it_is_printed_by_who_wrote_it_down_while_in_a_post_there_and_noted(
    post: RoleGrant, chief: User, client_of: ClientOf
) -> None:
    words = {"kind": "skill", "title": "会修锁", "times": "白天", "offerer_name": "辛大爷", "contact": "13800005555"}
    offer = actions.offer(place=post.place, **words, by=chief)
    assert "辛大爷" in page(client_of(chief), "paper_offer", offer.pk)
    assert SecurityEvent.objects.filter(kind=SecurityEvent.Kind.TAKEN_OUT, user=chief).exists()
    RoleGrant.objects.filter(pk=post.pk).update(revoked_at=now())
    assert is_hidden(client_of(chief), "paper_offer", offer.pk)


def test_one_prints_what_one_agreed_to(resident: User, clerk: User, client_of: ClientOf) -> None:
    told = page(client_of(resident), "paper_agreed")
    assert resident.person.name in told and str(resident.phone) in told and "☑ 是" in told
    assert is_hidden(client_of(clerk), "paper_agreed")  # lives nowhere in the register
    assert reverse("paper_agreed_print") in client_of(resident).get(reverse("my_data")).content.decode()


def test_what_one_lets_be_named_stands_in_it(resident: User, community: Territory, client_of: ClientOf) -> None:
    offer = actions.offer(place=community, kind="tool", title="能借一架梯子", times="天天", by=resident)
    mydata.publish_name("proposals.resource", offer.pk, True, by=resident)
    assert "☑ 能借一架梯子 · 姓名" in page(client_of(resident), "paper_agreed")


def test_what_one_asks_about_ones_data_is_printed_with_its_answer(
    resident: User, clerk: User, chief: User, neighbour: User, client_of: ClientOf
) -> None:
    asked = mydata.ask_right("删除", "旧的门牌叫法", by=resident)
    told = page(client_of(resident), "paper_right", asked.pk)
    assert "☑ 删除" in told and "旧的门牌叫法" in told and "前答复" in told and resident.person.name in told
    mydata.answer_correction(asked, granted=True, answer="已经删掉", by=clerk)
    told = page(client_of(clerk), "paper_right", asked.pk)
    assert "已经删掉" in told and "一社区工作人员" in told
    for other in (chief, neighbour):
        assert is_hidden(client_of(other), "paper_right", asked.pk)
    assert reverse("paper_right_print", args=[asked.pk]) in (
        client_of(resident).get(reverse("my_data")).content.decode()
    )


def test_a_name_that_is_put_right_is_the_same_form(resident: User, chief: User, client_of: ClientOf) -> None:
    asked = mydata.correct_name("甲新名", by=resident)
    assert asked
    told = page(client_of(chief), "paper_right", asked.pk)
    assert "☑ 更正" in told and "姓名改为：甲新名" in told
    assert str(resident.phone) not in told  # a chief answers at the door
    assert str(resident.phone) in page(client_of(resident), "paper_right", asked.pk)


def test_at_the_desk_it_stands_on_the_page_of_the_matter(
    post: RoleGrant, clerk: User, party: User, client_of: ClientOf
) -> None:
    at, form = reverse("admin:residents_rolegrant_change", args=[post.pk]), reverse("paper_post_print", args=[post.pk])
    assert form in client_of(clerk).get(at).content.decode()
    assert form not in client_of(party).get(at).content.decode()


@pytest.mark.parametrize("large", [False, True], ids=["normal", "large"])
def test_filled_they_fit_their_paper(post: RoleGrant, offered: Resource, resident: User, large: bool) -> None:
    pytest.importorskip("weasyprint", exc_type=ImportError)
    place, asked = post.place, mydata.ask_right("删除", "旧的门牌叫法，" * 20, by=resident)
    facts = {
        "chief": papers.chief(papers.of_matter("paper_chief", "paper_post", place, [1], page="/", back="/"), post),
        "resource": papers.resource(
            papers.of_matter("paper_resource", "paper_offer", place, [1], page="/", back="/"), offered, own=True
        ),
        "consent": papers.consent(
            papers.of_matter("paper_consent", "paper_agreed", place, [], page="/", back="/"), resident.person
        ),
        "rights": papers.rights(papers.of_matter("paper_rights", "paper_right", place, [1], page="/", back="/"), asked),
    }
    for name, told in facts.items():
        document = laid_out(sheets.drawn(f"proposals/papers/{name}.html", {**told, "large": large}))
        assert document is not None
        assert len(document.pages) <= (2 if large else 1), name


def test_a_file_with_somebodys_name_is_kept_nowhere(
    resident: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "as_pdf", lambda html: b"%PDF")
    monkeypatch.setattr(sheets, "cache", None)
    assert client_of(resident).get(reverse("paper_agreed_pdf")).content == b"%PDF"
