"""What every way in of another tool is made of: a record with its paths, and what becomes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.intake.fields import MISSING, missing_or, unknown_name
from workbench.intake.problems import path, printable
from workbench.intake.rows import Row
from workbench.intake.source import Reader, Source
from workbench.messages import N_, Invalid, Message
from workbench.task_types.base import Config


@dataclass(frozen=True, slots=True)
class Place:
    """A value of a record, and the path to it, so that what is wrong is named as it stands there.

    Every reading method raises Invalid at that path.
    """

    value: Any
    path: str = ""

    @property
    def given(self) -> bool:
        """Whether something stands there: null is as good as nothing."""
        return self.value is not MISSING and self.value is not None

    def __getitem__(self, key: str) -> Place:
        """A field of an object, which may be missing."""
        return Place(
            self._of(dict, N_("must be an object")).get(key, MISSING), path(self.path, key)
        )

    def fields(self) -> dict[str, Place]:
        """All fields of an object."""
        return {key: self[key] for key in self._of(dict, N_("must be an object"))}

    def entries(self) -> Iterator[Place]:
        """The entries of a list."""
        for i, value in enumerate(self._of(list, N_("must be a list"))):
            yield Place(value, path(self.path, i))

    def first(self) -> Place:
        """The first entry of a list that has one."""
        for entry in self.entries():
            return entry
        raise self.wrong(N_("is empty"))

    def text(self) -> str:
        """Text, which may be empty."""
        return str(self._of(str, N_("must be text")))

    def name(self) -> str:
        """What names something: text, or a whole number."""
        if type(self.value) is int:
            return str(self.value)
        return str(self._of(str, N_("must be text or a whole number")))

    def whole(self) -> int:
        """A whole number."""
        if type(self.value) is not int:
            raise self.wrong(missing_or(self.value, N_("must be a whole number")))
        return self.value

    def one_of(self, known: Iterable[str]) -> str:
        """One of these words."""
        value, words = self.text(), list(known)
        if value not in words:
            raise self.wrong(unknown_name(value, words))
        return value

    def wrong(self, why: Message) -> Invalid:
        """The exception that says so of this place."""
        return Invalid({self.path or "record": why})

    def _of(self, kind: type, why: Message) -> Any:
        if not isinstance(self.value, kind):
            raise self.wrong(missing_or(self.value, why))
        return self.value


@dataclass(frozen=True, slots=True)
class Given:
    """What a record is read for: the project's task type and settings, and what the person who
    brings the file in says of it (see `OPTIONS`)."""

    type: str
    config: Config
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Made:
    """What a record becomes: items and judgments as the own format has them, not yet checked, and
    one sentence for each thing in the record that was not taken over."""

    items: list[dict[str, Any]] = field(default_factory=list)
    judgments: list[dict[str, Any]] = field(default_factory=list)
    left: list[Message] = field(default_factory=list)
    #: The same said otherwise, for where an item's id has had another content in the file: the
    #: first of these that fits is taken.
    otherwise: Iterable[Made] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A record of a file, one of several that speak of the same item."""

    file: str
    record: Place


@dataclass(frozen=True, slots=True)
class Gather:
    """How records are joined that speak of one item, from all files that are brought in together.

    `key` names the item that a record is of; `make` gets all records of one key, in the order of
    the files. Both raise Invalid by path in the record.
    """

    key: Callable[[Part], str]
    make: Callable[[Sequence[Part], Given], Made]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool whose files can be brought in. `make` raises Invalid by path in the record."""

    name: str
    title: str
    #: Slugs of the task types that its records can be read for.
    types: tuple[str, ...]
    #: Which of OPTIONS it heeds.
    options: tuple[str, ...]
    #: What never comes over, whatever the file.
    without: Message
    make: Callable[[Place, Given], Made] | Gather
    #: What makes records of a file; None: it is JSON lines, or one JSON array.
    read: Reader | None = None
    #: What gives the records of a source, where a reader of bytes is not enough.
    rows: Callable[[Source], Iterable[Row]] | None = None
    #: What the list of imports keeps of how a file was read.
    told: Mapping[str, Any] = field(default_factory=dict)


#: What can be said of a file beside it. The first five are values that a file may lack; the others
#: are names that its fields have there.
OPTIONS: Mapping[str, Message] = {
    "language": N_(
        "the language of the texts, such as en or es-CO, where the file does not say it"
    ),
    "reviewer": N_("the pseudonym of whoever judged, where the file does not say it"),
    "direction": N_("the direction of a marked passage, where the file does not say it"),
    "severity": N_("the severity of a marked passage, 1 to 3, where the file does not say it"),
    "model": N_("the model whose outputs they are, where the file does not say it"),
    "prompt": N_("the field of the prompt; - where there is none"),
    "left": N_("the field of the first of two responses"),
    "right": N_("the field of the second of two responses"),
    "responses": N_("the field of the list of responses"),
    "response": N_("the field of the only response"),
    "question": N_("which of several questions is taken over"),
}


def check_options(tool: Tool, type_slug: str, options: Mapping[str, str]) -> None:
    """Raises Invalid at "from" or "with"."""
    if type_slug not in tool.types:
        raise Invalid(
            {
                "from": N_(
                    "Files of %(tool)s come into projects of these types: %(types)s. This one is"
                    " of the type %(type)s.",
                    tool=tool.title,
                    types=", ".join(tool.types),
                    type=type_slug,
                )
            }
        )
    for name in options:
        if name not in tool.options:
            why = N_(
                "“%(name)s” cannot be said of files of %(tool)s; known are %(names)s",
                name=printable(name, 40),
                tool=tool.title,
                names=", ".join(tool.options) or "–",
            )
            raise Invalid({"with": why})


def language_of(given: Given, *places: Place) -> str:
    """What the first of the places says that says something, else the option."""
    for place in places:
        if place.given:
            return place.text()
    if "language" in given.options:
        return given.options["language"]
    raise places[0].wrong(N_("is missing; say it beside the file, as in language=es"))


def messages_of(place: Place) -> str | list[dict[str, str]]:
    """A prompt: text, or messages of which only role and content are kept."""
    if isinstance(place.value, str):
        return place.value
    return [turn(message) for message in place.entries()]


def turn(message: Place) -> dict[str, str]:
    """A message. Its content is text, or a list of parts that are all text (as OpenAI has them)."""
    content = message["content"]
    if isinstance(content.value, list):
        return {"role": message["role"].text(), "content": "".join(_parts(content))}
    return {"role": message["role"].text(), "content": content.text()}


def _parts(content: Place) -> Iterator[str]:
    for part in content.entries():
        if part["type"].value != "text":
            raise part["type"].wrong(N_("is not text, and nothing else can be shown here"))
        yield part["text"].text()


def made_id(tool: str, *texts: str) -> str:
    """An id for a record that has none: the same for the same texts."""
    digest = hashlib.sha256("\x00".join(texts).encode()).hexdigest()
    return f"{tool}-{digest[:20]}"


NO_PROMPT: list[dict[str, str]] = [{"role": "user", "content": ""}]
"""What stands where a tool knows of no prompt."""
