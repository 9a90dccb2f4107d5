"""Uploads on disk: nobody else reads them, no name leads elsewhere, and nothing half stays."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from workbench.errors import NotFound
from workbench.services import kept_uploads


def test_what_is_kept_is_read_again_by_nobody_else_and_goes(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    first = kept_uploads.keep(folder, [io.BytesIO(b"one"), io.BytesIO(b""), io.BytesIO(b"3")])
    second = kept_uploads.keep(folder, [io.BytesIO(b"x") for _ in range(11)])
    files = kept_uploads.paths(folder, first)
    assert [path.read_bytes() for path in files] == [b"one", b"", b"3"]
    assert [path.name for path in kept_uploads.paths(folder, second)][-2:] == ["9", "10"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (folder, files[0].parent)} == {0o700}
    kept_uploads.drop(folder, first)
    kept_uploads.drop(folder, first)
    with pytest.raises(NotFound):
        kept_uploads.paths(folder, first)
    assert len(kept_uploads.paths(folder, second)) == 11


@pytest.mark.parametrize("name", ["", ".", "..", "../secret", "a" * 31, "A" * 32, "0" * 32])
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "uploads"
    kept_uploads.keep(folder, [io.BytesIO(b"x")])
    (tmp_path / "secret").mkdir()
    with pytest.raises(NotFound):
        kept_uploads.paths(folder, name)
    kept_uploads.drop(folder, name)
    assert (tmp_path / "secret").is_dir()
    assert len(list(folder.iterdir())) == 1


def test_nothing_half_stays_of_what_could_not_be_kept(tmp_path: Path) -> None:
    class Broken:
        def read(self, size: int = -1, /) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        kept_uploads.keep(tmp_path / "uploads", [io.BytesIO(b"one"), Broken()])
    assert list((tmp_path / "uploads").iterdir()) == []


def test_what_nobody_waits_for_goes_with_time(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    assert kept_uploads.drop_old(folder, 5.0) == 0
    old, wanted, new = (kept_uploads.keep(folder, [io.BytesIO(b"x")]) for _ in range(3))
    for name in (old, wanted):
        os.utime(folder / name, (1, 1))
    assert kept_uploads.drop_old(folder, 5.0, {wanted}) == 1
    assert {path.name for path in folder.iterdir()} == {wanted, new}
