"""The form in which a lead writes a version of the guideline."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import request

from workbench.db import canonical
from workbench.messages import Invalid
from workbench.queries.guideline import VersionText
from workbench.services.accounts import LOCALES
from workbench.services.guideline import (
    EXAMPLE_PARTS,
    MOST_EXAMPLES,
    MOST_TERMS,
    TERM_PARTS,
    Draft,
    Entry,
)
from workbench.task_types.base import Item

#: Fieldsets that repeat: their parts, and how many there may be.
REPEATED: Mapping[str, tuple[Mapping[str, int], int]] = {
    "examples": (EXAMPLE_PARTS, MOST_EXAMPLES),
    "glossary": (TERM_PARTS, MOST_TERMS),
}
_NUMBERED = re.compile(r"(examples|glossary)-([0-9]{1,3})-")


def entered() -> Draft:
    """The draft as it was sent, unchecked: nothing that somebody wrote is left out."""
    form = request.form
    return Draft(
        es=form.get("es", ""),
        en=form.get("en", ""),
        note=form.get("note", ""),
        must_read="must_read" in form,
        one_language="one_language" in form,
        examples=_entries("examples"),
        glossary=_entries("glossary"),
    )


def _entries(name: str) -> list[dict[str, Any]]:
    found = filter(None, map(_NUMBERED.match, request.form))
    numbers = sorted({int(match[2]) for match in found if match[1] == name})
    return [_entry(f"{name}-{number}", REPEATED[name][0]) for number in numbers]


def _entry(prefix: str, parts: Mapping[str, int]) -> dict[str, Any]:
    texts = {
        part: {each: request.form.get(f"{prefix}-{part}-{each}", "") for each in LOCALES}
        for part in parts
    }
    return {"kind": request.form.get(f"{prefix}-kind", ""), **texts}


def base() -> int:
    """The version that the draft began with, 0 for none. Raises Invalid."""
    text = request.form.get("base", "")
    if not re.fullmatch("[0-9]{1,9}", text):
        raise Invalid.at("base", "The form is incomplete. Load the page again.")
    return int(text)


def with_item(draft: Draft, item: Item, title: str, why: str) -> Draft:
    """The draft with an item as one example more, in the item's language; `why`: what was decided.

    Its text is cut to what an example may hold: the lead makes it short, and adds the verdict.
    """
    each = item.language.partition("-")[0]
    locale = each if each in LOCALES else LOCALES[0]
    parts = [item.prompt[-1].content] if item.prompt else []
    parts += [f"{r.id}: {r.completion[-1].content}" for r in item.responses]
    texts = {"title": title, "text": "\n\n".join(parts), "why": why}
    entry = {
        part: dict.fromkeys(LOCALES, "") | {locale: texts[part][:longest]}
        for part, longest in EXAMPLE_PARTS.items()
    }
    return replace(draft, examples=[*draft.examples, {"kind": "good", **entry}])


def begun_with(guide: VersionText | None) -> Draft:
    """What the form holds at first: the newest version, to be read by everyone once changed."""
    if guide is None:
        return Draft("", "", must_read=True)
    return Draft(
        es=guide.texts["es"],
        en=guide.texts["en"],
        must_read=True,
        one_language=not all(guide.texts.values()),
        examples=guide.examples,
        glossary=guide.glossary,
    )


def with_more(draft: Draft, name: str) -> Draft:
    """With one more empty entry, if there may be one."""
    if name not in REPEATED:
        return draft
    parts, most = REPEATED[name]
    there: list[Entry] = list(getattr(draft, name))
    if len(there) < most:
        there.append({"kind": "", **{part: dict.fromkeys(LOCALES, "") for part in parts}})
    return _with(draft, name, there)


def without(draft: Draft, which: str) -> Draft:
    """Without the entry called e.g. `examples-2`."""
    name, _, number = which.partition("-")
    if name not in REPEATED or not re.fullmatch("[0-9]{1,3}", number):
        return draft
    there = [entry for i, entry in enumerate(getattr(draft, name)) if i != int(number)]
    return _with(draft, name, there)


def _with(draft: Draft, name: str, entries: Sequence[Entry]) -> Draft:
    if name == "examples":
        return replace(draft, examples=entries)
    return replace(draft, glossary=entries)


def filled(entries: Sequence[Entry]) -> list[Entry]:
    """Those that say anything."""
    return [
        entry
        for entry in entries
        if any(
            text.strip() for part, both in entry.items() if part != "kind" for text in both.values()
        )
    ]


def as_version(draft: Draft, version: int, at: datetime) -> VersionText:
    """The draft as the version that it would become."""
    return VersionText(
        version=version,
        at=at,
        by=None,
        note=draft.note,
        must_read=draft.must_read,
        texts={"es": draft.es, "en": draft.en},
        examples=[dict(entry) for entry in draft.examples],
        glossary=[dict(entry) for entry in draft.glossary],
    )


def fingerprint(draft: Draft, began_with: int) -> str:
    """Tells whether what is to be published is what was shown when the publisher was asked."""
    said = [began_with, draft.es, draft.en, draft.note, draft.must_read,
            list(draft.examples), list(draft.glossary)]  # fmt: skip
    return hashlib.sha256(canonical(said)).hexdigest()
