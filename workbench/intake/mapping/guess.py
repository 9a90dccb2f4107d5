"""What the columns of a table are likely to be, by what they are called in English or Spanish.

A guess is a proposal that a person sees before anything is stored. A name is compared without case,
accents and separators; the first name of a list that is there wins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from workbench.intake.mapping.base import ColumnMapping
from workbench.intake.mapping.head import Head
from workbench.task_types.base import Config, TaskType

_IDS = (
    "id", "item_id", "question_id", "prompt_id", "example_id", "task_id", "case_id", "sample_id",
    "conversation_id", "uid", "uuid", "idx", "identificador", "codigo", "id_pregunta", "id_tarea",
)  # fmt: skip
_PROMPTS = (
    "prompt", "instruction", "question", "query", "user_prompt", "user_query", "pregunta",
    "instruccion", "consulta", "indicacion", "enunciado", "peticion", "input", "entrada",
)  # fmt: skip
_CONTEXTS = ("input", "context", "entrada", "contexto")
_LANGUAGES = ("language", "lang", "locale", "idioma", "lengua")
_TAGS = ("tags", "etiquetas")
_BODIES = (
    "response", "answer", "output", "completion", "generation", "candidate", "reply", "respuesta",
    "salida", "contestacion", "opcion",
)  # fmt: skip
_SINGLES = (
    *_BODIES, "model_output", "model_response", "prediction", "text", "test_case",
    "respuesta_modelo", "texto",
)  # fmt: skip
_PAIRS = (("chosen", "rejected"), ("elegida", "rechazada"), ("left", "right"), ("a", "b"))
_MODELS = ("model", "modelo", "generator", "model_name", "nombre_modelo")
_REVIEWERS = (
    "reviewer", "annotator", "annotator_id", "rater", "rater_id", "judge", "worker", "worker_id",
    "labeler", "evaluador", "evaluadora", "anotador", "anotadora", "juez", "persona",
)  # fmt: skip
_WINNERS = (
    "winner", "preference", "preferred", "choice", "better", "vote", "verdict", "ganador",
    "ganadora", "preferencia", "preferida", "eleccion", "voto", "mejor", "label", "etiqueta",
)  # fmt: skip
_LABELS = ("label", "category", "etiqueta", "categoria")
_REASONS = ("reason", "comment", "justification", "razon", "motivo", "comentario")
#: Columns that are a person each, as annotator1, annotator2, ...
_PEOPLE = ("annotator", "rater", "label", "judge", "reviewer", "worker", "evaluador", "anotador",
           "juez", "etiqueta", "voto")  # fmt: skip
_CHOSEN = {"chosen": "rejected", "elegida": "rechazada"}
_SIDES = re.compile(r"(.+?)_?([a-z]|[0-9]{1,2})")

#: Words that are frequent in the one language and hardly found in the other.
_FREQUENT = {
    "es": frozenset(
        [
            "el",
            "la",
            "los",
            "las",
            "que",
            "por",
            "para",
            "con",
            "una",
            "es",
            "del",
            "se",
            "como",
            "más",
            "qué",
            "cuál",
            "un",
            "y",
            "en",
        ]
    ),
    "en": frozenset(
        [
            "the",
            "of",
            "and",
            "to",
            "is",
            "that",
            "what",
            "how",
            "for",
            "are",
            "with",
            "you",
            "this",
            "was",
            "your",
            "an",
            "it",
            "do",
        ]
    ),
}


def guess(head: Head, task_type: TaskType, config: Config) -> ColumnMapping:
    """The mapping that these columns are likely to mean."""
    guessing = _Guess(head)
    guessing.item(task_type)
    guessing.judgments(task_type, config)
    return ColumnMapping(guessing.columns, guessing.constants, guessing.values)


class _Guess:
    def __init__(self, head: Head) -> None:
        self._head = head
        self._free: dict[str, str] = {}
        for column in head.columns:
            self._free.setdefault(plain_name(column), column)
        self.columns: dict[str, str] = {}
        self.constants: dict[str, str] = {}
        self.values: dict[str, str] = {}

    def item(self, task_type: TaskType) -> None:
        """The fields of an item."""
        for column in self._head.columns:
            self._own(column)
        self._take("prompt", _PROMPTS)
        self._take("context", _CONTEXTS)
        self._responses(task_type)
        self._take("id", _IDS)
        self._take("language", _LANGUAGES)
        self._take("tags", _TAGS)
        if "language" not in self.columns:
            self._language()

    def _own(self, column: str) -> None:
        """A column that is called as Workbench calls it is that."""
        family, dot, rest = column.partition(".")
        whole = column in ("responses", "metadata", "harm", "severity")
        if whole or (dot and rest and family in ("response", "model", "metadata")):
            self.columns[column] = column
            self._free.pop(plain_name(column), None)

    def _take(self, field: str, names: Iterable[str]) -> str | None:
        """Read the field from the first of these columns that nothing else is read from."""
        if field in self.columns:
            return None
        for name in names:
            if name in self._free:
                self.columns[field] = self._free.pop(name)
                return self.columns[field]
        return None

    def _responses(self, task_type: TaskType) -> None:
        if any(name.startswith("response") for name in self.columns):
            return
        least, most = task_type.responses
        found = self._several() if most is None or most > 1 else {}
        if len(found) < max(least, 2):
            found = {}
        if not found and least < 2:
            single = next((name for name in _SINGLES if name in self._free), None)
            found = {} if single is None else {"a": single}
        for side, name in found.items():
            self._take(f"response.{side}", [name])
        for side, name in found.items():
            names = [f"{model}_{side}" for model in _MODELS] + [f"{name}_model"]
            single_model = _MODELS if len(found) == 1 else ()
            self._take(f"model.{side}", [*names, *single_model])

    def _several(self) -> dict[str, str]:
        """{side: name} of the columns that are a response each."""
        for pair in _PAIRS:
            if all(name in self._free for name in pair):
                return {name: name for name in pair}
        groups: dict[str, dict[str, str]] = {}
        for name in self._free:
            place = _SIDES.fullmatch(name)
            body = place and place[1].removeprefix("model_").removeprefix("modelo_")
            if place and body in _BODIES:
                groups.setdefault(place[1], {})[place[2]] = name
        return max(groups.values(), key=len, default={})

    def _language(self) -> None:
        texts = [
            str(row.get(column, ""))
            for row in self._head.rows
            for field, column in self.columns.items()
            if field == "prompt" or field.startswith("response")
        ]
        language = language_of(texts)
        if language:
            self.constants["language"] = language

    def judgments(self, task_type: TaskType, config: Config) -> None:
        """The judgments in a row: of a column of reviewers, of a column each, or by the pair."""
        if task_type.slug == "rating":
            self._ratings(config)
            return
        part, names = {
            "ranking": ("winner", _WINNERS), "bias": ("label", _LABELS),
        }.get(task_type.slug, ("", ()))  # fmt: skip
        if not part:
            return
        people = [] if any(name in self._free for name in _REVIEWERS) else self._people()
        for n, column in enumerate(people, 1):
            self.columns[f"judgment.{n}.{part}"] = column
            self.constants[f"judgment.{n}.reviewer"] = plain_name(column)
        if not people:
            self._one(part, names)
        if part == "winner":
            self._words()

    def _one(self, part: str, names: Sequence[str]) -> None:
        if self._take(f"judgment.1.{part}", names) is None:
            chosen = next((name for name in _CHOSEN if f"response.{name}" in self.columns), None)
            if chosen is None or part != "winner":
                return
            self.constants["judgment.1.winner"] = chosen
        self._who()

    def _who(self) -> None:
        """Who judged, if a column says so, and why."""
        if self._take("judgment.1.reviewer", _REVIEWERS) is None:
            self.constants["judgment.1.reviewer"] = "dataset"
        self._take("judgment.1.reason", _REASONS)

    def _people(self) -> list[str]:
        """Columns that are called alike but for a number, and so are a person each."""
        groups: dict[str, list[str]] = {}
        for name, column in self._free.items():
            place = _SIDES.fullmatch(name)
            if place and place[1] in _PEOPLE and place[2].isdecimal():
                groups.setdefault(place[1], []).append(column)
        return max(groups.values(), key=len, default=[])

    def _ratings(self, config: Config) -> None:
        ids = [name.removeprefix("response.") for name in self.columns if "response." in name]
        for attribute in config["attributes"]:
            key = plain_name(attribute["key"])
            for i in ids:
                names = [f"{key}_{plain_name(i)}", f"{plain_name(i)}_{key}"]
                names += [key] if len(ids) == 1 else []
                self._take(f"judgment.1.rating.{attribute['key']}.{i}", names)
        if any(name.startswith("judgment.1.rating.") for name in self.columns):
            self._who()

    def _words(self) -> None:
        """0 beside 1 and 2 is a tie."""
        words: set[str] = set()
        for field, column in self.columns.items():
            if field.endswith(".winner"):
                words |= self._head.words(column)
        if {"0", "2"} <= words <= {"0", "1", "2"}:
            self.values["0"] = "tie"


def plain_name(column: str) -> str:
    """A column's name in lower case, without accents, its words joined by _."""
    letters = unicodedata.normalize("NFKD", column.casefold())
    kept = "".join(c for c in letters if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "_", kept).strip("_")


def language_of(texts: Iterable[str]) -> str:
    """Es or en, by words that are frequent in the one; "" where neither is."""
    words = [word for text in texts for word in re.findall(r"\w+", text[:2_000].casefold())]
    counts: Mapping[str, int] = {
        language: sum(word in frequent for word in words)
        for language, frequent in _FREQUENT.items()
    }
    first, second = sorted(counts, key=lambda language: counts[language], reverse=True)
    return first if counts[first] > 2 * counts[second] else ""
