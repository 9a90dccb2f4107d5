"""A lane ahead of the queue, for the items that tell most of models."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

#: In place: a table that is made anew would lose its triggers.
_COLUMNS = (
    ("project", "pairs_ahead", "INTEGER", "pairs_ahead >= 1"),
    ("project", "lane_key", f"BIGINT DEFAULT {-(2**62)} NOT NULL", "lane_key < 0"),
)


def upgrade() -> None:
    for table, column, kind, rule in _COLUMNS:
        check = f"CONSTRAINT ck_{table}_{column} CHECK ({rule})"
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} {check}")
    op.add_column("queue_cursor", sa.Column("ahead_key", sa.BigInteger(), nullable=True))
    op.create_table(
        "pairs_chosen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("comparisons", sa.Integer(), nullable=False),
        sa.Column("judgments", sa.Integer(), nullable=False),
        sa.Column("audit_seq", sa.BigInteger(), nullable=False),
        sa.Column("models", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.Integer(), nullable=False),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_pairs_chosen_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairs_chosen")),
    )
    op.create_index("ix_pairs_chosen_project", "pairs_chosen", ["project_id", "id"])
    _forbid_change("pairs_chosen")


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
