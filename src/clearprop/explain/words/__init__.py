"""The languages of the explanations. A language is one mapping of keys to sentences; all have the same keys.

Braces in a sentence are the places of formulas and numbers, which are the same in every language. Where a language says
a sentence differently of one thing than of several, it has a second key that ends in ``_one``.
"""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.errors import UnknownNameError
from clearprop.explain.words import (
    chinese,
    chinese_asked,
    chinese_check,
    chinese_commands,
    chinese_derived,
    chinese_exercises,
    chinese_games,
    chinese_mistakes,
    chinese_page,
    chinese_sheets,
    chinese_symbols,
    chinese_trained,
    english,
    english_asked,
    english_check,
    english_commands,
    english_derived,
    english_exercises,
    english_games,
    english_mistakes,
    english_page,
    english_sheets,
    english_symbols,
    english_trained,
)

Words = Mapping[str, str]

ENGLISH = (
    english, english_asked, english_derived, english_games, english_symbols, english_trained, english_page,
    english_check, english_mistakes, english_exercises, english_sheets, english_commands,
)  # fmt: skip
CHINESE = (
    chinese, chinese_asked, chinese_derived, chinese_games, chinese_symbols, chinese_trained, chinese_page,
    chinese_check, chinese_mistakes, chinese_exercises, chinese_sheets, chinese_commands,
)  # fmt: skip
LANGUAGES: Mapping[str, Words] = {
    language: {key: sentence for part in parts for key, sentence in part.WORDS.items()}
    for language, parts in (("en", ENGLISH), ("zh", CHINESE))
}


def form_of(spoken: Words, key: str, n: object) -> str:
    """The sentence of this key in the form for a count of n; the usual one where the language has no other.

    Examples
    --------
    >>> from clearprop.explain.words import form_of, words
    >>> form_of(words("en"), "stopped_preset", 1)
    'Stopped after the one step that was asked for.'
    """
    single = f"{key}_one"
    return spoken[single] if n == 1 and single in spoken else spoken[key]


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
