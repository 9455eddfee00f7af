"""Reading for pages: each function is a fixed number of queries, whatever the number of households."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy

from evaluation.models import (
    ASPECTS,
    Archive,
    ArchiveFile,
    CallBack,
    CallBackStage,
    PaperAnswer,
    Rating,
    Survey,
    SurveyStage,
    Verdict,
)
from evaluation.models.surveys import silent
from evaluation.rules import ABOVE_THE_HOLDER, percent, reads_ratings
from funding.models import LogPhoto
from funding.selectors import Line, books, plan_of
from minshi import paging
from minshi.accounts.models import User
from minshi.faces.words import filled
from minshi.paper.models import Line as PaperLine
from minshi.paper.numbers import shown
from minshi.residents.models import Role
from minshi.residents.rules import roles_of
from minshi.rolls.models import Unit
from minshi.territory.models import Household
from proposals.models import Proposal, Source
from proposals.wording import worded


@dataclass(frozen=True)
class Round:
    """A round as pages show it."""

    survey: Survey
    percent: int | None
    levels: list[tuple[str, int]]
    aspects: list[tuple[str, float]]
    callbacks: list[tuple[str, int]]
    kind: str


def rounds_of(proposal: Proposal) -> list[Round]:
    """All rounds, the newest first, with how far the call-backs are; two queries."""
    surveys = list(proposal.surveys.select_related("notice").order_by("-round"))
    counts = CallBack.objects.filter(survey__in=surveys).values_list("survey", "stage").annotate(n=Count("id"))
    called: dict[int, dict[str, int]] = {}
    for survey, stage, count in counts:
        called.setdefault(survey, {})[stage] = count
    for survey in surveys:
        survey.proposal = proposal
    return [_round(survey, called.get(survey.pk, {})) for survey in surveys]


def _round(survey: Survey, called: dict[str, int]) -> Round:
    closed = survey.stage == SurveyStage.CLOSED
    labels = {name: str(label) for name, label in ASPECTS.items()}
    return Round(
        survey=survey,
        percent=percent(survey) if closed else None,
        levels=[(str(Rating(level).label), n) for level, n in zip(Rating.values, survey.levels or [], strict=False)],
        aspects=[(labels[name], mean) for name, mean in (survey.aspects or {}).items() if name in labels],
        # Hidden until the end, as the tally is: how many are discontent would say how it stands.
        callbacks=[(str(CallBackStage(stage).label), n) for stage, n in sorted(called.items())] if closed else [],
        kind={Verdict.PASSED: "done", Verdict.REFUSED: "wrong"}.get(Verdict(survey.verdict), "waits")
        if closed
        else "waits",
    )


HOW_IT_COUNTS = gettext_lazy(
    "非常满意、满意、基本满意三级算满意。{rating.pass}满意，公示后结算，有尾款的付尾款；{rating.refuse}到{rating.pass}，整改后再评；"
    "不到{rating.refuse}，重新验收。"
)


def how_it_counts(proposal: Proposal, survey: Survey | None) -> str:
    """What the answers decide: by the terms of the round, before there is one by those in force."""
    return filled(HOW_IT_COUNTS, survey.terms.__getitem__) if survey else worded(HOW_IT_COUNTS, proposal)


def latest(proposal: Proposal) -> Survey | None:
    survey = proposal.surveys.select_related("roll").order_by("-round").first()
    if survey is not None:
        survey.proposal = proposal
    return survey


def units_of(survey: Survey) -> QuerySet[Unit]:
    """The households asked, each with its ``answer`` and, as ``paper``, the key of a registered sheet."""
    sheets = PaperAnswer.objects.valid().filter(unit=OuterRef("pk"))
    asked = Unit.objects.filter(roll=survey.roll_id).select_related("answer", "household__place__parent")
    return asked.annotate(paper=Subquery(sheets.values("pk")[:1]))


def answered(survey: Survey) -> int:
    """How many households have answered; a registered sheet is one, whatever will be read on it."""
    return survey.asked - silent(survey.roll_id).count()


def answered_as_told(survey: Survey) -> int:
    """How many had answered at the last fixed hour: whoever reads it again and again learns no minute (domain.md 5)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT answered_as_told(s) FROM evaluation_survey AS s WHERE id = %s", [survey.pk])
        return int(cursor.fetchone()[0])


