"""One practice item out of one JSON object: an item, with the answer expected and why it is.

    {...an item's fields..., "expected": {...}, "why": {"es": "...", "en": "..."}}

`expected` is an answer as the `judgments` export writes it; what it means is for the task type to
say.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from workbench.intake.fields import MISSING, missing_or, unknown_fields
from workbench.intake.items import FIELDS, content_hash, parse_item
from workbench.intake.problems import path
from workbench.intake.soundness import Faults, note, unsound
from workbench.messages import N_, Invalid
from workbench.task_types.base import Item

OWN_FIELDS = frozenset({"expected", "why"})
LANGUAGES = ("es", "en")
#: Code points of a reason in one language.
WHY_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class ParsedPractice:
    """A practice item as it was given."""

    item: Item
    expected: dict[str, Any]
    #: {"es", "en"}
    why: dict[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 (64 hexadecimal digits) over everything but the id."""
        parts = [content_hash(self.item), self.expected, self.why]
        return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def parse_practice(raw: object, *, sound: bool = False) -> ParsedPractice:
    """A JSON object to a practice item. Raises Invalid with everything that is wrong, by path.

    `sound`: `raw` came out of `strict_json` without a fault.
    """
    if not isinstance(raw, dict):
        raise Invalid({"item": N_("must be one JSON object: {...}")})
    faults: Faults = {} if sound else unsound(raw)
    unknown_fields(raw, FIELDS | OWN_FIELDS, "", faults)
    expected = raw.get("expected", MISSING)
    if not isinstance(expected, dict):
        note(faults, "expected", missing_or(expected, N_("must be an object")))
        expected = {}
    why = _why(raw.get("why", MISSING), faults)
    own = {name: value for name, value in raw.items() if name in FIELDS}
    try:
        item = parse_item(own, sound=sound)
    except Invalid as error:
        raise Invalid({**error.errors, **faults}) from None
    if faults:
        raise Invalid(faults)
    return ParsedPractice(item, expected, why)


def _why(value: object, faults: Faults) -> dict[str, str]:
    if not isinstance(value, dict):
        note(faults, "why", missing_or(value, N_("must be an object with es and en")))
        return {}
    unknown_fields(value, frozenset(LANGUAGES), "why", faults)
    return {language: _text(value, language, faults) for language in LANGUAGES}


def _text(value: dict[str, Any], language: str, faults: Faults) -> str:
    text, where = value.get(language, MISSING), path("why", language)
    if not isinstance(text, str):
        note(faults, where, missing_or(text, N_("must be text")))
        return ""
    if not text.strip():
        note(faults, where, N_("is empty"))
    elif len(text) > WHY_LENGTH:
        note(faults, where, N_("is longer than %(most)d characters", most=WHY_LENGTH))
    return text.strip()
