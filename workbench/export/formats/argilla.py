"""Records with responses, as Argilla 2 reads them (`dataset.records.from_json`): one JSON array.

argilla-io/argilla@0991739 `records/_resource.py`: {id, fields, metadata, suggestions, responses:
{question: [{value, user_id}]}, vectors, _server_id}. Fields are `prompt` (a ChatField) and
response_1, response_2, ...; names of questions are these, with `preference` in the place of a
criterion where there are none:

- ranking: KEY, a RankingQuestion whose equal ranks are a tie and whose null is no place;
  KEY--verdict (LabelQuestion), KEY--strength (RatingQuestion), KEY--reason (TextQuestion).
- rating: ATTRIBUTE--response_1 and so on, a RatingQuestion, or a LabelQuestion where the scale goes
  below 0; cannot_judge--response_1 and comment, TextQuestions.

A user of Argilla is a UUID, which is made of the pseudonym. What has no field or question there,
the item's own ids and who judged when, stands in `metadata.workbench` as JSON, and
`intake.tools.argilla_back` reads it. Not carried: the version of the guideline, and what leads
decided. Flags of bias are not written: a span has one label there, and no place for direction,
severity and reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from workbench.export.formats.base import EVERY_JUDGMENT, ExchangeFormat, Row
from workbench.export.formats.columns import has_columns
from workbench.export.formats.conversation import messages
from workbench.messages import N_
from workbench.task_types.base import Answer, AnswerRecord, Config, Item

#: A question and the value that answers it.
Said = tuple[str, Any]

COLUMNS = ("id", "fields", "metadata", "suggestions", "responses", "vectors", "_server_id")


def row(item: Item, answers: Sequence[AnswerRecord], config: Config) -> Row:
    """One record."""
    names = {response.id: f"response_{n}" for n, response in enumerate(item.responses, 1)}
    responses: dict[str, list[Row]] = {}
    for record in answers:
        for question, value in _said(record.answer, names, config):
            said = {"value": value, "user_id": user_of(record.reviewer)}
            responses.setdefault(question, []).append(said)
    texts = {names[response.id]: response.text for response in item.responses}
    return {
        "id": item.id,
        "fields": {"prompt": messages(item.prompt), **texts},
        "metadata": {"language": item.language, "workbench": _beside(item, answers)},
        "suggestions": {},
        "responses": responses,
        "vectors": {},
        "_server_id": None,
    }


def user_of(reviewer: str) -> str:
    """The same UUID for the same pseudonym."""
    return str(uuid5(NAMESPACE_URL, f"workbench:{reviewer}"))


def _beside(item: Item, answers: Sequence[AnswerRecord]) -> str:
    """What has no place in Argilla, as JSON: metadata there are texts and numbers."""
    kept = {
        "responses": [
            {"id": each.id, "model": each.model, "metadata": dict(each.metadata)}
            for each in item.responses
        ],
        "tags": item.tags,
        "harm": item.harm,
        "severity": item.severity,
        "metadata": dict(item.metadata),
        "judgments": {
            user_of(record.reviewer): {
                "reviewer": record.reviewer,
                "at": record.at or None,
                "active_seconds": record.active_seconds,
                "shown": record.shown or None,
            }
            for record in answers
        },
    }
    return orjson.dumps(kept).decode()


def _said(answer: Answer, names: dict[str, str], config: Config) -> Iterator[Said]:
    if "ratings" in answer:
        yield from _ratings(answer, names, config)
        return
    for key, ballot in answer.get("criteria", {"preference": answer}).items():
        yield from _ballot(key, ballot, names)


def _ballot(key: str, ballot: Answer, names: dict[str, str]) -> Iterator[Said]:
    ranked: list[tuple[str, int | None]] = [
        (response, rank) for rank, tier in enumerate(ballot["tiers"], 1) for response in tier
    ]
    if ranked:
        ranked += [(response, None) for response in ballot["unranked"]]
        yield key, [{"value": names[response], "rank": rank} for response, rank in ranked]
    for side in ("verdict", "strength", "reason"):
        if ballot[side]:
            yield f"{key}--{side}", ballot[side]


def _ratings(answer: Answer, names: dict[str, str], config: Config) -> Iterator[Said]:
    below = {a["key"] for a in config["attributes"] if a["scale"]["least"] < 0}
    for response, ratings in answer["ratings"].items():
        for key, value in ratings.items():
            yield f"{key}--{names[response]}", str(value) if key in below else value
    for response, why in answer["cannot_judge"].items():
        yield f"cannot_judge--{names[response]}", why
    if answer["reason"]:
        yield "comment", answer["reason"]


def check(row: Row) -> str | None:
    """Code of what Argilla would refuse, or None."""
    return None if has_columns(row, COLUMNS) else "wrong_columns"


FORMAT = ExchangeFormat(
    name="argilla",
    title=N_("Records with responses for Argilla"),
    types=("ranking", "rating"),
    row=row,
    check=check,
    notes=(
        EVERY_JUDGMENT,
        N_("Guideline versions, and what leads have settled, are not carried."),
    ),
)
