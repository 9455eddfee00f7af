"""归档: complete or it stays open; sealed so that one changed byte is found; checks come after it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from evaluation.actions import aftercare, archive, callbacks
from evaluation.actions.sealing import seal
from evaluation.catalogue import Document, _answer_digest, documents
from evaluation.models import Answer, ArchiveFile, CallBack, Check
from funding.actions.pledges import agree_to_name
from funding.models import Contribution
from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions as disclosure
from minshi.notifications.models import Message
from minshi.paper.models import Sheet
from minshi.refusals import NotAllowed, Refused
from proposals.models import Proposal, Stage
from tests.conftest import Clock
from tests.way import Way

pytestmark = pytest.mark.django_db


def broken_seals(proposal: Proposal) -> list[int]:
    """The ordinals of files whose checksum or seal does not fit, recounted as the archive's own words say."""
    before, broken = "", []
    for file in proposal.archive_files.order_by("ordinal"):
        told = hashlib.sha256(file.content.encode()).hexdigest()
        if (file.sha256, file.seal) != (told, hashlib.sha256((before + told).encode()).hexdigest()):
            broken.append(file.ordinal)
        before = file.seal
    return broken


@pytest.mark.walked("settling")
def test_what_is_missing_is_named_and_keeps_the_project_open(way: Way, clerk: User, clock: Clock) -> None:
    proposal = way.settling()
    clock.move(days=30)
    with pytest.raises(Refused) as refused:
        archive.archive(proposal, by=clerk)
    assert refused.value.reasons == ["缺少：照片（实物工程类至少一张现场照片）", "缺少：移交管护协议"]
    proposal.refresh_from_db()
    assert proposal.stage == Stage.SETTLING
    assert not proposal.archive_files.exists()


@pytest.mark.walked("settling")
def test_an_objection_to_an_earlier_notice_keeps_the_file_open(way: Way, clerk: User) -> None:
    """Also to one that is no gate now: it was reopened, or only displayed."""
    proposal = way.settling()
    earlier = disclosure.post(
        kind="other",
        title="第一次结算",
        place=proposal.place,
        body="已被重议",
        link=proposal.get_absolute_url(),
        by=clerk,
    )
    objection = disclosure.object_to(earlier, facts="水泥钱算了两次", by=way.who("neighbour"))
    way.complete(proposal)
    with pytest.raises(Refused, match="还有 1 条异议没有答复"):
        archive.archive(proposal, by=clerk)
    disclosure.withdraw_objection(objection, reason="看过凭证了", by=way.who("neighbour"))
    archive.archive(proposal, by=clerk)
    proposal.refresh_from_db()
    assert proposal.stage == Stage.ARCHIVED


@pytest.mark.walked("settling")
def test_what_was_called_a_remark_is_answered_before_sealing(
    way: Way, clerk: User, stranger: User, case_officer: User, approver: User
) -> None:
    """It holds no gate any more; the file waits for its answer all the same."""
    proposal = way.settling()
    notice = disclosure.post(
        kind="accounts",
        title="第一次结算",
        place=proposal.place,
        body="院里的路灯",
        link=proposal.get_absolute_url(),
        by=clerk,
    )
    objection = disclosure.object_to(notice, facts="院外的路也该修一修", by=stranger)
    disclosure.call_remark(objection, reason="不住在院里，说的是院外的路", by=case_officer)
    way.complete(proposal)
    with pytest.raises(Refused, match="还有 1 条异议没有答复"):
        archive.archive(proposal, by=clerk)
    disclosure.climb(objection, reason="请街道答复", by=None)
    disclosure.answer(objection, text="院外的路已经转城管", outcome="explained", by=approver)
    archive.archive(proposal, by=clerk)


@pytest.mark.walked("settling")
def test_nothing_is_archived_while_the_accounts_hang(way: Way, clerk: User, clock: Clock) -> None:
    proposal = way.settling()
    way.complete(proposal)
    clock.move(days=-2)
    with pytest.raises(Refused, match="公示期"):
        archive.archive(proposal, by=clerk)


@pytest.mark.walked("settling")
def test_a_complete_file_is_sealed_and_verifies(way: Way, stranger_clerk: User, clerk: User) -> None:
    proposal = way.settling()
    way.complete(proposal)
    with pytest.raises(NotAllowed):
        archive.archive(proposal, by=stranger_clerk)
    sealed = archive.archive(proposal, by=clerk)
    assert proposal.stage == Stage.ARCHIVED
    kinds = {file.kind for file in proposal.archive_files.all()}
    assert kinds >= {
        *("version", "photos", "cosigns", "vote", "minutes", "study", "decision", "handling", "plan", "grant"),
        *("income", "quotes", "contract", "log", "acceptance", "payments", "survey", "accounts", "aftercare"),
        *("notice", "records"),
    }
    assert sealed.digest == proposal.archive_files.latest("ordinal").seal
    assert broken_seals(proposal) == []
    vote = json.loads(proposal.archive_files.get(kind="vote").content)
    assert (vote["electorate"], vote["agree"], vote["passed"]) == (12, 9, True)


