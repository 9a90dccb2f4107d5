"""The posted form to an answer.

Each flag is a group of fields `flag-<k>-<part>`; the numbers k only hold a group together. A group
that is left blank is a row nobody used. The form speaks of responses by place, as they were shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from workbench.task_types.base import N_, Answer, Config, Form, Item
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
    optional_choice,
    plain_lines,
    posted,
    posted_number,
    prose,
    refuse,
)
from workbench.task_types.options import codes

FIELD = re.compile(rf"flag-([0-9]{{1,9}})-({'|'.join(FLAG_PARTS)})")


def parse_answer(form: Form, item: Item, config: Config) -> Answer:
    """Raises Invalid with every field that is wrong."""
    groups = _groups(form)
    none = optional_choice(posted(form, "none"), "none", ("1",)) is not None
    problem = check_none(none, len(groups))
    if problem:
        raise refuse("none", problem)
    read = {group: partial(_read_flag, form, group, item, config) for group in groups}
    flags: list[Flag] = list(gather(read).values())
    check_duplicates(flags, [f"{group}-category" for group in groups])
    return build(flags)


def _groups(form: Form) -> list[str]:
    """The groups that hold anything, such as `flag-3`, in the order of their numbers."""
    found = {m[1] for name in form if (m := FIELD.fullmatch(name)) and posted(form, name)}
    return [f"flag-{k}" for k in sorted(found, key=lambda k: (int(k), k))]


def _read_flag(form: Form, group: str, item: Item, config: Config) -> Flag:
    where = {part: f"{group}-{part}" for part in FLAG_PARTS}
    place = posted_number(form, where["response"], 0, len(item.responses) - 1)
    response = item.responses[place]

    def code(part: str, options: str) -> str:
        return choice(posted(form, where[part]), where[part], codes(config[options]))

    parts = gather(
        {
            "response": lambda: response.id,
            "span": lambda: _read_span(form, where, response.text),
            "category": lambda: code("category", "taxonomy"),
            "direction": lambda: code("direction", "directions"),
            "severity": lambda: posted_number(form, where["severity"], 1, 3),
            "reason": lambda: prose(form.get(where["reason"]) or "", where["reason"], REASON_CAP),
        }
    )
    return build_flag(parts, response.text)


def _read_span(form: Form, where: Mapping[str, str], written: str) -> tuple[int, int] | None:
    """The passage; None for a whole response. A quote that came along has to stand there."""
    quote = form.get(where["quote"]) or ""
    if not posted(form, where["start"]) and not posted(form, where["end"]):
        if quote.strip():
            raise refuse(where["quote"], N_("A quote needs the start and the end of its passage."))
        return None
    start = posted_number(form, where["start"], 0, len(written))
    end = posted_number(form, where["end"], 0, len(written))
    check_order(start, end, where["end"])
    # A browser shows every line end as LF and posts it as CRLF; the text keeps its own.
    if quote and plain_lines(quote) != plain_lines(written[start:end]):
        raise refuse(where["quote"], wrong_quote(quote, written[start:end]))
    return start, end


def fill_form(answer: Answer, item: Item) -> dict[str, str]:
    """The fields that `parse_answer` reads back as this answer."""
    place = {response.id: i for i, response in enumerate(item.responses)}
    fields = {"none": "1" if answer["none"] else ""}
    for k, flag in enumerate(answer["flags"]):
        for part in FLAG_PARTS:
            value = place[flag["response"]] if part == "response" else flag[part]
            fields[f"flag-{k}-{part}"] = "" if value is None else str(value)
    return fields
