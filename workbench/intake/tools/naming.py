"""Prompt and responses in files whose fields are called as whoever set the project up liked.

Names that are in wide use are tried; `prompt=`, `left=`, `right=`, `responses=` and `response=` say
others.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any

from workbench.intake.tools.base import NO_PROMPT, Given, Place, messages_of
from workbench.messages import N_

PROMPTS = (
    "prompt", "question", "instruction", "query", "input", "chat", "conversation", "messages",
)  # fmt: skip
PAIRS = (
    ("answer1", "answer2"), ("text1", "text2"), ("response1", "response2"),
    ("response_1", "response_2"), ("response-1", "response-2"), ("response_a", "response_b"),
    ("answer_a", "answer_b"), ("completion_a", "completion_b"), ("left", "right"), ("a", "b"),
)  # fmt: skip
LISTS = ("items", "responses", "answers", "completions")
SINGLES = ("response", "answer", "completion", "output", "generation", "text")

Found = tuple[list[str], list[dict[str, Any]]]


def prompt_in(data: Place, given: Given) -> tuple[list[str], Any]:
    """The names that were read, and the prompt. Raises Invalid where it is not to be found."""
    wanted = given.options.get("prompt")
    if wanted == "-":
        return [], NO_PROMPT
    fields = data.fields()
    name = wanted or next((name for name in PROMPTS if name in fields), None)
    if name is None:
        raise data["prompt"].wrong(
            N_("is missing; prompt=FIELD says how it is called, and prompt=- that there is none")
        )
    return [name], messages_of(data[name])


def responses_in(data: Place, given: Given) -> Found:
    """The names that were read, and the responses, whose ids are those names or their own.

    Raises Invalid where they are not to be found.
    """
    fields, options = data.fields(), given.options
    if "left" in options or "right" in options:
        return _named(data, (options.get("left", "left"), options.get("right", "right")))
    if "response" in options:
        return _named(data, (options["response"],))
    if "responses" in options:
        return _list(data[options["responses"]], options["responses"])
    return _known(data, fields)


def _known(data: Place, fields: Mapping[str, Place]) -> Found:
    for pair in PAIRS:
        if fields.keys() >= set(pair):
            return _named(data, pair)
    for name in LISTS:
        if name in fields and isinstance(fields[name].value, list):
            return _list(fields[name], name)
    single = next((name for name in SINGLES if name in fields), None)
    if single is not None:
        return _named(data, (single,))
    raise data["responses"].wrong(
        N_("is missing; left=FIELD and right=FIELD, responses=FIELD or response=FIELD say where")
    )


def _named(data: Place, names: tuple[str, ...]) -> Found:
    """Fields that are a response each, with the model in a field beside it if there is one."""
    responses = []
    for name in names:
        response: dict[str, Any] = {"id": name, "text": data[name].text()}
        if data[f"{name}_model"].given:
            response["model"] = data[f"{name}_model"].text()
        responses.append(response)
    return [*names, *(f"{name}_model" for name in names)], responses


def _list(entries: Place, name: str) -> Found:
    return [name], [_listed(i, entry) for i, entry in enumerate(entries.entries())]


def _listed(place: int, entry: Place) -> dict[str, Any]:
    """An entry of a list: {id, body or text or html, title, model}, or a text, which a letter names
    by its place."""
    if isinstance(entry.value, str):
        if place >= len(ascii_uppercase):
            raise entry.wrong(N_("has no letter: a list of texts has 26 at most"))
        return {"id": ascii_uppercase[place], "text": entry.value}
    text = next((entry[key] for key in ("body", "text", "html") if entry[key].given), entry["body"])
    named = entry["position"] if entry["position"].given else entry["id"]
    response: dict[str, Any] = {"id": named.name(), "text": text.text()}
    if entry["model"].given:
        response["model"] = entry["model"].text()
    if entry["title"].given:
        response["metadata"] = {"title": entry["title"].text()}
    return response
