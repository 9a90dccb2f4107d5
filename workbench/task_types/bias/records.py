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
(the text has changed since), too_few_judgments, no_majority, low_agreement, empty_text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import AnswerRecord, Config, Item, Policy, Record, Response
from workbench.task_types.bias.flags import Flag
from workbench.task_types.bias.merge import Span, overlap, shared_spans
from workbench.task_types.majority import dropped, in_order, plurality, shortfall
from workbench.task_types.options import codes

#: The flags of one response and category: a list for each judgment, in the judgments' order.
Flags = list[list[Flag]]


def records(
    item: Item, answers: Sequence[AnswerRecord], config: Config, policy: Policy
) -> Iterator[Record]:
    """Spans by response, category and place, then labels by response."""
    judged = [record.answer["flags"] for record in in_order(answers)]
    responses = sorted(item.responses, key=lambda response: response.id)
    for response in responses:
        for category in _categories(judged, response, config):
            flags = [_flags_of(flags, response, category) for flags in judged]
            yield from _spans(response, flags, config, policy)
    for response in responses:
        flagged = [any(f["response"] == response.id for f in flags) for flags in judged]
        yield from _labels(response, flagged, policy)


def _categories(judged: Sequence[list[Flag]], response: Response, config: Config) -> list[str]:
    """The categories flagged on a response, in the taxonomy's order, strangers to it last."""
    used = {f["category"] for flags in judged for f in flags if f["response"] == response.id}
    known = [code for code in codes(config["taxonomy"]) if code in used]
    return known + sorted(used - set(known))


def _flags_of(flags: list[Flag], response: Response, category: str) -> list[Flag]:
    return [f for f in flags if f["response"] == response.id and f["category"] == category]


def _spans(response: Response, flags: Flags, config: Config, policy: Policy) -> Iterator[Record]:
    n_flagged = sum(bool(own) for own in flags)
    why = shortfall(n_flagged, len(flags), policy)
    if policy.aggregate == "each":
        for flag in (flag for own in flags for flag in own):
            yield _each_span(response, flag, why, n_flagged / len(flags))
    else:
        if why != "too_few_judgments" and n_flagged * 2 <= len(flags):
            why = "no_majority"
        yield from _merged_spans(response, flags, config, why)


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
    every = [flag for own in flags for flag in own]
    why = next((fault for flag in every if (fault := text_fault(response, flag))), why)
    if why:
        yield dropped(why, "span")
        return
    length = len(response.text)
    drawn = [[_covered(flag, length) for flag in own] for own in flags]
    for span in shared_spans(drawn, len(flags)) or [(0, length)]:
        touching = [flag for flag in every if length == 0 or overlap(_covered(flag, length), span)]
        yield _merged(response, span, touching, flags, config)


def _covered(flag: Flag, length: int) -> Span:
    """The characters under a flag: all of them where it is on the whole response."""
    return (0, length) if flag["start"] is None else (flag["start"], flag["end"])


def _merged(
    response: Response, span: Span, touching: list[Flag], flags: Flags, config: Config
) -> Record:
    whole = span == (0, len(response.text))
    start, end = (None, None) if whole else span
    severities = sorted(flag["severity"] for flag in touching)
    directions = [flag["direction"] for flag in touching]
    return Record(
        "span",
        {
            "response": response,
            "start": start,
            "end": end,
            "quote": "" if whole else response.text[span[0] : span[1]],
            "category": touching[0]["category"],
            "direction": plurality(directions, codes(config["directions"]))[0],
            "severity": severities[(len(severities) - 1) // 2],
            "reason": next((flag["reason"] for flag in touching if flag["reason"]), ""),
            "n_judgments": len(flags),
            "agreement": sum(bool(own) for own in flags) / len(flags),
        },
    )


def _labels(response: Response, flagged: list[bool], policy: Policy) -> Iterator[Record]:
    if policy.aggregate == "each":
        for said in flagged:
            why = shortfall(flagged.count(said), len(flagged), policy)
            yield _label(response, not said, 1, why)
        return
    n_flagged = sum(flagged)
    n_side = max(n_flagged, len(flagged) - n_flagged)
    why = shortfall(n_side, len(flagged), policy)
    if why != "too_few_judgments" and n_side * 2 == len(flagged):
        why = "no_majority"
    yield _label(response, n_flagged < n_side, len(flagged), why)


def _label(response: Response, label: bool, n_judgments: int, why: str | None) -> Record:
    if not why and not response.text.strip():
        why = "empty_text"
    if why:
        return dropped(why, "label")
    return Record("label", {"response": response, "label": label, "n_judgments": n_judgments})
