"""Bringing items in, and judgments that were made elsewhere."""

from __future__ import annotations

from flask import Response, abort, request, url_for

from workbench.intake.source import ByteStream, Form
from workbench.messages import N_
from workbench.models import Scope, Source
from workbench.permissions import Permission
from workbench.queries.sources import rejects_of
from workbench.services.bring_in import Upload
from workbench.web import bearer
from workbench.web.access import Place
from workbench.web.api.operation import JSON, LINES, Operation, bp, operation
from workbench.web.api.shapes import Imported, ImportQuery, ItemIn, JudgmentIn, WrongLine
from workbench.web.data import as_file
from workbench.web.problems import of_lines
from workbench.web.request import session
from workbench.web.uploads import bring_in, plain_name

_FORMS: dict[str, Form] = {
    LINES: "lines",
    "application/jsonl": "lines",
    "application/jsonlines": "lines",
    JSON: "json",
}
_ITEM = {
    "id": "mt-81",
    "language": "en",
    "prompt": "Why is the sky blue?",
    "responses": [
        {"id": "a", "model": "m1", "text": "Because of how light scatters."},
        {"id": "b", "model": "m2", "text": "It reflects the sea."},
    ],
}
_JUDGMENT = {
    "item": "mt-81",
    "reviewer": "model-judge-1",
    "answer": {
        "tiers": [["a"], ["b"]],
        "unranked": [],
        "verdict": None,
        "strength": None,
        "reason": "",
    },
}


@bp.post("/projects/<slug>/items")
@operation(
    Operation(
        scope=Scope.IMPORT,
        permission=Permission.IMPORT,
        title=N_("Bring items in"),
        about=N_(
            "JSON lines (application/x-ndjson), or one JSON array or object (application/json), "
            "packed with gzip or not. All of it is stored or nothing. The same body again changes "
            "nothing, so that it can be sent again after a lost answer."
        ),
        query=ImportQuery,
        line=ItemIn,
        answer=Imported,
        examples=(_ITEM,),
    )
)
def add_items(place: Place, query: ImportQuery) -> Imported:
    """Items of the body, at the tail of the queue."""
    return _bring_in(place, query, "items")


@bp.post("/projects/<slug>/judgments")
@operation(
    Operation(
        scope=Scope.JUDGE,
        permission=Permission.IMPORT,
        title=N_("Bring judgments in that were made elsewhere"),
        about=N_(
            "Of simulated reviewers, of a model that judges, or of another tool. Each takes a slot "
            "of its item and counts as any other; reviewers go by pseudonyms. The rules of items "
            "hold here too: all or nothing, and the same again changes nothing."
        ),
        query=ImportQuery,
        line=JudgmentIn,
        answer=Imported,
        examples=(_JUDGMENT,),
    )
)
def add_judgments(place: Place, query: ImportQuery) -> Imported:
    """Judgments of the body."""
    return _bring_in(place, query, "judgments")


@bp.get("/projects/<slug>/imports/<int:source>/rejected")
@operation(
    Operation(
        scope=Scope.IMPORT,
        permission=Permission.IMPORT,
        title=N_("The lines that an import left out"),
        about=N_(
            "All of them, of items or of judgments, one a line: its number, its text and what is "
            "wrong with each field. An import that left nothing out has no such file. What broke "
            "off goes on with Range and If-Range."
        ),
        files=(LINES,),
    )
)
def rejected_lines(place: Place, source: int) -> Response:
    """The whole file, or what Range asks for."""
    row = rejects_of(session(), place.project.id, source) or abort(404)
    return as_file(row, row.names[0], row.manifest["files"][0]["sha256"])


def _bring_in(place: Place, query: ImportQuery, kind: str) -> Imported:
    who = bearer.who()
    upload = Upload(
        kind=kind,
        tool=None,
        options={},
        files=((plain_name(query.name or who.token_name), _body()),),
        revise=query.revise,
        skip_bad=query.on_error == "reject",
        form=_form(),
    )
    brought = bring_in(place.project, upload, who.user_id)
    wrong, counts = of_lines(brought.report), brought.source.counts
    return Imported(
        source=brought.source.id,
        new=counts["new"],
        same=counts["same"],
        revised=counts["revised"],
        rejected=counts["rejected"],
        rejected_lines=_address(place, brought.source) if counts["rejected"] else None,
        errors=[WrongLine(**each) for each in wrong.errors],
        errors_left_off=wrong.left_off,
    )


def _address(place: Place, source: Source) -> str:
    return url_for("api.rejected_lines", slug=place.project.slug, source=source.id)


def _form() -> Form:
    form = _FORMS.get(request.mimetype)
    # A gzip is known by its first bytes, whatever is said of it.
    if form is None or request.headers.get("Content-Encoding", "identity") not in {
        "identity",
        "gzip",
    }:
        abort(415)
    return form


def _body() -> ByteStream:
    """The body as it comes in. One without a length would be taken for an empty one."""
    if request.content_length is None and not request.environ.get("wsgi.input_terminated"):
        abort(411)
    return request.stream
