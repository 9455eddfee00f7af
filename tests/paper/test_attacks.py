"""The pages of paper as strangers use them: wrong files, wrong doors, twice, too late, when somebody else was quicker.

None of it is a fault of the platform's; each refusal is a sentence beside its field, and what was typed is still there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from deliberation import actions as deliberation
from deliberation.models import Choice, Motion, PaperBallot
from deliberation.selectors import reading_key
from evaluation.actions import paper as ratings
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.addresses import told
from minshi.deadlines import actions as deadlines
from minshi.disclosure import actions as disclosure
from minshi.disclosure.models import Objection
from minshi.paper.models import Line, Sheet
from minshi.residents import striking
from minshi.territory.models import Household
from proposals import actions
from proposals.models import Look, Proposal, Wish
from tests.desk.test_scope import do_of
from tests.proposals.hostile import WORDS
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]

WORD = "一个字也不能丢"


@dataclass(frozen=True)
class Upload:
    """A page that takes a photo: who sends it where, the other fields, the name of the photo's field."""

    who: str
    url: str
    field: str
    typed: dict[str, Any]


def _cosign(way: Way) -> Upload:
    number = way.cosigning(households=100).number
    return Upload("chief", f"/projects/{number}/cosign/paper/", "photos", {"doors": f"301 {WORD}"})


def _cosign_at_the_desk(way: Way) -> Upload:
    return Upload("clerk", do_of(way.cosigning(), "cosign-on-paper"), "photos", {"doors": f"301 {WORD}"})


def _proposal(way: Way) -> Upload:
    typed = {**WORDS, "need": WORD, "door": way.households[6].address, "name": "申老伯", "scope": "yard"}
    return Upload("clerk", "/projects/paper/", "sheet", typed)


def _proposals_photo(way: Way) -> Upload:
    upload = _proposal(way)
    return Upload(upload.who, upload.url, "photos", {**upload.typed, "sheet": a_picture})


def _wishs_photo(way: Way) -> Upload:
    place = way.yard.at_level("community")
    return Upload(
        "resident", "/wishes/new/", "photos", {"place": place.pk if place else "", "text": WORD, "category": "other"}
    )


def _photo_at_the_door(way: Way) -> Upload:
    typed = {"door": way.households[6].address, "name": "申老伯", "text": WORD, "category": "other"}
    return Upload("chief", "/wishes/door/", "photos", typed)


def _wishes(way: Way) -> Upload:
    place = way.yard.at_level("community")
    typed = {"lines": f"301 申老伯 {WORD}", "place": place.pk if place else "", "receipt": str(uuid4())}
    return Upload("clerk", "/wishes/paper/", "photos", typed)


def _ballot(way: Way, field: str = "photos", **more: Any) -> Upload:
    proposal = way.voting()
    unit = Motion.objects.get(proposal=proposal).roll.units.order_by("ordinal")[6]
    typed = {"receipt": str(uuid4()), "signer": "", **more}
    return Upload("chief", reverse("paper_unit", args=[proposal.number, unit.ordinal]), field, typed)


def _second_ballot(way: Way) -> Upload:
    upload = _ballot(way)
    unit = Motion.objects.get().roll.units.order_by("ordinal")[6]
    motion = unit.roll.motion
    deliberation.register_paper(unit, receipt_id=uuid4(), photo=a_picture(), choice=Choice.AGREE, by=way.who("chief"))
    way.to_counting(motion)
    return Upload("chief", f"{upload.url}second/", "photos", {"choice": "against"})


def _objection(way: Way) -> Upload:
    notice = way.announced().gate_notice
    assert notice
    typed = {"channel": "paper", "door": way.households[6].door, "name": "申老伯", "facts": WORD, "signer": ""}
    return Upload(
        "clerk", f"{reverse('object_for', args=[notice.number])}?door={way.households[6].address}", "photos", typed
    )


def _pledge(way: Way) -> Upload:
    proposal = way.raising()
    typed = {"household": way.households[6].address, "amount": "50", "signed": ""}
    return Upload("clerk", do_of(proposal.purse, "pledge"), "photos", typed)


def _rating(way: Way) -> Upload:
    survey = way.rating()
    unit = survey.roll.units.order_by("ordinal")[6]
    url = reverse("rating_paper_unit", args=[survey.proposal.number, unit.ordinal])
    return Upload("chief", url, "stubs", {"receipt": str(uuid4()), "signer": ""})


