"""A register from a file: looked at first, then all of it or nothing, and taken back while nothing needs it."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby

from celery import current_app
from django.core.cache import cache
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.intake import columns, sheets, told
from minshi.intake.models import Intake, IntakeRow, Outcome, State
from minshi.intake.plan import Node, Plan, Step, is_organisation
from minshi.lifecycle.action import action, in_turn
from minshi.masking import one_line
from minshi.notifications.actions import tell
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions as residents
from minshi.residents import register
from minshi.residents.models import Ownership, Person, Role, RoleGrant
from minshi.residents.rules import roles_of
from minshi.territory import actions as territory
from minshi.territory.actions import Facts
from minshi.territory.models import Household, Level, Territory

log = logging.getLogger(__name__)

BATCH = 2000
SAID_LENGTH = 600
MOST_NAMED = 5
WAITING = (State.QUEUED, State.UNDOING)


@action
def take_in(place: Territory, name: str, content: bytes, *, by: User) -> Intake:
    """Read a file and say what each row would come to; nothing of the register changes.

    The same file of the same place that was not carried out is the same intake, looked at anew. Raises ``Refused``
    with the reason beside ``file`` or ``place``.
    """
    _demand(by, place)
    if place.level_id != "community":
        raise Refused(place=_("户册按社区导入，请选一个社区"))
    digest = hashlib.sha256(content).hexdigest()
    try:
        table = columns.read(sheets.opened(content))
    except columns.NoRegister as why:
        raise Refused(file=why) from None
    in_turn(by, "take_in")
    steps = Plan(place, by).steps(table.lines)
    count = Counter(step.outcome for step in steps)
    Intake.objects.filter(place=place, digest=digest, state=State.READ).delete()
    intake = Intake.objects.create(
        place=place,
        name=one_line(name)[-120:],
        digest=digest,
        unused=table.unused[:40],
        rows_added=count[Outcome.ADD],
        rows_changed=count[Outcome.CHANGE],
        rows_left=count[Outcome.LEAVE],
        rows_refused=count[Outcome.REFUSE],
        by=by,
    )
    for batch in range(0, len(steps), BATCH):
        IntakeRow.objects.bulk_create(_row(intake, step) for step in steps[batch : batch + BATCH])
    return intake


def _row(intake: Intake, step: Step) -> IntakeRow:
    return IntakeRow(
        intake=intake,
        sheet=step.line.sheet[:40],
        number=step.line.number,
        line=step.line.said,
        is_passed_over=bool(step.line.is_passed_over),
        outcome=step.outcome,
        said="；".join(step.said)[:SAID_LENGTH],
    )


@action
def start(intake: Intake, *, by: User) -> Intake:
    """Have it carried out by the worker. Raises ``Refused`` while any row cannot be imported."""
    intake = _locked(intake, by)
    if intake.state != State.READ:
        raise Refused(_("这份户册%(state)s") % {"state": intake.get_state_display()})
    if intake.rows_refused:
        raise Refused(_("还有 %(n)d 行不能导入：请照原因改好表，再交一次") % {"n": intake.rows_refused})
    if not intake.rows_added + intake.rows_changed:
        raise Refused(_("表里的内容都已经登记过，不用导入"))
    _queue(intake, State.QUEUED, done_at=now(), done_by=by)
    return intake


@action
def take_back(intake: Intake, *, by: User) -> Intake:
    """Have what it made taken away again, as long as nothing refers to it."""
    intake = _locked(intake, by)
    if intake.state != State.DONE:
        raise Refused(_("这份户册%(state)s，没有可以撤销的") % {"state": intake.get_state_display()})
    if not intake.rows.exists():
        raise Refused(_("导入的明细已经过了保留期，不能再撤销；登记错的门牌请逐户注销"))
    _queue(intake, State.UNDOING, undone_at=now(), undone_by=by)
    return intake


def _queue(intake: Intake, state: State, **fields: object) -> None:
    for name, value in {"state": state, "trouble": "", **fields}.items():
        setattr(intake, name, value)
    intake.save(update_fields=["state", "trouble", *fields])
    cache.delete(_progress_of(intake))
    transaction.on_commit(_hint, robust=True)


def _hint() -> None:
    """Tell a worker. Losing this costs a minute: the next round finds what waits."""
    try:
        current_app.send_task("minshi.intake.tasks.carry_out", retry=False, ignore_result=True)
    except Exception as error:  # whatever a broker raises: what was asked for is committed
        log.warning("broker is away: %s", type(error).__name__)


def _locked(intake: Intake, by: User) -> Intake:
    intake = Intake.objects.select_for_update(of=("self",)).select_related("place").get(pk=intake.pk)
    _demand(by, intake.place)
    return intake


def takes_in(user: User) -> bool:
    """Whether this person keeps the register anywhere."""
    return any(held.role in register.KEEPERS for held in roles_of(user))


def carries_out(user: User, intake: Intake) -> bool:
    return register.keeps_register(user, intake.place)


def _demand(by: User, place: Territory) -> None:
    if not register.keeps_register(by, place):
        raise NotAllowed(_("只有这里的社区工作人员、街道经办和区牵头部门可以导入户册"))


# --- By the worker -----------------------------------------------------------------------------------


def carry_out() -> int:
    """What waits, one after the other: all of a file or nothing. Returns how many were worked on."""
    worked = 0
    while (pk := _next()) is not None:
        _carry_out_one(pk)
        worked += 1
    return worked


def _next() -> int | None:
    waiting = Intake.objects.filter(state__in=WAITING)
    with transaction.atomic():
        row = waiting.select_for_update(skip_locked=True).order_by("pk").first()
    return row.pk if row else None


def _carry_out_one(pk: int) -> None:
    intake = Intake.objects.select_related("place", "done_by", "undone_by").get(pk=pk)
    by = intake.undone_by if intake.state == State.UNDOING else intake.done_by
    assert by
    try:
        if intake.state == State.UNDOING:
            _undo(intake, by=by)
        elif intake.state == State.QUEUED:
            _import(intake, by=by)
    except Refused as why:
        _give_up(intake, str(why)[:500], by=by)
    except IntegrityError as error:
        _log(pk, error)
        _give_up(intake, _("办的时候户册有了变动，一行也没有改。请把表再交一次"), by=by)
    except OperationalError:
        raise  # the database was away or busy: it still waits, and the next round takes it up
    except Exception as error:
        _log(pk, error)
        _give_up(intake, _("没有办成，一行也没有改；请把表再交一次，还不行请告诉运维人员"), by=by)
    finally:
        cache.delete(_progress_of(intake))


def _log(pk: int, error: Exception) -> None:
    """What went wrong where, without its words: they repeat what stands in the register."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    log.error("register %s: %s in %s, line %s", pk, type(error).__name__, last.name, last.lineno)


