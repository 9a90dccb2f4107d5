"""Reading a file of judgments that Workbench did not write: CSV or JSON lines, one a line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from workbench.cli.failures import Failure

_JSON_LINES = {".jsonl", ".ndjson", ".json"}


@dataclass(frozen=True)
class Columns:
    """What the columns are called. None: as we call it, if there is such a column."""

    item: str | None = None
    reviewer: str | None = None
    value: str | None = None
    gold: str | None = None


@dataclass(frozen=True, eq=False)
class LongTable:
    """`judgments` has item, reviewer, unit, value; `gold` item, unit, value, or is None.

    Without a column of reviewers it is `anonymous`: "reviewer" is a judgment's place in its item.
    """

    judgments: pd.DataFrame
    gold: pd.DataFrame | None
    anonymous: bool


def read_long(path: Path, columns: Columns) -> LongTable:
    """Read a file whole. Raises Failure, naming file, line and column, for the first bad line."""
    rows = _Rows(path, columns)
    for line, record in records(path):
        rows.add(line, record)
    return rows.done()


@dataclass(eq=False)
class _Rows:
    """Checked line by line."""

    path: Path
    columns: Columns
    #: Our names of the columns that the file has, to its own; known with the first line.
    names: dict[str, str] = field(default_factory=dict)
    found: list[tuple[str, str, str]] = field(default_factory=list)
    said: dict[tuple[str, str], int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    gold: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, line: int, record: dict[str, Any]) -> None:
        if not self.names:
            self.names = _names(self.path, self.columns, record)
        item = self._needed(line, record, "item")
        self._truth(line, record, item)
        value = self._cell(line, record, "value")
        if value is None:
            return
        reviewer = self._reviewer(line, record, item)
        before = self.said.setdefault((item, reviewer), line)
        if before != line:
            why = f"reviewer {reviewer} has judged item {item} in line {before} already"
            raise fault(self.path, line, self.names["reviewer"], why)
        self.found.append((item, reviewer, value))

    def done(self) -> LongTable:
        if not self.found:
            raise fault(self.path, 1, self.names.get("value", "file"), "there are no judgments")
        judgments = pd.DataFrame(self.found, columns=["item", "reviewer", "value"]).assign(unit="")
        truths = [(item, "", value) for item, (value, _) in self.gold.items()]
        gold = pd.DataFrame(truths, columns=["item", "unit", "value"]) if truths else None
        return LongTable(judgments, gold, "reviewer" not in self.names)

    def _reviewer(self, line: int, record: dict[str, Any], item: str) -> str:
        if "reviewer" in self.names:
            return self._needed(line, record, "reviewer")
        self.places[item] = self.places.get(item, 0) + 1
        return str(self.places[item])

    def _truth(self, line: int, record: dict[str, Any], item: str) -> None:
        if "gold" not in self.names:
            return
        value = self._cell(line, record, "gold")
        if value is None:
            return
        before, at = self.gold.setdefault(item, (value, line))
        if before != value:
            why = f"is {value} here and {before} in line {at}, for item {item}"
            raise fault(self.path, line, self.names["gold"], why)

    def _needed(self, line: int, record: dict[str, Any], column: str) -> str:
        value = self._cell(line, record, column)
        if value is None:
            raise fault(self.path, line, self.names[column], "is empty")
        return value

    def _cell(self, line: int, record: dict[str, Any], column: str) -> str | None:
        """A cell as text, None where it is empty or absent."""
        name = self.names[column]
        value = record.get(name)
        if isinstance(value, (dict, list)):
            raise fault(self.path, line, name, "is a list or an object, and needs to be one value")
        if value is None or isinstance(value, str):
            return (value or "").strip() or None
        return orjson.dumps(value).decode()


def _names(path: Path, columns: Columns, record: dict[str, Any]) -> dict[str, str]:
    """Our names to those of the file. Raises Failure where one that is needed is not there."""
    names = {}
    for ours in ("item", "reviewer", "value", "gold"):
        asked: str | None = getattr(columns, ours)
        name = asked or ours
        if name in record:
            names[ours] = name
        elif asked is not None or ours in {"item", "value"}:
            there = ", ".join(map(str, record)) or "none"
            hint = "" if asked else f" (or name another one with --{ours})"
            raise fault(path, 1, name, f"there is no such column{hint}; there are: {there}")
    return names


def records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Records with the line that each starts on. Raises Failure for what cannot be read."""
    try:
        yield from _json_lines(path) if path.suffix.lower() in _JSON_LINES else _csv(path)
    except UnicodeDecodeError:
        raise Failure(f"{path}: is not UTF-8") from None


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise fault(path, number, "line", f"is not JSON: {error}") from None
            if not isinstance(record, dict):
                raise fault(path, number, "line", "is not a JSON object")
            yield number, record


def _csv(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        # A spreadsheet in Spanish parts cells with semicolons.
        delimiter = max(",;\t", key=first.count)
        reader = csv.reader(file, strict=True, delimiter=delimiter)
        try:
            header = next(reader, [])
            begins = reader.line_num + 1
            for cells in reader:
                if cells:
                    yield begins, _paired(path, begins, header, cells)
                begins = reader.line_num + 1
        except csv.Error as error:
            raise fault(path, reader.line_num, "line", f"is not CSV: {error}") from None


def _paired(path: Path, line: int, header: list[str], cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(header):
        why = f"has {len(cells)} cells, and the header has {len(header)}"
        raise fault(path, line, "line", why)
    return dict(zip(header, cells, strict=True))


def fault(path: Path, line: int, column: str, why: str) -> Failure:
    return Failure(f"{path}:{line}: {column}: {why}")
