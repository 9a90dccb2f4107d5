"""Exports have names and never change; a project says what the card of its data sets tells."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    collation = "" if op.get_bind().dialect.name == "sqlite" else ' COLLATE "C"'
    op.execute(f"ALTER TABLE export_file ADD COLUMN name VARCHAR{collation}")
    op.execute("UPDATE export_file SET name = format || '-' || id WHERE source_id IS NULL")
    op.create_index("ix_export_file_name", "export_file", ["project_id", "name"], unique=True)
    # In place: a table that is made anew would lose its triggers.
    op.add_column("project", sa.Column("card", sa.JSON(), nullable=True))
    _forbid_change("export_file")


def _forbid_change(table: str) -> None:
    """Refuse UPDATE and DELETE in the database itself."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
