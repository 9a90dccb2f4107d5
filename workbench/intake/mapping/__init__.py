"""Tables whose columns have other names than ours: which of them is read for what."""

from workbench.intake.mapping.answers import known_parts
from workbench.intake.mapping.base import ITEM_FIELDS, ColumnMapping, check_mapping, parse_mapping
from workbench.intake.mapping.guess import guess
from workbench.intake.mapping.head import Head, read_head
from workbench.intake.mapping.table import NAME, table_tool

__all__ = [
    "ITEM_FIELDS",
    "NAME",
    "ColumnMapping",
    "Head",
    "check_mapping",
    "guess",
    "known_parts",
    "parse_mapping",
    "read_head",
    "table_tool",
]
