"""What the judgment that counts says, in brief, and indexes that have all that figures need."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

#: The columns that the indexes have besides, by table and name.
_WIDER = {
    ("assignment", "ix_assignment_project"): ["project_id", "state", "item_id", "user_id", "said"],
    ("item", "ix_item_queue"): [
        "project_id",
        "queue_key",
        "language_base",
        "wanted",
        "retired_at",
        "copy_of",
    ],
    ("judgment", "ix_judgment_audit"): [
        "project_id",
        "audit_seq",
        "item_id",
        "user_id",
        "revision",
        "active_ms",
    ],
    ("judgment", "ix_judgment_day"): [
        "project_id",
        "made_at",
        "revision",
        "item_id",
        "user_id",
        "origin",
        "digest",
    ],
}
_FEW = {
    ("item", "ix_item_copies"): (
        ["project_id", "copy_for", "copy_kind", "copy_of"],
        sa.text("copy_of IS NOT NULL"),
    ),
    ("item", "ix_item_hard"): (
        ["project_id"],
        sa.text("harm IS NOT NULL OR severity > 0 OR severity_mark > 0"),
    ),
    ("item", "ix_item_retired"): (
        ["project_id", "retired_at", "copy_of"],
        sa.text("retired_at IS NOT NULL"),
    ),
    ("judgment", "ix_judgment_withdrawn"): (
        ["project_id", "made_at"],
        sa.text("answer IS NULL"),
    ),
}


def upgrade() -> None:
    # In place: a table that is made anew would lose its triggers.
    op.execute(
        "ALTER TABLE assignment ADD COLUMN said BIGINT "
        "CONSTRAINT ck_assignment_said CHECK (said IS NULL OR judgment_id IS NOT NULL)"
    )
    for (table, name), columns in _WIDER.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns)
    op.drop_index("ix_item_copies", "item")
    for (table, name), (columns, where) in _FEW.items():
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