UPLOADS: dict[str, Callable[[Way], Upload]] = {
    "a signed list": _cosign,
    "a signed list at the desk": _cosign_at_the_desk,
    "a proposal's sheet": _proposal,
    "a photo beside it": _proposals_photo,
    "a photo of a wish": _wishs_photo,
    "a photo at the door": _photo_at_the_door,
    "a page of wishes": _wishes,
    "a ballot": lambda way: _ballot(way, choice="agree"),
    "a ballot's stub": lambda way: _ballot(way, "stubs"),
    "a second ballot": _second_ballot,
    "an objection": _objection,
    "a pledge": _pledge,
    "an envelope's stub": _rating,
}
FILES = {
    "nothing in it": lambda: SimpleUploadedFile("照片.jpg", b"", "image/jpeg"),
    "a text called a photo": lambda: SimpleUploadedFile("照片.jpg", "同意".encode() * 400, "image/jpeg"),
    "half a photo": lambda: SimpleUploadedFile("照片.jpg", a_picture().read()[:200], "image/jpeg"),
    "26 megabytes": lambda: SimpleUploadedFile("照片.jpg", b"\xff" * (26 << 20), "image/jpeg"),
}


@pytest.mark.parametrize("name", UPLOADS)
def test_a_file_that_is_no_photo_is_refused_beside_its_field(name: str, way: Way, client_of: ClientOf) -> None:
    upload = UPLOADS[name](way)
    client, sheets = client_of(way.who(upload.who)), Sheet.objects.count()
    assert client.get(upload.url).status_code == 200

    def send(file: Any) -> Any:
        typed = {name: value() if callable(value) else value for name, value in upload.typed.items()}
        return client.post(upload.url, {**typed, upload.field: file})

    for file in FILES.values():
        answer = send(file())
        assert answer.status_code == 422
        assert upload.field in answer.context["form"].errors, dict(answer.context["form"].errors)
        assert WORD not in upload.typed.values() or WORD in answer.content.decode()
    assert Sheet.objects.count() == sheets
    answer = send(a_picture())
    assert answer.status_code == 302, dict(answer.context["form"].errors)


# --- Lines of a list --------------------------------------------------------------------------------


@pytest.fixture
def gathering(way: Way) -> Proposal:
    return way.cosigning(households=100)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("301\n9栋909 谁家", "第 2 行“9栋909 谁家”"),
        ("301\n301 又一次", "这一户写了两遍"),
        ("\n".join(f"{number}" for number in range(1, 62)), "最多 60 户"),
        ("，、。", "没有找到这一户"),
        ("3" * 6001, "6000"),
        ("301\x00", "301"),
        ("  \n ", "请写下签了名的户"),
    ],
)
def test_a_wrong_line_of_a_signed_list_is_named_and_the_rest_stays(
    lines: str, said: str, gathering: Proposal, chief: User, client_of: ClientOf
) -> None:
    url = reverse("cosign_on_paper", args=[gathering.number])
    answer = client_of(chief).post(url, {"doors": lines, "photos": a_picture()})
    assert answer.status_code == 422 and "doors" in answer.context["form"].errors
    page = answer.content.decode()
    assert said in page and (lines.strip()[:40].split("\n")[0].strip("\x00") in page)
    assert not Sheet.objects.exists()


def a_list(proposal: Proposal, doors: list[Household], by: User) -> Sheet:
    return actions.cosign_on_paper(proposal, [(door, None) for door in doors], photo=a_picture(), by=by)


def typed(doors: list[Household]) -> str:
    return "\n".join(door.address for door in doors)


def test_a_door_struck_off_meanwhile_can_still_be_read_on_its_sheet(
    way: Way, gathering: Proposal, chief: User, clerk: User, second_clerk: User, client_of: ClientOf
) -> None:
    doors = way.households[5:7]
    sheet = a_list(gathering, doors, chief)
    striking.confirm_strike(striking.ask_to_strike(doors[0], reason="拆并了", by=clerk), by=second_clerk)
    answer = client_of(clerk).post(
        reverse("cosign_read"), {"sheet": told("signed_list", sheet.pk), "doors": typed(doors)}
    )
    assert answer.status_code == 302, dict(answer.context["form"].errors)
    assert gathering.cosigns.counted().count() == 2


def test_who_comes_second_to_a_list_reads_that_another_was_quicker(
    way: Way, gathering: Proposal, chief: User, clerk: User, second_clerk: User, client_of: ClientOf
) -> None:
    doors = way.households[5:7]
    sheet = a_list(gathering, doors, chief)
    sent = {"sheet": told("signed_list", sheet.pk), "doors": typed(doors)}
    assert client_of(clerk).post(reverse("cosign_read"), sent).status_code == 302
    for late in (second_clerk, clerk, chief):
        answer = client_of(late).post(reverse("cosign_read"), sent)
        assert answer.status_code == 422 and "已经核对过" in answer.content.decode()
        assert doors[0].address in answer.content.decode()
    assert gathering.cosigns.counted().count() == 2


