"""Rewrites to training records: a preference for the edited text, and a completion.

- aggregate `each`: every judgment stands for itself. An edited text is chosen over its original and
  is a completion; a response that is good as it is is a completion alone.
- aggregate `majority`: the verdict that more than half of the judgments gave, else no_majority.
  Where that is `edited`, one of the edited texts stands for all: the one with the smallest sum of
  distances to the others (their medoid: what most of them come close to, so that one reviewer's
  fancy is not what is learnt), then the one nearest to the original, then the first by reviewer.

Judgments that say "cannot judge" decide nothing and count for nothing. The policy's thresholds
apply to the others in both modes. `n_for` counts those who edited, `n_against` those who found the
original good as it is; who found it beyond repair takes neither side.

Both sides of a preference have LF for every line end, as the edited text has, so that a trainer
learns nothing from that. Sides that differ in outer blanks alone are identical_texts: chat
templates trim.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from workbench.task_types.base import (
    Answer,
    AnswerRecord,
    Item,
    Policy,
    Record,
    RecordKind,
    Response,
)
from workbench.task_types.majority import dropped, in_order, plurality, shortfall
from workbench.task_types.rewrite.answer import original_of
from workbench.task_types.rewrite.difference import distance

KINDS: tuple[RecordKind, ...] = ("preference", "completion")


def records(item: Item, answers: Sequence[AnswerRecord], policy: Policy) -> Iterator[Record]:
    """A preference and a completion, of each judgment or of the majority, or why there is none."""
    given = [record.answer for record in in_order(answers)]
    deciding = [answer for answer in given if answer["verdict"] != "cannot_judge"]
    if policy.aggregate == "each":
        for answer in given:
            yield from _single(item, answer, deciding, policy)
    else:
        yield from _majority(item, given, deciding, policy)


def _none(why: str) -> Iterator[Record]:
    yield from (dropped(why, kind) for kind in KINDS)


def _single(
    item: Item, answer: Answer, deciding: Sequence[Answer], policy: Policy
) -> Iterator[Record]:
    if answer["verdict"] == "cannot_judge":
        return _none("cannot_judge")
    n_same = _count(deciding, answer["verdict"])
    why = shortfall(n_same, len(deciding), len(deciding), policy)
    return _none(why) if why else _records(item, answer, [answer], n_same / len(deciding))


def _majority(
    item: Item, given: Sequence[Answer], deciding: Sequence[Answer], policy: Policy
) -> Iterator[Record]:
    if given and not deciding:
        return _none("cannot_judge")
    verdicts = [answer["verdict"] for answer in deciding]
    leader = next(iter(plurality(verdicts)), "")
    n_side = verdicts.count(leader)
    why = shortfall(n_side, len(deciding), len(deciding), policy)
    if why != "too_few_judgments" and n_side * 2 <= len(deciding):
        why = "no_majority"
    if why:
        return _none(why)
    agreed = [answer for answer in deciding if answer["verdict"] == leader]
    return _records(item, medoid(agreed), deciding, n_side / len(deciding))


def medoid(edits: Sequence[Answer]) -> Answer:
    """The answer whose text is nearest to the texts of all; see the module on equal ones."""
    texts = [answer["text"] for answer in edits]
    between = {frozenset(pair): distance(*pair) for pair in combinations(set(texts), 2)}

    def away(answer: Answer) -> tuple[int, int]:
        total = sum(between.get(frozenset((answer["text"], text)), 0) for text in texts)
        return total, answer["distance"] or 0

    return min(edits, key=away)


def _count(answers: Sequence[Answer], verdict: str) -> int:
    return sum(answer["verdict"] == verdict for answer in answers)


def _records(
    item: Item, answer: Answer, speaking: Sequence[Answer], agreement: float
) -> Iterator[Record]:
    """What one answer trains; `speaking` are the judgments that it stands for or against."""
    if answer["verdict"] == "beyond_repair":
        yield from _none("beyond_repair")
        return
    original = item.responses[0]
    edited = answer["verdict"] == "edited"
    kept = Response("edited", answer["text"]) if edited else original
    if edited:
        yield _preference(kept, replace(original, text=original_of(item)), speaking)
    else:
        yield dropped("good_as_is", "preference")
    if not kept.text.strip():
        yield dropped("empty_text", "completion")
        return
    yield Record(
        "completion",
        {
            "response": kept,
            "draft": original if edited else None,
            "n_judgments": len(speaking),
            "agreement": agreement,
        },
    )


def _preference(edited: Response, original: Response, speaking: Sequence[Answer]) -> Record:
    if not original.text.strip():
        return dropped("empty_text", "preference")
    if edited.text.strip() == original.text.strip():
        return dropped("identical_texts", "preference")
    return Record(
        "preference",
        {
            "chosen": edited,
            "rejected": original,
            "n_for": _count(speaking, "edited"),
            "n_against": _count(speaking, "good_as_is"),
            "n_tied": 0,
            "strength": None,
        },
    )
