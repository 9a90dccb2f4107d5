"""Inspect of the UK AI Security Institute: logs in JSON, and `.eval`, a zip of JSON.

UKGovernmentBEIS/inspect_ai@499e615 `log/_log.py`: {eval: {model, task}, samples: [{id, epoch,
input, choices, target, messages, output, scores, metadata, error}]}. The same sample of one task,
in all logs and epochs that are named at once, becomes one item whose responses are the models' last
answers. Its prompt is the sample's input or, where there are choices to be shown with it, the
messages that came before the first answer.

Targets, metadata and scores are kept as metadata, the scores beside each response: a score is a
scorer's, whoever that is, and no judgment. Samples that ended in an error or without text are
counted. Not carried: turns between the input and the last answer, calls of tools, reasoning,
pictures (a prompt with one is wrong), events, usage, settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.intake.tools.base import (
    Gather,
    Given,
    Made,
    Part,
    Place,
    Tool,
    language_of,
    messages_of,
)
from workbench.intake.tools.inspect_files import samples_of
from workbench.intake.tools.runs import NO_ANSWER, TYPES, Run, check_same, responses_of
from workbench.messages import N_


def _key(part: Part) -> str:
    log, sample = part.record["log"], part.record["sample"]
    return f"{log['task'].text()}\n{sample['id'].name()}"


def make(parts: Sequence[Part], given: Given) -> Made:
    """One sample with the answers to it."""
    made = Made()
    runs, prompts = [], []
    for part in parts:
        sample = part.record["sample"]
        text = _answer(sample)
        if text is None:
            made.left.append(NO_ANSWER)
            continue
        prompts.append((sample["input"], _prompt(sample)))
        runs.append(Run(part.record["log"]["model"].text(), text, _scores(sample)))
    if not runs:
        return made
    check_same(prompts)
    log, sample = parts[0].record["log"], parts[0].record["sample"]
    metadata = dict(sample["metadata"].value) if sample["metadata"].given else {}
    if sample["target"].given:
        metadata["target"] = sample["target"].value
    item = {
        "id": f"inspect-{log['task'].text()}-{sample['id'].name()}",
        "language": language_of(given, Place(metadata.get("language"), "metadata.language")),
        "prompt": prompts[0][1],
        "responses": responses_of(runs),
        "tags": [log["task"].text()],
        "metadata": metadata,
    }
    made.items.append(item)
    return made


def _prompt(sample: Place) -> Any:
    choices = sample["choices"]
    if not (choices.given and choices.value):
        return messages_of(sample["input"])
    asked = []
    for message in sample["messages"].entries():
        if message["role"].value == "assistant":
            break
        asked.append(message.value)
    return messages_of(Place(asked, sample["messages"].path))


def _answer(sample: Place) -> str | None:
    """The text of the last answer; None without."""
    output = sample["output"]
    if sample["error"].given or not (output.given and output["choices"].given):
        return None
    message = next((choice["message"] for choice in output["choices"].entries()), None)
    if message is None:
        return None
    content = message["content"]
    if isinstance(content.value, list):
        parts = [part["text"].text() for part in content.entries() if part["type"].value == "text"]
        text = "".join(parts)
    else:
        text = content.text()
    return text if text.strip() else None


def _scores(sample: Place) -> dict[str, Any]:
    """Values by scorer."""
    scores = sample["scores"].fields() if sample["scores"].given else {}
    return {name: score["value"].value for name, score in scores.items() if score["value"].given}


TOOL = Tool(
    name="inspect",
    title="Inspect",
    types=TYPES,
    options=("language",),
    without=N_(
        "judgments, of which these files have none; turns before the last answer, calls of tools,"
        " reasoning, events and settings"
    ),
    make=Gather(_key, make),
    read=samples_of,
)