def test_a_line_taken_back_while_somebody_reads_it_is_not_read(
    way: Way, gathering: Proposal, chief: User, clerk: User, second_clerk: User, client_of: ClientOf
) -> None:
    doors = way.households[5:6]
    sheet = a_list(gathering, doors, chief)
    actions.void_cosign(gathering, doors[0], reason="登记错了门牌", by=clerk)
    sent = {"sheet": told("signed_list", sheet.pk), "doors": typed(doors)}
    answer = client_of(second_clerk).post(reverse("cosign_read"), sent)
    assert answer.status_code == 422 and doors[0].address in answer.content.decode()
    assert not gathering.cosigns.standing().exists()


@pytest.mark.parametrize("sent", ["", "0", "-1", "999999999999999999", "9" * 40, "٣", "1;2", "x"])
def test_a_number_of_no_sheet_is_no_fault_and_reads_no_other(
    sent: str, way: Way, gathering: Proposal, chief: User, clerk: User, client_of: ClientOf
) -> None:
    a_list(gathering, way.households[5:6], chief)
    for url, body in (
        (reverse("cosign_read"), {"sheet": sent, "doors": "301"}),
        (reverse("objection_read"), {"objection": sent, "door": "301", "objects": "yes"}),
        (reverse("paper_confirm"), {"paper": sent, "choice": "agree"}),
        (reverse("paper_confirm_correction"), {"paper": sent, "choice": "agree"}),
    ):
        assert client_of(clerk).post(url, body).status_code in (200, 302, 403, 404, 422)
    assert not Line.objects.exclude(second=None).exists()


# --- A page of wishes -------------------------------------------------------------------------------


def test_another_page_sent_under_the_number_of_the_last_is_not_lost_in_silence(
    way: Way, clerk: User, client_of: ClientOf
) -> None:
    """The browser's "back" brings the last page's form, with its number."""
    place = way.yard.at_level("community")
    assert place
    form = {"place": place.pk, "receipt": str(uuid4())}
    url, client = reverse("wish_book"), client_of(clerk)
    assert client.post(url, {**form, "lines": "301 申老伯 长椅", "photos": a_picture()}).status_code == 302
    assert client.post(url, {**form, "lines": "301 申老伯 长椅", "photos": a_picture()}).status_code == 302
    answer = client.post(url, {**form, "lines": "302 酉阿姨 路灯", "photos": a_picture()})
    page = answer.content.decode()
    assert answer.status_code == 422 and "另一页" in page and "302 酉阿姨 路灯" in page
    again = {**form, "receipt": answer.context["form"]["receipt"].value(), "lines": "302 酉阿姨 路灯"}
    assert client.post(url, {**again, "photos": a_picture()}).status_code == 302
    assert Wish.objects.count() == 2


def test_a_clerk_with_many_sheets_has_short_pages(way: Way, clerk: User, client_of: ClientOf) -> None:
    place = way.yard.at_level("community")
    assert place
    second = way.who("second_clerk")
    for number in range(25):
        line = [actions.Written(way.households[6], "申老伯", f"第 {number} 张长椅")]
        actions.enter_wishes(place, line, photo=a_picture(), receipt_id=uuid4(), by=clerk)
    page = client_of(second).get("/mine/").content.decode()
    assert 1 <= page.count("请您对照") <= 10
    looked = Look.objects.order_by("pk")[0]
    client = client_of(second)
    answer = client.post(f"/paper/looks/{looked.pk}/", {"verdict": "alike"}, follow=True)
    assert "看下一张" in answer.content.decode()


def test_who_comes_second_to_a_look_reads_that_another_was_quicker(
    way: Way, clerk: User, second_clerk: User, supervisor: User, client_of: ClientOf
) -> None:
    place = way.yard.at_level("community")
    assert place
    line = [actions.Written(way.households[6], "申老伯", "长椅")]
    actions.enter_wishes(place, line, photo=a_picture(), receipt_id=uuid4(), by=clerk)
    url = f"/paper/looks/{Look.objects.get().pk}/"
    assert client_of(second_clerk).post(url, {"verdict": "alike"}).status_code == 302
    answer = client_of(supervisor).post(url, {"verdict": "differs", "difference": "写的是两张长椅"})
    assert answer.status_code == 422 and "别人对照过" in answer.content.decode()
    assert "写的是两张长椅" in answer.content.decode()
    assert client_of(clerk).post(url, {"verdict": "alike"}).status_code == 403


