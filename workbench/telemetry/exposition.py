"""Figures as Prometheus reads them: text format 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.telemetry.counts import BOUNDS, CLASSES, Tally

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: (what follows the metric's name, labels, value)
Sample = tuple[str, Mapping[str, str], float]


@dataclass(frozen=True)
class Metric:
    """A figure, or one for each set of labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: Sequence[Sample]


def one(kind: Literal["counter", "gauge"], name: str, about: str, value: float) -> Metric:
    """A figure without labels."""
    return Metric(name, kind, about, [("", {}, value)])


def by(label: str, name: str, about: str, values: Mapping[str, float]) -> Metric:
    """A gauge for each value of the label."""
    return Metric(name, "gauge", about, [("", {label: key}, n) for key, n in values.items()])


def of_requests(tallies: Sequence[Tally]) -> list[Metric]:
    """The requests of all processes, and how long they took."""
    return [
        Metric(
            "workbench_requests_total",
            "counter",
            "Requests answered.",
            [sample for tally in tallies for sample in _by_class(tally)],
        ),
        Metric(
            "workbench_request_seconds",
            "histogram",
            "Seconds until the answer was made; its way to the client is left out.",
            [sample for tally in tallies for sample in _histogram(tally)],
        ),
    ]


def _by_class(tally: Tally) -> Iterator[Sample]:
    for status, count in zip(CLASSES, tally.by_class, strict=True):
        if count:
            yield "", {**_labels(tally), "status": status}, count


def _histogram(tally: Tally) -> Iterator[Sample]:
    bounds = [*map(str, BOUNDS), "+Inf"]
    for bound, count in zip(bounds, tally.within, strict=True):
        yield "_bucket", {**_labels(tally), "le": bound}, count
    yield "_sum", _labels(tally), tally.seconds
    yield "_count", _labels(tally), tally.within[-1]


def _labels(tally: Tally) -> dict[str, str]:
    return {"endpoint": tally.endpoint, "method": tally.method}


def text(metrics: Iterable[Metric]) -> str:
    """All of them, with what they are."""
    return "".join(line + "\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {_escaped(metric.help)}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for suffix, labels, value in metric.samples:
        inside = ",".join(f'{name}="{_quoted(text)}"' for name, text in labels.items())
        yield f"{metric.name}{suffix}{'{' + inside + '}' if inside else ''} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
