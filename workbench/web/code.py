"""What a page of snapshots does, for a shell and for Python."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from workbench.export.formats import Format
from workbench.export.policy import ExportPolicy
from workbench.services.as_code import fetch_python, snapshot_command, snapshot_python
from workbench.services.make_export import as_options, check_name, own_name
from workbench.web.request import now


@dataclass(frozen=True)
class Code:
    """The same twice: a command, and lines of Python that ask the API."""

    shell: str
    python: str
    #: The page on which the token for it is made.
    tokens: str


def making(slug: str, name: str, fmt: Format, policy: ExportPolicy) -> Code:
    """What makes the snapshot. `name` "": as the server would call it. Raises Invalid at "name"."""
    named, options = name or own_name(fmt.name, now()), as_options(policy)
    check_name(named)
    return Code(
        snapshot_command(slug, named, fmt, options),
        snapshot_python(request.host_url, named, fmt, options),
        url_for("tokens.show", slug=slug),
    )


def fetching(slug: str, name: str) -> Code:
    """What fetches the files of a snapshot that is there."""
    return Code(
        f"workbench snapshot get {slug} {name} -o {name} --parquet",
        fetch_python(request.host_url, name),
        url_for("tokens.show", slug=slug),
    )
