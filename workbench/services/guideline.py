"""Publish a version of a project's guideline, and note who has read one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workbench.db import added
from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid, Message
from workbench.models import Acknowledgement, Guideline, Project
from workbench.queries.guideline import has_version
from workbench.queries.items import newest_guideline
from workbench.services import audit, slots
from workbench.services.accounts import LOCALES

MAX_GUIDELINE = 100_000
MAX_NOTE = 200
MOST_EXAMPLES = 20
MOST_TERMS = 60
#: Longest text, in characters, of each part of an example and of a term. Each is in es, en or both.
EXAMPLE_PARTS = {"title": 200, "text": 4_000, "why": 1_000}
TERM_PARTS = {"term": 100, "meaning": 1_000}
EXAMPLE_KINDS = ("good", "bad")

Entry = Mapping[str, Any]
Errors = dict[str, Message]


@dataclass(frozen=True)
class Draft:
    """What a version is to say. `examples` and `glossary` are shaped as `Guideline` stores them."""

    es: str
    en: str
    #: What changed.
    note: str = ""
    must_read: bool = False
    #: The publisher knows that it is written in one language alone.
    one_language: bool = False
    examples: Sequence[Entry] = ()
    glossary: Sequence[Entry] = ()


def publish(
    session: Session,
    project: Project,
    draft: Draft,
    *,
    now: datetime,
    actor: int | None = None,
    base: int | None = None,
) -> Guideline:
    """The next version of the guideline; the newest one when nothing changed.

    `base` is the version that the draft began with, 0 for none; None asks for no comparison.
    Raises Invalid by field, and Conflict when another version was published since `base`.
    """
    draft = checked(draft)
    slots.lock_project(session, project.id)
    newest = newest_guideline(session, project.id)
    if base is not None:
        _in_order(newest, base)
    if newest is not None and _is_same(newest, draft):
        return newest
    guideline = Guideline(
        project_id=project.id,
        version=newest.version + 1 if newest else 1,
        es=draft.es,
        en=draft.en,
        note=draft.note,
        must_read=draft.must_read,
        examples=list(draft.examples) or None,
        glossary=list(draft.glossary) or None,
        created_at=now,
        created_by=actor,
    )
    session.add(guideline)
    session.flush()
    detail = {"version": guideline.version, "must_read": guideline.must_read}
    audit.append(session, "guideline.write", f"project:{project.id}", actor=actor, at=now,
                 detail=detail)  # fmt: skip
    return guideline


def must_be_next(session: Session, project_id: int, draft: Draft, base: int) -> None:
    """Raises what `publish` would for a checked draft, and Invalid when it says nothing new."""
    newest = newest_guideline(session, project_id)
    _in_order(newest, base)
    if newest is not None and _is_same(newest, draft):
        raise Invalid.at("es", "Nothing has changed since the present version.")


def _in_order(newest: Guideline | None, base: int) -> None:
    latest = newest.version if newest else 0
    if base != latest:
        raise Conflict(
            "Version %(version)s was published since you began. Yours was not; it is still below.",
            version=latest,
        )


def _is_same(newest: Guideline, draft: Draft) -> bool:
    """Whether a draft, checked already, says nothing new and asks for no new reading."""
    written = (newest.es, newest.en, newest.examples or [], newest.glossary or [])
    same = written == (draft.es, draft.en, list(draft.examples), list(draft.glossary))
    return same and (newest.must_read or not draft.must_read)


# --- what may be published ------------------------------------------------------------------


def checked(draft: Draft) -> Draft:
    """The draft as it is stored: tidy, without empty entries. Raises Invalid by field.

    A field is called as in the form: `es`, `note`, `examples-0-title-es`, `glossary-2`.
    """
    texts = {language: tidy(getattr(draft, language)) for language in LOCALES}
    errors = _wrong_texts(texts, draft.one_language)
    note = " ".join(tidy(draft.note).split())
    if len(note) > MAX_NOTE:
        errors["note"] = N_("At most %(n)s characters.", n=MAX_NOTE)
    examples = _entries("examples", draft.examples, EXAMPLE_PARTS, MOST_EXAMPLES, errors)
    glossary = _entries("glossary", draft.glossary, TERM_PARTS, MOST_TERMS, errors)
    if errors:
        raise Invalid(errors)
    return Draft(
        es=texts["es"],
        en=texts["en"],
        note=note,
        must_read=draft.must_read,
        one_language=draft.one_language,
        examples=examples,
        glossary=glossary,
    )


def tidy(text: str) -> str:
    """With line ends of one kind, no blanks at its end, and no NUL, which PostgreSQL refuses."""
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").rstrip()


def _wrong_texts(texts: Mapping[str, str], one_language: bool) -> Errors:
    errors: Errors = {}
    for language, text in texts.items():
        if len(text) > MAX_GUIDELINE:
            errors[language] = N_("At most %(n)s characters.", n=MAX_GUIDELINE)
    missing = [language for language, text in texts.items() if not text.strip()]
    if len(missing) == len(texts):
        errors[missing[0]] = N_("Write the guideline first.")
    elif missing and not one_language:
        errors[missing[0]] = N_("Write it in this language too, or say that one is missing.")
    return errors


def _entries(
    name: str, entries: Sequence[Entry], parts: Mapping[str, int], most: int, errors: Errors
) -> list[dict[str, Any]]:
    """The entries that say anything. Adds to `errors` what is wrong with them."""
    kept = []
    for i, entry in enumerate(entries):
        texts = {part: _both(entry.get(part)) for part in parts}
        if not any(text for both in texts.values() for text in both.values()):
            continue
        for part, longest in parts.items():
            _check_part(f"{name}-{i}-{part}", texts[part], longest, errors)
        kinds = {}
        if name == "examples":
            kinds["kind"] = entry.get("kind")
            if kinds["kind"] not in EXAMPLE_KINDS:
                errors[f"{name}-{i}-kind"] = N_("Say whether it is a good or a bad example.")
        kept.append(kinds | texts)
    if len(kept) > most:
        errors[name] = N_("At most %(n)s of these.", n=most)
    return kept


def _both(texts: Mapping[str, str] | None) -> dict[str, str]:
    return {language: tidy((texts or {}).get(language, "")).strip() for language in LOCALES}


def _check_part(name: str, texts: Mapping[str, str], longest: int, errors: Errors) -> None:
    if not any(texts.values()):
        errors[f"{name}-es"] = N_("Fill this in, in one language at least.")
    for language, text in texts.items():
        if len(text) > longest:
            errors[f"{name}-{language}"] = N_("At most %(n)s characters.", n=longest)


# --- who has read it ------------------------------------------------------------------------


def acknowledge(
    session: Session, project_id: int, user_id: int, version: int, now: datetime
) -> None:
    """Note that this reviewer has read that version. Once; again changes nothing.

    Raises NotFound when there is no such version.
    """
    if not has_version(session, project_id, version):
        raise NotFound("There is no such version of the guideline.")
    key = (project_id, user_id, version)
    if session.get(Acknowledgement, key) is not None:
        return
    row = Acknowledgement(project_id=project_id, user_id=user_id, version=version, at=now)
    if not added(session, row):
        return
    audit.append(session, "guideline.read", f"project:{project_id}", actor=user_id, at=now,
                 detail={"version": version})  # fmt: skip
