"""What the API takes and answers. These models check it, write it, and describe it in OpenAPI."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from workbench.intake.fields import ID_LENGTH
from workbench.intake.items import (
    MODEL_LENGTH,
    MOST_SEVERE,
    RESPONSE_ID_LENGTH,
    RESPONSES,
    STEPS,
    TAG_LENGTH,
    TAGS,
    TEXT_LENGTH,
)
from workbench.intake.judgments import LONGEST_SECONDS, REVIEWER_LENGTH
from workbench.messages import N_
from workbench.queries.splits import By
from workbench.web.uploads import NAME_LENGTH

#: Judgments of a page, unless asked otherwise and at most.
DEFAULT_LIMIT, MOST = 500, 1_000


def says(sentence: str, **rules: Any) -> Any:
    """A field and what it means, a sentence of the catalog: give it by N_."""
    return Field(description=sentence, **rules)


class Strict(BaseModel):
    """Nothing that it does not name, and nothing turned into what it is not."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- parameters -----------------------------------------------------------------------------


class ImportQuery(Strict):
    """How a body is brought in."""

    on_error: Literal["stop", "reject"] = says(
        N_(
            "What a wrong line does. stop: nothing at all is stored. reject: it is left out and "
            "told of, and the rest is stored."
        ).text,
        default="stop",
    )
    revise: bool = says(
        N_("Other content under a known id replaces what is stored. Otherwise it is wrong.").text,
        default=False,
    )
    name: str | None = says(
        N_(
            "What this import is called in the list of imports. Unless given, the token's name."
        ).text,
        default=None,
        min_length=1,
        max_length=NAME_LENGTH,
    )


class FeedQuery(Strict):
    """Which judgments."""

    since: str | None = says(
        N_("A cursor: only what was committed after it. Without it, from the beginning.").text,
        default=None,
        max_length=100,
    )
    limit: int = says(
        N_("At most so many judgments. There are fewer where answers are long.").text,
        default=DEFAULT_LIMIT,
        ge=1,
        le=MOST,
    )


class AgreementQuery(Strict):
    """Which figures."""

    by: By | None = says(
        N_("One question part by part instead of all questions.").text, default=None
    )
    question: str | None = says(
        N_("With by: the question's key. Unless given, the main one.").text,
        default=None,
        max_length=100,
    )


# --- bodies ---------------------------------------------------------------------------------

_Text = Annotated[str, StringConstraints(max_length=TEXT_LENGTH)]
_Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)
]


class MessageIn(Strict):
    """A message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: _Text


class ResponseIn(Strict):
    """A response: text, in projects of conversations messages, in those of solutions steps."""

    id: str = Field(min_length=1, max_length=RESPONSE_ID_LENGTH)
    model: str | None = says(
        N_("Which model wrote it. Reviewers never see it.").text,
        default=None,
        max_length=MODEL_LENGTH,
    )
    text: _Text | None = None
    messages: list[MessageIn] | None = says(
        N_("In place of text, where whole conversations are judged.").text, default=None
    )
    steps: list[_Text] | None = says(
        N_("In place of text, where single steps are judged.").text,
        default=None,
        min_length=1,
        max_length=STEPS,
    )
    metadata: dict[str, Any] | None = None


class ItemIn(Strict):
    """An item: a prompt, and what models answered."""

    id: str = says(
        N_("Yours. The same id with the same content again is counted and changes nothing.").text,
        min_length=1,
        max_length=ID_LENGTH,
    )
    language: _Language = says(N_("A language tag such as en or es-CO.").text)
    prompt: _Text | list[MessageIn] = says(N_("Text, or messages.").text)
    responses: list[ResponseIn] = Field(min_length=1, max_length=RESPONSES)
    tags: list[Annotated[str, StringConstraints(max_length=TAG_LENGTH)]] | None = Field(
        default=None, max_length=TAGS
    )
    harm: str | None = says(
        N_("A category of harm, for reviewers who decline it.").text, default=None
    )
    severity: int | None = says(
        N_("How hard it is to read, from 0 to 3.").text, default=None, ge=0, le=MOST_SEVERE
    )
    metadata: dict[str, Any] | None = None


class JudgmentIn(Strict):
    """A judgment that was made elsewhere, as a simulation or another tool gives it."""

    item: str = says(N_("The item's id.").text, min_length=1, max_length=ID_LENGTH)
    reviewer: str = says(
        N_("A pseudonym. A new one becomes a person who never logs in.").text,
        min_length=1,
        max_length=REVIEWER_LENGTH,
    )
    answer: dict[str, Any] = says(N_("As the project's type has it.").text)
    at: str | None = says(
        N_("When it was made, with its offset: 2026-11-20T15:04:05Z.").text, default=None
    )
    active_seconds: float | None = Field(default=None, ge=0, le=LONGEST_SECONDS)
    shown: list[str] | None = says(
        N_("Ids of the responses in the order in which they were read.").text, default=None
    )


# --- answers --------------------------------------------------------------------------------


class ProjectLine(Strict):
    """A project in the list."""

    slug: str
    type: str = says(N_("The task type.").text)
    title: dict[str, str] = says(N_("By language.").text)
    role: Literal["reviewer", "lead", "engineer"] = says(
        N_("What the token's owner is there now.").text
    )
    scopes: list[Literal["read", "import", "export", "judge"]] = says(
        N_("What this token is good for.").text
    )


class ProjectList(Strict):
    """The projects of a token: one, or none where its owner has left it."""

    projects: list[ProjectLine]


class ItemCounts(Strict):
    """Items that can be exported: without gold, and without what was replaced or taken out."""

    all: int
    judged: int = says(N_("With a judgment or more.").text)
    complete: int = says(N_("With all the judgments that they want.").text)


class JudgmentCounts(Strict):
    """Judgments that count now."""

    given: int
    left: int = says(N_("That the items want yet, those on somebody's desk included.").text)


class StateCounts(Strict):
    """Meetings of an item and a reviewer, by where they stand."""

    leased: int = says(N_("On a reviewer's desk.").text)
    judged: int
    skipped: int
    escalated: int = says(N_("With a lead.").text)
    released: int = says(N_("Left until the time ran out; free for others again.").text)


class DayCount(Strict):
    """Judgments of a day, in the time zone of the token's owner, that still count."""

    day: date
    judgments: int


