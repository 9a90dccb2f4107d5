"""PRM800K of OpenAI: JSON lines of solutions whose steps people labelled -1, 0 or 1.

openai/prm800k@7ecc794 README: {labeler, question: {problem, ground_truth_answer,
pre_generated_steps, ...}, label: {steps: [{completions: [{text, rating, flagged}],
human_completion, chosen_completion}], finish_reason}}.

In a project of steps a solution is one item: its steps are those that the labeler went on from, and
the labels of these are the judgment, up to the first bad one where the project stops there. Where
labelling ended at a step without a choice, its first labelled candidate is the step. A step that
the labeler wrote is what the labeler held to be right, and counts as good. Candidates that were
not gone on from are counted. Labelers of the same steps judge one item.

In any other project a step becomes an item: its prompt is the problem and, as a turn of the
assistant, the steps chosen so far, and its responses are the steps that could come next. Steps are
known by what they say, so that several labelers of the same step judge one item.

- A rating keeps every label as it is, on one attribute whose scale holds -1 to 1.
- A ranking is made of steps with two candidates or more: those rated 1 before those rated 0 before
  those rated -1, alike where the label is. Where all are wrong it says that all are bad. Steps with
  one candidate compare nothing and are counted.

There that a step belongs to a solution is in `metadata` (the number of the step) and in the prompt
alone. Candidates without a label, and steps that a person wrote, are counted; such a step stays in
the prompt of those after it.

Marks of quality control and screening become tags. Not carried: times, which have no zone and are
of a whole solution; why labelling ended; flags; scores of a verifier.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import orjson

from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Made, Place, Tool, made_id
from workbench.messages import N_
from workbench.task_types.steps.config import BAD, GOOD, stops

_ALONE = N_("steps with one candidate, which compare nothing")
_UNRATED = N_("candidates without a label")
_WRITTEN = N_("steps that a person wrote")
_OTHERS = N_("candidates that the solution did not go on from")
_UNLABELLED = N_("solutions without a labelled step")

_TAGS = {
    "is_quality_control_question": "quality-control",
    "is_initial_screening_question": "screening",
}


def make(solution: Place, given: Given) -> Made:
    """One solution."""
    return _whole(solution, given) if given.type == "steps" else _step_by_step(solution, given)


def _whole(solution: Place, given: Given) -> Made:
    """The solution as one item, and its labels as one judgment."""
    made = Made()
    labelled: list[tuple[str, int]] = []
    for step in solution["label"]["steps"].entries():
        found = _gone_on_from(step, made)
        if found is None:
            break
        labelled.append(found)
        if not (step["chosen_completion"].given or step["human_completion"].given):
            break
    if not labelled:
        made.left.append(_UNLABELLED)
        return made
    steps, ratings = [text for text, _ in labelled], [rating for _, rating in labelled]
    item = _named({**_about(solution, given), "responses": [{"id": "a", "steps": steps}]})
    if stops(given.config) and BAD in ratings:
        ratings = ratings[: ratings.index(BAD) + 1]
    made.items.append(item)
    answer = {"ratings": ratings}
    made.judgments.append({"item": item["id"], "reviewer": _labeler(solution), "answer": answer})
    return made


def _gone_on_from(step: Place, made: Made) -> tuple[str, int] | None:
    """The step as the solution has it, with its label; None where it has none."""
    candidates = list(step["completions"].entries()) if step["completions"].given else []
    place = _chosen_place(step, candidates)
    if place is None and step["human_completion"].given:
        made.left += [_OTHERS] * len(candidates)
        return _written(step), GOOD
    if place is None:
        labelled = (i for i, each in enumerate(candidates) if each["rating"].given)
        place = next(labelled, None)
    if place is None or not candidates[place]["rating"].given:
        made.left += [_UNRATED] * len(candidates)
        return None
    made.left += [_OTHERS] * (len(candidates) - 1)
    return candidates[place]["text"].text(), _rating(candidates[place])


def _step_by_step(solution: Place, given: Given) -> Made:
    """Each step as an item of its own."""
    made = Made()
    before: list[str] = []
    for number, step in enumerate(solution["label"]["steps"].entries(), 1):
        rated = _rated(step, made)
        item = _item(solution, given, number, before, [text for text, _ in rated])
        answer = _answer(item, [rating for _, rating in rated], given, step, made)
        if answer is not None:
            made.items.append(item)
            judgment = {"item": item["id"], "reviewer": _labeler(solution), "answer": answer}
            made.judgments.append(judgment)
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
        found.append((candidate["text"].text(), _rating(candidate)))
    return found


def _rating(candidate: Place) -> int:
    rating = candidate["rating"].whole()
    if abs(rating) > 1:
        raise candidate["rating"].wrong(N_("must be -1, 0 or 1"))
    return rating


def _chosen(step: Place, made: Made) -> str | None:
    """The step that the solution went on from; None where it ended."""
    if step["human_completion"].given:
        made.left.append(_WRITTEN)
    candidates = list(step["completions"].entries()) if step["completions"].given else []
    place = _chosen_place(step, candidates)
    if place is not None:
        return candidates[place]["text"].text()
    return _written(step) if step["human_completion"].given else None


def _chosen_place(step: Place, candidates: list[Place]) -> int | None:
    """Which candidate the solution went on from; None where that was none."""
    if not step["chosen_completion"].given:
        return None
    number = step["chosen_completion"].whole()
    if not 0 <= number < len(candidates):
        raise step["chosen_completion"].wrong(N_("is the number of no candidate"))
    return number


def _written(step: Place) -> str:
    written = step["human_completion"]
    return written.text() if isinstance(written.value, str) else written["text"].text()


def _labeler(solution: Place) -> str:
    return f"prm800k-{solution['labeler'].name()}"


def _item(
    solution: Place, given: Given, number: int, before: list[str], texts: list[str]
) -> dict[str, Any]:
    item = _about(solution, given)
    if before:
        item["prompt"].append({"role": "assistant", "content": "\n".join(before)})
    item["responses"] = [{"id": str(i), "text": text} for i, text in enumerate(texts)]
    item["metadata"] = {"step": number} | item["metadata"]
    return _named(item)


def _about(solution: Place, given: Given) -> dict[str, Any]:
    """An item of the solution without its responses and its name."""
    question = solution["question"]
    answer = question["ground_truth_answer"]
    return {
        "language": given.options.get("language", "en"),
        "prompt": [{"role": "user", "content": question["problem"].text()}],
        "responses": [],
        "tags": [tag for name, tag in _TAGS.items() if solution[name].value is True],
        "metadata": {"target": answer.text()} if answer.given else {},
    }


def _named(item: dict[str, Any]) -> dict[str, Any]:
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
    types=("steps", "rating", "ranking"),
    options=("language", "question"),
    without=N_(
        "in a project of steps, candidates that a solution did not go on from; in others, solutions"
        " as a whole, whose steps become items by themselves; times, why labelling ended, flags,"
        " and scores of a verifier"
    ),
    make=make,
)
