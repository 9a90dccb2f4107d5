"""What leads decide: adjudications of items, reviews of judgments, how many are reviewed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # In place: a table that is made anew would lose its triggers.
    for column, default, rule in (
        ("review_percent", 5, "BETWEEN 0 AND 100"),
        ("review_new_percent", 25, "BETWEEN 0 AND 100"),
        ("review_new_until", 50, ">= 0"),
    ):
        op.execute(
            f"ALTER TABLE project ADD COLUMN {column} INTEGER DEFAULT {default} NOT NULL "
            f"CONSTRAINT ck_project_{column} CHECK ({column} {rule})"
        )
    _adjudications()
    _reviews()


def _adjudications() -> None:
    op.create_table(
        "adjudication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("type_version", sa.Integer(), nullable=False),
        sa.Column("taken_from", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("guideline_version", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("audit_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('taken', 'answered', 'open', 'reopened')",
            name=op.f("ck_adjudication_outcome"),
        ),
        sa.CheckConstraint(
            "(outcome IN ('taken', 'answered')) = (answer IS NOT NULL)",
            name=op.f("ck_adjudication_answer"),
        ),
        sa.CheckConstraint(
            "(outcome = 'taken') = (taken_from IS NOT NULL)",
            name=op.f("ck_adjudication_taken_from"),
        ),
        _refers("adjudication", "project_id", "project"),
        _refers("adjudication", "item_id", "item"),
        _refers("adjudication", "taken_from", "judgment"),
        _refers("adjudication", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjudication")),
        sa.UniqueConstraint("item_id", "revision", name=op.f("uq_adjudication_item_id_revision")),
    )
    op.create_index("ix_adjudication_project", "adjudication", ["project_id", "audit_seq"])
    _forbid_change("adjudication")


def _reviews() -> None:
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("judgment_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("adjudication_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("audit_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('accepted', 'corrected', 'returned')", name=op.f("ck_review_verdict")
        ),
        sa.CheckConstraint("verdict <> 'returned' OR note <> ''", name=op.f("ck_review_note")),
        sa.CheckConstraint(
            "(verdict = 'corrected') = (adjudication_id IS NOT NULL)",
            name=op.f("ck_review_adjudication_id"),
        ),
        _refers("review", "adjudication_id", "adjudication"),
        _refers("review", "project_id", "project"),
        _refers("review", "judgment_id", "judgment"),
        _refers("review", "author_id", "user_account"),
        _refers("review", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("judgment_id", "number", name=op.f("uq_review_judgment_id_number")),
    )
    op.create_index("ix_review_author", "review", ["author_id", "project_id", "verdict"])
    op.create_index("ix_review_project", "review", ["project_id", "made_at"])
    _forbid_change("review")


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


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
