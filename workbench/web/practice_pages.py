"""Pages of practice for those who practise: its beginning, an item, how it went, and the end."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from workbench.errors import NotFound
from workbench.messages import Invalid, Message
from workbench.models import PracticeRound
from workbench.queries.desk import held
from workbench.queries.items import newest_guideline
from workbench.queries.practice import (
    answer_lines,
    asked,
    course,
    feedback,
    items_for,
    last_round,
    must_practise,
)
from workbench.web.access import Place, person
from workbench.web.language import said
from workbench.web.on_screen import context_of
from workbench.web.request import Page


def practise_first(reading: Session, place: Place, status: Message | None = None) -> Page | None:
    """The next item of this reviewer's round, or the page that begins one; None when they may be
    given live items."""
    if not must_practise(reading, place.project, person().id):
        return None
    last = last_round(reading, place.project.id, person().id)
    if last is not None and last.ended_at is None:
        item_id = course(reading, last).next
        if item_id is not None:
            return item_page(reading, place, last, item_id, status=status)
    return round_page(reading, place, last, status)


def item_page(
    reading: Session,
    place: Place,
    practised: PracticeRound,
    item_id: int,
    form: Any = None,
    *,
    uncovered: bool = False,
    status: Message | None = None,
    problems: Invalid | None = None,
) -> Page:
    """The desk with a practice item on it. Raises NotFound for one that is not of the round."""
    shown = asked(reading, place.project, practised, item_id)
    context = context_of(place, shown, form or MultiDict(), uncovered=uncovered, mode="practice")
    context["practice"] = _progress(reading, place, practised, item_id)
    context["status"] = said(status) if status else ""
    if problems is None:
        return Page("desk/desk.html", context, "desk")
    context["problems"] = {name: said(why) for name, why in problems.errors.items()}
    headers = {"HX-Retarget": "#problems", "HX-Reswap": "outerHTML"}
    return Page("desk/desk.html", context, "problem_list", 422, headers)


def _progress(
    reading: Session, place: Place, practised: PracticeRound, item_id: int
) -> dict[str, Any]:
    done = course(reading, practised)
    if item_id not in done.items:
        raise NotFound("There is no such page, or it is not open to you.")
    return {
        "number": practised.number,
        "place": done.place(item_id),
        "of": len(done.items),
        "mark": place.project.practice_pass_mark,
    }


def feedback_page(reading: Session, place: Place, practised: PracticeRound, item_id: int) -> Page:
    """How the answer to a practice item went. Raises NotFound without one."""
    done = course(reading, practised)
    context = {
        "project": place.project,
        "config": place.project.config,
        "item_id": item_id,
        "number": practised.number,
        "found": feedback(reading, place.project, practised, item_id),
        "answered": len(done.answers),
        "of": len(done.items),
        "over": practised.ended_at is not None,
    }
    return Page("desk/practice_feedback.html", context, "desk")


def round_page(
    reading: Session, place: Place, practised: PracticeRound | None, status: Message | None = None
) -> Page:
    """The end of a round and the beginning of the next, or of the first."""
    project_id, me = place.project.id, person().id
    over = practised is not None and practised.ended_at is not None
    context = {
        "project": place.project,
        "practised": practised if over else None,
        "answers": answer_lines(reading, practised) if practised is not None and over else [],
        "must": must_practise(reading, place.project, me),
        "count": len(items_for(reading, project_id, me)),
        "mark": place.project.practice_pass_mark,
        "has_guideline": newest_guideline(reading, project_id) is not None,
        "holds": held(reading, project_id, me) is not None,
        "status": said(status) if status else "",
    }
    return Page("desk/practice_round.html", context, "desk")
