"""Two conversations cut into rounds: what was asked, and the answer of each model to it.

The nth round of a conversation ends with its nth message of the assistant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.task_types.base import N_, Invalid, Item, Message, Response, Turn

#: Answers in one conversation: more than a person can hold in mind, and than a page should ask of.
MOST_ROUNDS = 50


@dataclass(frozen=True)
class Round:
    """The nth answers side by side, with what was asked before them."""

    number: int
    #: What was asked, where it was the same in both conversations.
    shared: tuple[Turn, ...]
    #: The rest of each conversation's round, as the item orders them; () where it has ended.
    sides: tuple[tuple[Turn, ...], ...]

    @property
    def comparable(self) -> bool:
        """Whether both conversations come so far."""
        return all(self.sides)


def rounds(item: Item) -> list[Round]:
    """The conversations of an item beside each other, to the end of the longer one."""
    cut = [list(_cut(response)) for response in item.responses]
    found = []
    for n in range(max(map(len, cut))):
        parts = [conversation[n] if n < len(conversation) else () for conversation in cut]
        asked = {part[:-1] for part in parts}
        shared = asked.pop() if all(parts) and len(asked) == 1 else ()
        found.append(Round(n + 1, shared, tuple(part[len(shared) :] for part in parts)))
    return found


def comparable_rounds(item: Item) -> int:
    """How many rounds both conversations have."""
    return min(sum(1 for _ in _cut(response)) for response in item.responses)


def _cut(response: Response) -> Iterator[tuple[Turn, ...]]:
    start = 0
    for end, turn in enumerate(response.turns, 1):
        if turn.role == "assistant":
            yield response.turns[start:end]
            start = end


def check_conversations(item: Item) -> None:
    """Raises Invalid unless user and assistant take turns, from the prompt's end to an answer."""
    faults: dict[str, Message] = {}
    first = "assistant" if item.prompt and item.prompt[-1].role in ("user", "tool") else "user"
    for i, response in enumerate(item.responses):
        place = f"responses[{i}].messages"
        faults |= dict(_wrong_roles(response, place, first))
        if not response.turns or response.turns[-1].role != "assistant":
            faults.setdefault(place, N_("This must end with a message of the assistant."))
        elif sum(1 for _ in _cut(response)) > MOST_ROUNDS:
            faults[place] = N_("This has more than %(most)s answers.", most=MOST_ROUNDS)
    if faults:
        raise Invalid(faults)


def _wrong_roles(response: Response, place: str, first: str) -> Iterator[tuple[str, Message]]:
    """The first message that is out of turn; what follows it is out of turn in consequence."""
    expected = first
    for j, turn in enumerate(response.turns):
        if turn.role != expected:
            why = N_("This must be %(role)s: user and assistant take turns.", role=expected)
            yield f"{place}[{j}].role", why
            return
        expected = "user" if turn.role == "assistant" else "assistant"
