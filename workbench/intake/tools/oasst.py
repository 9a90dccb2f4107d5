"""OpenAssistant: trees of messages, one a line.

LAION-AI/Open-Assistant `oasst-data/oasst_data/schemas.py`: {message_tree_id, prompt: {message_id,
text, role, lang, rank, deleted, synthetic, model_name, replies: [...]}}. Every message of a
prompter with two or more ranked replies becomes an item, with the turns up to it as its prompt, and
a ranking by `rank`, 0 being the best. That rank is one order made of those of several people: a
single pseudonym, oasst or the one that is given, stands for them. Left out and counted: deleted
messages and all below them, and replies without a rank where others have one. Not carried:
labels, emojis, review results, dates, users.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Made, Place, Tool, language_of
from workbench.messages import N_

_DELETED = N_("deleted messages")
_UNRANKED = N_("replies without a rank")

_ROLES = {"prompter": "user", "assistant": "assistant"}


def make(tree: Place, given: Given) -> Made:
    """One tree."""
    made = Made()
    waiting: list[tuple[Place, list[dict[str, str]]]] = [(tree["prompt"], [])]
    while waiting:
        message, before = waiting.pop()
        role = _ROLES[message["role"].one_of(_ROLES)]
        turns = [*before, {"role": role, "content": message["text"].text()}]
        replies = list(_replies(message, made))
        if role == "user":
            _rank(message, turns, replies, given, made)
        waiting += [(reply, turns) for reply in reversed(replies)]
    return made


def _replies(message: Place, made: Made) -> Iterator[Place]:
    for reply in message["replies"].entries() if message["replies"].given else ():
        if reply["deleted"].value is True:
            made.left.append(_DELETED)
        else:
            yield reply


def _rank(
    message: Place, turns: list[dict[str, str]], replies: list[Place], given: Given, made: Made
) -> None:
    """Add the item and the judgment of the replies to one message, if they are ranked."""
    ranked = sorted(
        ((reply["rank"].whole(), reply) for reply in replies if reply["rank"].given),
        key=lambda pair: pair[0],
    )
    if len(ranked) < 2:
        return
    made.left += [_UNRANKED] * (len(replies) - len(ranked))
    item_id = f"oasst-{message['message_id'].name()}"
    made.items.append(
        {
            "id": item_id,
            "language": language_of(given, message["lang"]),
            "prompt": turns,
            "responses": [_response(reply) for _, reply in ranked],
        }
    )
    tiers = [
        [reply["message_id"].name() for _, reply in tier]
        for _, tier in groupby(ranked, key=lambda pair: pair[0])
    ]
    made.judgments.append(
        {
            "item": item_id,
            "reviewer": given.options.get("reviewer", "oasst"),
            "answer": answers.only_ranking(answers.ballot(tiers), given, message),
        }
    )


def _response(reply: Place) -> dict[str, Any]:
    model = reply["model_name"]
    return {
        "id": reply["message_id"].name(),
        "text": reply["text"].text(),
        "model": model.text() if model.given else "",
    }


TOOL = Tool(
    name="oasst",
    title="OpenAssistant",
    types=("ranking",),
    options=("language", "reviewer"),
    without=N_("labels, emojis, review results, dates and users"),
    make=make,
)
