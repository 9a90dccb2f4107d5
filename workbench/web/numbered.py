"""Addresses from before items had tokens: what waits in a browser since then must not be lost.

A number is taken for an item that the person met before any copy was made for them, and for no
other (`met_before_copies`): so nobody learns by trying numbers which items are copies.
"""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.permissions import Permission
from workbench.queries.desk import met_before_copies
from workbench.web import outbox
from workbench.web.access import Place, person, requires
from workbench.web.request import Parts, database, session

bp = Blueprint("numbered", __name__, url_prefix="/projects/<slug>")


def _must_know(reading: Session, place: Place, item_id: int) -> None:
    if not met_before_copies(reading, place.project.id, item_id, person().id):
        raise NotFound("There is no such page, or it is not open to you.")


@bp.post("/desk/items/<int:item_id>/send")
@requires(Permission.JUDGE)
def send(place: Place, item_id: int) -> Parts:
    """Store an answer that was left behind, as `outbox.send` does."""
    with database().read() as reading:
        _must_know(reading, place, item_id)
    return outbox.store(place, item_id)


@bp.post("/desk/items/<int:item_id>/address")
@requires(Permission.JUDGE)
def address(place: Place, item_id: int) -> Parts:
    """{"send"}: where the item's answer goes now, by which the browser finds its draft."""
    with database().read() as reading:
        _must_know(reading, place, item_id)
    return Parts({"send": url_for("outbox.send", slug=place.project.slug, item_id=item_id)}, {})


@bp.get("/mine/<int:item_id>")
@requires(Permission.JUDGE)
def revise(place: Place, item_id: int) -> ResponseReturnValue:
    """The judgment that a stored answer or a letter leads to."""
    _must_know(session(), place, item_id)
    return redirect(url_for("desk.revise", slug=place.project.slug, item_id=item_id), 303)
