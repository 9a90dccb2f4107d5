"""What a page says to a person, apart from the random marks in its attributes."""

from __future__ import annotations

import re

TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)


def words(html: str) -> set[str]:
    """The words between the tags: a nonce or a key can hold any three letters."""
    return set(re.findall(r"\w+", TAG.sub(" ", html)))
