"""The rows of a Parquet file, a few in memory at a time. Runs in the process of `parquet_child`.

Nested: `responses` is a list of structs; text stays text. Flat: the columns of `flat`. In both, a
null is an absent field, in structs too, since a struct must have the keys of every row. Or the
columns are read as they stand, and then those alone that are wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.intake.flat import Columns
from workbench.intake.parquet_file import damaged
from workbench.intake.plain import Plain, PlainColumns
from workbench.intake.rows import FILE, LINE, Header, Limits, Row, Unreadable
from workbench.intake.soundness import object_of
from workbench.messages import N_, Message

#: Rows in memory at once. Few, since a row may be encoded a thousand times smaller than it is: one
#: text of a megabyte, stored once, can be the value of every row.
_BATCH = 32
_BUFFER = 256 * 1024

_FAILURES = (
    pa.ArrowException,
    OSError,
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    MemoryError,
    RuntimeError,
)

Converter = Callable[[Any], Any]


def decoded_rows(file: BinaryIO, limits: Limits, plain: Plain | None = None) -> Iterator[Row]:
    """One row a record, numbered by its place in the file from 1. Needs a seekable file."""
    number = 0
    try:
        parquet = _open(file, limits)
        schema = parquet.schema_arrow
        columns = _columns(schema, plain)
        if columns.faults:
            yield Row(1, b"", None, columns.faults, fatal=True, columns=columns)
            return
        wanted = None
        if isinstance(columns, PlainColumns):
            wanted = columns.picked
            columns = PlainColumns(wanted, None)
        places = [schema.names.index(name) for name in wanted or ()]
        fields = schema if wanted is None else [schema.field(place) for place in places]
        converters = [_converter(field.type) for field in fields]
        for batch in _batches(parquet, limits.batch, wanted):
            for cells, why in _values(batch):
                number += 1
                yield _row(number, cells, why, converters, columns)
    except Unreadable as error:
        yield Row(number + 1, b"", None, {FILE: error.why}, fatal=True)
    except _FAILURES:
        yield Row(number + 1, b"", None, {FILE: damaged(number)}, fatal=True)


def _open(file: BinaryIO, limits: Limits) -> pq.ParquetFile:
    parquet = pq.ParquetFile(
        file, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True
    )
    metadata, most = parquet.metadata, limits.row_group
    for size in (metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)):
        if not 0 <= size <= most:
            raise Unreadable(
                N_("has a row group of %(size)d bytes; the most is %(most)d", size=size, most=most)
            )
    return parquet


def _columns(schema: pa.Schema, plain: Plain | None) -> Header:
    if plain is not None:
        return plain.of(schema.names)
    nested = "responses" in schema.names and _is_list(schema.field("responses").type)
    return Columns(schema.names, literal=nested)


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def _batches(
    parquet: pq.ParquetFile, most: int, wanted: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    names = None if wanted is None else list(wanted)
    for batch in parquet.iter_batches(batch_size=_BATCH, use_threads=False, columns=names):
        if batch.nbytes > most:
            raise Unreadable(N_("has rows that are too large"))
        # Asked for "a", Arrow also gives the columns that begin with "a.".
        found = batch.schema.names
        yield batch if names is None else batch.select([found.index(name) for name in names])


def _values(batch: pa.RecordBatch) -> Iterator[tuple[list[Any] | None, Message | None]]:
    """The cells of each row, or why there are none."""
    try:
        columns = [column.to_pylist() for column in batch.columns]
    except _FAILURES:
        yield from (_one_by_one(batch, place) for place in range(batch.num_rows))
        return
    for cells in zip(*columns, strict=True):
        yield list(cells), None


def _one_by_one(batch: pa.RecordBatch, place: int) -> tuple[list[Any] | None, Message | None]:
    cells = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            cells.append(column[place].as_py())
        except UnicodeDecodeError:
            return None, N_("the column %(name)s is not UTF-8", name=name)
        except _FAILURES:
            return None, N_("the column %(name)s has no readable value", name=name)
    return cells, None


def _row(
    number: int,
    cells: list[Any] | None,
    why: Message | None,
    converters: list[Converter],
    columns: Header,
) -> Row:
    if cells is None:
        return Row(number, b"", None, {LINE: why} if why else {})
    plain = [convert(cell) for convert, cell in zip(converters, cells, strict=True)]
    data, faults = columns.item(plain)
    return Row(number, b"", data, faults, columns=columns)


def _converter(kind: pa.DataType) -> Converter:
    """What makes the JSON value of an Arrow one: structs lose their nulls, maps become objects.

    Recursion ends: pyarrow opens no file whose types are nested more than 100 levels deep.
    """
    if pa.types.is_struct(kind):
        inner = {field.name: _converter(field.type) for field in kind}
        return lambda value: None if value is None else _without_nulls(value, inner)
    if pa.types.is_map(kind):
        item = _converter(kind.item_type)
        return lambda value: None if value is None else object_of([(k, item(v)) for k, v in value])
    if _is_list(kind):
        element = _converter(kind.value_type)
        return lambda value: None if value is None else [element(child) for child in value]
    return lambda value: value


def _without_nulls(value: dict[str, Any], inner: dict[str, Converter]) -> dict[str, Any]:
    return {key: inner[key](child) for key, child in value.items() if child is not None}
