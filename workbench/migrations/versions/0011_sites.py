"""A person works at a site, by which agreement can be split."""

import sqlalchemy as sa
from alembic import op

from workbench.models.base import Key

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column(
        "user_account", sa.Column("site", Key, nullable=False, server_default=sa.text("''"))
    )
