"""Checks on single columns of a row."""

from __future__ import annotations

from typing import Any

from workbench.export.formats.base import Row


def has_columns(row: Row, names: tuple[str, ...]) -> bool:
    """Whether the row has exactly these keys, in this order."""
    return tuple(row) == names


def all_text(row: Row, names: tuple[str, ...]) -> bool:
    """Whether every one of these columns is a string."""
    return all(isinstance(row[name], str) for name in names)


def is_count(value: Any, least: int = 0, most: int | None = None) -> bool:
    """Whether it is a whole number in [least, most]; true and false are no numbers."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return value >= least and (most is None or value <= most)


def all_counts(row: Row, names: tuple[str, ...]) -> bool:
    """Whether every one of these columns is a whole number of at least 0."""
    return all(is_count(row[name]) for name in names)


def is_share(value: Any) -> bool:
    """Whether it is a number in [0, 1]; not-a-number is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
