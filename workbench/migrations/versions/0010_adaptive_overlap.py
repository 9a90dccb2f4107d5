"""Overlap that adapts: a project's rule, and what was learnt of its reviewers."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

#: In place: a table that is made anew would lose its triggers.
_COLUMNS = (
    ("overlap_most", "INTEGER", "overlap_most >= overlap"),
    (
        "overlap_confidence",
        "{double} DEFAULT 0.98 NOT NULL",
        "overlap_confidence > 0 AND overlap_confidence <= 1",
    ),
    (
        "overlap_audit",
        "{double} DEFAULT 0.05 NOT NULL",
        "overlap_audit BETWEEN 0 AND 1",
    ),
)


def upgrade() -> None:
    double = sa.Double().compile(op.get_bind().dialect)
    for column, kind, rule in _COLUMNS:
        check = f"CONSTRAINT ck_project_{column} CHECK ({rule})"
        op.execute(f"ALTER TABLE project ADD COLUMN {column} {kind.format(double=double)} {check}")
    op.create_table(
        "learnt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("judgments", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("reviewers", sa.Integer(), nullable=False),
        sa.Column("audit_seq", sa.BigInteger(), nullable=False),
        sa.Column("chances", sa.JSON(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_learnt_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learnt")),
    )
    op.create_index("ix_learnt_project", "learnt", ["project_id", "id"])
    _forbid_change("learnt")


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
