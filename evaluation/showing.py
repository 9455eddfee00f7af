"""What this app shows on pages of the app below: panels of a project, the present stage, tasks of a person."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluation import selectors
from evaluation.models import Aftercare, Answer, Archive, CallBack, CallBackStage, Survey, SurveyStage, Verdict
from evaluation.rules import collects_paper, is_rater, percent
from funding.selectors import buys_nothing, hold_says, last_contract, retention_given_up, unbought_since
from minshi.accounts.models import User
from minshi.disclosure.selectors import notice_says, reopening_share
from minshi.paper.numbers import is_number, normal, shown
from minshi.residents import speaking
from minshi.residents.rules import home_of, person_of, roles_of
from minshi.rolls.models import Unit
from proposals.models import Proposal, Stage
from proposals.panels import (
    HOLDS_A_POST,
    Found,
    Own,
    Panel,
    Present,
    Task,
    register,
    register_finder,
    register_own,
    register_present,
    register_tasks,
)

MOST_TASKS = 10


def ratings(proposal: Proposal) -> dict[str, Any] | None:
    rounds = selectors.rounds_of(proposal)
    return {"rounds": rounds, "latest": rounds[0]} if rounds else None


def archived(proposal: Proposal) -> dict[str, Any] | None:
    """Who keeps it, and the sealed file."""
    agreed = Aftercare.objects.filter(proposal=proposal).first()
    sealed = Archive.objects.filter(proposal=proposal).first()
    return {"aftercare": agreed, "sealed": sealed} if agreed or sealed else None


def present_of(proposal: Proposal) -> Present:
    """What happens now in the stages of this app, said of this survey and this notice."""
    number = proposal.number
    survey = selectors.latest(proposal)
    results = (_("看评议结果"), reverse("ratings", args=[number]))
    if proposal.stage == Stage.ACCEPTED:
        said = notice_says(proposal.gate_notice, _("验收结果正在公示"))
        return Present(_("%(notice)s。期满、异议都答复以后，请受益的住户打分。") % {"notice": said})
    if proposal.stage == Stage.RATING and survey is not None:
        return _rating_present(survey, number)
    if proposal.stage == Stage.REWORK and survey is not None:
        return Present(_("%(why)s。正在整改，改好了再请大家打分。") % {"why": _why_mended(survey)}, *results)
    if proposal.stage == Stage.RATED and survey is not None:
        return Present(_rated_text(proposal, survey), *results)
    if proposal.stage == Stage.SETTLING:
        said = notice_says(proposal.gate_notice, _("结算正在公示"))
        return Present(_("%(notice)s。期满、异议都答复、材料齐全后归档。") % {"notice": said})
    return Present(
        _("这件事已经办完归档，谁来管护、花了多少钱都能查。"), _("看档案"), reverse("archive", args=[number])
    )


def _why_mended(survey: Survey) -> str:
    if survey.notice and survey.notice.reopened_at:
        return _("满意度公示期内%(share)s受益户提出异议") % {"share": reopening_share(survey.notice)}
    words = {"n": survey.round, "percent": percent(survey), "said": survey.verdict_said}
    return _("第 %(n)d 轮满意率 %(percent)d%%，%(said)s") % words


def _rated_text(proposal: Proposal, survey: Survey) -> str:
    if survey.hold_settled_at is not None:
        if unbought_since(proposal):
            return _("接下来结算、致谢、公示。")
        return _("%(hold)s，接下来结算、公示。") % {"hold": hold_says(last_contract(proposal))}
    said = notice_says(survey.notice, _("满意度结果正在公示"))
    if buys_nothing(proposal) or retention_given_up(proposal):
        return _("%(notice)s。期满、异议都答复以后结算。") % {"notice": said}
    then = _("支付尾款") if survey.decides_release else _("尾款不予支付")
    return _("%(notice)s。期满、异议都答复以后，%(then)s，然后结算。") % {"notice": said, "then": then}


def _rating_present(survey: Survey, number: str) -> Present:
    if survey.stage == SurveyStage.OPEN:
        text = _("受益的 %(roll)d 户打分，一户一份，至少要 %(needed)d 户。") % {
            "roll": survey.asked,
            "needed": survey.needed,
        }
        return Present(text, _("代表我家打分"), reverse("rate", args=[number]))
    if survey.stage == SurveyStage.COUNTING:
        return Present(_("评议已经截止，正在核对纸质测评表。"), _("看评议"), reverse("ratings", args=[number]))
    words = {
        "answers": survey.answers_count,
        "needed": survey.needed,
        "percent": percent(survey),
        "wait": _("等街道决定") if buys_nothing(survey.proposal) else _("等街道决定尾款怎么办"),
    }
    if survey.verdict == Verdict.TOO_FEW:
        text = _("收回 %(answers)d 户答卷，至少要 %(needed)d 户，%(wait)s。") % words
    else:
        text = _("满意率 %(percent)d%%，轮次已经用完，%(wait)s。") % words
    return Present(text, _("看评议结果"), reverse("ratings", args=[number]))


def to_rate(user: User) -> list[Task]:
    """Rounds that wait for my household."""
    home = home_of(user)
    if home is None or speaking.why_not(user, act=""):
        return []
    units = Unit.objects.filter(household=home.household_id, answer=None)
    units = units.exclude(paper_answers__is_void=False)
    surveys = Survey.objects.open().filter(roll__units__in=units).select_related("proposal").order_by("closes_at")[:10]
    return [
        Task(
            title=survey.proposal.title,
            text=_("做完了，请代表您家打分"),
            url=reverse("rate", args=[survey.proposal.number]),
            button=_("去打分"),
            until=survey.closes_at,
        )
        for survey in surveys
    ]


def to_confirm(user: User) -> list[Task]:
    """Bad ratings of my household that were mended: is it settled?"""
    person = person_of(user)
    if person is None:
        return []
    # Wherever they live now; whoever moved in behind that door since was not asked.
    lived = Q(answer__unit__household__residences__person=person) & Q(
        answer__at__gte=F("answer__unit__household__residences__since")
    )
    rows = CallBack.objects.filter(lived, stage=CallBackStage.MENDED).distinct()
    mended = rows.select_related("answer__unit", "survey__proposal__place").order_by("due_at")[:20]
    return [
        Task(
            title=callback.survey.proposal.title,
            text=_("您提的意见已整改，改好了吗？"),
            url=callback.get_absolute_url(),
            button=_("去确认"),
            until=callback.due_at,
        )
        for callback in mended
        if is_rater(user, callback)
    ]


def paper_to_take(user: User) -> list[Task]:
    """Surveys that take paper in the places where this person takes it in."""
    paths = [held.path for held in roles_of(user)]
    if not paths:
        return []
    mine = Q(pk__in=[])
    for path in paths:
        mine |= Q(proposal__place__path__startswith=path)
    running = Survey.objects.open().filter(mine).select_related("proposal__place").order_by("closes_at")[:MOST_TASKS]
    return [
        Task(
            title=survey.proposal.title,
            text=_("收纸质测评表、登记"),
            url=reverse("rating_paper", args=[survey.proposal.number]),
            button=_("去登记"),
            until=survey.closes_at,
        )
        for survey in running
        if collects_paper(user, survey)
    ]


def to_check(user: User) -> list[Task]:
    """Sheets that wait for another reader in the places I collect in."""
    return [
        Task(
            title=survey.proposal.title,
            text=_("有测评信封或差评等您拆看、核对、回访"),
            url=reverse("rating_checks", args=[survey.proposal.number]),
            button=_("去核对"),
        )
        for survey in selectors.to_check(user)
    ]


def ratings_given(user: User) -> list[Own]:
    """The rounds in which this person spoke for their door. What they said stands on the page of the form."""
    person = person_of(user)
    if person is None:
        return []
    given = Answer.objects.filter(speaker=person).select_related("survey__proposal").order_by("-pk")[:MOST_TASKS]
    return [
        Own(
            _("打分"),
            each.survey.proposal.title,
            _("第 %(n)d 轮，已打分") % {"n": each.survey.round},
            reverse("rate", args=[each.survey.proposal.number]),
            shown(each.slip_number),
        )
        for each in given
    ]


def by_slip(number: str) -> list[Found]:
    """A rating by its slip: the form's page, which shows it to its household alone."""
    if not is_number(number):
        return []
    slip = normal(number)
    surveys = Survey.objects.filter(
        Q(answers__slip_number=slip) | Q(roll__units__paper_answers__line__slip_number=slip)
    ).select_related("proposal")
    return [Found(_("打分回执"), reverse("ratings", args=[each.proposal.number])) for each in surveys.distinct()[:1]]


