"""Links that prove by themselves who asked for them: signed with the installation's secret."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime

#: What a link is for; one kind is never good for the other.
CONFIRM, STOP = "confirm an address", "stop e-mail"


def sign(key: str, purpose: str, user_id: int, address: str, until: datetime | None = None) -> str:
    """A token for that person and address; without `until` it is good for ever."""
    end = int(until.timestamp()) if until else 0
    return f"{user_id}-{end}-{_mark(key, purpose, user_id, end, address)}"


def read(token: str) -> tuple[int, int] | None:
    """(user id, end in seconds since 1970 or 0) as a token says, not checked; None: no token."""
    parts = token.split("-", 2)
    if len(parts) != 3 or not all(
        part.isascii() and part.isdigit() and len(part) < 12 for part in parts[:2]
    ):
        return None
    user_id, end = int(parts[0]), int(parts[1])
    return (user_id, end) if user_id < 2**31 else None


def holds(key: str, purpose: str, token: str, address: str, now: datetime) -> bool:
    """Whether the token was made here for that purpose and address, and has not run out."""
    said = read(token)
    if said is None:
        return False
    user_id, end = said
    mark = _mark(key, purpose, user_id, end, address)
    good = hmac.compare_digest(token.split("-", 2)[2].encode(), mark.encode())
    return good and (not end or now.timestamp() < end)


def _mark(key: str, purpose: str, user_id: int, end: int, address: str) -> str:
    said = f"{purpose}\n{user_id}\n{end}\n{address}".encode()
    return urlsafe_b64encode(hmac.digest(key.encode(), said, "sha256")).decode().rstrip("=")
