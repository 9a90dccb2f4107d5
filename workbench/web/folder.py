"""All files of a snapshot at once, packed as they are asked for."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack

from flask import Blueprint, Response, request, send_file

from workbench.errors import NotFound
from workbench.export.folder import Folder
from workbench.permissions import Permission
from workbench.web.access import Place, person, requires
from workbench.web.data import NO_FILE, stored_snapshot
from workbench.web.looked import took
from workbench.web.request import config

bp = Blueprint("folder", __name__, url_prefix="/projects/<slug>")


@bp.get("/exports/<int:export_id>/all-files")
@requires(Permission.EXPORT)
def packed(place: Place, export_id: int) -> Response:
    """A zip file of the folder that trainers load; with `?rows=parquet` its rows as Parquet."""
    row = stored_snapshot(place, export_id).export
    parquet = request.args.get("rows") == "parquet"
    folder = Folder(config().exports / row.folder, row.names, row.row_names, parquet)
    # On the disk of exports: in memory a large one would not fit, and elsewhere there may be less.
    with ExitStack() as undone:
        stream = undone.enter_context(tempfile.TemporaryFile(dir=config().exports))
        try:
            folder.pack(stream)
        except FileNotFoundError:
            raise NotFound(NO_FILE) from None
        stream.seek(0)
        undone.pop_all()  # whoever sends it closes it
    took(place, "*", row.name, person().id)
    name = f"{place.project.slug}-{row.name}{'-parquet' if parquet else ''}.zip"
    return send_file(stream, "application/zip", as_attachment=True, download_name=name)
