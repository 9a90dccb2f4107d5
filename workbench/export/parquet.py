"""JSON lines as Parquet: the same rows, column by column."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet

#: Bytes of rows that are held at once.
_PART = 8 << 20


def to_parquet(rows: Path, target: BinaryIO) -> None:
    """Write the rows of a file of JSON lines as Parquet, in their order.

    A column's type is what fits all rows, so the file is read twice; memory does not grow with it.
    A file without rows gives a table without columns.
    """
    schema = pa.schema([])
    for part in _parts(rows):
        found = pyarrow.json.read_json(io.BytesIO(part)).schema
        schema = pa.unify_schemas([schema, found], promote_options="permissive")
    # zstd: every reader of Parquet that trainers use knows it.
    with pyarrow.parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        if not schema.names:
            return
        options = pyarrow.json.ParseOptions(
            explicit_schema=schema, unexpected_field_behavior="error"
        )
        for part in _parts(rows):
            writer.write_table(pyarrow.json.read_json(io.BytesIO(part), parse_options=options))


def _parts(rows: Path) -> Iterator[bytes]:
    """Whole lines, about `_PART` bytes at a time."""
    with rows.open("rb") as stream:
        while lines := stream.readlines(_PART):
            yield b"".join(lines)
