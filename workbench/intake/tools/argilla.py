"""Argilla v2: what `dataset.records.to_json` writes, one record an entry.

https://docs.argilla.io/latest/how_to_guides/import_export/ and argilla-io/argilla@0991739
`records/_resource.py`: {id, fields, metadata, suggestions, responses: {question: [{value, user_id,
status?}]}, vectors}. Which question a value answers is told by its shape:

- A ranking is made of a RankingQuestion ([{value, rank}], equal ranks are a tie, without a rank a
  response is unranked; or names from best to worst) whose values are called like the fields of the
  responses, or of a LabelQuestion that says which of two.
- A rating is made of a RatingQuestion, or of a LabelQuestion whose label is a number or an anchor.
- Marked passages are made of a SpanQuestion, whole responses marked of a (Multi)LabelQuestion.

Offsets are those of the browser, in UTF-16 units (argilla-io/argilla#5729); a file does not quote
the passage, so marks that were made by a script in code points come out shifted behind an emoji.
`user_id` becomes the pseudonym argilla-ID. Responses that were discarded, or are drafts, stay
behind where the file says so, which the version that was read does not. Not carried: suggestions,
vectors, answers in free text, and times, which are not written.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from workbench.intake.tools import answers
from workbench.intake.tools.argilla_back import item_back, judgment_back, kept_of
from workbench.intake.tools.base import Given, Made, Place, Tool, language_of
from workbench.intake.tools.naming import prompt_in, responses_in
from workbench.intake.tools.offsets import passage, utf16
from workbench.messages import N_

_SUGGESTIONS = N_("suggestions")
_VECTORS = N_("vectors")
_UNSENT = N_("responses that were discarded or are drafts")
_OTHER = N_("answers to questions of another kind")

Said = dict[str, Place]


def make(record: Place, given: Given) -> Made:
    """One record."""
    kept = kept_of(record)
    if kept is not None:
        return _back(record, kept, given)
    fields, metadata = record["fields"], record["metadata"]
    _, prompt = prompt_in(fields, given)
    _, responses = responses_in(fields, given)
    language = metadata["language"] if metadata.given else Place(None, "metadata.language")
    item = {
        "id": f"argilla-{record['id'].name()}",
        "language": language_of(given, language),
        "prompt": prompt,
        "responses": responses,
        "metadata": metadata.value if metadata.given else {},
    }
    made = Made(items=[item])
    for name, why in (("suggestions", _SUGGESTIONS), ("vectors", _VECTORS)):
        made.left += [why for _ in record[name].fields()] if record[name].given else []
    for person, said in _by_person(record["responses"], made).items():
        answer = _ANSWERS[given.type](record["responses"], said, item, given, made)
        if answer is not None:
            made.judgments.append(
                {"item": item["id"], "reviewer": f"argilla-{person}", "answer": answer}
            )
    return made


def _back(record: Place, kept: Place, given: Given) -> Made:
    """A record that was written here."""
    if given.type == "bias":
        raise record["metadata"]["workbench"].wrong(N_("is of a project of another type"))
    item = item_back(record, kept)
    made = Made(items=[item])
    for user, said in _by_person(record["responses"], made).items():
        made.judgments.append(judgment_back(user, said, item, kept, given))
    return made


def _by_person(responses: Place, made: Made) -> dict[str, Said]:
    """By user id: the values by question."""
    found: dict[str, Said] = {}
    for question, given in responses.fields().items() if responses.given else ():
        for response in given.entries():
            status = response["status"]
            if status.given and status.text() != "submitted":
                made.left.append(_UNSENT)
                continue
            found.setdefault(response["user_id"].name(), {})[question] = response["value"]
    return found


def _ranking(
    place: Place, said: Said, item: dict[str, Any], given: Given, made: Made
) -> answers.Answer | None:
    ids = [response["id"] for response in item["responses"]]
    ballots = {}
    for question, value in said.items():
        found: answers.Answer | None = None
        if isinstance(value.value, list):
            found = answers.ballot(_tiers(value))
        elif isinstance(value.value, str) and len(ids) == 2:
            found = answers.of_two(value.value, ids)
        if found is None:
            made.left.append(_OTHER)
        else:
            ballots[question] = found
    return answers.ranking(ballots, given, place)


def _tiers(value: Place) -> list[list[str]]:
    """Names by their ranks, 1 being the best."""
    ranked = []
    for i, entry in enumerate(value.entries()):
        if isinstance(entry.value, str):
            ranked.append((i, entry.value))
        elif entry["rank"].given:
            ranked.append((entry["rank"].whole(), entry["value"].text()))
    ranked.sort(key=lambda pair: pair[0])
    return [[name for _, name in tier] for _, tier in groupby(ranked, key=lambda pair: pair[0])]


def _rating(
    place: Place, said: Said, item: dict[str, Any], given: Given, made: Made
) -> answers.Answer | None:
    ratings: dict[str, int] = {}
    for question, value in said.items():
        attribute = answers.attribute_for(question, given)
        if attribute is None or not isinstance(value.value, int | str):
            made.left.append(_OTHER)
        else:
            ratings[attribute] = answers.anchored(value, attribute, given)
    return answers.rating({_only(place, item)["id"]: ratings}) if ratings else None


def _only(place: Place, item: dict[str, Any]) -> dict[str, Any]:
    """The response that an answer is about. Raises Invalid where there are several."""
    [response, *others] = item["responses"]
    if others:
        raise place.wrong(N_("says it of several responses: name the one, as in response=FIELD"))
    found: dict[str, Any] = response
    return found


def _bias(
    place: Place, said: Said, item: dict[str, Any], given: Given, made: Made
) -> answers.Answer | None:
    found, asked = [], False
    for value in said.values():
        if isinstance(value.value, int) or value.value is None:
            made.left.append(_OTHER)
            continue
        asked = True
        response = _only(place, item)
        marks = [value] if isinstance(value.value, str) else list(value.entries())
        for mark in marks:
            if isinstance(mark.value, str):
                found.append(answers.flag(response, None, mark, given))
            else:
                span = passage(response["text"], mark["start"], mark["end"], utf16)
                found.append(answers.flag(response, span, mark["label"], given))
    return answers.flags(found) if asked else None


_ANSWERS = {"ranking": _ranking, "rating": _rating, "bias": _bias}

OPTIONS = (
    "language", "direction", "severity", "prompt", "left", "right", "responses", "response",
    "question",
)  # fmt: skip

TOOL = Tool(
    name="argilla",
    title="Argilla",
    types=tuple(_ANSWERS),
    options=OPTIONS,
    without=N_(
        "answers in free text, and when and how long people worked, which it does not write"
    ),
    make=make,
)
