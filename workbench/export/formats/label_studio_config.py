"""The labelling configuration for tasks that `label_studio` writes.

https://labelstud.io/guide/setup: a tree of tags. A name stands for one tag in the whole of it, the
buckets of a ranker among them, and every object and control that a result names has to be there:
Label Studio shows nothing of others, and drops them when somebody saves. What is only carried along
lies in a view that is not shown.

Titles are those of the project, in Spanish and English; results hold the codes (`alias`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from workbench.task_types.base import Config, Item
from workbench.task_types.ranking.ballot import VERDICTS

Element = ET.Element

#: How much better is said from 1 to this.
STRONGEST = 3
#: Text areas of what Label Studio has no place for.
CARRIED = (
    "workbench.reviewer",
    "workbench.at",
    "workbench.active_seconds",
    "workbench.shown",
)


def place(number: int) -> str:
    """What the object of the first (1), second, ... response is called."""
    return f"response_{number}"


def named(item: Item) -> dict[str, str]:
    """The object of each response, by the response's id."""
    return {response.id: place(number) for number, response in enumerate(item.responses, 1)}


def configuration(type_slug: str, config: Config, most: int) -> str:
    """The configuration of a project, for items of up to `most` responses."""
    least = 2 if type_slug == "ranking" else 1
    places = [place(number) for number in range(1, max(most, least) + 1)]
    parts = _PARTS[type_slug](config, places)
    prompt = _tag("Paragraphs", "prompt", value="$prompt", nameKey="role", textKey="content",
                  layout="dialogue")  # fmt: skip
    root = _view([prompt, *parts, _hidden(_area(name, "prompt") for name in CARRIED)])
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _tag(kind: str, name: str | None = None, **attributes: str) -> Element:
    return Element(kind, {"name": name, **attributes} if name else attributes)


def _control(kind: str, name: str, to: str, **attributes: str) -> Element:
    return _tag(kind, name, toName=to, **attributes)


def _area(name: str, to: str, **attributes: str) -> Element:
    more = {"rows": "2", "editable": "true", "placeholder": name, **attributes}
    return _control("TextArea", name, to, **more)


def _view(parts: Iterable[Element], **attributes: str) -> Element:
    view = Element("View", attributes)
    view.extend(parts)
    return view


def _hidden(parts: Iterable[Element]) -> Element:
    return _view(parts, style="display: none")


def _header(text: str) -> Element:
    return _tag("Header", value=text, size="5")


def _both(title: Mapping[str, str]) -> str:
    """A title in both languages, once where they are the same."""
    return " · ".join(dict.fromkeys(title[language] for language in ("es", "en")))


def _text(name: str, number: int) -> Element:
    return _tag("Text", name, value=f"$responses[{number}].body")


def _options(control: Element, kind: str, titles: Mapping[str, str]) -> Element:
    """The control, with what can be chosen: codes to what people read."""
    control.extend(_tag(kind, value=title, alias=code) for code, title in titles.items())
    return control


def _titles(options: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What people read, by code; with the code where two would read the same."""
    found = {str(option["code"]): _both(option["title"]) for option in options}
    often = Counter(found.values())
    return {code: f"{t} ({code})" if often[t] > 1 else t for code, t in found.items()}


def _ranking(config: Config, places: list[str]) -> Iterator[Element]:
    criteria = config["criteria"]
    yield _tag("List", "responses", value="$responses")
    if not criteria:
        yield _pairs("preference", places)
    for criterion in criteria:
        yield _header(_both(criterion["title"]))
        yield from _ballot(criterion["key"], len(places))
    if not criteria:
        yield from _ballot("preference", len(places))


def _pairs(key: str, places: list[str]) -> Element:
    """Two texts to click on. Where some items have more, it only holds what was said of pairs."""
    texts = [_text(name, number) for number, name in enumerate(places[:2])]
    parts = [_control("Pairwise", key, ",".join(places[:2])), *texts]
    return _view(parts) if len(places) == 2 else _hidden(parts)


def _ballot(key: str, most: int) -> Iterator[Element]:
    ranker = _control("Ranker", f"{key}.tiers", "responses")
    names = [f"{key}.tier_{number}" for number in range(1, most + 1)]
    ranker.extend(_tag("Bucket", name, title=str(n)) for n, name in enumerate(names, 1))
    yield ranker
    verdicts = _control("Choices", f"{key}.verdict", "prompt", showInline="true")
    yield _options(verdicts, "Choice", {code: code for code in VERDICTS})
    yield _control("Rating", f"{key}.strength", "prompt", maxRating=str(STRONGEST))
    yield _area(f"{key}.reason", "prompt")


def _rating(config: Config, places: list[str]) -> Iterator[Element]:
    for number, name in enumerate(places):
        yield _text(name, number)
        for attribute in config["attributes"]:
            yield _header(_both(attribute["title"]))
            yield _scale(attribute["scale"], f"{attribute['key']}--{name}", name)
        yield _area(f"cannot_judge--{name}", name)
    yield _area("workbench.reason", "prompt")


def _scale(scale: Mapping[str, int], name: str, to: str) -> Element:
    """Stars begin at 1; what begins below is a number."""
    if scale["least"] >= 1:
        return _control("Rating", name, to, maxRating=str(scale["most"]))
    least, most = str(scale["least"]), str(scale["most"])
    return _control("Number", name, to, min=least, max=most, step="1")


def _bias(config: Config, places: list[str]) -> Iterator[Element]:
    for number, name in enumerate(places):
        labels = _control("Labels", f"category--{name}", name)
        yield _options(labels, "Label", _titles(config["taxonomy"]))
        yield _text(name, number)
        directions = _control("Choices", f"direction--{name}", name, perRegion="true")
        yield _options(directions, "Choice", _titles(config["directions"]))
        yield _control("Rating", f"severity--{name}", name, maxRating="3", perRegion="true")
        whole = _control("Choices", f"whole--{name}", name, choice="multiple", perRegion="true")
        yield _options(whole, "Choice", {"whole": "whole"})
        yield _area(f"reason--{name}", name, perRegion="true")


_PARTS = {"ranking": _ranking, "rating": _rating, "bias": _bias}
