"""A lead sees to an escalation: the others read who does, and may take it over."""

from __future__ import annotations

from sqlalchemy import select

from tests.cast import Cast, make_item
from tests.flows.acts import must_take
from tests.web.conftest import ClientFor
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import AuditEntry, Escalation, User
from workbench.services import leave_item, projects

ESCALATIONS = "/projects/main/escalations"


def _escalate(database: Database, cast: Cast) -> int:
    """The id of a new escalation by Ana; Omar leads the project too."""
    with database.write() as writing:
        at = database_now(writing)
        make_item(writing, cast.project, "asked")
        item_id = must_take(writing, cast.project, cast.ana).item_id
        leave_item.escalate(writing, item_id, cast.ana.id, "Which one?", at)
        omar = writing.get_one(User, cast.omar.id)
        projects.add_member(writing, cast.project, omar, role="lead", now=at)
        return writing.scalars(select(Escalation.id)).one()


def _owner(database: Database) -> int | None:
    with database.read() as reading:
        return reading.scalars(select(Escalation.owner_id)).one()


def test_a_lead_sees_to_it_takes_it_over_and_leaves_it(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    asked = _escalate(database, cast)
    own = f"{ESCALATIONS}/{asked}/own"
    luz, omar = client_for(cast.luz), client_for(cast.omar)
    assert "Nobody sees to it yet." in luz.look(ESCALATIONS).text
    assert "You see to it." in luz.send(own, {"mine": "1"}, htmx=True).text
    assert "luz sees to it." in omar.look(ESCALATIONS).text
    assert omar.send(own, {"mine": "1"}).status_code == 303
    assert _owner(database) == cast.omar.id
    assert "Nobody sees to it yet." in omar.send(own, {"mine": "0"}, htmx=True).text
    assert _owner(database) is None
    with database.read() as reading:
        noted = reading.scalars(select(AuditEntry.action)).all()
    assert noted.count("escalation.own") == 3


def test_what_is_settled_is_nobodys_any_more(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    asked = _escalate(database, cast)
    luz = client_for(cast.luz)
    luz.send(f"{ESCALATIONS}/{asked}/resolve", {"outcome": "kept"})
    assert luz.send(f"{ESCALATIONS}/{asked}/own", {"mine": "1"}).status_code == 409
    assert _owner(database) is None
