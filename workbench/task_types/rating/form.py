"""The posted form to an answer.

Of each response, by the place in which it was shown: `rating-<place>-<attribute>`, and
`cannot-<place>` with `why-<place>`; of the whole, `reason`.
"""

from __future__ import annotations

from functools import partial

from workbench.task_types.base import N_, Answer, Config, Form, Item
from workbench.task_types.fields import (
    REASON_CAP,
    choice,
    gather,
    optional_choice,
    posted,
    prose,
    refuse,
)
from workbench.task_types.rating.answer import Said, build, check_cannot_judge
from workbench.task_types.rating.config import Attribute, keys, points, title

#: How the desk calls responses, by their place.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def parse_answer(form: Form, item: Item, config: Config) -> Answer:
    """Raises Invalid naming every response and attribute that was left open."""
    responses = {
        response.id: partial(_read_response, form, place, config)
        for place, response in enumerate(item.responses)
    }
    read = gather(
        {
            "said": lambda: gather(responses),
            "reason": lambda: prose(form.get("reason") or "", "reason", REASON_CAP),
        }
    )
    return build(read["said"], read["reason"])


def _read_response(form: Form, place: int, config: Config) -> Said:
    cannot, why_name = f"cannot-{place}", f"why-{place}"
    why = prose(form.get(why_name) or "", why_name, REASON_CAP)
    if optional_choice(posted(form, cannot), cannot, ("1",)):
        rated = any(posted(form, _field(place, key)) for key in keys(config))
        check_cannot_judge(why, rated, cannot, why_name, config)
        return why
    if why:
        raise refuse(
            cannot,
            N_(
                "You wrote why response %(letter)s cannot be judged: mark it so, or take the"
                " reason away.",
                letter=LETTERS[place],
            ),
        )
    return gather(
        {
            attribute["key"]: partial(_read_rating, form, place, attribute)
            for attribute in config["attributes"]
        }
    )


def _read_rating(form: Form, place: int, attribute: Attribute) -> int:
    name = _field(place, attribute["key"])
    given = posted(form, name)
    if not given:
        raise refuse(
            name,
            N_(
                "Response %(letter)s has no rating of “%(attribute)s” yet.",
                letter=LETTERS[place],
                attribute=title(attribute),
            ),
        )
    return int(choice(given, name, [str(point) for point in points(attribute)]))


def _field(place: int, key: str) -> str:
    return f"rating-{place}-{key}"


def fill_form(answer: Answer, item: Item) -> dict[str, str]:
    """The fields that `parse_answer` reads back as this answer."""
    fields = {"reason": answer["reason"]}
    for place, response in enumerate(item.responses):
        why = answer["cannot_judge"].get(response.id)
        if why is not None:
            fields |= {f"cannot-{place}": "1", f"why-{place}": why}
        for key, value in answer["ratings"].get(response.id, {}).items():
            fields[_field(place, key)] = str(value)
    return fields
