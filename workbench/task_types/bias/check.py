"""An answer from a file to a clean one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.task_types.base import N_, Answer, Config, Item
from workbench.task_types.bias.flags import (
    FLAG_PARTS,
    Flag,
    build,
    build_flag,
    check_duplicates,
    check_none,
    check_order,
    wrong_quote,
)
from workbench.task_types.fields import (
    REASON_CAP,
    choice,
    gather,
    join,
    mapping,
    prose,
    refuse,
    sequence,
    truth,
    whole,
)
from workbench.task_types.options import codes


def check_answer(raw: object, item: Item, config: Config) -> Answer:
    """Raises Invalid naming the path of every flag that is wrong."""
    given = mapping(raw, "", ("none", "flags"))
    none = truth(given.get("none", False), "none")
    entries = sequence(given.get("flags", []), "flags")
    problem = check_none(none, len(entries))
    if problem:
        raise refuse("none" if none else "flags", problem)
    flags = [_check_flag(raw, f"flags[{i}]", item, config) for i, raw in enumerate(entries)]
    check_duplicates(flags, [f"flags[{i}]" for i in range(len(flags))])
    return build(flags)


def _check_flag(raw: object, path: str, item: Item, config: Config) -> Flag:
    given = mapping(raw, path, FLAG_PARTS)
    texts = {response.id: response.text for response in item.responses}
    where = {part: join(path, part) for part in FLAG_PARTS}
    response = choice(given.get("response"), where["response"], texts)
    categories, directions = codes(config["taxonomy"]), codes(config["directions"])
    parts = gather(
        {
            "response": lambda: response,
            "span": lambda: _check_span(given, where, texts[response]),
            "category": lambda: choice(given.get("category"), where["category"], categories),
            "direction": lambda: choice(given.get("direction"), where["direction"], directions),
            "severity": lambda: whole(given.get("severity"), where["severity"], 1, 3),
            "reason": lambda: prose(given.get("reason", ""), where["reason"], REASON_CAP),
        }
    )
    return build_flag(parts, texts[response])


def _check_span(
    given: Mapping[str, Any], where: Mapping[str, str], written: str
) -> tuple[int, int] | None:
    """The passage, once its quote is seen to stand there; None for a whole response."""
    start, end, quote = given.get("start"), given.get("end"), given.get("quote", "")
    if start is None and end is None:
        if quote != "":
            raise refuse(where["quote"], N_("A quote needs the start and the end of its passage."))
        return None
    start = whole(start, where["start"], 0, len(written))
    end = whole(end, where["end"], 0, len(written))
    check_order(start, end, where["end"])
    # Without the quote nothing would show that a file counts in bytes or in UTF-16 units.
    if not isinstance(quote, str) or quote != written[start:end]:
        quoted = quote if isinstance(quote, str) else ""
        raise refuse(where["quote"], wrong_quote(quoted, written[start:end]))
    return start, end
