"""What was read of a file and found good, set aside until it is stored.

Reading and checking take long, and the database waits for one writer at a time. So a source is read
to its end first; what is good goes to a spool, what is wrong into a report, and only then is a
transaction opened. The spool is in memory while it is small, and else in a file without a name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self, TypeVar

import orjson

from workbench.intake import Line, Problem, Report, Source
from workbench.intake.rows import MIB
from workbench.messages import Message

T = TypeVar("T")

#: (step, done, of how many): bytes of the source while it is read, lines while they are stored.
#: None: nobody knows how many.
Progress = Callable[[Literal["read", "store"], int, int | None], None]

#: Rows a statement writes, and the bytes after which it takes fewer.
BATCH = 1_000
BATCH_BYTES = 16 * MIB

_IN_MEMORY = 8 * MIB


class Rejected(Exception):
    """Lines are wrong, and so nothing is stored. `report` says which and why."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(str(report))


@dataclass(frozen=True)
class ImportCounts:
    """What came of a file: lines that are new here, were here already, replaced what was here, and
    lines left out because something is wrong with them."""

    new: int = 0
    same: int = 0
    revised: int = 0
    rejected: int = 0

    def as_dict(self) -> dict[str, int]:
        """For the database and the audit trail."""
        return {
            "new": self.new,
            "same": self.same,
            "revised": self.revised,
            "rejected": self.rejected,
        }


def no_progress(step: Literal["read", "store"], done: int, of: int | None) -> None:
    """For whom nobody watches."""


class Prepared:
    """A source that was read to its end. Use it in a `with`.

    `report` has what is wrong so far. With `reject_to`, wrong lines are written there as JSON, with
    their reasons, and the rest can be stored; without, `refused` as soon as one line is wrong.
    """

    def __init__(
        self, source: Source, reject_to: BinaryIO | None = None, progress: Progress = no_progress
    ) -> None:
        self.name = source.name
        self.report = Report()
        self.progress = progress
        self.sha256 = ""
        #: Lines that are good, as far as can be told without storing them.
        self.count = 0
        #: Lines that were left out.
        self.rejected = 0
        self._unreadable = False
        self._source = source
        self._reject_to = reject_to
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (__exit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spool.close()

    @property
    def refused(self) -> bool:
        """Whether nothing of this may be stored: a line is wrong and none may be left out, or the
        source could not be read to its end."""
        return self._unreadable or (bool(self.report) and self._reject_to is None)

    def check(self) -> None:
        """Raises Rejected where `refused`."""
        if self.refused:
            raise Rejected(self.report)

    def watch(self, lines: Iterable[Line[T]]) -> Iterator[Line[T]]:
        """All lines of the source as they come. To be called once, and taken to the end."""
        for line in lines:
            yield line
            self.progress("read", self._source.position, self._source.size)
        self.sha256 = self._source.sha256

    def keep(self, line: Line[Any], record: Sequence[Any]) -> None:
        """Set a good line aside: its number, what it became (dataclasses come back as objects of
        JSON) and, if it may still have to be rejected, its text."""
        raw = line.raw.decode(errors="replace") if self._reject_to is not None else None
        self._spool.write(orjson.dumps([line.number, raw, *record]) + b"\n")
        self.count += 1

    def batches(self) -> Iterator[list[list[Any]]]:
        """What was kept, [number, text, ...], in batches that fit into memory."""
        self._spool.seek(0)
        done = 0
        for batch in in_batches(self._spool, len):
            yield [orjson.loads(line) for line in batch]
            done += len(batch)
            self.progress("store", done, self.count)

    def reject(self, line: Line[Any], faults: Mapping[str, Message]) -> None:
        """Leave a line out that seemed good until it was compared with what is stored."""
        problems = [Problem(self.name, line.number, field, why) for field, why in faults.items()]
        self.note(Line(line.number, line.raw, None, tuple(problems)))

    def reject_kept(self, kept: Sequence[Any], field: str, why: Message) -> None:
        """The same for a line that comes out of `batches`."""
        text = kept[1] or ""
        self.reject(Line(kept[0], text.encode(), None), {field: why})

    def note(self, line: Line[Any]) -> None:
        """Leave a wrong line out."""
        self.report.add(line.problems)
        self.rejected += 1
        self._unreadable = self._unreadable or line.fatal
        if self._reject_to is not None:
            self._reject_to.write(orjson.dumps(line.rejected()) + b"\n")


def in_batches(things: Iterable[T], weigh: Callable[[T], int]) -> Iterator[list[T]]:
    """The things in lists of at most BATCH, and shorter ones where BATCH_BYTES are reached."""
    batch: list[T] = []
    size = 0
    for thing in things:
        batch.append(thing)
        size += weigh(thing)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