# --- Ballots ----------------------------------------------------------------------------------------


@pytest.fixture
def paper(way: Way) -> PaperBallot:
    unit = Motion.objects.get(proposal=way.voting()).roll.units.order_by("ordinal")[6]
    return deliberation.register_paper(
        unit, receipt_id=uuid4(), photo=a_picture(), choice=Choice.AGREE, by=way.who("chief")
    )


def test_one_sheet_is_read_by_each_of_them_once(
    way: Way, paper: PaperBallot, chief: User, clerk: User, client_of: ClientOf
) -> None:
    way.to_counting(paper.motion)
    sent = {"paper": reading_key(paper.line), "choice": "against"}
    for who in (chief, clerk, clerk, chief):
        assert client_of(who).post(reverse("paper_confirm"), sent).status_code in (302, 403, 422)
    paper.line.refresh_from_db()
    assert (paper.line.first_by, paper.line.second_by, paper.line.third) == (chief, clerk, None)


def test_a_ballot_whose_photo_is_gone_still_has_its_page(
    way: Way, paper: PaperBallot, clerk: User, client_of: ClientOf
) -> None:
    way.to_counting(paper.motion)
    paper.line.words.storage.delete(paper.line.words.name)
    page = client_of(clerk).get(reverse("paper_confirm"))
    assert page.status_code == 200 and "照片打不开了" in page.content.decode()
    assert client_of(clerk).get(reverse("paper_reading_photo", args=[reading_key(paper.line)])).status_code == 404
    assert client_of(way.who("chief")).get(reverse("paper_photo", args=[paper.line.pk])).status_code == 404


def test_after_publication_each_form_of_paper_says_so(
    way: Way, paper: PaperBallot, chief: User, clerk: User, client_of: ClientOf
) -> None:
    proposal, motion = paper.motion.proposal, paper.motion
    way.to_counting(motion)
    deliberation.confirm_paper(paper, "agree", by=clerk)
    platform_clock.move(motion.publish_by - platform_clock.now())
    deadlines.sweep()
    ordinal = paper.unit.ordinal
    for name, body in (
        ("paper_unit", {"photos": a_picture(), "choice": "agree", "receipt": str(uuid4())}),
        ("paper_second", {"photos": a_picture(), "choice": "agree"}),
        ("paper_void", {"reason": "登记错了"}),
        ("paper_unreachable", {"note": "没有人"}),
    ):
        answer = client_of(chief).post(reverse(name, args=[proposal.number, ordinal]), body)
        assert answer.status_code == 403 and "已经公布" in answer.content.decode(), name


def test_the_list_of_doors_whose_photo_is_gone_still_has_its_page(
    way: Way, gathering: Proposal, chief: User, clerk: User, client_of: ClientOf
) -> None:
    sheet = a_list(gathering, way.households[5:6], chief)
    sheet.stub.storage.delete(sheet.stub.name)
    page = client_of(clerk).get(reverse("cosign_read"))
    assert page.status_code == 200 and "照片打不开了" in page.content.decode()
    assert client_of(clerk).get(reverse("cosign_photo", args=[sheet.pk])).status_code == 404


def test_the_objection_whose_photo_is_gone_still_has_its_page(way: Way, clerk: User, client_of: ClientOf) -> None:
    notice = way.announced().gate_notice
    assert notice
    facts = {"facts": "排水沟怎么办", "channel": Objection.Channel.PAPER, "name": "申老伯", "photo": a_picture()}
    objection = disclosure.object_to(notice, household=way.households[6], by=clerk, **facts)
    assert objection.line
    objection.line.sheet.stub.storage.delete(objection.line.sheet.stub.name)
    page = client_of(way.who("second_clerk")).get(reverse("objection_read"))
    assert page.status_code == 200 and "照片打不开了" in page.content.decode()


def test_the_rating_whose_photo_is_gone_still_has_its_page(way: Way, client_of: ClientOf) -> None:
    survey = way.rating()
    unit = survey.roll.units.order_by("ordinal")[6]
    sheet = ratings.register_paper(unit, receipt_id=uuid4(), by=way.who("chief"))
    ratings.enter_paper(sheet, level=2, photo=a_picture(), by=way.who("supervisor"))
    sheet.line.refresh_from_db()
    sheet.line.words.storage.delete(sheet.line.words.name)
    client = client_of(way.who("district_officer"))
    assert client.get(reverse("rating_check", args=[sheet.pk])).status_code == 200
    assert client.get(reverse("rating_sheet", args=[sheet.pk])).status_code == 404
