"""HelpSteer2 and HelpSteer3 of NVIDIA, as JSON lines.

Cards of nvidia/HelpSteer2 and nvidia/HelpSteer3. Read are, told apart by their fields:

- HelpSteer2 {prompt, response, helpfulness, correctness, ...}: a response rated on the attributes
  that the project has under the same keys. Turns in a prompt stand after "<extra_id_1>".
- HelpSteer2 preference {prompt, response_1, response_2, preference_strength}: a ranking; below 0
  the first response is better, 0 is a tie, the amount is the strength.
- HelpSteer3 {context, response1, response2, individual_preference: [{score, reasoning, ...}]}: a
  ranking by each person, helpsteer-1 and so on within a record.

The first two are one value made of several people's: one pseudonym, helpsteer or the one that is
given, stands for them. An id is a hash of the texts. Not carried: the overall preference of
HelpSteer3, feedback on single responses, statements, ratings on other attributes (counted).
"""

from __future__ import annotations

import re
from typing import Any

from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Made, Place, Tool, made_id, messages_of
from workbench.intake.tools.tongues import named_language
from workbench.messages import N_

_OTHER = N_("ratings on attributes that are not asked here")
_TURN = re.compile(r"\n?<extra_id_1>(User|Assistant)\n")
_ROLES = {"User": "user", "Assistant": "assistant"}

ATTRIBUTES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")


def make(record: Place, given: Given) -> Made:
    """One row."""
    if given.type == "rating":
        return _rated(record, given)
    if record["individual_preference"].given:
        return _by_each(record, given)
    item = _item(record, ("response_1", "response_2"), given)
    answer = _preference(record["preference_strength"], item, given)
    return Made([item], [_judgment(item, answer, given)])


def _judgment(
    item: dict[str, Any], answer: answers.Answer | None, given: Given, name: str = "helpsteer"
) -> dict[str, Any]:
    reviewer = given.options.get("reviewer", name)
    return {"item": item["id"], "reviewer": reviewer, "answer": answer}


def _item(record: Place, names: tuple[str, ...], given: Given) -> dict[str, Any]:
    context = record["context"]
    prompt = messages_of(context) if context.given else _prompt(record["prompt"])
    texts = [record[name].text() for name in names]
    domain = record["domain"]
    return {
        "id": made_id("helpsteer", str(prompt), *texts),
        "language": named_language(given, record["language"]),
        "prompt": prompt,
        "responses": [{"id": name, "text": text} for name, text in zip(names, texts, strict=True)],
        "tags": [domain.text()] if domain.given else [],
    }


def _prompt(prompt: Place) -> list[dict[str, str]]:
    first, *parts = _TURN.split(prompt.text())
    turns = [{"role": "user", "content": first}]
    for speaker, text in zip(parts[::2], parts[1::2], strict=True):
        turns.append({"role": _ROLES[speaker], "content": text})
    return turns


def _rated(record: Place, given: Given) -> Made:
    item = _item(record, ("response",), given)
    asked = [attribute["key"] for attribute in given.config["attributes"]]
    ratings = {key: record[key].whole() for key in asked}
    left = [_OTHER for key in ATTRIBUTES if key not in asked and record[key].given]
    answer = answers.rating({"response": ratings})
    return Made([item], [_judgment(item, answer, given)], left)


def _by_each(record: Place, given: Given) -> Made:
    item = _item(record, ("response1", "response2"), given)
    said = [
        _preference(each["score"], item, given, each["reasoning"])
        for each in record["individual_preference"].entries()
    ]
    judgments = [
        _judgment(item, answer, given, f"helpsteer-{i}") for i, answer in enumerate(said, 1)
    ]
    return Made([item], judgments)


def _preference(
    score: Place, item: dict[str, Any], given: Given, reasoning: Place | None = None
) -> answers.Answer | None:
    first, second = (response["id"] for response in item["responses"])
    amount = score.whole()
    if abs(amount) > 3:
        raise score.wrong(N_("must be a whole number from -3 to 3"))
    reason = reasoning.text() if reasoning is not None and reasoning.given else ""
    best, other = (first, second) if amount < 0 else (second, first)
    said = (
        answers.preferred(best, other, strength=abs(amount), reason=reason)
        if amount
        else answers.ballot([[first, second]], reason=reason)
    )
    return answers.only_ranking(said, given, score)


TOOL = Tool(
    name="helpsteer",
    title="HelpSteer",
    types=("rating", "ranking"),
    options=("language", "reviewer"),
    without=N_("feedback on single responses, statements, and preferences over all people"),
    make=make,
)
