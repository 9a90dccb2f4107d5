"""One judgment made elsewhere, out of one JSON object, as the `judgments` export writes it.

What its answer means is for the task type to say, which needs the item.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.intake.fields import ID_LENGTH, MISSING, checked_name, missing_or, unknown_fields
from workbench.intake.items import RESPONSE_ID_LENGTH, RESPONSES
from workbench.intake.soundness import Faults, note, unsound
from workbench.messages import N_, Invalid

FIELDS = frozenset({"item", "reviewer", "answer", "at", "active_seconds", "shown"})
#: Written by the export and of no use on the way in: both belong to the installation it came from.
IGNORED = frozenset({"guideline", "revision"})

REVIEWER_LENGTH = 100
#: A week.
LONGEST_SECONDS = 86_400 * 7

# RFC 3339, section 5.6.
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,12})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True)
class ParsedJudgment:
    """A judgment as it was given. `at` is in UTC; `shown` holds response ids in reading order."""

    item: str
    reviewer: str
    answer: dict[str, Any]
    at: datetime | None = None
    active_seconds: float | None = None
    shown: tuple[str, ...] | None = None


def parse_judgment(raw: object, *, sound: bool = False) -> ParsedJudgment:
    """A JSON object to a judgment. Raises Invalid with everything that is wrong, by path.

    `sound`: `raw` came out of `strict_json` without a fault.
    """
    if not isinstance(raw, dict):
        raise Invalid({"judgment": N_("must be one JSON object: {...}")})
    faults = {} if sound else unsound(raw)
    unknown_fields(raw, FIELDS | IGNORED, "", faults)
    judgment = ParsedJudgment(
        item=checked_name(raw, "item", "", faults, ID_LENGTH),
        reviewer=checked_name(raw, "reviewer", "", faults, REVIEWER_LENGTH),
        answer=_answer(raw.get("answer", MISSING), faults),
        at=_time(raw.get("at"), faults),
        active_seconds=_seconds(raw.get("active_seconds"), faults),
        shown=_shown(raw.get("shown"), faults),
    )
    if faults:
        raise Invalid(faults)
    return judgment


def _answer(value: object, faults: Faults) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    note(faults, "answer", missing_or(value, N_("must be an object")))
    return {}


def _time(value: object, faults: Faults) -> datetime | None:
    if value is None:
        return None
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        date, clock, fraction, offset = found.groups(default="")
        zone = "+00:00" if offset in "Zz" else offset
        microseconds = fraction[:7].ljust(7, "0") if fraction else ""
        try:
            at = datetime.fromisoformat(f"{date}T{clock}{microseconds}{zone}")
            return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    note(faults, "at", N_("must be a time with its offset, such as 2026-11-20T15:04:05Z"))
    return None


def _seconds(value: object, faults: Faults) -> float | None:
    if value is None:
        return None
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= LONGEST_SECONDS
    ):
        return float(value)
    why = N_("must be a number of seconds from 0 to %(most)d", most=LONGEST_SECONDS)
    note(faults, "active_seconds", why)
    return None


def _shown(value: object, faults: Faults) -> tuple[str, ...] | None:
    if value is None:
        return None
    if (
        isinstance(value, list)
        and 1 <= len(value) <= RESPONSES
        and all(isinstance(name, str) and 0 < len(name) <= RESPONSE_ID_LENGTH for name in value)
        and len(set(value)) == len(value)
    ):
        return tuple(value)
    note(faults, "shown", N_("must be a list of response ids, each once, in reading order"))
    return None
