"""Publishing versions of a guideline, and noting who has read one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import NOON, Cast
from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import Acknowledgement, AuditEntry, Guideline
from workbench.services.guideline import (
    MAX_GUIDELINE,
    MAX_NOTE,
    MOST_EXAMPLES,
    MOST_TERMS,
    Draft,
    acknowledge,
    checked,
    must_be_next,
    publish,
)

LATER = NOON + timedelta(hours=1)
DRAFT = Draft("Sea justo", "Be fair")
GOOD = {
    "kind": "good",
    "title": {"es": "Corta", "en": "Short"},
    "text": {"es": "", "en": "Yes."},
    "why": {"es": "Basta", "en": ""},
}
TERM = {"term": {"es": "empate", "en": "tie"}, "meaning": {"es": "Igual", "en": "The same"}}


def _actions(session: Session) -> list[tuple[str, Any]]:
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
    return [(e.action, e.detail) for e in entries if e.action.startswith("guideline.")]


def _refused(draft: Draft) -> set[str]:
    with pytest.raises(Invalid) as refused:
        checked(draft)
    return set(refused.value.errors)


# --- publishing -----------------------------------------------------------------------------


def test_a_guideline_is_written_in_versions(session: Session, cast: Cast) -> None:
    first = publish(session, cast.project, Draft("uno", "one"), now=NOON)
    second = publish(session, cast.project, Draft("uno", "two"), now=LATER, actor=cast.luz.id)
    elsewhere = publish(session, cast.other_project, Draft("a", "b"), now=NOON)
    assert (first.version, second.version, elsewhere.version) == (1, 2, 1)
    assert (second.es, second.en, second.created_by) == ("uno", "two", cast.luz.id)


def test_a_guideline_that_did_not_change_is_no_new_version(session: Session, cast: Cast) -> None:
    first = publish(session, cast.project, Draft("uno", "one"), now=NOON)
    written = _actions(session)
    again = publish(session, cast.project, Draft("uno", "one"), now=LATER)
    assert (again.id, _actions(session)) == (first.id, written)


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_guideline_that_is_too_long_is_refused(
    session: Session, cast: Cast, language: str
) -> None:
    texts = {"es": "a", "en": "a", language: "x" * (MAX_GUIDELINE + 1)}
    with pytest.raises(Invalid) as refused:
        publish(session, cast.project, Draft(texts["es"], texts["en"]), now=NOON)
    assert list(refused.value.errors) == [language]


def test_a_version_holds_all_that_was_said(session: Session, cast: Cast) -> None:
    draft = Draft("Sea justo", "Be fair", "  una\r\n nota ", True, False, [GOOD], [TERM])
    made = publish(session, cast.project, draft, now=NOON, actor=cast.luz.id, base=0)
    session.expire_all()
    stored = session.get_one(Guideline, made.id)
    assert (stored.version, stored.note, stored.must_read) == (1, "una nota", True)
    assert (stored.examples, stored.glossary) == ([GOOD], [TERM])
    assert _actions(session) == [("guideline.write", {"version": 1, "must_read": True})]


def test_a_version_without_examples_has_none(session: Session, cast: Cast) -> None:
    made = publish(session, cast.project, DRAFT, now=NOON)
    found = session.scalars(
        select(Guideline.id).where(Guideline.examples.is_(None), Guideline.glossary.is_(None))
    )
    assert found.all() == [made.id]


@pytest.mark.parametrize("base", [0, 2])
def test_a_draft_that_another_version_overtook_is_refused(
    session: Session, cast: Cast, base: int
) -> None:
    publish(session, cast.project, DRAFT, now=NOON)
    newer = replace(DRAFT, en="Be fairer")
    with pytest.raises(Conflict, match="Version 1 was published"):
        publish(session, cast.project, newer, now=NOON, base=base)
    with pytest.raises(Conflict):
        must_be_next(session, cast.project.id, newer, base)
    assert publish(session, cast.project, newer, now=NOON, base=1).version == 2


def test_the_same_text_is_a_new_version_only_to_have_it_read(session: Session, cast: Cast) -> None:
    first = publish(session, cast.project, DRAFT, now=NOON)
    assert publish(session, cast.project, replace(DRAFT, note="x"), now=NOON).id == first.id
    with pytest.raises(Invalid, match="Nothing has changed"):
        must_be_next(session, cast.project.id, DRAFT, 1)
    to_read = replace(DRAFT, must_read=True)
    must_be_next(session, cast.project.id, to_read, 1)
    assert publish(session, cast.project, to_read, now=NOON).version == 2
    assert publish(session, cast.project, to_read, now=NOON).version == 2


@pytest.mark.parametrize("part", ["examples", "glossary"])
def test_other_examples_or_terms_are_a_new_version(session: Session, cast: Cast, part: str) -> None:
    both = replace(DRAFT, examples=[GOOD], glossary=[TERM])
    publish(session, cast.project, both, now=NOON)
    assert publish(session, cast.project, replace(both, **{part: ()}), now=NOON).version == 2


# --- what may be published ------------------------------------------------------------------


def test_a_language_is_missing_only_when_that_is_said() -> None:
    assert _refused(Draft("", "Be fair")) == {"es"}
    assert _refused(Draft("Sea justo", " \r\n ")) == {"en"}
    assert _refused(Draft("", " ", one_language=True)) == {"es"}
    assert checked(Draft("", "Be fair", one_language=True)).es == ""


def test_line_ends_of_a_browser_and_of_a_file_are_the_same() -> None:
    assert checked(Draft("a\r\nb\r\n", "c\rd\x00")).es == "a\nb"
    assert checked(Draft("a", "c\rd\x00")).en == "c\nd"


def test_entries_that_say_nothing_are_left_out() -> None:
    nothing = {"title": {"es": " ", "en": ""}, "kind": "bad"}
    draft = checked(replace(DRAFT, examples=[nothing, GOOD], glossary=[{}, TERM]))
    assert (draft.examples, draft.glossary) == ([GOOD], [TERM])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"note": "x" * (MAX_NOTE + 1)}, "note"),
        ({"examples": [{**GOOD, "kind": "so-so"}]}, "examples-0-kind"),
        ({"examples": [GOOD, {**GOOD, "why": {}}]}, "examples-1-why-es"),
        ({"examples": [{**GOOD, "title": {"en": "x" * 201}}]}, "examples-0-title-en"),
        ({"glossary": [{**TERM, "meaning": {"es": " "}}]}, "glossary-0-meaning-es"),
        ({"examples": [GOOD] * (MOST_EXAMPLES + 1)}, "examples"),
        ({"glossary": [TERM] * (MOST_TERMS + 1)}, "glossary"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(values: dict[str, Any], field: str) -> None:
    assert _refused(replace(DRAFT, **values)) == {field}


# --- who has read it ------------------------------------------------------------------------


def test_reading_is_noted_once(session: Session, cast: Cast) -> None:
    publish(session, cast.project, DRAFT, now=NOON)
    for _ in range(2):
        acknowledge(session, cast.project.id, cast.ana.id, 1, NOON)
    [row] = session.scalars(select(Acknowledgement)).all()
    assert (row.project_id, row.user_id, row.version) == (cast.project.id, cast.ana.id, 1)
    assert _actions(session)[1:] == [("guideline.read", {"version": 1})]


@pytest.mark.parametrize("version", [0, 2])
def test_a_version_that_is_not_there_cannot_be_read(
    session: Session, cast: Cast, version: int
) -> None:
    publish(session, cast.project, DRAFT, now=NOON)
    publish(session, cast.other_project, DRAFT, now=NOON)
    with pytest.raises(NotFound):
        acknowledge(session, cast.project.id, cast.ana.id, version, NOON)
    assert session.scalars(select(Acknowledgement)).all() == []
