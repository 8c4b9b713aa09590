"""Many changes in one step of a migration: one by one, each step would draw every related model anew."""

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


class ChangeAllAtOnce(CreateAllAtOnce):
    """Run operations without code or SQL of their own, none of which needs what another left half way.

    Columns, indexes and constraints that are added to a table made here are made with it: the tables are created as
    they are in the end.
    """

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        new = {operation.name_lower: operation for operation in self.operations if isinstance(operation, CreateModel)}
        others = []
        for operation in self.operations:
            if isinstance(operation, CreateModel):
                continue
            table = getattr(operation, "model_name_lower", None)
            taken_in = table in new and new[table].reduce(operation, app_label)
            if isinstance(taken_in, list):
                new[table] = taken_in[0]
            else:
                others.append(operation)
        self.operations = [*new.values(), *others]
        super().state_forwards(app_label, state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "Make all changes of the app"
