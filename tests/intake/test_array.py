from __future__ import annotations

import io
import json

import pytest

from workbench.intake import Limits, array, open_source
from workbench.intake.rows import Row

TRICKY = [{"k": 'é\\"[{,]}' * 3, "n": [{"z": None}, [1, "}"]]} for _ in range(5)]


def rows(data: bytes, **limits: int) -> list[Row]:
    source = open_source(io.BytesIO(data), "f.json", Limits(**limits))
    return list(source.rows(lines_only=True, or_array=True))


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 4096])
def test_entries_are_the_same_however_the_bytes_arrive(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array, "_CHUNK", chunk)
    for indent in (None, 1):
        data = json.dumps(TRICKY, indent=indent, ensure_ascii=False).encode()
        assert [row.data for row in rows(b"\xef\xbb\xbf \n" + data + b"\n")] == TRICKY


@pytest.mark.parametrize(
    ("data", "good", "said"),
    [
        (b"[]", 0, ""),
        (b"[ ]", 0, ""),
        (b'[{"a":1},]', 1, "2 line is not JSON: a value is missing"),
        (b'[{"a":1}', 0, "1 file ends in the middle"),
        (b"[", 0, "1 file ends in the middle"),
        (b'[{"a":1}] x', 1, "2 file has something after"),
        (b'[{"a":1}][]', 1, "2 file has something after"),
        (b'[1,{"a":1}]', 1, "1 line must be one JSON object"),
        (b'[{"a":1,"a":2},{"b":1}]', 1, "1 a "),
        (b'[{"a":"\xff"},{"b":1}]', 1, "1 line is not UTF-8"),
    ],
)
def test_an_entry_that_is_wrong_is_named_and_the_others_are_read(
    data: bytes, good: int, said: str
) -> None:
    found = rows(data)
    assert sum(row.data is not None and not row.faults for row in found) == good
    faults = [f"{row.number} {place} {why}" for row in found for place, why in row.faults.items()]
    assert len(faults) == bool(said)
    assert all(fault.startswith(said) for fault in faults)


def test_an_entry_that_is_too_long_is_left_out_alone() -> None:
    data = json.dumps([{"a": "x" * 500}, {"b": 1}]).encode()
    first, second = rows(data, line=100)
    assert str(first.faults["line"]) == "is longer than 100 bytes"
    assert second.data == {"b": 1}
