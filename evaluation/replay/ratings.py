"""Ratings: one answer per household on phone or paper; bad ones are called back, mended and confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil

from evaluation.actions import callbacks, paper, surveys
from evaluation.models import ASPECTS, CallBack, PaperAnswer, Rating, Survey
from evaluation.replay import pictures, works
from evaluation.replay.projects import Project
from evaluation.replay.timeline import together
from evaluation.rules import office_above
from minshi.residents.models import Role
from minshi.territory.models import Household
from proposals.models import Stage

ROUNDS = 6
GOOD = (Rating.VERY_SATISFIED, Rating.VERY_SATISFIED, Rating.SATISFIED, Rating.SATISFIED, Rating.FAIR)
MORNING = timedelta(hours=9)


def rate(project: Project) -> Iterator[datetime]:
    """Time opens the round; households answer over its days, while the second part is paid."""
    yield from project.past(Stage.ACCEPTED)
    survey: Survey = project.proposal.surveys.select_related("proposal__place").get()
    yield from together(works.pay_accepted(project), _rounds(project, survey))
    yield from project.past(Stage.RATING)
    yield from _call_back(project, survey)


def _rounds(project: Project, survey: Survey) -> Iterator[datetime]:
    """Whoever is discontent comes first, so that there is time to mend."""
    spec = project.story["ratings"]
    levels = [Rating.DISSATISFIED] * spec["bad"]
    levels += [project.rng.choice(GOOD) for _answer in range(spec["answers"] - spec["bad"])]
    answers = list(zip(project.households, levels, strict=False))
    size = ceil(len(answers) / min(ROUNDS, ceil(len(answers) / 5)))
    rounds = [answers[start : start + size] for start in range(0, len(answers), size)]
    span = (survey.closes_at - survey.opens_at - 2 * MORNING) / len(rounds)
    for number, coming in enumerate(rounds):
        yield survey.opens_at + MORNING + timedelta(minutes=project.rng.randrange(200)) + span * number
        sheets = [sheet for door, level in coming if (sheet := _answer(project, survey, door, level))]
        for sheet in sheets:
            read = sheet.line.first or {}
            aspects = {name: read[name] for name in ASPECTS}
            paper.confirm_paper(sheet, level=read["level"], aspects=aspects, by=project.staff(Role.SUPERVISOR))


def _answer(project: Project, survey: Survey, door: Household, level: int) -> PaperAnswer | None:
    """Online where the household has a phone, else on paper: then the sheet, which somebody else must read."""
    aspects = {name: min(5, max(1, level + project.rng.choice((-1, 0, 0, 1)))) for name in ASPECTS}
    advice = "关门声音大，晚上听得见" if level == Rating.DISSATISFIED else ""
    if user := project.yard.users.get(door.pk):
        surveys.rate(survey, level=level, aspects=aspects, advice=advice, by=user)
        return None
    unit = survey.roll.units.get(household=door)
    sheet = paper.register_paper(unit, receipt_id=project.a_number(), by=project.chief)
    reader = project.staff(office_above(project.proposal))
    return paper.enter_paper(sheet, photo=pictures.sheet(), level=level, aspects=aspects, advice=advice, by=reader)


def _call_back(project: Project, survey: Survey) -> Iterator[datetime]:
    """Asked by the next working day after the end, mended, and confirmed by the household itself."""
    caller, clerk = project.staff(Role.SUPERVISOR), project.staff(Role.CLERK)
    bad = list(CallBack.objects.filter(survey=survey).select_related("answer", "survey__proposal__place"))
    if not bad:
        return
    yield project.on("contact", days=0.3)
    for callback in bad:
        callbacks.contact(
            callback,
            findings="上门看过，评价人说关门声音大，晚上听得见",
            task="关门声音大，请加缓冲",
            by=caller,
        )
    yield project.on("mend", days=2)
    for callback in bad:
        callbacks.mend(callback, measures=project.story.get("mending", "加了缓冲条，请评价人来试过"), by=clerk)
    yield project.on("settled", days=0.3, office=False)
    for callback in bad:
        user = project.yard.users.get(callback.answer.unit.household_id or 0)
        callbacks.confirm(callback, by=user or caller)
