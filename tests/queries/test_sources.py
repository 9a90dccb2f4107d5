"""Counts of what can be exported, and the lists of what came in and went out."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tests.cast import NOON, Cast, make_item
from tests.flows.acts import judge, must_take
from workbench.models import ExportFile, Project, Source, User
from workbench.queries.sources import (
    Standing,
    newest_source,
    one_export,
    one_import,
    past_exports,
    past_imports,
    rejects_of,
    standing,
)


def _judge(session: Session, project: Project, who: User) -> None:
    """`who` takes the next item and judges it."""
    judge(session, must_take(session, project, who).item_id, who)


def _source(session: Session, project: Project, by: User | None = None) -> Source:
    source = Source(
        project_id=project.id, kind="items", name="items.jsonl", sha256="0" * 64,
        counts={"new": 1}, created_at=NOON, created_by=by.id if by else None,
    )  # fmt: skip
    session.add(source)
    session.flush()
    return source


def _export(
    session: Session, project: Project, by: User | None = None, source: Source | None = None
) -> ExportFile:
    row = ExportFile(
        project_id=project.id, format="judgments", policy={}, manifest={}, names=[], folder="f",
        source_id=source.id if source else None, created_at=NOON, created_by=by.id if by else None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def test_a_project_without_items_stands_at_nothing(session: Session, cast: Cast) -> None:
    assert standing(session, cast.project.id) == Standing(items=0, judged=0, complete=0)


def test_items_are_counted_with_those_that_are_judged_and_those_that_are_complete(
    session: Session, cast: Cast
) -> None:
    make_item(session, cast.project, "both judge it")
    _judge(session, cast.project, cast.ana)
    _judge(session, cast.project, cast.beto)
    make_item(session, cast.project, "one judges it")
    _judge(session, cast.project, cast.ana)
    make_item(session, cast.project, "nobody judges it")
    make_item(session, cast.other_project, "elsewhere")
    assert standing(session, cast.project.id) == Standing(items=3, judged=2, complete=1)


def test_an_item_that_was_replaced_does_not_count(session: Session, cast: Cast) -> None:
    item = make_item(session, cast.project, "old")
    _judge(session, cast.project, cast.ana)
    item.retired_at = NOON
    session.flush()
    assert standing(session, cast.project.id) == Standing(items=0, judged=0, complete=0)


def test_a_lease_is_no_judgment(session: Session, cast: Cast) -> None:
    make_item(session, cast.project, "one")
    must_take(session, cast.project, cast.ana)
    assert standing(session, cast.project.id) == Standing(items=1, judged=0, complete=0)


def test_imports_are_listed_newest_first_with_who_made_them(session: Session, cast: Cast) -> None:
    first = _source(session, cast.project, cast.edu)
    second = _source(session, cast.project)
    _source(session, cast.other_project, cast.omar)
    listed = past_imports(session, cast.project.id)
    assert [(line.id, line.by) for line in listed] == [(second.id, None), (first.id, "edu")]
    assert past_imports(session, cast.project.id, limit=1) == listed[:1]
    assert newest_source(session, cast.project.id) is second


def test_one_import_is_found_in_its_own_project_alone(session: Session, cast: Cast) -> None:
    source = _source(session, cast.project)
    assert one_import(session, cast.project.id, source.id) is not None
    assert one_import(session, cast.other_project.id, source.id) is None


def test_exports_are_listed_newest_first_without_the_rejects_of_imports(
    session: Session, cast: Cast
) -> None:
    source = _source(session, cast.project)
    first = _export(session, cast.project, cast.edu)
    rejects = _export(session, cast.project, cast.edu, source)
    second = _export(session, cast.project, cast.luz)
    _export(session, cast.other_project, cast.omar)
    listed = past_exports(session, cast.project.id)
    assert [(line.export, line.by) for line in listed] == [(second, "luz"), (first, "edu")]
    assert rejects_of(session, cast.project.id, source.id) is rejects
    assert rejects_of(session, cast.other_project.id, source.id) is None


def test_one_export_is_found_in_its_own_project_alone(session: Session, cast: Cast) -> None:
    row = _export(session, cast.project)
    assert one_export(session, cast.project.id, row.id) is not None
    assert one_export(session, cast.other_project.id, row.id) is None
