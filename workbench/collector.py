"""How often Python looks for objects that only refer to one another."""

from __future__ import annotations

import gc

#: New objects until it looks; Python's own number is 700. With that, a sixth of a large import's
#: time goes to looking through rows that are all in use. What ten thousand leave lying about unseen
#: is a few megabytes.
NEW_OBJECTS = 10_000


def relax() -> None:
    """Look more seldom, in this process and in those that it forks. For programs: whoever imports
    `workbench` as a library keeps their own setting."""
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
