"""Items and judgments of another tool's file, in one transaction, on both databases."""

from __future__ import annotations

import io
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from tests.arrivals import broken
from tests.cast import Cast
from workbench.db import Database, now
from workbench.intake import open_source
from workbench.intake.tools import BY_NAME
from workbench.messages import Invalid
from workbench.models import Item, Judgment, Membership, Source
from workbench.services import import_from_tool
from workbench.services.import_from_tool import ToolCounts
from workbench.services.spool import Rejected


def task(number: int, *sides: str, prompt: str = "Why?") -> dict[str, Any]:
    """A comparison by so many people."""
    return {
        "id": number,
        "data": {"prompt": prompt, "answer1": "Yes.", "answer2": "No.", "language": "en"},
        "annotations": [
            {
                "completed_by": by,
                "result": [{"from_name": "pw", "type": "pairwise", "value": {"selected": side}}],
            }
            for by, side in enumerate(sides, 1)
        ],
    }


def bring(
    database: Database, cast: Cast, tasks: list[Any], *, revise: bool = False, bad: Any = None
) -> ToolCounts:
    source = open_source(io.BytesIO(orjson.dumps(tasks)), "export.json")
    tool = BY_NAME["label-studio"]
    with (
        import_from_tool.prepare(source, tool, cast.project, {}, reject_to=bad) as prepared,
        database.write() as session,
    ):
        return import_from_tool.import_from_tool(
            session, cast.project, prepared, now=now(session), actor=None, revise=revise
        )


def count(database: Database, table: type[Any]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_both_come_in_together_and_the_same_again_changes_nothing(
    database: Database, cast: Cast
) -> None:
    tasks = [task(1, "left", "right"), task(2)]
    counts = bring(database, cast, tasks)
    assert counts.judgments is not None
    assert (counts.items.new, counts.judgments.new) == (2, 2)
    with database.read() as session:
        slots = session.execute(select(Item.external_id, Item.slots_left).order_by(Item.id)).all()
        names = session.scalars(select(Membership.pseudonym)).all()
        sources = session.scalars(select(Source).order_by(Source.id)).all()
    assert [tuple(row) for row in slots] == [("label-studio-1", 0), ("label-studio-2", 2)]
    assert {"label-studio-1", "label-studio-2"} <= set(names)
    assert [source.kind for source in sources] == ["items", "judgments"]
    assert sources[0].sha256 == sources[1].sha256 != ""
    assert sources[0].counts["tool"] == "label-studio"
    again = bring(database, cast, tasks)
    assert again.judgments is not None
    assert (again.items.same, again.judgments.same) == (2, 2)
    assert (count(database, Item), count(database, Judgment)) == (2, 2)
    assert broken(database) == []


def test_a_judgment_too_many_stores_nothing_at_all(database: Database, cast: Cast) -> None:
    with pytest.raises(Rejected) as caught:
        bring(database, cast, [task(1, "left"), task(2, "left", "left", "right")])
    assert "export.json:2: item: label-studio-2 already has the 2 judgments" in str(caught.value)
    assert (count(database, Item), count(database, Judgment), count(database, Source)) == (0, 0, 0)
    assert broken(database) == []


def test_good_records_come_in_and_what_is_wrong_is_written_out(
    database: Database, cast: Cast
) -> None:
    bad = io.BytesIO()
    tasks = [task(1, "left"), task(2, "up"), task(3, "left", "left", "right")]
    counts = bring(database, cast, tasks, bad=bad)
    assert counts.rejected == 2
    assert (count(database, Item), count(database, Judgment)) == (2, 3)
    first, second = [orjson.loads(line) for line in bad.getvalue().splitlines()]
    assert first["line"] == 2
    assert first["problems"][0]["field"] == "annotations[0].result[0].value.selected"
    assert (second["line"], second["problems"][0]["field"]) == (3, "item")
    assert broken(database) == []


def test_what_was_said_of_other_content_stays_out_with_it(database: Database, cast: Cast) -> None:
    """The judgment would fit the item of the same id that is here, and was made of another one."""
    bring(database, cast, [task(1)])
    counts = bring(database, cast, [task(1, "left", prompt="Why not?"), task(2)], bad=io.BytesIO())
    assert (counts.items.new, counts.rejected) == (1, 1)
    assert count(database, Judgment) == 0
    counts = bring(database, cast, [task(1, "left", prompt="Why not?")], revise=True)
    assert (counts.items.revised, count(database, Judgment)) == (1, 1)
    assert broken(database) == []


def test_a_revision_replaces_an_answer(database: Database, cast: Cast) -> None:
    bring(database, cast, [task(1, "left")])
    with pytest.raises(Rejected):
        bring(database, cast, [task(1, "right")])
    counts = bring(database, cast, [task(1, "right")], revise=True)
    assert counts.judgments is not None
    assert counts.judgments.revised == 1


def test_another_type_and_an_unknown_option_are_refused(cast: Cast) -> None:
    source = open_source(io.BytesIO(b"[]"), "export.json")
    tool = BY_NAME["label-studio"]
    with pytest.raises(Invalid, match="cannot be said of files of Label Studio"):
        import_from_tool.prepare(source, tool, cast.project, {"colour": "red"})
    cast.project.type = "adversarial"
    with pytest.raises(Invalid, match="come into projects of these types"):
        import_from_tool.prepare(source, tool, cast.project, {})
