"""The stored answer: flags over responses, or the statement that there is none.

    {"none": false, "flags": [{"response": "a", "start": 10, "end": 27, "quote": "...",
     "category": "...", "direction": "...", "severity": 2, "reason": ""}]}

`start` and `end` count code points of the response's text as it is stored, `end` excluded; both
are null, and the quote is "", where the whole response is flagged. Flags are sorted by response
id, start (whole responses first), end and category, so that equal answers are equal to the byte
whatever order the responses were shown in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.task_types.base import N_, Answer, Message
from workbench.task_types.fields import refuse, short

Flag = dict[str, Any]

FLAG_PARTS = (
    "response", "start", "end", "quote", "category", "direction", "severity", "reason",
)  # fmt: skip


def build(flags: Sequence[Flag]) -> Answer:
    """The stored shape; no flags state that there is none."""
    return {"none": not flags, "flags": sorted(flags, key=_sort_key)}


def _sort_key(flag: Flag) -> tuple[str, int, int, str]:
    start, end = (-1, -1) if flag["start"] is None else (flag["start"], flag["end"])
    return flag["response"], start, end, flag["category"]


def build_flag(parts: Mapping[str, Any], text: str) -> Flag:
    """A flag of `parts`, whose `span` is (start, end) or None; the quote is cut out of the text."""
    start, end = parts["span"] or (None, None)
    quote = "" if start is None else text[start:end]
    flag = {**parts, "start": start, "end": end, "quote": quote}
    return {part: flag[part] for part in FLAG_PARTS}


def check_none(none: bool, n_flags: int) -> Message | None:
    """What is wrong with saying "none" beside so many flags, if anything."""
    if none and n_flags:
        return N_("There are flags, so “no bias” cannot stand: take one of the two away.")
    if not none and not n_flags:
        return N_("Flag a passage or a whole response, or state that there is no bias.")
    return None


def check_duplicates(flags: Sequence[Flag], names: Sequence[str]) -> None:
    """Raises Invalid at the name of a flag that repeats an earlier one's place and category."""
    seen: set[tuple[str, int, int, str]] = set()
    for flag, name in zip(flags, names, strict=True):
        key = _sort_key(flag)
        if key in seen:
            raise refuse(name, N_("This passage is flagged twice with the same category."))
        seen.add(key)


def check_order(start: int, end: int, end_name: str) -> None:
    """Raises Invalid unless the passage holds at least one character."""
    if start >= end:
        raise refuse(end_name, N_("The end of a passage must lie after its start."))


def wrong_quote(quote: str, stands: str) -> Message:
    """The sentence for a quote that is not what stands at its offsets."""
    return N_(
        "The quote is not what stands there. The quote says “%(quote)s”, the response says"
        " “%(stands)s”. Offsets count code points.",
        quote=short(quote),
        stands=short(stands),
    )
