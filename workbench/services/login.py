"""Logging in and out: passwords, sessions that can be ended, and a brake on guessing.

Nothing here hashes a password inside a write transaction: argon2 takes a tenth of a second, and
SQLite has one writer at a time.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.messages import Invalid
from workbench.models import LoginThrottle, User, WebSession
from workbench.services import audit
from workbench.services.accounts import NAME
from workbench.services.passwords import too_easy

#: OWASP's range; one lane so that a log-in storm leaves the other core to submits.
_hasher = PasswordHasher(time_cost=2, memory_cost=47_104, parallelism=1)
#: At most two hashes at once in a process, whatever the number of threads.
_hashing = threading.BoundedSemaphore(2)

MIN_PASSWORD, MAX_PASSWORD = 12, 128
#: Failures before the first wait: of an account, and of an address, which a whole office may share,
#: by passwords and by tokens; and of a second factor, which is tried after a right password.
FREE_FAILURES = {"account": 5, "address": 20, "token": 20, "second": 5}
LONGEST_WAIT = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=24)
#: A session's last_seen_at is written at most this often.
TOUCH_EVERY = timedelta(minutes=1)
#: For so long nobody is asked again who they are.
ASKED_FOR = timedelta(minutes=10)


def hash_password(password: str, name: str = "") -> str:
    """argon2id of a new password of the person called `name`.

    Raises Invalid when it is too short, too long or easily guessed; it may be made up of anything.
    """
    if len(password) < MIN_PASSWORD:
        raise Invalid.at("password", "At least %(n)s characters.", n=MIN_PASSWORD)
    if len(password) > MAX_PASSWORD:
        raise Invalid.at("password", "At most %(n)s characters.", n=MAX_PASSWORD)
    if too_easy(password, name):
        raise Invalid.at("password", "This password is too easy to guess.")
    with _hashing:
        return _hasher.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Whether it is this password. Takes as long for an unknown person as for a known one."""
    with _hashing:
        nobody = _nobody()
        try:
            return _hasher.verify(stored or nobody, password) and stored is not None
        except (Argon2Error, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


def find_active(session: Session, name: str) -> User | None:
    """The person who may log in under that name."""
    name = name.strip().lower()
    if not NAME.fullmatch(name):
        return None
    return session.scalars(select(User).where(User.name == name, User.active)).one_or_none()


def new_token() -> str:
    """256 bits, for a browser."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(
    session: Session,
    user: User,
    now: datetime,
    lifetime: timedelta,
    browser: str,
    *,
    by: str = "password",
    second_by_provider: bool = False,
) -> str:
    """A new log-in; the token goes to the browser and is not stored. `by`: what was shown."""
    token = new_token()
    session.add(
        WebSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + lifetime,
            asked_at=now,
            browser=browser[:200],
            second_by_provider=second_by_provider,
        )
    )
    audit.append(session, "login", f"user:{user.id}", actor=user.id, at=now, detail={"by": by})
    return token


def renew_session(session: Session, session_id: int) -> str:
    """Another token for the same log-in: whoever had the one before is out."""
    token = new_token()
    session.execute(
        update(WebSession).where(WebSession.id == session_id).values(token_hash=token_hash(token))
    )
    return token


def end_others(session: Session, session_id: int, user_id: int, now: datetime) -> int:
    """End all of this person's sessions but that one; how many were open."""
    ended = session.execute(
        update(WebSession)
        .where(
            WebSession.user_id == user_id,
            WebSession.id != session_id,
            WebSession.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    count: int = ended.rowcount  # type: ignore[attr-defined]
    if count:
        detail = {"others": count}
        audit.append(session, "logout", f"user:{user_id}", actor=user_id, at=now, detail=detail)
    return count


def note_asked(session: Session, session_id: int, user_id: int, by: str, now: datetime) -> None:
    """It was shown again that it is this person."""
    session.execute(update(WebSession).where(WebSession.id == session_id).values(asked_at=now))
    audit.append(session, "asked", f"user:{user_id}", actor=user_id, at=now, detail={"by": by})


def note_refused(session: Session, user_id: int, now: datetime) -> None:
    """The password was right and the second factor was not: somebody may have the password."""
    audit.append(session, "login.refused", f"user:{user_id}", actor=None, at=now)


def end_session(session: Session, session_id: int, user_id: int, now: datetime) -> bool:
    """End one of this person's sessions; False when there is no such open one."""
    ended = session.execute(
        update(WebSession)
        .where(
            WebSession.id == session_id,
            WebSession.user_id == user_id,
            WebSession.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    if not ended.rowcount:  # type: ignore[attr-defined]
        return False
    audit.append(session, "logout", f"user:{user_id}", actor=user_id, at=now)
    return True


def touch(session: Session, session_id: int, now: datetime) -> None:
    """Note that the session is in use."""
    session.execute(update(WebSession).where(WebSession.id == session_id).values(last_seen_at=now))


def throttle_keys(name: str, address: str) -> tuple[str, str]:
    """What failures are counted by: the account that was tried, and where from."""
    account = hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest()
    return f"account:{account}", f"address:{hashlib.sha256(address.encode()).hexdigest()}"


def token_throttle_key(address: str) -> str:
    """What tokens that are none are counted by: where from. Apart from passwords, so that a program
    left behind with an old token keeps nobody of its office from logging in."""
    return f"token:{hashlib.sha256(address.encode()).hexdigest()}"


def second_throttle_key(user_id: int) -> str:
    """What wrong codes and passkeys are counted by: whose they would be. Apart from passwords: who
    has the password may not clear it by logging in half again."""
    return f"second:{user_id}"


def seconds_to_wait(session: Session, keys: tuple[str, ...], now: datetime) -> int:
    """Seconds until another try is looked at; 0 for at once."""
    rows = session.scalars(select(LoginThrottle).where(LoginThrottle.key.in_(keys)))
    waits = [(row.blocked_until - now).total_seconds() for row in rows if row.blocked_until]
    return max(0, *(int(wait) + 1 if wait > 0 else 0 for wait in waits), 0)


def note_failure(session: Session, keys: tuple[str, ...], now: datetime) -> None:
    """Count a failed try. When the free ones are used up, each doubles the wait, to 15 minutes."""
    for key in sorted(keys):
        row = session.get(
            LoginThrottle, key, with_for_update=True, populate_existing=True
        ) or _first_throttle(session, key, now)
        if now - row.updated_at > FORGET_AFTER:
            row.failures = 0
        row.failures += 1
        row.updated_at = now
        beyond = row.failures - FREE_FAILURES[key.partition(":")[0]]
        if beyond >= 0:
            wait = timedelta(seconds=2 ** min(beyond + 1, 12))
            row.blocked_until = now + min(wait, LONGEST_WAIT)
    session.flush()


def _first_throttle(session: Session, key: str, now: datetime) -> LoginThrottle:
    added(session, LoginThrottle(key=key, failures=0, updated_at=now))
    return session.get_one(LoginThrottle, key, with_for_update=True, populate_existing=True)


def forget_failures(session: Session, key: str) -> None:
    """A good log-in clears the account's count (never the address's)."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.key == key))


def stronger(stored: str, password: str) -> str | None:
    """A new hash of a password that fits `stored`, where that was made with other settings."""
    if not _hasher.check_needs_rehash(stored):
        return None
    with _hashing:
        return _hasher.hash(password)


def replace_hash(session: Session, user_id: int, stored: str, better: str) -> None:
    """Keep the same password's new hash, unless the password was changed meanwhile."""
    session.execute(
        update(User)
        .where(User.id == user_id, User.password_hash == stored)
        .values(password_hash=better)
    )
