r"""Formulas in Markdown stay as they were written: `$...$`, `$$...$$`, `\(...\)`, `\[...\]`.

Their underscores are no emphasis, their backslashes no escapes, their lines no lists.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

#: What opens a formula within a line, and what closes it. Money is none: a closing dollar follows
#: no blank and comes before no digit ("$20 or $30", "$20-$30").
_INLINE = (
    ("$$", re.compile(r"\$\$")),
    ("$", re.compile(r"(?<=[^\s$\\])\$(?![\d$])")),
    ("\\(", re.compile(r"\\\)")),
    ("\\[", re.compile(r"\\\]")),
)
_BLOCK = {"$$": "$$", "\\[": "\\]"}


def install(markdown: MarkdownIt) -> None:
    """Teach it; blocks become tokens `formula`."""
    markdown.inline.ruler.before("escape", "formula", _inline)
    # It ends what comes before it, without an empty line.
    markdown.block.ruler.before(
        "fence", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def _inline(state: StateInline, silent: bool) -> bool:
    for opener, closer in _INLINE:
        if state.src.startswith(opener, state.pos):
            return _formula(state, silent, opener, closer)
    return False


def _formula(state: StateInline, silent: bool, opener: str, closer: re.Pattern[str]) -> bool:
    start = state.pos + len(opener)
    if opener == "$" and state.src[start : start + 1].isspace():
        return False
    # What is not closed from here on is not closed from anywhere later: look only once.
    open_ended = state.env.setdefault("open formulas", set())
    if (opener, state.src) in open_ended:
        return False
    found = closer.search(state.src, start + 1)
    if found is None or found.end() > state.posMax:
        if found is None:
            open_ended.add((opener, state.src))
        return False
    if not silent:
        state.push("text", "", 0).content = state.src[state.pos : found.end()]
    state.pos = found.end()
    return True


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    closer = _BLOCK.get(first[:2])
    if closer is None:
        return False
    last = start if first[2:].endswith(closer) else _closing(state, start, end, closer)
    if last is None or closer in first[2:-2]:
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content = state.getLines(start, last + 1, state.blkIndent, False)
        token.map = [start, last + 1]
        state.line = last + 1
    return True


def _closing(state: StateBlock, start: int, end: int, closer: str) -> int | None:
    open_ended = state.env.setdefault("open blocks", set())
    place = (closer, end, state.blkIndent)
    if place in open_ended or closer in _line(state, start)[2:]:
        return None
    for number in range(start + 1, end):
        if not state.isEmpty(number) and state.sCount[number] < state.blkIndent:
            return None
        if _line(state, number).endswith(closer):
            return number
    open_ended.add(place)
    return None


def _line(state: StateBlock, number: int) -> str:
    line = state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
    return line.rstrip()
