"""What the answer to an item is, out of one JSON object.

    {"item": "its id", "answer": {...}, "note": "why"}

What the answer means is for the task type to say, which needs the item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.intake.fields import ID_LENGTH, MISSING, checked_name, missing_or, unknown_fields
from workbench.intake.soundness import Faults, note, unsound
from workbench.messages import N_, Invalid

FIELDS = frozenset({"item", "answer", "note"})


@dataclass(frozen=True, slots=True)
class ParsedGold:
    """An answer that is known, as it was given; `note` is "" without one."""

    item: str
    answer: dict[str, Any]
    note: str = ""


def parse_gold(raw: object, *, sound: bool = False) -> ParsedGold:
    """A JSON object to a known answer. Raises Invalid with everything that is wrong, by path.

    `sound`: `raw` came out of `strict_json` without a fault.
    """
    if not isinstance(raw, dict):
        raise Invalid({"gold": N_("must be one JSON object: {...}")})
    faults: Faults = {} if sound else unsound(raw)
    unknown_fields(raw, FIELDS, "", faults)
    item = checked_name(raw, "item", "", faults, ID_LENGTH)
    answer, why = raw.get("answer", MISSING), raw.get("note", "")
    if not isinstance(answer, dict):
        note(faults, "answer", missing_or(answer, N_("must be an object")))
    if not isinstance(why, str):
        note(faults, "note", N_("must be text"))
    if faults:
        raise Invalid(faults)
    return ParsedGold(item, answer, why)
