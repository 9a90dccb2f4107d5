"""Items by tokens: one for each, told by nobody without the key, and nothing else is taken."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.desk_pages import DESK, make_items, take
from workbench.db import Database
from workbench.veil import Veil

VEIL = Veil("k" * 96)


@pytest.mark.parametrize("number", [0, 1, 2**31 - 1, 2**64 - 1])
def test_a_token_gives_its_number_back(number: int) -> None:
    assert VEIL.number(VEIL.token(number)) == number


def test_tokens_are_all_different_and_in_no_order() -> None:
    tokens = [VEIL.token(number) for number in range(1, 2000)]
    assert len(set(tokens)) == len(tokens)
    assert 900 < sum(one < two for one, two in pairwise(tokens)) < 1100


def test_another_key_makes_other_tokens_and_takes_none_of_these() -> None:
    with pytest.raises(ValueError, match="no token"):
        Veil("l" * 96).number(VEIL.token(5))


def test_every_other_way_to_write_a_token_is_refused() -> None:
    token = VEIL.token(5)
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    others = {token[:i] + letter + token[i + 1 :] for i in range(26) for letter in letters}
    others |= {token.upper(), token[:-1], token + "a", token + "======", "5", "", "ı" * 26}
    for other in others - {token}:
        with pytest.raises(ValueError, match="no token"):
            VEIL.number(other)


def test_what_is_no_token_is_no_page_and_in_a_form_422(
    ana: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    form = take(ana)
    ana.as_sent = True
    veil: Veil = ana.application.extensions["workbench_veil"]
    assert form.item_id == item
    token = veil.token(item)
    for wrong in (item, Veil("l" * 96).token(item), token.upper()):
        assert ana.look(f"{DESK}/items/{wrong}/paused").status_code == 404
        assert ana.send(f"{DESK}/items/{wrong}/skip", {"reason": "odd"}).status_code == 404
    for wrong in (Veil("l" * 96).token(item), token.upper(), "1" * 10):
        assert ana.send(f"{DESK}/upcoming", {"showing": wrong}).status_code == 422
    assert ana.send(f"{DESK}/upcoming", {"showing": token}).status_code == 200


def test_a_lead_is_told_what_reviewers_call_the_item(
    ana: Browser, luz: Browser, database: Database, cast: Cast
) -> None:
    [item] = make_items(database, cast, "one")
    code = ana.application.extensions["workbench_veil"].code(item)
    assert f"Item {code}<" in ana.send(f"{DESK}/next", htmx=True).text
    page = luz.look(f"/projects/main/items/{item}").text
    assert "Item one<" in page
    assert f"Reviewers see it as {code}" in page
