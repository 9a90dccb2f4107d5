"""People: making them, letting them in for the first time, ending their access."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import Begun, LoginCode, Role, User, WebSession
from workbench.services import api_tokens, audit, slots

NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
LOCALES = ("es", "en")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
#: Code points of a site's name.
SITE_CHARS = 60
CODE_VALID = timedelta(hours=72)
#: The first admin's code is printed to a console and used at once.
FIRST_CODE_VALID = timedelta(minutes=15)


def create_user(
    session: Session,
    *,
    name: str,
    role: str,
    now: datetime,
    locale: str = "es",
    speaks: tuple[str, ...] = ("es", "en"),
    site: str = "",
    actor: int | None = None,
) -> User:
    """A new account that cannot log in until its password is set. Raises Invalid, Conflict."""
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        raise Invalid.at("name", "Use letters, digits and . _ @ + - , at most 100.")
    if role not in set(Role):
        raise Invalid.at("role", "A role is reviewer, lead, engineer or admin.")
    if locale not in LOCALES:
        raise Invalid.at("locale", "The interface is in es or en.")
    if session.scalar(select(User.id).where(User.name == name)) is not None:
        raise _taken(name)
    user = User(
        name=name,
        role=role,
        locale=locale,
        speaks=_languages(speaks),
        site=_site(site),
        active=True,
        external=False,
        created_at=now,
    )
    if not added(session, user):
        raise _taken(name)
    audit.append(session, "user.create", f"user:{user.id}", actor=actor, at=now,
                 detail={"role": role})  # fmt: skip
    return user


def change_site(
    session: Session, user: User, site: str, now: datetime, *, actor: int | None = None
) -> None:
    """Say where a person works; "" for nowhere. What they judged counts for where they are now.

    Again changes nothing. Raises Invalid.
    """
    site = _site(site)
    if user.site == site:
        return
    user.site = site
    session.flush()
    audit.append(session, "user.site", f"user:{user.id}", actor=actor, at=now,
                 detail={"told": bool(site)})  # fmt: skip


def _site(name: str) -> str:
    name = " ".join(name.split())
    if len(name) > SITE_CHARS or not name.isprintable():
        raise Invalid.at("site", "The name of a site has at most %(n)s characters.", n=SITE_CHARS)
    return name


def _taken(name: str) -> Conflict:
    return Conflict("There is a person called %(name)s already.", name=name)


def _languages(speaks: tuple[str, ...]) -> list[str]:
    if not speaks or not all(LANGUAGE.fullmatch(code) for code in speaks):
        raise Invalid.at("speaks", "Give language codes with commas between them, such as es,en.")
    return list(dict.fromkeys(speaks))


def find_user(session: Session, name: str) -> User:
    """The person of that log-in name. Raises NotFound."""
    user = session.scalars(
        select(User).where(
            User.name == name.strip().lower(), User.external.is_(False), User.erased_at.is_(None)
        )
    ).one_or_none()
    if user is None:
        raise NotFound("There is no person called %(name)s.", name=name)
    return user


def issue_code(
    session: Session,
    user: User,
    now: datetime,
    valid: timedelta = CODE_VALID,
    actor: int | None = None,
) -> str:
    """A one-time code to choose a password with. Earlier codes of this person end."""
    session.execute(
        update(LoginCode)
        .where(LoginCode.user_id == user.id, LoginCode.used_at.is_(None))
        .values(used_at=now)
    )
    code = secrets.token_urlsafe(18)
    session.add(LoginCode(user_id=user.id, code_hash=_hash(code), expires_at=now + valid))
    audit.append(session, "user.code", f"user:{user.id}", actor=actor, at=now)
    return code


def code_owner(session: Session, code: str, now: datetime) -> User | None:
    """Whose code this is, while it can be used."""
    row = session.scalars(_live_code(code, now)).one_or_none()
    return session.get(User, row.user_id) if row is not None else None


def redeem_code(session: Session, code: str, password_hash: str, now: datetime) -> User:
    """Use up the code and set its owner's password (hashed by the caller). Ends open sessions."""
    row = session.scalars(_live_code(code, now).with_for_update(of=LoginCode)).one_or_none()
    if row is None:
        raise Invalid.at("code", "This code was used or has run out. Ask for a new one.")
    row.used_at = now
    user = session.get_one(User, row.user_id)
    set_password(session, user, password_hash, now, actor=user.id)
    return user


def _live_code(code: str, now: datetime) -> Select[LoginCode]:
    return (
        select(LoginCode)
        .join(User, User.id == LoginCode.user_id)
        .where(
            LoginCode.code_hash == _hash(code.strip()),
            LoginCode.used_at.is_(None),
            LoginCode.expires_at > now,
            User.active,
        )
    )


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def set_password(
    session: Session, user: User, password_hash: str, now: datetime, actor: int | None
) -> None:
    """Store a new password (hashed by the caller) and end the person's sessions."""
    user.password_hash = password_hash
    end_all_sessions(session, user.id, now)
    audit.append(session, "user.password", f"user:{user.id}", actor=actor, at=now)


def end_all_sessions(session: Session, user_id: int, now: datetime) -> None:
    """Log the person out everywhere. What they have begun cannot be finished either."""
    session.execute(delete(Begun).where(Begun.user_id == user_id))
    session.execute(
        update(WebSession)
        .where(WebSession.user_id == user_id, WebSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def log_out(session: Session, user: User, now: datetime, actor: int | None = None) -> None:
    """End all of a person's sessions, wherever they are."""
    end_all_sessions(session, user.id, now)
    audit.append(session, "user.log_out", f"user:{user.id}", actor=actor, at=now)


def disable_user(session: Session, user: User, now: datetime, actor: int | None = None) -> None:
    """End a person's access at once: sessions and tokens end, leases go back, judgments stay."""
    user.active = False
    end_all_sessions(session, user.id, now)
    api_tokens.revoke_all(session, user.id, now)
    slots.release_all(session, user.id, now)
    audit.append(session, "user.disable", f"user:{user.id}", actor=actor, at=now)


def enable_user(session: Session, user: User, now: datetime, actor: int | None = None) -> None:
    """Let a disabled person in again."""
    user.active = True
    audit.append(session, "user.enable", f"user:{user.id}", actor=actor, at=now)


def set_preferences(
    session: Session,
    user: User,
    *,
    locale: str | None = None,
    speaks: tuple[str, ...] | None = None,
) -> None:
    """Language of the interface, and languages whose items the person may be given."""
    if locale is not None:
        if locale not in LOCALES:
            raise Invalid.at("locale", "The interface is in es or en.")
        user.locale = locale
    if speaks is not None:
        user.speaks = _languages(speaks)
        slots.reset_cursors(session, user_id=user.id)
