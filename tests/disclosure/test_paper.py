"""Objecting on paper: heard at once, counted when two have read the sheet alike, and the gate waits for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from minshi.accounts.models import User
from minshi.deadlines.actions import sweep
from minshi.deadlines.models import Deadline
from minshi.disclosure import signals
from minshi.disclosure.actions import SECOND_READING, answer, correct, object_to, read_again
from minshi.disclosure.models import Notice, Objection
from minshi.disclosure.selectors import to_read
from minshi.notifications.models import Message
from minshi.paper.models import Line
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Household
from tests.cast import make_resident
from tests.conftest import Clock
from tests.disclosure.conftest import FACTS
from tests.way import a_picture

Post = Callable[..., Notice]
Write = Callable[..., Objection]
Browser = Callable[..., Client]


@pytest.fixture
def on_paper(clerk: User) -> Write:
    def write(notice: Notice, household: Household | None, **given: object) -> Objection:
        facts = {"facts": FACTS, "channel": "paper", "name": "李迎新", "photo": a_picture(), "by": clerk}
        return object_to(notice, household=household, **facts | given)  # type: ignore[arg-type]

    return write


@pytest.fixture
def sheet(notice: Notice, household: Household, resident: User, on_paper: Write) -> Objection:
    """Of the resident's door, signed by the resident, taken in by the clerk."""
    return on_paper(notice, household, signer=resident.person, name="")


@pytest.fixture
def reopenings() -> Iterator[list[Notice]]:
    heard: list[Notice] = []

    def hear(sender: object, notice: Notice, **kwargs: object) -> None:
        heard.append(notice)

    signals.reopened.connect(hear)
    yield heard
    signals.reopened.disconnect(hear)


def _counts(notice: Notice) -> tuple[int, int, int]:
    notice.refresh_from_db()
    return notice.objections_open, notice.objections_unread, notice.objecting_households


def _answered(objection: Objection, by: User) -> None:
    answer(objection, text="已向住户解释清楚。", outcome="explained", by=by)


# --- Taking it in -------------------------------------------------------------------------------


def test_it_is_open_at_once_and_counts_after_the_second_reading(
    notice: Notice, sheet: Objection, household: Household, resident: User, supervisor: User
) -> None:
    assert (sheet.speaker, sheet.by, sheet.household) == (resident.person, None, None)
    assert sheet.name == "甲*民"
    assert _counts(notice) == (1, 1, 0)
    read_again(sheet, household, by=supervisor)
    sheet.refresh_from_db()
    assert (sheet.household, sheet.speaker) == (household, resident.person)
    assert _counts(notice) == (1, 0, 1)


def test_there_is_a_photo_of_the_whole_sheet(notice: Notice, household: Household, on_paper: Write) -> None:
    with pytest.raises(Refused) as refused:
        on_paper(notice, household, photo=None)
    assert "photo" in refused.value.fields
    assert not Line.objects.exists()


def test_it_is_signed_by_one_of_the_door_or_by_nobody_known(
    notice: Notice, household: Household, neighbour: User, on_paper: Write
) -> None:
    with pytest.raises(Refused) as refused:
        on_paper(notice, household, signer=neighbour.person)
    assert "signer" in refused.value.fields
    assert on_paper(notice, household, signer=None).speaker is None


def test_who_signed_has_one_open_objection_on_every_channel(
    notice: Notice, sheet: Objection, household: Household, resident: User, on_paper: Write
) -> None:
    with pytest.raises(Refused, match="正在办理"):
        object_to(notice, facts=FACTS, by=resident)
    with pytest.raises(Refused, match="正在办理"):
        on_paper(notice, household, signer=resident.person)


def test_the_household_is_told(notice: Notice, sheet: Objection, resident: User) -> None:
    message = Message.objects.of(resident).latest("pk")
    assert "已替您家登记书面提出的异议" in message.title
    assert message.url == sheet.get_absolute_url()


# --- Reading it again ---------------------------------------------------------------------------


def test_nobody_reads_twice_nor_their_own(
    notice: Notice, sheet: Objection, household: Household, clerk: User, party: User, resident: User
) -> None:
    with pytest.raises(Refused, match="不能自己核对"):
        read_again(sheet, household, by=clerk)
    with pytest.raises(NotAllowed):
        read_again(sheet, household, by=resident)
    read_again(sheet, None, by=party)
    with pytest.raises(Refused, match="不能自己核对"):
        read_again(sheet, household, by=party)


