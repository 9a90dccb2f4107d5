"""The form in which the columns of a table are matched: its fields, and the mapping they say.

A field is a choice, `c:FIELD`: "" for nothing, "=" for the text in `t:FIELD`, or the number of a
column from 0. A response is a row of three, its id in `t:r<i>.id`; fields that hold the id of a
response have `#<i>` in its place, so that the id may be changed in the same form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import ascii_lowercase, digits

import orjson
from werkzeug.datastructures import MultiDict

from workbench.intake.items import RESPONSES
from workbench.intake.mapping import ColumnMapping, Head, parse_mapping
from workbench.intake.mapping.answers import PARTS
from workbench.messages import N_, Invalid, Message
from workbench.models import Project

#: Judgments of one row that the page has fields for.
MOST_JUDGMENTS = 30

_ABOUT = {
    "prompt": N_("Prompt"),
    "context": N_("Text that follows the prompt"),
    "language": N_("Language"),
    "id": N_("Id"),
}
_MORE = {
    "tags": N_("Tags, parted by |"),
    "harm": N_("Harm category"),
    "severity": N_("Severity, 0 to 3"),
    "responses": N_("All responses as JSON"),
    "metadata": N_("Metadata as JSON"),
}
_NO_CONSTANT = frozenset({"context", "id", "responses", "metadata"})
_JUDGMENT = {
    "reviewer": N_("Who judged"),
    "winner": N_("The better response"),
    "strength": N_("How much better, 1 to 3"),
    "label": N_("Category"),
    "direction": N_("Direction"),
    "severity": N_("Severity"),
    "attack": N_("Was it an attack?"),
    "harm": N_("Harm category"),
    "technique": N_("Technique"),
    "outcome": N_("What the model did"),
    "better_response": N_("A better response"),
    "reason": N_("Reason"),
    "at": N_("When"),
    "answer": N_("The whole answer as JSON"),
}
_RANK = N_("Place of %(id)s, 1 is best")
_RATING = N_("%(attribute)s of %(id)s")
_PLACE = re.compile(r"#([0-9]{1,2})")


@dataclass(frozen=True)
class Field:
    """One choice. `chosen`: "", "=" or a column's number; `text`: the constant."""

    key: str
    label: Message
    chosen: str = ""
    text: str = ""
    constant: bool = True


@dataclass(frozen=True)
class ResponseRow:
    """The fields of one response."""

    place: int
    id: str
    text: Field
    model: Field


@dataclass(frozen=True)
class JudgmentRow:
    """The fields of one judgment: what it needs, and what it may have."""

    number: int
    main: list[Field]
    more: list[Field]


@dataclass(frozen=True)
class Filled:
    """The whole form for a mapping. `kept`: what it says that the page has no fields for, as JSON;
    `lacking`: columns of it that the file does not have."""

    about: list[Field]
    more: list[Field]
    responses: list[ResponseRow]
    judgments: list[JudgmentRow]
    metadata: frozenset[int]
    values: str
    kept: str
    lacking: list[str]


class _Filling:
    def __init__(self, mapping: ColumnMapping, head: Head) -> None:
        self._mapping = mapping
        self._places = {name: str(i) for i, name in enumerate(head.columns)}
        self.shown: set[str] = set()

    def field(self, name: str, label: Message, key: str = "", *, constant: bool = True) -> Field:
        """The field of a mapping as the form has it."""
        self.shown.add(name)
        mapping = self._mapping
        chosen, text = "", mapping.constants.get(name, "")
        if name in mapping.constants:
            chosen = "="
        elif name in mapping.columns:
            chosen = self._places.get(mapping.columns[name], "")
        return Field(key or name, label, chosen, text, constant)

    def kept(self) -> str:
        """What no field showed."""
        columns = {n: c for n, c in self._mapping.columns.items() if n not in self.shown}
        constants = {n: t for n, t in self._mapping.constants.items() if n not in self.shown}
        rest = ColumnMapping(columns, constants)
        return orjson.dumps(rest.as_dict()).decode() if columns or constants else ""


def fill(mapping: ColumnMapping, head: Head, project: Project, more: int = 0) -> Filled:
    """The form that says this mapping, with `more` empty judgments."""
    filling = _Filling(mapping, head)
    about = [
        filling.field(name, label, constant=name not in _NO_CONSTANT)
        for name, label in _ABOUT.items()
    ]
    others = [
        filling.field(name, label, constant=name not in _NO_CONSTANT)
        for name, label in _MORE.items()
    ]
    ids = list(mapping.responses)
    # One more in the manner of those that are there: after 1 and 2 comes 3, and else a letter.
    names = map(str, range(1, RESPONSES + 1)) if set(ids) & set(digits) else ascii_lowercase
    spare = [c for c in names if c not in ids][:1] if len(ids) < RESPONSES else []
    responses = [
        ResponseRow(
            i,
            name,
            filling.field(f"response.{name}", N_("Text"), f"r{i}.text", constant=False),
            filling.field(f"model.{name}", N_("Model"), f"r{i}.model"),
        )
        for i, name in enumerate([*ids, *spare])
    ]
    numbers = list(mapping.of_judgments)[:MOST_JUDGMENTS]
    last = max(numbers, default=0)
    numbers += range(last + 1, last + 1 + (more or not numbers))
    judgments = [_judgment(filling, n, ids, project) for n in numbers[:MOST_JUDGMENTS]]
    metadata = frozenset(
        i for i, name in enumerate(head.columns) if mapping.columns.get(f"metadata.{name}") == name
    )
    filling.shown |= {f"metadata.{head.columns[i]}" for i in metadata}
    return Filled(
        about=about,
        more=others,
        responses=responses,
        judgments=judgments,
        metadata=metadata,
        values="\n".join(f"{word}={means}" for word, means in mapping.values.items()),
        kept=filling.kept(),
        lacking=[name for name in mapping.read if name not in head.columns],
    )


