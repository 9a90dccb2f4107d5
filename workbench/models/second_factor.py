"""What a person shows beside the password, and log-ins that are not finished yet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key


class AuthenticatorApp(Base):
    """A person's app of one-time codes (TOTP, RFC 6238). Its seed is sealed."""

    __tablename__ = "authenticator_app"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    #: None: not set up.
    seed: Mapped[str | None]
    #: The step of the code that was taken last: no code is good twice, nor one before it.
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    set_up_at: Mapped[datetime | None]
    #: A seed that waits for its first code; until then the one above is good.
    pending: Mapped[str | None]
    pending_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One of ten codes for who has lost the app and the passkeys. Good once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    #: sha256 of the code, which has 80 bits.
    code_hash: Mapped[str] = mapped_column(Key)
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A public key of a person's device (WebAuthn). The private one never leaves it."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    #: What its owner calls it.
    name: Mapped[str]
    #: Both in base64url, without padding.
    credential_id: Mapped[str] = mapped_column(Key, unique=True)
    public_key: Mapped[str]
    #: How often the device says that it signed; 0 where it does not count.
    sign_count: Mapped[int] = mapped_column(BigInteger)
    #: How the browser reaches it, e.g. ["usb"].
    transports: Mapped[list[Any]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class Purpose(StrEnum):
    """What was begun."""

    #: A log-in: the password was right, the second factor is wanted.
    SECOND = "second"
    #: A log-in by a passkey alone; whose it is shows at the end.
    PASSKEY = "passkey"
    #: A new passkey of who is logged in.
    REGISTER = "register"
    #: Who is logged in shows a passkey again.
    AGAIN = "again"
    #: A log-in by the organisation's provider.
    PROVIDER = "provider"
    #: Who is logged in links their log-in there.
    LINK = "link"


_PURPOSES = ", ".join(f"'{purpose}'" for purpose in Purpose)


class Begun(Base):
    """Something that takes two requests. The browser holds a token, this row its sha256; whoever
    holds it can finish this and nothing else."""

    __tablename__ = "begun"
    __table_args__ = (CheckConstraint(f"purpose IN ({_PURPOSES})", name="purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(Key, unique=True)
    purpose: Mapped[str]
    #: None: not known yet.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: What the device is to sign, in base64url; good for one try.
    challenge: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
