"""Matching the columns of a table that was sent: the page between an upload and its import."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
from flask import Blueprint, Response, after_this_request, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench import task_types
from workbench.errors import NotFound
from workbench.intake import Problem, open_source
from workbench.intake.mapping import (
    ColumnMapping,
    Head,
    guess,
    read_head,
    table_tool,
)
from workbench.intake.mapping.head import COLUMNS
from workbench.intake.plain import shown
from workbench.intake.tools import Record, Tool, read_records
from workbench.intake.tools.base import Given
from workbench.messages import N_, Invalid
from workbench.models import Project
from workbench.permissions import Permission
from workbench.queries.mappings import MappingLine, fitting, mappings_of, named
from workbench.services import kept_uploads, mappings
from workbench.services.bring_in import Upload
from workbench.services.kept_uploads import Readable
from workbench.services.mappings import shell_command
from workbench.services.spool import Rejected
from workbench.task_types.base import Answer, Item
from workbench.web.access import Place, person, requires, takes_no_file
from workbench.web.jobs import start_import
from workbench.web.language import said
from workbench.web.mapping_form import fill, read
from workbench.web.quality import tabs
from workbench.web.request import Page, config, is_htmx, now, read_session, roll_back, session
from workbench.web.uploads import bring_in, is_large

bp = Blueprint("mapping", __name__, url_prefix="/projects/<slug>/mapping")

#: Rows that a preview reads, the good ones that it shows, and the wrong ones.
READ, GOOD, WRONG = 100, 3, 20

_GONE = N_("The file that was sent is no longer on the server. Send it again.").text
_MANY = N_(
    "has %(n)s columns; %(most)s at most can be matched here. The command line takes any number:"
    " workbench import --map",
)


@dataclass(frozen=True)
class Kept:
    """An upload that waits for its columns to be matched."""

    key: str
    path: Path
    name: str
    revise: bool
    skip_bad: bool


def keep_to_match(place: Place, upload: Upload, *, wanted: bool) -> str | None:
    """Keep an upload whose columns are to be matched; the address of the page for it. None: it is
    in Workbench's own format, and nobody `wanted` to.

    Raises Invalid at "file".
    """
    if len(upload.files) != 1 or upload.tool is not None or not (wanted or upload.kind == "items"):
        return None
    name, stream = upload.files[0][0], cast(BinaryIO, upload.files[0][1])
    try:
        head = read_head(open_source(stream, name))
    except Invalid:
        if wanted:
            raise
        return None
    finally:
        stream.seek(0)
    if not wanted and (head.own or not head.table):
        return None
    _check_number(head)
    told = {
        "project": place.project.id,
        "user": person().id,
        "name": name,
        "revise": upload.revise,
        "skip_bad": upload.skip_bad,
    }
    streams: list[Readable] = [stream, io.BytesIO(orjson.dumps(told))]
    key = kept_uploads.keep(config().uploads, streams)
    return url_for("mapping.show", slug=place.project.slug, upload=key)


def _check_number(head: Head) -> None:
    if len(head.columns) > COLUMNS:
        raise Invalid({"file": N_(_MANY.text, n=len(head.columns), most=COLUMNS)})


def _kept(place: Place, key: str) -> Kept:
    """The upload of that name, if it was this person's for this project. Raises NotFound."""
    paths = kept_uploads.paths(config().uploads, key)
    if len(paths) != 2:
        raise NotFound(_GONE)
    told = orjson.loads(paths[1].read_bytes())
    if (told["project"], told["user"]) != (place.project.id, person().id):
        raise NotFound(_GONE)
    return Kept(key, paths[0], told["name"], told["revise"], told["skip_bad"])


@bp.get("/<upload>")
@requires(Permission.IMPORT)
def show(place: Place, upload: str) -> Page:
    """The columns of the file, with the saved mapping that fits, or a guess, already chosen."""
    kept = _kept(place, upload)
    head = read_head(open_source(kept.path, kept.name))
    saved = _saved(place)
    chosen = _chosen(saved, head)
    task_type = task_types.get(place.project.type)
    mapping = chosen.mapping if chosen else guess(head, task_type, place.project.config)
    flags = {"revise": kept.revise, "skip_bad": kept.skip_bad}
    name = chosen.name if chosen else ""
    beside = flags | {"name": name, "chosen": name, "saved": saved}
    return _page(place, kept, head, mapping, beside)


def _saved(place: Place) -> list[MappingLine]:
    """What the project keeps."""
    with ExitStack() as stack:
        return mappings_of(read_session(stack), place.project.id)


def _chosen(saved: list[MappingLine], head: Head) -> MappingLine | None:
    """The mapping that was asked for, "" being none of them; else the one that fits. Raises
    NotFound."""
    asked = request.args.get("saved")
    if asked is None:
        return fitting(saved, head.columns)
    return named(saved, asked) if asked else None


@bp.post("/<upload>")
@takes_no_file
@requires(Permission.IMPORT)
def act(place: Place, upload: str) -> Page | ResponseReturnValue:
    """Show what the form would bring in, or bring it in, or let the file go. htmx gets the preview
    alone."""
    kept = _kept(place, upload)
    if request.form.get("do") == "drop":
        kept_uploads.drop(config().uploads, kept.key)
        return redirect(url_for("data.show", slug=place.project.slug) + "#bring-in", 303)
    head = read_head(open_source(kept.path, kept.name))
    said_beside = {
        "revise": "revise" in request.form,
        "skip_bad": "skip_bad" in request.form,
        "name": request.form.get("name", "").strip(),
        "more": int(request.form.get("do") == "more"),
        "chosen": "",
    }
    mapping, faults = read(request.form, head)
    if not faults and request.form.get("do") in {"import", "save"}:
        try:
            return _bring_in(place, kept, mapping, said_beside)
        except Invalid as error:
            roll_back()
            faults = error.errors
        except Rejected as error:
            roll_back()
            said_beside["report"] = error.report
    return _page(place, kept, head, mapping, said_beside | {"errors": faults})


