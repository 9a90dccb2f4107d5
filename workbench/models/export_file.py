"""Files that were put together for download. Rows are never changed (a trigger sees to it)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key


class ExportFile(Base):
    """A snapshot: one export with its files. Or the lines that an import left out."""

    __tablename__ = "export_file"
    __table_args__ = (Index("ix_export_file_name", "project_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    #: What people call the snapshot, its own in the project; None for the lines of an import.
    name: Mapped[str | None] = mapped_column(Key)
    #: Name of the format; "rejects" for the lines that an import left out.
    format: Mapped[str]
    #: Options by name, as strings: what the form and the command line share.
    policy: Mapped[dict[str, Any]]
    #: The manifest as it stands in its file.
    manifest: Mapped[dict[str, Any]]
    #: Files that may be asked for: one for each entry of the manifest's `files`, in that order,
    #: then those beside the rows, then the manifest's own if it has one.
    names: Mapped[list[Any]]
    #: Folder in the folder of exports; nothing in its name comes from outside.
    folder: Mapped[str]
    #: The import that left these lines out.
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    @property
    def row_names(self) -> list[str]:
        """Those of the files that hold rows."""
        return self.names[: len(self.manifest["files"])]
