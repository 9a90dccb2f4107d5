"""Which items and judgments an export looks at, before anything is decided of them.

Options, all optional: `languages` and `tags` as "es,en", `since` and `until` as 2026-11-01 (days in
UTC, `until` not included), `guideline` the least version on screen, `without` pseudonyms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from workbench.messages import N_, Message
from workbench.task_types.base import AnswerRecord, Decision, Item

#: The options by name. Every format heeds them.
FILTERS = ("languages", "tags", "since", "until", "guideline", "without")


@dataclass(frozen=True)
class Filters:
    """What is looked at; everything where nothing is said."""

    #: "es" takes es-CO too; "es-CO" takes that alone.
    languages: tuple[str, ...] = ()
    #: One of them is enough.
    tags: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    guideline: int | None = None
    without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()

    def takes(self, item: Item) -> bool:
        """Whether the item is looked at."""
        base = item.language.partition("-")[0]
        spoken = not self.languages or bool({item.language, base} & set(self.languages))
        return spoken and (not self.tags or bool(set(item.tags) & set(self.tags)))

    def counts(self, said: AnswerRecord) -> bool:
        """Whether the judgment is looked at."""
        return said.reviewer not in self.without and self._fits(said)

    def holds(self, decision: Decision | None) -> Decision | None:
        """The decision, if it is looked at. Who is left out as a reviewer is none of its matter."""
        return decision if decision is not None and self._fits(decision) else None

    def _fits(self, said: AnswerRecord | Decision) -> bool:
        day = said.at[:10]
        if (self.since and day < self.since) or (self.until and day >= self.until):
            return False
        return self.guideline is None or (said.guideline_version or 0) >= self.guideline

    def as_options(self) -> dict[str, str]:
        """The options that `parse_filters` makes this of, every one of them."""
        return {name: _text(getattr(self, name)) for name in FILTERS}


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value)


def parse_filters(read: Callable[[str], str], errors: dict[str, Message]) -> Filters:
    """The filters out of what `read` gives by name ("" for nothing); what is wrong goes to
    `errors`, by name."""
    given = {name: _names(read(name)) for name in ("languages", "tags", "without")}
    days = {name: _day(name, read(name), errors) for name in ("since", "until")}
    if days["since"] and days["until"] and days["since"] >= days["until"]:
        errors["until"] = N_("The last day comes after the first one.")
    return Filters(
        languages=given["languages"],
        tags=given["tags"],
        since=days["since"],
        until=days["until"],
        guideline=_version(read("guideline"), errors),
        without=given["without"],
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (each.strip() for each in text.split(",")))))


def _day(name: str, text: str, errors: dict[str, Message]) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        errors[name] = N_("Write a day as 2026-11-01.")
        return ""


def _version(text: str, errors: dict[str, Message]) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) <= 9):
        errors["guideline"] = N_("This is the number of a version of the guideline.")
        return None
    return int(text)


def describe_filters(filters: Filters) -> list[Message]:
    """The filters in plain words, one sentence each."""
    lines = []
    if filters.languages:
        lines.append(N_("Only items in: %(names)s.", names=", ".join(filters.languages)))
    if filters.tags:
        lines.append(N_("Only items with a tag of: %(names)s.", names=", ".join(filters.tags)))
    if filters.since:
        lines.append(N_("Only what was said from %(day)s on (UTC).", day=filters.since))
    if filters.until:
        lines.append(N_("Only what was said before %(day)s (UTC).", day=filters.until))
    if filters.guideline is not None:
        lines.append(N_("Only what was said under version %(n)s of the guideline or a later one.",
                        n=filters.guideline))  # fmt: skip
    if filters.without:
        lines.append(N_("Without the judgments of: %(names)s.", names=", ".join(filters.without)))
    return lines
