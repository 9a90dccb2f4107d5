"""What changed between two texts: lines first, and words within the lines that changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

#: Unchanged lines shown on either side of a change.
CONTEXT = 2
#: Comparing takes time by the product of both lengths; beyond it all counts as changed.
_MOST = 1_000_000
#: Two passages with less in common than this share of the shorter one are shown as a whole.
_ALIKE = 0.4
_WORD = re.compile(r"\w+|\n|[^\S\n]+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A stretch of text. `kind` is "same", "added", "removed", or "skipped": `lines` unchanged."""

    kind: str
    text: str = ""
    lines: int = 0


def difference(before: str, after: str) -> list[Piece]:
    """The pieces of both texts in their order; [] when they say the same."""
    old, new = _lines(before), _lines(after)
    if old == new:
        return []
    blocks = list(_blocks(old, new))
    return [
        piece
        for place, (tag, a, b) in enumerate(blocks)
        for piece in (
            _around(a, first=place == 0, last=place == len(blocks) - 1)
            if tag == "equal"
            else _words("".join(a), "".join(b))
        )
    ]


def _lines(text: str) -> list[str]:
    stripped = text.strip("\n")
    return [line + "\n" for line in stripped.split("\n")] if stripped else []


def _blocks(
    old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """(tag as difflib's, what was there, what is there now)."""
    if len(old) * len(new) > _MOST:
        yield "replace", old, new
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        yield tag, old[i1:i2], new[j1:j2]


def _around(lines: Sequence[str], *, first: bool, last: bool) -> list[Piece]:
    """Unchanged lines, without those that are far from a change."""
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    left_out = len(lines) - head - tail
    if left_out <= 1:
        return [Piece("same", "".join(lines))]
    parts = [
        Piece("same", "".join(lines[:head])),
        Piece("skipped", lines=left_out),
        Piece("same", "".join(lines[len(lines) - tail :])),
    ]
    return [part for part in parts if part.text or part.lines]


def _words(before: str, after: str) -> list[Piece]:
    """A passage that changed, by words; as a whole where it became another one."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    blocks = list(_blocks(old, new))
    kept = sum(len(text) for tag, a, _ in blocks if tag == "equal" for text in a if text.strip())
    shorter = min(len("".join(before.split())), len("".join(after.split())))
    if kept < _ALIKE * shorter:
        blocks = [("replace", old, new)]
    return [piece for tag, a, b in _joined(blocks) for piece in _changed(tag, a, b)]


def _joined(
    blocks: Sequence[tuple[str, Sequence[str], Sequence[str]]],
) -> list[tuple[str, str, str]]:
    """The blocks as text; changes with only blanks between them are one change."""
    joined: list[tuple[str, str, str]] = []
    for place, (tag, a, b) in enumerate(blocks):
        old, new = "".join(a), "".join(b)
        between = 0 < place < len(blocks) - 1 and tag == "equal" and not old.strip(" \t")
        if joined and joined[-1][0] != "equal" and (between or tag != "equal"):
            _, old_before, new_before = joined.pop()
            joined.append(("replace", old_before + old, new_before + new))
        else:
            joined.append((tag, old, new))
    return joined


def _changed(tag: str, old: str, new: str) -> Iterator[Piece]:
    if tag == "equal":
        yield Piece("same", old)
        return
    if old:
        yield Piece("removed", _visible(old))
    if new:
        yield Piece("added", _visible(new))


def _visible(text: str) -> str:
    """With a mark at the end of lines where nothing else could be seen."""
    return text if text.strip() else text.replace("\n", "¶\n")
