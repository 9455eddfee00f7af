"""A lifecycle is a table of steps, and ``take`` is the one function that takes a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import rules
from django.db import models, transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle import permits
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_text, seen
from minshi.refusals import NotAllowed, Refused, refuse_if

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

S = TypeVar("S", bound=models.Model)

stepped = Signal()
"""Sent inside the transaction after a step, with ``subject`` and ``record``; an exception undoes the step."""


@dataclass(frozen=True)
class Step:
    """One row of the table.

    ``permission`` names a rule asked with (user, subject); a step without one is the platform's alone.
    The values of the policy stand in ``label`` under their names where the machine has ``worded`` to fill them in.
    An empty ``target`` stays in the stage; ``keeps_time`` says that nothing of it begins anew either, neither since
    when nor until when: only the record is added, and the fields that ``setting`` names.
    ``gate`` names the kind of public notice that must have passed: whoever takes the step is asked for it here, and
    the database asks again.
    """

    verb: str
    label: StrOrPromise
    sources: tuple[str, ...]
    target: str
    permission: str = ""
    platform: bool = False
    needs_reason: bool = False
    gate: str = ""
    keeps_time: bool = False
    obstacles: tuple[Callable[[Any], Iterable[object]], ...] = ()


@dataclass(frozen=True)
class Machine:
    """The whole life of one kind of thing.

    ``entered`` is called with (subject, at, setting) before the subject is saved in its new stage; it sets
    what that stage needs (holder, due date, terms) and returns the names of the fields to save. ``settled``
    is called after it, to set the deadline. ``role_of`` says as whom a person acts, for the record. ``worded`` gives
    a step's label as it is said of one subject.
    ``gate`` is called with (subject, kind of notice) and returns what that notice still waits for; a machine
    without one has no gates. ``save`` is called with (subject, record, names of changed fields) and is another
    one where the application may not write the subject's table itself.
    """

    subject: str
    steps: tuple[Step, ...]
    stage_labels: dict[str, str]
    entered: Callable[[Any, datetime, dict[str, Any]], Sequence[str]] = lambda subject, at, setting: ()
    settled: Callable[[Any], None] = lambda subject: None
    role_of: Callable[[User, Any], str] = lambda user, subject: ""
    worded: Callable[[object, Any], str] = lambda label, subject: str(label)
    gate: Callable[[Any, str], Iterable[object]] | None = None
    save: Callable[[Any, StepRecord, Sequence[str]], None] = lambda subject, record, fields: subject.save(
        update_fields=fields
    )
    stage_field: str = "stage"
    by_verb: dict[str, Step] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_verb", {step.verb: step for step in self.steps})
        assert self.gate or not any(step.gate for step in self.steps), f"{self.subject}: nobody knows its notices"
        _machines[self.subject] = self

    def edges(self) -> Iterable[tuple[str, str, str, str]]:
        """(verb, source, target, gate) of each step from each of its sources."""
        for step in self.steps:
            for source in step.sources:
                yield step.verb, source, step.target or source, step.gate


_machines: dict[str, Machine] = {}


def machine_of(subject: models.Model) -> Machine:
    return _machines[subject._meta.label_lower]


def all_machines() -> Iterable[Machine]:
    return _machines.values()


def why_not(subject: models.Model, verb: str, by: User | None) -> list[str]:
    """What stands between this person and this step now; an empty list means they may take it."""
    machine = machine_of(subject)
    step = machine.by_verb[verb]
    if reason := _wrong_stage(machine, step, subject):
        return [reason]
    if not _may(step, by, subject):
        return [_not_theirs(machine, step, by, subject)]
    return [*what_blocks_gate(subject, verb), *(str(why) for obstacle in step.obstacles for why in obstacle(subject))]


def what_blocks_gate(subject: models.Model, verb: str) -> list[str]:
    """What the public notice that this step waits for still waits for; empty once it has passed.

    The one question, asked by ``take`` for every step with a gate and by whoever wants to know beforehand.
    """
    machine = machine_of(subject)
    step = machine.by_verb[verb]
    return [str(reason) for reason in machine.gate(subject, step.gate)] if step.gate and machine.gate else []


def take(
    subject: S,
    verb: str,
    *,
    by: User | None,
    reason: str = "",
    evidence: dict[str, Any] | None = None,
    setting: dict[str, Any] | None = None,
    obstacles: Iterable[object] = (),
) -> StepRecord:
    """Take a step: lock, ask, write the stage and its record, set what comes next, tell.

    ``subject`` is brought up to date in place. ``setting`` goes to the machine's ``entered``;
    ``obstacles`` are reasons that only a higher app can know. Raises ``NotAllowed`` (permission) or ``Refused``
    (stage, reason missing, obstacles).
    """
    machine = machine_of(subject)
    step = machine.by_verb[verb]
    with transaction.atomic():
        lock(subject)
        if wrong := _wrong_stage(machine, step, subject):
            raise Refused(wrong)
        with permits.noting_stand_ins() as posts:
            permitted = _may(step, by, subject)
        if not permitted:
            raise NotAllowed(_not_theirs(machine, step, by, subject))
        if step.needs_reason and not seen(reason):
            raise Refused(reason=_("请写明理由，对方和大家都看得到"))
        own = (why for obstacle in step.obstacles for why in obstacle(subject))
        refuse_if([*what_blocks_gate(subject, verb), *own, *obstacles])
        return _write(machine, step, subject, by, reason.strip(), evidence or {}, setting or {}, posts=posts)


def begin(
    subject: S, verb: str, *, by: User | None, reason: str = "", evidence: dict[str, Any] | None = None
) -> StepRecord:
    """The first step of a thing that was just created: its record, its first holder and deadline."""
    machine = machine_of(subject)
    step = machine.by_verb[verb]
    with permits.noting_stand_ins() as posts:
        permitted = _may(step, by, subject)
    if not permitted:
        raise NotAllowed(_not_theirs(machine, step, by, subject))
    return _write(machine, step, subject, by, reason, evidence or {}, {}, source="", posts=posts)


def lock(subject: S) -> S:
    """Take the row lock and bring ``subject`` up to date under it."""
    fresh = type(subject)._base_manager.select_for_update(of=("self",)).get(pk=subject.pk)
    for field_ in subject._meta.concrete_fields:
        setattr(subject, field_.attname, getattr(fresh, field_.attname))
    subject._state.fields_cache.clear()
    return subject


def refuse_elsewhere(subject: models.Model, verb: str) -> None:
    """Refuse a step that its stage no longer has, before rows are written that come ahead of it.

    For the one of two people at once who came second; the subject is locked.
    """
    machine = machine_of(subject)
    if wrong := _wrong_stage(machine, machine.by_verb[verb], subject):
        raise Refused(wrong)


def _wrong_stage(machine: Machine, step: Step, subject: models.Model) -> str:
    stage = getattr(subject, machine.stage_field)
    if stage in step.sources:
        return ""
    return _("现在是“%s”，不能办理“%s”") % (machine.stage_labels.get(stage, stage), machine.worded(step.label, subject))


def _may(step: Step, by: User | None, subject: models.Model) -> bool:
    if by is None:
        return step.platform
    return bool(step.permission) and bool(rules.has_perm(step.permission, by, subject))


def _not_theirs(machine: Machine, step: Step, by: User | None, subject: models.Model) -> str:
    """Whose the step is, said to somebody whose it is not."""
    words = {"step": machine.worded(step.label, subject), "who": permits.holder(step.permission)}
    if by is None or not step.permission:
        return _("“%(step)s”到期自动办理，没有人可以提前办") % words
    yours = machine.role_of(by, subject)
    if not yours:
        return _("您在这里没有办理“%(step)s”的权限：由%(who)s办理") % words
    return _("您在这里没有办理“%(step)s”的权限：由%(who)s办理，您在这里是%(you)s") % {**words, "you": yours}


def _write(
    machine: Machine,
    step: Step,
    subject: models.Model,
    by: User | None,
    reason: str,
    evidence: dict[str, Any],
    setting: dict[str, Any],
    source: str | None = None,
    posts: Sequence[str] = (),
) -> StepRecord:
    """The record comes first: the database lets a stage change only next to its record."""
    before = getattr(subject, machine.stage_field)
    record = StepRecord.objects.create(
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        verb=step.verb,
        source=before if source is None else source,
        target=step.target or before,
        label=machine.worded(step.label, subject),
        by=by,
        as_role=_acted_as(machine, by, subject, posts),
        reason=mask_text(reason),  # whoever typed it: records are read by everybody
        evidence=evidence,
    )
    if step.keeps_time:
        _set_only(subject, setting)
    else:
        setattr(subject, machine.stage_field, step.target or before)
        changed = machine.entered(subject, record.at, setting)
        machine.save(subject, record, [machine.stage_field, *changed])
        machine.settled(subject)
    stepped.send(sender=type(subject), subject=subject, record=record)
    return record


def _acted_as(machine: Machine, by: User | None, subject: models.Model, posts: Sequence[str]) -> str:
    """As whom, for everybody to read: who stands in for a post that nobody holds is named so."""
    if by is None:
        return _("平台")
    said = machine.role_of(by, subject)
    if not posts or "（" in said:
        return said
    return _("%(who)s（代%(post)s）") % {"who": said, "post": posts[0]}


def _set_only(subject: models.Model, setting: dict[str, Any]) -> None:
    for name, fact in setting.items():
        setattr(subject, name, fact)
    if setting:
        subject.save(update_fields=list(setting))
