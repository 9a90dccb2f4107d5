"""What the API takes and answers of items and how far they are, as models."""

from __future__ import annotations

from pydantic import Field

from workbench.messages import N_
from workbench.web.api.shapes import DEFAULT_LIMIT, MOST, Strict, says


class ItemsQuery(Strict):
    """Which items."""

    finished: bool | None = says(
        N_("true: only items with all the judgments that they want. false: only the others.").text,
        default=None,
    )
    after: str | None = says(
        N_("A cursor: only the items behind it. Without it, from the first.").text,
        default=None,
        max_length=100,
    )
    limit: int = says(
        N_("At most so many items.").text,
        default=DEFAULT_LIMIT,
        ge=1,
        le=MOST,
    )


class ListedItem(Strict):
    """An item and how far it is."""

    id: str = says(N_("The item's id.").text)
    revision: int = Field(ge=1)
    judgments: int = says(N_("That count now.").text, ge=0)
    wanted: int = says(N_("Judgments that it wants.").text, ge=0)
    finished: bool = says(N_("Whether it has all the judgments that it wants.").text)


class ItemList(Strict):
    """Items of a page."""

    items: list[ListedItem]
    next: str | None = says(
        N_("The cursor to go on from; null while there is no item at all.").text
    )
    more: bool = says(
        N_("Whether there may be more: a page with finished is shorter where few are.").text
    )
