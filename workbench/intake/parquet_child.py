"""The process that decodes a Parquet file for `parquet_file`: the file is its standard input.

It writes lines of JSON: that it is ready, the columns, a line a row, and that it came to the end.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from typing import Any

import orjson

from workbench.intake.lines import too_long
from workbench.intake.parquet_file import END, MARGIN, READY
from workbench.intake.plain import Plain
from workbench.intake.rows import LINE, MIB, Header, Limits, Row
from workbench.intake.soundness import Faults, note, unsound


def main() -> None:
    """Decode standard input. The one argument is JSON: limits, and which columns if not our own."""
    within, columns = orjson.loads(sys.argv[1])
    limits, plain = Limits(**within), None if columns is None else Plain(**columns)
    _limit_memory(limits.decoder)
    # Only now: what the decoder itself takes is within the limit as well.
    from workbench.intake.parquet_decode import decoded_rows  # noqa: PLC0415

    with open(0, "rb") as file, io.FileIO(1, "wb") as raw, io.BufferedWriter(raw, MIB) as out:
        out.write(READY)
        for line in _lines(decoded_rows(file, limits, plain), limits):
            out.write(line)
        out.write(END)


def _limit_memory(most: int) -> None:
    if os.name != "posix":
        return
    import resource  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _lines(rows: Iterator[Row], limits: Limits) -> Iterator[bytes]:
    columns: Header | None = None
    for row in rows:
        if columns is None and row.columns is not None:
            columns = row.columns
            yield _line({"columns": columns.names, "literal": columns.literal})
        yield _row_line(row, limits.line)


def _row_line(row: Row, most: int) -> bytes:
    faults: Faults = dict(row.faults)
    for field, why in unsound(row.data).items():
        note(faults, field, why)
    line = _written(row, row.data, faults)
    if len(line) > most + MARGIN:
        return _written(row, None, {LINE: too_long(most)})
    return line


def _written(row: Row, data: dict[str, Any] | None, faults: Faults) -> bytes:
    reasons = {field: (why.text, why.values) for field, why in faults.items()}
    fields = {"number": row.number, "faults": reasons, "fatal": row.fatal}
    try:
        return _line(fields | {"data": data})
    except TypeError:
        # Half a surrogate pair or the like: it is among the faults, and has no JSON.
        return _line(fields | {"data": None})


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n"


if __name__ == "__main__":
    main()
