"""Rows of snapshots as what trainers load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.client.answers import File, Kept
from workbench.client.problems import Missing


def files_of_rows(kept: Kept, split: str | None) -> list[File]:
    """Those with the rows of a split, or of all. Raises KeyError for a split that is none."""
    found = [each for each in kept.files if each.split is not None]
    if split is None:
        return found
    wanted = [each for each in found if each.split == split]
    if not wanted:
        there = ", ".join(str(each.split) for each in found)
        raise KeyError(f"{kept.name} has no split {split}; it has {there}")
    return wanted


def to_datasets(splits: Mapping[str, Iterable[dict[str, Any]]]) -> Any:
    """A DatasetDict; what is whole is "train", as trainers call it. Raises Missing."""
    try:
        import datasets  # noqa: PLC0415
    except ImportError:
        raise Missing("datasets is not installed: pip install datasets") from None
    return datasets.DatasetDict(
        {
            "train" if name == "all" else name: datasets.Dataset.from_list(list(rows))
            for name, rows in splits.items()
        }
    )
