"""Argilla v2: records, as its client writes them and as its API gives them.

Which question a value answers is told by its shape:

- A ranking is made of a RankingQuestion ([{value, rank}], equal ranks are a tie, without a rank a
  response is unranked) whose values are called like the fields of the responses, or of a
  LabelQuestion that says which of two.
- A rating is made of a RatingQuestion, or of a LabelQuestion whose label is a number or an anchor.
- Marked passages are made of a SpanQuestion, whole responses marked of a (Multi)LabelQuestion.

`dataset.records.to_json` of the client writes {id, fields, metadata, suggestions, responses:
{question: [{value, user_id}]}, vectors, status} (argilla 2.8.0 `records/_resource.py`). It loses
what its server knows: `UserResponse.from_model` keeps the names of a ranking in the order of the
question's options and drops the ranks (argilla-io/argilla#5712, #5677), so a list of names says
nothing and is left out; and whether an answer was sent, is a draft or was discarded is not written.
`GET /api/v1/datasets/ID/records?include=responses` has both: {id, external_id, fields, metadata,
responses: [{user_id, status, values: {question: {value}}, inserted_at}]}, an entry of `items`.

Offsets are those of the browser, in UTF-16 units (argilla-io/argilla#5729); a file does not quote
the passage, so marks that were made by a script in code points come out shifted behind an emoji.
`user_id` becomes the pseudonym argilla-ID. Responses that were discarded, or are drafts, stay
behind where that is known. Not carried: suggestions, vectors, answers in free text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
_NO_RANKS = N_(
    "rankings without their ranks, as Argilla's Python client writes them: take the records from"
    " its API"
)

#: The values of one person, by question.
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
        "id": f"argilla-{_name(record)}",
        "language": language_of(given, language),
        "prompt": prompt,
        "responses": responses,
        "metadata": metadata.value if metadata.given else {},
    }
    made = Made(items=[item])
    for name, why in (("suggestions", _SUGGESTIONS), ("vectors", _VECTORS)):
        made.left += [why for _ in _parts(record[name])]
    times = _times(record["responses"])
    for person, said in _by_person(record, given, made).items():
        answer = _ANSWERS[given.type](record["responses"], said, item, given, made)
        if answer is not None:
            judgment = {"item": item["id"], "reviewer": f"argilla-{person}", "answer": answer}
            made.judgments.append(judgment | times.get(person, {}))
    return made


def _back(record: Place, kept: Place, given: Given) -> Made:
    """A record that was written here."""
    if given.type == "bias":
        raise record["metadata"]["workbench"].wrong(N_("is of a project of another type"))
    item = item_back(_name(record), record, kept)
    made = Made(items=[item])
    times = _times(record["responses"])
    for user, said in _by_person(record, given, made).items():
        judgment = judgment_back(user, said, item, kept, given)
        made.judgments.append(times.get(user, {}) | judgment)
    return made


def _name(record: Place) -> str:
    """What whoever loaded the record called it; its id in the API is the server's."""
    external = record["external_id"]
    return (external if external.given else record["id"]).name()


def _parts(place: Place) -> Iterator[object]:
    """What an object or a list holds, which may be missing."""
    if place.given:
        yield from place.entries() if isinstance(place.value, list) else place.fields()


def _by_person(record: Place, given: Given, made: Made) -> dict[str, Said]:
    """By user id: the values by question. Who gave a ranking without its ranks is left out whole:
    the rest of such an answer would say something else by itself."""
    found: dict[str, Said] = {}
    unknown = set()
    responses, fields = record["responses"], record["fields"].fields()
    for question, response, value in _each(responses) if responses.given else ():
        status, user = response["status"], response["user_id"].name()
        if status.given and status.text() != "submitted":
            made.left.append(_UNSENT)
        elif given.type == "ranking" and _is_without_ranks(value, fields):
            made.left.append(_NO_RANKS)
            unknown.add(user)
        else:
            found.setdefault(user, {})[question] = value
    return {user: said for user, said in found.items() if user not in unknown}


def _in_utc(time: str) -> str:
    """Its server writes times in UTC, and does not say so."""
    return time if time[10:].endswith("Z") or "+" in time[10:] else f"{time}Z"


def _is_without_ranks(value: Place, fields: Mapping[str, Place]) -> bool:
    """Whether it lists responses by name alone."""
    return isinstance(value.value, list) and _all_text(value) and {*value.value} <= {*fields}


def _all_text(value: Place) -> bool:
    return bool(value.value) and all(isinstance(entry, str) for entry in value.value)


def _times(responses: Place) -> dict[str, dict[str, str]]:
    """By user id, when the answer came, as {"at": ...}; only the API says so."""
    if not isinstance(responses.value, list):
        return {}
    return {
        response["user_id"].name(): {"at": _in_utc(response["inserted_at"].text())}
        for response in responses.entries()
        if response["inserted_at"].given
    }


def _each(responses: Place) -> Iterator[tuple[str, Place, Place]]:
    """(question, the response it belongs to, its value), in either shape."""
    if isinstance(responses.value, list):
        for response in responses.entries():
            for question, answer in response["values"].fields().items():
                yield question, response, answer["value"]
    else:
        for question, answers_given in responses.fields().items():
            for response in answers_given.entries():
                yield question, response, response["value"]


def _ranking(
    place: Place, said: Said, item: dict[str, Any], given: Given, made: Made
) -> answers.Answer | None:
    ids = [response["id"] for response in item["responses"]]
    ballots = {}
    for question, value in said.items():
        found: answers.Answer | None = None
        if isinstance(value.value, list) and not _all_text(value):
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
    ranked = [
        (entry["rank"].whole(), entry["value"].text())
        for entry in value.entries()
        if entry["rank"].given
    ]
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
        "answers in free text, how long people worked, and in files of its Python client ranks and"
        " whether an answer was sent"
    ),
    make=make,
)
