"""Flags to training records. Every judgment of an item speaks of all its responses.

Spans:

- aggregate `each`: one record a flag and judgment.
- aggregate `majority`: what more than half of the judgments flagged, response by response and
  category by category, on the passage that more than half of them drew (see `merge`; a flag of the
  whole response covers every character). Where they agree on the category but on no character, or
  on every character, the record is of the whole response. Direction is the most frequent and
  severity the lower median among the flags that touch the passage; the reason is the first one
  given, by reviewer.

Labels, one a response: True when not flagged, False when flagged, by more than half.

`agreement` is the share of the judgments that flagged that response with that category. The
policy's thresholds apply to it in both modes. What becomes no record is counted: offset_mismatch
(the text has changed since), too_few_judgments, no_weight, no_majority, low_agreement, empty_text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from workbench.task_types.base import AnswerRecord, Config, Item, Policy, Record, Response
from workbench.task_types.bias.flags import Flag
from workbench.task_types.bias.merge import Span, overlap, shared_spans
from workbench.task_types.majority import TOO_LITTLE, dropped, in_order, plurality, shortfall
from workbench.task_types.options import codes


class Own(NamedTuple):
    """The flags of one judgment, and what it counts for."""

    flags: list[Flag]
    weight: int


#: The flags of one response and category, of each judgment in the judgments' order.
Flags = list[Own]


def records(
    item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
) -> Iterator[Record]:
    """Spans by response, category and place, then labels by response."""
    judged = [Own(record.answer["flags"], record.weight) for record in in_order(answers)]
    responses = sorted(item.responses, key=lambda response: response.id)
    for response in responses:
        for category in _categories(judged, response, config):
            flags = [_flags_of(own, response, category) for own in judged]
            yield from _spans(response, flags, config, policy)
    for response in responses:
        flagged = [any(f["response"] == response.id for f in own.flags) for own in judged]
        yield from _labels(response, flagged, [own.weight for own in judged], policy)


def _categories(judged: Flags, response: Response, config: Config) -> list[str]:
    """The categories flagged on a response, in the taxonomy's order, strangers to it last."""
    used = {f["category"] for own in judged for f in own.flags if f["response"] == response.id}
    known = [code for code in codes(config["taxonomy"]) if code in used]
    return known + sorted(used - set(known))


def _flags_of(own: Own, response: Response, category: str) -> Own:
    about = [f for f in own.flags if f["response"] == response.id and f["category"] == category]
    return own._replace(flags=about)


def _spans(response: Response, flags: Flags, config: Config, policy: Policy) -> Iterator[Record]:
    flagged = sum(own.weight for own in flags if own.flags)
    total = sum(own.weight for own in flags)
    why = shortfall(flagged, total, len(flags), policy)
    if policy.aggregate == "each":
        for flag in (flag for own in flags for flag in own.flags):
            yield _each_span(response, flag, why, _agreement(flags))
    else:
        if why not in TOO_LITTLE and flagged * 2 <= total:
            why = "no_majority"
        yield from _merged_spans(response, flags, config, why)


def _agreement(flags: Flags) -> float:
    """The share of the judgments that flagged, whatever they weigh."""
    return sum(bool(own.flags) for own in flags) / len(flags)


def _each_span(response: Response, flag: Flag, why: str | None, agreement: float) -> Record:
    why = why or text_fault(response, flag)
    if why:
        return dropped(why, "span")
    stored = {key: flag[key] for key in flag if key != "response"}
    return Record(
        "span", {"response": response, **stored, "n_judgments": 1, "agreement": agreement}
    )


def text_fault(response: Response, flag: Flag) -> str | None:
    """Why a flag does not fit the response's text; None when it does."""
    if flag["start"] is not None and flag["quote"] != response.text[flag["start"] : flag["end"]]:
        return "offset_mismatch"
    return None


def _merged_spans(
    response: Response, flags: Flags, config: Config, why: str | None
) -> Iterator[Record]:
    every = [(flag, own.weight) for own in flags for flag in own.flags]
    why = next((fault for flag, _ in every if (fault := text_fault(response, flag))), why)
    if why:
        yield dropped(why, "span")
        return
    length = len(response.text)
    drawn = [[_covered(flag, length) for flag in own.flags] for own in flags]
    for span in shared_spans(drawn, [own.weight for own in flags]) or [(0, length)]:
        touching = [
            (flag, weight)
            for flag, weight in every
            if length == 0 or overlap(_covered(flag, length), span)
        ]
        yield _merged(response, span, touching, flags, config)


def _covered(flag: Flag, length: int) -> Span:
    """The characters under a flag: all of them where it is on the whole response."""
    return (0, length) if flag["start"] is None else (flag["start"], flag["end"])


def _merged(
    response: Response,
    span: Span,
    touching: list[tuple[Flag, int]],
    flags: Flags,
    config: Config,
) -> Record:
    whole = span == (0, len(response.text))
    start, end = (None, None) if whole else span
    directions = [flag["direction"] for flag, _ in touching]
    weights = [weight for _, weight in touching]
    return Record(
        "span",
        {
            "response": response,
            "start": start,
            "end": end,
            "quote": "" if whole else response.text[span[0] : span[1]],
            "category": touching[0][0]["category"],
            "direction": plurality(directions, codes(config["directions"]), weights)[0],
            "severity": _lower_median([(flag["severity"], weight) for flag, weight in touching]),
            "reason": next((flag["reason"] for flag, _ in touching if flag["reason"]), ""),
            "n_judgments": len(flags),
            "agreement": _agreement(flags),
        },
    )


def _lower_median(values: list[tuple[int, int]]) -> int:
    """The least of the (value, weight) that half of the weight does not exceed."""
    ordered = sorted(values)
    reached = accumulate(weight for _, weight in ordered)
    total = sum(weight for _, weight in ordered)
    return next(
        value for (value, _), sum_ in zip(ordered, reached, strict=True) if 2 * sum_ >= total
    )


def _labels(
    response: Response, flagged: list[bool], weights: list[int], policy: Policy
) -> Iterator[Record]:
    if policy.aggregate == "each":
        for said in flagged:
            n_same = flagged.count(said)
            why = shortfall(n_same, len(flagged), len(flagged), policy)
            yield _label(response, not said, 1, why)
        return
    against = sum(weight for said, weight in zip(flagged, weights, strict=True) if said)
    total = sum(weights)
    side = max(against, total - against)
    why = shortfall(side, total, len(flagged), policy)
    if why not in TOO_LITTLE and side * 2 == total:
        why = "no_majority"
    yield _label(response, against < side, len(flagged), why)


def _label(response: Response, label: bool, n_judgments: int, why: str | None) -> Record:
    if not why and not response.text.strip():
        why = "empty_text"
    if why:
        return dropped(why, "label")
    return Record("label", {"response": response, "label": label, "n_judgments": n_judgments})
