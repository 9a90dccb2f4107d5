"""Conversations as LLaMA-Factory's "sharegpt" formatting has them, and its rules for them.

Its reader (hiyouga/LLaMA-Factory, src/llamafactory/data/converter.py, SharegptDatasetConverter)
leaves a row out with no more than a warning where human and gpt do not take turns or where their
number is wrong; and it trains on the last message of the prompt where `chosen` is a list. What it
would do that with is refused here. The system prompt has a column of its own, since the reader
takes one in the conversation for a turn of nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from workbench.export.formats.base import Companion
from workbench.export.formats.conversation import Messages

Turns = list[dict[str, str]]

#: Who may speak at even and at odd places.
ASKING, ANSWERING = ("human", "observation"), ("gpt", "function_call")
_TAGS = {"user": "human", "tool": "observation", "assistant": "gpt"}


def turns(messages: Messages) -> tuple[str, Turns]:
    """(system prompt or "", the other messages as turns)."""
    if messages and messages[0]["role"] == "system":
        return messages[0]["content"], [tagged(message) for message in messages[1:]]
    return "", [tagged(message) for message in messages]


def tagged(message: Mapping[str, str]) -> dict[str, str]:
    """One message as a turn; a role without a tag keeps its name, and is refused."""
    role = message["role"]
    return {"from": _TAGS.get(role, role), "value": message["content"]}


def single(messages: Messages) -> dict[str, str] | Turns:
    """A response as the one turn that it has to be; one of several stays a list, for the check."""
    answers = [tagged(message) for message in messages]
    return answers[0] if len(answers) == 1 else answers


def check_turns(conversation: Any) -> str | None:
    """Code of what is wrong with the turns of a conversation of any length, or None."""
    if not isinstance(conversation, list) or not all(is_turn(turn) for turn in conversation):
        return "not_a_conversation"
    if any(turn["from"] not in ASKING + ANSWERING for turn in conversation):
        return "unknown_role"
    for n, turn in enumerate(conversation):
        if turn["from"] not in (ANSWERING if n % 2 else ASKING):
            return "roles_not_alternating"
    return None


def check_asked(conversation: Any) -> str | None:
    """Code of what is wrong with what stands before a response, or None."""
    wrong = check_turns(conversation)
    if wrong:
        return wrong
    if not conversation or not conversation[-1]["value"].strip():
        return "empty_prompt"
    return None if len(conversation) % 2 else "prompt_not_ending_in_user"


def check_answer(turn: Any) -> str | None:
    """Code of what is wrong with a response, or None."""
    if isinstance(turn, list):
        return "several_messages"
    if not is_turn(turn):
        return "not_a_conversation"
    if turn["from"] != "gpt":
        return "not_an_answer_of_assistant"
    return None if turn["value"].strip() else "empty_text"


def is_turn(value: Any) -> bool:
    """Whether it is {"from": str, "value": str} and nothing else."""
    return (
        isinstance(value, dict)
        and value.keys() == {"from", "value"}
        and all(isinstance(part, str) for part in value.values())
    )


def listed(**description: Any) -> Companion:
    """The file that LLaMA-Factory finds its data sets in, with such an entry for each."""

    def entry(name: str) -> tuple[str, dict[str, Any]]:
        return PurePath(name).stem, {"file_name": name, "formatting": "sharegpt", **description}

    return Companion("dataset_info.json", entry)
