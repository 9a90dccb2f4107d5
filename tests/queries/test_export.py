from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.arrivals import (
    A_BETTER,
    B_BETTER,
    TIED,
    bring_items,
    bring_judgments,
    raw_item,
    raw_judgment,
)
from tests.cast import Cast
from workbench import task_types
from workbench.db import Database, now
from workbench.export.formats import BY_NAME
from workbench.export.manifest import ExportMeta
from workbench.export.policy import ExportPolicy
from workbench.export.write import write_export
from workbench.models import Item, Membership, Project, Settled
from workbench.queries import export
from workbench.queries.export import judged_items, rfc3339, watermark
from workbench.services import projects
from workbench.services.adjudicate import Decision, adjudicate
from workbench.services.claim import Reviewer, claim
from workbench.services.resolve import retire
from workbench.services.submit import Submission, submit
from workbench.services.undo import undo
from workbench.task_types.base import AnswerRecord

HOUR = timedelta(hours=1)


def _mark(database: Database, project: Project) -> int:
    with database.read() as session:
        return watermark(session, project.id)


def _answers(database: Database, project: Project, mark: int | None = None) -> list[Any]:
    """[(item, [(reviewer, answer), ...]), ...] at the mark, else as it is now."""
    at = _mark(database, project) if mark is None else mark
    return [
        (item.id, [(answer.reviewer, answer.answer) for answer in answers])
        for item, answers, _ in judged_items(database, project.id, at)
    ]


def _export(database: Database, project: Project, mark: int | None = None) -> bytes:
    """The `judgments` export."""
    out = io.BytesIO()
    at = _mark(database, project) if mark is None else mark
    write_export(
        judged_items(database, project.id, at),
        task_types.get(project.type),
        project.config,
        BY_NAME["judgments"],
        ExportPolicy(),
        target=out,
        meta=ExportMeta(project.slug, "1", at),
    )
    return out.getvalue()


def test_items_and_answers_come_in_code_point_order(database: Database, cast: Cast) -> None:
    names = ["b", "Z", "ñ", "a-1", "a1", "A", "10", "9", "z", "é", "\U0001f600", "\uffee"]
    bring_items(database, cast.project, map(raw_item, names))
    bring_judgments(database, cast.project, [raw_judgment("a1", who) for who in ("r-b", "R-a")])
    found = _answers(database, cast.project)
    assert [name for name, _ in found] == sorted(names)
    assert dict(found)["a1"] == [("R-a", A_BETTER), ("r-b", A_BETTER)]


