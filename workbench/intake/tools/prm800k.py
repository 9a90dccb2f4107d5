"""PRM800K of OpenAI: JSON lines of solutions whose steps people labelled -1, 0 or 1.

openai/prm800k@7ecc794 README: {labeler, question: {problem, ground_truth_answer,
pre_generated_steps, ...}, label: {steps: [{completions: [{text, rating, flagged}],
human_completion, chosen_completion}], finish_reason}}. A step becomes an item: its prompt is the
problem and, as a turn of the assistant, the steps chosen so far, and its responses are the steps
that could come next. Steps are known by what they say, so that several labelers of the same step
judge one item.

- A rating keeps every label as it is, on one attribute whose scale holds -1 to 1.
- A ranking is made of steps with two candidates or more: those rated 1 before those rated 0 before
  those rated -1, alike where the label is. Where all are wrong it says that all are bad. Steps with
  one candidate compare nothing and are counted.

There is no type here that judges a solution step by step: that a step belongs to a solution is in
`metadata` (the number of the step) and in the prompt alone. Candidates without a label, and steps
that a person wrote, are counted; such a step stays in the prompt of those after it. Marks of
quality control and screening become tags. Not carried: times, which have no zone and are of a whole
solution; why labelling ended; flags; scores of a verifier.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import orjson

from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Made, Place, Tool, made_id
from workbench.messages import N_

_ALONE = N_("steps with one candidate, which compare nothing")
_UNRATED = N_("candidates without a label")
_WRITTEN = N_("steps that a person wrote")

_TAGS = {
    "is_quality_control_question": "quality-control",
    "is_initial_screening_question": "screening",
}


def make(solution: Place, given: Given) -> Made:
    """One solution."""
    made = Made()
    before: list[str] = []
    for number, step in enumerate(solution["label"]["steps"].entries(), 1):
        rated = _rated(step, made)
        item = _item(solution, given, number, before, [text for text, _ in rated])
        answer = _answer(item, [rating for _, rating in rated], given, step, made)
        if answer is not None:
            reviewer = f"prm800k-{solution['labeler'].name()}"
            made.items.append(item)
            made.judgments.append({"item": item["id"], "reviewer": reviewer, "answer": answer})
        chosen = _chosen(step, made)
        if chosen is None:
            break
        before.append(chosen)
    return made


def _rated(step: Place, made: Made) -> list[tuple[str, int]]:
    """(text, rating) of the candidates that have one. Null: there are none."""
    found = []
    for candidate in step["completions"].entries() if step["completions"].given else ():
        if not candidate["rating"].given:
            made.left.append(_UNRATED)
            continue
        rating = candidate["rating"].whole()
        if abs(rating) > 1:
            raise candidate["rating"].wrong(N_("must be -1, 0 or 1"))
        found.append((candidate["text"].text(), rating))
    return found


def _chosen(step: Place, made: Made) -> str | None:
    """The step that the solution went on from; None where it ended."""
    written = step["human_completion"]
    if written.given:
        made.left.append(_WRITTEN)
    if step["chosen_completion"].given:
        number = step["chosen_completion"].whole()
        candidates = list(step["completions"].entries())
        if not 0 <= number < len(candidates):
            raise step["chosen_completion"].wrong(N_("is the number of no candidate"))
        return candidates[number]["text"].text()
    if not written.given:
        return None
    return written.text() if isinstance(written.value, str) else written["text"].text()


def _item(
    solution: Place, given: Given, number: int, before: list[str], texts: list[str]
) -> dict[str, Any]:
    question = solution["question"]
    prompt = [{"role": "user", "content": question["problem"].text()}]
    if before:
        prompt.append({"role": "assistant", "content": "\n".join(before)})
    answer = question["ground_truth_answer"]
    item: dict[str, Any] = {
        "language": given.options.get("language", "en"),
        "prompt": prompt,
        "responses": [{"id": str(i), "text": text} for i, text in enumerate(texts)],
        "tags": [tag for name, tag in _TAGS.items() if solution[name].value is True],
        "metadata": {"step": number} | ({"target": answer.text()} if answer.given else {}),
    }
    return {"id": made_id("prm800k", orjson.dumps(item).decode()), **item}


def _answer(
    item: dict[str, Any], ratings: list[int], given: Given, step: Place, made: Made
) -> answers.Answer | None:
    ids = [response["id"] for response in item["responses"]]
    if given.type == "rating":
        attribute = _attribute(given, step)
        rated = dict(zip(ids, ratings, strict=True))
        return answers.rating({name: {attribute: rating} for name, rating in rated.items()})
    if len(ids) < 2:
        made.left += [_ALONE] * len(ids)
        return None
    if max(ratings) < 0:
        return answers.only_ranking(answers.ballot([], verdict="all_bad"), given, step)
    by_rating = sorted(zip(ratings, ids, strict=True), key=lambda pair: -pair[0])
    tiers = [[name for _, name in tier] for _, tier in groupby(by_rating, key=lambda p: p[0])]
    return answers.only_ranking(answers.ballot(tiers), given, step)


def _attribute(given: Given, step: Place) -> str:
    """The only attribute of the project, or the one that the person named."""
    attribute = answers.attribute_for(given.options.get("question", ""), given)
    if attribute is None:
        raise step.wrong(
            N_("answers one question, and this project asks several; say which: question=KEY")
        )
    return attribute


TOOL = Tool(
    name="prm800k",
    title="PRM800K",
    types=("rating", "ranking"),
    options=("language", "question"),
    without=N_(
        "solutions as a whole, whose steps become items by themselves; times, why labelling ended,"
        " flags, and scores of a verifier"
    ),
    make=make,
)
