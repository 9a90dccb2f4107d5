"""A table whose columns are matched by a mapping, read as the files of other tools are.

What comes out goes through the same readers and checks as Workbench's own columns: an item cannot
be another one than the same cells give under the own names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from workbench.intake.flat import Columns
from workbench.intake.mapping.answers import Judged, answer_of, in_words, says_something
from workbench.intake.mapping.base import CONTEXT, ColumnMapping, check_mapping
from workbench.intake.plain import Plain, PlainColumns, no_such_column, shown
from workbench.intake.rows import FILE, Row
from workbench.intake.soundness import Faults
from workbench.intake.source import Source
from workbench.intake.tools.base import Given, Made, Place, Tool, made_id
from workbench.intake.tools.tongues import code_of
from workbench.messages import N_, Invalid
from workbench.task_types.base import TaskType

#: What an import by a mapping is called where other tools have their names.
NAME = "mapping"

_OF_ITEM = re.compile(r"item\.?(.*)", re.DOTALL)
_OF_JUDGMENT = re.compile(r"judgment(?:\[([0-9]+)\])?\.?(.*)", re.DOTALL)
_HEAD = re.compile(r"[a-z]+")
#: Parts in which no word stands for another one.
_AS_IT_STANDS = frozenset({"reviewer", "reason", "better_response", "at", "answer"})


def table_tool(mapping: ColumnMapping, task_type: TaskType) -> Tool:
    """What reads a table by this mapping. Raises Invalid, by field, where none can be read so."""
    check_mapping(mapping, task_type)
    table = _Table(mapping)
    return Tool(
        name=NAME,
        title="matched columns",
        types=(task_type.slug,),
        options=(),
        without=N_("columns that no field is read from"),
        make=table.make,
        rows=table.rows,
        told={"mapping": mapping.as_dict(), "type": task_type.slug},
    )


class _Table:
    def __init__(self, mapping: ColumnMapping) -> None:
        self._mapping = mapping
        self._own = mapping.of_item
        self._flat = Columns(self._own)
        self._literal = Columns(self._own, literal=True)
        self._judgments = mapping.of_judgments
        self._columns = {i: mapping.columns[f"response.{i}"] for i in mapping.responses}
        self._shown = {column: shown(column) for column in mapping.read}
        self._has_context = CONTEXT in mapping.fields

    def rows(self, source: Source) -> Iterator[Row]:
        """The rows of a source, {column: value}; that a column is not there is a fatal one."""
        seen: set[str] = set()
        number = 0
        matched = _Matched(self)
        for row in source.rows(or_array=True, plain=Plain(self._mapping.read)):
            number = row.number
            # A header is checked by its reader; JSON has none, and may leave out what is empty.
            if row.columns is None and row.data is not None:
                seen |= row.data.keys()
            yield replace(row, columns=matched, sound=False)
        if not number:
            yield Row(1, b"", None, {FILE: N_("has no rows under its header")}, fatal=True)
        missing = [name for name in self._mapping.read if seen and name not in seen]
        if missing:
            faults = {shown(name): no_such_column(sorted(seen)) for name in missing}
            yield Row(number, b"", None, faults, fatal=True)

    def item(self, record: dict[str, Any]) -> tuple[dict[str, Any], Faults]:
        """The item in a row, as the own format has it."""
        cells = [self._cell(record, name) for name in self._own]
        given = dict(zip(self._own, cells, strict=True))
        columns = self._literal if isinstance(given.get("responses"), list) else self._flat
        raw, faults = columns.item([given[name] for name in self._own])
        if "language" in raw and isinstance(raw["language"], str):
            raw["language"] = code_of(raw["language"]) or raw["language"]
        if not faults and "id" not in raw:
            raw["id"] = _made_id(raw)
        return raw, faults

    def _cell(self, record: dict[str, Any], name: str) -> Any:
        if name in self._mapping.constants:
            return self._mapping.constants[name]
        value = record.get(self._mapping.columns.get(name, ""))
        if name == "id":
            return in_words(value)
        if name == "prompt" and self._has_context:
            return _joined(value, self._cell(record, CONTEXT))
        return value

    def make(self, place: Place, given: Given) -> Made:
        """A row as its item and the judgments in it."""
        record = place.value
        raw, faults = self.item(record)
        if faults:
            raise Invalid({f"item.{name}": why for name, why in faults.items()})
        judged = Judged(raw, self._columns, given)
        judgments = [self._judgment(n, said, judged) for n, said in self.said(record)]
        return Made(items=[raw], judgments=judgments)

    def said(self, record: dict[str, Any]) -> Iterator[tuple[int, dict[str, Place]]]:
        """The judgments in a row by their numbers: what was said, by part. A judgment of which no
        cell says anything is none."""
        for n, parts in self._judgments.items():
            found = {part: self._said(record, part, name) for part, name in parts.items()}
            said = {part: place for part, place in found.items() if place.given}
            if says_something(said):
                yield n, said

    def _said(self, record: dict[str, Any], part: str, name: str) -> Place:
        mapping = self._mapping
        if name in mapping.constants:
            return Place(mapping.constants[name], name)
        column = mapping.columns[name]
        value = record.get(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            return Place(None, self._shown[column])
        word = in_words(value)
        if isinstance(word, str) and part not in _AS_IT_STANDS:
            word = mapping.values.get(word.strip(), word)
        return Place(word, self._shown[column])

    def _judgment(self, n: int, said: dict[str, Place], judged: Judged) -> dict[str, Any]:
        if "reviewer" not in said:
            column = self._mapping.columns.get(f"judgment.{n}.reviewer", "reviewer")
            raise Invalid({shown(column): N_("is empty, and somebody judged")})
        raw: dict[str, Any] = {"item": judged.item["id"], "reviewer": said["reviewer"].value}
        raw["answer"] = answer_of(said, judged)
        if "at" in said:
            raw["at"] = said["at"].value
        return raw

    def column(self, field: str, record: dict[str, Any]) -> str:
        """The column that a field of what was made of a row came from."""
        of_judgment = _OF_JUDGMENT.fullmatch(field)
        if of_judgment is not None:
            return self._of_judgment(int(of_judgment[1] or 0), of_judgment[2], record)
        of_item = _OF_ITEM.fullmatch(field)
        return self._of_item(of_item[1], record) if of_item is not None else field

    def _of_item(self, own: str, record: dict[str, Any]) -> str:
        raw, _faults = self.item(record)
        own = self._flat.column(own, raw)
        head = _HEAD.match(own)
        for name in (own, head[0] if head else ""):
            if name in self._mapping.columns:
                return shown(self._mapping.columns[name])
        return own or "row"

    def _of_judgment(self, at: int, rest: str, record: dict[str, Any]) -> str:
        """The column of the part, or else of the first that says what was judged."""
        said = [each for _n, each in self.said(record)]
        if at >= len(said):
            return f"judgment.{rest}"
        first = next(place for part, place in said[at].items() if says_something([part]))
        part = rest.removeprefix("answer.")
        return said[at].get(part, first).path


class _Matched(PlainColumns):
    """The columns of a table, for naming what is wrong."""

    def __init__(self, table: _Table) -> None:
        super().__init__((), None)
        self._table = table

    def column(self, field: str, raw: dict[str, Any]) -> str:
        """The column that a field of what was made of the row `raw` came from."""
        return self._table.column(field, raw)


def _joined(prompt: Any, context: Any) -> Any:
    """A prompt with what follows it, where both are texts; else what is no prompt."""
    texts = [prompt, context]
    there = [text for text in texts if text is not None and text != ""]
    if len(there) == 2 and all(isinstance(text, str) for text in there):
        return "\n\n".join(there)
    return there[0] if len(there) == 1 else (there or None)


def _made_id(raw: dict[str, Any]) -> str:
    """The same id for the same contents."""
    try:
        written = orjson.dumps(raw, default=str, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Half a surrogate pair or the like: it is found when the item is checked.
        return "row"
    return made_id("row", written.decode())
