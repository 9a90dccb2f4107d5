"""Prodigy: JSONL of `prodigy db-out`, one task a line.

https://prodi.gy/docs/api-interfaces: {text, spans: [{start, end, label}], label, options, accept,
answer, _input_hash, _session_id, _annotator_id}. An answer "accept" is a judgment: its spans mark
passages, its label without spans the whole text, and no spans state that there is nothing to mark.
"reject" and "ignore" do not say what would be right: such a line is an item without a judgment, and
counted. Of two options, the accepted one is the better of a ranking, and both are a tie.

Offsets count code points, as spaCy does. The pseudonym is prodigy-SESSION, of `_annotator_id` or
`_session_id` as they stand there, or the one that is given, or prodigy. Binary tasks that ask
one text for several labels are several answers of one person to one item, and refused. Not carried:
tokens, scores, patterns, relations, pictures.
"""

from __future__ import annotations

from typing import Any

from workbench.intake.tools import answers
from workbench.intake.tools.base import (
    NO_PROMPT,
    Given,
    Made,
    Place,
    Tool,
    language_of,
    made_id,
    messages_of,
)
from workbench.intake.tools.offsets import code_points, passage
from workbench.messages import N_

_REJECTED = N_("tasks that were rejected or ignored")


def make(task: Place, given: Given) -> Made:
    """One task."""
    item = _item(task, given)
    made = Made(items=[item])
    if task["answer"].one_of(("accept", "reject", "ignore")) != "accept":
        made.left.append(_REJECTED)
        return made
    answer = _ranking(task, item, given) if given.type == "ranking" else _bias(task, item, given)
    judgment = {"item": item["id"], "reviewer": _person(task, given), "answer": answer}
    made.judgments.append(judgment)
    return made


def _item(task: Place, given: Given) -> dict[str, Any]:
    text, named = task["text"], task["_input_hash"]
    options = task["options"]
    if given.type == "ranking":
        prompt: Any = messages_of(text)
        responses = [
            {"id": option["id"].name(), "text": option["text"].text()}
            for option in options.entries()
        ]
        if len(responses) != 2:
            raise options.wrong(N_("must be two: more is said by no answer of this kind"))
    else:
        field = given.options.get("prompt", "-")
        prompt = NO_PROMPT if field == "-" else messages_of(task[field])
        responses = [{"id": "text", "text": text.text()}]
    return {
        "id": f"prodigy-{named.name()}" if named.given else made_id("prodigy", text.text()),
        "language": language_of(given, task["language"]),
        "prompt": prompt,
        "responses": responses,
        "metadata": task["meta"].value if task["meta"].given else {},
    }


def _person(task: Place, given: Given) -> str:
    if "reviewer" in given.options:
        return given.options["reviewer"]
    for name in ("_annotator_id", "_session_id"):
        if task[name].given:
            return f"prodigy-{task[name].name()}"
    return "prodigy"


def _ranking(task: Place, item: dict[str, Any], given: Given) -> answers.Answer:
    left, right = (response["id"] for response in item["responses"])
    accepted = [entry.name() for entry in task["accept"].entries()]
    if sorted(accepted) == sorted([left, right]):
        said = answers.ballot([[left, right]])
    elif accepted in ([left], [right]):
        said = answers.preferred(accepted[0], right if accepted == [left] else left)
    else:
        raise task["accept"].wrong(N_("must name one of the options, or both"))
    return answers.only_ranking(said, given, task["accept"])


def _bias(task: Place, item: dict[str, Any], given: Given) -> answers.Answer:
    [response] = item["responses"]
    spans = list(task["spans"].entries()) if task["spans"].given else []
    found = [
        answers.flag(
            response,
            passage(response["text"], span["start"], span["end"], code_points),
            span["label"],
            given,
        )
        for span in spans
    ]
    if not spans and task["label"].given:
        found = [answers.flag(response, None, task["label"], given)]
    return answers.flags(found)


TOOL = Tool(
    name="prodigy",
    title="Prodigy",
    types=("bias", "ranking"),
    options=("language", "reviewer", "direction", "severity", "prompt"),
    without=N_("tokens, scores, patterns, relations and pictures"),
    make=make,
)
