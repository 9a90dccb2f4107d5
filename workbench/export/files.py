"""The files of an export: where they lie, what goes into them, and how they appear."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import orjson

from workbench.export.formats import Format
from workbench.export.formats.base import Companion, Configuration
from workbench.export.manifest import ExportedFile
from workbench.export.policy import WHOLE, ExportPolicy
from workbench.messages import N_, Invalid

#: Bytes gathered before they are handed to the file and the hash.
_CHUNK = 1 << 20


def split_paths(target: Path, policy: ExportPolicy) -> dict[str, Path]:
    """Split to file: {"all": prefs.jsonl}, or {"train": prefs.train.jsonl, "test": ...}."""
    if not policy.splits:
        return {WHOLE: target}
    return {
        name: target.with_name(f"{target.stem}.{name}{target.suffix}")
        for name in policy.split_names
    }


def manifest_path(target: Path) -> Path:
    """Where the manifest of an export to `target` lies."""
    return target.with_name(f"{target.name}.manifest.json")


def export_paths(target: Path, fmt: Format, policy: ExportPolicy) -> list[Path]:
    """Every file of an export to `target`: the rows, what lies beside them, the manifest."""
    rows = split_paths(target, policy).values()
    beside = [companion_path(target, fmt.companion)] if fmt.companion else []
    return [*rows, *beside, manifest_path(target)]


def companion_path(target: Path, companion: Companion | Configuration) -> Path:
    """Where the file that a format needs beside its rows lies."""
    if isinstance(companion, Configuration):
        return target.with_name(target.stem + companion.suffix)
    return target.with_name(companion.name)


def companion_bytes(target: Path, companion: Companion, policy: ExportPolicy) -> bytes:
    """What goes into the companion file: what is there now, with entries for these files of rows.

    Raises Invalid at "output" where something else lies in its place.
    """
    place = target.with_name(companion.name)
    try:
        found = orjson.loads(place.read_bytes()) if place.is_file() else {}
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        other = N_(
            "%(path)s is there already and is no list of data sets. Write to another folder.",
            path=str(place),
        )
        raise Invalid({"output": other})
    found.update(companion.entry(path.name) for path in split_paths(target, policy).values())
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


class Sink:
    """Counts and hashes what goes into a stream, and hands it on in large pieces.

    `array`: rows become the entries of one JSON array, still one a line.
    """

    def __init__(self, stream: BinaryIO, *, array: bool = False) -> None:
        self._stream = stream
        self._array = array
        self._buffer = bytearray(b"[\n" if array else b"")
        self._hash = hashlib.sha256()
        self._bytes = 0
        self._rows = 0
        self._labels: Counter[str] = Counter()

    def write(self, line: bytes, label: str | None) -> None:
        """One row with its newline, and its class if rows have one."""
        if self._array:
            self._buffer += b",\n" if self._rows else b""
            line = line.removesuffix(b"\n")
        self._buffer += line
        self._rows += 1
        if label is not None:
            self._labels[label] += 1
        if len(self._buffer) >= _CHUNK:
            self._flush()

    def finish(self, split: str) -> ExportedFile:
        """Write what is left and say what was written."""
        if self._array:
            self._buffer += b"\n]\n" if self._rows else b"]\n"
        self._flush()
        self._stream.flush()
        labels = dict(sorted(self._labels.items()))
        return ExportedFile(split, self._rows, self._bytes, self._hash.hexdigest(), labels)

    def _flush(self) -> None:
        self._stream.write(self._buffer)
        self._hash.update(self._buffer)
        self._bytes += len(self._buffer)
        self._buffer = bytearray()


@contextmanager
def replacing(paths: Sequence[Path]) -> Iterator[dict[Path, BinaryIO]]:
    """New files for `paths`, in place together at the end, or none of them.

    They are written beside their target and on disk before the first rename; renames go in order.
    """
    _check_writable(paths)
    drafts = {path: path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp") for path in paths}
    streams: dict[Path, BinaryIO] = {}
    try:
        for path, draft in drafts.items():
            streams[path] = draft.open("xb")
        yield streams
        for stream in streams.values():
            _to_disk(stream)
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for path, stream in streams.items():
            stream.close()
            drafts[path].unlink(missing_ok=True)


def _check_writable(paths: Sequence[Path]) -> None:
    """Raises Invalid at "output" for a missing folder, or a folder or device in a file's place."""
    folder = paths[0].parent
    if not folder.is_dir():
        raise Invalid({"output": N_("There is no folder %(folder)s.", folder=str(folder))})
    for path in paths:
        if path.exists() and not path.is_file():
            raise Invalid({"output": N_("%(path)s is no ordinary file.", path=str(path))})


def _to_disk(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())
    stream.close()
