"""Which items a project has, and how far each of them is."""

from __future__ import annotations

from flask import Response

from workbench.messages import N_
from workbench.models import Scope
from workbench.permissions import Permission
from workbench.queries.item_pages import cursor_of, item_of, page
from workbench.web.access import Place
from workbench.web.api.item_shapes import ItemList, ItemsQuery, ListedItem
from workbench.web.api.operation import Operation, as_json, as_lines, bp, operation, wants_lines
from workbench.web.api.paging import key, no_cursor, with_next
from workbench.web.request import session


@bp.get("/projects/<slug>/items")
@operation(
    Operation(
        scope=Scope.READ,
        permission=Permission.SEE_QUALITY,
        title=N_("Which items are finished"),
        about=N_(
            "The items that there are now, in the order of their ids, with how many judgments each "
            "has and wants. What was replaced or taken out is left out, and so are items whose "
            "answer is known (gold), as in exports. As JSON with the next cursor in it, or, with "
            "Accept: application/x-ndjson, one item a line. While there is more, Link has the next "
            "page."
        ),
        query=ItemsQuery,
        answer=ItemList,
        answer_line=ListedItem,
    )
)
def items(place: Place, query: ItemsQuery) -> Response:
    """A page of items."""
    project_id = place.project.id
    found = page(
        session(),
        project_id,
        after=_after(project_id, query.after),
        finished=query.finished,
        limit=query.limit,
    )
    if found is None:
        raise no_cursor("after")
    out = [
        ListedItem(
            id=each.name,
            revision=each.revision,
            judgments=each.judgments,
            wanted=each.wanted,
            finished=each.finished,
        )
        for each in found.items
    ]
    following = None if found.last is None else cursor_of(key(), project_id, found.last)
    if wants_lines():
        answer = as_lines(out)
    else:
        answer = as_json(ItemList(items=out, next=following, more=found.more))
    if not found.more:
        return answer
    wanted = {} if query.finished is None else {"finished": str(query.finished).lower()}
    return with_next(answer, after=following, limit=query.limit, **wanted)


def _after(project_id: int, cursor: str | None) -> int | None:
    """The item that a cursor means. Raises Invalid for what was not given out here."""
    if cursor is None:
        return None
    item_id = item_of(key(), project_id, cursor)
    if item_id is None:
        raise no_cursor("after")
    return item_id
