"""Bringing practice items in: whole files or nothing, with every fault by line and field."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.cast import Cast
from tests.flows.acts import prefers
from tests.practice_lines import bring_in, practice_line
from workbench.models import Item, PracticeItem, Project
from workbench.services.practice_items import MOST
from workbench.services.spool import Rejected

TALK = {"id": "a", "messages": [{"role": "assistant", "content": "Sí."}]}


def _stored(session: Session) -> list[str]:
    return list(session.scalars(select(PracticeItem.external_id).order_by(PracticeItem.position)))


def test_items_come_in_in_the_order_of_the_file_and_join_no_queue(
    session: Session, cast: Cast
) -> None:
    lines = [practice_line(name, language="es-CO", tags=["x"]) for name in ("z", "a")]
    assert bring_in(session, cast.project, *lines).new == 2
    assert bring_in(session, cast.project, practice_line("m")).new == 1
    assert _stored(session) == ["z", "a", "m"]
    row = session.scalars(select(PracticeItem)).first()
    assert row is not None
    assert (row.language, row.language_base, row.tags) == ("es-CO", "es", ["x"])
    assert row.expected["tiers"] == [["a"], ["b"]]
    assert row.why == {"es": "Porque z.", "en": "Because z."}
    assert session.scalar(select(func.count()).select_from(Item)) == 0


def test_what_is_here_with_the_same_content_stays_and_with_other_content_is_wrong(
    session: Session, cast: Cast
) -> None:
    bring_in(session, cast.project, practice_line("p"))
    counts = bring_in(session, cast.project, practice_line("p"), practice_line("q"))
    assert (counts.new, counts.same) == (1, 1)
    for changes in ({"expected": prefers("b")}, {"why": {"es": "Otro", "en": "Other"}}):
        with pytest.raises(Rejected) as refused:
            bring_in(session, cast.project, practice_line("p", **changes), practice_line("new"))
        assert [each.field for each in refused.value.report.problems] == ["id"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"expected": None}, ["expected"]),
        ({"why": {"es": "Sí"}}, ["why.en"]),
        ({"why": {"es": "Sí", "en": "  "}}, ["why.en"]),
        ({"why": "Because"}, ["why"]),
        ({"why": {"es": "Sí", "en": "Yes", "fr": "Oui"}}, ["why.fr"]),
        ({"expected": {**prefers("a"), "tiers": [["a"], ["z"]]}}, ["expected.tiers[1][0]"]),
        (
            {"expected": {**prefers("a"), "tiers": [], "unranked": ["a", "b"],
                          "verdict": "cannot_judge", "reason": "?"}},
            ["expected"],
        ),
        ({"responses": [{"id": "a", "text": "Sí."}]}, ["responses"]),
        ({"responses": [TALK, {**TALK, "id": "b"}]}, ["responses[0]", "responses[1]"]),
        ({"langage": "es"}, ["langage"]),
        ({"prompt": "", "why": {}}, ["prompt", "why.en", "why.es"]),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_nothing_is_stored(
    session: Session, cast: Cast, changes: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(Rejected) as refused:
        bring_in(session, cast.project, practice_line("good"), practice_line("bad", **changes))
    problems = refused.value.report.problems
    assert {each.line for each in problems} == {2}
    assert sorted(each.field for each in problems) == fields
    assert _stored(session) == []


def test_a_line_that_is_no_object_and_an_id_that_comes_twice_are_named(
    session: Session, cast: Cast
) -> None:
    with pytest.raises(Rejected) as refused:
        bring_in(session, cast.project, "[1]", practice_line("p"), practice_line("p", "b"))
    assert [each.line for each in refused.value.report.problems] == [1, 3]


def test_there_is_a_most(session: Session, cast: Cast) -> None:
    bring_in(session, cast.project, *(practice_line(f"p{n}") for n in range(MOST)))
    with pytest.raises(Rejected):
        bring_in(session, cast.project, practice_line("more"))


def test_an_id_may_come_again_once_its_item_was_taken_out(session: Session, cast: Cast) -> None:
    bring_in(session, cast.project, practice_line("p"))
    row = session.scalars(select(PracticeItem)).one()
    row.retired_at = row.created_at
    session.flush()
    assert bring_in(session, cast.project, practice_line("p", "b")).new == 1
    assert session.get_one(Project, cast.project.id).practice_pass_mark is None
