"""Potato: what its annotators said, joined with the data file that they said it of.

potato-annotation 2.12.1 (davidjurgens/potato@f5ed5d4): `potato.export` with `csv`, `tsv` or `jsonl`
writes a row a person and instance, without the texts; `user_state.json` is the same of one person.
So the data file (JSON, JSON lines, CSV or TSV) is given beside them, in one go. Records are joined
by the instance's id. The older `annotated_instances.jsonl` shows the text itself, and the person is
the folder that it lies in.

- A ranking is made of `pairwise` (also on a scale, whose negative half says the first, and by
  dimension), of `ranking`, of best-worst scaling, or of `radio` that says which of two.
- A rating is made of `likert`, `radio`, `slider`, `multirate` and `rubric_eval`; the scheme, or the
  row of a table of several, is called like the attribute, or there is one attribute only.
- Marked passages are made of `span`, whole responses marked of `radio` and `multiselect`.

A selection says A or B, the place in the instance's list: the ids of the responses are those
letters. The person becomes the pseudonym potato-NAME, and an address a hash of it. Offsets count
code points (its `static/span-core.js`), or where `annotated_instances.jsonl` quotes no passage,
UTF-16 units; a quote decides. What a version before that counting marked behind an emoji, in a
file without quotes, comes out shifted. Not carried: links, events, regions of pictures, times,
behaviour, surveys, free text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from workbench.intake.tools import answers
from workbench.intake.tools.base import (
    NO_PROMPT,
    Gather,
    Given,
    Made,
    Part,
    Place,
    Tool,
    language_of,
    made_id,
)
from workbench.intake.tools.naming import prompt_in, responses_in
from workbench.intake.tools.offsets import Unit, code_points, passage, quoted_passage, utf16
from workbench.intake.tools.potato_files import records_of
from workbench.messages import N_

_OTHER = N_("answers to questions of another kind")
_LINKS = N_("links between passages")
_MIDDLE = N_("places of what was neither best nor worst")
_STRENGTH = N_("strengths on a scale of more than three steps")
_UNANSWERED = N_("annotations that answer nothing asked here")

_OLD = "label_annotations"
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,3}")
_TIER = re.compile(r"\s*,\s*")


def _key(part: Part) -> str:
    record = part.record
    return (record["instance_id"] if record["instance_id"].given else record["id"]).name()


def make(parts: Sequence[Part], given: Given) -> Made:
    """One instance, and what people said of it."""
    said = [part for part in parts if _is_said(part.record)]
    data = [part.record for part in parts if not part.record["instance_id"].given]
    bare = [record for record in data if not record[_OLD].given]
    source = next(iter(bare or data), None)
    if source is None:
        why = N_("is in no data file: bring the one that was annotated in with it")
        raise parts[0].record["instance_id"].wrong(why)
    for other in bare[1:]:
        if other.value != source.value:
            raise other["id"].wrong(N_("is there before, with other content"))
    item = _item(source, _key(parts[0]), given)
    made = Made(items=[item])
    for part in said:
        answer = _answer(part.record, item, given, made)
        if answer is None:
            made.left.append(_UNANSWERED)
            continue
        person = _person(part, given)
        made.judgments.append({"item": item["id"], "reviewer": person, "answer": answer})
    return made


def _is_said(record: Place) -> bool:
    return record["instance_id"].given or record[_OLD].given


def _item(data: Place, key: str, given: Given) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": f"potato-{key}",
        "language": language_of(given, data["language"], data["lang"]),
    }
    if data[_OLD].given:
        text = data["displayed_text"].text()
        return item | {"prompt": NO_PROMPT, "responses": [{"id": "text", "text": text}]}
    used, prompt = prompt_in(data, given)
    names, responses = responses_in(data, given)
    taken = {*used, *names, "id", "language", "lang"}
    rest = {k: place.value for k, place in data.fields().items() if k not in taken}
    return item | {"prompt": prompt, "responses": responses, "metadata": rest}


def _person(part: Part, given: Given) -> str:
    named = part.record["user_id"]
    if named.given:
        name = named.name()
    elif "reviewer" in given.options:
        return given.options["reviewer"]
    else:
        folders = part.file.replace("\\", "/").split("/")
        if len(folders) < 2:
            raise named.wrong(N_("is missing; say it beside the file, as in reviewer=NAME"))
        name = folders[-2]
    return made_id("potato", name) if "@" in name else f"potato-{name}"


def _answer(record: Place, item: dict[str, Any], given: Given, made: Made) -> answers.Answer | None:
    if record["links"].given and record["links"].fields():
        made.left.append(_LINKS)
    if given.type == "bias":
        return _bias(record, item, given)
    labels = _labels(record)
    found: dict[str, Any] = {}
    for scheme, said in labels.fields().items() if labels.given else ():
        of_scheme = (
            _ballots(scheme, said, item, made)
            if given.type == "ranking"
            else _ratings(scheme, said, given)
        )
        made.left += [] if of_scheme else [_OTHER]
        found.update(of_scheme)
    if given.type == "ranking":
        return answers.ranking(found, given, labels)
    return answers.rating({_only(labels, item)["id"]: found}) if found else None


def _only(labels: Place, item: dict[str, Any]) -> dict[str, Any]:
    """The response that an answer is about. Raises Invalid where there are several."""
    [response, *others] = item["responses"]
    if others:
        raise labels.wrong(N_("says it of several responses: name the one, as in response=FIELD"))
    found: dict[str, Any] = response
    return found


def _ballots(
    scheme: str, said: Place, item: dict[str, Any], made: Made
) -> dict[str, answers.Answer]:
    """By question: what a scheme says of the responses; empty where it says nothing of them."""
    ids = [response["id"] for response in item["responses"]]
    values = said.fields()
    if "rank_order" in values:
        order = values["rank_order"].text()
        tiers = [[name.strip() for name in tier.split("=")] for tier in _TIER.split(order)]
        return {scheme: answers.ballot(tiers)}
    if {"best", "worst"} <= values.keys():
        return {scheme: _best_worst(values["best"].text(), values["worst"].text(), ids, made)}
    if len(ids) != 2:
        return {}
    if "scale_value" in values:
        return {scheme: _scaled(values["scale_value"], ids, made)}
    if "selection" in values:
        found = answers.of_two(values["selection"].text(), ids)
        return {} if found is None else {scheme: found}
    chosen = _chosen(said)
    if len(chosen) == 1 and (found := answers.of_two(chosen[0].text(), ids)) is not None:
        return {scheme: found}
    by_dimension = {
        name: answers.of_two(value.text(), ids)
        for name, value in values.items()
        if isinstance(value.value, str)
    }
    return {name: found for name, found in by_dimension.items() if found is not None}


def _best_worst(best: str, worst: str, ids: list[str], made: Made) -> answers.Answer:
    """Best and worst of several; one between them has its place, two are not compared."""
    middle = [name for name in ids if name not in (best, worst)]
    if len(middle) == 1:
        return answers.ballot([[best], middle, [worst]])
    made.left += [_MIDDLE] if middle else []
    return answers.ballot([[best], [worst]])


def _scaled(value: Place, ids: list[str], made: Made) -> answers.Answer:
    amount = _number(value)
    if amount is None:
        raise value.wrong(N_("must be a whole number"))
    if amount == 0:
        return answers.ballot([ids])
    best, other = ids if amount < 0 else reversed(ids)
    if abs(amount) > 3:
        made.left.append(_STRENGTH)
        return answers.preferred(best, other)
    return answers.preferred(best, other, strength=abs(amount))


def _ratings(scheme: str, said: Place, given: Given) -> dict[str, int]:
    """By attribute: what a scheme says; empty where it asks for none of them."""
    keys = {attribute["key"] for attribute in given.config["attributes"]}
    values = said.fields()
    rows = {name: value for name, value in values.items() if name in keys}
    if rows:
        return {name: answers.anchored(value, name, given) for name, value in rows.items()}
    attribute = answers.attribute_for(scheme, given)
    if attribute is None or len(values) != 1:
        return {}
    [(name, value)] = values.items()
    place = value if name in ("slider", "scale_value") else Place(name, value.path)
    return {attribute: answers.anchored(place, attribute, given)}


def _number(value: Place) -> int | None:
    if type(value.value) is int:
        return value.value
    text = value.text()
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def _chosen(said: Place) -> list[Place]:
    """The names of the labels that were chosen, as places to read them from."""
    return [
        Place(name, place.path)
        for name, place in said.fields().items()
        if place.value not in (False, None, "", "false")
    ]


def _labels(record: Place) -> Place:
    return record[_OLD] if record[_OLD].given else record["labels"]


def _bias(record: Place, item: dict[str, Any], given: Given) -> answers.Answer:
    labels = _labels(record)
    spans = record["span_annotations"] if record[_OLD].given else record["spans"]
    response = _only(labels, item)
    wanted = given.options.get("question")
    found = [
        answers.flag(response, None, label, given)
        for scheme, said in (labels.fields() if labels.given else {}).items()
        if wanted in (None, scheme)
        for label in _chosen(said)
    ]
    for span in _spans(spans, wanted):
        label = next(
            (span[name] for name in ("name", "label", "annotation") if span[name].given),
            span["label"],
        )
        passage_of = _passage(span, response["text"], utf16 if record[_OLD].given else code_points)
        found.append(answers.flag(response, passage_of, label, given))
    return answers.flags(found)


def _spans(spans: Place, wanted: str | None) -> list[Place]:
    """A list, or lists by scheme."""
    if not spans.given:
        return []
    if isinstance(spans.value, list):
        return list(spans.entries())
    lists = [said for scheme, said in spans.fields().items() if wanted in (None, scheme)]
    return [span for said in lists for span in said.entries()]


def _passage(span: Place, text: str, unit: Unit) -> tuple[int, int]:
    for name in ("text", "span"):
        if span[name].given and span[name].value != "":
            return quoted_passage(text, span["start"], span["end"], span[name])
    return passage(text, span["start"], span["end"], unit)


TOOL = Tool(
    name="potato",
    title="Potato",
    types=("ranking", "rating", "bias"),
    options=(
        "language", "reviewer", "direction", "severity", "prompt", "left", "right", "responses",
        "response", "question",
    ),
    without=N_(
        "links, events, regions of pictures, answers in free text, surveys, and when and how"
        " people worked"
    ),
    make=Gather(_key, make),
    read=records_of,
)  # fmt: skip
