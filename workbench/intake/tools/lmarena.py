"""LMArena (Chatbot Arena): battles, as one JSON array or JSON lines.

lm-sys/FastChat `fastchat/serve/monitor/clean_battle_data.py` and the card of
lmsys/chatbot_arena_conversations: {question_id, model_a, model_b, winner, judge, conversation_a,
conversation_b, turn, anony, language, tstamp}; also the shape of arena-human-preference-140k, whose
messages are lists of parts and whose id is `id`.

A battle is a ranking of the last answers to one and the same conversation. Where the conversations
part before their last answer, as most of several turns do, each answer had another prompt: such a
battle is left out and counted. "tie (bothbad)" and "both_bad" say that all are bad. `judge` becomes
the pseudonym lmarena-JUDGE. A judge that is the address of a computer is refused. Not carried:
tags, moderation, whether the battle was anonymous, pictures (a battle with one is wrong).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Made, Place, Tool, turn
from workbench.intake.tools.tongues import named_language
from workbench.messages import N_

_PARTED = N_("battles whose conversations part before their last answer")

_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:]+", re.IGNORECASE)
WINNERS = {
    "model_a": answers.preferred("model_a", "model_b"),
    "model_b": answers.preferred("model_b", "model_a"),
    "tie": answers.ballot([["model_a", "model_b"]]),
    "tie (bothbad)": answers.ballot([], verdict="all_bad"),
    "both_bad": answers.ballot([], verdict="all_bad"),
}


def make(battle: Place, given: Given) -> Made:
    """One battle."""
    name = battle["question_id"] if battle["question_id"].given else battle["id"]
    item_id = f"lmarena-{name.name()}"
    *prompt_a, last_a = _conversation(battle["conversation_a"])
    *prompt_b, last_b = _conversation(battle["conversation_b"])
    if prompt_a != prompt_b:
        return Made(left=[_PARTED])
    item = {
        "id": item_id,
        "language": named_language(given, battle["language"]),
        "prompt": prompt_a,
        "responses": [
            {
                "id": f"model_{side}",
                "model": battle[f"model_{side}"].text(),
                "text": last["content"],
            }
            for side, last in (("a", last_a), ("b", last_b))
        ],
    }
    said = WINNERS[battle["winner"].one_of(WINNERS)]
    judgment = {
        "item": item_id,
        "reviewer": _judge(battle["judge"], given),
        "answer": answers.only_ranking(said, given, battle["winner"]),
        "shown": ["model_a", "model_b"],
    }
    if battle["tstamp"].given:
        judgment["at"] = _time(battle["tstamp"])
    return Made(items=[item], judgments=[judgment])


def _conversation(place: Place) -> list[dict[str, str]]:
    turns = [turn(message) for message in place.entries()]
    if len(turns) < 2 or turns[-1]["role"] != "assistant":
        raise place.wrong(N_("must end with an answer to a message"))
    return turns


def _judge(judge: Place, given: Given) -> str:
    if "reviewer" in given.options:
        return given.options["reviewer"]
    name = judge.name()
    if _ADDRESS.search(name):
        raise judge.wrong(
            N_("holds the address of a computer: clean it with --sanitize-ip, or say reviewer=NAME")
        )
    return f"lmarena-{name}"


def _time(place: Place) -> str:
    """Seconds since 1970 as a time."""
    value: Any = place.value
    if type(value) in (int, float):
        try:
            return datetime.fromtimestamp(value, UTC).isoformat()
        except (OverflowError, ValueError, OSError):
            pass
    raise place.wrong(N_("must be a time in seconds since 1970"))


TOOL = Tool(
    name="lmarena",
    title="LMArena",
    types=("ranking",),
    options=("language", "reviewer"),
    without=N_("tags, moderation, and whether a battle was anonymous"),
    make=make,
)