def test_items_without_judgments_are_there_too(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    assert _answers(database, cast.project) == [("one", [])]


def test_an_answer_carries_all_that_is_known_of_it(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    line = raw_judgment(
        "one", "r1", at="2026-11-20T15:04:05.250Z", active_seconds=41.2, shown=["b", "a"]
    )
    bring_judgments(database, cast.project, [line])
    [(item, answers, _)] = judged_items(database, cast.project.id, _mark(database, cast.project))
    assert [response.model for response in item.responses] == ["m1", "m2"]
    assert answers == [
        AnswerRecord("r1", A_BETTER, "2026-11-20T15:04:05.250Z", 41.2, ("b", "a"), None)
    ]


def test_only_a_reviewers_newest_answer_counts(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    for answer in (A_BETTER, B_BETTER, TIED):
        bring_judgments(database, cast.project, [raw_judgment("one", "r1", answer)], revise=True)
    assert _answers(database, cast.project) == [("one", [("r1", TIED)])]


def test_an_answer_that_was_taken_back_does_not_count(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    with database.write() as session:
        at = now(session)
        held = claim(session, cast.project, Reviewer(cast.beto.id, ("en",)), at, HOUR)
        assert held is not None
        submit(session, Submission(held.item_id, cast.beto.id, A_BETTER, 1, "k", 0), at)
    judged = _mark(database, cast.project)
    assert len(_answers(database, cast.project)[0][1]) == 1
    with database.write() as session:
        undo(session, cast.project.id, cast.beto.id, now(session), HOUR)
    assert _answers(database, cast.project) == [("one", [])]
    assert len(_answers(database, cast.project, judged)[0][1]) == 1


def test_replaced_and_removed_items_are_left_out(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item("one"), raw_item("two")])
    bring_judgments(database, cast.project, [raw_judgment("one", "r1"), raw_judgment("two", "r1")])
    bring_items(database, cast.project, [raw_item("one", tags=["new"])], revise=True)
    with database.write() as session:
        two = session.scalars(select(Item).where(Item.external_id == "two")).one()
        retire(session, two, now(session))
    [(item, answers, _)] = judged_items(database, cast.project.id, _mark(database, cast.project))
    assert (item.id, item.tags, answers) == ("one", ("new",), [])


def _settle(
    database: Database, cast: Cast, outcome: Settled, answer: dict[str, Any] | None, base: int
) -> None:
    with database.write() as session:
        item = session.scalars(select(Item).where(Item.external_id == "one")).one()
        decision = Decision(item.id, cast.luz.id, outcome, answer, base_revision=base)
        adjudicate(session, decision, now(session))


def test_a_decision_stands_beside_the_answers_as_it_was_at_the_mark(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("one"), raw_item("two")])
    bring_judgments(database, cast.project, [raw_judgment("one", "r1"), raw_judgment("one", "r2")])
    marks = [_mark(database, cast.project)]
    for n, (outcome, answer) in enumerate(
        [(Settled.ANSWERED, B_BETTER), (Settled.REOPENED, None), (Settled.OPEN, None)]
    ):
        _settle(database, cast, outcome, answer, n)
        marks.append(_mark(database, cast.project))
    assert marks == sorted(set(marks))

    def decided(mark: int) -> list[Any]:
        return [
            decision and (decision.lead, decision.answer)
            for _, _, decision in judged_items(database, cast.project.id, mark)
        ]

    with database.read() as session:
        lead = session.get_one(Membership, (cast.project.id, cast.luz.id)).pseudonym
    assert [decided(mark) for mark in marks] == [
        [None, None],
        [(lead, B_BETTER), None],
        [None, None],
        [(lead, None), None],
    ]


def test_an_export_at_an_old_watermark_gives_the_same_bytes_after_more_was_judged(
    database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item(f"i{n}") for n in range(5)])
    bring_judgments(database, cast.project, [raw_judgment(f"i{n}", "r1") for n in range(5)])
    mark, before = _mark(database, cast.project), _export(database, cast.project)
    bring_judgments(database, cast.project, [raw_judgment("i1", "r1", TIED)], revise=True)
    bring_judgments(database, cast.project, [raw_judgment("i2", "r2")])
    assert _export(database, cast.project) != before
    assert _export(database, cast.project, mark) == before
    assert _answers(database, cast.project, 0) == [(f"i{n}", []) for n in range(5)]


def test_the_watermark_is_the_projects_own(database: Database, cast: Cast) -> None:
    assert _mark(database, cast.project) == 0
    bring_items(database, cast.project, [raw_item("one")])
    bring_judgments(database, cast.project, [raw_judgment("one", "r1")])
    mark = _mark(database, cast.project)
    assert mark > 0
    bring_items(database, cast.other_project, [raw_item("one")])
    bring_judgments(database, cast.other_project, [raw_judgment("one", "r1")])
    assert _mark(database, cast.project) == mark
    assert _mark(database, cast.other_project) > mark


def test_judgments_that_go_round_through_a_new_project_come_out_byte_for_byte(
    database: Database, cast: Cast
) -> None:
    raws = [raw_item(f"i{n}") for n in range(30)]
    bring_items(database, cast.project, raws)
    lines = [
        raw_judgment(
            f"i{n}",
            who,
            (A_BETTER, B_BETTER, TIED)[n % 3],
            at=f"2026-11-20T15:04:{n:02}.{'5' if n % 2 else '000'}Z",
            active_seconds=None if n % 5 == 0 else n * 1.001,
            shown=["b", "a"] if n % 2 else None,
        )
        for n in range(30)
        for who in ("ana ñ", "r2")
    ]
    bring_judgments(database, cast.project, lines)
    out = _export(database, cast.project)
    assert out.count(b"\n") == 60
    with database.write() as session:
        fresh = projects.create_project(
            session,
            slug="fresh",
            type_slug="ranking",
            title={"es": "x", "en": "x"},
            overlap=2,
            config={},
            now=now(session),
        )
    bring_items(database, fresh, raws)
    assert bring_judgments(database, fresh, out.splitlines()).new == 60
    assert _export(database, fresh) == out


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 20])
def test_pages_neither_lose_nor_double_an_item(
    database: Database, cast: Cast, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 4)
    names = [f"i{n:03}" for n in range(count)]
    bring_items(database, cast.project, map(raw_item, names))
    bring_judgments(database, cast.project, [raw_judgment(name, "r1") for name in names])
    assert _answers(database, cast.project) == [(name, [("r1", A_BETTER)]) for name in names]


def test_long_items_make_a_page_shorter_and_none_is_lost(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE_CHARACTERS", 100)
    names = [f"i{n}" for n in range(9)]
    bring_items(database, cast.project, map(raw_item, names))
    with database.read() as session:
        assert 1 < len(export._page(session, cast.project.id, "")) < 9
    assert [name for name, _ in _answers(database, cast.project)] == names


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC), "2026-11-20T15:04:05Z"),
        (datetime(2026, 11, 20, 15, 4, 5, 250_000, tzinfo=UTC), "2026-11-20T15:04:05.250Z"),
        (datetime(2026, 11, 20, 15, 4, 5, 999_999, tzinfo=UTC), "2026-11-20T15:04:05.999Z"),
        (datetime(2026, 11, 20, 15, 4, 5, 10, tzinfo=UTC), "2026-11-20T15:04:05Z"),
    ],
)
def test_a_time_is_written_with_the_milliseconds_it_has(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text
