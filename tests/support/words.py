"""Sentences made longer, as a language with longer words would have them."""

from __future__ import annotations

import re

#: What stays as it is: places to fill in, and tags.
_KEPT = re.compile(r"(%\(\w+\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|%%|\{[^{}]*\}|<[^<>]+>)")
_VOWELS = str.maketrans(
    {vowel: accented * 2 for vowel, accented in zip("aeiou", "áéíóú", strict=True)}
)
#: Share of the length that is added at least.
MORE = 0.4


def longer(sentence: str) -> str:
    """The sentence with every vowel doubled, and its last word drawn out, to 40 % more."""
    parts = _KEPT.split(sentence)
    made = "".join(part if _KEPT.fullmatch(part) else part.translate(_VOWELS) for part in parts)
    return made + "ú" * max(0, round(len(sentence) * (1 + MORE) + 0.5) - len(made))
