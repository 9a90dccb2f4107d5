"""Languages that files call by their English names."""

from __future__ import annotations

from functools import cache, lru_cache

from babel import Locale

from workbench.intake.tools.base import Given, Place, language_of


@cache
def _codes() -> dict[str, str]:
    return {
        name.casefold(): code for code, name in Locale("en").languages.items() if "_" not in code
    }


def named_language(given: Given, place: Place) -> str:
    """The tag of a language that is given by name or by tag.

    What is no language (as "unknown" or the name of a programming language) counts as not said.
    Raises Invalid where neither the file nor the option says it.
    """
    if not place.given:
        return language_of(given, place)
    return code_of(place.text()) or language_of(given, Place(None, place.path))


@lru_cache(maxsize=1024)
def code_of(name: str) -> str | None:
    """The tag of a language that is given by its English name or by its tag; None for others."""
    code = _codes().get(name.casefold())
    if code is None and Locale("en").languages.get(name) is not None:
        return name
    return code
