"""Tasks with annotations, as Label Studio imports them, and the labelling configuration for them.

https://labelstud.io/guide/tasks.html: one JSON array of {data, annotations: [{result: [...]}]}. An
annotation is imported under the person who imports it, and its times with it, so who judged, when,
for how long and in which order stand among the results, in text areas called workbench.*. `data` is
the item. The configuration lies beside the rows: `label_studio_config`.

A configuration names its objects once for all tasks, so responses are response_1, response_2 and so
on, in the order of the item, and controls have one object each:

- ranking: `pairwise` for one of two, where there are no criteria (a text can be clicked for one
  control only); otherwise `ranker` (KEY.tiers) with a bucket a tier, KEY.tier_1 being the best, and
  "_" for what has no place: a ranker by itself knows of no tie. `choices` for the verdict, `rating`
  for how much better, a text area for the reason. KEY is the criterion, else `preference`.
- rating: ATTRIBUTE--response_1 and so on, a `rating` where the scale begins at 1 or above, as stars
  do, else a `number`; a text area says why a response cannot be judged.
- bias: `labels` in UTF-16 units with the passage; direction, severity and reason stand under the
  same region. What is said of a whole response marks all of its text, with the choice "whole":
  a control without a region can answer once only.

`intake.tools.label_studio_back` reads it all back. Not carried: the version of the guideline, and
what leads decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workbench.export.formats.base import EVERY_JUDGMENT, Configuration, ExchangeFormat, Row
from workbench.export.formats.columns import has_columns
from workbench.export.formats.conversation import messages
from workbench.export.formats.label_studio_config import configuration, named
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
        "result": [*said, *_circumstances(record)],
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


def _circumstances(record: AnswerRecord) -> Iterator[Result]:
    yield _text("workbench.reviewer", "prompt", record.reviewer)
    if record.at:
        yield _text("workbench.at", "prompt", record.at)
    if record.active_seconds is not None:
        yield _text("workbench.active_seconds", "prompt", repr(float(record.active_seconds)))
    if record.shown:
        yield _text("workbench.shown", "prompt", *record.shown)


def _ranking(item: Item, answer: Answer) -> Iterator[Result]:
    if "criteria" not in answer:
        yield from _ballot(item, "preference", answer, pairwise=True)
    for key, ballot in answer.get("criteria", {}).items():
        yield from _ballot(item, key, ballot)


def _ballot(item: Item, key: str, ballot: Answer, *, pairwise: bool = False) -> Iterator[Result]:
    ids, tiers = [response.id for response in item.responses], ballot["tiers"]
    if pairwise and len(ids) == len(tiers) == 2:
        side = "left" if tiers[0] == ids[:1] else "right"
        yield _result("pairwise", {"selected": side}, key, key)
    elif tiers:
        buckets = {f"{key}.tier_{number}": tier for number, tier in enumerate(tiers, 1)}
        value = {"ranker": {"_": ballot["unranked"], **buckets}}
        yield _result("ranker", value, f"{key}.tiers", "responses")
    if ballot["verdict"]:
        yield _result("choices", {"choices": [ballot["verdict"]]}, f"{key}.verdict", "prompt")
    if ballot["strength"]:
        yield _result("rating", {"rating": ballot["strength"]}, f"{key}.strength", "prompt")
    if ballot["reason"]:
        yield _text(f"{key}.reason", "prompt", ballot["reason"])


def _rating(item: Item, answer: Answer, config: Config) -> Iterator[Result]:
    least = {a["key"]: a["scale"]["least"] for a in config["attributes"]}
    places = named(item)
    for response, ratings in answer["ratings"].items():
        to = places[response]
        for key, value in ratings.items():
            kind = "rating" if least.get(key, 0) >= 1 else "number"
            yield _result(kind, {kind: value}, f"{key}--{to}", to)
    for response, why in answer["cannot_judge"].items():
        yield _text(f"cannot_judge--{places[response]}", places[response], why)
    if answer["reason"]:
        yield _text("workbench.reason", "prompt", answer["reason"])


def _bias(item: Item, answer: Answer) -> Iterator[Result]:
    places = named(item)
    for number, flag in enumerate(answer["flags"], 1):
        to, region = places[flag["response"]], f"flag-{number}"
        sides: list[tuple[str, Any, str]] = [
            ("labels", _passage(item, flag), "category"),
            ("choices", {"choices": [flag["direction"]]}, "direction"),
            ("rating", {"rating": flag["severity"]}, "severity"),
        ]
        if flag["start"] is None:
            sides.append(("choices", {"choices": ["whole"]}, "whole"))
        if flag["reason"]:
            sides.append(("textarea", {"text": [flag["reason"]]}, "reason"))
        for kind, value, name in sides:
            yield _result(kind, value, f"{name}--{to}", to, region)


def _passage(item: Item, flag: Answer) -> dict[str, Any]:
    text = item.response(flag["response"]).text
    sides = (0, len(text)) if flag["start"] is None else (flag["start"], flag["end"])
    start, end = (len(text[:side].encode("utf-16-le")) // 2 for side in sides)
    passage = text[slice(*sides)]
    return {"start": start, "end": end, "text": passage, "labels": [flag["category"]]}


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
    companion=Configuration(".labels.xml", configuration),
)