def _judgment(filling: _Filling, n: int, ids: list[str], project: Project) -> JudgmentRow:
    parts = list(_parts(project, ids))
    fields = [
        filling.field(f"judgment.{n}.{part}", label, f"judgment.{n}.{key}")
        for part, key, label in parts
    ]
    main = {"reviewer", "winner", "label", "attack", "outcome"}
    of = dict(zip((part for part, _key, _label in parts), fields, strict=True))
    needed = [f for part, f in of.items() if part in main or part.startswith("rating.")]
    return JudgmentRow(n, needed, [field for field in fields if field not in needed])


def _parts(project: Project, ids: list[str]) -> Iterator[tuple[str, str, Message]]:
    """(part, the same with places for ids, label) of a judgment of this project."""
    for part in ("reviewer", *PARTS.get(project.type, ()), "at", "answer"):
        if part == "rank.<id>":
            for i, name in enumerate(ids):
                yield f"rank.{name}", f"rank.#{i}", N_(_RANK.text, id=name)
        elif part == "rating.<attribute>.<id>":
            for attribute in project.config["attributes"]:
                for i, name in enumerate(ids):
                    key = f"rating.{attribute['key']}"
                    label = N_(_RATING.text, attribute=attribute["key"], id=name)
                    yield f"{key}.{name}", f"{key}.#{i}", label
        else:
            yield part, part, _JUDGMENT[part]


def read(form: MultiDict[str, str], head: Head) -> tuple[ColumnMapping, dict[str, Message]]:
    """The mapping that a form says as well as it does, and what is wrong with it by field."""
    faults: dict[str, Message] = {}
    columns: dict[str, str] = {}
    constants: dict[str, str] = {}
    ids = _ids(form, faults)
    for key in form:
        if not key.startswith("c:"):
            continue
        field = key.removeprefix("c:")
        name, chosen, text = _name(field, ids), form[key], form.get(f"t:{field}", "").strip()
        if chosen == "=" and text:
            constants[name] = text
        elif chosen == "=":
            faults[name] = N_("is empty: write what it is in every row")
        elif chosen:
            _read_from(name, chosen, head, columns, faults)
    for place in form.getlist("metadata"):
        _read_from("metadata.", place, head, columns, faults)
    kept = _kept(form.get("kept", ""))
    mapping = ColumnMapping(
        {**columns, **{n: c for n, c in kept.columns.items() if n not in constants}},
        {**constants, **{n: t for n, t in kept.constants.items() if n not in columns}},
        _values(form.get("values", ""), faults),
    )
    try:
        parse_mapping(mapping.as_dict())
    except Invalid as error:
        faults |= error.errors
    return mapping, faults


def _ids(form: Mapping[str, str], faults: dict[str, Message]) -> dict[str, str]:
    """{place: id} of the responses."""
    found: dict[str, str] = {}
    for i in range(RESPONSES):
        if form.get(f"c:r{i}.text"):
            name = form.get(f"t:r{i}.id", "").strip()
            if not name:
                name = str(i + 1)
                faults[f"response.{name}"] = N_("has no id")
            if name in found.values():
                faults[f"response.{name}"] = N_("is given more than once")
            found[str(i)] = name
    return found


_RESPONSE = re.compile(r"r([0-9]{1,2})\.(text|model)")


def _name(key: str, ids: Mapping[str, str]) -> str:
    """A field of a mapping, with the ids of responses in it."""
    row = _RESPONSE.fullmatch(key)
    if row is not None:
        family = "response" if row[2] == "text" else "model"
        return f"{family}.{ids.get(row[1], '')}"
    return _PLACE.sub(lambda place: ids.get(place[1], place[0]), key)


def _read_from(
    name: str, place: str, head: Head, columns: dict[str, str], faults: dict[str, Message]
) -> None:
    """Note the column of that number; a metadata field is called as its column."""
    if place.isascii() and place.isdecimal() and len(place) < 6 and int(place) < len(head.columns):
        column = head.columns[int(place)]
        columns[f"{name}{column}" if name == "metadata." else name] = column
    else:
        faults[name] = N_("is read from a column that is not there")


def _kept(written: str) -> ColumnMapping:
    """What the page had no fields for; nothing where somebody changed it."""
    try:
        return parse_mapping(orjson.loads(written)) if written else ColumnMapping()
    except (orjson.JSONDecodeError, Invalid):
        return ColumnMapping()


def _values(written: str, faults: dict[str, Message]) -> dict[str, str]:
    """A word a line, WORD=MEANING."""
    found = {}
    for line in written.splitlines():
        word, equals, means = (part.strip() for part in line.rpartition("="))
        if word and equals and means:
            found[word] = means
        elif line.strip():
            faults["values"] = N_("Write a line for each word: WORD=MEANING")
    return found
