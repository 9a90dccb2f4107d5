"""Messages to people: what they were told, where they get e-mail, from what on leads are told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_AT = sa.DateTime(timezone=True)
_WAITING = sa.text("read_at IS NULL AND over_at IS NULL")


def upgrade() -> None:
    _notices()
    _mailboxes()
    _watches()


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", _key(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("read_at", _AT, nullable=True),
        sa.Column("over_at", _AT, nullable=True),
        sa.Column("mailed_at", _AT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('returned', 'answered', 'paused', 'escalation', 'agreement', "
            "'reviewer_paused', 'queue')",
            name=op.f("ck_notice_kind"),
        ),
        _refers("notice", "user_id", "user_account"),
        _refers("notice", "project_id", "project"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "user_id",
            "project_id",
            "kind",
            "subject",
            "number",
            name=op.f("uq_notice_user_id_project_id_kind_subject_number"),
        ),
    )
    op.create_index(
        "ix_notice_waiting",
        "notice",
        ["user_id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index("ix_notice_subject", "notice", ["project_id", "kind", "subject"])


def _mailboxes() -> None:
    op.create_table(
        "mailbox",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("pending", sa.String(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("asked_at", _AT, nullable=True),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("digest_at", _AT, nullable=True),
        sa.Column("held_until", _AT, nullable=True),
        sa.Column("refused_at", _AT, nullable=True),
        _refers("mailbox", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_mailbox")),
    )


def _watches() -> None:
    op.create_table(
        "watch",
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("agreement_floor", sa.Double(), nullable=True),
        sa.Column("queue_days", sa.Integer(), nullable=False),
        sa.Column("looked_at", _AT, nullable=True),
        sa.Column("looked_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "agreement_floor > 0 AND agreement_floor <= 1", name=op.f("ck_watch_agreement_floor")
        ),
        sa.CheckConstraint("queue_days >= 0", name=op.f("ck_watch_queue_days")),
        _refers("watch", "project_id", "project"),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_watch")),
    )


def _key() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))