def _bring_in(
    place: Place, kept: Kept, mapping: ColumnMapping, beside: dict[str, Any]
) -> ResponseReturnValue:
    """Import, and save the mapping where that was asked. Raises Invalid and Rejected."""
    project, save = place.project, request.form.get("do") == "save"
    name = mappings.checked_name(beside["name"]) if save else ""
    tool = table_tool(mapping, task_types.get(project.type))
    with kept.path.open("rb") as stream:
        upload = _upload(kept, tool, beside, stream)
        large = is_large(upload)
        if large:
            answer = start_import(place, upload)
    if not large:
        source = bring_in(project, _upload(kept, tool, beside, kept.path), person().id).source
        answer = redirect(url_for("data.brought_in", slug=project.slug, source_id=source.id), 303)
    if save:
        mappings.save(session(), project, name, mapping, now=now(), actor=person().id)

    @after_this_request
    def let_go(response: Response) -> Response:
        if response.status_code < 400:
            kept_uploads.drop(config().uploads, kept.key)
        return response

    return answer


def _upload(kept: Kept, tool: Tool, beside: dict[str, Any], given: Any) -> Upload:
    return Upload(
        kind="items",
        tool=tool,
        options={},
        files=((kept.name, given),),
        revise=beside["revise"],
        skip_bad=beside["skip_bad"],
    )


@bp.post("/saved/remove")
@takes_no_file
@requires(Permission.IMPORT)
def remove(place: Place) -> ResponseReturnValue:
    """Keep a mapping no longer, and go on where one was."""
    name, upload = request.form.get("saved", ""), request.form.get("upload", "")
    mappings.remove(session(), place.project.id, name, now=now(), actor=person().id)
    return redirect(url_for("mapping.show", slug=place.project.slug, upload=upload or "-"), 303)


@dataclass(frozen=True)
class Shown:
    """A good row: its number, its item, and who said what of it."""

    line: int
    item: Item
    judgments: tuple[tuple[str, Answer], ...]


@dataclass(frozen=True)
class Preview:
    """What the first rows become: `errors` of the mapping itself by field, or rows."""

    errors: dict[str, str]
    rows: int = 0
    items: int = 0
    judgments: int = 0
    #: Judgments of the item that has most of them.
    most: int = 0
    good: tuple[Shown, ...] = ()
    wrong: tuple[Problem, ...] = ()


def _preview(kept: Kept, mapping: ColumnMapping, project: Project) -> Preview:
    task_type = task_types.get(project.type)
    try:
        tool = table_tool(mapping, task_type)
    except Invalid as error:
        return Preview({name: said(why) for name, why in error.errors.items()})
    given = Given(project.type, project.config)
    with open_source(kept.path, kept.name) as source:
        reading = read_records(source, tool, task_type, given)
        lines = list(islice(reading, READ))
        reading.close()
    good = [(line.number, line.parsed) for line in lines if line.parsed is not None]
    told = Counter(judgment["item"] for _, record in good for judgment in record.judgments)
    return Preview(
        errors={},
        rows=len(lines),
        items=len({item.id for _, record in good for item, _hash in record.items}),
        judgments=sum(told.values()),
        most=max(told.values(), default=0),
        good=tuple(_shown(number, record, project) for number, record in good[:GOOD]),
        wrong=tuple(problem for line in lines for problem in line.problems)[:WRONG],
    )


def _shown(number: int, record: Record, project: Project) -> Shown:
    ((item, _hash),) = record.items
    check = task_types.get(project.type).check_answer
    answers = (
        (judgment["reviewer"], check(judgment["answer"], item, project.config))
        for judgment in record.judgments
    )
    return Shown(number, item, tuple(answers))


def _page(
    place: Place, kept: Kept, head: Head, mapping: ColumnMapping, beside: dict[str, Any]
) -> Page:
    project = place.project
    errors = {name: said(why) for name, why in beside.get("errors", {}).items()}
    report = beside.get("report")
    flags = ["--revise"] if beside["revise"] else []
    flags += ["--skip-bad", "rejects.jsonl"] if beside["skip_bad"] else []
    preview = Preview(errors) if errors else _preview(kept, mapping, project)
    command = shell_command(project.slug, kept.name, mapping, *flags)
    context: dict[str, Any] = {
        "project": project,
        "tabs": tabs(place, "data"),
        "kept": kept,
        "columns": [
            {"name": shown(name), "short": shown(name[:60]), "samples": head.samples(name)}
            for name in head.columns
        ],
        "form": fill(mapping, head, project, beside.get("more", 0)),
        "values": request.form.get("values"),
        "beside": beside,
        "sent": {"skip_bad": True} if beside["skip_bad"] else {},
        "preview": preview,
        "errors": {},
        "report": report,
        "command": "" if preview.errors else command,
    }
    if not is_htmx():
        context["saved"] = beside["saved"] if "saved" in beside else _saved(place)
    failed = bool(report or (errors and not is_htmx()))
    return Page("data/mapping.html", context, "preview", status=422 if failed else 200)
