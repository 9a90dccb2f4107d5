"""Who looked and who failed to log in; terms and consent; closed projects, and the one door by
which the contents of such a project leave."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_TIME = sa.DateTime(timezone=True)
_KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_OPEN = sa.text("ended_at IS NULL")

#: Where contents lie that are never changed but through the door, with the project of a row.
_PROJECT_OF = {
    "judgment": "OLD.project_id",
    "adjudication": "OLD.project_id",
    "gold": "OLD.project_id",
    "review": "OLD.project_id",
    "practice_answer": "(SELECT project_id FROM practice_round WHERE id = OLD.round_id)",
}


def upgrade() -> None:
    _widen()
    _note_who()
    _ask_consent()
    _make_door()
    for table in ("terms", "consent"):
        _forbid_change(table)
    for table, project in _PROJECT_OF.items():
        _put_door_into(table, project)


def _widen() -> None:
    with op.batch_alter_table("project") as batch:
        batch.add_column(sa.Column("closed_at", _TIME, nullable=True))
        batch.add_column(sa.Column("keep_days", sa.Integer(), nullable=True))
        batch.add_column(
            sa.Column("legal_hold", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.add_column(
            sa.Column("watermark", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.create_check_constraint(op.f("ck_project_keep_days"), "keep_days >= 0")
    op.add_column("user_account", sa.Column("erased_at", _TIME, nullable=True))
    op.add_column("user_account", sa.Column("erasure_asked_at", _TIME, nullable=True))


def _note_who() -> None:
    op.create_table(
        "failed_login",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("last_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_failed_login_user_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_failed_login")),
    )
    op.create_table(
        "sensitive_view",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_sensitive_view_user_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_sensitive_view_item_id")),
        sa.PrimaryKeyConstraint("user_id", "item_id", "day", name=op.f("pk_sensitive_view")),
    )


def _ask_consent() -> None:
    op.create_table(
        "terms",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("es", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("published_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_terms")),
    )
    op.create_table(
        "consent",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_consent_user_id")),
        sa.ForeignKeyConstraint(["version"], ["terms.version"], name=op.f("fk_consent_version")),
        sa.PrimaryKeyConstraint("user_id", "version", name=op.f("pk_consent")),
    )


def _make_door() -> None:
    op.create_table(
        "content_removal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_content_removal_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_removal")),
    )
    op.create_index(
        "ix_content_removal_open",
        "content_removal",
        ["project_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _put_door_into(table: str, project: str) -> None:
    """UPDATE is refused unless the project's contents are being removed; DELETE always is."""
    is_open = (
        f"EXISTS (SELECT 1 FROM content_removal WHERE project_id = {project} "  # noqa: S608
        "AND ended_at IS NULL)"
    )
    refusal = f"{table} is append-only"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_no_update")
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT {is_open} "
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        )
        return
    op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
    op.execute(
        f"CREATE FUNCTION {table}_door() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {is_open} THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{refusal}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_door BEFORE UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_door()"
    )


def _forbid_change(table: str) -> None:
    """Refuse UPDATE and DELETE on `table` in the database itself."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
