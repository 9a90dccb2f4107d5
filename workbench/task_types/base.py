"""The seam: what a task type is.

A type is described by its *answer*. It sees no request, no session and no database, and returns no
HTML. Everything that the rest of the product asks of a type is on `TaskType`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol

from workbench.messages import N_, Invalid, Message

__all__ = [
    "N_",
    "AnswerRecord",
    "Decision",
    "Form",
    "Invalid",
    "Item",
    "Message",
    "Policy",
    "Question",
    "Record",
    "RecordKind",
    "Response",
    "Shape",
    "TaskType",
    "Turn",
    "Unit",
]

Answer = dict[str, Any]
Config = dict[str, Any]

#: A distance between two values, as `delta squared` of Krippendorff (2011): 0 for equal values.
Distance = Literal["nominal", "ordinal", "interval"] | Callable[[Any, Any], float]


#: What a task type can give for training. A new kind is named here, and described at `Record`.
RecordKind = Literal[
    "preference",
    "label",
    "span",
    "verdict",
    "rating",
    "completion",
    "graded",
    "ranking",
    "battle",
    "stepwise",
]

#: What a response is: a text, a conversation (`Response.turns`) or a solution (`Response.steps`).
Shape = Literal["text", "turns", "steps"]


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    role: str
    content: str


@dataclass(frozen=True)
class Response:
    """One model output. `id` is unique in its item; `model` never reaches a reviewer.

    It is a text, a whole conversation or a solution step by step: where there are `turns` or
    `steps`, `text` is empty.
    """

    id: str
    text: str
    model: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        """What it is made of."""
        if self.steps:
            return "steps"
        return "turns" if self.turns else "text"

    @property
    def completion(self) -> tuple[Turn, ...]:
        """What follows the prompt: the turns, or the text or all steps as the assistant's one."""
        return self.turns or (Turn("assistant", "\n".join(self.steps) or self.text),)

    @property
    def is_blank(self) -> bool:
        """Whether a part of it says nothing: no trainer can learn from that."""
        return not all(turn.content.strip() for turn in self.completion)

    def says_the_same(self, other: Response) -> bool:
        """Whether the two differ in blanks at the ends of their turns at most."""
        return _trimmed(self.completion) == _trimmed(other.completion)


def _trimmed(turns: Iterable[Turn]) -> list[tuple[str, str]]:
    return [(turn.role, turn.content.strip()) for turn in turns]


@dataclass(frozen=True)
class Item:
    """What is judged: a conversation and 1..n responses to it."""

    id: str
    language: str
    prompt: tuple[Turn, ...]
    responses: tuple[Response, ...]
    tags: tuple[str, ...] = ()
    harm: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    #: How hard it is to read, 0..3, as it came; None: not said.
    severity: int | None = None

    def response(self, response_id: str) -> Response:
        """The response of that id. KeyError if there is none."""
        for response in self.responses:
            if response.id == response_id:
                return response
        raise KeyError(response_id)

    def without_models(self) -> Item:
        """The same for somebody who is not to know whose texts they read."""
        return replace(self, responses=tuple(replace(each, model="") for each in self.responses))

    def in_order(self, ids: Sequence[str]) -> Item:
        """The same item with its responses in the order they were shown in."""
        by_id = {response.id: response for response in self.responses}
        return replace(self, responses=tuple(by_id[i] for i in ids))


class Unit(NamedTuple):
    """One comparable value out of an answer: all that agreement needs.

    `question` is a key of `questions(config)`; `unit` tells the things asked about within one item
    apart (a pair of responses, one response), and is "" when the item itself is the unit.
    """

    question: str
    unit: str
    value: Any


@dataclass(frozen=True)
class Question:
    """Something that every judgment of a project answers, and how far two answers are apart."""

    key: str
    title: Message
    distance: Distance = "nominal"
    #: The least and the most that a number can be; None for values that are no numbers.
    range: tuple[float, float] | None = None
    #: Whether an expected answer can settle it: good answers do not differ in it.
    settled: bool = True
    #: Whether its units are pairs of responses, each in both orientations: "a>b" with 1 (a better),
    #: 0 or -1, and "b>a" with the negative (named by `ranking.agreement.pair_name`).
    paired: bool = False
    #: Whether its value is the number of a step, from 1 and 0 for none: how far apart two steps are
    #: is told beside how often they are the same.
    place: bool = False
    #: What some of its values are called, where a page shows them.
    names: Mapping[Any, Message] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True)
class AnswerRecord:
    """One current judgment, as the exporter and the pages see it."""

    reviewer: str
    answer: Answer
    at: str = ""
    active_seconds: float | None = None
    shown: tuple[str, ...] = ()
    guideline_version: int | None = None
    #: What it counts for where a majority decides what is true; ratings and rewrites are of no one
    #: truth and count all alike. A whole number, so that sums are exact.
    weight: int = 1


@dataclass(frozen=True)
class Decision:
    """What a lead settled that an item's answer is. `answer` None: it was left open."""

    lead: str
    answer: Answer | None
    at: str = ""
    guideline_version: int | None = None


