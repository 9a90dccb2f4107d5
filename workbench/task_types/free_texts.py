"""Answers without what people wrote in their own words: choices stay, texts go."""

from __future__ import annotations

from typing import Any

#: Where the types of answers keep what was written or quoted, at whatever depth.
FREE_TEXTS = frozenset({"better_response", "comment", "note", "quote", "reason", "text"})


def without_texts(answer: Any) -> Any:
    """The same answer with every such text empty; numbers, codes, ids and offsets stay."""
    if isinstance(answer, dict):
        return {
            key: "" if key in FREE_TEXTS and isinstance(value, str) else without_texts(value)
            for key, value in answer.items()
        }
    return [without_texts(each) for each in answer] if isinstance(answer, list) else answer
