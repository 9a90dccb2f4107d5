"""Gold and silent repeats: copies of items for one person, and what is asked of them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_AT = sa.DateTime(timezone=True)

#: In place: a table that is made anew would lose its triggers.
_COLUMNS = (
    ("project", "gold_percent", "INTEGER DEFAULT 0 NOT NULL", "gold_percent BETWEEN 0 AND 100"),
    ("project", "gold_floor", "INTEGER", "gold_floor BETWEEN 1 AND 100"),
    ("project", "repeat_percent", "INTEGER DEFAULT 0 NOT NULL", "repeat_percent BETWEEN 0 AND 100"),
    ("project", "repeat_after_days", "INTEGER DEFAULT 3 NOT NULL", "repeat_after_days >= 0"),
    ("item", "copy_kind", "VARCHAR", "copy_kind IN ('gold', 'repeat')"),
)
_COPY = "(copy_of IS NULL) = (copy_kind IS NULL) AND (copy_of IS NULL) = (copy_for IS NULL)"


def upgrade() -> None:
    for table, column, kind, rule in _COLUMNS:
        check = f"CONSTRAINT ck_{table}_{column} CHECK ({rule})"
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} {check}")
    for table, column in (
        ("project", "gold_feedback"),
        ("qualification", "fell"),
        ("item", "is_gold"),
    ):
        op.add_column(
            table, sa.Column(column, sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.execute(
        "ALTER TABLE item ADD COLUMN copy_for INTEGER "
        "CONSTRAINT fk_item_copy_for REFERENCES user_account (id)"
    )
    op.execute(
        "ALTER TABLE item ADD COLUMN copy_of INTEGER "
        "CONSTRAINT fk_item_copy_of REFERENCES item (id) "
        f"CONSTRAINT ck_item_copy_of CHECK ({_COPY})"
    )
    _indexes()
    _gold()
    _checks()


def _indexes() -> None:
    op.drop_index("ix_item_open", "item")
    _partial(
        "ix_item_open",
        ["project_id", "language_base", "queue_key"],
        "slots_left > 0 AND copy_of IS NULL",
    )
    _partial("ix_item_gold", ["project_id"], "is_gold")
    _partial(
        "ix_item_copies", ["copy_for", "project_id", "copy_kind", "copy_of"], "copy_of IS NOT NULL"
    )


def _partial(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "item", columns, sqlite_where=condition, postgresql_where=condition)


def _gold() -> None:
    op.create_table(
        "gold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("type_version", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("adjudication_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("audit_seq", sa.BigInteger(), nullable=False),
        _refers("gold", "project_id", "project"),
        _refers("gold", "item_id", "item"),
        _refers("gold", "adjudication_id", "adjudication"),
        _refers("gold", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gold")),
    )
    op.create_index("ix_gold_item", "gold", ["item_id", "id"])
    op.create_index(op.f("ix_gold_project_id"), "gold", ["project_id"])
    _forbid_change("gold")


def _checks() -> None:
    op.create_table(
        "gold_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("gold_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("judgment_id", sa.Integer(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        _refers("gold_check", "project_id", "project"),
        _refers("gold_check", "gold_id", "gold"),
        _refers("gold_check", "item_id", "item"),
        _refers("gold_check", "user_id", "user_account"),
        _refers("gold_check", "judgment_id", "judgment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gold_check")),
    )
    op.create_index("ix_gold_check_person", "gold_check", ["project_id", "user_id", "id"])
    op.create_index("ix_gold_check_copy", "gold_check", ["item_id", "id"])
    op.create_index("ix_gold_check_gold", "gold_check", ["gold_id"])
    _forbid_change("gold_check")


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