register_own(ratings_given)
register_finder(by_slip)
register(Panel("ratings", "evaluation/panel_ratings.html", ratings, (Survey,)))
register(Panel("archive", "evaluation/panel_archive.html", archived, (Aftercare, Archive)))
for stage in (Stage.ACCEPTED, Stage.RATING, Stage.REWORK, Stage.RATED, Stage.SETTLING, Stage.ARCHIVED):
    register_present(stage, present_of)
register_tasks(
    to_rate,
    where="""EXISTS (
        SELECT FROM rolls_unit AS unit
        JOIN evaluation_survey AS survey ON survey.roll_id = unit.roll_id AND survey.stage = 'open'
        WHERE unit.household_id = me.door
          AND NOT EXISTS (SELECT FROM evaluation_answer AS answer WHERE answer.unit_id = unit.id)
    )""",
)
register_tasks(
    to_confirm,
    where="""EXISTS (
        SELECT FROM residents_residence AS lived
        JOIN rolls_unit AS unit ON unit.household_id = lived.household_id
        JOIN evaluation_answer AS answer ON answer.unit_id = unit.id
        JOIN evaluation_callback AS callback ON callback.answer_id = answer.id AND callback.stage = 'mended'
        WHERE lived.person_id = me.person
    )""",
)
register_tasks(paper_to_take, where=HOLDS_A_POST, at_desk=True)
register_tasks(to_check, where=HOLDS_A_POST, at_desk=True)
