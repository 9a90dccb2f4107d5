"""A lead says from what on the leads are told."""

from __future__ import annotations

import re

import pytest

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.models import Watch

ALERTS = "/projects/main/alerts"


def _stored(database: Database, cast: Cast) -> tuple[float | None, int] | None:
    with database.read() as reading:
        found = reading.get(Watch, cast.project.id)
        return (found.agreement_floor, found.queue_days) if found else None


@pytest.mark.parametrize(
    ("text", "floor"), [("0.6", 0.6), ("0,65", 0.65), ("1", 1.0), ("", None), (" 0.5 ", 0.5)]
)
def test_a_lead_sets_the_floor_and_the_days(
    luz: Browser, database: Database, cast: Cast, text: str, floor: float | None
) -> None:
    page = luz.look(ALERTS).text
    assert re.search(r'name="queue_days"[^>]*value="2"', page), "what holds unless it is set"
    answer = luz.send(ALERTS, {"agreement_floor": text, "queue_days": "5"})
    assert answer.location == f"{ALERTS}?saved=1"
    assert _stored(database, cast) == (floor, 5)
    shown = "" if floor is None else f"{floor:g}"
    assert re.search(rf'name="agreement_floor"[^>]*value="{shown}"', luz.look(ALERTS).text)


@pytest.mark.parametrize(
    ("floor", "days", "field"),
    [
        ("much", "2", "agreement_floor"),
        ("0", "2", "agreement_floor"),
        ("nan", "2", "agreement_floor"),
        ("inf", "2", "agreement_floor"),
        ("0.6", "", "queue_days"),
        ("0.6", "1.5", "queue_days"),
        ("0.6", "99", "queue_days"),
    ],
)
def test_what_cannot_be_is_named_and_changes_nothing(
    luz: Browser, database: Database, cast: Cast, floor: str, days: str, field: str
) -> None:
    answer = luz.send(ALERTS, {"agreement_floor": floor, "queue_days": days})
    assert answer.status_code == 422
    assert re.search(rf'id="{field}-more" class="error-text"', answer.text)
    assert f'value="{floor}"' in answer.text
    assert _stored(database, cast) is None


def test_leads_find_it_on_the_quality_page_and_engineers_do_not(
    luz: Browser, client_for: ClientFor, cast: Cast
) -> None:
    assert ALERTS in luz.look("/projects/main/quality").text
    assert ALERTS not in client_for(cast.edu).look("/projects/main/quality").text
