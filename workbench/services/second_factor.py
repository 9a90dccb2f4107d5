"""The app of one-time codes (TOTP, RFC 6238), recovery codes, and taking all of it away."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.messages import Invalid
from workbench.models import AuthenticatorApp, Passkey, RecoveryCode, User
from workbench.queries.second_factor import codes_left, wants_second_factor
from workbench.sealing import Sealer
from workbench.services import accounts, audit

#: Seconds that a code is on the screen, and how many such steps a clock may be off.
STEP, DRIFT = 30, 1
#: How long a key that was shown waits for its first code.
PENDING_VALID = timedelta(minutes=15)
CODES = 10


def looks_like_a_code(text: str) -> bool:
    """Whether it may be from an app: six digits, whatever the space between them."""
    plain = _plain(text)
    return len(plain) == 6 and plain.isascii() and plain.isdigit()


def _plain(text: str) -> str:
    return "".join(text.split()).replace("-", "")


# --- the app --------------------------------------------------------------------------------


def begin_app(session: Session, user_id: int, now: datetime) -> None:
    """A new key for the person's app. The one before stays good until a code of it is given."""
    row = session.get(AuthenticatorApp, user_id, with_for_update=True)
    if row is None:
        row = _first_row(session, user_id)
    row.pending = _sealer(session).seal(_about(user_id), pyotp.random_base32())
    row.pending_at = now
    session.flush()
    audit.append(session, "factor.app_begin", f"user:{user_id}", actor=user_id, at=now)


def _first_row(session: Session, user_id: int) -> AuthenticatorApp:
    added(session, AuthenticatorApp(user_id=user_id, last_step=0))
    return session.get_one(AuthenticatorApp, user_id, with_for_update=True)


def pending_seed(session: Session, user_id: int, now: datetime) -> str | None:
    """The key (base32) that waits for its first code; None: none does."""
    row = session.get(AuthenticatorApp, user_id)
    if row is None or row.pending is None or row.pending_at is None:
        return None
    if now - row.pending_at > PENDING_VALID:
        return None
    return _sealer(session).open(_about(user_id), row.pending)


def confirm_app(session: Session, user_id: int, code: str, now: datetime) -> None:
    """Use the key that waits from now on, since the app shows its codes. Raises Invalid."""
    seed = pending_seed(session, user_id, now)
    step = _step_of(seed, code, now) if seed else None
    if step is None:
        raise Invalid.at("code", "This is not the code that the app shows now. Wait for the next.")
    row = session.get_one(AuthenticatorApp, user_id, with_for_update=True)
    row.seed, row.last_step, row.set_up_at = row.pending, step, now
    row.pending = row.pending_at = None
    session.flush()
    audit.append(session, "factor.app", f"user:{user_id}", actor=user_id, at=now)


def app_code_fits(session: Session, user_id: int, code: str, now: datetime) -> bool:
    """Whether the app shows this code. It is used up, and with it all before it."""
    row = session.get(AuthenticatorApp, user_id)
    if row is None or row.seed is None:
        return False
    step = _step_of(_sealer(session).open(_about(user_id), row.seed), code, now)
    if step is None:
        return False
    # By the database: of two requests with the same code one is first.
    used = session.execute(
        update(AuthenticatorApp)
        .where(AuthenticatorApp.user_id == user_id, AuthenticatorApp.last_step < step)
        .values(last_step=step)
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


def _step_of(seed: str, code: str, now: datetime) -> int | None:
    """The step whose code this is, of those around now."""
    totp, present = pyotp.TOTP(seed, interval=STEP), int(now.timestamp()) // STEP
    given = _plain(code).encode()
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), given):
            return step
    return None


def remove_app(session: Session, user_id: int, now: datetime) -> None:
    """Its codes are good no more."""
    session.execute(delete(AuthenticatorApp).where(AuthenticatorApp.user_id == user_id))
    audit.append(session, "factor.app_remove", f"user:{user_id}", actor=user_id, at=now)
    after_removal(session, user_id)


def address_for_app(seed: str, name: str, site: str) -> str:
    """What the picture for the app says (otpauth://...)."""
    issuer = f"Workbench {site}"
    return pyotp.TOTP(seed, interval=STEP).provisioning_uri(name=name, issuer_name=issuer)


def _about(user_id: int) -> str:
    return f"app of user {user_id}"


def _sealer(session: Session) -> Sealer:
    sealer: Sealer = session.info["sealer"]
    return sealer


# --- recovery codes -------------------------------------------------------------------------


def make_codes(session: Session, user_id: int, now: datetime) -> list[str]:
    """Ten new recovery codes, which are shown this once. The ones before are good no more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(CODES)]
    session.add_all(RecoveryCode(user_id=user_id, code_hash=_hash(code)) for code in codes)
    session.flush()
    audit.append(session, "factor.codes", f"user:{user_id}", actor=user_id, at=now)
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in codes]


def use_recovery_code(session: Session, user_id: int, code: str, now: datetime) -> bool:
    """Whether it is one of this person's that was not used yet. It is used up."""
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == _hash(_plain(code).lower()),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        return False
    left = {"left": codes_left(session, user_id)}
    audit.append(session, "factor.code_used", f"user:{user_id}", actor=user_id, at=now, detail=left)
    return True


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def after_removal(session: Session, user_id: int) -> None:
    """Without a second factor there is nothing that recovery codes could stand in for."""
    session.flush()
    if not wants_second_factor(session, user_id):
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


# --- all of it ------------------------------------------------------------------------------


def reset(session: Session, user: User, now: datetime, actor: int | None = None) -> None:
    """Take away what a person has lost: app, passkeys and codes. They are logged out."""
    for table in (AuthenticatorApp, Passkey, RecoveryCode):
        session.execute(delete(table).where(table.user_id == user.id))
    accounts.end_all_sessions(session, user.id, now)
    audit.append(session, "factor.reset", f"user:{user.id}", actor=actor, at=now)


def seal_anew(session: Session, now: datetime) -> int:
    """Seal all that is sealed by the newest key; how many of them there are."""
    sealer, count = _sealer(session), 0
    has = or_(AuthenticatorApp.seed.is_not(None), AuthenticatorApp.pending.is_not(None))
    for row in session.scalars(select(AuthenticatorApp).where(has).with_for_update()):
        about = _about(row.user_id)
        if row.seed is not None:
            row.seed = sealer.seal(about, sealer.open(about, row.seed))
            count += 1
        if row.pending is not None:
            row.pending = sealer.seal(about, sealer.open(about, row.pending))
            count += 1
    session.flush()
    audit.append(session, "keys.rotate", "installation", actor=None, at=now, detail={"n": count})
    return count


def sealed_by_older(session: Session) -> int:
    """How many are sealed by another key than the newest."""
    sealer = _sealer(session)
    rows = session.execute(select(AuthenticatorApp.seed, AuthenticatorApp.pending))
    return sum(not sealer.is_newest(text) for row in rows for text in row if text is not None)


def sealed(session: Session) -> int:
    """How many are sealed."""
    both = func.count(AuthenticatorApp.seed) + func.count(AuthenticatorApp.pending)
    return session.scalar(select(both)) or 0