def papers() -> QuerySet[PaperAnswer]:
    """Paper ratings with all that their pages show."""
    return PaperAnswer.objects.select_related(
        "line__sheet", "unit__household__place__parent", "unit__roll__survey__proposal__place"
    )


BY_DOOR = paging.Key(
    lambda sheet: str(sheet.unit.ordinal), paging.number, lambda rows, n: rows.filter(unit__ordinal__gt=n)
)
MOST_SHEETS = 300


def papers_of(survey: Survey, after: str = "") -> paging.Page[PaperAnswer]:
    """The sheets that came in, by door, a page of them."""
    valid = papers().of(survey).valid().order_by("unit__ordinal")  # type: ignore[attr-defined]
    return paging.page_of(valid, BY_DOOR, after, MOST_SHEETS)


def waiting_for(user: User) -> QuerySet[PaperAnswer]:
    """Sheets that others have read and this person may read again; of one put right on paper, the second sheet."""
    again, put_right = PaperLine.objects.waiting_for(user), PaperLine.objects.with_unread_second()
    first = Q(line__in=again) & ~Q(line__in=put_right)
    return _opened_by(user).filter(first | Q(line__in=put_right, line__second_sheets__in=again))


def _opened_by(user: User) -> QuerySet[PaperAnswer]:
    """Whoever took an envelope in knows its door, and opens neither it nor the second of that door."""
    handled = PaperLine.objects.valid().filter(sheet__registered_by__in=user.keys, correcting__isnull=False)
    taken_in = PaperAnswer.objects.valid().exclude(line__sheet__registered_by__in=user.keys)
    return taken_in.exclude(line__in=handled.values("correcting"))


def closed_envelopes(user: User) -> QuerySet[PaperAnswer]:
    """Sheets nobody has opened, first or second, and this person may."""
    second = PaperLine.objects.unsettled().filter(first_at=None)
    put_right = PaperLine.objects.with_unread_second().filter(second_sheets__in=second)
    return _opened_by(user).filter(Q(line__first_at=None) | Q(line__in=put_right))


@dataclass(frozen=True)
class ToRead:
    """What waits for one reader in a round: closed envelopes, sheets another has read, and call-backs."""

    envelopes: list[tuple[int, str]]
    again: list[tuple[int, str]]
    callbacks: list[CallBack]

    @property
    def is_empty(self) -> bool:
        return not (self.envelopes or self.again or self.callbacks)


def to_read(survey: Survey, user: User) -> ToRead:
    """By slip number, since that stands on the envelope and the door does not."""
    mine = papers().of(survey).valid().order_by("line__slip_number")  # type: ignore[attr-defined]
    closed = survey.stage == SurveyStage.CLOSED
    waiting = (CallBackStage.OPEN, CallBackStage.CONTACTED, CallBackStage.MENDED)
    return ToRead(
        envelopes=[] if closed else _numbered(mine.filter(pk__in=closed_envelopes(user))),
        again=[] if closed else _numbered(mine.filter(pk__in=waiting_for(user))),
        callbacks=list(CallBack.objects.filter(survey=survey, stage__in=waiting).order_by("due_at", "token")),
    )


def _numbered(sheets: QuerySet[PaperAnswer]) -> list[tuple[int, str]]:
    return [(key, shown(number)) for key, number in sheets.values_list("pk", "line__slip_number")]


def to_check(user: User) -> list[Survey]:
    """Rounds with envelopes, sheets or call-backs that wait for this person."""
    offices = (Role.SUPERVISOR, *ABOVE_THE_HOLDER.values())
    mine = Q(pk__in=[])
    for held in roles_of(user):
        if held.role in offices:
            mine |= Q(proposal__place__path__startswith=held.path)
    sheets = closed_envelopes(user) | waiting_for(user)
    unread = Q(roll__in=sheets.values("unit__roll")) & ~Q(stage=SurveyStage.CLOSED)
    discontent = Q(callbacks__stage=CallBackStage.OPEN)
    found = Survey.objects.filter(mine).filter(unread | discontent).distinct().select_related("proposal__place")
    return [survey for survey in found.order_by("closes_at")[:20] if reads_ratings(user, survey)][:10]


