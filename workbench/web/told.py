"""What reviewers are told of their answers to gold, where the project tells them."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.messages import N_, Message
from workbench.queries import gold
from workbench.queries.gold import Told
from workbench.web.access import Place, person
from workbench.web.request import session

_FOUND = N_("Saved. Its answer was known, and you found it.")
_NOT_FOUND = N_("Saved. Its answer was known, and yours differs: look under Your judgments.")


def told_of(place: Place, ids: Iterable[int]) -> dict[int, Told]:
    """What the person is told of these items; {} where nothing is."""
    return gold.told(session(), place.project, person().id, ids)


def found_or_not(place: Place, item_id: int) -> Message | None:
    """What to say of the answer that was just stored; None: nothing."""
    told = told_of(place, [item_id]).get(item_id)
    if told is None:
        return None
    return _FOUND if told.right else _NOT_FOUND
