"""Sheets with a planted mistake: it is there once, check finds and names it, and what follows follows from it."""

import pytest

from clearprop.explain import check
from clearprop.explain.exercises import planted_mistake, random_case
from clearprop.explain.exercises.planted import _lines


@pytest.mark.parametrize("seed", range(12))
def test_the_planted_mistake_is_the_only_one_and_can_be_named(seed):
    network = [{}, {"hidden": "tanh"}, {"widths": (3, 2, 2)}][seed % 3]
    planted = planted_mistake(random_case(seed=seed, **network), seed)
    found = check("\n".join([*planted.paper.given(), *_lines(planted.paper, planted.written)]))
    wrong = [number for number in found.numbers if number.verdict == "wrong"]
    assert {number.reference.site for number in wrong} == {planted.site}
    assert {name for number in wrong for name in number.names} == {planted.mistake}


def test_seeds_plant_different_mistakes_in_different_lines():
    made = [planted_mistake(random_case(seed=1), seed) for seed in range(20)]
    assert len({planted.mistake for planted in made}) >= 5
    assert len({planted.site for planted in made}) >= 4


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sheet_offers_names_and_the_key_has_the_right_one(language):
    planted = planted_mistake(random_case(seed=2), 3, language)
    words = planted.paper.words
    sheet, key = planted.sheet(), planted.key()
    assert f"- **{planted.letter}** {words[f'mistake_{planted.mistake}']}" in sheet
    assert len(planted.choices) == len(set(planted.choices)) == 5
    assert planted.site in key
    assert words[f"mistake_{planted.mistake}"] in key
    assert planted.mistake not in sheet
