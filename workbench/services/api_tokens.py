"""Tokens for programs: made, noted as used, ended.

A token is 256 random bits, so that its plain sha256 is enough to know it by: nobody can guess what
a slow hash would have to protect.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import ApiToken, Membership, Project, Role, Scope, User
from workbench.services import audit

#: What a token looks like, and its beginning that is shown.
TOKEN = re.compile(r"(wbk_[a-z2-7]{8})_[A-Za-z0-9_-]{43}")

DEFAULT_DAYS, MOST_DAYS = 90, 365
NAME_LENGTH = 80
#: `last_used_at` is written at most this often.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Wanted:
    """What somebody asks of a token. Checked by `make`."""

    name: str
    scopes: tuple[str, ...]
    days: int = DEFAULT_DAYS


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def make(
    session: Session,
    project: Project,
    user: User,
    wanted: Wanted,
    *,
    now: datetime,
    actor: int | None,
) -> tuple[ApiToken, str]:
    """A new token of that person for that project, and its secret, which is not stored.

    Raises Invalid at "name", "scopes" or "days"; Conflict where the person is no engineer and no
    lead there.
    """
    name, scopes = _checked(wanted)
    _check_owner(session, project, user)
    prefix = "wbk_" + b32encode(secrets.token_bytes(5)).decode().lower()
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        project_id=project.id,
        user_id=user.id,
        name=name,
        prefix=prefix,
        token_hash=token_hash(secret),
        scopes=scopes,
        created_at=now,
        expires_at=now + timedelta(days=wanted.days),
    )
    session.add(row)
    session.flush()
    _note(session, "token.make", row, now, actor, scopes=scopes, days=wanted.days)
    return row, secret


def _checked(wanted: Wanted) -> tuple[str, list[str]]:
    name = " ".join(wanted.name.split())
    if not name or not name.isprintable():
        raise Invalid.at("name", "Say what the token is for, such as the pipeline's name.")
    if len(name) > NAME_LENGTH:
        raise Invalid.at("name", "At most %(n)s characters.", n=NAME_LENGTH)
    if not wanted.scopes or not set(wanted.scopes) <= set(Scope):
        raise Invalid.at("scopes", "Choose from read, import, export and judge.")
    if not 1 <= wanted.days <= MOST_DAYS:
        raise Invalid.at("days", "From 1 to %(n)s days.", n=MOST_DAYS)
    return name, [str(scope) for scope in Scope if scope in wanted.scopes]


def _check_owner(session: Session, project: Project, user: User) -> None:
    member = session.get(Membership, (project.id, user.id))
    holds = {Role.ENGINEER, Role.LEAD}
    if not user.active or member is None or member.left_at or member.role not in holds:
        raise Conflict("%(name)s is no engineer and no lead of this project.", name=user.name)


def revoke(
    session: Session, project_id: int, prefix: str, *, now: datetime, actor: int | None
) -> ApiToken:
    """End the project's token of that prefix. Raises NotFound where it is no open one."""
    row = session.scalars(
        select(ApiToken)
        .where(
            ApiToken.project_id == project_id,
            ApiToken.prefix == prefix,
            ApiToken.revoked_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("This project has no open token of that name.")
    row.revoked_at = now
    session.flush()
    _note(session, "token.revoke", row, now, actor)
    return row


def revoke_all(
    session: Session, user_id: int, now: datetime, project_id: int | None = None
) -> None:
    """End a person's tokens, of one project or of all. The caller notes why in the audit trail."""
    statement = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    if project_id is not None:
        statement = statement.where(ApiToken.project_id == project_id)
    session.execute(statement.values(revoked_at=now))


def touch(session: Session, token_id: int, now: datetime) -> None:
    """Note that the token is in use."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))


def _note(
    session: Session, action: str, row: ApiToken, now: datetime, actor: int | None, **more: object
) -> None:
    detail = {"project": row.project_id, "owner": row.user_id, "prefix": row.prefix, **more}
    audit.append(session, action, f"token:{row.id}", actor=actor, at=now, detail=detail)
