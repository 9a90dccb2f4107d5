"""Label Studio: the export called JSON, one task an entry, and the same as JSON lines.

https://labelstud.io/guide/export.html and /guide/task_format.html. Read are `pairwise`, `ranker`,
`rating`, `choices` and `labels`:

- A ranking is made of `pairwise`, of `ranker`, or of `choices` that say left, right, tie, or both
  bad. Which fields of `data` are left and right stands in the labelling configuration, which an
  export lacks: known pairs of names are tried, and left=FIELD right=FIELD say others.
- A rating is made of `rating` and of `choices` that are numbers or anchors. The control's name is
  the attribute's key, or there is one attribute only.
- Marked passages are made of `labels`, whole responses marked of `choices`. A control called
  "direction" or "severity" that belongs to the same region says those of the passage. An annotation
  without a result says that there is nothing to mark.

`completed_by` becomes the pseudonym label-studio-ID; names and addresses stay behind. Offsets are
those of JavaScript, in UTF-16 units (HumanSignal/label-studio#1347); where the quoted text is there
too, it decides. Somebody's latest annotation of a task counts. Not carried: predictions, drafts,
comments, reviews, history, the mark of a ground truth, cancelled annotations, other results.
"""

from __future__ import annotations

from typing import Any

from workbench.intake.judgments import LONGEST_SECONDS
from workbench.intake.tools import answers
from workbench.intake.tools.base import (
    Given,
    Made,
    Place,
    Tool,
    language_of,
)
from workbench.intake.tools.label_studio_back import is_own, item_back, judgment_back
from workbench.intake.tools.naming import prompt_in, responses_in
from workbench.intake.tools.offsets import passage, quoted_passage, utf16
from workbench.messages import N_

_CANCELLED = N_("annotations that were cancelled")
_EARLIER = N_("earlier annotations of the same person")
_UNANSWERED = N_("annotations that answer nothing asked here")
_RESULTS = N_("results of another kind")
_PREDICTIONS = N_("predictions")
_DRAFTS = N_("drafts")
_LONG = N_("working times of more than a week")


def make(task: Place, given: Given) -> Made:
    """One task."""
    item = item_back(task) if is_own(task) else _item(task, given)
    made = Made(items=[item])
    for name, why in (("predictions", _PREDICTIONS), ("drafts", _DRAFTS)):
        if task[name].given:
            made.left += [why for _ in task[name].entries()]
    latest: dict[str, tuple[str, dict[str, Any]]] = {}
    for annotation in task["annotations"].entries() if task["annotations"].given else ():
        read = _back if is_own(task) else _judgment
        judgment = read(annotation, item, given, made)
        if judgment is None:
            continue
        when = answers.time_of(annotation["updated_at"]) or judgment.get("at") or ""
        before = latest.get(judgment["reviewer"])
        if before is not None:
            made.left.append(_EARLIER)
        if before is None or before[0] <= when:
            latest[judgment["reviewer"]] = (when, judgment)
    made.judgments += [judgment for _, judgment in latest.values()]
    return made


def _item(task: Place, given: Given) -> dict[str, Any]:
    data = task["data"]
    used, prompt = prompt_in(data, given)
    names, responses = responses_in(data, given)
    taken = {*used, *names, "language", "lang"}
    return {
        "id": f"label-studio-{task['id'].name()}",
        "language": language_of(given, data["language"], data["lang"]),
        "prompt": prompt,
        "responses": responses,
        "metadata": {k: place.value for k, place in data.fields().items() if k not in taken},
    }


def _judgment(
    annotation: Place, item: dict[str, Any], given: Given, made: Made
) -> dict[str, Any] | None:
    if annotation["was_cancelled"].value is True:
        made.left.append(_CANCELLED)
        return None
    answer = _ANSWERS[given.type](annotation["result"], item, given, made)
    if answer is None:
        made.left.append(_UNANSWERED)
        return None
    judgment = {
        "item": item["id"],
        "reviewer": f"label-studio-{_person(annotation['completed_by'], given)}",
        "answer": answer,
        "at": answers.time_of(annotation["created_at"]),
    }
    seconds = annotation["lead_time"].value
    if type(seconds) in (int, float) and seconds > LONGEST_SECONDS:
        made.left.append(_LONG)
    elif annotation["lead_time"].given:
        judgment["active_seconds"] = seconds
    if any(result["type"].value == "pairwise" for result in annotation["result"].entries()):
        judgment["shown"] = [response["id"] for response in item["responses"]]
    return judgment


def _back(
    annotation: Place, item: dict[str, Any], given: Given, made: Made
) -> dict[str, Any] | None:
    """The judgment of a task that was written here; of whoever annotated it there, where it is not
    from here."""
    if annotation["was_cancelled"].value is True:
        made.left.append(_CANCELLED)
        return None
    judgment = judgment_back(annotation, item, given)
    if "reviewer" not in judgment:
        person = _person(annotation["completed_by"], given)
        judgment |= {"reviewer": f"label-studio-{person}"}
        judgment |= {"at": answers.time_of(annotation["created_at"])}
    return judgment


