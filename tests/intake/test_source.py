from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.intake.samples import ITEM, item, items, json_lines, report
from workbench.intake import Limits, Source, open_source, read_items
from workbench.task_types import get

LINES = json_lines(*(item(id=str(i)) for i in range(500)))


def ids(source: Source) -> list[str]:
    lines = list(read_items(source, get("ranking"), {}))
    assert [str(problem) for line in lines for problem in line.problems] == []
    return [line.parsed.id for line in lines if line.parsed]


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([ITEM]), out)
    return out.getvalue()


def zip_of(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("items.jsonl", data)
    return out.getvalue()


def tar_of(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo("items.jsonl")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def gzipped_tar_of(data: bytes) -> bytes:
    return gzip.compress(tar_of(data))


@pytest.mark.parametrize(
    ("pack", "why"),
    [
        (zip_of, "is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"),
        (tar_of, "is a tar archive; unpack it first"),
        (gzipped_tar_of, "is a tar archive; unpack it first"),
        (bz2.compress, "is packed with bzip2; unpack it, or use gzip"),
        (lzma.compress, "is packed with xz; unpack it, or use gzip"),
        (lambda data: data.decode().encode("utf-16"), "is UTF-16; save it as UTF-8"),
    ],
)
def test_what_is_no_file_of_ours_is_refused_by_its_first_bytes(
    pack: Callable[[bytes], bytes], why: str
) -> None:
    assert report(pack(LINES), "f.jsonl") == [f"f.jsonl:1: file: {why}"]


@pytest.mark.parametrize("name", ["f.jsonl", "f.ndjson", "f.json", "f.txt", "-", "f", "F.JSONL"])
def test_json_lines_are_known_by_name_or_content(name: str) -> None:
    assert len(items(LINES, name)) == 500


@pytest.mark.parametrize("name", ["f.csv", "f.txt", "-"])
def test_csv_is_known_by_name_or_content(name: str) -> None:
    data = "\ufeffid;language;prompt;response.a\n1;en;p;t\n".encode()
    assert [found.id for found in items(data, name)] == ["1"]


@pytest.mark.parametrize("name", ["f.parquet", "f.jsonl", "f.csv", "-"])
def test_parquet_is_known_by_its_first_bytes(name: str) -> None:
    assert [found.id for found in items(parquet(), name)] == ["mt-81"]


def test_a_name_that_promises_parquet_must_keep_it() -> None:
    assert report(LINES, "f.parquet") == [
        "f.parquet:1: file: is named .parquet but is no Parquet file"
    ]


def test_a_path_is_read_hashed_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(LINES)
    with open_source(path) as source:
        assert (source.size, source.position) == (len(LINES), 0)
        assert len(ids(source)) == 500
        assert source.position == len(LINES)
    assert source.sha256 == hashlib.sha256(LINES).hexdigest()
    assert source.name == str(path)


def test_a_parquet_path_is_hashed_too(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    path.write_bytes(parquet())
    with open_source(path) as source:
        assert ids(source) == ["mt-81"]
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("data", [LINES, parquet()], ids=["jsonl", "parquet"])
def test_a_pipe_is_read_and_hashed(data: bytes) -> None:
    reading, writing = os.pipe()

    def drip() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            pipe.write(data[:1])
            pipe.write(data[1:])

    thread = threading.Thread(target=drip)
    thread.start()
    with os.fdopen(reading, "rb", buffering=0) as pipe, open_source(pipe, "-") as source:
        assert source.size is None
        assert ids(source)
        assert source.sha256 == hashlib.sha256(data).hexdigest()
    thread.join()


@pytest.mark.parametrize("data", [LINES, parquet()], ids=["jsonl", "parquet"])
def test_a_stream_that_was_given_stays_open(data: bytes) -> None:
    stream = io.BytesIO(data)
    with open_source(stream, "upload") as source:
        assert ids(source)
    assert not stream.closed


def test_a_parquet_stream_is_put_down_up_to_a_limit() -> None:
    assert report(parquet(), "-", limits=Limits(spooled=100)) == [
        "-:1: file: is larger than 100 bytes"
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.jsonl", "cannot be read: No such file or directory"),
        (".", "cannot be read: Is a directory"),
        ("a\x00b", "has a name that no file can have"),
        ("http://127.0.0.1/items.jsonl", "cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_opened_is_a_problem(name: str, why: str) -> None:
    with open_source(name) as source:
        (row,) = source.rows()
    assert row.fatal
    assert {field: str(reason) for field, reason in row.faults.items()} == {"file": why}


def test_the_hash_of_a_packed_file_is_that_of_its_packed_bytes(tmp_path: Path) -> None:
    path, packed = tmp_path / "f.gz", gzip.compress(LINES)
    path.write_bytes(packed)
    with open_source(path) as source:
        assert len(ids(source)) == 500
    assert source.sha256 == hashlib.sha256(packed).hexdigest()
