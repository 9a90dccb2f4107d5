"""How much is tried where tests draw their own examples."""

from __future__ import annotations

import os

#: What `make test` tries is drawn anew each time; WORKBENCH_HYPOTHESIS=thorough tries far more.
_THOROUGH = os.environ.get("WORKBENCH_HYPOTHESIS") == "thorough"


def examples(few: int, many: int) -> int:
    """`few`, but `many` where all is to be tried."""
    return many if _THOROUGH else few
