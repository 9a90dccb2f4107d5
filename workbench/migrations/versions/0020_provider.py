"""Log-in by an organisation's OpenID provider."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_TIME = sa.DateTime(timezone=True)
_PURPOSES = "purpose IN ('second', 'passkey', 'register', 'again', 'provider', 'link')"


def upgrade() -> None:
    _allow_purposes()
    op.add_column(
        "web_session",
        sa.Column("second_by_provider", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "provider_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issuer", _KEY, nullable=False),
        sa.Column("subject", _KEY, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_provider_account_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_account")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_provider_account_issuer_subject")),
        sa.UniqueConstraint("user_id", "issuer", name=op.f("uq_provider_account_user_id_issuer")),
    )


def _allow_purposes() -> None:
    name = op.f("ck_begun_purpose")
    with op.batch_alter_table("begun") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, _PURPOSES)
