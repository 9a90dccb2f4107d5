"""The differences between two responses over HTTP: for whom, and that they tell no more."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.cast import Cast, make_item
from tests.web.conftest import Browser, ClientFor
from tests.web.desk_pages import take
from tests.web.stage import Things, meet, set_up
from workbench.db import Database

TEXTS = ("El **gato** duerme\r\nen la _cama_.", "El **perro** duerme\r\nen la _casa_.")


@pytest.fixture
def things(database: Database, cast: Cast, client_for: ClientFor) -> Things:
    responses = [
        {"id": f"secret-id-{n}", "model": f"secret-model-{n}", "text": text}
        for n, text in enumerate(TEXTS)
    ]
    return set_up(database, cast, client_for, responses=responses)


def address(item: int, of: str = "1", to: str = "0", view: str = "formatted") -> str:
    return f"/projects/main/desk/items/{item}/differences?of={of}&to={to}&view={view}"


def passages(found: dict[str, Any], text: str, place: str) -> list[str]:
    solid = re.sub(r"\s", "", text)
    return [solid[start:end] for start, end in found["spans"][place]]


def test_a_held_and_a_judged_item_are_compared_and_no_other(ana: Browser, things: Things) -> None:
    for item in (things.held, things.judged):
        assert ana.look(address(item)).status_code == 200
    for item in (things.asked, things.skipped, things.fresh, 10**6):
        assert ana.look(address(item)).status_code == 404


def test_an_item_of_another_project_is_not_there(
    ana: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        item = make_item(writing, cast.other_project, "elsewhere").id
        meet(writing, cast.other_project, item, cast.ana)
    assert ana.look(address(item)).status_code == 404


def test_positions_are_of_the_text_as_it_is_shown(ana: Browser, things: Things) -> None:
    for view, texts in (
        ("written", TEXTS),
        ("formatted", [re.sub("[*_]", "", text) for text in TEXTS]),
    ):
        found = ana.look(address(things.held, view=view)).json
        assert found
        words = {tuple(passages(found, text, place)) for text in texts for place in "01"}
        assert {("gato", "cama"), ("perro", "casa")} <= words
        assert found["note"]


def test_neither_ids_nor_models_nor_texts_are_told(ana: Browser, things: Things) -> None:
    answer = ana.look(address(things.held)).text
    assert "secret" not in answer
    assert "gato" not in answer


@pytest.mark.parametrize(
    ("of", "to"), [("0", "0"), ("2", "0"), ("1", "-1"), ("x", "0"), ("1", ""), ("9" * 30, "0")]
)
def test_two_places_are_needed(ana: Browser, things: Things, of: str, to: str) -> None:
    assert ana.look(address(things.held, of=of, to=to)).status_code == 422


def test_a_response_alone_has_nothing_to_be_compared_with(
    ana: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as writing:
        alone = [{"id": "a", "model": "m", "text": "Alone."}]
        make_item(writing, cast.project, "alone", responses=alone)
    assert ana.look(address(take(ana).item_id)).status_code == 422


def test_what_is_too_long_and_what_is_the_same_is_said(
    ana: Browser, database: Database, cast: Cast
) -> None:
    notes = set()
    for name, texts in {
        "long": ("palabra " * 20_000, "otra " * 20_000),
        "same": ("Sí.",) * 2,
    }.items():
        with database.write() as writing:
            responses = [{"id": str(n), "model": "m", "text": text} for n, text in enumerate(texts)]
            item = make_item(writing, cast.project, name, responses=responses).id
            meet(writing, cast.project, item, cast.ana)
        found = ana.look(address(item)).json
        assert found
        assert found["spans"] == {}
        notes.add(found["note"])
    assert len(notes - {""}) == 2
