"""Guidelines that are read: examples, a glossary, what changed, and who has read it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # One by one and in place: a table that is made anew would lose its triggers.
    for column in (
        sa.Column("note", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("must_read", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("examples", sa.JSON(), nullable=True),
        sa.Column("glossary", sa.JSON(), nullable=True),
    ):
        op.add_column("guideline", column)
    op.create_table(
        "acknowledgement",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "version"],
            ["guideline.project_id", "guideline.version"],
            name=op.f("fk_acknowledgement_project_id_version"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_acknowledgement_user_id")
        ),
        sa.PrimaryKeyConstraint(
            "project_id", "user_id", "version", name=op.f("pk_acknowledgement")
        ),
    )
