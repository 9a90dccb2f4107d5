"""The sample tasks are real input: everything that an import would refuse fails here."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import krippendorff
import pytest

from workbench.intake import (
    ParsedJudgment,
    ParsedPractice,
    open_source,
    read_items,
    read_judgments,
    read_practice,
)
from workbench.paths import data_dir
from workbench.task_types import get
from workbench.task_types.base import Item

SAMPLES = data_dir("sample_tasks")

#: Measured on this cut; all 999 pairs give .864.
PANDALM_ALPHA = 0.8637

#: slug to (items, judgments, reviewers who judged).
SIZES = {
    "respuestas-abiertas": (80, 0, 0),
    "pares-pandalm": (331, 870, 3),
    "sesgos-es": (90, 0, 0),
    "bias-en": (60, 0, 0),
    "hatecheck-raters": (301, 1505, 10),
    "ataques-xstest": (124, 166, 2),
    "calificaciones-pandalm": (40, 0, 0),
    "respuestas-por-corregir": (40, 0, 0),
    "pasos-de-razonamiento": (44, 0, 0),
}

each_project = pytest.mark.parametrize("slug", SIZES)
judged_project = pytest.mark.parametrize("slug", [s for s, size in SIZES.items() if size[1]])


@cache
def project(slug: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SAMPLES / slug / "project.json").read_text("utf-8"))
    return loaded


@cache
def items(slug: str) -> tuple[Item, ...]:
    """What the import makes of the items. Fails with every line it refuses."""
    task_type = get(project(slug)["type"])
    config = task_type.parse_config(project(slug)["config"])
    with open_source(SAMPLES / slug / "items.jsonl") as source:
        lines = list(read_items(source, task_type, config))
    assert [problem for line in lines for problem in line.problems] == []
    return tuple(line.parsed for line in lines if line.parsed is not None)


@cache
def judgments(slug: str) -> tuple[ParsedJudgment, ...]:
    """What the import makes of the judgments; none where the project has no such file."""
    path = SAMPLES / slug / "judgments.jsonl"
    if not path.exists():
        return ()
    with open_source(path) as source:
        lines = list(read_judgments(source))
    assert [problem for line in lines for problem in line.problems] == []
    return tuple(line.parsed for line in lines if line.parsed is not None)


def by_item(slug: str) -> dict[str, list[ParsedJudgment]]:
    found: dict[str, list[ParsedJudgment]] = defaultdict(list)
    for judgment in judgments(slug):
        found[judgment.item].append(judgment)
    return found


def nominal_alpha(units: list[list[Any]]) -> float:
    """Krippendorff's alpha of the values given to each unit, by the reference package."""
    values = sorted({value for unit in units for value in unit}, key=str)
    counts = [[unit.count(value) for value in values] for unit in units]
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def pandalm_label(item: Item, answer: dict[str, Any]) -> int:
    """The label as PandaLM has it: 0 a tie, 1 or 2 the better one of its two models."""
    if len(answer["tiers"]) == 1:
        return 0
    better = item.response(answer["tiers"][0][0]).model
    models: list[str] = item.metadata["cmp_key"].split("_")
    return 1 + models.index(better)


