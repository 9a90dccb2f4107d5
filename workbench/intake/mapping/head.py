"""The beginning of a table: what its columns are called and what stands in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from workbench.intake.flat import Columns
from workbench.intake.plain import Plain
from workbench.intake.problems import printable
from workbench.intake.rows import FILE, LINE, Row
from workbench.intake.source import Source
from workbench.messages import N_, Invalid

#: Rows that are looked at, columns that can be matched on a page, and code points of a sample.
ROWS, COLUMNS, SAMPLE = 100, 200, 80


@dataclass(frozen=True, slots=True)
class Head:
    """`columns` that can be read, each with a name of its own, in the order of the file; `rows` as
    {column: value}; `table`: it has a header (CSV, Parquet), and `own`: that has Workbench's own
    names."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    table: bool
    own: bool

    def samples(self, column: str, most: int = 3) -> list[str]:
        """The first different values of a column, cut, fit to be shown."""
        values = (in_short(row[column]) for row in self.rows if column in row)
        return list(islice(dict.fromkeys(value for value in values if value), most))

    def words(self, column: str) -> set[str]:
        """All the values in a column, as text."""
        return {as_text(row[column]).strip() for row in self.rows if column in row} - {""}


def read_head(source: Source) -> Head:
    """The first rows. Raises Invalid at "file" where there are none, or none can be read."""
    rows: list[dict[str, Any]] = []
    names: tuple[str, ...] | None = None
    with source:
        for row in _first(source):
            if row.fatal:
                raise Invalid({FILE: _why(row)})
            if row.columns is not None:
                names = row.columns.names
            if row.data is not None:
                rows.append(row.data)
    if not rows:
        raise Invalid({FILE: N_("has no rows that can be read")})
    if names is None:
        header = tuple(dict.fromkeys(name for row in rows for name in row))
        return Head(tuple(filter(None, header)), tuple(rows), table=False, own=False)
    count = Counter(names)
    columns = tuple(name for name in names if name and count[name] == 1)
    return Head(columns, tuple(rows), table=True, own=not Columns(names).faults)


def _first(source: Source) -> Iterator[Row]:
    rows = source.rows(or_array=True, plain=Plain())
    try:
        yield from islice(rows, ROWS)
    finally:
        rows.close()


def _why(row: Row) -> Any:
    return row.faults.get(FILE) or row.faults.get(LINE) or next(iter(row.faults.values()))


def as_text(value: Any) -> str:
    """A value as CSV would have it; what is a list or an object as JSON."""
    if isinstance(value, str):
        return value
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def in_short(value: Any) -> str:
    """The beginning of a value in one line."""
    return printable(" ".join(as_text(value)[: 4 * SAMPLE].split()), SAMPLE)
