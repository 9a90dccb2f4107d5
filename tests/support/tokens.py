"""Items by their numbers in tests, by tokens in what goes to the server and comes from it."""

from __future__ import annotations

import re
from typing import Any

from workbench.veil import TOKEN, Veil

#: Where a reviewer's address names an item; `address` alone goes by numbers.
_NUMBERED = re.compile(
    r"(?<=/desk/items/)\d{1,10}(?=[/?]|$)(?!/address)|(?<=/mine/)\d{1,10}(?=[/?]|$)"
)
_TOKEN = re.compile(rf"\b{TOKEN}\b")
_SHOWING = re.compile(rf'(?<="showing":)"({TOKEN})"')


def in_address(veil: Veil, address: Any) -> Any:
    """The address with tokens for numbers; what is no text as it is."""
    if not isinstance(address, str):
        return address
    return _NUMBERED.sub(lambda found: veil.token(int(found[0])), address)


def in_form(veil: Veil, data: Any) -> Any:
    """The form with a token for the number in `showing`."""
    number = data.get("showing", "") if isinstance(data, dict) else ""
    return {**data, "showing": veil.token(int(number))} if number.isdecimal() else data


def in_reply(veil: Veil, text: str) -> str:
    """The text with numbers for tokens."""

    def number(found: re.Match[str]) -> str:
        try:
            return str(veil.number(found[found.lastindex or 0]))
        except ValueError:
            return found[0]

    return _TOKEN.sub(number, _SHOWING.sub(number, text))
