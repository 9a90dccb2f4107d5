"""doccano: JSONL of sequence labelling, text classification, and relation extraction.

https://doccano.github.io/doccano/: {id, text, label: [[start, end, label], ...]}, {id, text, label:
[label, ...]}, or {id, text, entities: [{start_offset, end_offset, label}], relations}. A passage is
marked with a category, a label of the whole text marks the whole response. The text is the only
response; a field that holds its prompt can be named. An empty list says that there is nothing to
mark; a record without one is an item without a judgment. A file does not say who labelled (doccano
writes a file a person): the pseudonym is doccano, or the one that is given.

Offsets are those of JavaScript, in UTF-16 units (doccano/doccano#2290). A project that counts
grapheme clusters cannot be told from others: its offsets come out wrong behind an emoji. Not
carried: relations, comments, metadata fields.
"""

from __future__ import annotations

from typing import Any

from workbench.intake.tools import answers
from workbench.intake.tools.base import (
    NO_PROMPT,
    Given,
    Made,
    Place,
    Tool,
    language_of,
    made_id,
    messages_of,
)
from workbench.intake.tools.offsets import passage, utf16
from workbench.messages import N_

_RELATIONS = N_("relations")
_COMMENTS = N_("comments")


def make(record: Place, given: Given) -> Made:
    """One record."""
    text = record["text"].text()
    named = record["id"]
    prompt = given.options.get("prompt", "-")
    response = {"id": "text", "text": text}
    item = {
        "id": f"doccano-{named.name()}" if named.given else made_id("doccano", text),
        "language": language_of(given, record["language"]),
        "prompt": NO_PROMPT if prompt == "-" else messages_of(record[prompt]),
        "responses": [response],
    }
    made = Made(items=[item])
    for name, why in (("relations", _RELATIONS), ("Comments", _COMMENTS), ("comments", _COMMENTS)):
        made.left += [why for _ in record[name].entries()] if record[name].given else []
    labels = next((record[name] for name in ("label", "entities") if record[name].given), None)
    if labels is not None:
        found = [_flag(label, response, given) for label in labels.entries()]
        reviewer = given.options.get("reviewer", "doccano")
        judgment = {"item": item["id"], "reviewer": reviewer, "answer": answers.flags(found)}
        made.judgments.append(judgment)
    return made


def _flag(label: Place, response: dict[str, Any], given: Given) -> answers.Answer:
    if isinstance(label.value, str):
        return answers.flag(response, None, label, given)
    if isinstance(label.value, list):
        parts = list(label.entries())
        if len(parts) != 3:
            raise label.wrong(N_("must be [start, end, label]"))
        start, end, name = parts
    else:
        start, end, name = label["start_offset"], label["end_offset"], label["label"]
    return answers.flag(response, passage(response["text"], start, end, utf16), name, given)


TOOL = Tool(
    name="doccano",
    title="doccano",
    types=("bias",),
    options=("language", "reviewer", "direction", "severity", "prompt"),
    without=N_("who labelled, which it does not say, and fields of metadata"),
    make=make,
)