@pytest.mark.parametrize("who", ["resident", "chief", "stranger_clerk", "cashier"])
def test_only_staff_of_the_place_reads(
    sheet: Objection, household: Household, request: pytest.FixtureRequest, who: str
) -> None:
    with pytest.raises(NotAllowed):
        read_again(sheet, household, by=request.getfixturevalue(who))


def test_another_door_read_does_not_count_until_a_third_decides(
    notice: Notice,
    sheet: Objection,
    household: Household,
    neighbour_household: Household,
    supervisor: User,
    party: User,
) -> None:
    read_again(sheet, neighbour_household, by=supervisor)
    assert _counts(notice) == (1, 1, 0)
    read_again(sheet, neighbour_household, by=party)
    sheet.refresh_from_db()
    assert sheet.household == neighbour_household
    assert sheet.speaker is None, "who was registered with the wrong door did not sign for the other"
    assert _counts(notice) == (1, 0, 1)


def test_read_as_no_objection_it_is_heard_and_not_counted(
    notice: Notice, sheet: Objection, household: Household, supervisor: User, party: User
) -> None:
    read_again(sheet, household, objects=False, by=supervisor)
    read_again(sheet, household, objects=False, by=party)
    assert _counts(notice) == (1, 0, 0)


def test_a_door_elsewhere_cannot_be_read(sheet: Objection, stranger: User, supervisor: User) -> None:
    with pytest.raises(Refused) as refused:
        read_again(sheet, stranger.person.household, by=supervisor)
    assert "household" in refused.value.fields


def test_it_is_read_after_its_answer_too(
    notice: Notice, sheet: Objection, household: Household, clerk: User, supervisor: User
) -> None:
    _answered(sheet, clerk)
    read_again(sheet, household, by=supervisor)
    assert _counts(notice) == (0, 0, 1)


# --- The gate -----------------------------------------------------------------------------------


def test_the_gate_waits_for_the_second_reading(
    notice: Notice, sheet: Objection, household: Household, clerk: User, supervisor: User, clock: Clock
) -> None:
    _answered(sheet, clerk)
    clock.set("2026-11-10 00:00")
    notice.refresh_from_db()
    assert not notice.is_passed
    assert notice.what_blocks() == ["还有 1 张书面异议没有核对"]
    with pytest.raises(Refused, match="没有核对"):
        correct(notice, reason="写错", by=clerk)
    read_again(sheet, household, by=supervisor)
    notice.refresh_from_db()
    assert notice.is_passed
    assert notice.what_blocks() == []


def test_the_second_reading_after_the_end_may_still_reopen(
    post_notice: Post,
    household: Household,
    on_paper: Write,
    clerk: User,
    supervisor: User,
    clock: Clock,
    reopenings: list[Notice],
) -> None:
    notice = post_notice(households=3)
    sheet = on_paper(notice, household)
    _answered(sheet, clerk)
    clock.set("2026-11-10 00:00")
    assert not notice.is_passed
    assert reopenings == []
    read_again(sheet, household, by=supervisor)
    assert reopenings == [notice]
    assert not notice.is_passed


def test_unread_it_climbs_and_the_superior_is_told(
    notice: Notice,
    sheet: Objection,
    household: Household,
    case_officer: User,
    district_officer: User,
    clerk: User,
    clock: Clock,
) -> None:
    task = Deadline.objects.of(sheet).open().get(kind=SECOND_READING)
    assert (task.role, task.url) == ("clerk", "/objections/read/")
    _answered(sheet, clerk)
    clock.set("2026-11-06 00:01")
    sweep()
    assert "到期没有核对" in Message.objects.of(case_officer).latest("pk").title
    assert Deadline.objects.of(sheet).open().get(kind=SECOND_READING).role == "case_officer"
    clock.set("2026-11-12 00:01")
    sweep()
    assert "到期没有核对" in Message.objects.of(district_officer).latest("pk").title
    assert not notice.is_passed, "it climbs, and the gate stays shut"
    read_again(sheet, household, by=case_officer)
    assert not Deadline.objects.of(sheet).open().exists()
    assert notice.is_passed


