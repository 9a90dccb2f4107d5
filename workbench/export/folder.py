"""The files of a snapshot as one folder, which `datasets.load_dataset` takes as it is: the rows as
they lie, or as Parquet."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from workbench.export.card import NAME as CARD
from workbench.export.card import WHAT
from workbench.export.parquet import to_parquet

_AS_PARQUET = (
    "The rows are here as Parquet; names and hashes below are of the JSON lines they were made of."
)
#: The oldest that a zip file can name: the same files give the same archive at any time.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Folder:
    """Where the files lie, all of their names, and those of rows among them."""

    path: Path
    names: Sequence[str]
    rows: Sequence[str]
    parquet: bool

    def called(self) -> dict[str, str]:
        """What each file is called in the folder that is made of them."""
        return {name: self._called(name) for name in self.names}

    def _called(self, name: str) -> str:
        """An array, which another tool reads, stays one."""
        file = Path(name)
        changes = self.parquet and name in self.rows and file.suffix == ".jsonl"
        return f"{file.stem}.parquet" if changes else name

    def write(self, name: str, stream: BinaryIO) -> None:
        """The file, or the same rows in another shape; in a card the names that files have now.

        Raises FileNotFoundError when it lies there no longer.
        """
        source = self.path / name
        if self._called(name) != name:
            to_parquet(source, stream)
        elif name == CARD:
            stream.write(self._card(source.read_text(encoding="utf-8")).encode())
        else:
            with source.open("rb") as file:
                shutil.copyfileobj(file, stream)

    def _card(self, text: str) -> str:
        renamed = {old: new for old, new in self.called().items() if new != old}
        for old, new in renamed.items():
            text = text.replace(f'path: "{old}"', f'path: "{new}"')
        return text.replace(f"## {WHAT}\n", f"## {WHAT}\n\n{_AS_PARQUET}\n") if renamed else text

    def pack(self, stream: BinaryIO) -> None:
        """All of it as one zip file, whose files lie in no folder. Raises FileNotFoundError."""
        with zipfile.ZipFile(stream, "w") as archive:
            for name, new in self.called().items():
                about = zipfile.ZipInfo(new, _NO_TIME)
                about.external_attr = 0o644 << 16
                # Parquet is packed already.
                packed = new.endswith(".parquet")
                about.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
                with archive.open(about, "w", force_zip64=True) as file:
                    self.write(name, cast(BinaryIO, file))
