"""A new database makes each table once: Django draws the state of every model anew for each step that alters one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelOptions,
    CreateModel,
    RemoveConstraint,
    RemoveIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import IndexOperation
from django.db.migrations.state import ProjectState, StateApps
from django.db.migrations.utils import resolve_relation

from minshi.guards.operations import DropGuards


@contextmanager
def undrawn(state: ProjectState) -> Iterator[StateApps | None]:
    """What changes in here does not have Django draw the models anew; gives those that are drawn."""
    drawn: StateApps | None = state.__dict__.pop("apps", None)
    yield drawn
    if drawn is not None:
        state.apps = drawn


class CreateModels(Operation):
    """Several models of an app that follow one another, each made as its own ``CreateModel`` says.

    A new database took two thirds of its time for states of models that nobody asks for in between.
    """

    def __init__(self, models: list[CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # With each model that is added Django draws all that it points to once more. Nobody pointed to these yet: they
        # are drawn alone, when all are there.
        with undrawn(state) as drawn:
            for model in self.models:
                model.state_forwards(app_label, state)
        if drawn is not None:
            drawn.render_multiple([state.models[app_label, model.name_lower] for model in self.models])

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {', '.join(model.name for model in self.models)}"


Table = tuple[str, str]
"""App and model, in small letters."""

SHAPES = (AddField, AlterField, AddIndex, RemoveIndex, AddConstraint, RemoveConstraint, AlterModelOptions)
"""What a table without rows may as well have from its beginning."""


def create_together(plan: list[tuple[Migration, bool]], **_signal: Any) -> None:
    """Before migrating: of the steps that will be taken, join what makes one table after the other."""
    forwards = [migration for migration, is_backwards in plan if not is_backwards]
    make_in_their_last_shape(forwards)
    leave_what_is_drawn(forwards)
    for migration in forwards:
        migration.operations = joined(migration.operations)  # type: ignore[misc]


def make_in_their_last_shape(steps: Sequence[Migration]) -> None:
    """What a later step adds to a table that an earlier of these steps makes, is made with the table.

    Django's own ``CreateModel.reduce`` does it, as for whoever squashes by hand; the table has no rows yet whose values
    anybody would have to think of. What stands behind SQL or a function of its step may need it, and what points to a
    table that is made later has to wait; from then on that table is altered step by step.
    """
    made: dict[Table, tuple[list[Operation], int]] = {}
    altered: set[Table] = set()
    turns: dict[Table, int] = {}
    for step in steps:
        left: list[Operation] = []
        needs_nothing = True
        for operation in step.operations:
            table = table_of(step, operation)
            if isinstance(operation, CreateModel):
                turns[table] = len(turns)
                made[table] = (left, len(left))
            elif table in made and table not in altered:
                if needs_nothing and isinstance(operation, SHAPES) and points_back(operation, table, turns):
                    operations, turn = made[table]
                    (operations[turn],) = operations[turn].reduce(operation, step.app_label)  # type: ignore[misc]
                    continue
                altered.add(table)
            elif table not in made:
                needs_nothing = needs_nothing and isinstance(operation, (*SHAPES, DropGuards))
            left.append(operation)
        step.operations = left  # type: ignore[misc]


def points_back(operation: Operation, table: Table, turns: dict[Table, int]) -> bool:
    """Whether all that a new column points to stands by the time its table is made."""
    relation = getattr(getattr(operation, "field", None), "remote_field", None)
    if relation is None:
        return True
    there = resolve_relation(relation.model, *table)
    return not relation.parent_link and turns.get(there, -1) <= turns[table]


def leave_what_is_drawn(steps: Sequence[Migration]) -> None:
    """An index or a constraint changes no column: its model is drawn anew only where a later step alters one."""
    altered_later: set[Table] = set()
    for step in reversed(steps):
        for operation in reversed(step.operations):
            if not isinstance(operation, IndexOperation):
                altered_later.add(table_of(step, operation))
            elif table_of(step, operation) not in altered_later:
                operation.state_forwards = partial(unnoticed, operation.state_forwards)  # type: ignore[method-assign]


def unnoticed(forwards: Callable[[str, ProjectState], None], app_label: str, state: ProjectState) -> None:
    with undrawn(state):
        forwards(app_label, state)


def table_of(step: Migration, operation: Operation) -> Table:
    return step.app_label, getattr(operation, "model_name_lower", getattr(operation, "name_lower", ""))


def joined(operations: Sequence[Operation]) -> list[Operation]:
    found: list[Operation] = []
    for makes_a_model, some in groupby(operations, lambda operation: type(operation) is CreateModel):
        listed = list(some)
        found += [CreateModels(listed)] if makes_a_model else listed  # type: ignore[arg-type]
    return found
