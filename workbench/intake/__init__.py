"""Files and bytes in, items and problems out: reading and checking, and nothing else.

`open_source` picks the reader, `read_items` and `read_judgments` give one `Line` a record. What is
wrong with a file never raises: it is a `Problem` that names file, line and field.
"""

from __future__ import annotations

from workbench.intake.gold import ParsedGold, parse_gold
from workbench.intake.items import content_hash, item_as_dict, parse_item
from workbench.intake.judgments import ParsedJudgment, parse_judgment
from workbench.intake.practice import ParsedPractice, parse_practice
from workbench.intake.problems import Problem, Report
from workbench.intake.read import Line, read_gold, read_items, read_judgments, read_practice
from workbench.intake.rows import Limits
from workbench.intake.source import Source, open_source

__all__ = [
    "Limits",
    "Line",
    "ParsedGold",
    "ParsedJudgment",
    "ParsedPractice",
    "Problem",
    "Report",
    "Source",
    "content_hash",
    "item_as_dict",
    "open_source",
    "parse_gold",
    "parse_item",
    "parse_judgment",
    "parse_practice",
    "read_gold",
    "read_items",
    "read_judgments",
    "read_practice",
]
