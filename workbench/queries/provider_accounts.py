"""Who logs in by an OpenID provider."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.models import ProviderAccount, User


def owner(session: Session, issuer: str, subject: str) -> User | None:
    """Whose log-in there this is; whether they may come in is another matter."""
    return session.scalars(
        select(User)
        .join(ProviderAccount, ProviderAccount.user_id == User.id)
        .where(ProviderAccount.issuer == issuer, ProviderAccount.subject == subject)
    ).one_or_none()


def link_of(session: Session, user_id: int, issuer: str) -> ProviderAccount | None:
    """This person's log-in there."""
    return session.scalars(
        select(ProviderAccount).where(
            ProviderAccount.user_id == user_id, ProviderAccount.issuer == issuer
        )
    ).one_or_none()
