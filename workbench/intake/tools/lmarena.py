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

An item is two answers to a question, and its id is the question's. Where that id has had two others
in the file (MT-Bench asks all models the same questions, and our own export makes several battles
of an item of several responses), the battle is of an item of its own: the first pair keeps the id,
every other has a hash of itself behind it, whichever of the two stood first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from typing import Any

from workbench.intake.tools import answers
from workbench.intake.tools.base import Given, Made, Place, Tool, made_id, turn
from workbench.intake.tools.tongues import named_language
from workbench.messages import N_

_PARTED = N_("battles whose conversations part before their last answer")

_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:]+", re.IGNORECASE)
WINNERS = ("model_a", "model_b", "tie", "tie (bothbad)", "both_bad")
SIDES = ("model_a", "model_b")


def make(battle: Place, given: Given) -> Made:
    """One battle."""
    name = battle["question_id"] if battle["question_id"].given else battle["id"]
    item_id = f"lmarena-{name.name()}"
    *prompt_a, last_a = _conversation(battle["conversation_a"])
    *prompt_b, last_b = _conversation(battle["conversation_b"])
    if prompt_a != prompt_b:
        return Made(left=[_PARTED])
    judgment = {"reviewer": _judge(battle["judge"], given)}
    if battle["tstamp"].given:
        judgment["at"] = _time(battle["tstamp"])
    read = _Battle(
        given,
        battle["winner"],
        {"language": named_language(given, battle["language"]), "prompt": prompt_a},
        [
            {"model": battle[side].text(), "text": last["content"]}
            for side, last in zip(SIDES, (last_a, last_b), strict=True)
        ],
        judgment,
    )
    made = read.on(item_id, SIDES)
    made.otherwise = read.otherwise(item_id)
    return made


@dataclass(frozen=True, slots=True)
class _Battle:
    """What a battle says, whatever the ids of its item and of its two responses are."""

    given: Given
    winner: Place
    item: dict[str, Any]
    #: Model and text, of what stood first and of what stood second.
    fighters: list[dict[str, str]]
    judgment: dict[str, Any]

    def on(self, item_id: str, ids: Sequence[str]) -> Made:
        """The battle on this item, whose responses are the fighters by these ids."""
        responses = [{"id": i, **each} for i, each in zip(ids, self.fighters, strict=True)]
        said = _ranking(self.winner.one_of(WINNERS), ids)
        answer = answers.only_ranking(said, self.given, self.winner)
        return Made(
            [{"id": item_id, **self.item, "responses": sorted(responses, key=itemgetter("id"))}],
            [{"item": item_id, **self.judgment, "answer": answer, "shown": list(ids)}],
        )

    def otherwise(self, item_id: str) -> Iterator[Made]:
        """On the same item, where the two stood the other way round; on an item of their own."""
        yield self.on(item_id, SIDES[::-1])
        fighters = [(each["model"], each["text"]) for each in self.fighters]
        ordered = sorted(fighters)
        own = made_id(item_id, str(self.item["prompt"]), *chain.from_iterable(ordered))
        yield self.on(own, SIDES if fighters == ordered else SIDES[::-1])


def _ranking(winner: str, ids: Sequence[str]) -> answers.Answer:
    """What a winner says, by the ids of the two responses."""
    a, b = ids
    tiers = {"model_a": [[a], [b]], "model_b": [[b], [a]], "tie": [sorted(ids)]}.get(winner, [])
    return answers.ballot(tiers, verdict=None if tiers else "all_bad")


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