def _person(completed_by: Place, given: Given) -> str:
    if not completed_by.given and "reviewer" in given.options:
        return given.options["reviewer"]
    if isinstance(completed_by.value, dict):
        return completed_by["id"].name()
    return completed_by.name()


def _ranking(
    results: Place, item: dict[str, Any], given: Given, made: Made
) -> answers.Answer | None:
    ids = [response["id"] for response in item["responses"]]
    ballots: dict[str, answers.Answer] = {}
    for result in results.entries():
        kind, value = result["type"].text(), result["value"]
        said = None
        if kind == "pairwise" or (kind == "choices" and len(ids) == 2):
            said = _pair(value, kind, ids)
        elif kind == "ranker":
            ranked = _ranked(value["ranker"])
            if ranked is None:
                continue
            said = answers.ballot([name] for name in ranked)
        if said is None:
            made.left.append(_RESULTS)
        else:
            ballots[result["from_name"].text()] = said
    return answers.ranking(ballots, given, results)


def _pair(value: Place, kind: str, ids: list[str]) -> answers.Answer | None:
    """A choice of two; None for choices that say something else."""
    if len(ids) != 2:
        raise value.wrong(N_("compares two, and this task has another number of responses"))
    if kind == "pairwise":
        return answers.of_two(value["selected"].one_of(("left", "right")), ids)
    return answers.of_two(value["choices"].first().text(), ids)


def _ranked(ranker: Place) -> list[str] | None:
    """Ids from best to worst: a list, or a list by the control's or a bucket's name, where "_"
    holds what is in no bucket. None where nothing was sorted into any: Label Studio sends such a
    result of its own accord, for everybody who submits (`beforeSend` of its Ranker.jsx)."""
    if isinstance(ranker.value, list):
        return [entry.name() for entry in ranker.entries()]
    lists = {
        name: [entry.name() for entry in bucket.entries()]
        for name, bucket in ranker.fields().items()
    }
    filled = {name: ids for name, ids in lists.items() if ids and name != "_"}
    if len(filled) > 1:
        raise ranker.wrong(
            N_("sorts into several lists: %(names)s; that is no ranking", names=", ".join(filled))
        )
    return next(iter(filled.values()), None)


def _rating(
    results: Place, item: dict[str, Any], given: Given, made: Made
) -> answers.Answer | None:
    ratings: dict[str, dict[str, int]] = {}
    for result in results.entries():
        kind = result["type"].text()
        attribute = answers.attribute_for(result["from_name"].text(), given)
        if kind not in ("rating", "choices") or attribute is None:
            made.left.append(_RESULTS)
            continue
        response = _response(result, item)["id"]
        if kind == "rating":
            value = result["value"]["rating"].whole()
        else:
            value = answers.anchored(result["value"]["choices"].first(), attribute, given)
        ratings.setdefault(response, {})[attribute] = value
    return answers.rating(ratings)


def _response(result: Place, item: dict[str, Any]) -> dict[str, Any]:
    """The response that a result is about: the one its object is called like, or the only one."""
    responses: list[dict[str, Any]] = item["responses"]
    name = result["to_name"].text()
    for response in responses:
        if response["id"] == name or len(responses) == 1:
            return response
    known = ", ".join(response["id"] for response in responses)
    raise result["to_name"].wrong(N_("is none of the responses: %(known)s", known=known))


def _bias(results: Place, item: dict[str, Any], given: Given, made: Made) -> answers.Answer | None:
    said = _region_sides(results)
    found = []
    for result in results.entries():
        kind = result["type"].text()
        if result["from_name"].text() in SIDES:
            continue
        if kind not in ("labels", "choices"):
            made.left.append(_RESULTS)
            continue
        response = _response(result, item)
        span = _span(result["value"], response["text"]) if kind == "labels" else None
        sides = said.get(str(result["id"].value), {})
        found += [
            answers.flag(response, span, label, given, sides)
            for label in result["value"][kind].entries()
        ]
    return None if results.value and not found else answers.flags(found)


SIDES = ("direction", "severity")


def _region_sides(results: Place) -> dict[str, dict[str, Place]]:
    """By a region's id: what controls of these names say of it."""
    said: dict[str, dict[str, Place]] = {}
    for result in results.entries():
        name = result["from_name"].text()
        if name in SIDES:
            value = result["value"]
            place = value["rating"] if value["rating"].given else value["choices"].first()
            said.setdefault(str(result["id"].value), {})[name] = place
    return said


def _span(value: Place, text: str) -> tuple[int, int]:
    if value["text"].given:
        return quoted_passage(text, value["start"], value["end"], value["text"])
    return passage(text, value["start"], value["end"], utf16)


_ANSWERS = {"ranking": _ranking, "rating": _rating, "bias": _bias}

OPTIONS = (
    "language", "reviewer", "direction", "severity", "prompt", "left", "right", "responses",
    "response", "question",
)  # fmt: skip

TOOL = Tool(
    name="label-studio",
    title="Label Studio",
    types=tuple(_ANSWERS),
    options=OPTIONS,
    without=N_(
        "names and addresses of people, comments, reviews, history, and which annotations were"
        " marked as ground truth"
    ),
    make=make,
)
