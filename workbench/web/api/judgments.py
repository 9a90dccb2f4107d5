"""Every judgment once, in the order of commits, for whoever follows along."""

from __future__ import annotations

from flask import Response

from workbench.messages import N_
from workbench.models import Scope
from workbench.permissions import Permission
from workbench.queries.judgment_feed import Spot, Told, cursor_of, feed, spot_of
from workbench.web.access import Place
from workbench.web.api.operation import Operation, as_json, as_lines, bp, operation, wants_lines
from workbench.web.api.paging import key, no_cursor, with_next
from workbench.web.api.shapes import FeedQuery, JudgmentOut, JudgmentPage
from workbench.web.request import database, session


@bp.get("/projects/<slug>/judgments")
@operation(
    Operation(
        scope=Scope.EXPORT,
        permission=Permission.EXPORT,
        title=N_("Judgments as they come in"),
        about=N_(
            "Every revision of every judgment, once, in the order in which they were committed: "
            "keep the last cursor, and ask with it for what came since. An answer that was taken "
            "back comes as a revision whose answer is null. Items whose answer is known (gold) are "
            "left out while they are gold, as in exports. As JSON with the next cursor in it, or, "
            "with Accept: application/x-ndjson, one judgment a line. While there is more, Link has "
            "the next page."
        ),
        query=FeedQuery,
        answer=JudgmentPage,
        answer_line=JudgmentOut,
    )
)
def judgments(place: Place, query: FeedQuery) -> Response:
    """A page of the feed."""
    project_id = place.project.id
    after = _spot(project_id, query.since)
    found = feed(session(), project_id, after, query.limit)
    if found is None:
        raise no_cursor("since")
    told, more = found
    database().settle()  # who asks keeps a cursor that nothing may come before
    out = [_out(project_id, each) for each in told]
    following = out[-1].cursor if out else query.since
    if wants_lines():
        answer = as_lines(out)
    else:
        answer = as_json(JudgmentPage(judgments=out, next=following, more=more))
    return with_next(answer, since=following, limit=query.limit) if more else answer


def _out(project_id: int, told: Told) -> JudgmentOut:
    return JudgmentOut(
        cursor=cursor_of(key(), project_id, told.spot),
        item=told.item,
        item_revision=told.item_revision,
        language=told.language,
        reviewer=told.reviewer,
        revision=told.revision,
        answer=told.answer,
        at=told.at,
        active_seconds=told.active_seconds,
        shown=list(told.shown) or None,
        guideline=told.guideline,
        origin=told.origin,  # type: ignore[arg-type]
    )


def _spot(project_id: int, cursor: str | None) -> Spot | None:
    """The place that a cursor means. Raises Invalid for what was not given out here."""
    if cursor is None:
        return None
    spot = spot_of(key(), project_id, cursor)
    if spot is None:
        raise no_cursor("since")
    return spot
