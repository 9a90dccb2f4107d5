"""Messages as chat templates want them, and what makes a template or a trainer go wrong in silence.

Chat templates render whatever they get: a prompt that ends with the assistant makes the trainer
score a second assistant turn; two user turns in a row are merged by some templates and refused by
others in the middle of a run.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from workbench.task_types.base import Item, Response, Turn

Messages = list[dict[str, str]]

#: Role to the roles that may follow it; None stands before the first message.
FOLLOWERS: dict[str | None, tuple[str, ...]] = {
    None: ("system", "user", "assistant"),
    "system": ("user", "assistant"),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("tool", "assistant", "user"),
}


def messages(turns: Iterable[Turn]) -> Messages:
    """A prompt, or what completes it, as chat messages."""
    return [{"role": turn.role, "content": turn.content} for turn in turns]


def pair(item: Item, chosen: Response, rejected: Response) -> tuple[Messages, Messages, Messages]:
    """(prompt, chosen, rejected): what leads both sides alike belongs to the prompt.

    The prompt ends before a turn of the assistant, so that of two conversations which part at a
    question of the user only what comes before that stays common.
    """
    common, good, poor = parted(messages(chosen.completion), messages(rejected.completion))
    return messages(item.prompt) + common, good, poor


def whole(item: Item, response: Response) -> Messages:
    """The conversation from the first message of the prompt to the last of the response."""
    return messages((*item.prompt, *response.completion))


def parted(a: Messages, b: Messages) -> tuple[Messages, Messages, Messages]:
    """(what both begin with, the rest of a, the rest of b), parted before the assistant speaks."""
    n = _common(a, b)
    return a[:n], a[n:], b[n:]


def _common(a: Messages, b: Messages) -> int:
    """How many messages both begin with, up to one that the assistant answers."""
    same = 0
    for first, second in zip(a, b, strict=False):
        if first != second:
            break
        same += 1
    while same and (a[same - 1]["role"] == "assistant" or same == min(len(a), len(b))):
        same -= 1
    return same


def check_prompt(prompt: Any) -> str | None:
    """Code of what is wrong with the messages before the response, or None."""
    if not _are_messages(prompt):
        return "not_a_conversation"
    if not prompt or not prompt[-1]["content"].strip():
        return "empty_prompt"
    before: str | None = None
    for message in prompt:
        role = message["role"]
        if role not in FOLLOWERS:
            return "unknown_role"
        if role not in FOLLOWERS[before]:
            return "roles_not_alternating"
        before = role
    return None if before in ("user", "tool") else "prompt_not_ending_in_user"


def check_completion(completion: Any) -> str | None:
    """Code of what is wrong with a response, or None.

    It is one message of the assistant, or a conversation that such messages begin and end.
    """
    if not _are_messages(completion):
        return "not_a_conversation"
    roles = [message["role"] for message in completion]
    if not roles or {roles[0], roles[-1]} != {"assistant"}:
        return "not_an_answer_of_assistant"
    if any(role not in FOLLOWERS for role in roles):
        return "unknown_role"
    if any(after not in FOLLOWERS[before] for before, after in pairwise(roles)):
        return "roles_not_alternating"
    return None if all(m["content"].strip() for m in completion) else "empty_text"


def check_pair(prompt: Any, chosen: Any, rejected: Any) -> str | None:
    """Code of what is wrong with a preference, or None.

    Texts that differ in outer whitespace alone count as the same: templates trim, and equal sides
    train at a loss of ln 2 without a word.
    """
    wrong = check_prompt(prompt) or check_completion(chosen) or check_completion(rejected)
    if wrong:
        return wrong
    return "identical_texts" if _trimmed(chosen) == _trimmed(rejected) else None


def check_whole(chosen: Any, rejected: Any) -> str | None:
    """Code of what is wrong with a preference between two whole conversations, or None."""
    if not (_are_messages(chosen) and _are_messages(rejected)):
        return "not_a_conversation"
    return check_pair(*parted(chosen, rejected))


def check_single(prompt: Any, *responses: Any) -> str | None:
    """Code of what is wrong where each response is one message, behind a prompt without tools."""
    if any(isinstance(response, list) and len(response) > 1 for response in responses):
        return "several_messages"
    # A tool message is only valid behind the call that it answers, which an item does not carry.
    return "tool_turn" if any(message["role"] == "tool" for message in prompt) else None


def _trimmed(completion: Messages) -> list[tuple[str, str]]:
    return [(message["role"], message["content"].strip()) for message in completion]


def _are_messages(value: Any) -> bool:
    """Whether `value` is a list of {"role": str, "content": str} and nothing else."""
    return isinstance(value, list) and all(
        isinstance(message, dict)
        and message.keys() == {"role", "content"}
        and isinstance(message["role"], str)
        and isinstance(message["content"], str)
        for message in value
    )
