"""The catalogs: complete, faithful to the sources and compiled as they stand."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

ROOT = Path(__file__).resolve().parents[1]
CATALOGS = ROOT / "workbench" / "translations"
LANGUAGES = ("es", "en")

#: What is filled in: `%(name)s`, `{name}`, and the percent sign that stays one.
PLACE = re.compile(r"%\(\w+\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|%%|\{[^{}]*\}")
#: Words that no Spanish sentence has.
ENGLISH = re.compile(
    r"\b(the|and|with|your|you|this|that|which|from|not|are|was|been|will|must|should|please)\b",
    re.IGNORECASE,
)
#: The reader is usted: no word that goes with tú, vos or vosotros.
FAMILIAR = re.compile(
    r"\b(tú|tus?|te|ti|contigo|vos|vosotr[oa]s|os|has|eres|puedes|tienes|quieres|debes|haz)\b",
    re.IGNORECASE,
)


@cache
def sources() -> dict[str | tuple[str, ...], list[str]]:
    """Sentence (singular and plural where it has both) to the files it stands in."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = settings["tool"]["babel"]["mappings"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    keywords = {**DEFAULT_KEYWORDS, **parse_keywords(re.findall(r" -k (\S+)", makefile))}
    found: dict[str | tuple[str, ...], list[str]] = {}
    for name, _line, text, _comments, _context in extract_from_dir(
        ROOT,
        [(each["pattern"], each["method"]) for each in mappings],
        # A template that Jinja cannot read is an error, not one without sentences.
        {each["pattern"]: {"silent": "false"} for each in mappings if each["method"] == "jinja2"},
        keywords,
    ):
        found.setdefault(text, []).append(name)
    return found


@cache
def catalog(language: str) -> Catalog:
    """A catalog as it stands in the repository."""
    with (CATALOGS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def sentences(language: str) -> dict[str | tuple[str, ...], Message]:
    """The catalog's entries by what they translate, without its header."""
    entries = (each for each in catalog(language) if each.id)
    return {tuple(e.id) if isinstance(e.id, (list, tuple)) else e.id: e for e in entries}


def forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    """One form, or a singular and its plurals."""
    return [text or ""] if isinstance(text, (str, type(None))) else list(text)


def spanish() -> list[tuple[str, str]]:
    """Every Spanish sentence beside the English one that it stands for."""
    pairs: list[tuple[str, str]] = []
    for entry in sentences("es").values():
        english = forms(entry.id)
        pairs += [
            (english[min(i, len(english) - 1)], text) for i, text in enumerate(forms(entry.string))
        ]
    return pairs


def edges(text: str) -> tuple[bool, bool, bool, bool]:
    """Whether a sentence begins and ends with a space, and ends with a full stop or a colon."""
    return text[:1].isspace(), text[-1:].isspace(), text.endswith("."), text.endswith(":")


def test_the_sources_are_read_with_all_that_marks_a_sentence() -> None:
    found = sources()
    assert "Submit" in found, "a template's sentence"
    assert "There is nothing to undo." in found, "a refusal's sentence"
    assert "Choose how to settle it." in found, "a field's sentence"
    assert ("%(n)s row", "%(n)s rows") in found, "a plural"
    assert not [name for names in found.values() for name in names if "tests/" in name]


def test_every_sentence_has_a_spanish_translation() -> None:
    known = sentences("es")
    missing = {
        text: files
        for text, files in sources().items()
        if text not in known or not all(part.strip() for part in forms(known[text].string))
    }
    assert not missing, f"make catalog, then translate: {missing}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalog_holds_what_the_sources_say_and_nothing_else(language: str) -> None:
    assert set(sentences(language)) == set(sources()), "run make catalog"
    assert not catalog(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess(language: str) -> None:
    assert not [entry.id for entry in sentences(language).values() if entry.fuzzy]


def test_both_forms_of_a_plural_are_translated() -> None:
    plurals = [entry for entry in sentences("es").values() if entry.pluralizable]
    assert plurals
    assert not [entry.id for entry in plurals if len(forms(entry.string)) != 2]


def test_spanish_fills_in_the_same_places() -> None:
    wrong = [
        (english, text)
        for english, text in spanish()
        if Counter(PLACE.findall(english)) != Counter(PLACE.findall(text))
    ]
    assert not wrong


def test_no_percent_sign_stands_alone_in_a_sentence_that_is_filled_in() -> None:
    lonely = [text for _, text in spanish() if "%" in PLACE.sub("", text)]
    assert not lonely


def test_spanish_begins_and_ends_as_the_english_does() -> None:
    """Fragments stay fragments: spaces at the edges, a full stop or colon at the end."""
    wrong = [(english, text) for english, text in spanish() if edges(english) != edges(text)]
    assert not wrong


def test_spanish_has_no_english_words() -> None:
    assert not [(text, found[0]) for _, text in spanish() if (found := ENGLISH.search(text))]


def test_spanish_addresses_the_reader_as_usted() -> None:
    assert not [(text, found[0]) for _, text in spanish() if (found := FAMILIAR.search(text))]


def test_questions_and_exclamations_are_opened_as_well_as_closed() -> None:
    wrong = [
        text
        for _, text in spanish()
        for opening, closing in ("¿?", "¡!", "«»", "()")
        if text.count(opening) != text.count(closing)
    ]
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalog_is_the_readable_one(language: str) -> None:
    compiled = BytesIO()
    write_mo(compiled, catalog(language))
    stored = (CATALOGS / language / "LC_MESSAGES" / "messages.mo").read_bytes()
    assert compiled.getvalue() == stored, "run make catalog"


@pytest.mark.parametrize(
    ("region", "said"),
    [("es_CO", ("%(n)s fila", "%(n)s filas")), ("en", ("%(n)s row", "%(n)s rows"))],
)
def test_a_page_counts_in_its_own_language(region: str, said: tuple[str, str]) -> None:
    loaded = Translations.load(CATALOGS, [region])
    one, many = (loaded.ngettext("%(n)s row", "%(n)s rows", n) for n in (1, 2))
    assert (one, many) == said
