"""Snapshots: made, listed, fetched file by file, and what became of their items since."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from functools import partial
from pathlib import Path

from flask import Response, abort, url_for

from workbench import task_types
from workbench.export.formats import format_named, policy_for
from workbench.messages import N_
from workbench.models import ExportFile, Scope
from workbench.permissions import Permission
from workbench.queries.export import rfc3339
from workbench.queries.paused import and_paused
from workbench.queries.sources import all_snapshots, snapshot_named
from workbench.services.changed_since import changed_since
from workbench.services.keep_snapshot import Wanted, keep
from workbench.web import bearer
from workbench.web.access import Place
from workbench.web.api.operation import Operation, as_json, bp, operation
from workbench.web.api.snapshot_shapes import (
    ChangedOut,
    ChangeOut,
    SnapshotFile,
    SnapshotIn,
    SnapshotLine,
    SnapshotList,
    SnapshotOut,
)
from workbench.web.bearer import who
from workbench.web.data import TYPES, as_file, files_place
from workbench.web.looked import took
from workbench.web.request import config, database, now, session

_EXAMPLE = {"name": "november", "format": "trl-preference", "split": "test=0.1"}


@bp.get("/projects/<slug>/snapshots")
@operation(
    Operation(
        scope=Scope.EXPORT,
        permission=Permission.EXPORT,
        title=N_("Which snapshots there are"),
        about=N_("Every training set that was kept, with its files of rows and their hashes."),
        answer=SnapshotList,
    )
)
def snapshots(place: Place) -> SnapshotList:
    """All of the project, the newest first."""
    return SnapshotList(
        snapshots=[
            SnapshotLine(
                name=row.name or "",
                format=row.format,
                rows=row.manifest["rows"],
                made_at=rfc3339(row.created_at),
                files=_files_of_rows(row),
            )
            for row in all_snapshots(session(), place.project.id)
        ]
    )


@bp.post("/projects/<slug>/snapshots")
@operation(
    Operation(
        scope=Scope.EXPORT,
        permission=Permission.EXPORT,
        title=N_("Keep what is decided now"),
        about=N_(
            "Makes a training set that never changes. The options are those of `workbench "
            "snapshot make`. The same name with the same settings again answers the snapshot that "
            "is there, with its rows of back then (200); with other settings it is a conflict."
        ),
        body=SnapshotIn,
        answer=SnapshotOut,
        examples=(_EXAMPLE,),
        makes=True,
    )
)
def make_snapshot(place: Place, body: SnapshotIn) -> Response:
    """201 where it was made, 200 where it was there."""
    given = body.model_dump(exclude={"name", "format", "without_paused"}, exclude_none=True)
    if body.without_paused:
        without = given.get("without", "")
        given["without"] = and_paused(session(), place.project.id, without)
    task_type = task_types.get(place.project.type)
    fmt = format_named(body.format, task_type)
    policy = policy_for(fmt, task_type, {name: _text(value) for name, value in given.items()})
    wanted = Wanted(body.name, fmt, policy)
    row, made = keep(
        database(),
        partial(session, patient=True),
        place.project,
        wanted,
        place=files_place(),
        now=now(),
        actor=bearer.who().user_id,
    )
    answer = as_json(_told(row), 201 if made else 200)
    answer.headers["Location"] = url_for("api.snapshot", slug=place.project.slug, name=row.name)
    return answer


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{Decimal(str(value)):f}"


@bp.get("/projects/<slug>/snapshots/<name>")
@operation(
    Operation(
        scope=Scope.EXPORT,
        permission=Permission.EXPORT,
        title=N_("A snapshot"),
        about=N_("Its manifest, and its files with their hashes."),
        answer=SnapshotOut,
    )
)
def snapshot(place: Place, name: str) -> SnapshotOut:
    """That of the name."""
    return _told(_named(place, name))


@bp.get("/projects/<slug>/snapshots/<name>/files/<file>")
@operation(
    Operation(
        scope=Scope.EXPORT,
        permission=Permission.EXPORT,
        title=N_("A file of a snapshot"),
        about=N_(
            "Its bytes, with their SHA-256 as ETag. What broke off goes on with Range and If-Range."
        ),
        files=tuple(kind.partition(";")[0] for kind in TYPES.values()),
    )
)
def snapshot_file(place: Place, name: str, file: str) -> Response:
    """The whole file, or what Range asks for."""
    row = _named(place, name)
    told = {each.name: each.sha256 for each in _files(row)}
    answer = as_file(row, file, told.get(file))
    took(place, file, row.name, who().user_id)
    return answer


@bp.get("/projects/<slug>/snapshots/<name>/changed")
@operation(
    Operation(
        scope=Scope.EXPORT,
        permission=Permission.EXPORT,
        title=N_("What became of the items of a snapshot"),
        about=N_(
            "Judgments corrected or taken back since, decisions, items replaced; and whether an "
            "export would have other rows today."
        ),
        answer=ChangedOut,
    )
)
def snapshot_changed(place: Place, name: str) -> ChangedOut:
    """The items with news."""
    found = changed_since(session(), place.project, _named(place, name))
    return ChangedOut(
        changes=[
            ChangeOut(item=each.item, news=list(each.news), rows=each.rows)
            for each in found.changes
        ],
        unseen=found.unseen,
    )


def _named(place: Place, name: str) -> ExportFile:
    return snapshot_named(session(), place.project.id, name) or abort(404)


def _told(row: ExportFile) -> SnapshotOut:
    return SnapshotOut(
        name=row.name or "",
        format=row.format,
        rows=row.manifest["rows"],
        made_at=rfc3339(row.created_at),
        files=_files(row),
        manifest=row.manifest,
    )


def _files(row: ExportFile) -> list[SnapshotFile]:
    """All files. The hashes of those without rows, which are small, are taken from the disk."""
    rows = _files_of_rows(row)
    folder = config().exports / row.folder
    return [*rows, *(_beside(folder / name) for name in row.names[len(rows) :])]


def _files_of_rows(row: ExportFile) -> list[SnapshotFile]:
    return [
        SnapshotFile(
            name=name,
            split=made["split"],
            rows=made["rows"],
            bytes=made["bytes"],
            sha256=made["sha256"],
        )
        for name, made in zip(row.names, row.manifest["files"], strict=False)
    ]


def _beside(path: Path) -> SnapshotFile:
    raw = path.read_bytes() if path.is_file() else None
    return SnapshotFile(
        name=path.name,
        split=None,
        rows=None,
        bytes=None if raw is None else len(raw),
        sha256=None if raw is None else hashlib.sha256(raw).hexdigest(),
    )
