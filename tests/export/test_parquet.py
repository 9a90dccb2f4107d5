"""Rows as Parquet are the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet
import pytest

from workbench.export import parquet

#: The first rows of a column say nothing of its type, and a list is empty at first.
ROWS: list[dict[str, Any]] = [
    {"id": f"i{n}", "strength": None if n < 500 else 1.5, "n": n,
     "messages": [] if n < 500 else [{"role": "user", "content": "¿Sí?\u2028"}]}
    for n in range(1_000)
]  # fmt: skip


def _written(tmp_path: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    source, target = tmp_path / "rows.jsonl", tmp_path / "rows.parquet"
    source.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    with target.open("wb") as stream:
        parquet.to_parquet(source, stream)
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(target).to_pylist()
    return found


@pytest.mark.parametrize("part", [1 << 10, 8 << 20])
def test_they_are_the_same_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(parquet, "_PART", part)
    assert _written(tmp_path, ROWS) == ROWS


def test_no_rows_are_an_empty_table(tmp_path: Path) -> None:
    assert _written(tmp_path, []) == []