def doors_of(survey: Survey) -> QuerySet[Household]:
    """The doors on its roll."""
    return Household.objects.filter(pk__in=survey.roll.units.values("household"))


def undone_callbacks(proposal: Proposal) -> int:
    """How many bad ratings of this project nobody has mended yet."""
    undone = (CallBackStage.OPEN, CallBackStage.CONTACTED)
    return CallBack.objects.filter(survey__proposal=proposal, stage__in=undone).count()


# --- Money ----------------------------------------------------------------------------------------


def figures_of(proposal: Proposal) -> dict[str, Any]:
    """Plan and actual by source, each payment and refund with its voucher, all in fen, as the books say now.

    Givers are not named: what is written here stays, while the consent to be named may be withdrawn.
    """
    kept, plan = books(proposal), plan_of(proposal)
    planned = plan.amounts() if plan else {}
    actual = kept.by_source()
    sources = [source for source in Source.values if source in planned or source in actual]
    return {
        "cost_fen": plan.cost_fen if plan else 0,
        "sources": [
            {
                "source": source,
                "label": str(Source(source).label),
                "plan_fen": planned.get(source, 0),
                "actual_fen": kept.in_kind_fen if source == Source.IN_KIND else actual.get(source, 0),
            }
            for source in sources
        ],
        "spending": [_movement(line) for line in kept.spending],
        "returned": [{**_movement(line), "who": ""} for line in kept.returned],
        "in_kind": [{"what": given.what, "fen": given.value_fen} for given in kept.in_kind],
        "income_fen": kept.income_fen,
        "spending_fen": kept.spending_fen,
        "returned_fen": kept.returned_fen,
        "in_kind_fen": kept.in_kind_fen,
        "balance_fen": kept.balance_fen,
    }


def _movement(line: Line) -> dict[str, Any]:
    return {"what": line.what, "who": line.who, "fen": line.fen, "voucher": line.voucher, "entry": line.key}


# --- The archive ----------------------------------------------------------------------------------


def as_zip(proposal: Proposal, sealed: Archive) -> bytes:
    """The whole file in one: documents, pictures, an index with checksums and seals, and how to check them."""
    parts: dict[str, bytes] = {}
    files = list(proposal.archive_files.order_by("ordinal"))
    pictures = sealed_pictures(files)
    for file in files:
        parts[file.file_name] = file.content.encode()
    gone = withheld_names(proposal)
    shown = [picture for picture in pictures if not picture.is_paper]
    shown = [picture for picture in shown if picture.file not in gone]
    parts |= {picture.name: picture.found for picture in shown if picture.found is not None}
    index = {
        "number": proposal.number,
        "title": proposal.title,
        "place": proposal.place.full_name,
        "digest": sealed.digest,
        "sealed_at": sealed.sealed_at.isoformat(),
        "files": [
            {
                "ordinal": file.ordinal,
                "file": file.file_name,
                "title": file.title,
                "sha256": file.sha256,
                "seal": file.seal,
                "supplement": file.is_supplement,
            }
            for file in files
        ],
        "pictures": [
            {
                "file": picture.name,
                "sha256": picture.sha256,
                "state": picture.state,
                "in": picture.document,
                "enclosed": picture in shown,
            }
            for picture in pictures
        ],
    }
    parts["index.json"] = json.dumps(index, ensure_ascii=False, indent=1).encode()
    parts["README.txt"] = str(HOW_TO_CHECK).encode()
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    # Of a picture the sum that was sealed, whatever lies there now, and whether it lies there at all.
    sums |= {picture.name: picture.sha256 or UNKNOWN for picture in shown}
    parts["SHA256SUMS"] = "".join(f"{told}  {name}\n" for name, told in sums.items()).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in parts.items():
            whole.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


HOW_TO_CHECK = gettext_lazy(
    "这是一个项目的完整档案。每份文件是一个 JSON；照片在 photos 目录。\n"
    "核对：sha256sum -c SHA256SUMS。照片的校验值是封存时的：改动过或缺失的照片会报 FAILED，index.json 里也写明。\n"
    "合同、了结文件等照片上有签名、号码，不在这里，index.json 里写着封存时的校验值和现在的状态；原件由社区保管。\n"
    "封存：每份文件的 seal = sha256(上一份的 seal + 本份的 sha256)，第一份的上一份为空；"
    "归档时最后一份的 seal 就是 index.json 里的 digest，也写在项目的归档页上。"
    "改、删、换任何一份，后面的 seal 都对不上。\n"
)