@pytest.mark.django_db(transaction=True)
def test_a_gate_waits_for_a_sheet_being_read(
    post_notice: Post, household: Household, on_paper: Write, clerk: User, supervisor: User, clock: Clock
) -> None:
    """Asked before the reading is committed: it must see the household that the sheet adds."""
    notice = post_notice(households=3)
    sheet = on_paper(notice, household)
    _answered(sheet, clerk)
    clock.set("2026-11-10 00:00")
    read, asked = Event(), Event()

    def read_slowly() -> None:
        with transaction.atomic():
            read_again(Objection.objects.get(pk=sheet.pk), household, by=User.objects.get(pk=supervisor.pk))
            read.set()
            asked.wait(5)
        connection.close()

    def ask() -> bool:
        said = notice.is_passed
        connection.close()
        return said

    def naive() -> bool:
        """What the objections' rows say to somebody who takes no lock."""
        open_ones = notice.objections.open().count()
        return open_ones == 0 and notice.objections.values("household").distinct().count() < 3

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(read_slowly)
        assert read.wait(5)
        assert naive()
        gate = pool.submit(ask)
        with pytest.raises(TimeoutError):
            gate.result(timeout=0.3)
        asked.set()
        slow.result()
        assert not gate.result()


@pytest.mark.django_db(transaction=True)
def test_two_who_read_at_once_count_it_once(
    notice: Notice, sheet: Objection, household: Household, supervisor: User, party: User
) -> None:
    def read(who: User) -> bool:
        try:
            read_again(Objection.objects.get(pk=sheet.pk), household, by=User.objects.get(pk=who.pk))
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(read, [supervisor, party])) == [False, True]
    assert _counts(notice) == (1, 0, 1)


# --- What raw SQL cannot do ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE disclosure_objection SET household_id = (SELECT household_id FROM paper_line)",
        "UPDATE disclosure_objection SET speaker_id = NULL",
        "UPDATE disclosure_objection SET line_id = NULL",
        "UPDATE disclosure_objection SET channel = 'hall', line_id = NULL",
        "UPDATE disclosure_notice SET objections_unread = 0",
        "UPDATE paper_line SET voided_at = minshi_now(), voided_by_id = first_by_id, void_reason = '收错了'",
        "UPDATE paper_line SET second = first, second_by_id = first_by_id, settled = first, settled_at = minshi_now()",
        "UPDATE paper_line SET settled = first, settled_at = minshi_now()",
    ],
)
def test_an_unread_sheet_cannot_be_counted_nor_lost(sheet: Objection, sql: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE disclosure_objection SET household_id = NULL",
        "UPDATE disclosure_objection SET speaker_id = NULL",
        "UPDATE disclosure_objection SET household_id = (SELECT max(id) FROM territory_household)",
    ],
)
def test_a_read_sheet_counts_as_it_was_read(
    sheet: Objection, household: Household, households: list[Household], supervisor: User, sql: str
) -> None:
    read_again(sheet, household, by=supervisor)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


INSERT = (
    "INSERT INTO disclosure_objection (notice_id, ordinal, entered_by_id, by_id, speaker_id, household_id, line_id, "
    "channel, anonymous, name, facts, request, at, level, due_at, climb_reason, answer, outcome, answered_as) "
    "VALUES (%(notice)s, 9, %(entered_by)s, %(by)s, %(speaker)s, %(household)s, %(line)s, %(channel)s, false, '李*', "
    "'事实', '', minshi_now(), 'community', minshi_now(), '', '', '', '')"
)


@pytest.fixture
def refused_insert(notice: Notice, clerk: User) -> Callable[..., None]:
    def insert(word: str, **given: object) -> None:
        row = dict.fromkeys(("by", "speaker", "household", "line")) | {"notice": notice.pk, "entered_by": clerk.pk}
        with pytest.raises(DatabaseError, match=word), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(INSERT, row | {"channel": "hall"} | given)

    return insert


def test_on_paper_means_with_a_sheet(refused_insert: Callable[..., None]) -> None:
    refused_insert("paper_objection_has_its_sheet", channel="paper")


def test_no_sheet_counts_before_it_is_read_again(
    sheet: Objection, household: Household, resident: User, refused_insert: Callable[..., None]
) -> None:
    facts = {"channel": "paper", "line": sheet.line_id, "household": household.pk, "speaker": resident.person.pk}
    refused_insert("after the second reading", **facts)


