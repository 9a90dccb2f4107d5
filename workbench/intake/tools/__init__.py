"""Files of other tools: their items, and the judgments in them.

One module a tool. Each says how one record becomes items and judgments of the own format; whatever
comes out of it goes through the same checks as a file of the own format does.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.intake.tools import (
    argilla,
    doccano,
    helpsteer,
    hh_rlhf,
    inspect_log,
    label_studio,
    lm_eval,
    lmarena,
    oasst,
    openai_chat,
    potato,
    prm800k,
    prodigy,
)
from workbench.intake.tools.base import OPTIONS, Gather, Tool, check_options
from workbench.intake.tools.gather import Together
from workbench.intake.tools.records import Record, read_records

__all__ = [
    "BY_NAME",
    "OPTIONS",
    "TOOLS",
    "Gather",
    "Record",
    "Together",
    "Tool",
    "check_options",
    "read_records",
]

TOOLS: tuple[Tool, ...] = (
    label_studio.TOOL,
    argilla.TOOL,
    potato.TOOL,
    lmarena.TOOL,
    hh_rlhf.TOOL,
    helpsteer.TOOL,
    prm800k.TOOL,
    lm_eval.TOOL,
    inspect_log.TOOL,
    openai_chat.TOOL,
    oasst.TOOL,
    doccano.TOOL,
    prodigy.TOOL,
)

BY_NAME: Mapping[str, Tool] = {tool.name: tool for tool in TOOLS}