@action
def _give_up(intake: Intake, why: str, *, by: User) -> None:
    """Back to where it stood, with the reason."""
    intake = Intake.objects.select_for_update(of=("self",)).get(pk=intake.pk)
    if intake.state not in WAITING:
        return
    undoing = intake.state == State.UNDOING
    intake.state, intake.trouble = (State.DONE if undoing else State.READ), why
    if undoing:
        intake.undone_at = intake.undone_by = None
    else:
        intake.done_at = intake.done_by = None
    intake.save(update_fields=["state", "trouble", "done_at", "done_by", "undone_at", "undone_by"])
    title = _("户册没有撤销：%(name)s") if undoing else _("户册没有导入：%(name)s")
    tell(by, title % {"name": intake.name}, why, page_of(intake), event=told.CARRIED_OUT.name)


@action
def _import(intake: Intake, *, by: User) -> None:
    """Everything at once. What a row comes to is asked anew: the register may have changed since it was read."""
    if not _taken_up(intake, State.QUEUED, by):
        return
    rows = list(intake.rows.order_by("pk"))
    total = max(1, 3 * len(rows))
    steps = Plan(intake.place, by).steps([_line_of(row) for row in rows], lambda done: reach(intake, done / total))
    if why := _why_not_as_read(rows, steps):
        raise Refused(why)
    made: dict[str, list[int]] = {"places": [], "people": [], "owned": [], "ended": [], "grants": []}
    for node in _new_nodes(steps):
        assert node.above and node.above.place
        node.place = register.add_place(node.above.place, name=node.name, level=node.level, by=by)
        made["places"].append(node.place.pk)
    _add_doors(steps, lambda done: reach(intake, (len(rows) + done) / total), by)
    _change_doors(rows, steps)
    _add_owners(steps, made)
    _appoint(intake, steps, made, by)
    _note(rows, steps, lambda done: reach(intake, (2 * len(rows) + done) / total))
    intake.state, intake.made = State.DONE, made
    intake.save(update_fields=["state", "made"])
    title = _("户册已导入：%(name)s") % {"name": intake.name}
    body = _("新增 %(added)d 户，更改 %(changed)d 户，不变 %(left)d 行") % {
        "added": intake.rows_added,
        "changed": intake.rows_changed,
        "left": intake.rows_left,
    }
    tell(by, title, body, page_of(intake), event=told.CARRIED_OUT.name)


