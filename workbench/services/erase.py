"""People leave, labels stay: a person's data is removed, what they judged keeps its pseudonym."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from workbench.errors import Conflict
from workbench.models import (
    ApiToken,
    AuthenticatorApp,
    Begun,
    FailedLogin,
    LoginCode,
    LoginThrottle,
    Mailbox,
    Notice,
    Passkey,
    ProviderAccount,
    RecoveryCode,
    ReviewerCare,
    Role,
    User,
    WebSession,
)
from workbench.services import audit
from workbench.services.accounts import disable_user
from workbench.services.login import second_throttle_key, throttle_keys

#: Tables whose rows of a person go with them. Others keep the person's number alone.
OWN = (
    AuthenticatorApp,
    Begun,
    FailedLogin,
    LoginCode,
    Mailbox,
    Notice,
    Passkey,
    ProviderAccount,
    RecoveryCode,
    ReviewerCare,
    WebSession,
)


def ask_erasure(session: Session, user: User, now: datetime, *, withdraw: bool = False) -> None:
    """The person asks whoever runs the installation to erase them, or takes that back."""
    if withdraw is (user.erasure_asked_at is None):
        return
    user.erasure_asked_at = None if withdraw else now
    audit.append(session, "user.erase_ask", f"user:{user.id}", actor=user.id, at=now,
                 detail={"withdrawn": withdraw})  # fmt: skip


def erase_user(session: Session, user: User, now: datetime, *, actor: int | None = None) -> str:
    """Remove name, password, second factor, sessions, codes, mail address, site and preferences,
    and end tokens.

    Judgments stay, under the pseudonyms that exports have for them already. Returns what pages show
    from now on. Raises Conflict for the last admin, and for who was erased before.
    """
    if user.erased_at is not None:
        raise Conflict("This person was erased already.")
    if user.role == Role.ADMIN and user.active and _active_admins(session) == 1:
        raise Conflict("Nobody else runs this installation: make another admin first.")
    disable_user(session, user, now, actor)
    counted = (throttle_keys(user.name, "")[0], second_throttle_key(user.id))
    session.execute(delete(LoginThrottle).where(LoginThrottle.key.in_(counted)))
    for table in OWN:
        session.execute(delete(table).where(table.user_id == user.id))
    session.execute(update(ApiToken).where(ApiToken.user_id == user.id).values(name=""))
    user.name, user.password_hash = f"erased-{user.id}", None
    user.site, user.timezone, user.speaks = "", None, []
    user.erased_at = now
    session.flush()
    audit.append(session, "user.erase", f"user:{user.id}", actor=actor, at=now)
    return user.name


def _active_admins(session: Session) -> int:
    query = select(func.count()).where(User.role == Role.ADMIN, User.active)
    return session.scalars(query).one()