def test_every_folder_is_a_project_and_every_project_is_listed_in_the_readme() -> None:
    assert {path.parent.name for path in SAMPLES.glob("*/*.json*")} == set(SIZES)
    readme = (SAMPLES / "README.md").read_text("utf-8")
    for slug, (n_items, n_judgments, _) in SIZES.items():
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{slug}` |"))
        assert str(n_items) in row
        assert not n_judgments or f"{n_judgments:,}" in row


def test_the_readme_names_each_source_with_its_licence_and_the_warning() -> None:
    readme = (SAMPLES / "README.md").read_text("utf-8")
    for source in ("PandaLM", "EsBBQ"):
        assert any(f"| {source} |" in x and "Apache-2.0" in x for x in readme.splitlines())
    for source in ("XSTest", "HateCheck", "Multilingual HateCheck"):
        assert any(f"| {source} |" in x and "CC-BY-4.0" in x for x in readme.splitlines())
    assert "hateful or harmful by design" in readme
    assert "Severity was not in the source" in readme
    assert "Severity, direction and category are not in the source" in readme


def test_all_of_them_together_stay_under_three_megabytes() -> None:
    files = [path for slug in SIZES for path in (SAMPLES / slug).iterdir()]
    assert sum(path.stat().st_size for path in files) < 3_000_000


def test_the_projects_have_an_order_without_gaps() -> None:
    assert sorted(project(slug)["order"] for slug in SIZES) == list(range(1, len(SIZES) + 1))


@each_project
def test_a_project_file_says_what_the_folder_holds(slug: str) -> None:
    told = project(slug)
    assert set(told) - {"weeks", "agreement_floor"} == {
        "slug", "type", "title", "overlap", "config", "languages", "order",
    }  # fmt: skip
    assert told["slug"] == slug
    assert all(told["title"][language].strip() for language in ("es", "en"))
    assert sorted(told["languages"]) == sorted({item.language for item in items(slug)})


@each_project
def test_items_have_the_import_format_and_ids_of_their_own(slug: str) -> None:
    found = items(slug)
    assert len(found) == len({item.id for item in found}) == SIZES[slug][0]
    fields = {"id", "language", "prompt", "responses", "tags", "harm", "metadata"}
    for line in (SAMPLES / slug / "items.jsonl").read_text("utf-8").splitlines():
        raw = json.loads(line)
        assert set(raw) == fields
        text = "steps" if project(slug)["type"] == "steps" else "text"
        assert all(set(response) == {"id", "model", text} for response in raw["responses"])


@each_project
def test_response_ids_are_letters_and_every_response_names_its_origin(slug: str) -> None:
    for item in items(slug):
        assert [r.id for r in item.responses] == list("abcd"[: len(item.responses)])
        models = [response.model for response in item.responses]
        assert all(models)
        assert len(set(models)) == len(models)


@pytest.mark.parametrize("slug", ["respuestas-abiertas", "pares-pandalm", "calificaciones-pandalm"])
def test_no_letter_belongs_to_a_model(slug: str) -> None:
    first = Counter(item.responses[0].model for item in items(slug))
    appearances = Counter(r.model for item in items(slug) for r in item.responses)
    for model, total in appearances.items():
        assert 0.1 < first[model] / total < 0.75, model


@judged_project
def test_every_judgment_is_an_answer_that_its_type_accepts_unchanged(slug: str) -> None:
    task_type = get(project(slug)["type"])
    config = task_type.parse_config(project(slug)["config"])
    known = {item.id: item for item in items(slug)}
    for judgment in judgments(slug):
        item = known[judgment.item]
        clean = task_type.check_answer(judgment.answer, item, config)
        assert task_type.check_answer(clean, item, config) == clean
        assert set(task_type.units(clean, item, config))


@judged_project
def test_judgments_stay_within_the_overlap_and_nobody_judges_an_item_twice(slug: str) -> None:
    overlap = project(slug)["overlap"]
    for item, given in by_item(slug).items():
        reviewers = [judgment.reviewer for judgment in given]
        assert len(reviewers) <= overlap, item
        assert len(set(reviewers)) == len(reviewers), item


@judged_project
def test_the_judgments_are_as_many_as_said_and_disagree_somewhere(slug: str) -> None:
    _, n_judgments, n_reviewers = SIZES[slug]
    assert len(judgments(slug)) == n_judgments
    assert len({judgment.reviewer for judgment in judgments(slug)}) == n_reviewers
    assert any(len({str(j.answer) for j in given}) > 1 for given in by_item(slug).values())


@judged_project
def test_judgments_claim_no_time_that_their_source_does_not_tell(slug: str) -> None:
    for judgment in judgments(slug):
        assert (judgment.at, judgment.active_seconds, judgment.shown) == (None, None, None)


@pytest.mark.parametrize("slug", ["pares-pandalm", "ataques-xstest"])
def test_a_judged_project_leaves_items_to_judge(slug: str) -> None:
    assert 40 <= SIZES[slug][0] - len(by_item(slug)) <= 45


def test_alpha_of_the_pandalm_cut_is_near_that_of_the_whole_set() -> None:
    known = {item.id: item for item in items("pares-pandalm")}
    units = [
        [pandalm_label(known[item], judgment.answer) for judgment in given]
        for item, given in by_item("pares-pandalm").items()
    ]
    alpha = nominal_alpha(units)
    assert len(units) == 290
    assert 0.8 < alpha < 0.95
    assert alpha == pytest.approx(PANDALM_ALPHA, abs=5e-4)


def test_hatecheck_judgments_keep_the_disagreement_of_the_raters() -> None:
    units = [[j.answer["none"] for j in given] for given in by_item("hatecheck-raters").values()]
    assert all(len(unit) == 5 for unit in units)
    # All 3,901 texts give .928.
    assert nominal_alpha(units) == pytest.approx(0.926, abs=5e-4)


def test_hatecheck_categories_fit_the_words_of_the_text() -> None:
    words = {
        "gender_identity": ("wom", "female", "trans", "bitch", "slut", "whore", "shemale"),
        "religion": ("muslim", "jihadi", "muzzie", "camel"),
        "nationality": ("immigrant", "wetback", "rapefugee"),
        "disability_status": ("disabled", "retard", "cripple", "mong"),
    }  # fmt: skip
    known = {item.id: item.responses[0].text.lower() for item in items("hatecheck-raters")}
    flagged = {
        (flag["category"], known[judgment.item])
        for judgment in judgments("hatecheck-raters")
        for flag in judgment.answer["flags"]
    }
    for category, stems in words.items():
        # A stem of another group would show that the groups are shifted against the texts.
        others = [stem for c, found in words.items() if c != category for stem in found]
        texts = [text for c, text in flagged if c == category]
        assert sum(any(stem in text for stem in stems) for text in texts) > 0.7 * len(texts)
        assert not any(stem in text for stem in others for text in texts)


@pytest.mark.parametrize("slug", ["ataques-xstest", "bias-en"])
def test_unsafe_prompts_are_covered_and_safe_ones_are_not(slug: str) -> None:
    adversarial = get("adversarial")
    harms = {harm["code"] for harm in adversarial.parse_config({})["harms"]}
    for item in items(slug):
        unsafe = item.metadata["type"].startswith("contrast_")
        assert (item.harm in harms) if unsafe else (item.harm is None)


def test_hateful_texts_are_covered_whatever_their_label_says() -> None:
    texts = [i for i in items("sesgos-es") if i.id.startswith("hatecheck-es-")]
    assert len(texts) == 30
    assert {item.harm for item in (*texts, *items("hatecheck-raters"))} == {"hte"}


def test_spanish_questions_are_balanced_over_files_polarity_and_context() -> None:
    questions = [item for item in items("sesgos-es") if item.harm is None]
    cells = Counter(
        (item.metadata[key], key)
        for item in questions
        for key in ("source", "question_polarity", "context_condition")
    )
    assert {cells[f"esbbq/{name}", "source"] for name in ("Nationality", "Religion")} == {20}
    assert cells["neg", "question_polarity"] == cells["nonneg", "question_polarity"] == 30
    assert (cells["ambig", "context_condition"], cells["disambig", "context_condition"]) == (36, 24)
    assert all(item.responses[0].text != "unknown" for item in questions)


def test_what_is_to_be_rewritten_is_in_two_languages_and_no_open_answer_comes_twice() -> None:
    found = items("respuestas-por-corregir")
    assert Counter(item.language for item in found) == {"en": 28, "es": 12}
    elsewhere = {item.prompt for item in items("respuestas-abiertas")}
    assert not elsewhere & {item.prompt for item in found}
    assert all(item.responses[0].text.strip() for item in found)
    questions = [item for item in found if item.language == "es"]
    right = [q for q in questions if q.metadata["option"] == q.metadata["right_option"]]
    assert (len(questions), len(right)) == (12, 3)


@each_project
@pytest.mark.parametrize("language", ["es", "en"])
def test_guidelines_are_short_plain_markdown_with_what_a_reviewer_asks(
    slug: str, language: str
) -> None:
    text = (SAMPLES / slug / f"guideline.{language}.md").read_text("utf-8")
    assert text.startswith("# ")
    assert 150 < len(text.split()) < 600
    assert "<" not in text
    wanted = {"es": ("mit", "scal", "## Ejemplos"), "en": ("kip", "scalate", "## Examples")}
    assert all(part in text for part in wanted[language])
    assert 2 <= text.split(wanted[language][2])[1].count("\n- ") <= 3


@pytest.fixture(scope="module")
def cut() -> Any:
    spec = importlib.util.spec_from_file_location("sample_cut", SAMPLES / "cut.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generator_makes_these_projects_and_no_others(cut: Any) -> None:
    assert list(cut.PROJECTS) == sorted(SIZES, key=lambda slug: project(slug)["order"])


@each_project
def test_items_lie_in_the_order_that_the_generator_gives(cut: Any, slug: str) -> None:
    ids = [item.id for item in items(slug)]
    assert cut.digest_order(sorted(ids)) == ids


@each_project
def test_letters_are_those_that_the_generator_gives(cut: Any, slug: str) -> None:
    for item in items(slug):
        models = [response.model for response in item.responses]
        assert cut.digest_order(sorted(models), item.id) == models


def test_what_is_rated_is_not_what_is_ranked() -> None:
    ranked = {item.prompt for item in items("respuestas-abiertas")}
    assert not ranked & {item.prompt for item in items("calificaciones-pandalm")}


def test_rows_that_are_spread_out_are_the_middles_of_equal_stretches(cut: Any) -> None:
    assert cut.spread(range(100), 4) == [12, 37, 62, 87]
    assert cut.spread("abc", 3) == ["a", "b", "c"]


def test_the_generator_turns_a_label_of_pandalm_into_tiers_of_the_right_letters(
    cut: Any, tmp_path: Path
) -> None:
    pair = {"cmp_key": "m1_m2", "instruction": "Say hi", "input": "", "motivation_app": "Gmail",
            "response1": "Hi ", "response2": "Ho"}  # fmt: skip
    rows = [{**pair, "idx": n, "annotator1": 0, "annotator2": 1, "annotator3": 2} for n in range(3)]
    (tmp_path / "pandalm").mkdir()
    (tmp_path / "pandalm/testset-v1.json").write_text(json.dumps(rows), "utf-8")
    [item], judged = cut.pares_pandalm(tmp_path)
    letter = {response["model"]: response["id"] for response in item["responses"]}
    texts = {response["model"]: response["text"] for response in item["responses"]}
    assert texts == {"m1": "Hi ", "m2": "Ho"}
    assert item["tags"] == ["mail and chat"]
    assert [judgment["answer"]["tiers"] for judgment in judged] == [
        [["a", "b"]],
        [[letter["m1"]], [letter["m2"]]],
        [[letter["m2"]], [letter["m1"]]],
    ]


def test_every_kind_of_task_has_its_week(cut: Any) -> None:
    weeks = [tag for week in project("pares-pandalm")["weeks"] for tag in week]
    assert sorted(weeks) == sorted(cut.PANDALM_KINDS)
    assert {tag for item in items("pares-pandalm") for tag in item.tags} == set(weeks)


# To practise on


def to_practise_on(slug: str) -> list[ParsedPractice]:
    """What is made of the practice items. Fails with every line that is refused."""
    task_type = get(project(slug)["type"])
    config = task_type.parse_config(project(slug)["config"])
    with open_source(SAMPLES / slug / "practice.jsonl") as source:
        lines = list(read_practice(source, task_type, config))
    assert [problem for line in lines for problem in line.problems] == []
    return [line.parsed for line in lines if line.parsed is not None]


def test_practice_items_are_good_and_none_of_them_is_judged_live() -> None:
    files = {path.parent.name for path in SAMPLES.glob("*/practice.jsonl")}
    assert files == {"sesgos-es"}
    given = to_practise_on("sesgos-es")
    assert len(given) == 8
    live = {item.id for item in items("sesgos-es")}
    texts = {(item.prompt, item.responses[0].text) for item in items("sesgos-es")}
    for each in given:
        assert each.item.id not in live
        assert (each.item.prompt, each.item.responses[0].text) not in texts
        assert each.item.metadata["source"]
    # As many with bias as without: nobody passes by always saying the same.
    assert sum(each.expected["none"] for each in given) == 4
