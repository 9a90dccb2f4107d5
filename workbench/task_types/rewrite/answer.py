"""The stored answer: what should have been said, and how far that is from what was said.

    {"verdict": "edited", "text": "...", "distance": 12,
     "changes": [{"start": 3, "end": 8, "was": "gato", "now": "perro"}],
     "problems": ["factual_error"], "reason": ""}

`text` is "" and `changes` are empty unless the verdict is `edited`. `distance` is 0 for a response
that is good as it is, and null where there is no text to measure. `distance` and `changes` are
always computed here and never read. They, and the text, have LF for every line end, and so has the
original that they are measured against; every other character stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.task_types.base import N_, Answer, Config, Form, Invalid, Item, Message
from workbench.task_types.fields import (
    REASON_CAP,
    choice,
    gather,
    mapping,
    plain_lines,
    posted,
    prose,
    refuse,
    sequence,
    text,
)
from workbench.task_types.options import codes
from workbench.task_types.rewrite.difference import changes, distance

PARTS = ("verdict", "text", "distance", "changes", "problems", "reason")
VERDICTS = ("edited", "good_as_is", "beyond_repair", "cannot_judge")
#: Those that say that something was wrong.
FAULTED = ("edited", "beyond_repair")

#: Longest response that can be edited, and longest edited text, in code points.
ORIGINAL_CAP, TEXT_CAP = 20_000, 30_000

#: A posted box of a category: problem-<code>.
BOX = "problem-"


def original_of(item: Item) -> str:
    """The response under judgment as a text area holds it: line ends are LF."""
    return plain_lines(item.responses[0].text)


def parse_answer(form: Form, item: Item, config: Config) -> Answer:
    """A posted form to an answer. Raises Invalid with every field that is wrong."""
    typed = form.get("text")
    given = {
        "verdict": posted(form, "verdict"),
        "text": "" if typed is None else typed,
        "reason": form.get("reason") or "",
    }
    return _read(given, item, config, "problem", lambda: _ticked(form, config))


def _ticked(form: Form, config: Config) -> list[str]:
    """The categories whose boxes are ticked, in the project's order."""
    found = [name.removeprefix(BOX) for name in form if name.startswith(BOX) and posted(form, name)]
    for code in found:
        choice(code, "problem", codes(config["problems"]))
    return _in_order(found, config)


def fill_form(answer: Answer, item: Item) -> dict[str, str]:
    """The fields that `parse_answer` reads back as this answer."""
    return {
        "verdict": answer["verdict"],
        "text": answer["text"] if answer["verdict"] == "edited" else original_of(item),
        "reason": answer["reason"],
        **{f"{BOX}{code}": "1" for code in answer["problems"]},
    }


def check_answer(raw: object, item: Item, config: Config) -> Answer:
    """An answer from a file to a clean one. Raises Invalid naming every wrong place."""
    given = mapping(raw, "", PARTS)
    problems = given.get("problems", [])
    return _read(
        {"text": "", "reason": "", **given}, item, config, "problems",
        lambda: _named(problems, config),
    )  # fmt: skip


def _named(given: object, config: Config) -> list[str]:
    known = codes(config["problems"])
    found = [
        choice(code, f"problems[{i}]", known) for i, code in enumerate(sequence(given, "problems"))
    ]
    return _in_order(found, config)


def _in_order(found: list[str], config: Config) -> list[str]:
    return [code for code in codes(config["problems"]) if code in found]


def _read(
    given: Mapping[str, Any],
    item: Item,
    config: Config,
    problem_field: str,
    problems: Callable[[], list[str]],
) -> Answer:
    """The answer, from what forms and files write alike and their own reader of categories."""
    values = gather(
        {
            "verdict": lambda: choice(given.get("verdict"), "verdict", VERDICTS),
            "text": lambda: _read_text(given["text"]),
            "problems": problems,
            "reason": lambda: prose(given["reason"], "reason", REASON_CAP),
        }
    )
    original = original_of(item)
    errors = _text_fault(values, original) | _reason_fault(values, config, problem_field)
    if errors:
        raise Invalid(errors)
    return _build(values, original)


def _read_text(value: object) -> str:
    return text(plain_lines(value) if isinstance(value, str) else value, "text", TEXT_CAP)


def _text_fault(values: Mapping[str, Any], original: str) -> dict[str, Message]:
    """What is wrong with the text beside the verdict, at its field."""
    written = values["text"]
    if values["verdict"] != "edited":
        if written in ("", original):
            return {}
        return {
            "text": N_(
                "The text was changed, and only “edited” keeps a change: choose that, or start"
                " again from the original."
            )
        }
    if not written.strip():
        return {
            "text": N_(
                "The text is empty: write what should have been said, or say that it is beyond"
                " repair."
            )
        }
    if written == original:
        return {
            "text": N_(
                "The text is still the original: change it, or say that it is good as it is."
            )
        }
    return {}


def _reason_fault(
    values: Mapping[str, Any], config: Config, problem_field: str
) -> dict[str, Message]:
    """What is wrong with the categories and the reason beside the verdict, at its field."""
    problems, reason = values["problems"], values["reason"]
    if values["verdict"] not in FAULTED:
        if problems:
            return {
                problem_field: N_(
                    "What was wrong is said only of what was edited or is beyond repair: clear it,"
                    " or change the verdict."
                )
            }
        if values["verdict"] == "cannot_judge" and not reason:
            return {"reason": N_("Say in a few words why this cannot be judged.")}
    elif config["reason_required"] and not (problems or reason):
        if not config["problems"]:
            return {"reason": N_("Say in a few words what was wrong.")}
        return {problem_field: N_("Say what was wrong: choose a category, or write a reason.")}
    return {}


def _build(values: Mapping[str, Any], original: str) -> Answer:
    edited = values["text"] if values["verdict"] == "edited" else None
    measured = {"edited": edited, "good_as_is": original}.get(values["verdict"])
    return {
        "verdict": values["verdict"],
        "text": edited or "",
        "distance": None if measured is None else distance(original, measured),
        "changes": [] if edited is None else changes(original, edited),
        "problems": values["problems"],
        "reason": values["reason"],
    }


def check_length(item: Item) -> None:
    """Raises Invalid for a response that is too long to be edited and measured."""
    length = len(item.responses[0].text)
    if length > ORIGINAL_CAP:
        raise refuse(
            "responses[0].text",
            N_(
                "This is too long to be edited: %(length)s characters, at most %(cap)s.",
                length=length,
                cap=ORIGINAL_CAP,
            ),
        )
