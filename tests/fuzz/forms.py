"""Bodies of forms, drawn by hypothesis: of the fields that pages have, with what nobody enters."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.fuzz import mutate
from tests.hostile import HOSTILE
from workbench.paths import data_dir

#: A file: (its name, its content).
File = tuple[str, bytes]
#: By the names of fields; of a repeated one several values.
Form = dict[str, list[bytes | File]]

_FIELD = re.compile(r"<(input|select|option|textarea|button)\b([^>]*)>")
_ATTRIBUTE = re.compile(r'\b(name|value)="([^"]*)"')
_ADDRESS = re.compile(r'\b(?:action|formaction|hx-post)="([^"?#]+)')
_ASKED = re.compile(r'(?:form|args|files)(?:\.get(?:list)?\(\s*|\[)"([\w.-]+)"')
_NAMED = re.compile(r'\bname="([\w.:-]+)"')


@cache
def names_in_source() -> frozenset[str]:
    """Names that fields have in templates and that views ask for."""
    templates = data_dir("templates")
    found: set[str] = set()
    for page in templates.rglob("*.html"):
        found |= set(_NAMED.findall(page.read_text("utf-8")))
    for module in Path(templates.parent, "workbench").rglob("*.py"):
        found |= set(_ASKED.findall(module.read_text("utf-8")))
    return frozenset(found - {"csrf_token"})


@dataclass
class Fields:
    """What pages offer: for every address that a page sends to, its fields and their values."""

    of: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(dict))
    #: Who is offered the address.
    offered: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def read(self, page: str, who: str) -> None:
        """Note the forms of a page; a field of another form on it is as good to send."""
        fields: dict[str, list[str]] = {}
        name = "csrf_token"
        for tag, more in _FIELD.findall(page):
            said = {each: unescape(value) for each, value in _ATTRIBUTE.findall(more)}
            name = name if tag == "option" else said.get("name", "csrf_token")
            if name != "csrf_token" and tag != "select":
                fields.setdefault(name, []).append(said.get("value", ""))
        for address in map(unescape, set(_ADDRESS.findall(page))):
            self.offered[address].add(who)
            for name, values in fields.items():
                known = self.of[address].setdefault(name, [])
                known += [value for value in dict.fromkeys(values) if value not in known]

    def names(self) -> list[str]:
        """All that there are."""
        return sorted({name for each in self.of.values() for name in each} | names_in_source())


def _sendable(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_NUMBERS = st.integers() | st.integers(-3, 300) | st.floats()
_TEXTS = (
    st.sampled_from([*mutate.TEXTS, *HOSTILE])
    | _NUMBERS.map(str)
    | st.text(max_size=40)
    | st.lists(st.sampled_from([*HOSTILE, "\n", "> ", "- ", "$", "|"]), max_size=5).map("".join)
)
_HUGE = st.builds(lambda text, times: text * times, _TEXTS, st.sampled_from([2, 500, 3_000]))
_FILES = st.tuples(
    st.sampled_from(["f.jsonl", "f.csv", "f.parquet", "f.gz", "", "../f", "a\x00.jsonl", "🙂"]),
    st.binary(max_size=60) | _HUGE.map(_sendable),
)
_VALUES = st.one_of(_TEXTS.map(_sendable), _TEXTS.map(_sendable), _HUGE.map(_sendable), _FILES)


def bodies(own: dict[str, list[str]], names: Iterable[str]) -> st.SearchStrategy[Form]:
    """Forms for an address whose page has the fields `own`: all or some of them as a person could
    send them, others with what nobody enters or several times, and fields of other pages."""
    every = sorted(names)
    name = st.sampled_from(sorted(own) or every) | st.sampled_from(every)
    values = st.lists(_VALUES, min_size=1, max_size=3)
    others = st.one_of(
        st.just({}),
        st.dictionaries(name, values, min_size=1, max_size=1),
        st.dictionaries(name, values, max_size=12),
    )
    sound = {
        each: st.sampled_from([*offered, "Una frase."]).map(_sendable)
        for each, offered in own.items()
    }
    page = st.fixed_dictionaries(sound) | st.fixed_dictionaries({}, optional=sound)
    return st.builds(_laid_over, page, others)


def _laid_over(page: dict[str, bytes], others: Form) -> Form:
    return {**{name: [value] for name, value in page.items()}, **others}


def as_data(form: Form) -> dict[str, Any]:
    """As a test client sends it; to be made anew for every time that it is sent."""
    return {
        name: [(io.BytesIO(each[1]), each[0]) if isinstance(each, tuple) else each for each in all_]
        for name, all_ in form.items()
    }
