"""The desk for a lead: the item with its form, and what they say is what it will be."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.queries.decisions import decisions_on
from workbench.queries.desk import OnDesk, for_decision
from workbench.web.access import Place, person
from workbench.web.language import said
from workbench.web.looked import saw
from workbench.web.on_screen import context_of
from workbench.web.request import Page, is_htmx


def shown_to_lead(reading: Session, place: Place, item_id: int) -> OnDesk:
    """The item in the order that this lead sees. Raises NotFound."""
    shown = for_decision(reading, place.project, item_id, person().id)
    if shown is None:
        raise NotFound("There is no such page, or it is not open to you.")
    return shown


def own_answer_page(
    reading: Session,
    place: Place,
    item_id: int,
    where: dict[str, Any],
    *,
    form: Any = None,
    uncovered: bool = False,
    error: Invalid | Conflict | None = None,
) -> Page:
    """The desk with the item on it. `where`: answer_at, uncover_at and back_at, and what else the
    form carries. Raises NotFound for an item that is not there."""
    shown = shown_to_lead(reading, place, item_id)
    # htmx swaps the problems alone, beside a text that is on the screen already.
    uncovered = uncovered or (error is not None and is_htmx())
    if not shown.covered:  # else it is noted who uncovers it
        saw([item_id], apart=error is not None)
    context = context_of(place, shown, form or MultiDict(), uncovered=uncovered, mode="decide")
    decided = decisions_on(reading, item_id)
    context["decides"] = {"base": len(decided), "judgment": None, "looks": 0, **where}
    if error is None:
        return Page("desk/desk.html", context, "desk")
    return refused(Page("desk/desk.html", context, "problem_list"), error, "#problems")


def refused(page: Page, error: Invalid | Conflict, target: str) -> Page:
    """The page with what is wrong and the note that was entered: 422, or 409 for a conflict."""
    if isinstance(error, Conflict):
        page.context["conflict"] = said(error.message)
    else:
        page.context["problems"] = {name: said(why) for name, why in error.errors.items()}
    page.context["note"] = request.form.get("note", "")
    page.status_code = 409 if isinstance(error, Conflict) else 422
    # The page swaps in an error only where it is said to.
    page.headers.update({"HX-Retarget": target, "HX-Reswap": "outerHTML"})
    return page
