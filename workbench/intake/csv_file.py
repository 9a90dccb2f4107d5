"""CSV in UTF-8, parted by comma, semicolon or tab, quotes doubled (RFC 4180).

See `flat` for the columns.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from workbench.intake.flat import Columns
from workbench.intake.lines import physical_lines
from workbench.intake.plain import Plain
from workbench.intake.rows import FILE, LINE, Header, Limits, Row, Unreadable
from workbench.intake.strict_json import not_utf8
from workbench.messages import N_, Message

_DELIMITERS = ",;\t"

_CSV_ERRORS = {
    "unexpected end of data": N_("a quote that is opened here is never closed"),
    "'%s' expected after '\"'": N_(
        "something follows a closing quote; a quote inside a quoted cell is written twice"
    ),
    "new-line character seen in unquoted field": N_(
        "has a carriage return of its own; end lines with LF or CRLF"
    ),
    "field larger than field limit": N_("has a cell that is too large"),
}
_OTHER_ERROR = N_("is not a row of CSV")


class Feeder(Iterator[str]):
    """Gives physical lines as text to csv.reader, and knows what the current row was made of."""

    def __init__(self, stream: io.BufferedIOBase, limits: Limits) -> None:
        self._lines = physical_lines(stream, limits)
        self._limits = limits
        self.last = 0
        self.begin()

    def begin(self) -> None:
        """The next line starts a row."""
        self.start = self.last + 1
        self.raw: list[bytes] = []
        self.size = 0
        self.fault: Message | None = None

    def __next__(self) -> str:
        line = next(self._lines)
        if line.fatal and line.why is not None:
            raise Unreadable(line.why)
        self.last = line.number
        self.raw.append(line.data)
        self.size += len(line.data)
        if line.why is not None or self.size > self._limits.line:
            raise Unreadable(_too_large(self._limits.line))
        try:
            return line.data.decode()
        except UnicodeDecodeError as error:
            self.fault = self.fault or not_utf8(error)
            return line.data.decode(errors="replace")

    @property
    def bytes(self) -> bytes:
        """The row as it stands in the file."""
        return b"".join(self.raw)[: self._limits.line]


def _too_large(most: int) -> Message:
    return N_(
        "the row that starts here is longer than %(most)d bytes; is a quote never closed?",
        most=most,
    )


def csv_rows(
    stream: io.BufferedIOBase, limits: Limits, plain: Plain | None = None
) -> Iterator[Row]:
    """One row a record, numbered by the physical line it starts on. A bad header is fatal.

    So is a row over the limit: where its quotes end, and the next row begins, is not known.
    `plain`: which columns are read as they stand; None: they are called as in `flat`.
    """
    csv.field_size_limit(max(csv.field_size_limit(), limits.line))
    feeder = Feeder(stream, limits)
    try:
        header, delimiter = _header(feeder)
        columns = Columns(header) if plain is None else plain.of(header)
        if columns.faults:
            yield Row(feeder.start, feeder.bytes, None, columns.faults, fatal=True)
            return
        yield from _records(feeder, delimiter, columns)
    except Unreadable as error:
        yield Row(feeder.start, feeder.bytes, None, {FILE: error.why}, fatal=True)


def _header(feeder: Feeder) -> tuple[list[str], str]:
    """The column names and the delimiter: the one that parts the header into more of them."""
    first = next(feeder, "")
    if feeder.fault is not None:
        raise Unreadable(feeder.fault)
    if not first.strip():
        raise Unreadable(N_("has no header: the first line must name the columns"))
    found = _partings(first)
    delimiter = max(found, key=lambda mark: len(found[mark]))
    return [name.strip() for name in found[delimiter]], delimiter


def _partings(first: str) -> dict[str, list[str]]:
    """The header by each delimiter that can part it. Raises Unreadable if none can."""
    found: dict[str, list[str]] = {}
    why = _OTHER_ERROR
    for mark in _DELIMITERS:
        try:
            found[mark] = next(_reader([first], mark))
        except csv.Error as error:
            why = why_not(error)
    if not found:
        raise Unreadable(why)
    return found


def _reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=delimiter, strict=True)


def _records(feeder: Feeder, delimiter: str, columns: Header) -> Iterator[Row]:
    reader = _reader(feeder, delimiter)
    while True:
        feeder.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(feeder.start, feeder.bytes, None, {LINE: why_not(error)})
            continue
        if any(cells):
            yield _record(feeder, cells, columns)


def _record(feeder: Feeder, cells: list[str], columns: Header) -> Row:
    raw = feeder.bytes
    if feeder.fault is not None:
        return Row(feeder.start, raw, None, {LINE: feeder.fault})
    if len(cells) != len(columns.names):
        why = N_(
            "has %(found)d cells where the header has %(expected)d",
            found=len(cells),
            expected=len(columns.names),
        )
        return Row(feeder.start, raw, None, {LINE: why})
    data, faults = columns.item([cell or None for cell in cells])
    return Row(feeder.start, raw, data, faults, columns=columns)


def why_not(error: csv.Error) -> Message:
    """What is wrong with a row, in words of a person."""
    text = str(error).split(" (")[0].split(" - ")[0]
    for mark in _DELIMITERS:
        text = text.replace(f"'{mark}' expected", "'%s' expected")
    return _CSV_ERRORS.get(text, _OTHER_ERROR)
