"""A file or a stream: its kind told by its first bytes and its name, its hash taken on the way."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path, PurePath
from types import TracebackType
from typing import BinaryIO, Literal, Protocol, Self

from workbench.intake import gunzip
from workbench.intake.array import array_rows
from workbench.intake.csv_file import csv_rows
from workbench.intake.lines import BOM, cannot_read, json_lines
from workbench.intake.parquet_file import parquet_rows
from workbench.intake.plain import Plain
from workbench.intake.rows import FILE, Limits, Row, Unreadable
from workbench.messages import N_

Kind = Literal["jsonl", "csv", "parquet"]
Form = Literal["lines", "json"]

_HEAD = 1024
_BUFFER = 256 * 1024
PARQUET = b"PAR1"
_REFUSED = {
    b"PK\x03\x04": N_("is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"),
    b"PK\x05\x06": N_("is an empty zip archive"),
    b"BZh": N_("is packed with bzip2; unpack it, or use gzip"),
    b"\xfd7zXZ\x00": N_("is packed with xz; unpack it, or use gzip"),
    b"(\xb5/\xfd": N_("is packed with zstd; unpack it, or use gzip"),
    b"7z\xbc\xaf\x27\x1c": N_("is a 7z archive; unpack it first"),
    b"Rar!": N_("is a rar archive; unpack it first"),
    b"\xff\xfe": N_("is UTF-16; save it as UTF-8"),
    b"\xfe\xff": N_("is UTF-16; save it as UTF-8"),
}
_NOT_LINES = N_("is not JSON lines, and nothing else is read here")
_TAR = (257, b"ustar")
_KINDS: dict[str, Kind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}


#: What makes rows of unpacked bytes.
Reader = Callable[[io.BufferedReader, Limits], Iterator[Row]]


class ByteStream(Protocol):
    """What a source needs of a stream: up to `size` bytes a read, and b"" at the end."""

    def read(self, size: int = ..., /) -> bytes | None: ...


class _Tap:
    """Passes bytes on, counting and hashing them."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()
        self.position = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size) or b""
        self.sha256.update(data)
        self.position += len(data)
        return data


