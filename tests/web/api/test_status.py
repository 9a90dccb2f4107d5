"""Where a project stands, and how far reviewers agree."""

from __future__ import annotations

import json

import pytest

from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take
from tests.web.api.programs import MAIN, Program, an_item, is_problem, prefers
from workbench.db import Database
from workbench.queries.splits import WAYS
from workbench.queries.whole_agreement import whole_agreement
from workbench.services import leave_item


def test_where_a_project_stands(edu: Program, database: Database, cast: Cast) -> None:
    with database.write() as writing:
        for name in ("one", "two", "three"):
            make_item(writing, cast.project, name)
    with database.write() as writing:
        judge(writing, must_take(writing, cast.project, cast.ana).item_id, cast.ana)
        judge(writing, must_take(writing, cast.project, cast.beto).item_id, cast.beto)
        lease = must_take(writing, cast.project, cast.ana)
        leave_item.skip(writing, lease.item_id, cast.ana.id, "Not mine", lease.created_at)
        must_take(writing, cast.project, cast.ana)
    told = edu.get(MAIN).json
    assert told["slug"] == "main"
    assert told["type"] == "ranking"
    assert told["title"] == {"es": "Proyecto main", "en": "Project main"}
    assert told["items"] == {"all": 3, "judged": 1, "complete": 1}
    assert told["judgments"] == {"given": 2, "left": 4}
    states = {"leased": 1, "judged": 2, "skipped": 1, "escalated": 0, "released": 0}
    assert told["states"] == states
    assert len(told["days"]) == 14
    assert told["days"][-1]["judgments"] == 2
    assert told["active_seconds"] == 4.0


def _judged(edu: Program) -> None:
    edu.send([an_item(str(n)) for n in range(6)])
    said = {"m-1": "aaabbb", "m-2": "aababb"}
    lines = [
        {"item": str(n), "reviewer": who, "answer": prefers(best, "b" if best == "a" else "a")}
        for who, row in said.items()
        for n, best in enumerate(row)
    ]
    assert edu.send(lines, f"{MAIN}/judgments").json["new"] == 12


def test_agreement_is_what_the_command_prints(edu: Program, database: Database, cast: Cast) -> None:
    assert edu.get(f"{MAIN}/agreement").json["items"] == 0
    _judged(edu)
    told = edu.get(f"{MAIN}/agreement").json
    with database.read() as reading:
        assert told == json.loads(json.dumps(whole_agreement(reading, cast.project).as_dict()))
    assert told["judgments"] == 12
    assert {each["measure"] for each in told["measures"]} >= {"krippendorff_alpha"}


@pytest.mark.parametrize("by", WAYS)
def test_agreement_part_by_part(edu: Program, by: str) -> None:
    _judged(edu)
    told = edu.get(f"{MAIN}/agreement?by={by}").json
    assert told["by"] == by
    assert told["whole"]
    assert told["parts"] or by in {"tag", "guideline", "site"}


def test_what_agreement_is_not_split_by(edu: Program) -> None:
    told = is_problem(edu.get(f"{MAIN}/agreement?by=password"), 422)
    assert told["errors"][0]["field"] == "by"
    is_problem(edu.get(f"{MAIN}/agreement?question=better"), 422)
    is_problem(edu.get(f"{MAIN}/agreement?by=week&question=nowhere"), 404)
