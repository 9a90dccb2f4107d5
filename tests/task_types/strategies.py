"""What hypothesis feeds the task types: forms near the right one, noise, and hostile values."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from workbench import task_types
from workbench.task_types.base import Config, Item

FLAG_PARTS = (
    "response", "start", "end", "quote", "category", "direction", "severity", "reason",
)  # fmt: skip
CRITERIA = ("", "helpful.", "safe.")
BALLOT_FIELDS = ("pair", "verdict", "strength", "reason", *(f"tier-{i}" for i in range(5)))

#: Names that the forms know.
_NAMES = st.sampled_from(
    [
        *(prefix + name for prefix in CRITERIA for name in BALLOT_FIELDS),
        *(f"flag-{k}-{part}" for k in (0, 7) for part in FLAG_PARTS),
        *("turn-1", "turn-2", "turn-2-note", "turn-9"),
        *("none", "attack", "harm", "technique", "outcome", "severity", "better_response"),
        *(f"{part}-{i}" for part in ("rating", "cannot", "why") for i in range(3)),
        *(f"rating-{i}-{key}" for key in ("helpfulness", "verbosity", "safe") for i in range(3)),
        *("text", "problem-tone", "problem-", "problem"),
        *("step-1", "step-2", "step-3", "step-4", "cannot", "comment"),
    ]
)
#: Values that they know, that look like those, and any others.
_VALUES = st.one_of(
    st.sampled_from(["", "0", "1", "2", "3", "4", "=", "0>1", "1>0:2", "yes", "no", "all_bad"]),
    st.sampled_from(
        [
            "cannot_judge",
            "tie",
            "both_bad",
            "edited",
            "good_as_is",
            "region",
            "against",
            "vcr",
            "flip",
            "refused",
            "over_refused",
        ]
    ),
    st.sampled_from(["x\r\ny", " ", "1e3", "١", "-1", "0>0", "\0", "9" * 5000]),
    st.text(max_size=8),
)
NOISE = st.dictionaries(_NAMES, _VALUES, max_size=12)


@st.composite
def near_forms(draw: st.DrawFn, slug: str, item: Item, config: Config) -> dict[str, str]:
    """A form that is often right: it has every field, and the choices in it exist."""
    if slug == "ranking":
        prefixes = [f"{criterion['key']}." for criterion in config["criteria"]] or [""]
        return {
            prefix + name: value
            for prefix in prefixes
            for name, value in draw(_ballots(len(item.responses))).items()
        }
    if slug == "bias":
        return {
            f"flag-{k}-{part}": value
            for k in range(draw(st.integers(1, 3)))
            for part, value in draw(_flags(item)).items()
        }
    if slug == "adversarial":
        return draw(_VERDICTS)
    if slug == "conversation":
        turns = {f"turn-{n}": draw(st.sampled_from(["0", "1", "tie", "both_bad"])) for n in (1, 2)}
        notes = {f"{name}-note": draw(st.sampled_from(["", "x"])) for name in turns}
        return {**draw(near_forms("ranking", item, config)), **turns, **notes}
    if slug == "rewrite":
        return draw(_REWRITES)
    if slug == "steps":
        return draw(_SOLUTIONS)
    return draw(_near_example(slug, item, config))


@st.composite
def _near_example(draw: st.DrawFn, slug: str, item: Item, config: Config) -> dict[str, str]:
    """The form of a type's example answer, in which some values are others of its values."""
    task_type = task_types.get(slug)
    form = task_type.fill_form(task_type.example_answer(item, config), item, config)
    others = st.sampled_from(sorted({*form.values(), "", "0", "1", "2", "x\r\ny"}))
    return {**form, **draw(st.dictionaries(st.sampled_from(sorted(form)), others, max_size=3))}


@st.composite
def _ballots(draw: st.DrawFn, size: int) -> dict[str, str]:
    numbers = draw(st.permutations([str(n + 1) for n in range(size)]))
    changes = draw(st.dictionaries(st.integers(0, size - 1), st.sampled_from(["", "1", "2"])))
    tiers = {f"tier-{i}": changes.get(i, number) for i, number in enumerate(numbers)}
    return {
        **tiers,
        "verdict": draw(st.sampled_from(["", "", "all_bad"])),
        "reason": draw(st.text(max_size=5)),
    }


