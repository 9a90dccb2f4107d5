"""Which split a prompt belongs to: a matter of the prompt alone.

The place is a hash of the prompt, so it is the same on every machine, and a project that grows
moves no prompt from one split to another. Splits take their shares in the order given; a split
added behind the others takes its prompts out of what was left and leaves the others as they were.
Prompts that differ in a few characters may be told to go with the first of them (`near`).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from workbench.export.policy import REST, WHOLE, Split
from workbench.task_types.base import Turn

_SPAN = 1 << 64


def canonical_prompt(prompt: Sequence[Turn]) -> str:
    """Roles and contents in NFC with runs of whitespace as one space.

    U+001F and U+001E separate; both count as whitespace, so neither can be left inside a text.
    """
    return "\x1e".join(f"{_canonical(turn.role)}\x1f{_canonical(turn.content)}" for turn in prompt)


def place(prompt: Sequence[Turn]) -> int:
    """The prompt's place in [0, 2**64): the first 8 bytes of the SHA-256 of its canonical form."""
    return place_of(canonical_prompt(prompt))


def place_of(canonical: str) -> int:
    """The place of a prompt in its canonical form."""
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")


def bounds(splits: Sequence[Split]) -> tuple[tuple[str, int], ...]:
    """(name, first place behind it) for each split, in order. Computed exactly, without floats."""
    total = Fraction(0)
    ends: list[tuple[str, int]] = []
    for split in splits:
        total += Fraction(split.share)
        ends.append((split.name, int(total * _SPAN)))
    return tuple(ends)


@dataclass(frozen=True)
class Parting:
    """How prompts are parted.

    `ends` as `bounds` gives them. Another `seed` gives another parting; "" the one that goes by the
    prompts alone. `alike`: the place of a prompt to that of the one that it goes with.
    """

    ends: Sequence[tuple[str, int]]
    seed: str = ""
    alike: Mapping[int, int] = field(default_factory=dict)

    def split_of(self, prompt: Sequence[Turn]) -> str:
        """The name of the prompt's split, "all" where there are none."""
        if not self.ends:
            return WHOLE
        own = place(prompt)
        at = _seeded(self.alike.get(own, own), self.seed)
        return next((name for name, end in self.ends if at < end), REST)


def _seeded(at: int, seed: str) -> int:
    """Another place for the same one, drawn by the seed."""
    if not seed:
        return at
    drawn = hashlib.sha256(seed.encode() + b"\x1f" + at.to_bytes(8, "big")).digest()
    return int.from_bytes(drawn[:8], "big")


def _canonical(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
