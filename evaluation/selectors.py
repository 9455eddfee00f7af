"""Reading for pages: each function is a fixed number of queries, whatever the number of households."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliberation.rules import has_representative
from evaluation.models import (
    ASPECTS,
    Aftercare,
    Answer,
    Archive,
    ArchiveFile,
    CallBack,
    CallBackStage,
    Rating,
    Survey,
    SurveyStage,
    Verdict,
)
from evaluation.rules import percent
from funding.selectors import Line, books, plan_of
from minshi.accounts.models import User
from minshi.residents.models import Person
from minshi.residents.rules import person_of, roles_of
from minshi.territory.models import Household
from proposals.models import Proposal, Source, Stage
from proposals.panels import Present, Task

COLLECTORS = ("clerk", "chief", "ten_chief", "group_leader", "grid_worker", "delegate")


@dataclass(frozen=True)
class Round:
    """A round as pages show it."""

    survey: Survey
    percent: str
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
        percent=percent(survey) if closed else "",
        levels=[(str(Rating(level).label), n) for level, n in zip(Rating.values, survey.levels or [], strict=False)],
        aspects=[(labels[name], mean) for name, mean in (survey.aspects or {}).items() if name in labels],
        # Hidden until the end, as the tally is: how many are discontent would say how it stands.
        callbacks=[(str(CallBackStage(stage).label), n) for stage, n in sorted(called.items())] if closed else [],
        kind={Verdict.PASSED: "done", Verdict.REFUSED: "wrong"}.get(Verdict(survey.verdict), "waits")
        if closed
        else "waits",
    )


def latest(proposal: Proposal) -> Survey | None:
    survey = proposal.surveys.order_by("-round").first()
    if survey is not None:
        survey.proposal = proposal
    return survey


def answer_of(survey: Survey, household: Household) -> Answer | None:
    return survey.answers.filter(household=household).first()


def waiting_sheets(survey: Survey, user: User) -> list[Answer]:
    """Sheets that somebody else has typed in and this person may read again."""
    return list(survey.answers.unconfirmed().exclude(by=user).order_by("pk"))


def doors_without_paper(survey: Survey, user: User) -> Any:
    """The households on the roll, in the places this person collects in, that have no confirmed sheet yet."""
    paths = [held.path for held in roles_of(user) if held.role in COLLECTORS]
    settled = survey.answers.filter(confirmed_at__isnull=False).values("household")
    rows = survey.proposal.beneficiaries().select_related("place").exclude(pk__in=settled)
    if not any(survey.territory.path.startswith(path) for path in paths):
        rows = rows.none()
    return rows.order_by("place__path", "address")


def undone_callbacks(proposal: Proposal) -> int:
    """How many bad ratings of this project nobody has mended yet."""
    undone = (CallBackStage.OPEN, CallBackStage.CONTACTED)
    return CallBack.objects.filter(survey__proposal=proposal, stage__in=undone).count()


# --- Panels, the present, my things ---------------------------------------------------------------


def ratings_panel(proposal: Proposal) -> dict[str, Any] | None:
    rounds = rounds_of(proposal)
    return {"rounds": rounds, "latest": rounds[0]} if rounds else None


def archive_panel(proposal: Proposal) -> dict[str, Any] | None:
    """Who keeps it, and the sealed file."""
    agreed = Aftercare.objects.filter(proposal=proposal).first()
    sealed = Archive.objects.filter(proposal=proposal).first()
    return {"aftercare": agreed, "sealed": sealed} if agreed or sealed else None


def present_of(proposal: Proposal) -> Present:
    """What happens now in the stages of this app."""
    number = proposal.number
    survey = latest(proposal)
    if proposal.stage == Stage.ACCEPTED:
        return Present(_("验收结果正在公示。公示期满、异议都答复以后，请受益的住户打分。"))
    if proposal.stage == Stage.RATING and survey is not None:
        return _rating_present(survey, number)
    if proposal.stage == Stage.REWORK:
        return Present(
            _("满意度不足八成，正在整改，改好了再请大家打分。"), _("看评议结果"), f"/projects/{number}/ratings/"
        )
    if proposal.stage == Stage.RATED:
        return Present(
            _("满意度结果公示期满、异议都答复以后支付尾款，然后结算。"), _("看评议结果"), f"/projects/{number}/ratings/"
        )
    if proposal.stage == Stage.SETTLING:
        return Present(_("结算正在公示。公示期满、材料齐全后归档。"))
    return Present(_("这件事已经办完归档，谁来管护、花了多少钱都能查。"), _("看档案"), f"/projects/{number}/archive/")


def _rating_present(survey: Survey, number: str) -> Present:
    if survey.stage == SurveyStage.OPEN:
        text = _("受益的 %(roll)d 户打分，一户一份，至少要 %(needed)d 户。") % {
            "roll": survey.roll,
            "needed": survey.needed,
        }
        return Present(text, _("代表我家打分"), f"/projects/{number}/rate/")
    if survey.stage == SurveyStage.COUNTING:
        return Present(_("评议已经截止，正在核对纸质测评表。"), _("看评议"), f"/projects/{number}/ratings/")
    return Present(_("评议没有达标，等街道决定尾款怎么办。"), _("看评议结果"), f"/projects/{number}/ratings/")


def to_rate(user: User) -> list[Task]:
    """Rounds that wait for my household."""
    person = person_of(user)
    if not _speaks(person):
        return []
    assert person and person.household_id
    surveys = (
        Survey.objects.open()
        .filter(proposal__frozen_beneficiaries__household=person.household_id)
        .exclude(answers__household=person.household_id)
        .select_related("proposal")
        .order_by("closes_at")[:10]
    )
    return [
        Task(
            title=survey.proposal.title,
            text=_("做完了，请代表您家打分"),
            url=f"/projects/{survey.proposal.number}/rate/",
            button=_("去打分"),
            until=survey.closes_at,
        )
        for survey in surveys
    ]


def _speaks(person: Person | None) -> bool:
    if person is None or person.household_id is None or person.confirmed_at is None or not person.is_adult:
        return False
    return person.is_representative or not has_representative(person)


def to_confirm(user: User) -> list[Task]:
    """Bad ratings of my household that were mended: is it settled?"""
    person = person_of(user)
    if person is None or person.household_id is None or person.confirmed_at is None:
        return []
    mended = CallBack.objects.filter(stage=CallBackStage.MENDED, answer__household=person.household_id)
    return [
        Task(
            title=callback.survey.proposal.title,
            text=_("您提的意见已整改，改好了吗？"),
            url=callback.get_absolute_url(),
            button=_("去确认"),
            until=callback.due_at,
        )
        for callback in mended.select_related("survey__proposal").order_by("due_at")[:10]
    ]


def to_check(user: User) -> list[Task]:
    """Sheets that wait for a second reader in the places I collect in."""
    paths = [held.path for held in roles_of(user) if held.role in COLLECTORS]
    if not paths:
        return []
    surveys = Survey.objects.exclude(stage=SurveyStage.CLOSED).filter(
        answers__channel="paper", answers__confirmed_at=None
    )
    found = (
        surveys.exclude(answers__by=user, answers__confirmed_at=None, answers__channel="paper")
        .select_related("proposal__place")
        .distinct()[:50]
    )
    return [
        Task(
            title=survey.proposal.title,
            text=_("有纸质测评表等第二个人核对"),
            url=f"/projects/{survey.proposal.number}/ratings/check/",
            button=_("去核对"),
        )
        for survey in found
        if any(survey.territory.path.startswith(path) for path in paths)
    ]


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
    for file in files:
        parts[file.file_name] = file.content.encode()
        parts |= _pictures(file)
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
    }
    parts["index.json"] = json.dumps(index, ensure_ascii=False, indent=1).encode()
    parts["README.txt"] = str(HOW_TO_CHECK).encode()
    parts["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in parts.items()
    ).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, content in parts.items():
            whole.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


HOW_TO_CHECK = gettext_lazy(
    "这是一个项目的完整档案。每份文件是一个 JSON；照片在 photos 目录。\n"
    "核对：sha256sum -c SHA256SUMS。\n"
    "封存：每份文件的 seal = sha256(上一份的 seal + 本份的 sha256)，第一份的上一份为空；"
    "归档时最后一份的 seal 就是 index.json 里的 digest，也写在项目的归档页上。"
    "改、删、换任何一份，后面的 seal 都对不上。\n"
)


def _pictures(file: ArchiveFile) -> dict[str, bytes]:
    """The pictures a document names, under the names it gives them."""
    if file.kind != "photos":
        return {}
    found = {}
    for picture in json.loads(file.content)["photos"]:
        if default_storage.exists(picture["file"]):
            with default_storage.open(picture["file"]) as stream:
                found[f"photos/{picture['sha256'][:16]}.jpg"] = stream.read()
    return found
