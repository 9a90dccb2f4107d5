"""Records of one item that stand apart, in one file or in several, brought together.

All records are set aside first, in a file without a name; memory holds where each of them begins.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import IO, Any

import orjson

from workbench.intake.plain import Plain
from workbench.intake.problems import printable
from workbench.intake.read import Line, problem_line
from workbench.intake.rows import MIB, Row
from workbench.intake.source import Reader, Source
from workbench.intake.tools.base import Gather, Given, Made, Part, Place
from workbench.messages import Invalid

_IN_MEMORY = 8 * MIB
#: How many files a joined source is named by.
_NAMED = 3


class Together(Source):
    """Several sources that are read as one. Its hash is the hash of theirs, one a line."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        names = ", ".join(source.name for source in sources[:_NAMED])
        more = f", +{len(sources) - _NAMED}" if len(sources) > _NAMED else ""
        super().__init__(io.BytesIO(), names + more, sources[0].limits)
        sizes = [source.size for source in sources]
        self.size = None if None in sizes else sum(size or 0 for size in sizes)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for source in self._sources:
            source.__exit__(kind, error, trace)

    @property
    def position(self) -> int:
        return sum(source.position for source in self._sources)

    @property
    def sha256(self) -> str:
        hashes = "\n".join(source.sha256 for source in self._sources)
        return hashlib.sha256(hashes.encode()).hexdigest()

    def rows(
        self,
        *,
        lines_only: bool = False,
        or_array: bool = False,
        reader: Reader | None = None,
        plain: Plain | None = None,
    ) -> Generator[Row]:
        """The records of all sources, each with the name of its file."""
        for source in self._sources:
            rows = source.rows(lines_only=lines_only, or_array=or_array, reader=reader, plain=plain)
            for row in rows:
                yield replace(row, file=source.name)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The records of one item. `number` counts the items from 1."""

    number: int
    rows: tuple[Row, ...]
    _gather: Gather
    _name: str

    @property
    def raw(self) -> bytes:
        """The records as they stood in their files."""
        return b"\n".join(row.raw for row in self.rows)

    def make(self, given: Given) -> Made:
        """What they become. What is wrong with another than the first is named with its place."""
        first, *others = self.rows
        parts = [self._part(first, ""), *(self._part(row, _place(row)) for row in others)]
        return self._gather.make(parts, given)

    def _part(self, row: Row, place: str) -> Part:
        return Part(row.file or self._name, Place(row.data, place))


def _place(row: Row) -> str:
    file = printable(row.file.rpartition("/")[2], 60)
    return f"{file}:{row.number}" if file else f"record {row.number}"


def gathered(source: Source, rows: Iterable[Row], gather: Gather) -> Iterator[Line[Any] | Gathered]:
    """What is wrong with single records as they come, then the items in order of their first."""
    begins: dict[str, list[int]] = {}
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        for row in rows:
            name = row.file or source.name
            if row.data is None or row.faults:
                yield problem_line(name, row, row.faults)
                continue
            try:
                key = gather.key(Part(name, Place(row.data)))
            except Invalid as error:
                yield problem_line(name, row, error.errors)
                continue
            begins.setdefault(key, []).append(_put(spool, row))
        for number, places in enumerate(begins.values(), 1):
            found = tuple(_get(spool, place) for place in places)
            yield Gathered(number, found, gather, source.name)


def _put(spool: IO[bytes], row: Row) -> int:
    """Set a record aside. Where it begins."""
    begin = spool.seek(0, io.SEEK_END)
    raw = row.raw.decode(errors="replace")
    spool.write(orjson.dumps([row.number, row.file, row.sound, raw, row.data]) + b"\n")
    return begin


def _get(spool: IO[bytes], begin: int) -> Row:
    spool.seek(begin)
    number, file, sound, raw, data = orjson.loads(spool.readline())
    return Row(number, raw.encode(), data, sound=sound, file=file)
