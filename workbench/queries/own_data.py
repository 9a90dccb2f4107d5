"""Everything that is stored of a person, for that person (Law 1581 of 2012, article 8).

Of items there is the code that they know it by: no text of a client, no model and no gold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from workbench.models import (
    ApiToken,
    Consent,
    Escalation,
    Judgment,
    Mailbox,
    Membership,
    Notice,
    Passkey,
    Project,
    ProviderAccount,
    ReviewerCare,
    User,
    WebSession,
)


def own_data(session: Session, user_id: int, code: Callable[[int], str]) -> dict[str, Any]:
    """As JSON may have it; times in UTC (ISO 8601). `code` names an item."""
    user = session.get_one(User, user_id)
    care = session.get(ReviewerCare, user_id)
    mail = session.get(Mailbox, user_id)
    account = _of(user, "name", "role", "locale", "timezone", "break_minutes", "speaks", "site",
                  "created_at", "erasure_asked_at")  # fmt: skip
    return {
        "account": account,
        "declined": care.declined if care else [],
        "mail": _of(mail, "address", "pending", "choices") if mail else None,
        "sessions": _rows(session, select(WebSession.created_at, WebSession.last_seen_at,
                          WebSession.ended_at, WebSession.browser)
                          .where(WebSession.user_id == user_id).order_by(WebSession.id)),
        "providers": _rows(session, select(ProviderAccount.issuer, ProviderAccount.subject,
                           ProviderAccount.linked_at)
                           .where(ProviderAccount.user_id == user_id)
                           .order_by(ProviderAccount.id)),
        "passkeys": _rows(session, select(Passkey.name, Passkey.created_at, Passkey.last_used_at)
                          .where(Passkey.user_id == user_id).order_by(Passkey.id)),
        "tokens": _rows(session, select(ApiToken.name, ApiToken.prefix, ApiToken.created_at,
                        ApiToken.expires_at, ApiToken.last_used_at)
                        .where(ApiToken.user_id == user_id).order_by(ApiToken.id)),
        "consents": _rows(session, select(Consent.version, Consent.at)
                          .where(Consent.user_id == user_id).order_by(Consent.version)),
        "projects": _rows(session, select(Project.slug.label("project"), Membership.role,
                          Membership.pseudonym, Membership.created_at, Membership.left_at)
                          .join(Project, Project.id == Membership.project_id)
                          .where(Membership.user_id == user_id).order_by(Project.slug)),
        "judgments": _judgments(session, user_id, code),
        "escalations": _rows(session, select(Project.slug.label("project"), Escalation.reason,
                             Escalation.created_at)
                             .join(Project, Project.id == Escalation.project_id)
                             .where(Escalation.user_id == user_id).order_by(Escalation.id)),
        "notices": _rows(session, select(Project.slug.label("project"), Notice.kind,
                         Notice.made_at, Notice.read_at)
                         .join(Project, Project.id == Notice.project_id)
                         .where(Notice.user_id == user_id).order_by(Notice.id)),
    }  # fmt: skip


def _judgments(session: Session, user_id: int, code: Callable[[int], str]) -> list[dict[str, Any]]:
    query = (
        select(Project.slug.label("project"), Judgment.item_id.label("item"), Judgment.revision,
               Judgment.answer, Judgment.guideline_version, Judgment.active_ms, Judgment.locale,
               Judgment.made_at)
        .join(Project, Project.id == Judgment.project_id)
        .where(Judgment.user_id == user_id)
        .order_by(Judgment.id)
    )  # fmt: skip
    return [{**row, "item": code(row["item"])} for row in _rows(session, query)]


def _rows(session: Session, query: Executable) -> list[dict[str, Any]]:
    return [
        {name: _plain(value) for name, value in row.items()}
        for row in session.execute(query).mappings()
    ]


def _of(row: object, *names: str) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def erasure_requests(session: Session) -> Sequence[User]:
    """Who asked to be erased and is not yet, the longest ago first."""
    return session.scalars(
        select(User)
        .where(User.erasure_asked_at.is_not(None), User.erased_at.is_(None))
        .order_by(User.erasure_asked_at)
    ).all()
