from __future__ import annotations

import io
import os
import random
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.intake.samples import ITEM, item, items, json_lines, read, report
from workbench.intake import Limits, Line, open_source
from workbench.intake.parquet_file import _environment
from workbench.task_types.base import Item

RESPONSE = pa.struct({"id": pa.string(), "model": pa.string(), "text": pa.string()})


def as_parquet(table: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def nested(*raws: dict[str, Any], **options: Any) -> bytes:
    return as_parquet(pa.Table.from_pylist(list(raws)), **options)


MESSAGES = [{"role": "system", "content": "s"}, {"role": "user", "content": "[1]"}]
TWINS = [
    item(id="1", harm="vcr", metadata={"n": 5, "deep": {"list": [1.5, 2.0]}}),
    item(id="2", tags=[], metadata={"flag": True}),
    item(id="3", responses=[{"id": "a", "text": "", "metadata": {"seed": 7}}], metadata={}),
]


@pytest.mark.parametrize("prompt", ["¿Y?", MESSAGES, '[{"role": "user", "content": "x"}]'])
def test_nested_parquet_gives_the_items_of_its_json_twin(prompt: Any) -> None:
    twins = [raw | {"prompt": prompt} for raw in TWINS]
    assert items(nested(*twins), "f.parquet") == items(json_lines(*twins))


def test_row_groups_and_batches_are_numbered_on() -> None:
    raws = [item(id=str(i)) for i in range(300)]
    raws[256] = item(id="")
    found = report(nested(*raws, row_group_size=100), "f.parquet")
    assert found == ["f.parquet:257: id: is empty"]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_other_encodings_of_text_are_text(kind: pa.DataType) -> None:
    table = pa.Table.from_pylist([ITEM])
    place = table.schema.get_field_index("language")
    table = table.set_column(place, "language", table["language"].cast(kind))
    assert items(as_parquet(table), "f.parquet") == items(json_lines(ITEM))


def test_metadata_may_be_a_map_or_json_text() -> None:
    twin = item(metadata={"a": "1", "b": "2"})
    table = pa.Table.from_pylist([item()]).drop_columns("metadata")
    as_map = pa.array([[("a", "1"), ("b", "2")]], pa.map_(pa.string(), pa.string()))
    as_text = pa.array(['{"a": "1", "b": "2"}'])
    for column in (as_map, as_text):
        data = as_parquet(table.append_column("metadata", column))
        assert items(data, "f.parquet") == items(json_lines(twin))


def test_a_key_that_a_map_has_twice_is_named() -> None:
    table = pa.Table.from_pylist([item()]).drop_columns("metadata")
    column = pa.array([[("a", 1), ("a", 2)]], pa.map_(pa.string(), pa.int64()))
    assert report(as_parquet(table.append_column("metadata", column)), "f.parquet") == [
        "f.parquet:1: metadata.a: the key a is given more than once"
    ]


def test_metadata_of_a_response_may_be_json_text() -> None:
    responses = [{"id": "a", "text": "t", "metadata": '{"seed": 7}'}]
    twin = [{"id": "a", "text": "t", "metadata": {"seed": 7}}]
    found = items(nested(item(responses=responses)), "f.parquet")
    assert found == items(json_lines(item(responses=twin)))
    responses[0]["metadata"] = "{"
    (line,) = report(nested(item(responses=responses)), "f.parquet")
    assert line.startswith("f.parquet:1: responses[0].metadata: is not JSON: ")


def test_flat_parquet_gives_the_items_of_its_json_twin() -> None:
    frame = pd.DataFrame(
        {
            "id": ["1", "2"],
            "language": ["es-CO", "en"],
            "prompt": ["¿Qué?", '[{"role": "user", "content": "x"}]'],
            "response.a": ["uno", ""],
            "model.a": ["m1", None],
            "response.b": [None, "dos"],
            "tags": ["x|y", None],
            "metadata.score": [0.5, None],
        }
    )
    out = io.BytesIO()
    frame.to_parquet(out)
    first = {"id": "a", "model": "m1", "text": "uno"}
    twins = [
        item(id="1", prompt="¿Qué?", responses=[first], tags=["x", "y"], metadata={"score": 0.5}),
        item(
            id="2",
            language="en",
            prompt="x",
            responses=[{"id": "a", "text": ""}, {"id": "b", "text": "dos"}],
            tags=[],
            metadata={},
        ),
    ]
    assert items(out.getvalue(), "f.parquet") == items(json_lines(*twins))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": 81}, "id: must be text"),
        ({"id": None}, "id: is missing"),
        ({"extra": 1}, "extra: is not known here; known are id, language, prompt, responses, "),
        ({"metadata": {"x": float("nan")}}, "metadata.x: is nan, which is no JSON number"),
        (
            {"metadata": {"day": date(2026, 11, 20)}},
            "metadata.day: is a value of type date; JSON has text, ",
        ),
        ({"prompt": "a\x00"}, "prompt: has a NUL character at character 2"),
        ({"responses": [{"id": "a", "text": None}]}, "responses[0].text: is missing"),
        ({"responses": [None]}, "responses[0]: must be a response {id, model, text}"),
    ],
)
def test_a_wrong_value_is_named(changes: dict[str, Any], expected: str) -> None:
    (found,) = report(nested(item(**changes)), "f.parquet")
    assert found.startswith(f"f.parquet:1: {expected}")


