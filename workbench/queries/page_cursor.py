"""Places in what is read page by page, signed: nobody can ask for one that they were not given."""

from __future__ import annotations

import hmac
import re

_NUMBER = re.compile(r"[0-9]{1,18}")
#: Hexadecimal digits of the signature.
_MARK = 24


def signed(key: str, purpose: str, project_id: int, *numbers: int) -> str:
    """A place in a project's list as numbers, e.g. "7-41-3f...": good for that purpose alone."""
    said = "-".join(map(str, numbers))
    mark = hmac.digest(key.encode(), f"{purpose}\n{project_id}\n{said}".encode(), "sha256")
    return f"{said}-{mark.hex()[:_MARK]}"


def numbers_of(key: str, purpose: str, project_id: int, cursor: str) -> tuple[int, ...] | None:
    """The numbers of a cursor; None for what was not given out for that purpose and project."""
    *said, _mark = cursor.split("-")
    if not all(map(_NUMBER.fullmatch, said)):
        return None
    numbers = tuple(map(int, said))
    whole = signed(key, purpose, project_id, *numbers)
    return numbers if hmac.compare_digest(whole.encode(), cursor.encode()) else None
