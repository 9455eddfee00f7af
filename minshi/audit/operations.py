"""Migration operations that make a table append-only."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from minshi.audit.privileges import application_role


class AppendOnly(Operation):
    """Rows of ``table`` are written once: a row trigger refuses UPDATE and DELETE for everybody.

    ``mutable`` columns may still change. The application role also loses the privilege, so a
    dropped trigger alone does not open the table.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str, mutable: tuple[str, ...] = ()) -> None:
        self.table = table
        self.mutable = tuple(mutable)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models stay as they are."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        mutable = ", ".join(f"'{column}'" for column in self.mutable)
        schema_editor.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change({mutable})"
        )
        if role := application_role(schema_editor.connection):
            schema_editor.execute(f'REVOKE UPDATE, DELETE ON {self.table} FROM "{role}"')
            if self.mutable:
                columns = ", ".join(f'"{column}"' for column in self.mutable)
                schema_editor.execute(f'GRANT UPDATE ({columns}) ON {self.table} TO "{role}"')

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(f"DROP TRIGGER append_only ON {self.table}")
        if role := application_role(schema_editor.connection):
            schema_editor.execute(f'GRANT UPDATE, DELETE ON {self.table} TO "{role}"')

    def describe(self) -> str:
        return f"Make {self.table} append-only"
