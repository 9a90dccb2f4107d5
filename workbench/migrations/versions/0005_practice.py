"""Practice before live items: its items, rounds and answers, and who is qualified."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_AT = sa.DateTime(timezone=True)
_PRESENT = sa.text("retired_at IS NULL")
_OPEN = sa.text("ended_at IS NULL")
_HOLDS = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    # In place: a table that is made anew would lose its triggers.
    op.execute(
        "ALTER TABLE project ADD COLUMN practice_pass_mark INTEGER "
        "CONSTRAINT ck_project_practice_pass_mark CHECK (practice_pass_mark BETWEEN 1 AND 100)"
    )
    _items()
    _rounds()
    _answers()
    _qualifications()


def _items() -> None:
    op.create_table(
        "practice_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("external_id", _key(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("language_base", sa.String(), nullable=False),
        sa.Column("prompt", sa.JSON(), nullable=False),
        sa.Column("responses", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("harm", sa.String(), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("meta", sa.JSON(), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("retired_at", _AT, nullable=True),
        sa.CheckConstraint("severity BETWEEN 0 AND 3", name=op.f("ck_practice_item_severity")),
        _refers("practice_item", "project_id", "project"),
        _refers("practice_item", "created_by", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_item")),
    )
    op.create_index(op.f("ix_practice_item_project_id"), "practice_item", ["project_id"])
    _at_most_one("ix_practice_item_present", "practice_item", "external_id", _PRESENT)


def _rounds() -> None:
    op.create_table(
        "practice_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("started_at", _AT, nullable=False),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("right", sa.Integer(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=True),
        sa.Column("pass_mark", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            '(ended_at IS NULL) = ("right" IS NULL) AND (ended_at IS NULL) = (asked IS NULL)'
            " AND (ended_at IS NULL) = (pass_mark IS NULL)",
            name=op.f("ck_practice_round_ended_at"),
        ),
        _refers("practice_round", "project_id", "project"),
        _refers("practice_round", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_round")),
        sa.UniqueConstraint(
            "project_id",
            "user_id",
            "number",
            name=op.f("uq_practice_round_project_id_user_id_number"),
        ),
    )
    op.create_index(op.f("ix_practice_round_user_id"), "practice_round", ["user_id"])
    _at_most_one("ix_practice_round_open", "practice_round", "user_id", _OPEN)


def _answers() -> None:
    op.create_table(
        "practice_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("practice_item_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        _refers("practice_answer", "round_id", "practice_round"),
        _refers("practice_answer", "practice_item_id", "practice_item"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_answer")),
        sa.UniqueConstraint(
            "round_id",
            "practice_item_id",
            name=op.f("uq_practice_answer_round_id_practice_item_id"),
        ),
    )
    op.create_index(
        op.f("ix_practice_answer_practice_item_id"), "practice_answer", ["practice_item_id"]
    )
    _forbid_change("practice_answer")


def _qualifications() -> None:
    op.create_table(
        "qualification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("qualified_at", _AT, nullable=False),
        sa.Column("revoked_at", _AT, nullable=True),
        sa.CheckConstraint(
            "how IN ('passed', 'lead', 'judged before')", name=op.f("ck_qualification_how")
        ),
        _refers("qualification", "project_id", "project"),
        _refers("qualification", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
    )
    op.create_index(op.f("ix_qualification_user_id"), "qualification", ["user_id"])
    _at_most_one("ix_qualification_holds", "qualification", "user_id", _HOLDS)


def _key() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _at_most_one(name: str, table: str, column: str, where: sa.TextClause) -> None:
    op.create_index(
        name,
        table,
        ["project_id", column],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


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
