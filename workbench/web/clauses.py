"""A guideline clause by clause, to be read beside the answers that it led to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt
from sqlalchemy.orm import Session

from workbench.queries.guideline import version_text
from workbench.web.guideline_changes import written_in
from workbench.web.language import language

_BLOCKS = MarkdownIt()


@dataclass(frozen=True)
class Clause:
    """What stands under one heading, as Markdown. `heading` is "" for what stands before any."""

    heading: str
    text: str


@dataclass(frozen=True)
class Clauses:
    """The present version of a guideline in the language it is shown in."""

    version: int
    language: str
    clauses: list[Clause]


def clauses_of(reading: Session, project_id: int) -> Clauses | None:
    """The newest version in the reader's language, or the one it has; None without a guideline."""
    guide = version_text(reading, project_id)
    if guide is None:
        return None
    shown_in = written_in(guide, language())
    return Clauses(guide.version, shown_in, clauses(guide.texts[shown_in]))


def clauses(text: str) -> list[Clause]:
    """The text cut at its headings of the first three levels; a heading without text is none."""
    lines = text.splitlines()
    cuts: list[tuple[int, int, str]] = [(0, 0, "")]
    tokens = _BLOCKS.parse(text)
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.tag in {"h1", "h2", "h3"} and token.level == 0:
            first, last = token.map or (0, 0)
            words = (child.content for child in inline.children or ())
            cuts.append((first, last, "".join(words)))
    ends = [first for first, *_ in cuts[1:]] + [len(lines)]
    found = [
        Clause(heading, "\n".join(lines[last:end]).strip())
        for (_, last, heading), end in zip(cuts, ends, strict=True)
    ]
    return [clause for clause in found if clause.text]