class _Bracketed:
    """One value as the only entry of an array, so that it is read as arrays are: bit by bit."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._before, self._after = b"[", b"]"

    def read(self, size: int) -> bytes:
        if self._before:
            data, self._before = self._before, b""
            return data
        if data := self._read(size):
            return data
        data, self._after = self._after, b""
        return data


class _Peekable(io.RawIOBase):
    """A raw stream over a read function, whose first bytes can be looked at beforehand."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._ahead = b""
        self._failure: Unreadable | None = None

    def head(self, size: int) -> bytes:
        """The first `size` bytes, fewer only if there are no more. A failure waits for its turn."""
        try:
            while len(self._ahead) < size and (more := self._read(size - len(self._ahead))):
                self._ahead += more
        except Unreadable as error:
            self._failure = error
        return self._ahead

    def take(self, size: int) -> bytes:
        """Up to `size` bytes, b"" at the end."""
        if not self._ahead:
            if self._failure is not None:
                raise self._failure
            return self._read(size)
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Source:
    """One thing to read. Use it in a `with`, take `rows` once, then ask for `sha256`.

    A path is opened by `rows` and closed by the `with`; a stream that was given stays open.
    """

    def __init__(
        self,
        given: str | os.PathLike[str] | ByteStream,
        name: str,
        limits: Limits,
        form: Form | None = None,
    ) -> None:
        self._given = given
        self._form = form
        self._opened: BinaryIO | None = None
        self._tap: _Tap | None = None
        self.name = name
        self.limits = limits
        self.size = _size(given)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._opened is not None:
            self._opened.close()

    @property
    def position(self) -> int:
        """Bytes read so far, packed as they are; with `size` (None for a pipe) it is progress."""
        return self._tap.position if self._tap else 0

    @property
    def sha256(self) -> str:
        """Of the bytes read so far: of the whole source once `rows` came to its end unbroken."""
        return self._tap.sha256.hexdigest() if self._tap else hashlib.sha256().hexdigest()

    def rows(
        self,
        *,
        lines_only: bool = False,
        or_array: bool = False,
        reader: Reader | None = None,
        plain: Plain | None = None,
    ) -> Generator[Row]:
        """Every record of the source. What cannot be read is a last, fatal row.

        `lines_only`: so is a source of another kind than JSON lines; with `or_array` it may be one
        JSON array of objects as well. `reader` makes rows of the unpacked bytes, whatever their
        kind; it may raise Unreadable. `plain`: which columns of CSV and Parquet are read as they
        stand.
        """
        try:
            stream = self._stream()
            self._tap = _Tap(stream)
            raw = self._unpacked(_Peekable(self._tap.read))
            if reader is not None:
                yield from reader(io.BufferedReader(raw, _BUFFER), self.limits)
            else:
                yield from self._rows(raw, lines_only, or_array, plain)
        except Unreadable as error:
            yield Row(1, b"", None, {FILE: error.why}, fatal=True)
        except OSError as error:
            yield Row(1, b"", None, {FILE: cannot_read(error)}, fatal=True)

    def _stream(self) -> ByteStream:
        if isinstance(self._given, (str, os.PathLike)):
            try:
                self._opened = Path(self._given).open("rb")  # noqa: SIM115 (__exit__ closes it)
            except ValueError:
                raise Unreadable(N_("has a name that no file can have")) from None
            return self._opened
        return self._given

    def _unpacked(self, raw: _Peekable) -> _Peekable:
        if raw.head(_HEAD).startswith(gunzip.MAGIC):
            raw = _Peekable(gunzip.Gunzip(raw.take, self.limits).read)
            if raw.head(_HEAD).startswith((gunzip.MAGIC, PARQUET)):
                raise Unreadable(N_("holds another packed file; unpack it first"))
        elif self._form is None and self.name.lower().endswith(".gz"):
            raise Unreadable(N_("is named .gz but is no gzip"))
        return raw

    def _rows(
        self, raw: _Peekable, lines_only: bool, or_array: bool, plain: Plain | None
    ) -> Iterator[Row]:
        head = raw.head(_HEAD)
        if self._form is not None:
            yield from self._json(raw, head, self._form)
            return
        kind = _kind(head, self.name.lower().removesuffix(".gz"))
        if lines_only and kind != "jsonl":
            raise Unreadable(_NOT_LINES)
        if or_array and head.removeprefix(BOM).lstrip().startswith(b"["):
            yield from array_rows(io.BufferedReader(raw, _BUFFER), self.limits)
            return
        if kind == "parquet":
            yield from self._parquet(raw, plain)
        else:
            reader = partial(csv_rows, plain=plain) if kind == "csv" else json_lines
            yield from reader(io.BufferedReader(raw, _BUFFER), self.limits)

    def _json(self, raw: _Peekable, head: bytes, form: Form) -> Iterator[Row]:
        """What is said to be JSON is read as that, whatever its name."""
        if _kind(head, "") == "parquet":
            raise Unreadable(_NOT_LINES)
        if form == "lines":
            yield from json_lines(io.BufferedReader(raw, _BUFFER), self.limits)
            return
        if not head.removeprefix(BOM).lstrip().startswith(b"["):
            raw = _Peekable(_Bracketed(raw.take).read)
        yield from array_rows(io.BufferedReader(raw, _BUFFER), self.limits)

    def _parquet(self, raw: _Peekable, plain: Plain | None) -> Iterator[Row]:
        """Parquet is read from its end, so that the whole of it must be at hand.

        A file is: what remains of it is hashed only when its rows were read, so that who wants the
        first of them does not wait for all bytes.
        """
        if self._opened is not None and self._opened.seekable():
            yield from parquet_rows(self._opened, self.limits, plain)
            self._opened.seek(self.position)
            while raw.take(_BUFFER):
                pass
            return
        with tempfile.TemporaryFile() as spool:
            self._spool(raw, spool)
            spool.flush()
            yield from parquet_rows(spool, self.limits, plain)

    def _spool(self, raw: _Peekable, spool: BinaryIO) -> None:
        while data := raw.take(_BUFFER):
            spool.write(data)
            if spool.tell() > self.limits.spooled:
                raise Unreadable(N_("is larger than %(most)d bytes", most=self.limits.spooled))


def open_source(
    given: str | os.PathLike[str] | ByteStream,
    name: str | None = None,
    limits: Limits | None = None,
    form: Form | None = None,
) -> Source:
    """A path or a binary stream (seekable or not) to read from. Never raises: see `Source.rows`.

    `name` is what problems call it, and its ending helps to tell what it is; a path is its own.
    `form`: it is said to be JSON: lines of objects, or one value, an array of objects or an object.
    """
    if name is None:
        name = os.fspath(given) if isinstance(given, (str, os.PathLike)) else "-"
    return Source(given, name, limits or Limits(), form)


def _size(given: object) -> int | None:
    if not isinstance(given, (str, os.PathLike)):
        return None
    try:
        return Path(given).stat().st_size if Path(given).is_file() else None
    except (OSError, ValueError):
        return None


def _kind(head: bytes, name: str) -> Kind:
    """What a source is. Raises Unreadable for what is none of the kinds read here."""
    for magic, why in _REFUSED.items():
        if head.startswith(magic):
            raise Unreadable(why)
    if head[_TAR[0] :].startswith(_TAR[1]):
        raise Unreadable(N_("is a tar archive; unpack it first"))
    if head.startswith(PARQUET):
        return "parquet"
    kind = _KINDS.get(PurePath(name).suffix)
    if kind == "parquet":
        raise Unreadable(N_("is named .parquet but is no Parquet file"))
    return kind or _guess(head)


def _guess(head: bytes) -> Kind:
    text = head.removeprefix(BOM).lstrip()
    first_line = text.partition(b"\n")[0]
    if text.startswith((b"{", b"[")) or not any(mark in first_line for mark in (b",", b";", b"\t")):
        return "jsonl"
    return "csv"
