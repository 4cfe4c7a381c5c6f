"""What the inputs of a trained model are called, in the reader's language."""

import datetime

import pyarrow as pa
import pytest

from clearprop.explain import Explanation, case
from clearprop.explain.sections.trained import named
from clearprop.explain.words import LANGUAGES, words
from clearprop.tables import fit_encoder
from clearprop.tables.origins import Origin, origins


def every_kind_of_input():
    """The origins of a row of a table with a column of each kind."""
    days = [datetime.date(2023, 1, 1) + datetime.timedelta(days=2 * i) for i in range(300)]
    table = pa.table({
        "when": days,
        "size": [None if i % 9 == 0 else i % 50 / 3 for i in range(300)],
        "kind": ["cat", "dog", "cow"] * 100,
        "member": ["yes", "no"] * 150,
        "town": ["Ulm", "Rom"] * 148 + ["A", "B", "C", "D"],
    })  # fmt: skip
    return origins(fit_encoder(table).encoder, table[:1])


def test_in_english_inputs_are_called_as_the_encoder_calls_them():
    found = every_kind_of_input()
    assert {"scaled", "missing", "category", "pair", "circle"} <= {origin.kind for origin in found}
    for origin in found:
        assert named(origin, words("en")) == origin.name


def test_in_chinese_nothing_but_the_table_itself_is_english():
    own = {"when", "size", "kind", "member", "town", "cat", "dog", "cow", "yes", "no", "Ulm", "Rom", "A", "B", "C", "D"}
    for origin in every_kind_of_input():
        name = named(origin, words("zh"))
        english = "".join(letter if letter.isascii() and letter.isalpha() else " " for letter in name).split()
        assert set(english) <= own, name


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        (Origin("age from 1 to 2.5", "age", 2.0, "bin"), "age 从 1 到 2.5"),
        (Origin("kind: another", "kind", "x", "rare"), "kind：其他"),
        (Origin("kind: year", "kind", "year", "category"), "kind：year"),  # the table's own word
        (Origin("when: sine of its year", "when", "2023-01-05", "circle"), "when：在一年中位置的正弦"),
        (Origin("when: sine of its 3600 s", "when", "2023-01-05", "circle"), "when：在3600 s中位置的正弦"),
        (Origin("v[2]", "v", 1.0, "item"), "v[2]"),
    ],
)
def test_names_in_chinese(origin, name):
    assert named(origin, words("zh")) == name


def test_without_a_trained_model_there_is_no_part_on_it():
    for language in LANGUAGES:
        assert len(Explanation(case("mazur").trace(), language=language, sections=("model",)).document.blocks) == 1
