"""Parquet, decoded by a process of its own.

The decoder is C++ that reads lengths and offsets out of the file and trusts a good many of them: a
few changed bytes are enough to make it abort, and a kilobyte can make it ask for a gigabyte. So it
gets little memory, no environment and nothing but the file, and what it does to itself is a problem
of the file. Rows come back as lines of JSON (see `parquet_child`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import orjson

from workbench.intake.flat import Columns
from workbench.intake.plain import Plain
from workbench.intake.rows import FILE, MIB, Header, Limits, Row, Unreadable
from workbench.messages import N_, Message

#: What a line may have beyond the item: its faults.
MARGIN = MIB
#: The first line, and the last.
READY = b'{"ready":true}\n'
END = b"{}\n"
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
#: What keeps the libraries from reserving address space that they will not use.
_FRUGAL = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1"}


def parquet_rows(file: BinaryIO, limits: Limits, plain: Plain | None = None) -> Iterator[Row]:
    """One row a record, numbered by its place in the file from 1.

    `file` is a real file, seekable, at any position. `plain`: which columns are read as they
    stand; None: they are called as in `flat`.
    """
    with _decoder(file, limits, plain) as lines:
        yield from _rows(lines, limits, plain)


def damaged(number: int) -> Message:
    """That nothing can be read after `number` rows."""
    if number:
        return N_("is damaged: the Parquet cannot be read from this row on")
    return N_("is no Parquet file, or one that cannot be read")


@contextmanager
def _decoder(file: BinaryIO, limits: Limits, plain: Plain | None) -> Iterator[IO[bytes]]:
    command = [sys.executable, "-P", "-m", "workbench.intake.parquet_child"]
    with subprocess.Popen(
        [*command, orjson.dumps([asdict(limits), plain and asdict(plain)]).decode()],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=MIB,
        env=_environment(),
    ) as process:
        try:
            yield cast("IO[bytes]", process.stdout)
        finally:
            process.kill()


def _environment() -> dict[str, str]:
    found = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    places = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return found | _FRUGAL | {"PYTHONPATH": places}


def _rows(lines: IO[bytes], limits: Limits, plain: Plain | None) -> Iterator[Row]:
    if lines.readline(len(READY)) != READY:
        raise Unreadable(N_("cannot be decoded: the decoder of Parquet did not start"))
    columns: Header | None = None
    number = 0
    while (line := lines.readline(limits.line + 2 * MARGIN)).endswith(b"\n"):
        found = orjson.loads(line)
        if "columns" in found:
            columns = _columns(found, plain)
        elif "number" in found:
            number = found["number"]
            yield _row(found, columns)
        else:
            return
    yield Row(number + 1, b"", None, {FILE: damaged(number)}, fatal=True)


def _columns(found: dict[str, Any], plain: Plain | None) -> Header:
    if plain is not None:
        return plain.of(found["columns"])
    return Columns(found["columns"], literal=found["literal"])


def _row(found: dict[str, Any], columns: Header | None) -> Row:
    faults = {field: Message(text, values) for field, (text, values) in found["faults"].items()}
    return Row(
        found["number"], b"", found["data"], faults, found["fatal"], columns=columns, sound=True
    )