@st.composite
def _flags(draw: st.DrawFn, item: Item) -> dict[str, str]:
    place = draw(st.integers(0, len(item.responses) - 1))
    length = len(item.responses[place].text)
    span = draw(st.none() | st.tuples(st.integers(0, length), st.integers(0, length)))
    start, end = ("", "") if span is None else (str(min(span)), str(max(span)))
    return {
        "response": str(place),
        "start": start,
        "end": end,
        "category": draw(st.sampled_from(["age", "region", "religion"])),
        "direction": "against",
        "severity": draw(st.sampled_from(["1", "2", "3"])),
        "reason": draw(st.text(max_size=5)),
    }


_VERDICTS = st.fixed_dictionaries(
    {
        "attack": st.sampled_from(["yes", "no"]),
        "harm": st.sampled_from(["", "", "vcr"]),
        "technique": st.sampled_from(["", "", "flip"]),
        "outcome": st.sampled_from(["complied", "refused", "over_refused", "harmless"]),
        "severity": st.sampled_from(["0", "3"]),
        "better_response": st.text(max_size=9),
    }
)


_REWRITES = st.fixed_dictionaries(
    {
        "verdict": st.sampled_from(["edited", "edited", "edited", "good_as_is", "cannot_judge"]),
        "text": st.sampled_from(["Otra cosa.\r\n", " \n", "Sí 👩‍🔬, claro."]) | st.text(max_size=9),
        "problem-tone": st.sampled_from(["", "", "1"]),
        "reason": st.text(max_size=5),
    }
)


_SOLUTIONS = st.fixed_dictionaries(
    {
        **{f"step-{n}": st.sampled_from(["1", "1", "1", "0", "-1"]) for n in (1, 2, 3)},
        "cannot": st.sampled_from(["", "", "", "1"]),
        "comment": st.sampled_from(["", "x"]),
    }
)


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["a", "b", "age", "against", "vcr", "all_bad", "cannot_judge", "refused"]),
    st.sampled_from(["edited", "good_as_is", "tone"]),
    st.sampled_from(["\ud800", "\0", "%(value)s", "%", "x" * 11_000]),
    st.just(10**4000),
)
#: Words of answers and of settings.
_KEYS = st.sampled_from(
    [
        *("tiers", "unranked", "verdict", "strength", "reason", "criteria", "helpful", "none"),
        *("flags", *FLAG_PARTS, "attack", "harm", "technique", "outcome", "better_response"),
        *("taxonomy", "directions", "harms", "techniques", "code", "title", "help", "es", "en"),
        *("key", "question", "strengths", "allow_ties", "allow_partial", "ask"),
        *("ratings", "cannot_judge", "attributes", "scale", "least", "most", "anchors", "value"),
        *("text", "decides", "allow_cannot_judge", "helpfulness"),
        *("text", "distance", "changes", "problems", "reason_required"),
        *("ratings", "comment", "after_first_bad", "neutral", "comment_required"),
    ]
)
#: Anything that a parser of JSON, or a careless caller, may hand over.
JUNK: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_KEYS | st.text(max_size=3) | st.integers(), inner, max_size=4)
        | st.dictionaries(st.just("\ud800%s" * 50), inner, max_size=1)
    ),
    max_leaves=12,
)


@st.composite
def spoiled(draw: st.DrawFn, right: Any) -> Any:
    """Something right in which one value, at any depth, is junk."""
    if isinstance(right, dict) and right and draw(st.booleans()):
        key = draw(st.sampled_from(list(right)))
        return {**right, key: draw(spoiled(right[key]))}
    if isinstance(right, list) and right and draw(st.booleans()):
        at = draw(st.integers(0, len(right) - 1))
        return [*right[:at], draw(spoiled(right[at])), *right[at + 1 :]]
    return draw(JUNK)
