"""What the judgment that counts says, in brief, and indexes that have all that figures need."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_RETIRED = sa.text("retired_at IS NOT NULL")


def upgrade() -> None:
    # In place: a table that is made anew would lose its triggers.
    op.execute(
        "ALTER TABLE assignment ADD COLUMN said BIGINT "
        "CONSTRAINT ck_assignment_said CHECK (said IS NULL OR judgment_id IS NOT NULL)"
    )
    op.drop_index("ix_assignment_project", "assignment")
    op.create_index(
        "ix_assignment_project", "assignment", ["project_id", "state", "item_id", "user_id", "said"]
    )
    op.drop_index("ix_item_queue", "item")
    op.create_index("ix_item_queue", "item", ["project_id", "queue_key", "language_base"])
    op.create_index(
        "ix_item_retired",
        "item",
        ["project_id"],
        sqlite_where=_RETIRED,
        postgresql_where=_RETIRED,
    )
