"""Second factors, log-ins that take two steps, and when a session was last asked who it is."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("web_session", sa.Column("asked_at", _TIME, nullable=True))
    _make_what_people_have()
    _make_what_was_begun()


def _make_what_people_have() -> None:
    op.create_table(
        "authenticator_app",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("set_up_at", _TIME, nullable=True),
        sa.Column("pending", sa.String(), nullable=True),
        sa.Column("pending_at", _TIME, nullable=True),
        _person("authenticator_app"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_authenticator_app")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", _KEY, nullable=False),
        sa.Column("used_at", _TIME, nullable=True),
        _person("recovery_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint(
            "user_id", "code_hash", name=op.f("uq_recovery_code_user_id_code_hash")
        ),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credential_id", _KEY, nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME, nullable=True),
        _person("passkey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"])


def _make_what_was_begun() -> None:
    op.create_table(
        "begun",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", _KEY, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("challenge", sa.String(), nullable=True),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.CheckConstraint(
            "purpose IN ('second', 'passkey', 'register', 'again')", name=op.f("ck_begun_purpose")
        ),
        _person("begun"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_begun")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_begun_token_hash")),
    )
    op.create_index(op.f("ix_begun_expires_at"), "begun", ["expires_at"])


def _person(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id")
    return sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=name)
