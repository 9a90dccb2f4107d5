"""What second factor a person has, and who must have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from workbench.models import AuthenticatorApp, Membership, Passkey, RecoveryCode, User, tables


@dataclass(frozen=True)
class Factors:
    """A person's second factors. Any of them is enough."""

    #: Since when there is an app; None: there is none.
    app_since: datetime | None
    passkeys: Sequence[Passkey]
    #: Recovery codes that are not used yet.
    codes_left: int

    def __bool__(self) -> bool:
        return self.app_since is not None or bool(self.passkeys)


def factors_of(session: Session, user_id: int) -> Factors:
    """What this person has set up."""
    app = session.scalar(
        select(AuthenticatorApp.set_up_at).where(AuthenticatorApp.user_id == user_id)
    )
    return Factors(app, passkeys_of(session, user_id), codes_left(session, user_id))


def passkeys_of(session: Session, user_id: int) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    mine = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)
    return session.scalars(mine).all()


def codes_left(session: Session, user_id: int) -> int:
    """How many recovery codes a person has yet."""
    left = select(func.count()).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return session.scalar(left) or 0


def has_second_factor() -> ColumnElement[bool]:
    """Of the person of the row in a query of `User`."""
    app, user = tables.authenticator_app.c, tables.user.c
    set_up = exists().where(app.user_id == user.id, app.set_up_at.is_not(None))
    return or_(set_up, exists().where(tables.passkey.c.user_id == user.id))


def wants_second_factor(session: Session, user_id: int) -> bool:
    """Whether this person's password alone opens nothing."""
    return session.scalar(select(User.id).where(User.id == user_id, has_second_factor())) == user_id


def is_any_of(session: Session, user_id: int, roles: tuple[str, ...]) -> bool:
    """Whether the person has one of these roles, in the installation or on a project."""
    on_project = exists().where(
        Membership.user_id == User.id, Membership.left_at.is_(None), Membership.role.in_(roles)
    )
    found = select(User.id).where(User.id == user_id, or_(User.role.in_(roles), on_project))
    return session.scalar(found) is not None
