"""What every reader gives, and the limits that every reader keeps to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from workbench.messages import Message

if TYPE_CHECKING:
    from workbench.intake.soundness import Faults

MIB = 1024 * 1024

#: The field that a problem names when it is about the line, or about the file, as such.
LINE = "line"
FILE = "file"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a source may ask for. All sizes are bytes."""

    #: One line of JSON, or one row of CSV.
    line: int = 8 * MIB
    #: All that a gzip may unpack to.
    unpacked: int = 4096 * MIB
    #: Unpacked bytes to packed ones, once `ratio_from` bytes have come out.
    ratio: int = 200
    ratio_from: int = MIB
    #: A Parquet file that arrives as a stream and must be put down somewhere first.
    spooled: int = 4096 * MIB
    #: One row group of a Parquet file, unpacked, as its metadata state it.
    row_group: int = 1024 * MIB
    #: What a few dozen of its rows may unpack to, whatever the metadata state.
    batch: int = 256 * MIB
    #: Address space of the process that decodes a Parquet file.
    decoder: int = 2048 * MIB
    #: What a bad line keeps of an oversized original.
    kept: int = 64 * 1024


class Header(Protocol):
    """What the columns of one file mean. `faults` names those that nothing can be made of."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def literal(self) -> bool: ...

    @property
    def faults(self) -> Faults: ...

    def item(self, cells: Sequence[Any]) -> tuple[dict[str, Any], Faults]:
        """One row (a value or None for each column) as an object."""
        ...

    def column(self, field: str, raw: dict[str, Any]) -> str:
        """The column that a field of `raw` came from."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One record as a reader gives it. `number` is the physical line it starts on, from 1.

    `raw` holds the original bytes (empty where the format has none). `data` is None when nothing
    could be made of the record. `faults` maps fields to what is wrong. After a `fatal` row nothing
    follows: the rest of the source cannot be read. `columns` is None for JSON lines. `sound`: of
    all that `soundness` looks for, `faults` has what there is to find.
    """

    number: int
    raw: bytes
    data: dict[str, Any] | None = None
    faults: Mapping[str, Message] = field(default_factory=dict)
    fatal: bool = False
    columns: Header | None = None
    sound: bool = False
    #: The file that it stands in, where a source has several; else "".
    file: str = ""


class Unreadable(Exception):
    """The source cannot be read, or not any further. `why` is for a person."""

    def __init__(self, why: Message) -> None:
        self.why = why
        super().__init__(str(why))
