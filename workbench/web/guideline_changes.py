"""What changed between two versions of a guideline, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from workbench.queries.guideline import VersionText
from workbench.web.text_changes import Piece, difference

NAMES = {"es": "Español", "en": "English"}


@dataclass(frozen=True)
class Changes:
    """Each list is empty where nothing changed."""

    language: str
    text: list[Piece]
    examples: list[Piece]
    glossary: list[Piece]

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.text or self.examples or self.glossary)


def other(known: str) -> str:
    """The language that a guideline has besides this one."""
    return "en" if known == "es" else "es"


def written_in(guide: VersionText, wanted: str) -> str:
    """The language to show it in: the one wanted, or the other where it lacks that one."""
    return wanted if guide.texts[wanted] else other(wanted)


def changes(before: VersionText | None, after: VersionText, lang: str) -> Changes:
    """From one version to another; without one before, all is new."""
    return Changes(
        language=lang,
        text=difference(before.texts[lang] if before else "", after.texts[lang]),
        examples=difference(_examples(before, lang), _examples(after, lang)),
        glossary=difference(_glossary(before, lang), _glossary(after, lang)),
    )


def _examples(guide: VersionText | None, lang: str) -> str:
    kinds = {"good": _("Good example"), "bad": _("Bad example")}
    return "\n\n".join(
        f"{kinds[entry['kind']]}: {_own(entry['title'], lang)}\n"
        f"{_own(entry['text'], lang)}\n{_('Why:')} {_own(entry['why'], lang)}"
        for entry in (guide.examples if guide else [])
    )


def _glossary(guide: VersionText | None, lang: str) -> str:
    return "\n\n".join(
        f"{_own(entry['term'], lang)}\n{_own(entry['meaning'], lang)}"
        for entry in (guide.glossary if guide else [])
    )


def _own(texts: Mapping[str, Any], lang: str) -> str:
    return str(texts[lang] or texts[other(lang)])
