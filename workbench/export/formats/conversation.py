"""Messages as chat templates want them, and what makes a template or a trainer go wrong in silence.

Chat templates render whatever they get: a prompt that ends with the assistant makes the trainer
score a second assistant turn; two user turns in a row are merged by some templates and refused by
others in the middle of a run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.task_types.base import Turn

#: Role to the roles that may follow it; None stands before the first message.
FOLLOWERS: dict[str | None, tuple[str, ...]] = {
    None: ("system", "user", "assistant"),
    "system": ("user", "assistant"),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("tool", "assistant", "user"),
}


def messages(turns: Iterable[Turn]) -> list[dict[str, str]]:
    """A prompt as chat messages."""
    return [{"role": turn.role, "content": turn.content} for turn in turns]


def assistant(text: str) -> list[dict[str, str]]:
    """A response as the one message that completes the prompt."""
    return [{"role": "assistant", "content": text}]


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
    """Code of what is wrong with a response, or None. It is one assistant message with text."""
    if not _are_messages(completion):
        return "not_a_conversation"
    if len(completion) != 1 or completion[0]["role"] != "assistant":
        return "not_an_answer_of_assistant"
    return None if completion[0]["content"].strip() else "empty_text"


def check_pair(prompt: Any, chosen: Any, rejected: Any) -> str | None:
    """Code of what is wrong with a preference, or None.

    Texts that differ in outer whitespace alone count as the same: templates trim, and equal sides
    train at a loss of ln 2 without a word.
    """
    wrong = check_prompt(prompt) or check_completion(chosen) or check_completion(rejected)
    if wrong:
        return wrong
    same = chosen[0]["content"].strip() == rejected[0]["content"].strip()
    return "identical_texts" if same else None


def _are_messages(value: Any) -> bool:
    """Whether `value` is a list of {"role": str, "content": str} and nothing else."""
    return isinstance(value, list) and all(
        isinstance(message, dict)
        and message.keys() == {"role", "content"}
        and isinstance(message["role"], str)
        and isinstance(message["content"], str)
        for message in value
    )
