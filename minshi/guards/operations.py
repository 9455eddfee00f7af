"""Migration operations about guards: they stand in files, but tables need some of them earlier or without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState

from minshi.guards.loading import directory, drop_triggers


class GuardOperation(Operation):
    """The models stay as they are, and so does the database on the way back: the next load puts all right."""

    reversible = True
    category = OperationCategory.SQL

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        pass


class LoadGuard(GuardOperation):
    """Run one file of an app's guards now: a column's default or an index needs its functions."""

    def __init__(self, app: str, file: str) -> None:
        self.app = app
        self.file = file

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(self.path.read_text(), params=None)

    @property
    def path(self) -> Path:
        """Where it stands today: what several apps came to use moved down to the ground after its migration."""
        own = directory(apps.get_app_config(self.app)) / self.file
        return own if own.exists() else directory(apps.get_app_config("guards")) / self.file

    def describe(self) -> str:
        return f"Load {self.file} of {self.app}"


class DropGuards(GuardOperation):
    """Drop the triggers of these tables, which this migration is about to alter; loading after it brings them back."""

    def __init__(self, *tables: str) -> None:
        self.tables = tables

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(drop_triggers(self.tables), params=None)

    def describe(self) -> str:
        return f"Drop the guards of {', '.join(self.tables)}"


class AddIndexMeanwhile(AddIndexConcurrently):
    """Build an index on a table that may be big while everybody goes on writing; the migration is ``atomic = False``.

    What a start that broke off left of it holds nothing and is built anew.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        # Not in a block of its own: PostgreSQL builds and drops such an index outside of transactions only.
        schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{self.index.name}"', params=None)
        super().database_forwards(app_label, schema_editor, from_state, to_state)


class RemoveIndexMeanwhile(RemoveIndexConcurrently):
    """Drop one so; an older release that still runs meanwhile finds its way without."""
