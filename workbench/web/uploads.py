"""A file that was sent from a browser: what it is called, and bringing it in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, BinaryIO, cast

from flask import request

from workbench import task_types
from workbench.intake.gunzip import MAGIC as GZIP
from workbench.intake.problems import printable
from workbench.intake.source import PARQUET
from workbench.intake.tools import BY_NAME, OPTIONS, TOOLS, Gather
from workbench.messages import N_, Invalid
from workbench.models import Project
from workbench.services.bring_in import Brought, Storing, Upload, bringing_in
from workbench.web.request import config, database, now, session

#: How much smaller gzip and Parquet make what is brought in, about.
PACKED = 8
#: How much longer a byte of judgments takes than one of items, about: there are more of them to a
#: byte, and each is compared with what is stored.
SLOWER = 8
NAME_LENGTH = 120

_CHOOSE = N_("Choose a file first.")
_ONE = N_(
    "Choose one file. Several are read together only where a tool keeps what belongs together in"
    " files of its own."
)
_KIND = N_("A file holds items or judgments.")
_FROM = N_("No tool of this name can be read.")
_WITH = N_("Write each as name=value, with a space between two of them.")


def sent() -> Upload:
    """The upload of this request. Raises Invalid at "file", "kind", "from" or "with"."""
    files, form = request.files.getlist("file"), request.form
    if not files or not all(file.filename for file in files):
        raise Invalid({"file": _CHOOSE})
    kind = form.get("kind", "items")
    if kind not in {"items", "judgments"}:
        raise Invalid({"kind": _KIND})
    tool = form.get("from", "")
    if tool and tool not in BY_NAME:
        raise Invalid({"from": _FROM})
    if len(files) > 1 and not (tool and isinstance(BY_NAME[tool].make, Gather)):
        raise Invalid({"file": _ONE})
    return Upload(
        kind=kind,
        tool=BY_NAME.get(tool),
        options=_options(form.get("with", "")) if tool else {},
        files=tuple((plain_name(file.filename or ""), file.stream) for file in files),
        revise="revise" in form,
        skip_bad="skip_bad" in form,
    )


def _options(written: str) -> dict[str, str]:
    """`language=es left=one` as a mapping. Raises Invalid at "with"."""
    found = {}
    for each in written.split():
        name, _equals, value = each.partition("=")
        if not (name and value):
            raise Invalid({"with": _WITH})
        found[name] = value
    return found


def plain_name(given: str) -> str:
    """The last part of the name that a browser gave, fit to be shown: its end tells the format."""
    name = given.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return printable(name[-NAME_LENGTH:], 2 * NAME_LENGTH) or "-"


def upload_form(project: Project, said: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of an upload needs; `said` is in its fields."""
    return {
        "task_type": task_types.get(project.type),
        "upload_mib": config().upload_mib,
        "tools": [tool for tool in TOOLS if project.type in tool.types],
        "tool_options": OPTIONS,
        "sent": said,
        "errors": {},
        "report": None,
        "past": None,
        "rejects": None,
    }


def is_large(upload: Upload) -> bool:
    """Whether it takes longer than a page should be waited for."""
    size = sum(_size(cast(BinaryIO, stream)) for _, stream in upload.files)
    weight = 1 if upload.kind == "items" and upload.tool is None else SLOWER
    return size * weight > config().at_once_kib * 1024


def _size(stream: BinaryIO) -> int:
    """Bytes of a stream, about as they will be when they are unpacked."""
    packed = stream.read(4).startswith((GZIP, PARQUET))
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return size * (PACKED if packed else 1)


def bring_in(project: Project, upload: Upload, actor: int) -> Brought:
    """Check the file, then store it in this request's transaction.

    Raises Rejected when something is wrong and may not be left out.
    """
    storing = Storing(
        actor=actor,
        exports=config().exports,
        begin=lambda: nullcontext(session()),
        now=lambda _session: now(),
    )
    with bringing_in(database(), project, upload, storing) as (_, brought):
        return brought