def test_nobody_objects_online_in_another_voice(
    resident: User, neighbour: User, household: Household, refused_insert: Callable[..., None]
) -> None:
    online = {"channel": "online", "entered_by": None, "by": resident.pk}
    refused_insert("as themselves", **online, speaker=neighbour.person.pk)
    refused_insert("as themselves", **online, speaker=None, household=household.pk)


def test_nobody_counts_for_a_household_they_may_not_speak_for(
    neighbour: User, household: Household, refused_insert: Callable[..., None]
) -> None:
    child = make_resident("戌少年", household, adult=False)
    newcomer = make_resident("酉新来", household, confirmed=False)
    refused_insert("cannot object", speaker=child.person.pk, household=household.pk)
    refused_insert("cannot object", speaker=newcomer.person.pk, household=household.pk)
    refused_insert("cannot object", speaker=neighbour.person.pk, household=household.pk)


def test_one_person_counts_for_one_household(
    sheet: Objection,
    household: Household,
    neighbour_household: Household,
    resident: User,
    supervisor: User,
    refused_insert: Callable[..., None],
) -> None:
    read_again(sheet, household, by=supervisor)
    refused_insert("another household", speaker=resident.person.pk, household=neighbour_household.pk)


# --- In the browser -----------------------------------------------------------------------------


def test_the_door_is_typed_and_its_people_are_named(
    client_of: Browser, notice: Notice, clerk: User, resident: User, household: Household
) -> None:
    browser = client_of(clerk)
    url = f"{notice.get_absolute_url()}object/for/"
    first = browser.get(url).content.decode()
    assert "是哪一户提出的" in first
    assert "甲居民" not in first
    assert browser.get(f"{url}?door=9栋999").status_code == 422
    assert "甲居民" in browser.get(f"{url}?door={household.door}").content.decode()
    assert "甲居民" not in browser.get(f"{url}?door=").content.decode()


def test_from_the_sheet_to_the_second_reading(
    client_of: Browser, notice: Notice, clerk: User, supervisor: User, resident: User, household: Household
) -> None:
    url = f"{notice.get_absolute_url()}object/for/"
    typed = {"channel": "paper", "door": household.door, "signer": resident.person.pk, "facts": FACTS}
    refused = client_of(clerk).post(url, typed)
    assert refused.status_code == 422
    assert "请拍下有签名的整张" in refused.content.decode()
    page = client_of(clerk).post(url, typed | {"photos": a_picture()}, follow=True)
    assert "由另一位照着照片核对" in page.content.decode()
    sheet = Objection.objects.get()
    assert to_read(clerk) is None
    assert to_read(supervisor) == sheet
    reading = client_of(supervisor).get("/objections/read/").content.decode()
    assert f"/objections/{sheet.pk}/photo/" in reading
    assert household.address not in reading, "the second reader does not see the first reading"
    assert "甲居民" not in reading
    assert client_of(supervisor).get(f"/objections/{sheet.pk}/photo/").status_code == 200
    said = {"objection": sheet.pk, "objects": "yes", "door": household.door}
    done = client_of(supervisor).post("/objections/read/", said, follow=True)
    assert "两次一致" in done.content.decode()
    assert "现在没有等您核对的" in done.content.decode()
    assert _counts(notice) == (1, 0, 1)


def test_what_is_said_of_one_sheet_is_not_written_to_another(
    client_of: Browser, notice: Notice, sheet: Objection, household: Household, supervisor: User
) -> None:
    said = {"objection": sheet.pk + 1000, "objects": "yes", "door": household.door}
    assert client_of(supervisor).post("/objections/read/", said).status_code == 404
    assert _counts(notice) == (1, 1, 0)


def test_the_task_is_on_ones_own_page(client_of: Browser, sheet: Objection, supervisor: User, clerk: User) -> None:
    assert "有书面异议等您核对" in client_of(supervisor).get("/mine/").content.decode()
    assert "有书面异议等您核对" not in client_of(clerk).get("/mine/").content.decode()


@pytest.mark.parametrize("who", ["neighbour", "chief", "stranger_clerk"])
def test_nobody_else_sees_the_sheet(
    client_of: Browser, sheet: Objection, request: pytest.FixtureRequest, who: str
) -> None:
    browser = client_of(request.getfixturevalue(who))
    assert browser.get(f"/objections/{sheet.pk}/photo/").status_code == 403
    assert browser.post("/objections/read/", {"objection": sheet.pk, "objects": "yes"}).status_code == 403
