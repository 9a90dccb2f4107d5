"""What a server answers, as frozen dataclasses. What a newer server adds is passed over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.client.problems import LineError, Missing

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


def of(kind: type[T], told: Mapping[str, Any], **instead: Any) -> T:
    """The dataclass, of what it knows of an object; `instead` gives fields that are made."""
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in {**told, **instead}.items() if name in known})


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a DataFrame. Raises Missing without pandas."""
    try:
        import pandas as pd  # noqa: PLC0415
    except ImportError:
        raise Missing("pandas is not installed: pip install pandas") from None
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Items:
    """Items that can be exported."""

    all: int
    judged: int
    complete: int


@dataclass(frozen=True)
class Judgments:
    """Judgments that count, and that are wanted yet."""

    given: int
    left: int


@dataclass(frozen=True)
class Status:
    """Where a project stands. `states` and `days` (day, judgments) as the API has them."""

    slug: str
    type: str
    title: dict[str, str]
    overlap: int
    items: Items
    judgments: Judgments
    states: dict[str, int]
    active_seconds: float | None
    days: list[dict[str, Any]]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Status:
        """Of an answer."""
        items, judgments = of(Items, told["items"]), of(Judgments, told["judgments"])
        return of(cls, told, items=items, judgments=judgments)


@dataclass(frozen=True)
class Judgment:
    """A revision of a judgment; `answer` None: it was taken back."""

    cursor: str
    item: str
    item_revision: int
    language: str
    reviewer: str
    revision: int
    answer: dict[str, Any] | None
    at: str
    active_seconds: float | None
    shown: list[str] | None
    guideline: int | None
    origin: str


@dataclass(frozen=True)
class Page:
    """Judgments of one answer."""

    judgments: tuple[Judgment, ...]
    next: str | None
    more: bool


@dataclass(frozen=True)
class ListedItem:
    """An item and how far it is; `finished`: it has all the judgments that it wants."""

    id: str
    revision: int
    judgments: int
    wanted: int
    finished: bool


@dataclass(frozen=True)
class ItemPage:
    """Items of one answer."""

    items: tuple[ListedItem, ...]
    next: str | None
    more: bool


@dataclass(frozen=True)
class Import:
    """A batch that was stored: the number of its import, the lines pushed before it, and those of
    it that were left out."""

    source: int
    after: int
    rejected: int


@dataclass(frozen=True)
class Pushed:
    """What came of everything that was pushed, in `imports`. `errors`: why lines were left out, of
    the first hundred of each import; `Client.rejected` has them all."""

    new: int = 0
    same: int = 0
    revised: int = 0
    rejected: int = 0
    errors: tuple[LineError, ...] = ()
    imports: tuple[Import, ...] = ()

    @property
    def sources(self) -> tuple[int, ...]:
        """Numbers of the imports."""
        return tuple(each.source for each in self.imports)

    @property
    def lines(self) -> int:
        """Lines that the server has dealt with."""
        return self.new + self.same + self.revised + self.rejected


@dataclass(frozen=True)
class RejectedLine:
    """A line that was left out. `line` counts from 1 over all that was pushed; `text` is the line
    as it was sent, `errors` all that is wrong with it."""

    line: int
    text: str
    errors: tuple[LineError, ...]

    @classmethod
    def read(cls, told: Mapping[str, Any], after: int) -> RejectedLine:
        """Of a line of the file, `after` so many lines."""
        line = told["line"] + after
        errors = [LineError(line, each["field"], each["why"]) for each in told["problems"]]
        return cls(line, told["raw"], tuple(errors))


@dataclass(frozen=True)
class Measure:
    """A figure of agreement with its 95 % interval; `value` None: `undefined` says why."""

    question: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_judgments: int
    undefined: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Agreement:
    """Everything together, and part by part where it was asked for."""

    whole: tuple[Measure, ...]
    by: str | None = None
    parts: tuple[tuple[str | None, tuple[Measure, ...]], ...] = ()

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Agreement:
        """Of an answer."""
        measures = told["whole"] if "by" in told else told["measures"]
        parts = [(each["part"], _measures(each["measures"])) for each in told.get("parts", [])]
        return cls(_measures(measures), told.get("by"), tuple(parts))

    def to_frame(self) -> pd.DataFrame:
        """A row a figure; those of everything together have no part."""
        rows = [{"part": None, **vars(each)} for each in self.whole]
        rows += [{"part": part, **vars(each)} for part, those in self.parts for each in those]
        return frame(rows)


def _measures(told: list[dict[str, Any]]) -> tuple[Measure, ...]:
    return tuple(of(Measure, each) for each in told)


@dataclass(frozen=True)
class File:
    """A file of a snapshot; one with rows has a split ("all" where there are none)."""

    name: str
    split: str | None
    rows: int | None
    bytes: int | None
    sha256: str | None


@dataclass(frozen=True)
class Kept:
    """What a snapshot is."""

    name: str
    format: str
    rows: int
    made_at: str
    files: tuple[File, ...]
    manifest: dict[str, Any]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Kept:
        """Of an answer."""
        files = tuple(of(File, each) for each in told["files"])
        return of(cls, told, files=files, manifest=told.get("manifest", {}))


@dataclass(frozen=True)
class Change:
    """An item of a snapshot with news; `rows`: same, other or gone, were it made today."""

    item: str
    news: list[str]
    rows: str


@dataclass(frozen=True)
class Changed:
    """The news of a snapshot; `unseen`: further items with news that were not looked at."""

    changes: tuple[Change, ...]
    unseen: int


def loaded(body: bytes) -> Any:
    """What a body of JSON says."""
    return json.loads(body)
