"""Tables of one migration made together: Django draws the state of every model anew for each single one of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """Several models of an app that follow one another, each made as its own ``CreateModel`` says.

    A new database took two thirds of its time for states of models that nobody asks for in between.
    """

    def __init__(self, models: list[CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # What is drawn already would be drawn again with each model that is added; so it is once, when all are there.
        state.__dict__.pop("apps", None)
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {', '.join(model.name for model in self.models)}"


def create_together(plan: list[tuple[Migration, bool]], **_signal: Any) -> None:
    """Before migrating: of the steps that will be taken, join what makes one table after the other."""
    for migration, is_backwards in plan:
        if not is_backwards:
            migration.operations = joined(migration.operations)  # type: ignore[misc]


def joined(operations: Sequence[Operation]) -> list[Operation]:
    found: list[Operation] = []
    for makes_a_model, some in groupby(operations, lambda operation: type(operation) is CreateModel):
        listed = list(some)
        found += [CreateModels(listed)] if makes_a_model and len(listed) > 1 else listed  # type: ignore[arg-type]
    return found
