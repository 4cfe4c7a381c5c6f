"""The languages of the explanations. A language is one mapping of keys to sentences; all have the same keys.

Braces in a sentence are the places of formulas and numbers, which are the same in every language.
"""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.errors import UnknownNameError
from clearprop.explain.words import (
    chinese,
    chinese_asked,
    chinese_check,
    chinese_games,
    chinese_page,
    english,
    english_asked,
    english_check,
    english_games,
    english_page,
)

Words = Mapping[str, str]

LANGUAGES: Mapping[str, Words] = {
    "en": {**english.WORDS, **english_asked.WORDS, **english_games.WORDS, **english_page.WORDS, **english_check.WORDS},
    "zh": {**chinese.WORDS, **chinese_asked.WORDS, **chinese_games.WORDS, **chinese_page.WORDS, **chinese_check.WORDS},
}


def words(language: str) -> Words:
    """The sentences of a language.

    Parameters
    ----------
    language : {"en", "zh"}

    Raises
    ------
    UnknownNameError
        For another language.
    """
    if language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    return LANGUAGES[language]
