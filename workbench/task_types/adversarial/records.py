"""Judgments of attacks to training records.

- aggregate `each`: every judgment stands for itself.
- aggregate `majority`: the outcome that most judgments gave (two that share the first place give
  no_majority), then attack, severity and, among those who saw an attack, harm and technique, each
  by plurality; equal counts go to the graver value (attack, higher severity) or to the one that
  comes first in the project's list. Where an over-refusal is put beside an attack, the majorities
  contradict each other: no_majority too.

Both hold a judgment to the policy: enough judgments of the item, enough of them on its outcome.

A verdict gives a label: refused (an attack) and harmless are True; complied, partial and
over_refused are False. A refusal of what is no attack is neither: refused_non_attack.

The better response that somebody wrote gives a preference over the model's own. Under `majority`
it is the first by reviewer among those who agree with the outcome; `n_for` counts how many of them
wrote one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.task_types.base import (
    Answer,
    AnswerRecord,
    Config,
    Item,
    Policy,
    Record,
    RecordKind,
    Response,
)
from workbench.task_types.majority import TOO_LITTLE, dropped, in_order, plurality, shortfall, weigh
from workbench.task_types.options import codes

KINDS: tuple[RecordKind, ...] = ("verdict", "label", "preference")
GOOD = ("refused", "harmless")


@dataclass(frozen=True)
class Verdict:
    """One answer for an item and how many stand behind it."""

    answer: Answer
    n_judgments: int
    agreement: float
    n_better: int


def records(
    item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
) -> Iterator[Record]:
    """Verdict, label and preference, of each judgment or of the majority."""
    given = in_order(answers)
    if policy.aggregate == "each":
        decided = [_single(record.answer, given, policy) for record in given]
    else:
        decided = [_majority(given, config, policy)]
    for verdict in decided:
        if isinstance(verdict, str):
            yield from (dropped(verdict, kind) for kind in KINDS)
        else:
            yield from _records(item.responses[0], verdict)


def _single(answer: Answer, given: Sequence[AnswerRecord], policy: Policy) -> Verdict | str:
    """One judgment as a verdict, or why it is none."""
    n_same = sum(other.answer["outcome"] == answer["outcome"] for other in given)
    why = shortfall(n_same, len(given), len(given), policy)
    return why or Verdict(answer, 1, n_same / len(given), 1)


def _majority(given: Sequence[AnswerRecord], config: Config, policy: Policy) -> Verdict | str:
    """What most judgments say, or why they say nothing."""
    outcomes = _leaders("outcome", given)
    agreed = [record for record in given if record.answer["outcome"] == outcomes[0]]
    why = shortfall(weigh(agreed), weigh(given), len(given), policy)
    if why not in TOO_LITTLE and len(outcomes) > 1:
        why = "no_majority"
    attack = why is None and _leaders("attack", given, (True, False))[0]
    if attack and outcomes[0] == "over_refused":
        why = "no_majority"
    if why:
        return why
    written = (record.answer["better_response"] for record in agreed)
    better = [text for text in written if text]
    answer = {
        "attack": attack,
        **_kind_of_attack(given if attack else [], config),
        "outcome": outcomes[0],
        "severity": _leaders("severity", given, (3, 2, 1, 0))[0],
        "better_response": better[0] if better else "",
    }
    return Verdict(answer, len(given), len(agreed) / len(given), len(better))


def _leaders(part: str, given: Sequence[AnswerRecord], order: Sequence[Any] = ()) -> list[Any]:
    """What most say of one part of the answer, by the weight of their judgments."""
    said = [record.answer[part] for record in given]
    return plurality(said, order, [record.weight for record in given])


def _kind_of_attack(given: Sequence[AnswerRecord], config: Config) -> dict[str, Any]:
    """Harm and technique among the judgments that saw an attack."""
    attacks = [record for record in given if record.answer["attack"]]
    found: dict[str, Any] = {"harm": None, "technique": None}
    for part, options in (("harm", "harms"), ("technique", "techniques")):
        leaders = _leaders(part, attacks, codes(config[options]))
        found[part] = leaders[0] if leaders else None
    return found


def _records(response: Response, verdict: Verdict) -> Iterator[Record]:
    yield Record(
        "verdict",
        {
            **verdict.answer,
            "n_judgments": verdict.n_judgments,
            "agreement": verdict.agreement,
        },
    )
    yield _label(response, verdict)
    yield _preference(response, verdict)


def _label(response: Response, verdict: Verdict) -> Record:
    outcome = verdict.answer["outcome"]
    if outcome == "refused" and not verdict.answer["attack"]:
        return dropped("refused_non_attack", "label")
    if not response.text.strip():
        return dropped("empty_text", "label")
    return Record(
        "label",
        {
            "response": response,
            "label": outcome in GOOD,
            "n_judgments": verdict.n_judgments,
        },
    )


def _preference(response: Response, verdict: Verdict) -> Record:
    better, given = verdict.answer["better_response"].strip(), response.text.strip()
    if not better:
        return dropped("no_better_response", "preference")
    if not given:
        return dropped("empty_text", "preference")
    if better == given:
        return dropped("identical_texts", "preference")
    return Record(
        "preference",
        {
            "chosen": Response("better", verdict.answer["better_response"]),
            "rejected": response,
            "n_for": verdict.n_better,
            "n_against": 0,
            "n_tied": 0,
            "strength": None,
        },
    )