@dataclass(frozen=True)
class Policy:
    """What an export decided. Every field but `kind` is written into the manifest."""

    ties: Literal["drop", "both"] = "drop"
    aggregate: Literal["each", "majority"] = "majority"
    min_judgments: int = 1
    #: Share of the deciding judgments, by their weights, that must be on the majority's side, 0..1.
    min_agreement: float = 0.0
    #: Criterion of a ranking project whose config asks for several; None for the overall one.
    criterion: str | None = None
    #: Of rankings: what becomes of "all are bad", of a response left unranked, and of pairs whose
    #: majorities run in a circle; and how much better, 0..3, a response must be.
    all_bad: Literal["drop", "tie"] = "drop"
    unranked: Literal["skip", "last"] = "skip"
    cycles: Literal["keep", "drop"] = "keep"
    min_strength: float = 0.0
    #: The kind of records that is wanted, None for all. It spares work and decides nothing: a type
    #: may give others too.
    kind: RecordKind | None = None
    #: Units of the question that is exported whose likely value is too unsure, by `Unit.unit`.
    unsure: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Record:
    """A training record before it takes a trainer's shape.

    `kind` names the shape of `data`:

    - `preference`: chosen, rejected (Response), n_for, n_against, n_tied (int),
      strength (float|None)
    - `label`: response (Response), label (bool), n_judgments (int)
    - `span`: response (Response), start, end (int|None, code points), quote, category, direction,
      severity, reason, n_judgments; one a flag (each) or one a merged flag (majority)
    - `verdict`: attack, harm, technique, outcome, severity, better_response, n_judgments, agreement
    - `rating`: response (Response), n_judgments, and a whole number for each of the project's
      attributes, by its key and in its order
    - `completion`: response (Response), draft (the Response that a person edited into it, None for
      a model's own), n_judgments, agreement
    - `graded`: a preference whose every judgment says how strong it is: chosen, rejected
      (Response), n_for, n_against, n_tied (int), strength (float, above 0: the mean towards chosen
      over all judgments, a tie being 0), scores (tuple of (reviewer, -3..3 towards chosen, reason))
    - `ranking`: a whole ranking: tiers (tuple of tuples of Response, best first; a tier of several
      is a tie), n_judgments
    - `battle`: one judgment of a pair, whatever the policy: a, b (Response, in the order in which
      they were shown where that is known), winner (a, b, tie or both_bad), reviewer, at
    - `stepwise`: a solution up to its first bad step: steps (tuple of str), ratings (tuple of int,
      one a step: 1 good, 0 neutral, -1 bad), n_judgments, agreement, response (Response)
    - `dropped`: reason (str): why something that could have been a record is none
    """

    kind: RecordKind | Literal["dropped"]
    data: Mapping[str, Any]


class Form(Protocol):
    """A posted form: werkzeug's MultiDict and a plain test double both fit."""

    def get(self, key: str, /) -> str | None: ...
    def getlist(self, key: str) -> list[str]: ...
    def __contains__(self, key: object) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...


class TaskType(Protocol):
    """One kind of judging. Implementations hold no state."""

    #: Name in URLs, files and the database.
    slug: str
    #: Stored with every judgment; raised when the answer's shape changes.
    version: int
    title: Message
    #: How many responses an item must have (least, most or None).
    responses: tuple[int, int | None]
    #: What its responses are.
    shape: Shape
    #: Record kinds that `records` can give.
    record_kinds: tuple[str, ...]

    def parse_config(self, raw: Mapping[str, Any]) -> Config:
        """A project's settings for this type, complete with defaults. Raises Invalid."""
        ...

    def parse_item(self, item: Item, config: Config) -> Item:
        """Check what only this type knows about an item. Raises Invalid."""
        ...

    def parse_answer(self, form: Form, item: Item, config: Config) -> Answer:
        """A posted form to the stored answer.

        `item.responses` are in the order that the reviewer saw, and the form speaks of them by that
        place (0, 1, ...), never by id or model. Raises Invalid with the form's own field names.
        """
        ...

    def fill_form(self, answer: Answer, item: Item, config: Config) -> dict[str, str]:
        """The form that gives this answer back: `parse_answer(fill_form(a)) == a`.

        `item.responses` are in the order that the reviewer sees, as for `parse_answer`.
        """
        ...

    def check_answer(self, raw: Mapping[str, Any], item: Item, config: Config) -> Answer:
        """An answer in its stored shape (from a file) to a clean one. Raises Invalid."""
        ...

    def questions(self, config: Config) -> list[Question]:
        """What agreement is measured on, the main question first."""
        ...

    def units(self, answer: Answer, item: Item, config: Config) -> Iterable[Unit]:
        """The answer as comparable values. What was not answered gives no unit."""
        ...

    def never_gives(self, config: Config) -> Mapping[RecordKind, Message]:
        """Those of `record_kinds` that no answer gives under these settings, each with a sentence
        that says why."""
        ...

    def records(
        self, item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
    ) -> Iterator[Record]:
        """Training records of one item, in an order that depends on the data alone."""
        ...

    def example_answer(self, item: Item, config: Config) -> Answer:
        """A valid answer, for the demo and the contract test."""
        ...
