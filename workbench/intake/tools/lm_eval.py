"""lm-evaluation-harness: `samples_TASK_TIME.jsonl`, as `--log_samples` writes it.

EleutherAI/lm-evaluation-harness@4e7e0d4 `loggers/evaluation_tracker.py`: a line a document and
filter, {doc_id, doc, target, arguments, resps, filtered_resps, filter, metrics, doc_hash, ...} and
a number for each metric. The task stands in the name of the file, the model in that of its folder
(org__name), or is said beside it. The same document of one task, in all files that are named at
once, becomes one item whose responses are the outputs of the models, whole (`resps`).

The prompt is what the model was sent, as text or as the messages that stand there in JSON; where
chat templates make that differ by model, prompt=FIELD shows a field of the document in its place.
Targets and metrics are kept as metadata, the metrics beside each response. There are no judgments
of people in these files. Documents that were scored by log-likelihood alone have no output to judge
and are counted. Not carried: the document itself, settings of the generation, filtered outputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from workbench.intake.strict_json import read_json
from workbench.intake.tools.base import (
    Gather,
    Given,
    Made,
    Part,
    Place,
    Tool,
    language_of,
    made_id,
    messages_of,
)
from workbench.intake.tools.runs import NO_ANSWER, TYPES, Run, check_same, responses_of
from workbench.messages import N_

_SEVERAL = N_("documents that were asked in several requests")
_FILE = re.compile(r"samples_(.+?)(_[0-9]{4}-[0-9]{2}-[0-9]{2}T[^/]*)?\.jsonl?(\.gz)?")


def _key(part: Part) -> str:
    return f"{_task(part.file)}\n{part.record['doc_id'].name()}"


def _path(file: str) -> PurePosixPath:
    return PurePosixPath(file.replace("\\", "/"))


def _task(file: str) -> str:
    found = _FILE.fullmatch(_path(file).name)
    return found.group(1) if found else ""


def _model(file: str, given: Given) -> str:
    """The model that is said, or the folder's name as the harness makes it of the model's."""
    folder = _path(file).parent.name if _FILE.fullmatch(_path(file).name) else ""
    return given.options.get("model") or folder.replace("__", "/")


def make(parts: Sequence[Part], given: Given) -> Made:
    """One document with the outputs for it."""
    first = parts[0].record
    made = Made()
    runs: dict[tuple[str, int], Run] = {}
    prompts = []
    for part in parts:
        texts = list(_texts(part.record, made))
        if texts:
            prompts.append(_prompt(part.record, given))
        for number, text in enumerate(texts):
            run = runs.setdefault((part.file, number), Run(_model(part.file, given), text))
            if run.text != text:
                why = N_("says something else than the same document before it in this file")
                raise part.record["resps"].wrong(why)
            run.scores.update(_scores(part.record))
    if not runs:
        return made
    check_same(prompts)
    task, prompt = _task(parts[0].file), prompts[0][1]
    doc = first["doc_id"].name()
    named = f"lm-eval-{task}-{doc}" if task else made_id("lm-eval", doc, str(prompt))
    item = {
        "id": named,
        "language": language_of(given, first["language"]),
        "prompt": prompt,
        "responses": responses_of(list(runs.values())),
        "tags": [task] if task else [],
        "metadata": {"target": first["target"].value} if first["target"].given else {},
    }
    made.items.append(item)
    return made


def _texts(record: Place, made: Made) -> Iterator[str]:
    """The outputs for a document: one, or several where it was repeated."""
    requests = list(record["resps"].entries())
    if len(requests) > 1:
        made.left.append(_SEVERAL)
        return
    for request in requests:
        outputs = list(request.entries()) if isinstance(request.value, list) else [request]
        for output in outputs:
            if isinstance(output.value, str) and output.value.strip():
                yield output.value
            else:
                made.left.append(NO_ANSWER)


def _prompt(record: Place, given: Given) -> tuple[Place, Any]:
    """What is shown as the prompt, and where it stands."""
    if "prompt" in given.options:
        place = record["doc"][given.options["prompt"]]
        return place, messages_of(place)
    sent = record["arguments"]
    named = isinstance(sent.value, dict)
    place = sent["gen_args_0"]["arg_0"] if named else sent.first().first()
    if isinstance(place.value, list):
        place = place.first()
    return place, _messages(place)


def _messages(place: Place) -> Any:
    """Messages that are written out as JSON, else the text."""
    text = place.text()
    if text.startswith("[{"):
        value, faults, broken = read_json(text.encode())
        if not faults and not broken and all(isinstance(m, dict) and "role" in m for m in value):
            return messages_of(Place(value, place.path))
    return text


def _scores(record: Place) -> dict[str, Any]:
    """The metrics of a document, called as in the results: metric,filter."""
    filtered = record["filter"].text() if record["filter"].given else "none"
    metrics = [m.text() for m in record["metrics"].entries()] if record["metrics"].given else []
    found = {name: record[name].value for name in metrics if record[name].given}
    return {f"{name},{filtered}": value for name, value in found.items()}


TOOL = Tool(
    name="lm-eval",
    title="lm-evaluation-harness",
    types=TYPES,
    options=("language", "prompt", "model"),
    without=N_(
        "judgments, of which these files have none; documents, settings of the generation, and"
        " filtered outputs"
    ),
    make=Gather(_key, make),
)
