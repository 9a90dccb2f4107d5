"""Work that is done beside the requests; people are told when theirs has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_TIME = sa.DateTime(timezone=True)
_LIVE = sa.text("state IN ('waiting', 'running')")
_EMPTY, _NONE = sa.text("''"), sa.text("0")

_TOLD = (
    "kind IN ('returned', 'answered', 'paused', 'escalation', 'agreement', 'reviewer_paused', "
    "'queue', 'webhook', 'job')"
)


def upgrade() -> None:
    _allow_kind()
    _make_table()


def _allow_kind() -> None:
    name = op.f("ck_notice_kind")
    with op.batch_alter_table("notice") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, _TOLD)


def _make_table() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("kept", sa.String(), server_default=_EMPTY, nullable=False),
        sa.Column("unit", sa.String(), server_default=_EMPTY, nullable=False),
        sa.Column("done", sa.BigInteger(), server_default=_NONE, nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Integer(), server_default=_NONE, nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=_NONE, nullable=False),
        sa.Column("lost", sa.Integer(), server_default=_NONE, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("beat_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("cancel_at", _TIME, nullable=True),
        sa.Column("cancel_by", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('items', 'judgments', 'tool', 'snapshot')", name=op.f("ck_job_kind")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_job_state"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_job_project_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_job_user_id")),
        sa.ForeignKeyConstraint(["cancel_by"], ["user_account.id"], name=op.f("fk_job_cancel_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_project", "job", ["project_id", "id"])
    op.create_index("ix_job_live", "job", ["id"], sqlite_where=_LIVE, postgresql_where=_LIVE)
