"""Conversations are stored as they came, and texts as they always were."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from tests.arrivals import bring_items, broken, raw_item
from tests.cast import Cast, make_cast
from workbench.db import Database
from workbench.intake import parse_item
from workbench.models import Item
from workbench.queries.export import judged_items
from workbench.queries.items import as_item

MESSAGES = [
    {"role": "assistant", "content": "Sure."},
    {"role": "user", "content": "And then?"},
    {"role": "assistant", "content": "Then home."},
]
TALK = raw_item(
    "talk", responses=[{"id": i, "model": f"m-{i}", "messages": MESSAGES} for i in ("a", "b")]
)


@pytest.fixture
def cast(database: Database) -> Cast:
    with database.write() as writing:
        return make_cast(writing, type_slug="conversation")


def _stored(database: Database) -> Item:
    with database.read() as session:
        return session.scalars(select(Item)).one()


def test_a_conversation_comes_back_turn_by_turn(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [TALK])
    stored = _stored(database)
    assert stored.responses[0] == {
        "id": "a", "model": "m-a", "messages": MESSAGES, "metadata": {},
    }  # fmt: skip
    assert as_item(stored) == parse_item(TALK)
    assert [item for item, *_ in judged_items(database, cast.project.id, 0)] == [parse_item(TALK)]
    assert broken(database) == []
    # The same again is known by its content.
    assert bring_items(database, cast.project, [TALK]).same == 1


@pytest.mark.parametrize(
    "change",
    [{"content": "Then work."}, {"role": "system"}],
    ids=["content", "role"],
)
def test_a_turn_that_was_changed_in_the_database_is_found(
    database: Database, cast: Cast, change: dict[str, Any]
) -> None:
    bring_items(database, cast.project, [TALK])
    first, second = _stored(database).responses
    changed = [first, {**second, "messages": [*MESSAGES[:2], MESSAGES[2] | change]}]
    with database.write() as session:
        session.execute(update(Item).values(responses=changed))
    assert [finding.rule for finding in broken(database)] == ["item"]


def test_a_text_is_stored_as_ever(database: Database) -> None:
    with database.write() as writing:
        cast = make_cast(writing)
    bring_items(database, cast.project, [raw_item("text")])
    assert _stored(database).responses[0] == {
        "id": "a", "model": "m1", "text": "First answer to text.", "metadata": {},
    }  # fmt: skip
    assert broken(database) == []