class ProjectStatus(Strict):
    """Where a project stands."""

    slug: str
    type: str = says(N_("The task type.").text)
    title: dict[str, str] = says(N_("By language.").text)
    overlap: int = says(N_("Judgments that an item wants at first.").text)
    items: ItemCounts
    judgments: JudgmentCounts
    states: StateCounts
    active_seconds: float | None = says(
        N_("Median seconds on an item with its tab in front; null where nobody measured.").text
    )
    days: list[DayCount] = says(N_("The last 14 days, today last.").text)


class WrongLine(Strict):
    """One thing that is wrong."""

    line: int | None = says(
        N_("Of the body, from 1; in an array the number of the entry. Null: of no line.").text
    )
    field: str = says(N_("A path such as responses[0].text, or a parameter.").text)
    message: str


class Imported(Strict):
    """What came of a body."""

    source: int = says(N_("Number of the import, as in its address on the pages.").text)
    new: int
    same: int = says(N_("Were here already, with the same content.").text)
    revised: int = says(N_("Replaced what was here.").text)
    rejected: int = says(N_("Lines that were left out.").text)
    rejected_lines: str | None = says(
        N_("Address of a file with all of them and what is wrong; null where there are none.").text
    )
    errors: list[WrongLine] = says(N_("Why, of the first hundred.").text)
    errors_left_off: int


class JudgmentOut(Strict):
    """A revision of a judgment."""

    cursor: str = says(N_("Give it as since, and what follows this judgment is answered.").text)
    item: str = says(N_("The item's id.").text)
    item_revision: int
    language: str = says(N_("Of the item.").text)
    reviewer: str = says(N_("A pseudonym, the same in every export of this project.").text)
    revision: int = says(
        N_("1, and one more whenever the reviewer changes the answer: the newest counts.").text
    )
    answer: dict[str, Any] | None = says(
        N_("As the project's type has it; null: the reviewer has taken it back.").text
    )
    at: str = says(N_("When it was made, in UTC.").text)
    active_seconds: float | None = says(N_("Null where nobody measured.").text)
    shown: list[str] | None = says(
        N_("Ids of the responses in the order in which they were read.").text
    )
    guideline: int | None = says(N_("Version of the guideline that was on screen.").text)
    origin: Literal["desk", "import"]


class JudgmentPage(Strict):
    """Judgments in the order in which they were committed."""

    judgments: list[JudgmentOut]
    next: str | None = says(
        N_("The cursor to go on from, now or later; null while there is no judgment at all.").text
    )
    more: bool = says(N_("Whether there are more now.").text)


class MeasureOut(Strict):
    """A figure of agreement, with its 95 % interval."""

    question: str
    measure: str
    value: float | None = says(N_("Null where it is undefined.").text)
    low: float | None
    high: float | None
    n_items: int
    n_judgments: int
    undefined: str | None = says(N_("Why it is undefined.").text)
    note: str | None = says(N_("What the figure leaves out.").text)


class AgreementOut(Strict):
    """How far reviewers agree: all questions."""

    project: str
    items: int
    judgments: int
    reviewers: int
    measures: list[MeasureOut]


class PartOut(Strict):
    """A part of the judgments."""

    part: str | None
    measures: list[MeasureOut]


class SplitOut(Strict):
    """How far reviewers agree: one question, part by part."""

    project: str
    question: str
    by: str
    whole: list[MeasureOut]
    parts: list[PartOut]
    left_off: int = says(N_("Parts that are not worked out.").text)


class ProblemOut(Strict):
    """What went wrong (RFC 9457)."""

    type: str = says(N_("Which kind of problem, as a part of the page /api.").text)
    title: str
    status: int
    detail: str
    instance: str = says(N_("The address that was asked.").text)
    request_id: str = says(N_("The number of the request in the server's log.").text)
    errors: list[WrongLine] | None = says(
        N_("What is wrong with lines or parameters, the first hundred.").text, default=None
    )
    errors_left_off: int | None = None
