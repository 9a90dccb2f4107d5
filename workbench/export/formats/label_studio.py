"""Tasks with annotations, as Label Studio imports them: one JSON array.

https://labelstud.io/guide/tasks.html: {data, annotations: [{result: [...]}]}. An annotation is
imported under the person who imports it, and its times with it, so who judged, when, for how long
and in which order stand among the results, in text areas called workbench.*. `data` is the item.

What is said of responses, `to_name` being the id of the response:

- ranking: `pairwise` for one of two; otherwise `ranker` (called .tiers) with a bucket a tier,
  tier_1 being the best, and "_" for what has no place: a ranker by itself knows of no tie.
  `choices` for the verdict, `rating` for how much better. The controls of a criterion are called
  like it, else `preference`.
- rating: `rating` by the attribute's name where its scale begins at 1 or above, as stars do, else
  `number`; a text area says why a response cannot be judged.
- bias: `labels` in UTF-16 units with the passage, or `choices` (category.whole) for all of it;
  direction and severity stand under the same region.

`intake.tools.label_studio_back` reads it all back. Not carried: the version of the guideline, and
what leads decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workbench.export.formats.base import EVERY_JUDGMENT, ExchangeFormat, Row
from workbench.export.formats.columns import has_columns
from workbench.export.formats.conversation import messages
from workbench.messages import N_
from workbench.task_types.base import Answer, AnswerRecord, Config, Item

Result = dict[str, Any]

COLUMNS = ("data", "annotations")


def row(item: Item, answers: Sequence[AnswerRecord], config: Config) -> Row:
    """One task: {"data", "annotations"}."""
    return {
        "data": {
            "workbench": item.id,
            "prompt": messages(item.prompt),
            "responses": [
                {
                    "id": response.id,
                    "title": response.id,
                    "body": response.text,
                    "model": response.model,
                    "metadata": dict(response.metadata),
                }
                for response in item.responses
            ],
            "language": item.language,
            "tags": list(item.tags),
            "harm": item.harm,
            "severity": item.severity,
            "metadata": dict(item.metadata),
        },
        "annotations": [_annotation(item, answer, config) for answer in answers],
    }


def _annotation(item: Item, record: AnswerRecord, config: Config) -> Row:
    said = _results(item, record.answer, config)
    return {
        "result": [*said, *_circumstances(item, record)],
        "was_cancelled": False,
        "ground_truth": False,
        "lead_time": record.active_seconds,
    }


def _results(item: Item, answer: Answer, config: Config) -> Iterator[Result]:
    if "ratings" in answer:
        return _rating(item, answer, config)
    return _bias(item, answer) if "flags" in answer else _ranking(item, answer)


def _result(kind: str, value: Any, name: str, to: str, region: str | None = None) -> Result:
    return {
        "id": region or f"{name}-{to}",
        "from_name": name,
        "to_name": to,
        "type": kind,
        "value": value,
        "origin": "manual",
    }


def _text(name: str, to: str, *texts: str, region: str | None = None) -> Result:
    return _result("textarea", {"text": list(texts)}, name, to, region)


def _circumstances(item: Item, record: AnswerRecord) -> Iterator[Result]:
    to = item.responses[0].id
    yield _text("workbench.reviewer", to, record.reviewer)
    if record.at:
        yield _text("workbench.at", to, record.at)
    if record.active_seconds is not None:
        yield _text("workbench.active_seconds", to, repr(float(record.active_seconds)))
    if record.shown:
        yield _text("workbench.shown", to, *record.shown)


def _ranking(item: Item, answer: Answer) -> Iterator[Result]:
    ballots = answer.get("criteria", {"preference": answer})
    for name, ballot in ballots.items():
        yield from _ballot(item, name, ballot)


def _ballot(item: Item, name: str, ballot: Answer) -> Iterator[Result]:
    ids, tiers = [response.id for response in item.responses], ballot["tiers"]
    to = ids[0]
    if len(ids) == len(tiers) == 2:
        side = "left" if tiers[0] == ids[:1] else "right"
        yield _result("pairwise", {"selected": side}, name, name)
    elif tiers:
        buckets = {f"tier_{number}": tier for number, tier in enumerate(tiers, 1)}
        value = {"ranker": {"_": ballot["unranked"], **buckets}}
        yield _result("ranker", value, f"{name}.tiers", "responses")
    if ballot["verdict"]:
        yield _result("choices", {"choices": [ballot["verdict"]]}, f"{name}.verdict", to)
    if ballot["strength"]:
        yield _result("rating", {"rating": ballot["strength"]}, f"{name}.strength", to)
    if ballot["reason"]:
        yield _text(f"{name}.reason", to, ballot["reason"])


def _rating(item: Item, answer: Answer, config: Config) -> Iterator[Result]:
    least = {a["key"]: a["scale"]["least"] for a in config["attributes"]}
    for response, ratings in answer["ratings"].items():
        for key, value in ratings.items():
            kind = "rating" if least.get(key, 0) >= 1 else "number"
            yield _result(kind, {kind: value}, key, response)
    for response, why in answer["cannot_judge"].items():
        yield _text("workbench.cannot_judge", response, why)
    if answer["reason"]:
        yield _text("workbench.reason", item.responses[0].id, answer["reason"])


def _bias(item: Item, answer: Answer) -> Iterator[Result]:
    for number, flag in enumerate(answer["flags"], 1):
        to, region = flag["response"], f"flag-{number}"
        if flag["start"] is None:
            yield _result("choices", {"choices": [flag["category"]]}, "category.whole", to, region)
        else:
            yield _result("labels", _passage(item, flag), "category", to, region)
        yield _result("choices", {"choices": [flag["direction"]]}, "direction", to, region)
        yield _result("rating", {"rating": flag["severity"]}, "severity", to, region)
        if flag["reason"]:
            yield _text("reason", to, flag["reason"], region=region)


def _passage(item: Item, flag: Answer) -> dict[str, Any]:
    text = item.response(flag["response"]).text
    start, end = (len(text[: flag[side]].encode("utf-16-le")) // 2 for side in ("start", "end"))
    return {"start": start, "end": end, "text": flag["quote"], "labels": [flag["category"]]}


def check(row: Row) -> str | None:
    """Code of what Label Studio would refuse, or None."""
    return None if has_columns(row, COLUMNS) else "wrong_columns"


FORMAT = ExchangeFormat(
    name="label-studio",
    title=N_("Tasks with annotations for Label Studio"),
    types=("ranking", "rating", "bias"),
    row=row,
    check=check,
    notes=(
        EVERY_JUDGMENT,
        N_("Guideline versions, and what leads have settled, are not carried."),
    ),
)