def test_an_unsigned_integer_beyond_63_bits_is_named() -> None:
    flat = {"id": ["1"], "language": ["en"], "prompt": ["p"], "response.a": ["t"]}
    column = pa.array([2**64 - 1], pa.uint64())
    table = pa.table(flat).append_column("metadata.n", column)
    assert report(as_parquet(table), "f.parquet") == [
        "f.parquet:1: metadata.n: is an integer that does not fit in 64 bits"
    ]


def test_text_that_is_no_utf8_spoils_its_row_alone() -> None:
    bad = pa.Array.from_buffers(
        pa.string(), 2, pa.array([b"ok", b"\xff\xfe"], pa.binary()).buffers()
    )
    table = pa.Table.from_pylist([item(id="1"), item(id="2")])
    table = table.set_column(table.schema.get_field_index("prompt"), "prompt", bad)
    lines = read(as_parquet(table), "f.parquet")
    assert lines[0].parsed is not None
    assert [str(problem) for problem in lines[1].problems] == [
        "f.parquet:2: line: the column prompt is not UTF-8"
    ]


def test_a_bad_row_is_kept_as_json() -> None:
    (line,) = read(nested(item(id="", metadata={"day": date(2026, 11, 20)})), "f.parquet")
    assert line.raw.startswith(b'{"id":"","language":"es-CO"')
    assert b'"day":"2026-11-20"' in line.raw


def test_a_large_row_group_is_refused_before_it_is_read() -> None:
    data = nested(*(item(id=str(i), prompt=f"{i}" * 50) for i in range(1000)))
    (found,) = report(data, "f.parquet", limits=Limits(row_group=10_000))
    assert found.startswith("f.parquet:1: file: has a row group of ")
    assert found.endswith(" bytes; the most is 10000")


def test_a_column_nested_too_deep_is_refused() -> None:
    kind = pa.string()
    for _ in range(70):
        kind = pa.list_(kind)
    table = pa.Table.from_pylist([item()]).drop_columns("metadata")
    data = as_parquet(table.append_column("metadata", pa.array([[]], kind)))
    assert report(data, "f.parquet") == [
        "f.parquet:1: file: is no Parquet file, or one that cannot be read"
    ]


@pytest.mark.parametrize("cut", [4, 5, 50, 500, -1, -8])
def test_a_parquet_that_is_cut_off_is_refused(cut: int) -> None:
    assert report(nested(ITEM)[:cut], "f.parquet") == [
        "f.parquet:1: file: is no Parquet file, or one that cannot be read"
    ]


def found_in(data: bytes) -> list[Line[Item]]:
    lines = read(data, "f.parquet")
    assert all((line.parsed is None) == bool(line.problems) for line in lines)
    return lines


def test_damaged_parquet_gives_problems_and_never_raises() -> None:
    rng = random.Random(20261120)
    whole = nested(*(item(id=str(i)) for i in range(200)), row_group_size=50)
    refused = 0
    for _ in range(30):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(4, len(data))] = rng.randrange(256)
        refused += any(line.problems for line in found_in(bytes(data)))
    assert refused > 10


def test_a_decoder_that_dies_on_the_way_ends_the_file_with_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "python"
    dying.write_text(f'#!/bin/sh\n"{sys.executable}" "$@" | head -n 4\n')
    dying.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(dying))
    lines = found_in(nested(*(item(id=str(i)) for i in range(10))))
    assert [line.parsed.id for line in lines if line.parsed] == ["0", "1"]
    assert lines[-1].fatal
    assert str(lines[-1].problems[0]) == (
        "f.parquet:3: file: is damaged: the Parquet cannot be read from this row on"
    )


def test_a_decoder_without_memory_is_a_problem_of_the_file() -> None:
    assert report(nested(ITEM), "f.parquet", limits=Limits(decoder=60 * 1024 * 1024)) == [
        "f.parquet:1: file: cannot be decoded: the decoder of Parquet did not start"
    ]


def test_a_decoder_learns_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_SECRET", "x")
    assert set(_environment()) <= {
        "PATH",
        "PYTHONPATH",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "ARROW_DEFAULT_MEMORY_POOL",
        "OPENBLAS_NUM_THREADS",
    }


def _children() -> set[str]:
    """Process ids of this thread's children, where the system lists them."""
    listed = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return set(listed.read_text().split()) if listed.exists() else set()


def test_a_reader_that_stops_early_leaves_no_decoder_behind() -> None:
    before = _children()
    source = open_source(io.BytesIO(nested(*(item(id=str(i)) for i in range(5000)))), "f.parquet")
    rows = source.rows()
    assert next(rows).number == 1
    rows.close()
    assert _children() <= before


def test_an_oversized_row_is_a_problem_of_its_own() -> None:
    raws = [item(id="1"), item(id="2", prompt="x" * 9_000_000), item(id="3")]
    assert report(nested(*raws), "f.parquet") == [
        "f.parquet:2: prompt: is longer than 1000000 characters"
    ]
    raws[1] = item(id="2", metadata={"source": "x" * 10_000_000})
    assert report(nested(*raws), "f.parquet") == ["f.parquet:2: line: is longer than 8388608 bytes"]


def test_half_a_surrogate_pair_in_a_json_cell_is_named() -> None:
    raw = item(metadata=r'{"s": "\ud800"}')
    assert report(nested(raw), "f.parquet") == [
        (
            "f.parquet:1: metadata.s: has half a surrogate pair (U+D800) at character 1; "
            "it stands for no text"
        )
    ]
