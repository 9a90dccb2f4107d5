"""Records as lines of JSON, in batches of bounded size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

#: What can be pushed.
Records: TypeAlias = "Iterable[Mapping[str, Any]] | pd.DataFrame"

#: Bytes and lines of a batch, unless a single line is longer.
BATCH_BYTES, BATCH_LINES = 4 * 1024 * 1024, 5_000
_ROWS = 1_000


def batches(
    records: Records, most_bytes: int = BATCH_BYTES, most_lines: int = BATCH_LINES
) -> Iterator[tuple[bytes, int]]:
    """(lines, how many) of each batch. Raises TypeError or ValueError for what is not JSON."""
    batch, count = bytearray(), 0
    for number, record in enumerate(_records(records), 1):
        line = _line(record, number)
        if count and (len(batch) + len(line) > most_bytes or count >= most_lines):
            yield bytes(batch), count
            batch, count = bytearray(), 0
        batch += line
        count += 1
    if count:
        yield bytes(batch), count


def _records(records: Records) -> Iterator[Mapping[str, Any]]:
    if not hasattr(records, "iloc"):
        yield from records
        return
    table: Any = records
    for start in range(0, len(table), _ROWS):
        for row in table.iloc[start : start + _ROWS].to_dict("records"):
            # A cell that is empty is a field that is not there.
            yield {str(name): value for name, value in row.items() if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    """None, NaN and pandas' NA, by what only they do: not to be equal to themselves."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and value != value  # noqa: PLR0124


def _line(record: Mapping[str, Any], number: int) -> bytes:
    try:
        text = json.dumps(dict(record), ensure_ascii=False, allow_nan=False, default=_plain)
        return text.encode() + b"\n"
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"record {number}: {error}") from None


def _plain(value: Any) -> Any:
    """A number or an array of NumPy, or a time, as JSON has it."""
    for turn in ("tolist", "isoformat"):
        if hasattr(value, turn):
            return getattr(value, turn)()
    raise TypeError(f"{type(value).__name__} is nothing that JSON holds")