def _taken_up(intake: Intake, state: State, by: User) -> bool:
    """Whether it still waits and no other worker has it. From here on nobody enters places or doors by hand beneath:
    they wait and then see what was imported (``register.add_place``, ``register.add_doors``). What only refers to the
    places goes on.
    """
    waits = Intake.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=intake.pk, state=state)
    if not waits.exists():
        return False
    intake.refresh_from_db()
    _demand(by, intake.place)
    places = Territory.objects.within(intake.place).order_by("pk")
    list(places.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    return True


def _line_of(row: IntakeRow) -> columns.Line:
    if row.is_passed_over:
        return columns.Line(row.number, row.sheet, row.line, is_passed_over=row.said)
    return columns.line_of(row.number, row.sheet, row.line)


def _why_not_as_read(rows: list[IntakeRow], steps: list[Step]) -> str:
    """What has changed in the register since the file was read."""
    other = [step for row, step in zip(rows, steps, strict=True) if row.outcome != step.outcome]
    if not other:
        return ""
    first = other[0]
    said = "；".join(first.said) or Outcome(first.outcome).label
    return _("读表以后户册有了变动：第 %(n)d 行现在是“%(said)s”，连它一共 %(all)d 行。请把表再交一次") % {
        "n": first.line.number,
        "said": said,
        "all": len(other),
    }


def _new_nodes(steps: list[Step]) -> Iterator[Node]:
    """The places that are not there yet, from the top down, each once."""
    seen: set[Node] = set()
    for step in steps:
        line = []
        node = step.node
        while node and node.place is None and node not in seen:
            seen.add(node)
            line.append(node)
            node = node.above
        yield from reversed(line)


def _add_doors(steps: list[Step], reach: Callable[[int], object], by: User) -> None:
    new = sorted((s for s in steps if s.outcome == Outcome.ADD), key=lambda step: _place(step).pk)
    done = 0
    for _pk, group in groupby(new, key=lambda step: _place(step).pk):
        here = list(group)
        made = territory.add_households(
            place=_place(here[0]),
            addresses=[step.line.address for step in here],
            facts=[Facts(step.area_m2, step.floor) for step in here],
            by=by,
        )
        for step, household in zip(here, made, strict=True):
            step.household = household
        done += len(here)
        reach(done)


def _place(step: Step) -> Territory:
    assert step.node and step.node.place
    return step.node.place


def _change_doors(rows: list[IntakeRow], steps: list[Step]) -> None:
    changed = []
    for row, step in zip(rows, steps, strict=True):
        if step.outcome != Outcome.CHANGE or step.household is None:
            continue
        door = step.household
        row.was = {"area_m2": str(door.area_m2) if door.area_m2 is not None else None, "floor": door.floor}
        if step.area_m2 is not None:
            door.area_m2 = step.area_m2
        if step.floor is not None:
            door.floor = step.floor
        if step.area_m2 is not None or step.floor is not None:
            changed.append(door)
    Household.objects.bulk_update(changed, ["area_m2", "floor"], batch_size=BATCH)


def _add_owners(steps: list[Step], made: dict[str, list[int]]) -> None:
    """Who is named anew comes, who is named no more goes, who stays is the same row.

    Each door's owner is a person of their own: one name behind two doors may be two people.
    """
    of = [(step, name) for step in steps for name in step.owners]
    moment = now()
    gone = {(step.household.pk, name) for step in steps if step.household for name in step.gone}
    before = Ownership.objects.current().filter(household__in={door for door, _name in gone})
    names = before.values_list("pk", "household", "person__name", "organisation")
    made["ended"] = [pk for pk, door, person, unit in names if (door, person or unit) in gone]
    Ownership.objects.filter(pk__in=made["ended"]).update(until=moment)
    people = Person.objects.bulk_create((Person(name=name) for _s, name in of if not is_organisation(name)), BATCH)
    person = iter(people)
    owned = Ownership.objects.bulk_create(
        (
            Ownership(household=step.household, organisation=name, since=moment)
            if is_organisation(name)
            else Ownership(household=step.household, person=next(person), since=moment)
            for step, name in of
        ),
        BATCH,
    )
    made["people"] += [each.pk for each in people]
    made["owned"] = [each.pk for each in owned]


def _appoint(intake: Intake, steps: list[Step], made: dict[str, list[int]], by: User) -> None:
    for step in steps:
        for name, phone in step.chiefs:
            user = User.objects.filter(phone=phone).first()
            if user is None:
                user = User.objects.create_user(f"p{secrets.token_hex(8)}", phone=phone)
                Person.objects.create(user=user, name=name)
            held = residents.grant(
                user,
                Role.CHIEF,
                _place(step),
                since=step.line.since or today(),
                until=step.line.until,
                basis=step.line.basis or _("户册《%(name)s》登记") % {"name": intake.name},
                by=by,
            )
            made["grants"].append(held.pk)


def _note(rows: list[IntakeRow], steps: list[Step], reach: Callable[[int], object]) -> None:
    """Beside each row its door, which the row made or changed."""
    noted = []
    for row, step in zip(rows, steps, strict=True):
        if step.household and step.outcome in (Outcome.ADD, Outcome.CHANGE):
            row.household = step.household
            noted.append(row)
    for start_at in range(0, len(noted), BATCH):
        batch = noted[start_at : start_at + BATCH]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE intake_intakerow AS row SET household_id = made.door, was = made.was::jsonb"
                " FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS made (id, door, was) WHERE row.id = made.id",
                [
                    [row.pk for row in batch],
                    [row.household_id for row in batch],
                    [json.dumps(row.was) if row.was else None for row in batch],
                ],
            )
        reach(start_at + len(batch))