UNKNOWN = "0" * 64
"""The sum of a picture that was gone already when its document was sealed: nothing has it."""


@dataclass(frozen=True)
class SealedPicture:
    """A picture that a sealed document names, with what lies there today; ``found`` is None where nothing does."""

    document: str
    file: str
    sha256: str
    found: bytes | None
    is_paper: bool = False
    """Of a signed paper (a contract, an ending): for the offices alone, here by its sum and nothing else."""

    @property
    def name(self) -> str:
        """Where it lies in the download: under the name that its document gives it."""
        return f"photos/{PurePath(self.file).name}"

    @property
    def state(self) -> str:
        """``intact``, ``changed`` or ``missing``, against the bytes that were sealed."""
        if self.found is None:
            return "missing"
        return "intact" if hashlib.sha256(self.found).hexdigest() == self.sha256 else "changed"


def withheld_names(proposal: Proposal) -> set[str]:
    """Of pictures that were taken back: their sums stay sealed, nobody is given them any more."""
    taken = proposal.photos.exclude(withheld_at=None).values_list("image", flat=True)
    on_site = LogPhoto.objects.filter(entry__proposal=proposal).exclude(withheld_at=None)
    return {*taken, *on_site.values_list("image", flat=True)}


CHANGED_PIECES = """
SELECT p.number, f.ordinal FROM (
    SELECT *, lag(seal, 1, '') OVER (PARTITION BY proposal_id ORDER BY ordinal) AS before FROM evaluation_archivefile
) f JOIN proposals_proposal p ON p.id = f.proposal_id
WHERE f.sha256 <> encode(sha256(convert_to(f.content, 'UTF8')), 'hex')
    OR f.seal <> encode(sha256(convert_to(f.before || f.sha256, 'UTF8')), 'hex')
UNION
SELECT p.number, a.files_count FROM evaluation_archive a JOIN proposals_proposal p ON p.id = a.proposal_id
    LEFT JOIN evaluation_archivefile f ON f.proposal_id = a.proposal_id AND f.ordinal = a.files_count
WHERE f.seal IS DISTINCT FROM a.digest
ORDER BY 1, 2
"""


def changed_pieces() -> list[tuple[str, int]]:
    """(project, ordinal) of sealed pieces that are not what was sealed, or not in their place, or gone."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED_PIECES)
        return [(str(number), int(ordinal)) for number, ordinal in cursor.fetchall()]


def sealed_pictures(files: Iterable[ArchiveFile]) -> list[SealedPicture]:
    """Each picture that these documents seal, once, read anew: nothing is believed that was kept about it."""
    named = {
        (picture["file"], picture["sha256"]): (file.title, is_paper)
        for file in files
        for picture, is_paper in _named_in(json.loads(file.content))
    }
    return [
        SealedPicture(title, name, sha256, _bytes_of(name), is_paper)
        for (name, sha256), (title, is_paper) in named.items()
    ]


OF_A_PAPER = "picture"
"""Under what a document names the photo of a signed paper; those of the site stand in a list."""


def _named_in(content: Any, *, is_paper: bool = False) -> Iterator[tuple[dict[str, str], bool]]:
    """Wherever a document names a file with its sum: in a list of photos, beside a contract or an ending."""
    if isinstance(content, dict):
        if {"file", "sha256"} <= content.keys():
            yield content, is_paper
        for name, part in content.items():
            yield from _named_in(part, is_paper=name == OF_A_PAPER)
    for part in content if isinstance(content, list) else ():
        yield from _named_in(part)


def _bytes_of(name: str) -> bytes | None:
    try:
        with default_storage.open(name) as stream:
            return bytes(stream.read())
    except (OSError, ValueError, SuspiciousOperation):
        return None


def spoiled_pictures(proposal: Proposal) -> list[SealedPicture]:
    """Those that are no longer what was sealed."""
    return [picture for picture in sealed_pictures(proposal.archive_files.all()) if picture.state != "intact"]
