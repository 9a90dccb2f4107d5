"""Agreement on marked passages: the figures on the page and in the command, and what is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.arrivals import bring_items, bring_judgments
from tests.cast import Cast
from tests.cli.conftest import call, good
from tests.stats.tables import table
from tests.web.conftest import ClientFor
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Project
from workbench.queries import passages as module
from workbench.queries.passages import Passages, passages
from workbench.services import projects
from workbench.stats import gamma, span_agreement
from workbench.task_types.bias.agreement import passages as marked_in

TEXT = "Ñandúes 🦤 run. Women cannot drive, they say."
PAGE = "/projects/marks/quality/passages"


def _project(database: Database, cast: Cast, type_slug: str = "bias") -> Project:
    with database.write() as writing:
        now = database_now(writing)
        project = projects.create_project(
            writing, slug="marks", type_slug=type_slug, title={"es": "M", "en": "M"}, overlap=3,
            config={}, now=now,
        )  # fmt: skip
        projects.add_member(writing, project, cast.luz, role="lead", now=now)
    return project


def _flag(start: int | None, end: int | None, category: str = "gender_identity") -> dict[str, Any]:
    quote = "" if start is None else TEXT[start:end]
    return {"response": "a", "start": start, "end": end, "quote": quote, "category": category,
            "direction": "against", "severity": 1, "reason": ""}  # fmt: skip


def _bring(database: Database, project: Project, given: dict[str, list[list[Any]]]) -> None:
    """Items ("es-..." is Spanish) with the flags of each reviewer."""
    items = [
        {
            "id": name,
            "language": "es" if name.startswith("es") else "en",
            "prompt": "Q?",
            "responses": [{"id": "a", "text": TEXT, "model": "m"}],
        }
        for name in given
    ]
    bring_items(database, project, items)
    lines = [
        {"item": name, "reviewer": f"r{r}", "at": "2026-11-05T12:00:00-05:00",
         "answer": {"none": not flags, "flags": flags}}
        for name, all_flags in given.items()
        for r, flags in enumerate(all_flags)
    ]  # fmt: skip
    bring_judgments(database, project, lines)


GIVEN = {
    "one": [[_flag(16, 21)], [_flag(16, 27)]],
    "two": [[], [_flag(0, 7, "age")]],
    "es-three": [[_flag(None, None)], [_flag(16, 34)], []],
    "es-four": [[], []],
    "five": [[_flag(3, 9)]],
}


def _figures(database: Database, project: Project) -> Passages:
    with database.read() as session:
        found = passages(session, project)
    assert found is not None
    return found


def test_a_flag_on_the_whole_response_marks_all_of_it() -> None:
    flags = [_flag(None, None), _flag(2, 5)]
    found = marked_in({"none": False, "flags": flags}, {"a": len(TEXT), "b": 9})
    assert found == {"a": [(0, len(TEXT), "gender_identity"), (2, 5, "gender_identity")], "b": []}
    assert marked_in({"none": False, "flags": flags[:1]}, {"a": 0}) == {"a": []}


def test_the_figures_are_those_of_the_statistics(database: Database, cast: Cast) -> None:
    project = _project(database, cast)
    _bring(database, project, GIVEN)
    found = _figures(database, project)
    rows = [
        (item, f"r{r}", "a", marked_in({"flags": flags}, {"a": len(TEXT)})["a"])
        for item, all_flags in GIVEN.items()
        if item != "five"
        for r, flags in enumerate(all_flags)
    ]
    by_hand = table(rows).assign(length=len(TEXT))
    expected = gamma(by_hand).figure
    assert (found.gamma.value, found.gamma.low) == (expected.value, expected.low)
    assert (found.gamma.n_items, found.gamma.n_judgments) == (4, 9)
    assert found.same.value == span_agreement(by_hand).value
    assert found.anyhow.value == span_agreement(by_hand, by_category=False).value
    assert found.notes == []


def test_of_more_items_some_are_drawn_and_the_figures_say_so(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ITEMS", 2)
    project = _project(database, cast)
    _bring(database, project, GIVEN)
    found = _figures(database, project)
    assert found.gamma.n_items <= 2
    [note] = found.notes
    assert "2 items drawn at random out of 4" in str(note)


def test_the_page_shows_the_figures_and_says_what_is_undefined(
    database: Database, cast: Cast, client_for: ClientFor
) -> None:
    project = _project(database, cast)
    browser = client_for(cast.luz)
    empty = browser.look(PAGE)
    assert "There are no judgments yet." in empty.get_data(as_text=True)
    _bring(database, project, GIVEN)
    page = browser.look(PAGE).get_data(as_text=True)
    assert "Agreement on marked passages" in page
    assert "Soft F1, any category" in page
    assert "Spanish" in page
    fragment = browser.look(PAGE, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert fragment.lstrip().startswith('<section class="panel" id="passages"')


def test_the_quality_page_asks_for_it_where_passages_are_marked(
    database: Database, cast: Cast, client_for: ClientFor
) -> None:
    _project(database, cast)
    page = client_for(cast.luz).look("/projects/marks/quality").get_data(as_text=True)
    assert f'hx-get="{PAGE}"' in page
    other = client_for(cast.luz).look(f"/projects/{cast.project.slug}/quality")
    assert "quality/passages" not in other.get_data(as_text=True)


def test_a_type_without_passages_has_no_such_page(
    database: Database, cast: Cast, client_for: ClientFor
) -> None:
    _project(database, cast, "adversarial")
    assert client_for(cast.luz).look(PAGE).status_code == 404


def test_the_command_has_the_figures_too(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch, home: Any, database_url: str
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database_url)
    monkeypatch.setattr(module, "MOST_ITEMS", 3)
    project = _project(database, cast)
    _bring(database, project, GIVEN)
    found = _figures(database, project)
    said = json.loads(good(call("agreement", "marks", "--json")))
    told = {each["measure"]: each for each in said["measures"] if each["question"] == "passages"}
    assert list(told) == ["gamma", "span_f1", "span_f1_any_category"]
    assert told["gamma"]["value"] == found.gamma.value
    assert "drawn at random" in told["gamma"]["note"]
    lines = good(call("agreement", "marks"))
    [row] = [line for line in lines.splitlines() if "gamma" in line and "F1" not in line]
    assert row.split()[:4] == ["Marked", "passages", "gamma", f"{found.gamma.value:.3f}"]
    assert "drawn at random out of 4" in lines.splitlines()[-1]