@action
def _undo(intake: Intake, *, by: User) -> None:
    """Away with what it made. The database refuses where anything refers to it; then all stays."""
    if not _taken_up(intake, State.UNDOING, by):
        return
    made = intake.made
    for held in RoleGrant.objects.filter(pk__in=made["grants"], revoked_at=None).select_related("place", "user"):
        residents.revoke(held, by=by)
    if why := _why_not_undone(intake):
        raise Refused(why)
    added = list(intake.rows.filter(outcome=Outcome.ADD, household__isnull=False).values_list("household", flat=True))
    try:
        with transaction.atomic():
            _restore(intake)
            _delete(Ownership, made["owned"])
            _delete(Person, made["people"])
            Ownership.objects.filter(pk__in=made["ended"]).update(until=None)
            intake.rows.update(household=None)
            _delete(Household, added)
            _delete(RoleGrant, made["grants"])
            for level in Level.objects.order_by("-rank"):
                Territory.objects.filter(pk__in=made["places"], level=level).delete()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError:
        raise Refused(
            _("导入的门牌、楼栋或产权已经在用（名册、表决、公示、任职或者后来的导入里有它们），不能撤销")
        ) from None
    intake.state = State.UNDONE
    intake.save(update_fields=["state"])
    title = _("户册导入已撤销：%(name)s") % {"name": intake.name}
    tell(by, title, "", page_of(intake), event=told.CARRIED_OUT.name)


def _delete(model: type[Model], keys: list[int]) -> None:
    """The rows alone: the database refuses where anything refers to them, and nothing else goes with them."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE id = ANY(%s)", [keys])


def _why_not_undone(intake: Intake) -> str:
    """Somebody said that they live behind a door of it, or a later file says something of its doors."""
    doors = intake.rows.filter(household__isnull=False)
    used = Household.objects.filter(pk__in=doors.filter(outcome=Outcome.ADD).values("household"))
    lived = used.filter(residences__isnull=False).select_related("place__parent").distinct()[:MOST_NAMED]
    if named := "、".join(door.door for door in lived):
        return _("已经有人登记在这些门牌上，不能撤销：%(doors)s") % {"doors": named}
    later = IntakeRow.objects.filter(household__in=doors.values("household"), intake__done_at__gt=intake.done_at)
    if row := later.select_related("intake").first():
        return _("后来导入的“%(name)s”也写了这些门牌，请先撤销那一次") % {"name": row.intake.name}
    return ""


def _restore(intake: Intake) -> None:
    """Doors that were changed say again what they said before."""
    doors = []
    for row in intake.rows.filter(outcome=Outcome.CHANGE, was__isnull=False).select_related("household"):
        door, was = row.household, row.was
        if door and was:
            door.area_m2, door.floor = was["area_m2"], was["floor"]
            doors.append(door)
    Household.objects.bulk_update(doors, ["area_m2", "floor"], batch_size=BATCH)


# --- How far it is ------------------------------------------------------------------------------------


def _progress_of(intake: Intake) -> str:
    return f"intake:{intake.pk}"


def reach(intake: Intake, share: float) -> None:
    cache.set(_progress_of(intake), int(100 * share), 600)


def progress(intake: Intake) -> int:
    """Per cent of an intake at work; it begins at nothing, and says nothing of what is written until all is."""
    return int(cache.get(_progress_of(intake)) or 0)


def page_of(intake: Intake) -> str:
    return reverse("admin:intake_intake_change", args=[intake.pk])
