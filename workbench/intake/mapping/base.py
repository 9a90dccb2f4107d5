"""A mapping: for each field of an item, and of the judgments of it, the column it is read from.

Fields of an item are called as the columns of `flat`: `id`, `prompt`, `language`, `tags`, `harm`,
`severity`, `responses`, `response.<id>`, `model.<id>`, `metadata`, `metadata.<key>`; and `context`,
which is a text that follows the prompt after an empty line. Without an `id` it is made of the
contents. Fields of the judgments in a row are `judgment.<n>.<part>`: see `answers`.

A row is an item with the judgments in it, one or several; rows of the same item may follow with
further judgments. Responses that stand in rows of their own are not joined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.intake.fields import unknown_fields, unknown_name
from workbench.intake.flat import Columns
from workbench.intake.mapping.answers import ALWAYS, SAID, known_parts, says_something
from workbench.intake.problems import path
from workbench.intake.soundness import Faults, note, unsound
from workbench.messages import N_, Invalid
from workbench.task_types.base import TaskType

#: Fields of a mapping, and characters of the name of a column or of a constant.
MOST, LENGTH = 400, 1_000

CONTEXT = "context"
#: The fields of an item, in the order in which people think of them.
ITEM_FIELDS = (
    "prompt", CONTEXT, "response.<id>", "model.<id>", "responses", "language", "id", "tags", "harm",
    "severity", "metadata.<key>", "metadata",
)  # fmt: skip
_JUDGMENT = re.compile(r"judgment\.([1-9][0-9]{0,2})\.(.+)", re.DOTALL)
_PARTS = frozenset({"columns", "constants", "values"})


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`columns`: {field: column}; `constants`: {field: what it is in every row}; `values`: {a word
    in a column of answers: what it means}. Their order is that of responses in the items."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, dict[str, str]]:
        """For JSON; `parse_mapping` gives the same mapping back."""
        return {
            "columns": dict(self.columns),
            "constants": dict(self.constants),
            "values": dict(self.values),
        }

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that is read or constant."""
        return tuple(dict.fromkeys([*self.columns, *self.constants]))

    @property
    def of_item(self) -> tuple[str, ...]:
        """The fields of an item, as its own columns are called, `id` among them in any case."""
        own = (name for name in self.fields if name != CONTEXT and not _JUDGMENT.fullmatch(name))
        return tuple(dict.fromkeys(["id", *own]))

    @property
    def of_judgments(self) -> dict[int, dict[str, str]]:
        """{n: {part: field}} of the judgments that a row may hold, by n."""
        found: dict[int, dict[str, str]] = {}
        for name in self.fields:
            place = _JUDGMENT.fullmatch(name)
            if place is not None:
                found.setdefault(int(place[1]), {})[place[2]] = name
        return dict(sorted(found.items()))

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        return tuple(dict.fromkeys(self.columns.values()))

    @property
    def responses(self) -> tuple[str, ...]:
        """The ids of the responses that have columns of their own."""
        return tuple(
            name.removeprefix("response.") for name in self.columns if name.startswith("response.")
        )


def parse_mapping(raw: object) -> ColumnMapping:
    """A mapping out of JSON. Raises Invalid by path."""
    if not isinstance(raw, dict):
        raise Invalid({"mapping": N_("must be one JSON object: {...}")})
    faults: Faults = unsound(raw)
    unknown_fields(raw, _PARTS, "", faults)
    parts = {part: _texts(raw.get(part, {}), part, faults) for part in sorted(_PARTS)}
    if sum(map(len, parts.values())) > MOST:
        note(faults, "mapping", N_("has more than %(most)d fields", most=MOST))
    for name in parts["constants"].keys() & parts["columns"].keys():
        note(faults, name, N_("is read from a column and constant as well: give one of the two"))
    if faults:
        raise Invalid(faults)
    return ColumnMapping(**parts)


def _texts(value: Any, where: str, faults: Faults) -> dict[str, str]:
    if not isinstance(value, dict):
        note(faults, where, N_("must be an object"))
        return {}
    for key, text in value.items():
        # The command line writes them FIELD=COLUMN and WORD=MEANING.
        if "=" in (str(text) if where == "values" else key):
            note(faults, path(where, key), N_("cannot have a ="))
        if not isinstance(text, str):
            note(faults, path(where, key), N_("must be text"))
        elif not text or len(text) > LENGTH:
            why = N_("must have 1 to %(most)d characters", most=LENGTH)
            note(faults, path(where, key), why)
    return value


def check_mapping(mapping: ColumnMapping, task_type: TaskType) -> None:
    """Raises Invalid, by field, where no item or judgment of this type can come out of it."""
    faults: Faults = dict(Columns(mapping.of_item).faults)
    for name in ("prompt", "language"):
        if name not in mapping.fields:
            faults[name] = N_("is missing: say which column it is, or what it is in every row")
    if "id" in mapping.constants:
        faults["id"] = N_("differs from item to item: read it from a column, or leave it out")
    least, _most = task_type.responses
    if "responses" not in mapping.fields and "responses" not in faults:
        found = len(mapping.responses)
        if found < least:
            why = N_(
                "there are %(found)d here; at least %(least)d are needed", found=found, least=least
            )
            note(faults, "responses", why)
    for n, parts in mapping.of_judgments.items():
        _check_judgment(f"judgment.{n}.", parts, task_type, faults)
    if faults:
        raise Invalid(faults)


def _check_judgment(
    under: str, parts: Mapping[str, str], task_type: TaskType, faults: Faults
) -> None:
    known = known_parts(task_type.slug)
    for part in parts:
        if part not in known and not any(
            part.startswith(each.partition("<")[0]) for each in known if "<" in each
        ):
            note(faults, under + part, unknown_name(part, known))
    if "reviewer" not in parts:
        note(faults, f"{under}reviewer", N_("is missing"))
    if not says_something(parts):
        said = ", ".join(part for part in known if part not in ALWAYS and _is_said(part))
        note(faults, under + "answer", N_("is missing; it is read from %(names)s", names=said))


def _is_said(part: str) -> bool:
    return part.partition("<")[0] in SAID
