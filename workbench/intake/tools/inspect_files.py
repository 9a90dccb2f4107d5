"""The samples of an Inspect log: one JSON object, or a zip with one JSON object a sample.

A zip is read by what its entries say and never unpacked to a disk: their names choose what is read
and are no paths of anything. What it may hold is bounded before it is opened (its directory), while
it is read (each entry, all of them, and their ratio to the file), and by the kinds of packing that
are known here.
"""

from __future__ import annotations

import io
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any

from workbench.intake.lines import too_long
from workbench.intake.rows import FILE, LINE, MIB, Limits, Row, Unreadable
from workbench.intake.strict_json import read_json
from workbench.intake.tools.whole import whole_object
from workbench.messages import N_, Message

#: What is kept of a sample. What is wrong elsewhere in it, as in its events, is of no interest.
KEPT = ("id", "epoch", "input", "choices", "target", "messages", "output", "scores", "metadata",
        "error")  # fmt: skip

_FIELD = re.compile(r"[.\[]")
_SAMPLE = re.compile(r"samples/[^/]+\.json")
_HEADERS = ("header.json", "_journal/start.json")

#: Bytes of the largest directory that is opened, and of the largest entry.
_DIRECTORY = 16 * MIB
_ENTRY = 64 * MIB
_CHUNK = 256 * 1024

_END = struct.Struct("<4s4H2LH")
_END_MARK, _END64_MARK = b"PK\x05\x06", b"PK\x06\x07"
_LONGEST_COMMENT = 1 << 16
_DAMAGED = N_("is a damaged zip")


def samples_of(stream: io.BufferedReader, limits: Limits) -> Iterator[Row]:
    """Records {log: {model, task}, sample: {...}}, numbered from 1."""
    if not stream.peek(4).startswith(b"PK"):
        yield from _of_object(stream, limits)
        return
    with tempfile.SpooledTemporaryFile(max_size=8 * MIB) as spool:
        while data := stream.read(_CHUNK):
            spool.write(data)
            if spool.tell() > limits.spooled:
                raise Unreadable(too_long(limits.spooled))
        try:
            yield from _of_zip(spool, limits)
        except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, OSError):
            raise Unreadable(_DAMAGED) from None


def _of_object(stream: io.BufferedReader, limits: Limits) -> Iterator[Row]:
    row = whole_object(stream, limits)
    if row.data is None:
        yield row
        return
    try:
        log = _log(row.data)
        samples = row.data.get("samples") or []
        if not isinstance(samples, list):
            raise _no_log("samples")
    except Unreadable as error:
        yield Row(1, row.raw, None, {FILE: error.why}, fatal=True)
        return
    for i, sample in enumerate(samples):
        yield _row(i + 1, log, sample, _under(row.faults, f"samples[{i}]."))


def _no_log(field: str) -> Unreadable:
    return Unreadable(N_("is no log of Inspect: it has no %(field)s", field=field))


def _log(header: object) -> dict[str, str]:
    """What a log says of all its samples. Raises Unreadable where it is no log."""
    task = header.get("eval") if isinstance(header, dict) else None
    if not isinstance(task, dict):
        raise _no_log("eval")
    found = {}
    for name in ("model", "task"):
        if not isinstance(task.get(name), str):
            raise _no_log(f"eval.{name}")
        found[name] = task[name]
    return found


def _row(number: int, log: dict[str, str], sample: Any, faults: Mapping[str, Message]) -> Row:
    if not isinstance(sample, dict):
        return Row(number, b"", None, {LINE: N_("must be one JSON object: {...}")})
    kept = {name: sample[name] for name in KEPT if name in sample}
    own = {f"sample.{name}": why for name, why in faults.items() if _FIELD.split(name)[0] in KEPT}
    return Row(number, b"", {"log": log, "sample": kept}, own, sound=True)


def _under(faults: Mapping[str, Message], parent: str) -> dict[str, Message]:
    """Those of a child, by their path in it."""
    return {n.removeprefix(parent): why for n, why in faults.items() if n.startswith(parent)}


def _of_zip(spool: IO[bytes], limits: Limits) -> Iterator[Row]:
    size = spool.seek(0, io.SEEK_END)
    _check_directory(spool, size)
    with zipfile.ZipFile(spool) as archive:
        entries = {info.filename: info for info in archive.infolist()}
        budget = _Budget(archive, size, limits)
        header = next((entries[name] for name in _HEADERS if name in entries), None)
        if header is None:
            raise _no_log("header.json")
        log = _log(read_json(budget.read(header)).value)
        names = [name for name in entries if _SAMPLE.fullmatch(name)]
        for number, name in enumerate(names, 1):
            data = budget.read(entries[name])
            value, faults, broken = read_json(data)
            if broken:
                yield Row(number, data[: limits.kept], None, faults)
            else:
                yield _row(number, log, value, faults)


def _check_directory(spool: IO[bytes], size: int) -> None:
    """Raises Unreadable for a directory that is too large to be opened, as it stands in memory
    whole; zip64, which these logs need for nothing, is not read."""
    at = max(0, size - _LONGEST_COMMENT - _END.size)
    spool.seek(at)
    tail = spool.read()
    found = tail.rfind(_END_MARK)
    if found < 0 or len(tail) - found < _END.size:
        raise Unreadable(_DAMAGED)
    directory = _END.unpack_from(tail, found)[5]
    if _END64_MARK in tail or directory > _DIRECTORY:
        raise Unreadable(N_("is a zip with more entries than are read here"))


class _Budget:
    """Reads entries of a zip, as long as they are no more than the limits allow."""

    def __init__(self, archive: zipfile.ZipFile, size: int, limits: Limits) -> None:
        self._archive = archive
        self._left = min(limits.unpacked, max(limits.ratio_from, limits.ratio * size))

    def read(self, info: zipfile.ZipInfo) -> bytes:
        """What the entry holds. Raises Unreadable for one that is packed in another way, locked,
        or too large, whatever the directory says of its size."""
        if info.flag_bits & 1:
            raise Unreadable(N_("is a zip with a password"))
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(
                N_("is packed in a way that is not read here; write it anew as JSON, with"
                   " “inspect log convert --to json”")
            )  # fmt: skip
        most = min(_ENTRY, self._left)
        try:
            with self._archive.open(info) as stream:
                data = stream.read(most + 1)
        except (RuntimeError, NotImplementedError, ValueError):  # a place before its beginning
            raise Unreadable(_DAMAGED) from None
        if len(data) > most:
            raise Unreadable(N_("is a zip that unpacks to more than is read here"))
        self._left -= len(data)
        return data
