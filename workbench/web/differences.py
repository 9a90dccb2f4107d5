"""Which words differ between two responses, for the reviewer who has them before them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext, ngettext

from workbench.errors import NotFound
from workbench.messages import Invalid
from workbench.models import Assignment, State
from workbench.permissions import Permission
from workbench.queries.desk import OnDesk, on_desk
from workbench.web import text
from workbench.web.access import Place, person, requires
from workbench.web.request import roll_back, session
from workbench.web.word_differences import TooLong, word_differences

bp = Blueprint("differences", __name__, url_prefix="/projects/<slug>")


@bp.get("/desk/items/<item:item_id>/differences")
@requires(Permission.JUDGE)
def show(place: Place, item_id: int) -> dict[str, Any]:
    """`{"note": a sentence, "spans": {place: [[start, end], ...]}}` of the responses at the places
    `of` and `to`, in characters that are no blanks, of the text as `view` shows it.

    404 unless the reviewer holds the item or has judged it.
    """
    assignment = session().get(Assignment, (item_id, person().id))
    seen = assignment is not None and assignment.state in (State.LEASED, State.JUDGED)
    if assignment is None or not seen or assignment.project_id != place.project.id:
        raise NotFound("There is no such page, or it is not open to you.")
    shown = on_desk(session(), assignment)
    # To compare takes a while, and needs no database.
    roll_back()
    first, second = sorted((_place("to", shown), _place("of", shown)))
    if first == second:
        raise Invalid.at("of", "Two responses are needed to compare them.")
    return _compared(shown, first, second, formatted=request.args.get("view") != "written")


def _place(name: str, shown: OnDesk) -> int:
    place = request.args.get(name, -1, int)
    if not 0 <= place < len(shown.item.responses):
        raise Invalid.at(name, "There is no such response.")
    return place


def _compared(shown: OnDesk, first: int, second: int, *, formatted: bool) -> dict[str, Any]:
    names = {"one": shown.letters[first], "other": shown.letters[second]}
    one, other = (
        text.content(text.markdown(source)) if formatted else source
        for source in (shown.item.responses[place].text for place in (first, second))
    )
    try:
        of_one, of_other = word_differences(one, other)
    except TooLong:
        note = gettext("%(one)s and %(other)s are too long to be compared word by word.", **names)
        return {"note": note, "spans": {}}
    count = len(of_one) + len(of_other)
    if not count:
        same = gettext("%(one)s and %(other)s say the same, word for word.", **names)
        return {"note": same, "spans": {}}
    note = ngettext(
        "%(one)s and %(other)s differ in %(num)s passage.",
        "%(one)s and %(other)s differ in %(num)s passages.",
        count,
        **names,
    )
    return {"note": note, "spans": {str(first): of_one, str(second): of_other}}
