r"""Anthropic HH: pairs of transcripts, {chosen, rejected}, as JSON lines.

https://github.com/anthropics/hh-rlhf. A transcript is "\n\nHuman: ...\n\nAssistant: ..."
The common turns are the prompt, the two last answers its responses, whose ids a and b do not say
which was chosen. An item's id is a hash of its transcripts, so that the same pair is the same item.
Nobody knows who chose: one pseudonym, hh-rlhf or the one that is given, stands for all of them.
Left out and counted: pairs that part before the last answer, and pairs of equal transcripts.
"""

from __future__ import annotations

import re

from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Made, Place, Tool, language_of, made_id
from workbench.messages import N_

_PARTED = N_("pairs whose transcripts part before their last answer")
_EQUAL = N_("pairs of equal transcripts")

_TURN = re.compile(r"\n\n(Human|Assistant):")
_ROLES = {"Human": "user", "Assistant": "assistant"}


def make(pair: Place, given: Given) -> Made:
    """One pair."""
    chosen, rejected = _turns(pair["chosen"]), _turns(pair["rejected"])
    if chosen == rejected:
        return Made(left=[_EQUAL])
    if chosen[:-1] != rejected[:-1]:
        return Made(left=[_PARTED])
    best, other = chosen[-1]["content"], rejected[-1]["content"]
    ids = dict(zip(sorted([best, other]), "ab", strict=True))
    item = {
        "id": made_id("hh-rlhf", *sorted(pair[side].text() for side in ("chosen", "rejected"))),
        "language": language_of(given, pair["language"]),
        "prompt": chosen[:-1],
        "responses": [{"id": response, "text": text} for text, response in ids.items()],
    }
    judgment = {
        "item": item["id"],
        "reviewer": given.options.get("reviewer", "hh-rlhf"),
        "answer": answers.only_ranking(answers.preferred(ids[best], ids[other]), given, pair),
    }
    return Made(items=[item], judgments=[judgment])


def _turns(transcript: Place) -> list[dict[str, str]]:
    """The turns of a transcript, of which at least a message and its answer. Raises Invalid."""
    before, *parts = _TURN.split(transcript.text())
    turns = [
        {"role": _ROLES[speaker], "content": text.removeprefix(" ")}
        for speaker, text in zip(parts[::2], parts[1::2], strict=True)
    ]
    if before.strip() or len(turns) < 2 or turns[-1]["role"] != "assistant":
        raise transcript.wrong(
            N_("must be turns of Human: and Assistant:, and end with the latter")
        )
    return turns


TOOL = Tool(
    name="hh-rlhf",
    title="Anthropic HH",
    types=("ranking",),
    options=("language", "reviewer"),
    without=N_("who chose, which it does not say"),
    make=make,
)
