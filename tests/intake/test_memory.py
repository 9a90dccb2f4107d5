"""What a source may ask for, measured: reading is bounded however large the source is."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.intake.samples import item, json_lines, report
from workbench.intake import Limits, open_source, read_items
from workbench.intake.source import ByteStream
from workbench.task_types import get

MIB = 1024 * 1024


class Endless(io.RawIOBase):
    """A stream of `size` bytes that are made as they are read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._rest = self._rest or next(self._pieces, b"")
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def peak(stream: ByteStream, name: str) -> tuple[int, list[str], int]:
    """Most bytes that Python held at once, the problems, and the number of good lines."""
    problems, good = [], 0
    tracemalloc.start()
    try:
        with open_source(stream, name) as source:
            for line in read_items(source, get("ranking"), {}):
                problems += [str(problem) for problem in line.problems]
                good += line.parsed is not None
        return tracemalloc.get_traced_memory()[1], problems, good
    finally:
        tracemalloc.stop()


def zeros(size: int) -> bytes:
    return gzip.compress(bytes(size), 9)


def test_a_gzip_of_189_kib_that_is_200_mb_is_refused_in_a_few_mib() -> None:
    bomb = zeros(200_000_000)
    assert len(bomb) < 200 * 1024
    most, problems, good = peak(io.BytesIO(bomb), "bomb.jsonl.gz")
    assert problems == ["bomb.jsonl.gz:1: file: the gzip unpacks to more than 200 times its size"]
    assert good == 0
    assert most < 16 * MIB


def test_a_line_of_half_a_gigabyte_is_skipped_in_a_few_mib() -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"id": "'
        for _ in range(512):
            yield b"x" * MIB
        yield b'"}\n' + json_lines(item(id="2"))

    most, problems, good = peak(Endless(pieces()), "f.jsonl")
    assert problems == [f"f.jsonl:1: line: is longer than {8 * MIB} bytes"]
    assert good == 1
    assert most < 40 * MIB


def test_reading_more_lines_takes_no_more_memory_than_their_ids() -> None:
    def used(count: int) -> int:
        lines = (json_lines(item(id=f"item-{number:09}")) for number in range(count))
        most, problems, good = peak(Endless(lines), "f.jsonl")
        assert (problems, good) == ([], count)
        return most

    few, many = used(2_000), used(20_000)
    assert many - few < 18_000 * 128


def test_a_csv_whose_quote_never_ends_is_given_up_at_the_limit_of_a_row() -> None:
    def pieces() -> Iterator[bytes]:
        yield b'id,language,prompt,response.a\n1,en,"'
        for _ in range(64):
            yield b"x" * (MIB - 1) + b"\n"

    most, problems, _ = peak(Endless(pieces()), "f.csv")
    assert problems == [
        (
            f"f.csv:2: file: the row that starts here is longer than {8 * MIB} bytes; "
            "is a quote never closed?"
        )
    ]
    assert most < 100 * MIB


def parquet_bomb() -> bytes:
    """300 KiB that hold three texts of 900,000 characters in each of 200,000 rows."""
    count = 200_000
    big = pa.DictionaryArray.from_arrays(pa.nulls(count, pa.int32()).fill_null(0), ["x" * 900_000])
    table = pa.table(
        {
            "id": [str(number) for number in range(count)],
            "language": ["en"] * count,
            "prompt": ["p"] * count,
            **{f"response.{name}": big for name in "abc"},
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd", store_schema=False)
    return out.getvalue()


READ_100 = """
import itertools
import sys
from pathlib import Path
from workbench.intake import open_source, read_items
from workbench.task_types import get

def peak(process):
    status = Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) // 1024 for line in status.splitlines() if "VmHWM" in line)

with open_source(sys.argv[1]) as source:
    lines = read_items(source, get("ranking"), {})
    print([str(problem) for line in itertools.islice(lines, 100) for problem in line.problems])
    print(peak("self"))
    for decoder in Path("/proc/self/task").glob("*/children"):
        print(*map(peak, decoder.read_text().split()))
    lines.close()
"""


def read_100(path: Path) -> list[str]:
    """Read 100 rows: the problems, and the MiB that the reader took at most, and its decoder."""
    return subprocess.run(
        [sys.executable, "-c", READ_100, str(path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_rows_that_were_encoded_in_next_to_nothing_are_read_a_few_at_a_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bomb.parquet"
    path.write_bytes(parquet_bomb())
    assert path.stat().st_size < 400 * 1024
    problems, reader, decoder = read_100(path)
    assert problems == "[]"
    assert int(reader) < 200
    assert int(decoder) < 600


def test_a_kilobyte_of_parquet_that_is_a_row_of_millions_of_nulls_is_refused() -> None:
    count = 5_000_000
    tags = pa.ListArray.from_arrays(pa.array([0, count], pa.int32()), pa.nulls(count, pa.string()))
    texts = {name: [name] for name in ("id", "language", "prompt", "response.a")}
    out = io.BytesIO()
    pq.write_table(pa.table(texts | {"tags": tags}), out, store_schema=False)
    assert out.tell() < 2000
    assert report(out.getvalue(), "f.parquet", limits=Limits(batch=16 * MIB)) == [
        "f.parquet:1: file: has rows that are too large"
    ]
