"""Tables of a whole app created in one step of a migration: one by one, each step would draw every model anew."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateAllAtOnce(Operation):
    """Run operations that only create: models with all their columns and constraints, and what hangs on them.

    Django renders the models of a state after each operation, all that are related with it. With these hundred models
    that took nine tenths of a first `migrate`; here they are rendered once, when all are known. Undone, the tables go
    in reverse order.
    """

    serialization_expand_args = ["operations"]
    reduces_to_sql = False

    def __init__(self, operations: list[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # what is rendered already is rendered again with the rest
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in reversed(self.operations):
            if isinstance(operation, CreateModel):
                operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "Create all tables of the app"
