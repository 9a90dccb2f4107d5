"""Well-being of reviewers: severity of items, what people decline, limits of severe items.

Columns are only added, never a table rebuilt. Both databases take a named check in ADD COLUMN.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COLUMNS = (
    ("item", "severity", "INTEGER", "severity BETWEEN 0 AND 3"),
    ("item", "severity_mark", "INTEGER", "severity_mark BETWEEN 0 AND 3"),
    ("project", "severe_from", "INTEGER DEFAULT 3 NOT NULL", "severe_from IN (2, 3)"),
    ("project", "severe_per_day", "INTEGER", "severe_per_day >= 1"),
    ("project", "severe_gap_items", "INTEGER", "severe_gap_items >= 1"),
    ("project", "severe_gap_minutes", "INTEGER", "severe_gap_minutes >= 1"),
)


def upgrade() -> None:
    for table, column, kind, check in COLUMNS:
        named = f"CONSTRAINT ck_{table}_{column} CHECK ({check})"
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind} {named}")
    op.add_column(
        "user_account",
        sa.Column("break_minutes", sa.Integer(), server_default=sa.text("50"), nullable=False),
    )
    op.add_column("queue_cursor", sa.Column("calm_key", sa.BigInteger(), nullable=True))
    op.create_table(
        "reviewer_care",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("declined", sa.JSON(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("severe", sa.Integer(), nullable=False),
        sa.Column("severe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("others", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_reviewer_care_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_reviewer_care")),
    )
