"""An item can be kept ready for a reviewer: a lease that has not been shown yet."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("assignment", sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True))
    # Until now an item was the reviewer's from the moment it was shown.
    op.execute("UPDATE assignment SET shown_at = created_at")
