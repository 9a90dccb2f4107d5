"""Files that were sent and wait on disk until somebody has read them.

Each upload has a folder of its own below the one given, with a name that nobody can guess; in it
its files are called 0, 1, ... and never as whoever sent them says. Nobody else on the machine can
read them. What is kept is on disk for certain, and whoever kept it drops it.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from workbench.errors import NotFound

_NAME = re.compile(r"[0-9a-f]{32}")
_PIECE = 1024 * 1024


class Readable(Protocol):
    """What is needed of a stream: up to `size` bytes a read, and b"" at the end."""

    def read(self, size: int = ..., /) -> bytes | None: ...


def keep(folder: Path, streams: Sequence[Readable]) -> str:
    """Write the streams, from where they stand to their end; the name to ask for them by.

    Raises OSError where that cannot be done, such as on a full disk; nothing stays of it then.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = secrets.token_hex(16)
    place = folder / name
    place.mkdir(mode=0o700)
    try:
        for number, stream in enumerate(streams):
            _write(place / str(number), stream)
        for each in (place, folder):
            _to_disk(each)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return name


def _write(path: Path, stream: Readable) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        while piece := stream.read(_PIECE):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def paths(folder: Path, name: str) -> list[Path]:
    """The files of an upload in the order in which they were kept.

    Raises NotFound for what is not here, or not any more.
    """
    place = folder / name
    found = list(place.iterdir()) if _NAME.fullmatch(name) and place.is_dir() else []
    if not found:
        raise NotFound("The file that was sent is no longer on the server. Send it again.")
    return sorted(found, key=lambda path: int(path.name))


def drop(folder: Path, name: str) -> None:
    """Delete an upload, if it is still here."""
    if _NAME.fullmatch(name):
        shutil.rmtree(folder / name, ignore_errors=True)


def drop_old(folder: Path, before: float, besides: Collection[str] = ()) -> int:
    """Delete the uploads that were kept before that time (seconds since 1970) and that nobody waits
    for; how many. `besides`: names of those that somebody does."""
    if not folder.is_dir():
        return 0
    old = [
        place.name
        for place in folder.iterdir()
        if _NAME.fullmatch(place.name)
        and place.name not in besides
        and place.stat().st_mtime < before
    ]
    for name in old:
        drop(folder, name)
    return len(old)
