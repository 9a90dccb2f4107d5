"""Rows of columns, as CSV has them and Parquet may: `response.a`, `model.a`, `metadata.source`, ...

Columns: `id`, `language`, `prompt`, `tags` ("a|b"), `harm`, `severity`; `response.<id>` with
`model.<id>`, one pair a response, or `responses` as JSON; `metadata.<key>`, one a key, or
`metadata` as JSON. A `prompt` that is a JSON list of messages is read as one. An absent cell is an
absent field. A response without text is there if its model is: it answered nothing. A response that
is a conversation or a list of steps goes into `responses` as JSON: a cell of `response.<id>` is
always a text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from workbench.intake.fields import closest, did_you_mean, unknown_name
from workbench.intake.problems import path, printable
from workbench.intake.soundness import Faults, note
from workbench.intake.strict_json import read_json
from workbench.messages import N_, Message

_SINGLE = ("id", "language", "prompt", "responses", "tags", "harm", "severity", "metadata")
_REQUIRED = ("id", "language", "prompt")
_FAMILIES = {"response.": "response.<id>", "model.": "model.<id>", "metadata.": "metadata.<key>"}
_PLACE = re.compile(r"responses\[([0-9]+)\](?:\.(text|model))?")

Raw = dict[str, Any]


class Columns:
    """What the columns of one file mean. `faults` names the columns that mean nothing.

    `literal`: the responses have a type of their own (nested Parquet), so that a prompt which is
    text is that text and nothing else.
    """

    def __init__(self, names: Sequence[str], *, literal: bool = False) -> None:
        self.names = tuple(names)
        self.literal = literal
        self.faults = _header_faults(self.names)
        self._texts = [n.removeprefix("response.") for n in names if n.startswith("response.")]
        self._models = {n.removeprefix("model.") for n in names if n.startswith("model.")}
        self._metadata = [n for n in names if n.startswith("metadata.")]

    def item(self, cells: Sequence[Any]) -> tuple[Raw, Faults]:
        """One row (a value or None for each column) as the JSON object it stands for."""
        row = dict(zip(self.names, cells, strict=True))
        raw: Raw = {name: row[name] for name in _SINGLE if row.get(name) is not None}
        faults: Faults = {}
        _read_texts(raw, faults, self.literal)
        if self._texts:
            raw["responses"] = self._responses(row)
        if self._metadata:
            raw["metadata"] = {
                name.removeprefix("metadata."): row[name]
                for name in self._metadata
                if row[name] is not None
            }
        return raw, faults

    def _responses(self, row: Raw) -> list[Raw]:
        found = []
        for name in self._texts:
            text = row[f"response.{name}"]
            model = row[f"model.{name}"] if name in self._models else None
            if text is None and model is None:
                continue
            response = {"id": name, "text": "" if text is None else text}
            found.append(response if model is None else response | {"model": model})
        return found

    def column(self, field: str, raw: Raw) -> str:
        """The column that a field of `raw` came from, for a person who looks at columns."""
        place = _PLACE.match(field) if self._texts else None
        if place is None:
            return field
        family = "model" if place[2] == "model" else "response"
        return f"{family}.{printable(raw['responses'][int(place[1])]['id'], 100)}"


def _header_faults(names: Sequence[str]) -> Faults:
    faults: Faults = {}
    for name, count in Counter(names).items():
        shown = printable(name, 100) or "(empty)"
        if not _known(name):
            note(faults, shown, _unknown(name))
        elif count > 1:
            note(faults, shown, N_("this column is given more than once"))
    for name in _REQUIRED:
        if name not in names:
            note(faults, name, N_("this column is missing"))
    _check_families(set(names), faults)
    return faults


def _known(name: str) -> bool:
    return name in _SINGLE or any(
        name.startswith(family) and name != family for family in _FAMILIES
    )


def _unknown(name: str) -> Message:
    head, dot, _ = name.partition(".")
    family = closest(head + dot, _FAMILIES) if dot else None
    if family is not None:
        return did_you_mean(_FAMILIES[family])
    return unknown_name(name, [*_SINGLE, *_FAMILIES.values()])


def _check_families(names: set[str], faults: Faults) -> None:
    in_columns = {name for name in names if name.startswith("response.")}
    if "responses" in names and in_columns:
        note(faults, "responses", N_("give either this column or response.<id> columns, not both"))
    if "responses" not in names and not in_columns:
        note(faults, "responses", N_("a column response.<id> is missing"))
    if "metadata" in names and any(name.startswith("metadata.") for name in names):
        note(faults, "metadata", N_("give either this column or metadata.<key> columns, not both"))
    for name in sorted(names):
        twin = "response." + name.removeprefix("model.")
        if name.startswith("model.") and twin not in names:
            note(faults, printable(name, 100), N_("there is no column response.<id> of that id"))


def _read_texts(raw: Raw, faults: Faults, literal: bool) -> None:
    """Put the value in place of each text that stands for one."""
    if isinstance(raw.get("tags"), str):
        raw["tags"] = raw["tags"].split("|")
    if "severity" in raw:
        raw["severity"] = _whole(raw["severity"])
    _replace(raw, "metadata", "metadata", faults)
    if literal:
        _read_response_metadata(raw, faults)
        return
    _replace(raw, "responses", "responses", faults)
    if isinstance(raw.get("prompt"), str) and raw["prompt"].lstrip().startswith("["):
        _replace(raw, "prompt", "prompt", faults, _is_conversation)


def _whole(value: Any) -> Any:
    """A number that is one digit of text, or a float because other rows have none, as an int."""
    if isinstance(value, str) and value.isascii() and len(value) == 1 and value.isdigit():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read_response_metadata(raw: Raw, faults: Faults) -> None:
    for place, response in enumerate(raw.get("responses") or ()):
        if isinstance(response, dict):
            _replace(response, "metadata", path(path("responses", place), "metadata"), faults)


def _anything(_: Any) -> bool:
    return True


def _replace(
    raw: Raw, name: str, where: str, faults: Faults, wanted: Callable[[Any], bool] = _anything
) -> None:
    """Parse `raw[name]` if it is text, and take the value if it is `wanted`."""
    if not isinstance(raw.get(name), str):
        return
    json = read_json(raw[name].encode(errors="surrogatepass"), where)
    if wanted(json.value):
        raw[name] = json.value
        for field, why in json.faults.items():
            note(faults, field, why)


def _is_conversation(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in value)
    )