@pytest.mark.walked("archived")
def test_one_changed_byte_is_refused_and_would_be_found(way: Way) -> None:
    proposal = way.archived()
    file = proposal.archive_files.get(kind="payments")
    for sql in (
        "UPDATE evaluation_archivefile SET content = replace(content, '5', '6')",
        "DELETE FROM evaluation_archive",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    file.content = file.content.replace("5", "6", 1)
    assert hashlib.sha256(file.content.encode()).hexdigest() != file.sha256


@pytest.mark.walked("cosigned")
def test_the_database_writes_the_seal_and_checks_the_sum(way: Way, clerk: User) -> None:
    proposal = way.cosigned()
    first = seal(proposal, Document("probe", "试", {"a": 1}), by=clerk)
    second = seal(proposal, Document("probe", "试", {"a": 2}), by=clerk)
    for file in (first, second):
        file.refresh_from_db()
    assert first.seal == hashlib.sha256(first.sha256.encode()).hexdigest()
    assert second.seal == hashlib.sha256((first.seal + second.sha256).encode()).hexdigest()
    with pytest.raises(DatabaseError), transaction.atomic():
        ArchiveFile.objects.create(
            proposal=proposal, ordinal=3, kind="probe", title="试", content="{}", sha256="0" * 64, seal="0" * 64
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        ArchiveFile.objects.create(
            proposal=proposal,
            ordinal=5,
            kind="probe",
            title="试",
            content="{}",
            sha256=hashlib.sha256(b"{}").hexdigest(),
            seal="0" * 64,
        )


@pytest.mark.walked("archived")
def test_the_checks_come_after_six_and_twelve_months_and_are_sealed_too(
    way: Way, clerk: User, chief: User, clock: Clock
) -> None:
    proposal = way.archived()
    six, twelve = Check.objects.filter(aftercare__proposal=proposal).order_by("months")
    assert (six.months, twelve.months) == (6, 12)
    with pytest.raises(Refused, match="才到回看的时候"):
        aftercare.look(six, in_order=True, finding="灯亮，灯杆稳固", by=chief)
    clock.move(days=(six.begins_at - clock.now()).days + 1)
    aftercare.look(six, in_order=True, finding="灯亮，灯杆稳固", by=chief)
    added = proposal.archive_files.latest("ordinal")
    assert (added.kind, added.is_supplement, broken_seals(proposal)) == ("check", True, [])
    with pytest.raises(Refused):
        aftercare.look(six, in_order=False, finding="再看一次，灯坏了", by=chief)


@pytest.mark.walked("archived")
def test_a_check_nobody_made_climbs_and_stays_due(way: Way, clerk: User, case_officer: User, clock: Clock) -> None:
    proposal = way.archived()
    six = Check.objects.filter(aftercare__proposal=proposal).earliest("months")
    clock.move(days=(six.due_at - clock.now()).days + 1)
    deadlines.sweep()
    late = six.due_at
    six.refresh_from_db()
    assert six.due_at == late
    assert Deadline.objects.of(six).open().get(kind="aftercare.check").due == six.due_at
    assert Message.objects.filter(user=case_officer, title__contains="管护回看逾期").exists()


@pytest.mark.walked("archived")
def test_a_new_keeper_is_sealed_as_a_supplement(way: Way, clerk: User) -> None:
    proposal = way.archived()
    aftercare.set_aftercare(
        proposal,
        keeper="一社区居委会",
        duties="每周看一次",
        fund_fen=0,
        fund_note="社区经费",
        phone="0871-00000002",
        by=clerk,
    )
    added = proposal.archive_files.latest("ordinal")
    assert added.is_supplement and json.loads(added.content)["keeper"] == "一社区居委会"
    changed = Event.objects.of(proposal.aftercare).get(op=Event.Op.UPDATE)
    assert (changed.before["keeper"], changed.after["keeper"]) == ("院落自管小组", "一社区居委会")
    assert changed.actor == clerk.pk


# --- Its pages --------------------------------------------------------------------------------------


@pytest.mark.walked("archived")
def test_the_archive_page_lists_every_file_with_its_checksum(way: Way, client, django_assert_max_num_queries) -> None:
    proposal = way.archived()
    with django_assert_max_num_queries(6):
        page = client.get(f"/projects/{proposal.number}/archive/").content.decode()
    for file in proposal.archive_files.all():
        assert file.sha256[:12] in page
    assert proposal.archive.digest in page


@pytest.mark.walked("settling")
def test_before_the_archive_the_page_says_what_is_missing(way: Way, client) -> None:
    proposal = way.settling()
    page = client.get(f"/projects/{proposal.number}/archive/").content.decode()
    assert "移交管护协议" in page and "还缺" in page


@pytest.mark.walked("archived")
def test_the_download_holds_every_file_and_its_sums_fit(way: Way, client) -> None:
    proposal = way.archived()
    answer = client.get(f"/projects/{proposal.number}/archive/zip/")
    assert answer["Content-Type"] == "application/zip"
    whole = zipfile.ZipFile(io.BytesIO(answer.content))
    sums = dict(reversed(line.split("  ", 1)) for line in whole.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(whole.namelist()) - {"SHA256SUMS"}
    for name, told in sums.items():
        assert hashlib.sha256(whole.read(name)).hexdigest() == told
    index = json.loads(whole.read("index.json"))
    assert index["digest"] == proposal.archive.digest
    seal_so_far = ""
    for entry in index["files"]:
        seal_so_far = hashlib.sha256((seal_so_far + entry["sha256"]).encode()).hexdigest()
        assert entry["seal"] == seal_so_far
    assert any(name.startswith("photos/") for name in whole.namelist())


@pytest.mark.walked("archived")
def test_one_file_can_be_read_alone(way: Way, client) -> None:
    proposal = way.archived()
    file = proposal.archive_files.get(kind="decision")
    answer = client.get(f"/projects/{proposal.number}/archive/{file.ordinal}/")
    assert answer.content.decode() == file.content
    assert client.get(f"/projects/{proposal.number}/archive/999/").status_code == 404


@pytest.mark.walked("settling")
def test_no_name_phone_or_door_of_anybody_is_in_the_file(way: Way, clerk: User) -> None:
    """Not even of who agreed to be named among the givers: that may be taken back, a seal may not."""
    proposal = way.settling()
    for given in Contribution.objects.filter(proposal=proposal, giver__person__isnull=False):
        agree_to_name(proposal, given.giver.person, by=clerk)
        given.name_public = given.giver.person.name
        given.save(update_fields=["name_public"])
    way.complete(proposal)
    archive.archive(proposal, by=clerk)
    text = "".join(file.content for file in proposal.archive_files.all())
    # The chair's name is typed by the community as it is to be public; what the platform knows of people is not.
    for user in way.raters():
        assert user.person.name not in text or user == way.who("chief")
        assert user.phone not in text
    for door in way.households:
        assert f'"{door.address}"' not in text


def test_call_backs_are_in_the_file_as_digests_only(
    discontent: Callable[..., CallBack], supervisor: User, clerk: User
) -> None:
    """Salted: whoever guesses level and words cannot try whether they are it."""
    called = discontent(level=5, advice="灯罩晃得厉害")
    callbacks.contact(called, findings="上门看过确实松了", task="灯罩松动要固定", by=supervisor)
    (sealed,) = [document for document in documents(called.survey.proposal) if document.kind == "survey"]
    (digest,) = sealed.content["callbacks"]
    assert len(digest) == 64 and int(digest, 16)
    written = json.dumps([document.content for document in documents(called.survey.proposal)], ensure_ascii=False)
    for word in ("灯罩晃得厉害", "上门看过确实松了", "灯罩松动要固定", str(called.token), called.token.hex):
        assert word not in written
    CallBack.objects.filter(pk=called.pk).update(token=uuid4())
    (salted_anew,) = [document for document in documents(called.survey.proposal) if document.kind == "survey"]
    assert salted_anew.content["callbacks"] != [digest]


@pytest.mark.walked("archived")
def test_ballots_signed_lists_and_ratings_are_in_the_file_as_digests_only(way: Way) -> None:
    """One of each, in an order that is no order of coming in, salted with what nobody else knows."""
    proposal = way.archived()
    found = {document.kind: document.content for document in documents(proposal)}
    motion = proposal.motions.get()
    vote, survey = found["vote"], proposal.surveys.latest("round")
    assert vote["ballots"] == sorted(
        hashlib.sha256(f"{ballot.check_number}{ballot.choice}".encode()).hexdigest() for ballot in motion.ballots.all()
    )
    assert len(vote["ballots"]) == motion.turnout and len(vote["sheets"]) == motion.on_paper  # their votes' halves
    assert len(found["cosigns"]["sheets"]) == 1
    rated = found["survey"]["answers"]
    assert len(rated) == survey.answers_count and rated == sorted(rated)
    written = json.dumps([document.content for document in documents(proposal)], ensure_ascii=False)
    for ballot in motion.ballots.all():
        assert ballot.check_number not in written and ballot.slip_number not in written
    for sheet in Sheet.objects.exclude(stub=""):
        assert sheet.stub.name not in written
    for answer in survey.answers.all():
        assert answer.slip_number not in written and str(answer.salt) not in written
    # Whoever tries every rating with what they know of it, its slip, finds none; the salt decides.
    answer = survey.answers.first()
    tries = {
        hashlib.sha256(known.encode() + json.dumps({**facts, "level": level}, sort_keys=True).encode()).hexdigest()
        for level in range(1, 6)
        for known in ("", answer.slip_number)
        for facts in [{"advice": "", "price": None, "process": None, "quality": None, "responsiveness": None}]
    }
    assert not tries & set(rated)
    digests = {_answer_digest(Answer(salt=uuid4(), level=answer.level, advice=answer.advice)) for _ in range(3)}
    assert len(digests) == 3
